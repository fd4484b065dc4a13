"""All numbers of a report, gathered once: the page and the printed figures are drawn from the same tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from parfocal.analysis import (
    Axis,
    Best,
    Convergence,
    Failure,
    FailureMap,
    Gain,
    Histories,
    Importance,
    Improvement,
    Influence,
    Parallel,
    Pareto,
    Pca,
    PerImage,
    Profile,
    RepeatedGain,
    Rows,
    Run,
    Separability,
    Share,
    Slice,
    Summary,
    Surface,
    Timeline,
    Trail,
    as_runs,
    best,
    convergence,
    failure_map,
    failures,
    gain,
    importance,
    improvement,
    influence,
    pairs,
    parallel,
    pareto,
    pca,
    per_image,
    presentable,
    profiles,
    repeated_gain,
    rows_of,
    separability,
    slices,
    summarize,
    surface,
    trails,
)
from parfocal.analysis import members as shares
from parfocal.analysis.surface import even
from parfocal.errors import InvalidInput
from parfocal.report.unseen import Unseen
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Values

MOST_PAIRED = 6
"""With more parameters, surfaces are drawn for all pairs of the most influential ones only."""
MOST_SLICED = 12
MOST_PROFILED = 25
MOST_SEPARATED = 12
"""With more parameters it is not worked out which can be optimized apart: the pairs are too many for a page."""
MOST_JUDGED = 2000
"""Complete trials that importance is worked out from; of more an even choice is."""
LINES = 800
"""Trials that parallel coordinates draw."""
WARMUP = 20
REGIONS: tuple[Literal["all", "best"], ...] = ("all", "best")


@dataclass(frozen=True)
class Contents:
    """What a report shows."""

    space: Space
    objective: Objective
    runs: tuple[Run, ...]
    names: tuple[str, ...]
    """Name of each run, for tables."""
    axes: tuple[Axis, ...]
    provenance: Mapping[str, Any]
    warmup: int
    """Number of evaluations; 0: there was no warm-up."""
    summary: Summary
    convergence: tuple[Convergence, ...]
    improvement: tuple[Improvement, ...]
    """Empty when there was no warm-up, or nothing after it."""
    influence: Influence
    surfaces: tuple[tuple[Surface, tuple[Trail, ...]], ...]
    """Each pair of parameters, the most influential pair first."""
    slices: tuple[Slice, ...]
    """The most influential parameter first."""
    best: Best
    gain: Gain | None
    failures: tuple[Failure, ...]
    members: tuple[Share, ...]
    """Who proposed what; empty unless a portfolio searched in a single run."""
    profiles: tuple[Profile, ...]
    """The most influential parameter first."""
    importance: tuple[Importance, ...]
    """Over all of the space, and among the best; empty where nothing was asked for."""
    parallel: Parallel
    per_image: PerImage | None
    """None where trials are not at hand or have no scores of images."""
    failure_maps: tuple[FailureMap, ...]
    timeline: Timeline | None
    """None where times are not known."""
    repeated: RepeatedGain | None = None
    """The best against the default over repeated evaluations; None where they were not repeated."""
    pca: Pca | None = None
    """None with fewer than two parameters."""
    separability: Separability | None = None
    """None with fewer than two parameters, or with very many."""
    fronts: tuple[Pareto, ...] = ()
    """The Pareto front of each run; empty with a single objective."""
    unseen: Unseen | None = None
    """Scores on held-out images; None where there are none."""

    @property
    def found(self) -> bool:
        """Whether any evaluation has succeeded."""
        return self.summary.best_trial is not None


def contents(
    space: Space,
    histories: Histories,
    objective: Objective,
    *,
    trials: Any = None,
    default: Values | None = None,
    default_value: float = float("nan"),
    provenance: Mapping[str, Any] | None = None,
    members: Sequence[str] = (),
    timeline: Timeline | None = None,
    unseen: Unseen | None = None,
) -> Contents:
    """Compute all tables of a report; arguments as for :func:`~parfocal.report.write_report`."""
    runs = as_runs(histories, trials)
    provenance = {} if provenance is None else provenance
    given = provenance.get("warmup")
    warmup = given if isinstance(given, int) else WARMUP
    rows: Rows = rows_of(space, runs)
    order = influence(rows)
    drawn = []
    for first, second in pairs(order.names[:MOST_PAIRED]):
        plane = surface(space, rows, objective, first, second)
        drawn.append((plane, presentable(trails(runs, objective, rows, plane))))
    table = best(space, runs, objective)
    told = summarize(runs, objective)
    learned = 0 < warmup * len(runs) < told.finished
    return Contents(
        space=space,
        objective=objective,
        runs=runs,
        names=_names(runs),
        axes=rows.axes,
        provenance=provenance,
        warmup=warmup,
        summary=told,
        convergence=convergence(runs, objective),
        improvement=improvement(runs, objective, warmup=warmup) if learned else (),
        influence=order,
        surfaces=tuple(drawn),
        slices=slices(space, rows, objective, order.names[:MOST_SLICED]),
        best=table,
        gain=None if default is None else gain(table, objective, default, default_value),
        failures=failures(runs),
        members=shares(runs[0].history, objective, members, runs[0].trial) if members and len(runs) == 1 else (),
        profiles=profiles(space, rows, objective, order.names[:MOST_PROFILED]),
        importance=tuple(_importance(space, rows, objective, region) for region in REGIONS),
        parallel=parallel(space, rows, objective, most=LINES),
        per_image=_images(space, runs, objective, default),
        failure_maps=failure_map(space, runs),
        timeline=timeline,
        repeated=None if default is None else repeated_gain(space, runs, objective, default),
        pca=pca(space, rows, objective) if len(rows.axes) >= 2 else None,
        separability=separability(space, runs, objective) if 2 <= len(rows.axes) <= MOST_SEPARATED else None,
        fronts=tuple(pareto(space, run.history, objective) for run in runs) if objective.others else (),
        unseen=unseen,
    )


def _importance(space: Space, rows: Rows, objective: Objective, region: Literal["all", "best"]) -> Importance:
    """Return the importance from an even choice of the complete trials: a forest of more takes long and says the same.

    It still names how many there are.
    """
    done = np.flatnonzero(~np.isnan(rows.loss))
    chosen = np.zeros(len(rows.loss), dtype=bool)
    chosen[even(done, MOST_JUDGED)] = True
    return replace(importance(space, rows.only(chosen), objective, region=region), of=len(done))


def _images(space: Space, runs: tuple[Run, ...], objective: Objective, default: Values | None) -> PerImage | None:
    """Return what single images say, where trials tell of them."""
    if not any(run.trials is not None for run in runs):
        return None
    try:
        table = per_image(space, runs, objective, default=default)
    except InvalidInput:  # the objective is of other metrics than images have: nothing is said of them
        return None
    return table if len(table.images) else None


def _names(runs: tuple[Run, ...]) -> tuple[str, ...]:
    """Return a name for each run: its label, numbered where several share it."""
    labels = [run.label for run in runs]
    return tuple(
        f"{label or 'run'} {labels[: i + 1].count(label)}" if labels.count(label) > 1 else label or "run"
        for i, label in enumerate(labels)
    )
