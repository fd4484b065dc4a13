"""Configurations that people write in part: what they leave out stands at its default."""

from collections.abc import Mapping

from parfocal.errors import SpaceError
from parfocal.space.space import Space
from parfocal.typing import Value, Values


def completed(space: Space, configuration: Values) -> dict[str, Value]:
    """Return a whole, possible and feasible configuration that holds the values of a part of one.

    Active parameters that are missing take their defaults; without one the median of the prior (numbers) or the
    likeliest option.

    Raises
    ------
    SpaceError
        If a name is unknown, a value is impossible or belongs to an inactive parameter, or a constraint breaks; the
        sentence names what was filled in, since that may be the cause.
    """
    if not isinstance(configuration, Mapping):
        raise SpaceError(f"A configuration must be a mapping from names to values; got {configuration!r}.")
    given = dict(configuration)
    X = space.encode([given])
    full = space.decode(X)[0]
    try:
        space.validate({**full, **given})
    except SpaceError as error:
        filled = ", ".join(f"{name} = {value!r}" for name, value in full.items() if name not in given)
        why = f" (What was left out stands at its default: {filled}.)" if filled and not space.feasible(X)[0] else ""
        raise SpaceError(f"{error}{why}") from None
    return full
