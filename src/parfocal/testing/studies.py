"""Made-up studies: histories with known results and a small mixed problem, for tests of tables, figures and reports."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from parfocal.seeds import generator
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.trials import (
    FULL,
    Configuration,
    History,
    Outcome,
    Provenance,
    Reason,
    State,
    Trial,
)
from parfocal.typing import Floats, Value


def told(X: ArrayLike, loss: ArrayLike, *, order: ArrayLike | None = None, runtime: ArrayLike = np.nan) -> History:
    """Return the history of points ``(n, d)`` and losses ``(n,)``; NaN = failed; told in the given order of rows."""
    points = np.asarray(X, dtype=np.float64)
    losses = np.asarray(loss, dtype=np.float64)
    rows = np.arange(len(losses)) if order is None else np.asarray(order, dtype=np.int64)
    history = History(points.shape[1], capacity=max(len(losses), 1))
    history.append(points)
    failed = np.isnan(losses[rows])
    history.tell(
        rows,
        np.where(failed, int(State.FAILED), int(State.COMPLETE)),
        losses[rows],
        runtime=np.broadcast_to(np.asarray(runtime, dtype=np.float64), losses.shape)[rows],
        reason=np.where(failed, Reason.ERROR.code, -1),
    )
    return history


def mixed_space() -> Space:
    """Return a space with every kind of axis: logarithmic, levels, choices, conditional, integers, truth values."""
    return Space(
        {
            "sigma": Float(0.3, 8.0, prior="log-uniform", unit="px"),
            "threshold": Float(-1.0, 4.0, levels=51),
            "smooth": Categorical(("none", "gauss", "median")),
            "width": Float(0.5, 5.0, when="smooth == 'gauss'", unit="px"),
            "area_min": Integer(1, 200, prior="log-uniform", unit="px²"),
            "watershed": Boolean(),
        }
    )


def quality(configuration: Mapping[str, Value]) -> float:
    """Return a made-up F1 score of a configuration of :func:`mixed_space`, at most 0.85, best near sigma = 1.6."""
    c = {name: float(value) for name, value in configuration.items() if isinstance(value, int | float)}
    lost = 0.15 + 0.1 * np.log(c["sigma"] / 1.6) ** 2 + 0.05 * (c["threshold"] - 1.8) ** 2
    lost += 0.01 * np.log(c["area_min"] / 20) ** 2
    lost += {"none": 0.05, "gauss": 0.03 * (c.get("width", 1.2) - 1.2) ** 2, "median": 0.03}[
        str(configuration["smooth"])
    ]
    return float(np.clip(1.0 - lost, 0.0, 1.0))


def search(space: Space, n: int, seed: int = 0, *, failing: float = 0.05) -> tuple[History, list[Trial]]:
    """Return history and trials of a simple local search for the highest :func:`quality`; some evaluations fail."""
    rng = generator(seed, "made-up study")
    history = History(space.dimension)
    trials = []
    for number in range(n):
        local = number >= 20 and history.best is not None and rng.random() < 0.7
        X = space.neighbours(history.X[history.best], 1, rng, scale=0.15) if local else space.sample(1, rng)
        history.append(X)
        configuration = Configuration(space.decode(X)[0])
        trials.append(_evaluate(history, configuration, number, rng, failing))
    return history, trials


def _evaluate(
    history: History, configuration: Configuration, number: int, rng: np.random.Generator, failing: float
) -> Trial:
    seconds, chance = float(rng.gamma(3.0, 0.4)), float(rng.random())
    sigma = configuration["sigma"]
    if isinstance(sigma, float) and sigma > 5 and chance < 10 * failing:
        outcome = Outcome.failed(Reason.MEMORY, "The memory limit of 2 GiB was reached.", runtime=seconds)
    elif chance < failing:
        log = "Traceback (most recent call last):\nValueError: <b>no objects</b> in 'a.tif' & 'b.tif'\n"
        outcome = Outcome.failed(Reason.ERROR, "ValueError: <b>no objects</b> in 'a.tif' & 'b.tif'", log=log)
    else:
        outcome = Outcome.complete({"f1": quality(configuration) + 0.004 * float(rng.normal())}, runtime=seconds)
    loss = -outcome.metrics["f1"] if outcome.state == State.COMPLETE else float("nan")
    code = -1 if outcome.reason is None else outcome.reason.code
    history.tell([number], int(outcome.state), loss, runtime=outcome.runtime, reason=code)
    provenance = Provenance("random" if number < 20 else "local", "none")
    return Trial(number, configuration, FULL, number, outcome.state, 1, provenance, outcome, loss=loss)


def grid_of(space: Space, losses: Floats) -> History:
    """Return the history of a full grid: ``losses`` in the order of ``space.grid()``."""
    grid = space.grid()
    return told(grid.rows(0, len(grid)), np.ravel(losses))
