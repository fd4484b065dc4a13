"""Surrogates: regressions from configurations to losses that know how unsure they are."""

from parfocal.surrogates.base import Model, Prediction, Surrogate
from parfocal.surrogates.features import features
from parfocal.surrogates.forest import Forest

__all__ = ["Forest", "Model", "Prediction", "Surrogate", "features"]
