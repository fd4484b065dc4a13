"""Samplers: where candidates come from. One module each; import the module you need."""

from parfocal.samplers.base import Density, Sampler, Sequence
from parfocal.samplers.memo import give_back, inherit, notebook
from parfocal.samplers.random import Random
from parfocal.samplers.selection import EMPTY, Selection, best_first, of_best
from parfocal.samplers.settled import settled

__all__ = [
    "EMPTY",
    "Density",
    "Random",
    "Sampler",
    "Selection",
    "Sequence",
    "best_first",
    "give_back",
    "inherit",
    "notebook",
    "of_best",
    "settled",
]
