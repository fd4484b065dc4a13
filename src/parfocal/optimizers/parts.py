"""From a name with options to the sampler or strategy itself, and back."""

import importlib
import types
from dataclasses import MISSING, fields
from importlib.metadata import entry_points
from typing import Any, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from parfocal.errors import MissingPackage, OptimizerError, ParfocalError
from parfocal.optimizers.catalogue import BORROWED, POLICIES, SAMPLERS, STRATEGIES, SURROGATES
from parfocal.optimizers.portfolio import Policy
from parfocal.optimizers.text import Part, suggestion
from parfocal.optimizers.zoo import member
from parfocal.samplers import Sampler
from parfocal.strategies import Strategy
from parfocal.strategies.model_based import ModelBased
from parfocal.typing import Value

Kind: TypeAlias = Literal["sampler", "strategy", "policy"]
_TABLES: dict[Kind, tuple[tuple[dict[str, str], str], ...]] = {
    "sampler": (({**SAMPLERS, **BORROWED}, "parfocal.samplers"),),
    "strategy": ((STRATEGIES, "parfocal.strategies"), (SURROGATES, "parfocal.surrogates")),
    "policy": ((POLICIES, "parfocal.policies"),),
}
"""Kind to its tables, each with the entry point of plug-ins; a strategy is a class of its own or a surrogate."""
KINDS = tuple(_TABLES)
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
    made = classes_of(kind, part)
    _known_options(kind, part, [option for each in made for option in _options(each)])
    if len(made) == 1:
        return _made(kind, made[0], part)
    own = {name: value for name, value in part.options.items() if name in _options(made[1])}
    rest = {name: value for name, value in part.options.items() if name not in own}
    surrogate = _made(kind, made[0], Part(part.name, rest, part.position))
    return _made(kind, made[1], Part(part.name, own, part.position), surrogate=surrogate)


def _made(kind: Kind, made: type[Any], part: Part, **given: Any) -> Any:
    """Return ``made(...)`` with the checked options of ``part`` and what is ``given``."""
    hints = get_type_hints(made)
    options = {name: _checked(part, name, value, hints[name]) for name, value in part.options.items()}
    try:
        return made(**options, **given)
    except MissingPackage:
        raise
    except (ParfocalError, TypeError, ValueError) as error:
        raise OptimizerError(f"The {kind} '{part}' cannot be made: {error}") from None


def _options(made: type[Any]) -> list[str]:
    return [option.name for option in fields(made) if option.init and option.name != "surrogate"]


def _known_options(kind: Kind, part: Part, known: list[str]) -> None:
    for name in part.options:
        if name not in known:
            rest = suggestion(name, known) if known else ": it has no options."
            raise OptimizerError(f"The {kind} '{part.name}' has no option '{name}'{rest}")


def classes_of(kind: Kind, part: Part) -> tuple[type[Any], ...]:
    """Return the class behind a name, from a table or from a plug-in; for a surrogate, also that of its strategy.

    Together they have the options of the part; :class:`OptimizerError` says when there is no such name.
    """
    for known, group in _TABLES[kind]:
        if part.name in known:
            module, _, attribute = known[part.name].partition(":")
            return _with_strategy(cast(type[Any], getattr(importlib.import_module(module), attribute)), group)
        for entry in entry_points(group=group, name=part.name):
            return _with_strategy(cast(type[Any], entry.load()), group)
    other: Kind = "strategy" if kind == "sampler" else "sampler"
    if part.name in names(other):
        raise OptimizerError(
            f"'{part.name}' at character {part.position + 1} is a {other}, where a {kind} is expected: "
            "write 'sampler + strategy', for example 'random + random-forest'."
        )
    if part.name in names("policy"):
        raise OptimizerError(
            f"'{part.name}' at character {part.position + 1} is a whole optimizer (a policy), where a {kind} is "
            "expected: write it alone, without '+'."
        )
    whole = member(part.name)
    if whole is not None:
        raise OptimizerError(
            f"'{part.name}' at character {part.position + 1} is a whole optimizer, where a {kind} is expected: "
            f"take what you need of its parts, '{whole.parts}'."
        )
    raise OptimizerError(
        f"There is no {kind} '{part.name}' (character {part.position + 1}){suggestion(part.name, names(kind))}"
    )


def _with_strategy(made: type[Any], group: str) -> tuple[type[Any], ...]:
    return (made, ModelBased) if group == "parfocal.surrogates" else (made,)


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
