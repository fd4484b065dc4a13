"""The kinds of engines, and engines from what an experiment says."""

import difflib
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from parfocal.engines.base import Engine
from parfocal.errors import InvalidInput

KINDS: dict[str, str] = {
    "local": "parfocal.engines.local:LocalEngine",
    "dask": "parfocal.engines.dask:DaskEngine",
    "slurm": "parfocal.engines.slurm:SlurmEngine",
}
"""Kind to class. Other packages add kinds by the entry point ``parfocal.engines``."""


def kinds() -> dict[str, str]:
    """Return all kinds: the table's, and those of installed packages."""
    from importlib.metadata import entry_points

    return {**{point.name: point.value for point in entry_points(group="parfocal.engines")}, **KINDS}


def engine_from_dict(
    fields: str | Mapping[str, Any], workers: int | Literal["auto"] | None = None, folder: Path | None = None
) -> Engine:
    """Return the engine that people describe; nothing is started.

    Parameters
    ----------
    fields
        A kind, ``"slurm"``, or a kind with its options, ``{"kind": "slurm", "workers": 64, "partition": "short"}``.
    workers
        How many, where the options do not say it.
    folder
        Where relative paths of the options begin; default: the current folder.

    Raises
    ------
    InvalidInput
        One sentence, if the kind or an option is unknown or wrong.
    """
    if isinstance(fields, str):
        fields = {"kind": fields}
    if not isinstance(fields, Mapping) or not isinstance(fields.get("kind"), str):
        example = "'engine: slurm', or {kind: slurm, workers: 64}"
        raise InvalidInput(f"An engine is a kind, or a mapping with the key 'kind', such as {example}; got {fields!r}.")
    options = dict(fields)
    kind, table = options.pop("kind"), kinds()
    if kind not in table:
        near = difflib.get_close_matches(kind, table, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(map(repr, table))}."
        raise InvalidInput(f"There is no kind of engine '{kind}'; {hint}")
    module, _, name = table[kind].partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidInput(f"The engine '{kind}' cannot be loaded: {error}.") from None
    engine: Engine = found.from_dict(options, workers, folder)
    return engine
