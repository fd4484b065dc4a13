"""Evaluation by a workflow on a Galaxy server, through BioBlend."""

from parfocal.evaluation.galaxy.evaluator import GalaxyEvaluator

__all__ = ["GalaxyEvaluator"]
