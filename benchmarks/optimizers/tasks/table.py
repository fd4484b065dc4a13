"""Every task by name; each is made only when it is asked for."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.optimizers.task import Half, Task
from benchmarks.optimizers.tasks import grids, synthetic

Maker = Callable[[Path, Path], Task]
"""(folder of grids, folder for caches) -> task; raises Missing."""

DATA = Path(os.environ.get("PARFOCAL_DATA", "data"))


def tasks() -> dict[str, tuple[Half, Maker]]:
    """Return half and maker of each task."""
    found: dict[str, tuple[Half, Maker]] = {}
    for name in grids.EVALUATIONS:
        found[name] = "development", partial(_grid, name)
    for name in synthetic.CHOSEN:
        found[f"synthetic-{name}"] = "development", partial(_synthetic, f"synthetic-{name}")
    return found


def make(name: str, folder: Path, cache: Path) -> Task:
    """Return a task by name, or raise :class:`~benchmarks.optimizers.tasks.missing.Missing`."""
    return tasks()[name][1](folder, cache)


def _grid(name: str, folder: Path, cache: Path) -> Task:
    return grids.grid_task(name, folder)


def _synthetic(name: str, folder: Path, cache: Path) -> Task:
    return synthetic.synthetic_task(name)
