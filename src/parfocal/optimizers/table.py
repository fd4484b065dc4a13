"""The zoo in words: one member or part with its options, and the table as Markdown."""

import re
from dataclasses import MISSING, dataclass, fields
from typing import Any

from parfocal.errors import OptimizerError
from parfocal.optimizers import parts, zoo
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


def entry(name: str) -> Entry:
    """Return what is known of a member, of a part (those of plug-ins included), or of a composition.

    Raises
    ------
    OptimizerError
        If nothing has this name; with the closest ones.
    MissingPackage
        If a part needs a package that is not installed.
    """
    member = zoo.member(name)
    written = parse(name if member is None else member.parts)
    if len(written) == 2:
        return Entry(name, member, (_described("sampler", written[0]), _described("strategy", written[1])))
    known = {each.name for each in zoo.ZOO}
    for kind in parts.KINDS:
        if written[0].name in parts.names(kind):
            return Entry(name, member, (_described(kind, written[0]),))
        known.update(parts.names(kind))
    raise OptimizerError(f"There is no optimizer or part '{name}'{suggestion(name, known)}")


def _described(kind: parts.Kind, part: Part) -> Described:
    classes = parts.classes_of(kind, part)
    options = []
    for made in classes:
        meanings = _meanings(made.__doc__ or "")
        for option in fields(made):
            default = option.default_factory() if option.default_factory is not MISSING else option.default
            if option.init and default is not MISSING:  # a strategy's surrogate is no option: it is the part itself
                value = part.options.get(option.name, default)
                options.append(Option(option.name, value, _kind(option.type), meanings.get(option.name, "")))
    does = " ".join(" ".join((made.__doc__ or "").split("\n\n")[0].split()) for made in reversed(classes))
    return Described(kind, part.name, does, tuple(options))


def _kind(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _meanings(documentation: str) -> dict[str, str]:
    """Return option to meaning, from the section "Parameters" of a docstring in numpy's form."""
    _, _, section = documentation.partition("Parameters\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines()[1:]:
        head = re.fullmatch(r"    ([a-z_][\w, ]*?)(?: : .*)?", line)
        if re.fullmatch(r"    -{3,}", line):
            break
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
