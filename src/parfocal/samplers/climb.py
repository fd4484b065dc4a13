"""Hill climbing on the acquisition: one-exchange steps from good trials and from random rows."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.samplers.local import Local
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import stride
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats

RECALLED = 500
"""Old trials, the best, that are no rows again; the optimizer removes the few others that climbers have met."""


@dataclass(frozen=True)
class Climb:
    """Climb on the strategy's score in steps of one parameter, from several starts at once.

    The local search of SMAC (Hutter et al., LION 2011, section 4.3): half of the starts are the best good trials, half
    the best of random rows; in each step every climber looks at some neighbours, near and far, and moves to the best
    one if that scores higher. With a strategy that gives no score it is local search around good trials (``local``).

    Parameters
    ----------
    starts : int
        Climbers, at least 1.
    steps : int
        Most steps, at least 1; it ends earlier when no climber moved twice running.
    neighbours : int
        Neighbours that each climber looks at in one step, at least 1.
    scale : float
        Largest standard deviation of a step in a numeric column, as a share of the unit interval, in (0, 1].
    """

    starts: int = 10
    steps: int = 8
    neighbours: int = 8
    scale: float = 0.3
    name: ClassVar[str] = "climb"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for option in ("starts", "steps", "neighbours"):
            positive(getattr(self, option), option)
        stride(self.scale, "scale")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` rows ``(n, d)``, the highest score first: what the climbers saw, then random rows.

        A quarter of the rows is random in any case, for choices that are not by score. The best old trials, where
        climbs end, are left out.
        """
        if selection.score is None:
            return Local(scale=self.scale).sample(space, history, selection, n, rng)
        scattered = space.sample(max(n, 4 * self.starts), rng)
        value = selection.score(scattered)
        good = history.X[selection.good_rows[: (self.starts + 1) // 2]]
        top = np.argsort(-value, kind="stable")[: self.starts - len(good)]
        seen, height = self._climbed(space, selection, np.concatenate([good, scattered[top]]), rng)
        seen, height = np.concatenate([seen, scattered[top]]), np.concatenate([height, value[top]])
        _, first = np.unique(space.keys(seen), return_index=True)
        first = first[~np.isin(space.keys(seen[first]), space.keys(history.X[selection.rows[:RECALLED]]))]
        ranked = first[np.argsort(-height[first], kind="stable")][: n - n // 4]
        return np.concatenate([seen[ranked], scattered])[:n]

    def _climbed(
        self, space: Space, selection: Selection, climbers: Floats, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Return all rows that climbers from ``climbers (k, d)`` looked at ``(m, d)``, and their scores ``(m,)``."""
        score = selection.score
        if score is None or not len(climbers):
            return np.empty((0, space.dimension)), np.empty(0)
        climbers, height = np.array(climbers), score(climbers)
        rows, heights, idle = [climbers.copy()], [height.copy()], 0
        for _ in range(self.steps):
            scales = self.scale * 64.0 ** -rng.random(len(climbers))
            around = [
                space.neighbours(x, self.neighbours, rng, scale=scale)
                for x, scale in zip(climbers, scales.tolist(), strict=True)
            ]
            owner = np.repeat(np.arange(len(climbers)), [len(part) for part in around])
            X = np.concatenate(around)
            if not len(X):
                break
            value = score(X)
            rows.append(X)
            heights.append(value)
            order = np.lexsort((-value, owner))
            each, first = np.unique(owner[order], return_index=True)
            up = value[order[first]] > height[each]
            climbers[each[up]], height[each[up]] = X[order[first[up]]], value[order[first[up]]]
            idle = 0 if up.any() else idle + 1
            if idle == 2:
                break
        return np.concatenate(rows), np.concatenate(heights)
