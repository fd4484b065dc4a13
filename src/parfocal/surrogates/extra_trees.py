"""Extremely randomized trees (Geurts, Ernst and Wehenkel, Machine Learning 63, 2006).

Each tree sees all observations and draws its thresholds at random. The average interpolates: it is sure where it has
seen a result and unsure in between, where trees cut at different places.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.space import Space
from parfocal.surrogates.features import features
from parfocal.surrogates.forest import ForestModel, checked, of_trees, trees
from parfocal.typing import Floats


@dataclass(frozen=True)
class ExtraTrees:
    """Extremely randomized trees without resampling: they interpolate what they saw.

    Parameters
    ----------
    trees : int
        Number of trees.
    leaf : int
        Fewest observations in a leaf; 1 follows each result exactly.
    share : float
        Share of the features of which a split draws a threshold each and takes the best one, in (0, 1].
    """

    trees: int = 16
    leaf: int = 1
    share: float = 1.0
    name: ClassVar[str] = "extra-trees"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        checked(self.trees, self.leaf, self.share)

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> ForestModel:
        """Return the trees of ``target (n,)`` at rows ``X (n, d)``."""
        grown = trees(
            features(space, X),
            target,
            rng,
            count=self.trees,
            leaf=self.leaf,
            share=self.share,
            bootstrap=False,
            random_splits=True,
        )
        return of_trees(space, grown)
