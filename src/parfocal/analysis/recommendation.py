"""Recommendation: the configuration that is expected to be best, and the luckiest trial beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parfocal.optimizers.expected import Expected, expected
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import History, Objective
from parfocal.typing import Floats, Value

CANDIDATES = 20
"""Configurations, best first, whose surroundings are looked at where a flat optimum is wanted."""
NEIGHBOURS = 60
STEP = 0.035
"""Standard deviation of a neighbour's step, as a share of a parameter's range."""
TREES = 50


@dataclass(frozen=True)
class Recommendation:
    """The configuration to use, and the luckiest trial; values are in the user's own units."""

    configuration: Mapping[str, Value]
    number: int
    """Its first complete trial."""
    value: float
    """What is expected of one more evaluation: repeats are averaged, and single values moved towards the model's."""
    error: float
    """Standard error of ``value``; NaN where nothing tells how noisy evaluations are."""
    evaluations: int
    """How often it was evaluated."""
    mean: float
    """Plain mean of its evaluations."""
    around: float
    """What the model expects on average of its close neighbours; NaN where that was not looked at."""
    noise: float
    """Standard deviation of a single evaluation, estimated from repeats and from close pairs; NaN where unknown."""
    luckiest: Mapping[str, Value]
    luckiest_number: int
    luckiest_value: float
    """The best single value: too good to be true where evaluations are noisy."""
    luckiest_expected: float
    """What is expected of the luckiest trial's configuration."""


def recommendation(
    space: Space, history: History, objective: Objective, *, noisy: bool = True, flat: bool = False
) -> Recommendation | None:
    """Return the configuration that is expected to be best; None when no trial is complete.

    Parameters
    ----------
    noisy
        Judge by the expected value (:mod:`parfocal.optimizers.expected`): where the noise found is nil, that is the
        value itself. False: by the plain mean of a configuration's evaluations.
    flat
        Judge by the mean of the expected value and of what a model expects of neighbours some percent away, so that a
        slightly different image or a rounded value costs little. The model of a configuration never saw it.
    """
    table = expected(space, history, generator(0, "recommendation"), trees=TREES)
    luckiest = history.best
    if luckiest is None:
        return None
    believed = table.mean if noisy else table.raw
    order = np.lexsort((table.rows, believed))
    around = np.full(len(table), np.nan)
    if flat:
        order = order[:CANDIDATES]
        for i in order.tolist():
            around[i] = _around(space, history, table, i)
        known = np.where(np.isnan(around), believed, around)
        order = order[np.argsort((believed + known)[order], kind="stable")]
    chosen = int(order[0])
    row = int(table.rows[chosen])
    lucky = int(np.flatnonzero(space.keys(history.X[table.rows]) == space.keys(history.X[luckiest : luckiest + 1]))[0])
    spread = table.error[chosen] if noisy else table.noise / np.sqrt(table.count[chosen])
    unknown = not table.others and int(table.count.max()) < 2
    configurations = space.decode(history.X[[row, luckiest]])
    return Recommendation(
        configurations[0],
        row,
        float(objective.value(float(believed[chosen]))),
        float("nan") if unknown else float(spread),
        int(table.count[chosen]),
        float(objective.value(float(table.raw[chosen]))),
        float(objective.value(float(around[chosen]))),
        float("nan") if unknown else table.noise,
        configurations[1],
        luckiest,
        float(objective.value(float(history.loss[luckiest]))),
        float(objective.value(float(believed[lucky]))),
    )


def _around(space: Space, history: History, table: Expected, index: int) -> float:
    """Return the mean loss expected of close neighbours of one configuration; NaN where there is no model.

    Only numbers move: another option is another method, not a small change.
    """
    if not table.others:
        return float("nan")
    here: Floats = history.X[table.rows[index]]
    Y = space.neighbours(here, NEIGHBOURS, generator(0, "neighbours", int(table.rows[index])), scale=STEP)
    options = space.categorical
    same = np.all((Y[:, options] == here[options]) | np.isnan(here[options]), axis=1)
    return float(table.others[index](Y[same]).mean()) if same.any() else float("nan")
