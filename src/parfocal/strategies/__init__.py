"""Strategies: what is learned from results. One module each; import the module you need."""

from parfocal.strategies.accept import AcceptAll
from parfocal.strategies.base import Candidates, LogDensity, Strategy

__all__ = ["AcceptAll", "Candidates", "LogDensity", "Strategy"]
