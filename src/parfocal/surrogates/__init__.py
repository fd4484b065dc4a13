"""Surrogates: regressions from configurations to losses that know how unsure they are."""

from parfocal.surrogates.base import Kinship, Model, Prediction, Surrogate, Tunable
from parfocal.surrogates.features import features
from parfocal.surrogates.forest import Forest

__all__ = ["Forest", "Kinship", "Model", "Prediction", "Surrogate", "Tunable", "features"]
