"""What an evaluator is: one way to turn a configuration into metrics."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from parfocal.errors import EvaluationError
from parfocal.trials import FULL, Configuration, Fidelity

_LOOK = 0.2  # s, until a sleeper looks again: a signal between its look and its sleep wakes nobody


class InvalidConfiguration(EvaluationError):
    """Raised by an evaluation that declares its configuration invalid; the trial ends as FAILED(invalid)."""


class MissingResult(EvaluationError):
    """The evaluation ran, but what the objective needs is not there; the trial ends as FAILED(missing)."""


class OutOfMemory(EvaluationError):
    """The system ended a program because memory ran out; the trial ends as FAILED(memory)."""


class ServerFailure(EvaluationError):
    """A server that should have done the work did not, whatever the configuration; ends as FAILED(server)."""


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt to evaluate one configuration.

    Parameters
    ----------
    number
        The trial's number, from 0.
    configuration
        The active parameters.
    attempt
        1 for the first claim of the trial.
    seed
        The trial's own seed, in [0, 2**31).
    fidelity
        How much to spend.
    root
        Where the work folders of all trials lie.
    """

    number: int
    configuration: Configuration
    attempt: int = 1
    seed: int = 0
    fidelity: Fidelity = FULL
    root: str | None = None

    @property
    def folder(self) -> Path | None:
        """The own work folder of this attempt; it need not exist: who writes into it calls :meth:`work_folder`."""
        return None if self.root is None else Path(self.root, self.name)

    @property
    def name(self) -> str:
        """Name of the work folder: ``000012``, and ``000012-2`` for the second attempt."""
        return f"{self.number:06d}" if self.attempt < 2 else f"{self.number:06d}-{self.attempt}"

    def work_folder(self) -> Path:
        """Return the work folder, made if it does not exist."""
        folder = self.folder
        if folder is None:
            raise EvaluationError(f"Trial {self.number} needs a work folder and has none: give the runner a folder.")
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True)
class Result:
    """What an evaluation may return when one number or one mapping says too little.

    Parameters
    ----------
    metrics
        Name to number over the whole evaluation; a number alone is the objective's one metric.
    scores
        Instance (an image, a fold) to metric to number.
    artifacts
        Name to path of files that the evaluation left.
    """

    metrics: Mapping[str, Any] | float = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    artifacts: Mapping[str, Any] = field(default_factory=dict)


Returned: TypeAlias = float | Mapping[str, float] | Result
"""What :meth:`Evaluator.evaluate` returns: the objective's one metric, metrics by name, or a :class:`Result`."""


@runtime_checkable
class Evaluator(Protocol):
    """One way to evaluate a job. An object that can be pickled on its way to a process, and written as JSON.

    Beside these methods an evaluator *may* have

    ``before(job)``, ``after(job)``
        pre-hook and post-hook; the post-hook always runs, in another process if the evaluation's had to be ended.
    ``load()``
        whatever takes long and is done once a process, before the clock of the first trial starts.
    ``log(job) -> str``
        the tail of logs that it wrote into the work folder; asked for also after it was ended.
    ``external: bool``
        True where programs in processes of their own do the work, so that only their memory counts.
    """

    def evaluate(self, job: Job) -> Returned:
        """Return the metrics of a job; any exception fails the trial and nothing else."""
        ...

    def check(self, parameters: tuple[str, ...], conditional: tuple[str, ...] = ()) -> list[str]:
        """Return what is wrong, one plain sentence each, before anything is evaluated.

        Parameters
        ----------
        parameters
            Names of all parameters of the space, constants included.
        conditional
            Those among them that are absent from some configurations.
        """
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary with the key ``kind``, from which :func:`evaluator_from_dict` rebuilds it."""
        ...


class Interrupted(KeyboardInterrupt):
    """Raised in the main thread, in the midst of an evaluation without isolation, by a request to stop."""


class Stop:
    """A request to stop: set by a signal, by another thread, or by the death of the parent process.

    A signal's handler runs within whatever the main thread is at, which may be this very object. So its lock is one
    that a thread can take twice; that of ``threading.Event`` is not, and a signal at the wrong moment would wait for
    itself for ever.
    """

    def __init__(self) -> None:
        self._asked = False
        self._changed = threading.Condition(threading.RLock())
        self.armed = False
        """Whether a signal may break off what the main thread does (an evaluation without isolation)."""

    def set(self) -> None:
        """Ask to stop."""
        self._asked = True
        with self._changed:
            self._changed.notify_all()

    def is_set(self) -> bool:
        """Whether someone asked to stop."""
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Sleep for ``seconds``, or until someone asks to stop; return whether someone did."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not self._asked and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(min(left, _LOOK))
        return self._asked
