"""Best configurations: the top of the table, and what the best gains over the default."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.runs import Histories, as_runs, comparable
from parfocal.checks import positive
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats, Ints, Value, Values


@dataclass(frozen=True)
class Best:
    """The best different configurations, best first; arrays have one entry each."""

    configurations: tuple[Mapping[str, Value], ...]
    value: Floats
    """In the user's own units."""
    fidelity: Floats
    """Share of the full fidelity."""
    runtime: Floats
    """Seconds; NaN where unknown."""
    number: Ints
    """Trial number within its run."""
    run: Ints
    """Index of the run."""

    def __len__(self) -> int:
        return len(self.configurations)


@dataclass(frozen=True)
class Gain:
    """The best configuration against the default one."""

    default: Mapping[str, Value]
    default_value: float
    """In the user's own units; NaN when the default was not evaluated."""
    best: Mapping[str, Value]
    best_value: float
    gain: float
    """How much better the best is: positive when it is, whatever the direction."""
    relative: float
    """``gain`` as a share of the default's absolute value; NaN when that is 0 or unknown."""
    changed: tuple[str, ...]
    """Parameters whose value differs or that are active in only one of the two."""


def best_table(space: Space, histories: Histories, k: int = 10) -> tuple[Ints, Ints]:
    """Return (run, row) of the ``k`` best complete trials with different configurations, best first."""
    positive(k, "k")
    runs = as_runs(histories)
    loss = np.concatenate([np.empty(0), *(np.where(comparable(r.history), r.history.loss, np.nan) for r in runs)])
    run = np.repeat(np.arange(len(runs)), [len(r.history) for r in runs])
    row = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(len(r.history)) for r in runs)])
    order = np.argsort(loss, kind="stable")[: int(np.sum(~np.isnan(loss)))]
    chosen: list[int] = []
    keys: set[int] = set()
    for i in order.tolist():
        key = int(space.keys(runs[run[i]].history.X[row[i]][None])[0])
        if key not in keys:
            keys.add(key)
            chosen.append(i)
        if len(chosen) == k:
            break
    return run[chosen], row[chosen]


def best(space: Space, histories: Histories, objective: Objective, k: int = 10) -> Best:
    """Return the ``k`` best different configurations; repeated ones count once, at their best value."""
    runs = as_runs(histories)
    run, row = best_table(space, runs, k)
    picked = [(runs[i].history, j) for i, j in zip(run.tolist(), row.tolist(), strict=True)]
    X = np.array([history.X[j] for history, j in picked]).reshape(len(picked), space.dimension)
    return Best(
        tuple(space.decode(X)) if len(picked) else (),
        objective.value(np.array([history.loss[j] for history, j in picked])),
        np.array([history.fidelity[j] for history, j in picked]),
        np.array([history.runtime[j] for history, j in picked], dtype=np.float64),
        row,
        run,
    )


def gain(table: Best, objective: Objective, default: Values, default_value: float = float("nan")) -> Gain | None:
    """Return the best configuration against the default; None when no trial is complete.

    Parameters
    ----------
    table
        The best configurations.
    objective
        Gives the direction.
    default
        The default configuration.
    default_value
        Its value in the user's own units; NaN when it was not evaluated.
    """
    if not len(table):
        return None
    first, top = table.configurations[0], float(table.value[0])
    better = top - default_value if objective.direction == "maximize" else default_value - top
    missing = object()
    names = [*first, *(name for name in default if name not in first)]
    return Gain(
        dict(default),
        float(default_value),
        first,
        top,
        float(better),
        float(better / abs(default_value)) if default_value else float("nan"),
        tuple(name for name in names if first.get(name, missing) != default.get(name, missing)),
    )
