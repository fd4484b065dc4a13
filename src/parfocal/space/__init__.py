"""The space of configurations: parameters, priors, conditions, constraints, and the unit cube of algorithms."""

from parfocal.space.completion import completed
from parfocal.space.grid import Grid
from parfocal.space.parameters import Boolean, Categorical, Constant, Float, Integer, Ordinal, Parameter
from parfocal.space.priors import Beta, Exponential, LogNormal, LogUniform, Normal, Prior, Uniform
from parfocal.space.space import Space

__all__ = [
    "Beta",
    "Boolean",
    "Categorical",
    "Constant",
    "Exponential",
    "Float",
    "Grid",
    "Integer",
    "LogNormal",
    "LogUniform",
    "Normal",
    "Ordinal",
    "Parameter",
    "Prior",
    "Space",
    "Uniform",
    "completed",
]
