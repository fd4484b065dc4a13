"""NSGA-II: several objectives at once, by non-dominated sorting and crowding (Deb et al., IEEE TEC 6, 2002).

No weights are chosen beforehand: what comes out is a Pareto front, quality against runtime for example, on which
people choose afterwards (:func:`parfocal.analysis.pareto`).
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.strategies import lineage
from parfocal.trials import History
from parfocal.trials.domination import crowding, fronts
from parfocal.typing import Floats, Ints

MOST = (10_000, 2_000)
"""Results that are sorted at most, with two objectives and with more: the latest half, and the best of the others."""


@dataclass(frozen=True)
class NSGA2(lineage.Evolution):
    """Draw parents by binary tournaments in a population that is kept by front and crowding distance.

    The population is the best of all results so far, as if each generation had one member (the steady state); failed
    trials never belong to it.

    Parameters
    ----------
    population : int
        Members, at least 2.
    parents : int
        Tournaments in an ask, at least 1: a sampler that crosses parents needs 2 or more.
    against : {"metrics", "runtime"}
        ``metrics``: the objectives of the study (of a single one the population is simply its best trials).
        ``runtime``: these and the trials' runtime; unknown ones count as the longest.
    """

    population: int = 10
    parents: int = 4
    against: Literal["metrics", "runtime"] = "metrics"
    name: ClassVar[str] = "nsga2"
    by_loss: ClassVar[bool] = False

    def __post_init__(self) -> None:
        positive(self.parents, "parents")
        if self.population < 2:
            raise OptimizerError(f"population must be at least 2, for a tournament; got {self.population!r}.")

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the latest trials, before them the winners of the tournaments as good, in the order of the draw.

        That order is by chance, unlike that of other strategies: on a front no trial is better than another one, and
        a sampler that prefers the first ones shall not prefer one end of it.
        """
        members = self.members(history)
        if len(members) > 1:
            pairs = rng.random((self.parents, len(members))).argpartition(1, axis=1)[:, :2]
            winners = members[list(dict.fromkeys(pairs.min(axis=1).tolist()))]
        else:
            winners = members
        latest = lineage.around(history, winners)
        rows = np.concatenate([winners, latest.rows[~latest.good]])
        return Selection(rows, np.arange(len(rows)) < len(winners), latest.generations)

    def members(self, history: History) -> Ints:
        """Return the rows of the population ``(k,)``: by front, then by crowding distance, the loneliest first.

        Only trials of the highest fidelity reached are compared.
        """
        told = history.finished_order
        told = told[history.complete[told]]
        told = told[history.fidelity[told] == history.fidelity[told].max(initial=0.0)]
        losses = self._losses(history, told)
        kept = _considered(losses, MOST[losses.shape[1] > 2])
        told, losses = told[kept], losses[kept]
        number = fronts(losses, self.population)
        members: list[int] = []
        for which in range(int(number.max(initial=-1)) + 1):
            rows = np.flatnonzero(number == which)
            members += rows[np.argsort(-crowding(losses[rows]), kind="stable")].tolist()
            if len(members) >= self.population:
                break
        population: Ints = told[members[: self.population]]
        return population

    def _losses(self, history: History, rows: Ints) -> Floats:
        """Return what is minimized ``(k, m)``."""
        if self.against == "metrics":
            return history.losses[rows]
        runtime = history.runtime[rows].astype(np.float64)
        longest = np.nanmax(runtime, initial=0.0)
        return np.column_stack([history.losses[rows], np.where(np.isnan(runtime), longest, runtime)])


def _considered(losses: Floats, most: int) -> Ints:
    """Return the indices of at most ``most`` of losses ``(n, m)`` in the order told: the cost of an ask stays flat.

    The latest half, and of all those that are best in each objective and in the sum of all, in equal parts; for the
    sum each objective is divided by its spread among the latest ones.
    """
    n, m = losses.shape
    if n <= most:
        return np.arange(n)
    low, high = np.quantile(losses[n - most // 2 :], [0.1, 0.9], axis=0)
    keys = [*losses.T, (losses / np.where(high > low, high - low, 1.0)).sum(axis=1)]
    part = most // 2 // (m + 1)
    best = [np.argpartition(key, part)[:part] for key in keys]
    return np.unique(np.concatenate([*best, np.arange(n - most // 2, n)]))
