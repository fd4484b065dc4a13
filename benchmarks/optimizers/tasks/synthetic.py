"""Development tasks: the small synthetic problems of the conformance suite."""

from benchmarks.optimizers.task import Task

from parfocal.testing.problems import problems

CHOSEN = ("sphere", "ellipsoid", "branin", "valley", "mixed", "letters")
"""Those that peers can express, of different character."""


def synthetic_task(name: str) -> Task:
    """Return one of them; their optima are estimated, except where the loss cannot be below zero."""
    problem = next(each for each in problems() if f"synthetic-{each.name}" == name)
    return Task(name, f"Synthetic: {problem.name}", "development", problem.space, problem.loss, 100)
