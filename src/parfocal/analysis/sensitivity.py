"""One-at-a-time sensitivity: each parameter varied around a standard configuration, tested one by one.

The study design of AutoMONAI (its Table 4.1: one-way ANOVA for each parameter, Bonferroni) and of the manual analysis
in the work on successive search-space reduction (best-worst difference, best values put together).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from parfocal.analysis.runs import Histories, as_runs, comparable
from parfocal.checks import positive
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.space.axes import axis as column_of
from parfocal.trials import Objective
from parfocal.typing import Floats, Value, Values

_APART = 1e-9
"""Codes nearer than this are of the same value: a number that was written and read again moves in its last digits."""

Replicates = Mapping[int, Sequence[float] | Floats] | Floats
"""Scores by trial number, or an array (trials, scores) with NaN where there are fewer."""


@dataclass(frozen=True)
class Effect:
    """What happens when one parameter moves and all others stay at the standard configuration."""

    name: str
    values: tuple[Value, ...]
    """Values that were evaluated, in the order of the space."""
    mean: Floats
    """Mean in the user's own units, (k,)."""
    std: Floats
    """Sample standard deviation of the replicates, (k,); NaN for a single one."""
    count: tuple[int, ...]
    """Replicates of each value."""
    standard: int | None
    """Which of the values is the standard one; None where it was not evaluated."""
    best: int
    """Which of the values is best by its mean."""
    difference: float
    """Best mean minus worst mean, at least 0 whatever the direction."""
    F: float
    """One-way ANOVA; NaN where no value has two replicates, or there is one value only."""
    freedom: tuple[int, int]
    """Degrees of freedom: between values, and within."""
    p: float
    p_adjusted: float
    """By Bonferroni over all parameters that could be tested."""
    eta_squared: float
    """Share of the sum of squares that lies between values."""


@dataclass(frozen=True)
class Sensitivity:
    """The effects of all parameters, the largest best-worst difference first."""

    effects: tuple[Effect, ...]
    combined: Mapping[str, Value] | None
    """The standard configuration with the best value of each parameter: worth one evaluation, not a promise.

    A parameter that becomes active by it stands at its default; None where it would break a constraint.
    """
    tests: int
    """Parameters that could be tested."""
    rising: bool


def one_at_a_time(space: Space, centre: Values, *, values: int = 5) -> tuple[dict[str, Value], ...]:
    """Return the configurations to evaluate: the centre, and each parameter at other values with all others at it.

    Parameters
    ----------
    space
        The space.
    centre
        The standard configuration.
    values
        Values of a number that has more levels, evenly spread by its prior; all levels of one that has fewer, and all
        choices of a category.

    Raises
    ------
    SpaceError
        When the centre is no configuration of the space.
    """
    positive(values, "values")
    middle = space.encode([centre])[0]
    rows = [middle]
    for j, name in enumerate(space.columns):
        if np.isnan(middle[j]):
            continue  # not active in the standard configuration
        column: Any = column_of(space.parameters[name])
        listed = column.options or 0 < column.levels <= values
        codes = column.codes.code(np.arange(column.levels)) if listed else np.linspace(0, 1, values)
        moved = np.repeat(np.where(np.isnan(middle), 0.5, middle)[None], len(codes), axis=0)  # a child may awake
        moved[:, j] = codes
        moved = space.canonical(moved)
        rows += list(moved[space.feasible(moved)])
    X = np.stack(rows)
    _, first = np.unique(space.keys(X), return_index=True)
    return tuple(space.decode(X[np.sort(first)]))


def sensitivity(
    space: Space,
    histories: Histories,
    objective: Objective,
    centre: Values,
    *,
    replicates: Replicates | None = None,
) -> Sensitivity:
    """Return the effect of each parameter around ``centre``, from trials that differ from it in that one only.

    Parameters
    ----------
    space, histories, objective
        As elsewhere; of several runs all trials count.
    centre
        The standard configuration.
    replicates
        Scores of single images or folds in the user's own units, by trial number or as an array with a row a trial:
        what a value's mean and spread are made of. Scores that are not finite are left out. None: the values of all
        trials of that configuration (repetitions). With it, one run only.

    Raises
    ------
    SpaceError
        When the centre is no configuration of the space.
    InvalidInput
        When replicates are given for several runs, or as an array that has not one row a trial.
    """
    runs = as_runs(histories)
    if replicates is not None and len(runs) != 1:
        raise InvalidInput(f"Replicates belong to the trials of one run; got {len(runs)} runs.")
    middle = space.encode([centre])[0]
    X = np.concatenate([np.empty((0, space.dimension)), *(run.history.X for run in runs)])
    loss = np.concatenate([np.empty(0), *(np.where(comparable(r.history), r.history.loss, np.nan) for r in runs)])
    value = objective.value(loss)
    usable = ~np.isnan(loss)
    scores = None if replicates is None else _scores(replicates, len(loss))
    if scores is not None:
        usable &= np.isin(np.arange(len(loss)), [number for number, each in scores.items() if len(each)])
    # a child may come or go with its parent: what is active in only one of both configurations does not count
    same = (np.abs(X - middle) < _APART) | np.isnan(X) | np.isnan(middle)
    effects = []
    for j, name in enumerate(space.columns):
        rows = np.flatnonzero(np.delete(same, j, axis=1).all(axis=1) & usable & ~np.isnan(X[:, j]))
        if np.isnan(middle[j]) or not len(rows):
            continue
        rows = rows[np.argsort(X[rows, j], kind="stable")]
        groups = np.split(rows, np.flatnonzero(np.diff(X[rows, j]) > _APART) + 1)
        samples = [
            value[group] if scores is None else np.concatenate([scores[r] for r in group.tolist()]) for group in groups
        ]
        values = tuple(space.decode(X[[group[0]]])[0][name] for group in groups)
        standard = next((k for k, group in enumerate(groups) if same[group[0], j]), None)
        effects.append(_effect(name, values, samples, standard, objective.direction == "maximize"))
    tests = sum(not math.isnan(effect.p) for effect in effects)
    # numpy's minimum, since min(1.0, nan) is 1.0
    effects = [replace(effect, p_adjusted=float(np.minimum(effect.p * tests, 1.0))) for effect in effects]
    effects.sort(key=lambda effect: -effect.difference)
    moved = space.encode([{**dict(centre), **{effect.name: effect.values[effect.best] for effect in effects}}])
    combined = space.decode(moved)[0] if space.feasible(moved)[0] else None
    return Sensitivity(tuple(effects), combined, tests, objective.direction == "maximize")


def _scores(replicates: Replicates, trials: int) -> dict[int, Floats]:
    """Return the finite scores of each trial."""
    if isinstance(replicates, Mapping):
        given = {int(number): np.asarray(each, dtype=np.float64).ravel() for number, each in replicates.items()}
    else:
        table = np.asarray(replicates, dtype=np.float64)
        if table.ndim != 2 or len(table) != trials:
            raise InvalidInput(
                f"Replicates must be an array with one row for each of the {trials} trials, or a mapping from trial "
                f"numbers to scores; got the shape {table.shape}."
            )
        given = dict(enumerate(table))
    return {number: each[np.isfinite(each)] for number, each in given.items()}


def _effect(name: str, values: tuple[Value, ...], samples: list[Floats], standard: int | None, rising: bool) -> Effect:
    mean = np.array([sample.mean() for sample in samples])
    std = np.array([sample.std(ddof=1) if len(sample) > 1 else np.nan for sample in samples])
    count = tuple(len(sample) for sample in samples)
    everything = np.concatenate(samples)
    between = float(np.sum(np.array(count) * (mean - everything.mean()) ** 2))
    within = float(sum(np.sum((sample - sample.mean()) ** 2) for sample in samples))
    freedom = len(samples) - 1, len(everything) - len(samples)
    F = p = math.nan
    if min(freedom) > 0 and within > 0:
        F = (between / freedom[0]) / (within / freedom[1])
        p = float(stats.f.sf(F, *freedom))
    elif min(freedom) > 0 and between > 0:  # replicates that are equal to the last digit
        F, p = math.inf, 0.0
    return Effect(
        name, values, mean, std, count, standard,
        int(np.argmax(mean) if rising else np.argmin(mean)),
        float(mean.max() - mean.min()),
        F, freedom, p, p,
        between / (between + within) if between + within > 0 else 0.0,
    )  # fmt: skip
