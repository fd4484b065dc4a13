"""Every task by name; each is made only when it is asked for."""

import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.optimizers.task import Half, Task
from benchmarks.optimizers.tasks import bbob, grids, lookups, pipelines, surrogates, synthetic

DATA = Path(os.environ.get("PARFOCAL_DATA", "data"))
"""Folder of the published tables and surrogates."""


def halves() -> dict[str, Half]:
    """Return the half of each task by name, in the order of reports."""
    development = [*grids.EVALUATIONS, *(f"synthetic-{name}" for name in synthetic.CHOSEN)]
    test = [*bbob.FUNCTIONS, *surrogates.TASKS, *lookups.TASKS, *pipelines.TASKS]
    return {**dict.fromkeys(development, "development"), **dict.fromkeys(test, "test")}


def make(name: str, folder: Path, cache: Path) -> Task:
    """Return a task by name, or raise :class:`~benchmarks.optimizers.tasks.missing.Missing`.

    ``folder`` is where the dense grids are, ``cache`` where losses are kept.
    """
    makers: tuple[tuple[object, Callable[[], Task]], ...] = (
        (grids.EVALUATIONS, lambda: grids.grid_task(name, folder)),
        (bbob.FUNCTIONS, lambda: bbob.bbob_task(name)),
        (surrogates.TASKS, lambda: surrogates.surrogate_task(name, DATA)),
        (lookups.TASKS, lambda: lookups.lookup_task(name, DATA)),
        (pipelines.TASKS, lambda: pipelines.pipeline_task(name, cache)),
    )
    for names, maker in makers:
        if name in names:  # type: ignore[operator]
            return maker()
    return synthetic.synthetic_task(name)
