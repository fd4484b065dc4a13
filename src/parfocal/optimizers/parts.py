"""From a name with options to the sampler or strategy itself, and back."""

import importlib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from importlib.metadata import entry_points
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from parfocal.errors import MissingPackage, OptimizerError, ParfocalError
from parfocal.optimizers.text import Part, suggestion
from parfocal.optimizers.zoo import SAMPLERS, STRATEGIES
from parfocal.samplers import Sampler
from parfocal.strategies import Strategy
from parfocal.typing import Value

_TABLES: dict[str, tuple[dict[str, str], str]] = {
    "sampler": (SAMPLERS, "parfocal.samplers"),
    "strategy": (STRATEGIES, "parfocal.strategies"),
}
_TYPES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    type(None): "none",
}


def sampler(part: Part) -> Sampler:
    """Return the sampler of this name and options; :class:`OptimizerError` names what is wrong."""
    return cast(Sampler, _build("sampler", part))


def strategy(part: Part) -> Strategy:
    """Return the strategy of this name and options; :class:`OptimizerError` names what is wrong."""
    return cast(Strategy, _build("strategy", part))


def names(kind: Literal["sampler", "strategy"]) -> tuple[str, ...]:
    """Return the names of all samplers or strategies, those of installed plug-ins included."""
    known, group = _TABLES[kind]
    return tuple(known) + tuple(entry.name for entry in entry_points(group=group) if entry.name not in known)


def part_of(thing: Sampler | Strategy) -> Part:
    """Return name and options (those that differ from their defaults) of a sampler or strategy."""
    options: dict[str, Value] = {}
    for option in fields(cast(Any, thing)):
        value = getattr(thing, option.name)
        default = option.default_factory() if option.default_factory is not MISSING else option.default
        if option.init and value != default:
            options[option.name] = value
    return Part(thing.name, options)


def _build(kind: Literal["sampler", "strategy"], part: Part) -> Any:
    made = _class(kind, part)
    hints = get_type_hints(made)
    known = [option.name for option in fields(made) if option.init]
    options = {}
    for name, value in part.options.items():
        if name not in known:
            rest = suggestion(name, known) if known else ": it has no options."
            raise OptimizerError(f"The {kind} '{part.name}' has no option '{name}'{rest}")
        options[name] = _checked(part, name, value, hints[name])
    try:
        return made(**options)
    except MissingPackage:
        raise
    except (ParfocalError, TypeError, ValueError) as error:
        raise OptimizerError(f"The {kind} '{part}' cannot be made: {error}") from None


def _class(kind: Literal["sampler", "strategy"], part: Part) -> type[Any]:
    """Return the class behind a name, from the table or from a plug-in."""
    known, group = _TABLES[kind]
    if part.name in known:
        module, _, attribute = known[part.name].partition(":")
        return cast(type[Any], getattr(importlib.import_module(module), attribute))
    for entry in entry_points(group=group, name=part.name):
        return cast(type[Any], entry.load())
    other = "strategy" if kind == "sampler" else "sampler"
    if part.name in names(cast(Literal["sampler", "strategy"], other)):
        raise OptimizerError(
            f"'{part.name}' at character {part.position + 1} is a {other}, where a {kind} is expected: "
            "write 'sampler + strategy', for example 'random + random-forest'."
        )
    raise OptimizerError(
        f"There is no {kind} '{part.name}' (character {part.position + 1}){suggestion(part.name, names(kind))}"
    )


def _checked(part: Part, name: str, value: Value, hint: Any) -> Value:
    """Return ``value`` as the option's type, or raise."""
    allowed = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    words: list[str] = []
    for kind in allowed:
        if get_origin(kind) is Literal:
            choices = get_args(kind)
            if any(value == choice and type(value) is type(choice) for choice in choices):
                return value
            words.append("one of " + ", ".join(str(choice) for choice in choices))
        elif type(value) is kind or kind not in _TYPES:
            return value
        elif kind is float and type(value) is int:
            return float(value)
        else:
            words.append(_TYPES[kind])
    raise OptimizerError(f"The option '{name}' of '{part.name}' must be {' or '.join(words)}; got {value!r}.")


def option_names(made: type[Any]) -> Mapping[str, Any]:
    """Return the options of a sampler or strategy class and their defaults, for tables and documentation."""
    return {option.name: option.default for option in fields(made) if option.init}
