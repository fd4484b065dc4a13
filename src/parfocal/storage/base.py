"""The storage contract: one queue of trials with leases, one revision counter a study, and one who asks.

Whoever implements it runs :mod:`parfocal.testing.storage`, the contract as code. The reasons are in
``docs/decisions/0003-storage-contract.md`` and ``0006-one-asker-many-workers.md``; in short:

* Trials are numbered 0, 1, 2, ... within their study; configuration, seed, fidelity and provenance never change.
* WAITING -> RUNNING -> COMPLETE | PRUNED | FAILED | LOST; RUNNING -> WAITING by release or reaping. Final is final.
* Whatever an optimizer can learn from takes the study's next revision (1, 2, 3, ...; one each, also within a batch): a
  new trial, and a final result. It is visible only with all of smaller revisions, so the order of final revisions is
  *the* order of results. Claims, releases and heartbeats take none, so that workers do not wait for each other.
* A claim is a lease: until its deadline nobody else gets the trial. ``attempts`` counts the claims of a trial; it is
  also the token of the claim, so that a report of an older claim is recognized and refused.
* Who asks for a study holds its lead, a lease like that of a trial. What it adds is refused when it has lost the lead
  or when others have added trials that it had not seen: no ask is made twice, and every one can be replayed.
* Tags are words that people put on trials. They take no revision, may come and go at any time, and die with the study.
* A method is one transaction: it happens wholly or not at all, and has happened for good when it returns. Where the
  database does not answer for a while, a method waits for it, and raises ``StorageUnavailable`` in the end.
* All times are seconds since 1970 by the storage's one clock.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from parfocal.storage.records import Changes, Counts, Reaped, StudyRecord, StudyState, Tag, Times, WorkerRecord
from parfocal.trials import FULL, GIVEN, Fidelity, Outcome, Provenance, Trial
from parfocal.typing import Bools, Values

MAX_ATTEMPTS = 3
"""Claims of a trial, releases not counted, after which it is LOST instead of waiting once more."""
LEASE = 60.0
"""Seconds that a claim, or the lead of a study, holds without a sign of life."""
WITHDRAWN = "Withdrawn."
"""The sentence of a trial that was taken back from the queue."""


def never() -> bool:
    """Return False."""
    return False


@runtime_checkable
class Storage(Protocol):
    """Where studies and trials live. ``study`` is always :attr:`StudyRecord.id`.

    Every method may raise :class:`~parfocal.errors.StorageError`: the database cannot be used, or the study or a
    trial does not exist.
    """

    @property
    def url(self) -> str:
        """What :func:`~parfocal.storage.open_storage` takes to open the same storage, ``memory`` for one in RAM."""
        ...

    @property
    def shared(self) -> bool:
        """Whether other processes can open it by its url."""
        ...

    # ------------------------------------------------------------ studies

    def create_study(
        self, name: str, definition: Mapping[str, Any], *, free: Collection[str] = ("budget",)
    ) -> StudyRecord:
        """Return the study of this name: a new one, or the existing one if its definition is equal.

        Parameters
        ----------
        name
            Unique within the storage.
        definition
            JSON object: space, objective, optimizer, seed, evaluator, budget, ...
        free
            Top-level keys that may differ (a budget may grow); the stored definition takes their new values.

        Raises
        ------
        StudyExistsError
            If a study of this name has another definition; the text names the keys that differ.
        """
        ...

    def open_study(self, name: str) -> StudyRecord:
        """Return the study of this name, or raise :class:`StorageError` that names those that exist."""
        ...

    def studies(self) -> list[StudyRecord]:
        """Return all studies in the order of their creation."""
        ...

    def delete_study(self, study: int) -> None:
        """Remove a study with all its trials."""
        ...

    # ------------------------------------------------------------ the queue

    def add(
        self,
        study: int,
        configurations: Sequence[Values],
        seeds: Iterable[int],
        fidelities: Fidelity | Sequence[Fidelity] = FULL,
        provenances: Provenance | Sequence[Provenance] = GIVEN,
        *,
        start: int | None = None,
        asker: str | None = None,
    ) -> range:
        """Append WAITING trials, one for each configuration, and return their numbers.

        Raises
        ------
        OutOfStep
            If ``start`` is given and is not the number of the first new trial, or ``asker`` is given and has not the
            lead. Nothing is added then.
        """
        ...

    def claim(
        self, study: int, worker: str, n: int = 1, lease: float = LEASE, max_attempts: int = MAX_ATTEMPTS
    ) -> list[Trial]:
        """Give up to ``n`` trials to ``worker`` for ``lease`` seconds: the lowest numbers that wait; none, if none do.

        First takes back the claims whose lease has run out, as :meth:`reap` does. Where the study has a budget, only
        so many trials are given away that no more than that are ever finished, LOST ones not counted.
        """
        ...

    def heartbeat(self, study: int, worker: str, numbers: Iterable[int], lease: float = LEASE) -> list[int]:
        """Extend the worker's leases to ``lease`` seconds from now; return the numbers that it still owns."""
        ...

    def report(self, study: int, worker: str, results: Sequence[tuple[int, int, Outcome, float]]) -> Bools:
        """Enter final results ``(number, attempt, outcome, loss)``, in this order; return which were accepted ``(k,)``.

        A result is accepted only if the trial is RUNNING, owned by ``worker`` and in that very attempt (its lease may
        have run out, as long as nobody took it back); a refused one changes nothing.
        """
        ...

    def release(self, study: int, worker: str, numbers: Iterable[int] | None = None) -> int:
        """Give back the worker's claims (all, or those of ``numbers``) on a clean stop; return how many.

        They wait again, and the attempt does not count towards ``max_attempts``.
        """
        ...

    def reap(self, study: int, workers: Collection[str] = (), max_attempts: int = MAX_ATTEMPTS) -> Reaped:
        """Take back the claims of dead ``workers``, and all claims whose lease has run out.

        They wait again, or become LOST where the attempts are used up. A dead worker loses the lead, too.
        """
        ...

    def withdraw(self, study: int, numbers: Iterable[int] | None = None, message: str = WITHDRAWN) -> int:
        """Make pending trials (all, or those of ``numbers``) LOST with this sentence, and return how many.

        Who evaluates one of them learns it from its next heartbeat, and its report is refused.
        """
        ...

    # ------------------------------------------------------------ who asks

    def lead(self, study: int, asker: str, lease: float = LEASE) -> bool:
        """Take the lead of a study for ``lease`` seconds, or keep it; return whether ``asker`` has it now.

        It is free where nobody has it, or where it has run out.
        """
        ...

    def resign(self, study: int, asker: str | None = None) -> None:
        """Give the lead back, if ``asker`` has it; None takes it from whoever has it."""
        ...

    def set_budget(self, study: int, budget: int | None) -> None:
        """Say how many trials may finish in total, LOST ones not counted; None for any number."""
        ...

    # ------------------------------------------------------------ reading

    def state(self, study: int) -> StudyState:
        """Return how far a study is, and who asks; the cost depends on what is pending only."""
        ...

    def counts(self, study: int) -> Counts:
        """Return how many trials stand in each state: a part of :meth:`state`."""
        ...

    def running(self, study: int) -> list[Trial]:
        """Return the trials that are claimed, by number."""
        ...

    def changes(self, study: int, since: int = 0) -> Changes:
        """Return the trials that are new or final since revision ``since``; the cost depends on these only."""
        ...

    def wait_for_change(
        self, study: int, since: int, timeout: float = LEASE, until: Callable[[], bool] = never
    ) -> bool:
        """Sleep until the study's revision is past ``since``; return whether it is.

        Parameters
        ----------
        timeout
            Seconds after which it returns in any case.
        until
            Asked some times a second, from this thread; True ends the sleep.
        """
        ...

    def wait_for_work(self, study: int, timeout: float = LEASE, until: Callable[[], bool] = never) -> bool:
        """Sleep until a trial can be claimed; return whether one can. See :meth:`wait_for_change`."""
        ...

    def configurations(self, study: int, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """Return the configurations of the trials [start, stop) as plain dictionaries."""
        ...

    def trial(self, study: int, number: int) -> Trial:
        """Return one trial."""
        ...

    def trials(self, study: int, start: int = 0, stop: int | None = None) -> list[Trial]:
        """Return the trials [start, stop) with their outcomes."""
        ...

    def times(self, study: int) -> Times:
        """Return when each trial was created, claimed and finished, and by whom: columns, cheap also for very many."""
        ...

    # ------------------------------------------------------------ tags

    def tag(self, study: int, number: int, tag: str, image: str = "", author: str = "") -> None:
        """Put a word on a trial, or on one image of it; where it is already, nothing changes.

        A tag is for people: it takes no revision, and no optimizer sees it.

        Parameters
        ----------
        tag
            1 to 40 printable characters, no space at either end.
        image
            Name of the image, up to 1000 printable characters; empty for the trial as a whole.
        author
            Who says so, up to 255 printable characters.

        Raises
        ------
        InvalidInput
            If one of the texts is none of these.
        """
        ...

    def untag(self, study: int, number: int, tag: str, image: str = "") -> None:
        """Take a word away, if it is there."""
        ...

    def tags(self, study: int) -> list[Tag]:
        """Return the tags of a study by number, image and word.

        A database of an older schema that is only read has none.
        """
        ...

    # ------------------------------------------------------------ workers

    def register(self, worker: WorkerRecord) -> None:
        """Enter a worker, or renew its sign of life; without it a silent worker is noticed by its leases only."""
        ...

    def unregister(self, worker: str) -> None:
        """Remove a worker that ended or died."""
        ...

    def workers(self) -> list[WorkerRecord]:
        """Return the registered workers."""
        ...

    # ------------------------------------------------------------ end

    def hurry(self) -> None:
        """Let no call of this process wait any more for a database that is away or busy: it raises at once.

        For a quick stop. Where the database answers, everything works as before; sleeps for a change or for work end.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections; the storage opens them again when it is used again."""
        ...


__all__ = ["LEASE", "MAX_ATTEMPTS", "WITHDRAWN", "Storage", "never"]
