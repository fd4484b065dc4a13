"""A stacked ensemble: several surrogates, weighted by how well each predicts what it has not seen.

Wolpert, Neural Networks 5, 1992; Breiman, Machine Learning 24, 1996 (non-negative weights on cross-validated
predictions). The belief is the mixture of the members' beliefs.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import nnls

from parfocal.errors import MissingPackage, OptimizerError
from parfocal.space import Space
from parfocal.surrogates.base import Kinship, Model, Prediction, Surrogate
from parfocal.surrogates.bayesian_linear import BayesianLinear
from parfocal.surrogates.boosting import Boosting
from parfocal.surrogates.extra_trees import ExtraTrees
from parfocal.surrogates.nearest_neighbours import NearestNeighbours
from parfocal.typing import Floats

_ENOUGH = 300
"""Observations that are enough to weigh members by."""
_LEAST = 0.05
"""Weight below which a member is left out, so that it costs nothing."""


@dataclass(frozen=True, eq=False)
class BlendModel:
    """Fitted members and their weights ``(s,)``, which sum to 1."""

    models: tuple[Model, ...]
    weights: Floats

    def predict(self, X: Floats) -> Prediction:
        """Return mean and variance of the mixture at rows ``(m, d)``; a draw is one of a member drawn by weight."""
        found = [model.predict(X) for model in self.models]
        means = np.stack([prediction.mean for prediction in found])
        mean = self.weights @ means
        within = self.weights @ np.stack([prediction.variance for prediction in found])

        def draw(rng: np.random.Generator) -> Floats:
            return found[int(rng.choice(len(found), p=self.weights))].draw(rng)

        return Prediction(mean, within + self.weights @ (means - mean) ** 2, draw)

    def kinship(self, X: Floats) -> Kinship:
        """Return the weighted mean of the members' kinships."""
        members = [model.kinship(X) for model in self.models]

        def alike(Y: Floats) -> Floats:
            unlike = sum(weight * (1 - member(Y)) for weight, member in zip(self.weights, members, strict=True))
            return np.asarray(np.clip(1 - unlike, 0.0, 1.0))

        return alike


@dataclass(frozen=True)
class Blend:
    """Surrogates with known weights, which sum to 1: what a stack becomes when it is tuned."""

    members: tuple[Surrogate, ...]
    weights: tuple[float, ...]
    name: ClassVar[str] = "blend"
    most: ClassVar[int] = 600

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> BlendModel:
        """Return all members fitted to ``target (n,)`` at rows ``X (n, d)``."""
        models = tuple(member.fit(space, X, target, rng) for member in self.members)
        return BlendModel(models, np.array(self.weights))


@dataclass(frozen=True)
class Stacked:
    """Extra trees, Bayesian linear regression, neighbours, and XGBoost if installed, weighted by cross-validation.

    Parameters
    ----------
    folds : int
        Folds of the cross-validation, at least 2.
    boosting : bool
        Whether boosted trees join; without xgboost they cannot.
    """

    folds: int = 5
    boosting: bool = True
    name: ClassVar[str] = "stacked"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        if isinstance(self.folds, bool) or not isinstance(self.folds, int) or self.folds < 2:
            raise OptimizerError(f"folds must be a whole number of at least 2; got {self.folds!r}.")

    def members(self) -> tuple[Surrogate, ...]:
        """Return the surrogates that are weighed."""
        always: tuple[Surrogate, ...] = (ExtraTrees(trees=10), BayesianLinear(), NearestNeighbours())
        if not self.boosting:
            return always
        try:
            return (*always, Boosting(members=2))
        except MissingPackage:
            return always

    def tuned(self, space: Space, X: Floats, target: Floats) -> Blend:
        """Return the members with the weights of their cross-validated predictions."""
        members, rng = self.members(), np.random.default_rng(len(target))
        if len(target) > _ENOUGH:
            some = rng.choice(len(target), _ENOUGH, replace=False)
            X, target = X[some], target[some]
        n = len(target)
        folds = min(self.folds, n)
        if folds < 2:
            return Blend(members, (1 / len(members),) * len(members))
        fold = rng.permutation(n) % folds
        guesses = np.empty((n, len(members)))
        for held in range(folds):
            kept, out = fold != held, fold == held
            for column, member in enumerate(members):
                guesses[out, column] = member.fit(space, X[kept], target[kept], rng).predict(X[out]).mean
        weights = stacking_weights(guesses, target)
        kept_members = weights > 0
        chosen = tuple(member for member, keep in zip(members, kept_members, strict=True) if keep)
        return Blend(chosen, tuple(weights[kept_members].tolist()))

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> BlendModel:
        """Return the tuned stack, fitted to ``target (n,)`` at rows ``X (n, d)``."""
        return self.tuned(space, X, target).fit(space, X, target, rng)


def stacking_weights(guesses: Floats, target: Floats) -> Floats:
    """Return weights ``(s,)``, at least 0 and of sum 1, with which ``guesses (n, s)`` come nearest to ``target (n,)``.

    The sum is held by one more equation of great weight; weights below 5 % are set to 0.
    """
    middle = target.mean()
    scale = float(np.abs(target - middle).mean()) + 1e-12
    firm = 1e3 * np.sqrt(len(target))
    left = np.concatenate([(guesses - middle) / scale, np.full((1, guesses.shape[1]), firm)])
    found = nnls(left, np.append((target - middle) / scale, firm))[0]
    found = np.where(found < _LEAST * found.sum(), 0.0, found)
    total = float(found.sum())
    return np.asarray(found / total if total > 0 else np.full(len(found), 1 / len(found)))
