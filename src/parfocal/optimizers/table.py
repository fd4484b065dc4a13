"""The zoo in words: one member or part with its options, and the table as Markdown."""

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any

from parfocal.errors import MissingPackage, OptimizerError
from parfocal.optimizers import parts, zoo
from parfocal.optimizers.composition import compose
from parfocal.optimizers.text import Part, parse, suggestion


@dataclass(frozen=True)
class Option:
    """One option of a part."""

    name: str
    default: Any
    kind: str
    meaning: str


@dataclass(frozen=True)
class Described:
    """A sampler, strategy or policy: its name, what it does (its documentation's first sentence), its options."""

    kind: parts.Kind
    name: str
    does: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Entry:
    """What is known of a name: the row of the table (None for a part or a composition), and the parts in full."""

    name: str
    member: zoo.Member | None
    parts: tuple[Described, ...]
    missing: tuple[str, ...] = ()
    """Which packages have to be installed before it can be used, a sentence each."""


def entry(name: str) -> Entry:
    """Return what is known of a member, of a part (those of plug-ins included), or of a composition.

    Raises
    ------
    OptimizerError
        If nothing has this name, or an option is unknown or wrong; with the closest names.
    """
    member = zoo.member(name)
    written = parse(name if member is None else member.parts)
    kinds: tuple[parts.Kind, ...] = ("sampler", "strategy") if len(written) == 2 else (_kind_of(written[0]),)
    missing = []
    for kind, part in zip(kinds, written, strict=True):
        try:
            _MAKE[kind](part)
        except MissingPackage as error:  # what it does can be read without
            missing.append(str(error))
    return Entry(name, member, tuple(map(_described, kinds, written)), tuple(missing))


_MAKE: dict[parts.Kind, Callable[[Part], object]] = {
    "sampler": parts.sampler,
    "strategy": parts.strategy,
    "policy": lambda part: compose(str(part)),  # its members, too
}


def _kind_of(part: Part) -> parts.Kind:
    """Return what the one part of a text is, or raise."""
    known = {each.name for each in zoo.ZOO}
    if part.name in known and part.options:
        compose(str(part))  # a whole optimizer takes no options, and says how to write it
    for kind in parts.KINDS:
        if part.name in parts.names(kind):
            return kind
        known.update(parts.names(kind))
    raise OptimizerError(f"There is no optimizer or part '{part.name}'{suggestion(part.name, known)}")


def _described(kind: parts.Kind, part: Part) -> Described:
    classes = parts.classes_of(kind, part)
    options = []
    for made in classes:
        meanings = _meanings(made.__doc__ or "")
        for option in fields(made):
            default = option.default_factory() if option.default_factory is not MISSING else option.default
            if option.init and default is not MISSING:  # a strategy's surrogate is no option: it is the part itself
                value = part.options.get(option.name, default)
                options.append(Option(option.name, value, _type(option.type), meanings.get(option.name, "")))
    does = " ".join(" ".join((made.__doc__ or "").split("\n\n")[0].split()) for made in reversed(classes))
    return Described(kind, part.name, does, tuple(options))


def _type(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _meanings(documentation: str) -> dict[str, str]:
    """Return option to meaning, from the section "Parameters" of a docstring in numpy's form."""
    section = re.search(
        r"^Parameters\n-{3,}\n(.*?)(?=^\S[^\n]*\n-{3,}$|\Z)", inspect.cleandoc(documentation), re.DOTALL | re.MULTILINE
    )
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section[1].splitlines() if section else ():
        head = re.fullmatch(r"([a-z_][\w, ]*?)(?: : .*)?", line)
        if head:
            names = [name.strip() for name in head[1].split(",")]
        elif line.strip():
            found.update({name: f"{found.get(name, '')} {line.strip()}".strip() for name in names})
    return found


START, END = "<!-- zoo -->", "<!-- /zoo -->"
"""Between these lines a page holds :func:`markdown`."""


def markdown() -> str:
    """Return the table of named optimizers as Markdown."""
    heads = ("name", "sampler + strategy", "after", "spaces", "ms per ask", "when to choose it")
    rows = [
        (f"`{m.name}`", f"`{m.parts}`", m.source, m.spaces, f"{m.milliseconds:g}", m.when + baseline(m))
        for m in zoo.ZOO
    ]
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def baseline(member: zoo.Member) -> str:
    """Return what the table adds to a member that is there to be compared with."""
    return " (baseline)" if member.baseline else ""


def with_table(page: str) -> str:
    """Return a page with the table between its two marks renewed.

    Raises
    ------
    OptimizerError
        If the page lacks the marks.
    """
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise OptimizerError(f"The page has no place for the table: put {START} and {END} on lines of their own.")
    return f"{before}{START}\n{markdown()}\n{END}{after}"
