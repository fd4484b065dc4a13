"""From a name with options to the sampler or strategy itself, and back."""

import importlib
import types
from dataclasses import MISSING, fields
from importlib.metadata import entry_points
from typing import Any, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from parfocal.errors import MissingPackage, OptimizerError, ParfocalError
from parfocal.optimizers.portfolio import Policy
from parfocal.optimizers.text import Part, suggestion
from parfocal.optimizers.zoo import POLICIES, SAMPLERS, STRATEGIES, SURROGATES
from parfocal.samplers import Sampler
from parfocal.strategies import Strategy
from parfocal.strategies.model_based import ModelBased
from parfocal.typing import Value

Kind: TypeAlias = Literal["sampler", "strategy", "policy"]
_TABLES: dict[Kind, tuple[tuple[dict[str, str], str], ...]] = {
    "sampler": ((SAMPLERS, "parfocal.samplers"),),
    "strategy": ((STRATEGIES, "parfocal.strategies"), (SURROGATES, "parfocal.surrogates")),
    "policy": ((POLICIES, "parfocal.policies"),),
}
"""Kind to its tables, each with the entry point of plug-ins; a strategy is a class of its own or a surrogate."""
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


def policy(part: Part) -> Policy:
    """Return the policy of a portfolio of this name and options; :class:`OptimizerError` names what is wrong."""
    return cast(Policy, _build("policy", part))


def names(kind: Kind) -> tuple[str, ...]:
    """Return the names of all samplers or strategies, those of installed plug-ins included."""
    found: dict[str, None] = {}
    for known, group in _TABLES[kind]:
        found |= dict.fromkeys(known) | {entry.name: None for entry in entry_points(group=group)}
    return tuple(found)


def part_of(thing: Sampler | Strategy | Policy) -> Part:
    """Return name and options (those that differ from their defaults) of a sampler, strategy or policy."""
    options: dict[str, Value] = {}
    for option in fields(cast(Any, thing)):
        value = getattr(thing, option.name)
        if isinstance(thing, ModelBased) and option.name == "surrogate":
            options |= part_of(value).options
            continue
        default = option.default_factory() if option.default_factory is not MISSING else option.default
        if option.init and value != default:
            options[option.name] = value
    return Part(thing.name, options)


def _build(kind: Kind, part: Part) -> Any:
    made, group = _class(kind, part)
    if group != "parfocal.surrogates":
        return _made(kind, made, part)
    own = {option.name for option in fields(ModelBased) if option.name != "surrogate"}
    split = {name: value for name, value in part.options.items() if name in own}
    _known_options(kind, part, [*_options(made), *own])
    rest = {name: value for name, value in part.options.items() if name not in own}
    surrogate = _made(kind, made, Part(part.name, rest, part.position))
    return _made(kind, ModelBased, Part(part.name, split, part.position), surrogate=surrogate)


def _made(kind: Kind, made: type[Any], part: Part, **given: Any) -> Any:
    """Return ``made(...)`` with the checked options of ``part`` and what is ``given``."""
    hints = get_type_hints(made)
    _known_options(kind, part, _options(made))
    options = {name: _checked(part, name, value, hints[name]) for name, value in part.options.items()}
    try:
        return made(**options, **given)
    except MissingPackage:
        raise
    except (ParfocalError, TypeError, ValueError) as error:
        raise OptimizerError(f"The {kind} '{part}' cannot be made: {error}") from None


def _options(made: type[Any]) -> list[str]:
    return [option.name for option in fields(made) if option.init]


def _known_options(kind: Kind, part: Part, known: list[str]) -> None:
    for name in part.options:
        if name not in known:
            rest = suggestion(name, known) if known else ": it has no options."
            raise OptimizerError(f"The {kind} '{part.name}' has no option '{name}'{rest}")


def _class(kind: Kind, part: Part) -> tuple[type[Any], str]:
    """Return the class behind a name, from a table or from a plug-in, and the group that it belongs to."""
    for known, group in _TABLES[kind]:
        if part.name in known:
            module, _, attribute = known[part.name].partition(":")
            return cast(type[Any], getattr(importlib.import_module(module), attribute)), group
        for entry in entry_points(group=group, name=part.name):
            return cast(type[Any], entry.load()), group
    other: Kind = "strategy" if kind == "sampler" else "sampler"
    if part.name in names(other):
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
