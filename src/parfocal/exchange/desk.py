"""The counter over which trials go out and outcomes come in: all that the file interface wants of a study.

The only module of the file interface that knows storage and search.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from parfocal.checks import positive
from parfocal.errors import ExchangeError, InvalidInput, StorageError, StudyStopped
from parfocal.exchange.format import Claim, Evaluation, HandedTrial, Returned
from parfocal.search import Search
from parfocal.storage import Counts, Storage, StudyRecord, this_worker
from parfocal.study import Study
from parfocal.trials import Objective, Outcome, State, Trial
from parfocal.workers import common_failure, loss_of

HAND_OUT_LEASE = 7 * 86_400.0
"""Seconds that a hand-out holds: nobody sends a sign of life for a file."""
_WAIT = 600.0  # s, for another ask of the same study; its optimizer may be slow
_CHUNK = 256  # results in one transaction


@dataclass(frozen=True)
class Batch:
    """What was handed out.

    Attributes
    ----------
    trials
        By number; none if there is nothing to hand out now.
    worker
        Name of the hand-out.
    again
        Whether these trials had been handed out under this name before.
    budget
        Trials that may finish in total; None for no limit.
    counts
        Trials in each state, after the hand-out.
    exhausted
        Why the space has nothing left to ask for, or None.
    """

    trials: tuple[HandedTrial, ...]
    worker: str
    again: bool
    budget: int | None
    counts: Counts
    exhausted: str | None = None

    @property
    def spent(self) -> bool:
        """Whether the budget is finished: nothing more will ever come."""
        return self.budget is not None and self.counts.finished - self.counts.lost >= self.budget


@dataclass(frozen=True)
class Told:
    """What became of outcomes that were told.

    Attributes
    ----------
    told
        Numbers and states of the trials whose outcomes were entered.
    known
        Numbers of trials whose outcomes of this very claim had been told before.
    stale
        Claims that have ended: the trial was handed out again, or given up.
    wrong
        One sentence for each outcome that does not belong here.
    counts
        Trials in each state, afterwards.
    """

    told: tuple[tuple[int, State], ...]
    known: tuple[int, ...]
    stale: tuple[Claim, ...]
    wrong: tuple[str, ...]
    counts: Counts


# ------------------------------------------------------------ ask


@contextlib.contextmanager
def coordinator(location: str | Path) -> Iterator[None]:
    """Be the only one who asks for trials of a database, as long as this context lasts; others wait.

    The lock is that of an empty SQLite file beside the database (``study.db-ask``): it works on every platform, and
    ends with the process that holds it. A storage in memory needs none.
    """
    text = str(location)
    if text == "memory":
        yield
        return
    if "://" in text.removeprefix("sqlite:///"):
        raise StorageError(f"Trials are handed out from an SQLite file or from memory; got '{text}'.")
    # by whatever links it is reached, one database has one lock
    path = Path(f"{os.path.realpath(text.removeprefix('sqlite:///'))}-ask")
    try:
        connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    except sqlite3.Error as error:
        raise StorageError(f"{path}: this lock cannot be made ({error}); is the folder there, and writable?") from None
    with contextlib.closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise StorageError(
                f"{path}: another process asks for trials and did not end for {_WAIT:g} s ({error}); try again."
            ) from None
        yield


def ask(
    study: Study, n: int, *, budget: int | None = None, worker: str | None = None, lease: float = HAND_OUT_LEASE
) -> Batch:
    """Hand out up to ``n`` trials of a study; safe against others who ask at the same time.

    Parameters
    ----------
    study
        Opened or made before; see :func:`hand_out` for the rest.
    """
    with coordinator(study.storage.url):
        return hand_out(study, n, budget=budget, worker=worker, lease=lease)


def hand_out(
    study: Study, n: int, *, budget: int | None = None, worker: str | None = None, lease: float = HAND_OUT_LEASE
) -> Batch:
    """Hand out up to ``n`` trials; the caller is the :func:`coordinator`.

    Trials that wait go first: those whose lease ran out, the default, given configurations. The optimizer makes the
    rest. What is handed out and what has finished never exceeds the budget.

    Parameters
    ----------
    n
        Trials wanted.
    budget
        Trials in total that may finish; by default that of the study, if it keeps one.
    worker
        Name of the hand-out, unique by default. A name whose trials are still out gets these again, with a new lease
        and nothing new: so a step of a workflow that died before it had written its files can be repeated.
    lease
        Seconds, after which trials that did not come back may be handed out again.

    Raises
    ------
    StudyStopped
        When the first trials all failed and none ever succeeded; the text says what they have in common.
    """
    positive(n, "n")
    storage, record = study.storage, study.record
    name = this_worker("ask").id if worker is None else _name(worker)
    if budget is None:
        budget = record.definition.get("budget")
    storage.reap(record.id)
    search = Search(
        storage, record, study.space, study.objective, study.composition, study.seed, study.warmup, study.history,
        study.repeats,
    )  # fmt: skip
    mine = _out(search, name)
    if mine:
        storage.heartbeat(record.id, name, [trial.number for trial in mine], lease)
        return _batch(study, mine, name, True, budget, None)
    most = n if budget is None else min(n, _room(search, budget))
    if most < 1:
        return _batch(study, [], name, False, budget, None)
    _stop_if_hopeless(search, study.stop_after_failures)
    study.enqueue([])  # the default, at least
    search.refresh()
    search.fill(len(search.history) + n if budget is None else budget, most)
    trials = storage.claim(record.id, name, most, lease)
    return _batch(study, trials, name, False, budget, search.exhausted)


def take_back(study: Study, batch: Batch) -> None:
    """Make what was handed out wait again, where its files could not be written."""
    study.storage.release(study.record.id, batch.worker, [trial.claim.number for trial in batch.trials])


def _name(worker: str) -> str:
    if not worker.strip() or not worker.isprintable() or len(worker) > 200:
        raise InvalidInput(f"The name of a hand-out must be printable text of 1 to 200 characters; got {worker!r}.")
    return worker


def _stop_if_hopeless(search: Search, first: int) -> None:
    """Raise :class:`StudyStopped` when the first trials all failed: a cluster need not evaluate the rest."""
    history = search.history
    if first < 1 or len(history) < first or history.complete.any():
        return
    fixed = [name for name in search.space.names if name not in search.space.columns]
    sentence = common_failure(search.storage.trials(search.record.id, 0, first), first, fixed)
    if sentence is not None:
        raise StudyStopped(f"{sentence} Then write 'stop_after_failures: 0', so that these trials do not count.")


def _out(search: Search, worker: str) -> list[Trial]:
    """Return the trials that are out under a name."""
    running = np.flatnonzero(search.history.state == State.RUNNING).tolist()
    trials = [search.storage.trial(search.record.id, number) for number in running]
    return [trial for trial in trials if trial.worker == worker and trial.state == State.RUNNING]


def _room(search: Search, budget: int) -> int:
    """Return how many trials may be handed out, so that no more than ``budget`` ever finish."""
    state = search.history.state
    return budget - int(np.count_nonzero((state != State.WAITING) & (state != State.LOST)))


def _batch(
    study: Study, trials: Sequence[Trial], worker: str, again: bool, budget: int | None, exhausted: str | None
) -> Batch:
    evaluator = study.evaluator
    evaluation = (
        None if evaluator is None else Evaluation(evaluator.to_dict(), study.objective, study.limits, study.isolation)
    )
    handed = tuple(
        HandedTrial(
            Claim(study.name, trial.number, trial.attempts, worker),
            trial.configuration,
            trial.seed,
            trial.fidelity,
            evaluation,
        )
        for trial in sorted(trials, key=lambda trial: trial.number)
    )
    return Batch(handed, worker, again, budget, study.counts, exhausted)


# ------------------------------------------------------------ tell


def tell(storage: Storage, record: StudyRecord, returned: Iterable[Returned]) -> Told:
    """Enter outcomes: in any order, as often as one likes, by several processes at once.

    They are entered by the numbers of their trials, so that the order of the files changes nothing. Of several
    outcomes of one claim the first counts.
    """
    objective = Objective.from_dict(record.definition["objective"])
    total = storage.counts(record.id).total
    good: list[tuple[Claim, Outcome]] = []
    wrong: list[str] = []
    for each in returned:
        try:
            good.append((each.claim, _fitting(each, record.name, total, objective)))
        except ExchangeError as error:
            wrong.append(f"{each.source}: {error}" if each.source else str(error))
    good.sort(key=lambda pair: (pair[0].number, pair[0].attempt))
    told: list[tuple[int, State]] = []
    known: list[int] = []
    stale: list[Claim] = []
    for worker, group in groupby(good, key=lambda pair: pair[0].worker):
        pairs = list(group)
        for start in range(0, len(pairs), _CHUNK):
            chunk = pairs[start : start + _CHUNK]
            results = [(claim.number, claim.attempt, outcome, loss_of(outcome, objective)) for claim, outcome in chunk]
            accepted = storage.report(record.id, worker, results)
            for (claim, outcome), taken in zip(chunk, accepted, strict=True):
                if taken:
                    told.append((claim.number, outcome.state))
                elif _told_before(storage.trial(record.id, claim.number), claim):
                    known.append(claim.number)
                else:
                    stale.append(claim)
    return Told(tuple(told), tuple(known), tuple(stale), tuple(wrong), storage.counts(record.id))


def _fitting(returned: Returned, study: str, total: int, objective: Objective) -> Outcome:
    """Return the outcome for this study, or raise with what does not fit."""
    claim = returned.claim
    if claim.study != study:
        raise ExchangeError(f"It belongs to the study '{claim.study}', and outcomes of '{study}' are told here.")
    if claim.number >= total:
        raise ExchangeError(f"It is of trial {claim.number}, and '{study}' has {total} trials, numbered from 0.")
    return returned.outcome(objective)


def _told_before(trial: Trial, claim: Claim) -> bool:
    """Whether the trial's result is that of this very claim; a LOST trial has none."""
    finished = trial.state.finished and trial.state != State.LOST
    return finished and (trial.attempts, trial.worker) == (claim.attempt, claim.worker)
