"""What a search has to cite: from the text of its optimizer to sources, packages, and BibTeX.

The zoo's own sources are read from its table; the tables here say what each part brings, for compositions that have no
name. Nothing is imported or built, so that a search with packages that are not installed here can be cited too.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from parfocal.errors import ParfocalError
from parfocal.optimizers import parts
from parfocal.optimizers.catalogue import POLICIES, SURROGATES
from parfocal.optimizers.text import Part, parse
from parfocal.optimizers.zoo import ZOO, Member, member
from parfocal.report.bibliography import SOURCES, Source

FRAMEWORK = "ritter2019"
"""Sampler and strategy apart, infimum projections, trails: the framework that parfocal follows."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "random": (),
    "sobol": ("owen1998",),
    "halton": ("halton1960", "owen2017"),
    "r-sequence": ("roberts2018",),
    "latin-hypercube": ("mckay1979",),
    "grid": (),
    "gaussian": ("rechenberg1973",),
    "cauchy": ("yao1999",),
    "mutation": ("doerr2017",),
    "crossover": ("eshelman1993", "deb1995"),
    "differential": ("storn1997",),
    "particle": ("kennedy1995", "clerc2002"),
    "trust-region": ("eriksson2019",),
    "local": ("hoos2004",),
    "climb": ("hutter2011",),
    "thompson": ("thompson1933", "kool2019"),
    "mixture": ("hoffman2011",),
    "belief": ("hvarfner2022",),
    "parzen": ("bergstra2011",),
    "multivariate-normal": ("hansen2001", "hamano2022", "hamano2025"),
    "optuna": ("akiba2019",),
    "smac": ("lindauer2022",),
    "nevergrad": ("rapin2018",),
    "accept-all": (),
    "density-ratio": ("bergstra2011",),
    "classifier": ("tiao2021",),
    "evolutionary": (),
    "comma": ("schwefel1995",),
    "plus": ("schwefel1995",),
    "ageing": ("real2019",),
    "one-plus-one": ("droste2002",),
    "de-selection": ("storn1997",),
    "annealing": ("metropolis1953", "kirkpatrick1983"),
    "nsga2": ("deb2002",),
    "random-forest": ("hutter2011",),
    "extra-trees": ("geurts2006",),
    "quantile-forest": ("meinshausen2006",),
    "xgboost": ("chen2016",),
    "gaussian-process": ("rasmussen2006", "snoek2012"),
    "lightgbm": ("ke2017",),
    "bayesian-linear": ("bishop2006",),
    "k-nearest-neighbours": ("franke1980", "gower1971"),
    "neural-ensemble": ("lakshminarayanan2017", "osband2018"),
    "stacked": ("wolpert1992", "breiman1996"),
    "auto": (),
    "portfolio": ("fialho2010", "hoffman2011"),
    "sequence": (),
}
"""Part to sources."""

ALONE: Mapping[str, tuple[str, ...]] = {"random": ("bergstra2012",)}
"""Samplers that are a method only where nothing chooses among their draws."""

OPTIONS: Mapping[tuple[str, str], tuple[Any, Mapping[Any, tuple[str, ...]]]] = {
    ("surrogate", "acquisition"): (
        "ei",
        {
            "ei": ("jones1998",),
            "log-ei": ("ament2023",),
            "lcb": ("srinivas2010",),
            "thompson": ("thompson1933",),
            "max-value-entropy": ("wang2017",),
            "conformal-quantile": ("salinas2023",),
            "ei-per-second": ("snoek2012",),
        },
    ),
    ("gaussian-process", "acquisition"): ("ei", {"thompson": ("wilson2020",)}),
    ("parzen", "multivariate"): (True, {True: ("falkner2018",)}),
    ("classifier", "labels"): ("gain", {"gain": ("song2022",)}),
    ("classifier", "model"): ("forest", {"network": ("oliveira2022",)}),
}
"""(Part or ``surrogate``, option) to its default and the sources of its values."""

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "sobol": ("scipy",),
    "belief": ("scipy",),
    "parzen": ("scipy",),
    "density-ratio": ("scipy",),
    "multivariate-normal": ("cmaes",),
    "random-forest": ("scipy", "scikit-learn"),
    "extra-trees": ("scipy", "scikit-learn"),
    "quantile-forest": ("scipy", "scikit-learn"),
    "classifier": ("scipy", "scikit-learn"),
    "stacked": ("scipy", "scikit-learn"),
    "xgboost": ("scipy", "xgboost"),
    "lightgbm": ("scipy", "lightgbm"),
    "optuna": ("optuna",),
    "smac": ("smac",),
    "nevergrad": ("nevergrad",),
    **dict.fromkeys(("gaussian-process", "bayesian-linear", "k-nearest-neighbours", "neural-ensemble"), ("scipy",)),
}
"""Part to the packages that do its work, beside numpy."""

CITED: Mapping[str, str] = {
    "numpy": "harris2020",
    "scipy": "virtanen2020",
    "scikit-learn": "pedregosa2011",
    "cmaes": "nomura2024",
    "xgboost": "chen2016",
    "lightgbm": "ke2017",
    "optuna": "akiba2019",
    "smac": "lindauer2022",
    "nevergrad": "rapin2018",
}
"""Package to its source."""

TASKS: Mapping[str, tuple[str, ...]] = {
    "nuclei": ("arthur2007",),
    "spots": ("sage2005",),
    "spots-background": ("sage2005",),
}
"""Task to the sources of its pipeline."""

_SAME = {"xgboost": ("xgboost", "xgboost-cpu")}
_NAMED = re.compile(r"([^\W\d_][\w-]+)(?: & [^\W\d_][\w-]+| et al\.)? (\d{4})")
_VENUE = {"article": "journal", "inproceedings": "booktitle", "book": "publisher", "misc": "howpublished"}


def named(source: str) -> tuple[str, ...]:
    """Return the keys of all sources that a text such as ``Snoek et al. 2012; Ament et al. 2023`` names."""
    plain = unicodedata.normalize("NFKD", source).encode("ascii", "ignore").decode()
    return tuple(f"{surname.lower()}{year}" for surname, year in _NAMED.findall(plain))


def named_member(optimizer: str) -> Member | None:
    """Return the member of the zoo that an optimizer's text names or spells out; None for a composition of one's own.

    The options of a policy (a known budget, other members) leave it what it is.
    """
    try:
        found = parse(optimizer)
        if len(found) == 1 and (whole := member(found[0].name)) is not None:
            return whole if not found[0].options or found[0].name in POLICIES else _spelled(found)
    except ParfocalError:
        return None
    return _spelled(found)


def _spelled(found: tuple[Part, ...]) -> Member | None:
    return next((each for each in ZOO if parse(each.parts) == found), None)


def members(optimizer: str) -> tuple[str, ...]:
    """Return the texts of a portfolio's members; empty for a single optimizer, and for one that cannot be read."""
    try:
        found = parse(optimizer)
        return parts.policy(found[0]).texts if found[0].name in POLICIES else ()
    except ParfocalError:
        return ()


def used_parts(optimizer: str) -> tuple[Part, ...]:
    """Return all parts of an optimizer, those of its members included; empty where it cannot be read."""
    try:
        found = parse(optimizer)
        whole = member(found[0].name) if len(found) == 1 else None
        if whole is not None and whole.parts != whole.name:
            found = parse(whole.parts)
    except ParfocalError:
        return ()
    return (*found, *(part for text in members(optimizer) for part in used_parts(text)))


def methods_of(optimizer: str) -> tuple[str, ...]:
    """Return the keys of the sources of an optimizer, each once: what the zoo names first, then what parts bring."""
    return tuple(dict.fromkeys(_methods(optimizer)))


def _methods(optimizer: str) -> Iterator[str]:
    whole = named_member(optimizer)
    if whole is not None and not (whole.name in POLICIES and members(optimizer) == ()):
        yield from (key for key in named(whole.source) if key in SOURCES)
    texts = members(optimizer)
    for text in texts:
        yield from _methods(text)
    found = used_parts(optimizer)
    own = found[:1] if texts else found
    if len(own) == 1:
        yield from ALONE.get(own[0].name, ())
    for part in own:
        yield from PARTS.get(part.name, ())
        kinds = (part.name, "surrogate") if part.name in SURROGATES else (part.name,)
        for (kind, option), (default, table) in OPTIONS.items():
            if kind in kinds:
                yield from table.get(part.options.get(option, default), ())


def packages_of(optimizer: str, task: str | None = None) -> tuple[str, ...]:
    """Return the packages whose numbers a search rests on, in alphabetical order."""
    found = {"numpy", *(["scipy"] if task in TASKS else [])}
    return tuple(sorted(found.union(*(PACKAGES.get(part.name, ()) for part in used_parts(optimizer)))))


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions that are installed here; a package that is not is left out."""
    found = {}
    for package in packages:
        for name in _SAME.get(package, (package,)):
            try:
                found[package] = version(name)
            except PackageNotFoundError:
                continue
            break
    return found


def keys_of(optimizer: str | None, task: str | None = None) -> tuple[str, ...]:
    """Return the keys of everything that a search has to cite, each once: framework, methods, task, packages."""
    text = optimizer or ""
    packages = [CITED[name] for name in packages_of(text, task) if name in CITED]
    return tuple(dict.fromkeys([FRAMEWORK, *methods_of(text), *TASKS.get(task or "", ()), *packages]))


def short(key: str) -> str:
    """Return a source as it is cited in text: ``Snoek et al. 2012``."""
    source = SOURCES[key]
    surnames = [_plain(author.partition(",")[0]) for author in source.author.split(" and ")]
    if len(surnames) == 1:
        return f"{surnames[0]} {source.year}"
    if len(surnames) == 2 and surnames[1] != "others":
        return f"{surnames[0]} & {surnames[1]} {source.year}"
    return f"{surnames[0]} et al. {source.year}"


def _plain(latex: str) -> str:
    """Return a name without the marks of LaTeX: its accents become letters."""
    marks = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "~": "\u0303"}
    accented = re.sub(r"\{\\([\"'`~])(\w)\}", lambda found: found[2] + marks[found[1]], latex)
    return unicodedata.normalize("NFC", accented)


def bibtex(keys: Sequence[str]) -> str:
    """Return the BibTeX entries of ``keys``, in this order."""
    return "\n\n".join(_entry(key, SOURCES[key]) for key in keys) + "\n"


def _entry(key: str, source: Source) -> str:
    fields = {
        "editor" if source.edited else "author": source.author,
        "title": source.title,
        _VENUE[source.kind]: source.where,
        "volume": source.volume,
        "year": str(source.year),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{source.kind}{{{key},", *lines, "}"])
