"""Placeholders and parameters that do not fit each other, in plain words, before anything runs."""

import difflib
from collections.abc import Collection, Sequence

RESERVED = ("seed", "fidelity", "folder", "number", "config", "experiment", "python")
"""Placeholders that are no parameters."""


_USE = "write '{{{name}}}' where the command needs it, or '{{config}}' for a JSON file with all parameters."


def problems(names: Collection[str], parameters: Sequence[str], use: str = _USE) -> list[str]:
    """Return one sentence for each placeholder without parameter, and each parameter without placeholder.

    Parameters
    ----------
    names
        The placeholders of a command; ``config`` stands for all parameters.
    parameters
        The parameters of the space.
    use
        How to use a parameter that has no placeholder; ``{name}`` stands for it.
    """
    found = []
    for name in names:
        if name in parameters or name in RESERVED:
            continue
        near = difflib.get_close_matches(name, [*parameters, *RESERVED], 1)
        hint = f"did you mean '{{{near[0]}}}'?" if near else f"the parameters are {', '.join(parameters) or 'none'}."
        braces = " For a brace itself write it twice: {{ or }}." if " " in name or "$" in name else ""
        found.append(f"The placeholder '{{{name}}}' is no parameter; {hint}{braces}")
    for name in parameters:
        if name in RESERVED:
            found.append(
                f"A parameter of a command cannot be called '{name}', which is a placeholder of its own: rename it."
            )
        elif name not in names and "config" not in names:
            found.append(f"The parameter '{name}' is never used: {use.format(name=name)}")
    return found
