"""What samplers that vary good trials have in common: parents, steps of numbers, other options, the frame of a draw.

All work on whole arrays of rows. A row is varied as a *full* point of the cube: what is inactive in it is first drawn
from the prior, so that a parameter that wakes up has a value, and goes to sleep again where the conditions say so.
"""

from collections.abc import Callable

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.failures import away_from_failures
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Bools, Floats, Ints


def varied(
    space: Space,
    history: History,
    selection: Selection,
    n: int,
    rng: np.random.Generator,
    restarts: float,
    build: Callable[[Ints], Floats],
) -> Floats:
    """Return ``n`` candidates ``(n, d)``: canonical, feasible, kept away from failures, a share of them from the prior.

    Parameters
    ----------
    space, history, selection, n, rng
        As of ``Sampler.sample``. Without good rows all come from the prior.
    restarts : float
        Share of draws from the prior, in [0, 1].
    build : callable ``which (k,) -> (k, d)``
        Makes the full points of the candidates ``which``, to be repaired; NaN rows stand for draws from the prior.
    """
    if not len(selection.good_rows):
        return space.sample(n, rng)

    def draw(which: Ints) -> Floats:
        X = np.empty((len(which), space.dimension))
        fresh = rng.random(len(which)) < restarts
        X[~fresh] = build(which[~fresh])
        fresh |= np.isnan(X).all(axis=1)
        X[fresh] = space.sample(int(fresh.sum()), rng)
        X[~fresh] = space.repair(X[~fresh], rng)
        return X

    return away_from_failures(space, history, selection, n, draw)


def share(value: float, name: str) -> None:
    """Raise :class:`OptimizerError` unless the option ``name`` is a share from 0 to 1."""
    if not 0 <= value <= 1:
        raise OptimizerError(f"{name} must be a share from 0 to 1; got {value!r}.")


def stride(value: float, name: str) -> None:
    """Raise :class:`OptimizerError` unless the option ``name`` is a step in the unit cube, in (0, 1]."""
    if not 0 < value <= 1:
        raise OptimizerError(f"{name} must be above 0 and at most 1; got {value!r}.")


def numbers(space: Space) -> Bools:
    """Return which columns ``(d,)`` are numbers that vary."""
    return np.asarray(~space.categorical & (space.levels != 1))


def options(space: Space) -> Bools:
    """Return which columns ``(d,)`` are options that vary."""
    return np.asarray(space.categorical & (space.levels > 1))


def widths(space: Space) -> Floats:
    """Return the mean width of a level of each column ``(d,)`` in the unit interval, 0 where continuous."""
    return np.where(space.levels > 0, 1.0 / np.maximum(space.levels, 1), 0.0)


def filled(X: Floats, rng: np.random.Generator) -> Floats:
    """Return a copy with inactive entries drawn from the prior."""
    return np.where(np.isnan(X), rng.random(X.shape), X)


def by_rank(count: int, n: int, rng: np.random.Generator) -> Ints:
    """Return ``n`` ranks below ``count`` by Zipf's law: the first is twice as likely as the second."""
    weights = 1.0 / np.arange(1, count + 1)
    return np.asarray(rng.choice(count, size=n, p=weights / weights.sum()), dtype=np.int64)


def by_tournament(count: int, n: int, size: int, rng: np.random.Generator) -> Ints:
    """Return the winners ``(n,)`` of tournaments among ``size`` random ranks below ``count`` each: the smallest."""
    return np.asarray(rng.integers(count, size=(n, size)).min(axis=1))


def log_uniform(n: int, largest: float, ratio: float, rng: np.random.Generator) -> Floats:
    """Return ``n`` step sizes from ``largest / ratio`` to ``largest``, log-uniform.

    Whatever the distance to the optimum is, a constant share of the steps fits it (Rowe and Hidovic, GECCO 2004;
    Dietzfelbinger et al., Theor. Comput. Sci. 412, 2011), without a state that would have to adapt.
    """
    return np.asarray(largest * ratio ** -rng.random(n))


def reflected(X: Floats) -> Floats:
    """Return values folded back into [0, 1] at its ends."""
    return np.asarray(1.0 - np.abs(1.0 - np.mod(X, 2.0)))


def dithered(space: Space, X: Floats, rng: np.random.Generator) -> Floats:
    """Return full points with discrete numbers moved by up to half a level: rounding them is then right on average."""
    return np.asarray(X + np.where(numbers(space), widths(space), 0.0) * (rng.random(X.shape) - 0.5))


def other_options(space: Space, X: Floats, moved: Bools, rng: np.random.Generator) -> Floats:
    """Return full points with another option, by prior probability, where ``moved (n, d)`` and the column has options.

    An option occupies an interval of the column as wide as it is probable: a step from its middle by between half of
    this and one less half ends, around the corner, in some other option.
    """
    Y = np.array(X)
    for column in np.flatnonzero(options(space) & moved.any(axis=0)):
        codes = space.layout.axes[space.columns[column]].codes
        rows = np.flatnonzero(moved[:, column])
        if codes is not None:
            index = codes.index(Y[rows, column])
            width = codes.probability(index)
            step = width / 2 + (1e-9 + (1 - 2e-9) * rng.random(len(rows))) * (1 - width)
            Y[rows, column] = (codes.code(index) + step) % 1.0
    return Y


def sometimes(space: Space, n: int, rng: np.random.Generator) -> Bools:
    """Return which of ``n`` rows' columns mutate ``(n, d)``: each one at the rate 1/d (Muehlenbein, PPSN 1992)."""
    return np.asarray(rng.random((n, space.dimension)) < 1.0 / max(space.dimension, 1))


def stepped(space: Space, X: Floats, steps: Floats) -> Floats:
    """Return full points X ``(n, d)`` moved by steps of the same shape, folded back into the cube; a step of 0 stays.

    A discrete number moves by one level at least, and the other way where the bound is nearer than that.
    """
    least = np.where(numbers(space), 1.001 * widths(space), 0.0)
    steps = np.where(np.abs(steps) < least, np.sign(steps) * least, steps)
    outside = (X + steps < 0) | (X + steps > 1)
    return reflected(X + np.where(outside & (least > 0), -steps, steps))
