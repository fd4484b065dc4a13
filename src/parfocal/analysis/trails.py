"""Optimizer trails: the connected best evaluations of a run on a loss surface (HyperHyper: dot = start, star = end)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.convergence import incumbents
from parfocal.analysis.rows import Rows
from parfocal.analysis.runs import Histories, as_runs, evaluations
from parfocal.analysis.surface import Surface
from parfocal.trials import Objective
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class Trail:
    """The trials of one run that were better than all before them, in order."""

    label: str
    """Name of the run: its label, with a number when several runs share it; empty for a single run."""
    group: str
    """The label that repetitions share."""
    x: Floats
    y: Floats
    value: Floats
    """In the user's own units."""
    number: Ints
    """Trial numbers."""
    evaluation: Ints
    """After how many evaluations (1-based)."""
    leading: bool
    """Whether this run ended best in its group."""

    def __len__(self) -> int:
        return len(self.number)


def steps(loss: Floats) -> Ints:
    """Return the positions at which the smallest loss so far improved, ascending."""
    best = incumbents(loss)
    before = np.concatenate(([np.inf], best[:-1])) if len(best) else best
    return np.flatnonzero(~np.isnan(loss) & (loss < np.where(np.isnan(before), np.inf, before)))


def trails(histories: Histories, objective: Objective, rows: Rows, on: Surface) -> tuple[Trail, ...]:
    """Return the trail of each run on a surface.

    Parameters
    ----------
    histories
        The runs; the same that ``rows`` were made of.
    objective
        Gives direction and units.
    rows
        The rows of the runs (:func:`~parfocal.analysis.rows_of`).
    on
        The surface whose axes and cells are used.
    """
    runs = as_runs(histories)
    columns = rows.columns(on.projection.names)
    starts = np.concatenate(([0], np.cumsum([len(run.history) for run in runs])))
    sizes: dict[str, int] = {}
    for run in runs:
        sizes[run.label] = sizes.get(run.label, 0) + 1
    results = [evaluations(run.history) for run in runs]
    ends = [float(np.nanmin(r.loss)) if not np.isnan(r.loss).all() else np.inf for r in results]
    seen: dict[str, int] = {}
    found = []
    for i, (run, result) in enumerate(zip(runs, results, strict=True)):
        seen[run.label] = seen.get(run.label, 0) + 1
        at = steps(result.loss)
        numbers = result.rows[at]
        x, y = (
            cells.place(rows.coordinates[starts[i] + numbers, column], numbers)
            for cells, column in zip(on.projection.cells, columns, strict=True)
        )
        best = min(range(len(runs)), key=lambda j: (runs[j].label != run.label, ends[j], j))
        label = f"{run.label or 'run'} {seen[run.label]}" if sizes[run.label] > 1 else run.label
        found.append(Trail(label, run.label, x, y, objective.value(result.loss[at]), numbers, at + 1, best == i))
    return tuple(found)


def presentable(found: Sequence[Trail], most: int = 6) -> tuple[Trail, ...]:
    """Return trails that one figure can hold: of many, those of the best run of each group, or the first ``most``."""
    if len(found) <= most:
        return tuple(found)
    leaders = tuple(trail for trail in found if trail.leading)
    return leaders if len(leaders) > 1 else tuple(found[:most])
