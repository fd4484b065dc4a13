"""Optimizers: sampler x strategy behind ask and tell, and the zoo of named compositions."""

from parfocal.optimizers.composition import Composed, Composition, Portfolio, compose
from parfocal.optimizers.optimizer import Best, Optimizer, Suggestion
from parfocal.optimizers.propose import WARMUP, Proposal, propose
from parfocal.optimizers.zoo import DEFAULT, ZOO, Member

__all__ = [
    "DEFAULT",
    "WARMUP",
    "ZOO",
    "Best",
    "Composed",
    "Composition",
    "Member",
    "Optimizer",
    "Portfolio",
    "Proposal",
    "Suggestion",
    "compose",
    "propose",
]
