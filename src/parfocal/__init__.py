"""parfocal tunes the hyperparameters of bioimage-analysis pipelines.

The flat public namespace; every name is imported when it is first used, so that ``import parfocal`` is fast.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(("Boolean", "Categorical", "Constant", "Float", "Integer", "Ordinal", "Space"), "parfocal.space"),
    **dict.fromkeys(("Configuration", "Fidelity", "History", "Objective", "Outcome", "State"), "parfocal.trials"),
    **dict.fromkeys(("Optimizer", "Suggestion"), "parfocal.optimizers"),
    **dict.fromkeys(("CommandEvaluator", "Limits", "PythonEvaluator", "Result"), "parfocal.evaluation"),
    "Study": "parfocal.study",
    "minimize": "parfocal.minimum",
    "write_report": "parfocal.report",
    "ParfocalError": "parfocal.errors",
}

__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'parfocal' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
