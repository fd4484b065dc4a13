"""Evaluation: one trial from configuration to outcome, by a Python function or a command, isolated and bounded."""

from parfocal.evaluation.base import (
    Evaluator,
    Interrupted,
    InvalidConfiguration,
    Job,
    MissingResult,
    Result,
    Returned,
    ServerFailure,
    Stop,
)
from parfocal.evaluation.channel import guard
from parfocal.evaluation.command import CommandEvaluator
from parfocal.evaluation.judge import judge
from parfocal.evaluation.kinds import evaluator_from_dict
from parfocal.evaluation.limits import Limits
from parfocal.evaluation.python import PythonEvaluator
from parfocal.evaluation.runner import Isolation, Runner, run

__all__ = [
    "CommandEvaluator",
    "Evaluator",
    "Interrupted",
    "InvalidConfiguration",
    "Isolation",
    "Job",
    "Limits",
    "MissingResult",
    "PythonEvaluator",
    "Result",
    "Returned",
    "Runner",
    "ServerFailure",
    "Stop",
    "evaluator_from_dict",
    "guard",
    "judge",
    "run",
]
