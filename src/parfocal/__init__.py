"""parfocal tunes the hyperparameters of bioimage-analysis pipelines."""

__version__ = "0.1.0"
