"""Experiments: a YAML file to a study."""

from parfocal.experiment.load import Experiment, load

__all__ = ["Experiment", "load"]
