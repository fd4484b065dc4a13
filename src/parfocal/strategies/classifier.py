"""Density ratio by a classifier: BORE (Tiao et al., ICML 2021), and its weighted form (Song et al., ICML 2022).

The ratio of the densities of good and of all trials, which the expected improvement is monotone in, is a class
probability: that of "among the best share gamma" (equations 7 and 8). No density is estimated, so that any classifier
on any space will do. Least squares on labels 0 and 1 is a proper score, hence any surrogate is such a classifier.
Labels that say how far a trial is below the threshold make the same regression estimate the expected improvement
itself, which tells the best trials from the good ones.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, get_args

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection, of_best
from parfocal.space import Space
from parfocal.strategies.base import Candidates
from parfocal.strategies.batches import greedily
from parfocal.strategies.feasibility import Feasibility, feasibility
from parfocal.surrogates import Forest, Model, Surrogate
from parfocal.surrogates.boosting import Boosting
from parfocal.surrogates.extra_trees import ExtraTrees
from parfocal.surrogates.neural_ensemble import NeuralEnsemble
from parfocal.trials import History
from parfocal.typing import Floats, Ints

Learner: TypeAlias = Literal["forest", "extra-trees", "xgboost", "network"]
Labels: TypeAlias = Literal["class", "gain"]


@dataclass(frozen=True, eq=False)
class Likely:
    """A fitted classifier; carried by :attr:`Selection.score`."""

    model: Model
    feasible: Feasibility | None
    optimism: float = 0.0

    def __call__(self, X: Floats) -> Floats:
        """Return the expected label ``(k,)`` of rows ``(k, d)``: and ``optimism`` deviations; at least 0.

        Weighted by the square of the probability of success, as acquisitions are: where trials fail, the classifier is
        unsure too, and optimism would go there again and again.
        """
        found = self.model.predict(X)
        return np.asarray(np.maximum(found.mean + self.optimism * found.deviation, 0.0) * self.success(X) ** 2)

    def success(self, X: Floats) -> Floats:
        """Return the probability that an evaluation succeeds, ``(k,)``."""
        return np.ones(len(X)) if self.feasible is None else self.feasible(X)


@dataclass(frozen=True)
class Classifier:
    """Take the candidates that are most probably among the best; failed and pending trials count as bad.

    Parameters
    ----------
    model : str
        ``forest``, ``extra-trees``, ``xgboost`` or ``network``.
    labels : str
        ``class``: 1 for good trials, the score is the probability to be good (Tiao et al.); ``gain``: how far good
        trials are below the threshold, 1 for the best one (Song et al.).
    optimism : float
        Standard deviations that are added to the expected label, at least 0 (BORE++: Oliveira et al., NeurIPS 2022).
    share : float
        Share of the complete trials that are good, in (0, 1): gamma.
    most : int
        Trials that the classifier sees at most: the good ones, and the last of the others.
    pool, neighbours : int
        Candidates from the sampler, and one-exchange neighbours of the best trials, for each one chosen.
    random_share : float
        Share of choices made at random, in [0, 1].
    """

    model: Learner = "forest"
    labels: Labels = "gain"
    optimism: float = 1.0
    share: float = 0.25
    most: int = 600
    pool: int = 500
    neighbours: int = 500
    random_share: float = 0.1
    name: ClassVar[str] = "classifier"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.model not in get_args(Learner):
            raise OptimizerError(f"model must be one of {', '.join(get_args(Learner))}; got {self.model!r}.")
        if self.labels not in get_args(Labels):
            raise OptimizerError(f"labels must be one of {', '.join(get_args(Labels))}; got {self.labels!r}.")
        if not 0 < self.share < 1:
            raise OptimizerError(f"share must be above 0 and below 1; got {self.share!r}.")
        if not self.optimism >= 0:
            raise OptimizerError(f"optimism must be at least 0; got {self.optimism!r}.")
        if self.most < 2 or self.pool < 2 or self.neighbours < 0:
            raise OptimizerError(
                "most and pool must be at least 2 and neighbours at least 0; "
                f"got {self.most}, {self.pool} and {self.neighbours}."
            )
        if not 0 <= self.random_share <= 1:
            raise OptimizerError(f"random_share must be a share from 0 to 1; got {self.random_share!r}.")
        self.learner()

    def learner(self) -> Surrogate:
        """Return the regression on labels that serves as the classifier."""
        if self.model == "forest":
            return Forest(trees=24, leaf=2)
        if self.model == "extra-trees":
            return ExtraTrees(trees=24, leaf=2)
        return Boosting(members=2, rounds=20) if self.model == "xgboost" else NeuralEnsemble()

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the complete trials best first, the best share of them good, with the classifier as their score."""
        count = math.ceil(self.share * int(np.count_nonzero(history.complete)))
        selection = of_best(history, min(count, self.most // 2), failed=True, pending=True)
        likely = self._fitted(space, history, selection, rng)
        return Selection(selection.rows, selection.good, selection.generations, likely)

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return the ``n`` most probably good candidates; what is alike to a choice loses its probability."""
        n, X, likely = min(n, len(candidates)), candidates.X, candidates.selection.score
        if not isinstance(likely, Likely):
            likely = self.select(space, history, rng).score
        if not isinstance(likely, Likely):
            return rng.permutation(len(X))[:n]
        model, probability = likely.model, likely(X)
        alike = model.kinship(X) if n > 1 else None

        def scores(chosen: list[int]) -> Floats:
            nonlocal probability
            if chosen and alike is not None:
                probability = probability * (1 - 0.98 * alike(X[chosen[-1:]])[:, 0] ** 2)
            return probability

        return greedily(scores, n, likely.success(X), self.random_share, rng)

    def _fitted(self, space: Space, history: History, selection: Selection, rng: np.random.Generator) -> Likely | None:
        """Return the classifier of good and other rows, or None while nothing is good."""
        if not selection.good.any():
            return None
        good, others = selection.good_rows, np.sort(selection.rows[~selection.good])
        rows = np.concatenate([good, others[-(self.most - len(good)) :]])
        label = np.zeros(len(rows))
        label[: len(good)] = 1.0 if self.labels == "class" else _gains(history, selection)
        model = self.learner().fit(space, history.X[rows], label, rng)
        return Likely(model, feasibility(space, history, rng), self.optimism)


def _gains(history: History, selection: Selection) -> Floats:
    """Return how far the good rows are below the threshold, best first: from 1 down to above 0.

    The threshold is the smallest loss that is not good, or a little above the largest one where all are good.
    """
    loss = history.loss[selection.good_rows]
    complete = selection.rows[history.complete[selection.rows]]
    threshold = float(history.loss[complete[len(loss)]]) if len(complete) > len(loss) else float(loss.max())
    gain = np.maximum(threshold - loss, 0.0)
    top = float(gain.max())
    return np.asarray(np.maximum(gain / top, 0.01) if top > 0 else np.ones(len(loss)))
