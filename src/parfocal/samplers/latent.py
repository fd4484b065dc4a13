"""One run of CMA-ES over mixed columns, by `cmaes`: where it starts, what it draws, what it is told.

Hansen and Ostermeier, Evol. Comput. 9, 2001 (CMA-ES); Hamano et al., GECCO 2022 (margin for discrete columns); Hamano
et al., GECCO 2025 (CatCMA with margin: continuous, discrete and unordered columns together).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parfocal.space import Space
from parfocal.typing import Floats, Ints


def population(dimension: int) -> int:
    """Return the default size of a generation: ``4 + floor(3 ln d)`` (Hansen 2016), at least 10.

    Losses of image pipelines are rugged; on such tables 10 reaches the optimum more often than the 6 of d = 2.
    """
    return max(10, 4 + math.floor(3 * math.log(max(dimension, 1))))


@dataclass(frozen=True, eq=False)
class Latent:
    """How columns of X map to CMA's continuous (``x``), discrete (``z``) and unordered (``c``) variables.

    A discrete column is measured by level index, so that its levels are equidistant; a column with two levels counts
    as unordered; a column with one level is left out.
    """

    space: Space
    x: Ints
    z: Ints
    c: Ints

    @property
    def size(self) -> int:
        """Number of columns that vary."""
        return len(self.x) + len(self.z) + len(self.c)

    @classmethod
    def of(cls, space: Space) -> "Latent":
        """Return the mapping of a space."""
        option = (space.categorical & (space.levels > 1)) | (space.levels == 2)
        return cls(
            space,
            np.flatnonzero(space.levels == 0),
            np.flatnonzero((space.levels > 2) & ~option),
            np.flatnonzero(option),
        )

    def split(self, row: Floats) -> tuple[Floats, list[int]]:
        """Return the numbers of a row (NaN where inactive) and the level of each option (-1 where inactive)."""
        index = self.space.indices(row[None])[0]
        places = (index[self.z] + 0.5) / self.space.levels[self.z]
        return np.concatenate([row[self.x], np.where(index[self.z] < 0, np.nan, places)]), index[self.c].tolist()

    def rows(self, numbers: Floats, options: Ints) -> Floats:
        """Return canonical rows ``(n, d)``; constraints are not asked.

        Parameters
        ----------
        numbers : Floats (n, len(x) + len(z))
            Continuous and discrete variables; the latter are moved to the nearest level.
        options : Ints (n, len(c))
            Levels of the options.
        """
        U = np.full((len(numbers), self.space.dimension), 0.5)
        axes = [self.space.layout.axes[name] for name in self.space.columns]
        U[:, self.x] = np.clip(numbers[:, : len(self.x)], 0.0, 1.0)
        for k, j in enumerate(self.z):
            levels = int(self.space.levels[j])
            index = np.floor(numbers[:, len(self.x) + k] * levels).astype(np.int64)
            U[:, j] = _codes(axes[j], np.clip(index, 0, levels - 1))
        for k, j in enumerate(self.c):
            U[:, j] = _codes(axes[j], options[:, k])
        return self.space.from_unit(U)

    def drawn(self, solutions: Sequence[Any]) -> Floats:
        """Return the canonical rows ``(n, d)`` of solutions of `cmaes`."""
        numbers = np.empty((len(solutions), len(self.x) + len(self.z)))
        if len(self.x):
            numbers[:, : len(self.x)] = [solution.x for solution in solutions]
        if len(self.z):
            numbers[:, len(self.x) :] = [solution.z for solution in solutions]
        options = np.empty((len(solutions), len(self.c)), dtype=np.int64)
        if len(self.c):
            options[:] = [solution.c.argmax(axis=1) for solution in solutions]
        return self.rows(numbers, options)


def _codes(axis: Any, index: Ints) -> Floats:
    codes: Floats = axis.codes.code(index)
    return codes


@dataclass(frozen=True, eq=False)
class Cloud:
    """What good rows look like together: weighted mean ``(k,)`` and covariance, and the shares of each option."""

    mean: Floats
    covariance: Floats
    shares: tuple[Floats, ...]

    @classmethod
    def of(cls, latent: Latent, X: Floats) -> "Cloud":
        """Return the cloud of rows ``X (n, d)``, best first, n >= 0, with the logarithmic weights of CMA-ES.

        Half of each share is spread evenly. Inactive numbers stand at the middle; without rows all is even.
        """
        space, size = latent.space, len(latent.x) + len(latent.z)
        parts = [latent.split(row) for row in X]
        weights = np.log(len(X) + 1.0) - np.log(np.arange(1.0, len(X) + 1.0))
        weights = weights / weights.sum() if len(X) else weights
        numbers = np.array([part[0] for part in parts]).reshape(len(X), size)
        numbers = np.where(np.isnan(numbers), 0.5, numbers)
        mean = weights @ numbers if len(X) else np.full(size, 0.5)
        covariance = (numbers - mean).T @ ((numbers - mean) * weights[:, None])
        shares = []
        for k, count in enumerate(space.levels[latent.c].tolist()):
            share = np.full(count, 1.0 / count)
            for weight, (_, options) in zip(weights, parts, strict=True):
                if options[k] >= 0:
                    share[options[k]] += weight
            shares.append(share / share.sum())
        return cls(mean, covariance, tuple(shares))

    def draw(self, latent: Latent, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` canonical rows around the mean; the spread is at least a twentieth of the unit cube."""
        size = len(self.mean)
        scale = np.linalg.cholesky(self.covariance + 0.05**2 * np.eye(size)) if size else np.empty((0, 0))
        numbers = self.mean + rng.standard_normal((n, size)) @ scale.T
        options = np.empty((n, len(self.shares)), dtype=np.int64)
        for k, share in enumerate(self.shares):
            options[:, k] = rng.choice(len(share), size=n, p=share)
        return latent.rows(numbers, options)


def start(latent: Latent, X: Floats, size: int, sigma: float) -> Any:
    """Return a run of `cmaes` that begins around rows ``X (k, d)``, best first; k may be 0.

    Parameters
    ----------
    latent, X
        See :meth:`Cloud.of`: it gives the mean and the shares of options.
    size : int
        Solutions of a generation.
    sigma : float
        Standard deviation in each direction, in the unit cube.
    """
    from cmaes import CatCMAwM

    space, cloud = latent.space, Cloud.of(latent, X)
    arguments: dict[str, Any] = {"population_size": size, "seed": 0}
    if len(cloud.mean):
        arguments |= {"mean": cloud.mean, "sigma": sigma, "cov": np.eye(len(cloud.mean))}
    if len(latent.x):
        arguments["x_space"] = [[0.0, 1.0]] * len(latent.x)
    if len(latent.z):
        levels = space.levels[latent.z].tolist()
        arguments["z_space"] = [((np.arange(count) + 0.5) / count).tolist() for count in levels]
    if len(latent.c):
        counts = space.levels[latent.c].tolist()
        shares = np.zeros((len(counts), max(counts)))
        for k, share in enumerate(cloud.shares):
            shares[k, : len(share)] = share
        arguments |= {"c_space": counts, "cat_param": shares}
    return CatCMAwM(**arguments)


def foreign(latent: Latent, drawn: Sequence[Any], row: Floats) -> Any:
    """Return a row that the run did not draw (a late one, a repaired one) as a solution that it can be told.

    What is inactive in the row takes the value of one of the run's own draws; numbers are clipped to three standard
    deviations of the draws, so that one row cannot blow the run up (after Hansen 2011, injecting solutions).

    Parameters
    ----------
    latent : Latent
    drawn : sequence of solutions
        Some draws of the run, at least one.
    row : Floats (d,)
        Canonical.
    """
    from cmaes import CatCMAwM

    numbers, options = latent.split(row)
    raw = numbers if len(numbers) else None
    if len(numbers):
        cloud = np.stack([solution._v_raw for solution in drawn])
        middle, reach = cloud.mean(axis=0), 3 * cloud.std(axis=0)
        raw = np.where(np.isnan(numbers), cloud[0], np.clip(numbers, middle - reach, middle + reach))
    c = None
    if len(latent.c):
        c = np.array(drawn[0].c)
        for k, option in enumerate(options):
            if option >= 0:
                c[k] = False
                c[k, option] = True
    size = len(latent.x)
    return CatCMAwM.Solution(
        None if raw is None or not size else np.clip(raw[:size], 0.0, 1.0),
        None if raw is None or not len(latent.z) else raw[size:],
        c,
        raw,
    )
