"""What an optimizer is compared on: a space, a loss on its rows, a number of evaluations, and the scale of regret."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.typing import Floats

INITIAL = 20
"""Random trials that every run starts with; the same ones for every optimizer, given task and seed."""

Half = Literal["development", "test"]


@dataclass(frozen=True, eq=False)
class Task:
    """One problem.

    Parameters
    ----------
    name, title
        For files and for people.
    half
        ``development`` tasks may be tuned on, ``test`` tasks are for reporting only.
    space, loss
        The loss takes canonical, feasible rows ``(n, d)`` and returns ``(n,)``; the smaller the better.
    evaluations
        Of each run, the initial ones included.
    optimum
        The lowest loss, where it is known for certain; a run ends when it is reached.
    draws
        Random configurations that estimate the median random loss (and the optimum, where it is not known).
    """

    name: str
    title: str
    half: Half
    space: Space
    loss: Callable[[Floats], Floats]
    evaluations: int
    optimum: float | None = None
    draws: int = 5_000

    def initial(self, seed: int) -> Floats:
        """Return the first rows ``(20, d)`` of a run: draws of the prior that depend on task and seed alone."""
        return self.space.sample(INITIAL, generator(seed, "initial", self.name))

    def fingerprint(self) -> str:
        """Return what changes when stored runs are no longer comparable: space, evaluations, four losses."""
        losses = self.loss(self.space.sample(4, generator(0, "fingerprint", self.name)))
        text = json.dumps([self.space.to_dict(), self.evaluations, [f"{loss:.6g}" for loss in losses]])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Reference:
    """The scale of a task's regret.

    Attributes
    ----------
    optimum : float
        The lowest loss; the lowest that was ever seen, where it is not known.
    median : float
        The median loss of random configurations.
    known : bool
        Whether the optimum is known for certain.
    """

    optimum: float
    median: float
    known: bool

    def below(self, loss: float) -> "Reference":
        """Return the reference once ``loss`` has been seen by some run."""
        return self if self.known or loss >= self.optimum else Reference(loss, self.median, False)


def reference(task: Task, fingerprint: str, folder: Path) -> Reference:
    """Return the reference of a task, read from ``folder`` if it was computed before."""
    path = folder / "references" / f"{task.name}.json"
    if path.exists():
        stored = json.loads(path.read_text())
        if stored["fingerprint"] == fingerprint:
            return Reference(stored["optimum"], stored["median"], stored["known"])
    losses = task.loss(task.space.sample(task.draws, generator(0, "reference", task.name)))
    optimum = float(np.nanmin(losses)) if task.optimum is None else task.optimum
    found = Reference(optimum, float(np.nanmedian(losses)), task.optimum is not None)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"fingerprint": fingerprint, "optimum": found.optimum, "median": found.median, "known": found.known}
    path.write_text(json.dumps(content))
    return found
