"""The names of parameters, and conditions given by name."""

import dataclasses
import unicodedata
from collections.abc import Mapping
from keyword import iskeyword

from parfocal.checks import did_you_mean
from parfocal.errors import SpaceError
from parfocal.space.parameters import KINDS, Parameter


def checked(parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return a copy of the mapping.

    Raises
    ------
    SpaceError
        If it is none, is empty, or holds a name that is no identifier or a value that is no parameter.
    """
    if not isinstance(parameters, Mapping):
        raise SpaceError(f"A space is made of a mapping from names to parameters; got a {type(parameters).__name__}.")
    if not parameters:
        raise SpaceError("The space has no parameter: give at least one.")
    for name, parameter in parameters.items():
        if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
            reserved = " (a reserved word)" if isinstance(name, str) and iskeyword(name) else ""
            raise SpaceError(
                f"The parameter name {name!r}{reserved} must be letters, digits and '_', not starting with a digit, "
                f"such as '{_identifier(str(name))}'."
            )
        if name != unicodedata.normalize("NFKC", name):
            raise SpaceError(f"The parameter name {name!r} must be written as '{unicodedata.normalize('NFKC', name)}'.")
        if not isinstance(parameter, tuple(KINDS.values())):
            raise SpaceError(
                f"'{name}' must be one of {', '.join(k.__name__ for k in KINDS.values())}; got {parameter!r}."
            )
    return dict(parameters)


def _identifier(name: str) -> str:
    cleaned = "".join(c if c.isalnum() or c == "_" else "_" for c in name) or "x"
    return cleaned + "_" if iskeyword(cleaned) else (cleaned if not cleaned[0].isdigit() else "_" + cleaned)


def with_conditions(parameters: dict[str, Parameter], conditions: Mapping[str, str]) -> dict[str, Parameter]:
    """Return the parameters with each condition joined to its parameter's own by ``and``."""
    parameters = dict(parameters)
    for name, text in conditions.items():
        if name not in parameters:
            near = did_you_mean(name, parameters)
            raise SpaceError(f"A condition is given for '{name}', which is no parameter{near}.")
        when = parameters[name].when
        joined = text if when is None else f"({when}) and ({text})"
        parameters[name] = dataclasses.replace(parameters[name], when=joined)
    return parameters
