"""Test tasks: mixed-integer functions of COCO (bbob-mixint, Tušar et al. 2019), by the package coco-experiment."""

import os
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.optimizers.task import Task
from benchmarks.optimizers.tasks.missing import Missing

from parfocal.space import Float, Integer, Parameter, Space
from parfocal.typing import Floats

FUNCTIONS = {
    "bbob-f03-d05": "separable Rastrigin",
    "bbob-f08-d10": "Rosenbrock",
    "bbob-f13-d05": "sharp ridge",
    "bbob-f15-d10": "Rastrigin",
    "bbob-f21-d05": "Gallagher's 101 peaks",
}
"""One function of each of the five groups of the suite, first instance."""


def bbob_task(name: str) -> Task:
    """Return one function; four fifths of its parameters are integers."""
    try:
        import cocoex
    except ImportError:
        raise Missing(f"{name}: it needs the package coco-experiment (pip install coco-experiment).") from None
    function, dimension = (int(part[1:]) for part in name.split("-")[1:])
    options = f"function_indices:{function} dimensions:{dimension} instance_indices:1"
    suite = cocoex.Suite("bbob-mixint", "", options)
    problem = suite[0]
    whole = problem.number_of_integer_variables
    parameters: dict[str, Parameter] = {}
    for index, (low, high) in enumerate(zip(problem.lower_bounds, problem.upper_bounds, strict=True)):
        number = Integer(int(low), int(high)) if index < whole else Float(float(low), float(high))
        parameters[f"x{index}"] = number
    space = Space(parameters)

    def loss(X: Floats) -> Floats:
        columns = space.decode_columns(X)
        points = np.column_stack([columns[column] for column in space.columns]).astype(np.float64)
        return np.array([problem(point) for point in points])

    title = f"COCO mixed-integer f{function}, {FUNCTIONS[name]}, {dimension}-D"
    optimum = _optimum(problem)
    # a run never gets within rounding of it, so that it ends early only when it cannot improve
    return Task(name, title, "test", space, _Kept(loss, suite), 100, optimum)


class _Kept:
    """A loss that keeps its suite alive, which owns the problem."""

    def __init__(self, loss: Any, suite: Any) -> None:
        self.loss, self.suite = loss, suite

    def __call__(self, X: Floats) -> Floats:
        return np.asarray(self.loss(X))


def _optimum(problem: Any) -> float:
    """Return the loss at the optimum, which COCO tells only by a file in the working directory."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        problem._best_parameter("print")
        (path,) = [Path(entry) for entry in os.listdir(folder)]
        return float(problem(np.loadtxt(path)))
