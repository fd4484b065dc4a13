"""The counter over which trials go out and outcomes come in: all that the file interface wants of a study.

The only module of the file interface that knows storage and search.
"""

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from parfocal.asking import asker
from parfocal.checks import positive
from parfocal.errors import ExchangeError, InvalidInput, StudyStopped
from parfocal.exchange.format import Claim, Evaluation, HandedTrial, Returned
from parfocal.search import Search
from parfocal.storage import LEASE, Counts, Storage, StudyRecord, WorkerRecord, dead
from parfocal.study import Study
from parfocal.trials import Objective, Outcome, State, Trial
from parfocal.workers import is_result_of, loss_of

HAND_OUT_LEASE = 7 * 86_400.0
"""Seconds that a hand-out holds: nobody sends a sign of life for a file."""
_WAIT = 60.0  # s, for somebody else who asks; then it is looked again whether something waits
_PATIENCE = 600.0  # s, after which there is nothing to hand out now: who asks is not heard of, or takes very long
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


def ask(
    study: Study, n: int, *, budget: int | None = None, worker: str | None = None, lease: float = HAND_OUT_LEASE
) -> Batch:
    """Hand out up to ``n`` trials of a study; safe against others who ask at the same time, or who run it.

    Trials that wait go first: those whose lease ran out, the default, given configurations. The optimizer makes the
    rest. What is handed out and what has finished never exceeds the budget.

    Parameters
    ----------
    study
        Opened or made before.
    n
        Trials wanted.
    budget
        Trials in total that may finish, from now on; by default what the study keeps.
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
    job = "" if worker is None else f"ask {_name(worker)}"
    if budget is not None:
        storage.set_budget(record.id, budget)
    storage.reap(record.id)
    with asker(storage, record.id, job, "ask") as me:
        if job:
            _take_turns(storage, me)
        search = study.search(me.id)
        with search.keeping():
            return _hand_out(study, search, n, worker or me.id, lease)


def _hand_out(study: Study, search: Search, n: int, name: str, lease: float) -> Batch:
    """Claim what waits under a name, once there is enough of it; see :func:`ask`."""
    storage, record, deadline = study.storage, study.record, time.monotonic() + _PATIENCE
    while True:
        mine = [trial for trial in storage.running(record.id) if trial.worker == name]
        state = storage.state(record.id)
        if mine:
            storage.heartbeat(record.id, name, [trial.number for trial in mine], lease)
            return _batch(study, mine, name, True, state.budget, None)
        most = n if state.budget is None else min(n, state.budget - state.spent - state.counts.running)
        if most < 1:
            return _batch(study, [], name, False, state.budget, None)
        search.refresh()
        sentence = search.hopeless(study.stop_after_failures)
        if sentence is not None:  # a cluster need not evaluate the rest
            raise StudyStopped(f"{sentence} Then write 'stop_after_failures: 0', so that these trials do not count.")
        study.enqueue([])  # the default, at least
        try:
            # while somebody else asks, who runs the study for example, what waits is as good
            if search.lead(_WAIT, partial(_enough, search, most)):
                search.fill(most)
        finally:
            search.resign()
        trials = storage.claim(record.id, name, most, lease)
        if trials or search.exhausted or time.monotonic() > deadline:
            return _batch(study, trials, name, False, state.budget, search.exhausted)
        time.sleep(0.1)


def _take_turns(storage: Storage, me: WorkerRecord) -> None:
    """Return when nobody else asks under the same name: who comes second is given what the first one got."""
    deadline = time.monotonic() + _PATIENCE
    while others := _namesakes(storage, me):
        if time.monotonic() > deadline:
            raise ExchangeError(f"'{others[0]}' asks under the same name and does not end: stop it, or choose another.")
        storage.unregister(me.id)
        time.sleep(random.uniform(0.1, 0.5))
        storage.register(me)


def _namesakes(storage: Storage, me: WorkerRecord) -> list[str]:
    workers, now = storage.workers(), storage.state(me.study).now
    same = [worker for worker in workers if (worker.study, worker.job) == (me.study, me.job) and worker.id != me.id]
    gone = dead(same)
    return [worker.id for worker in same if worker.id not in gone and now - worker.seen < LEASE]


def _enough(search: Search, n: int) -> bool:
    """Whether ``n`` trials can be claimed, or no more will come."""
    state = search.state()
    return state.claimable >= n or search.satisfied(state)


def take_back(study: Study, batch: Batch) -> None:
    """Make what was handed out wait again, where its files could not be written."""
    study.storage.release(study.record.id, batch.worker, [trial.claim.number for trial in batch.trials])


def _name(worker: str) -> str:
    if not worker.strip() or not worker.isprintable() or len(worker) > 200:
        raise InvalidInput(f"The name of a hand-out must be printable text of 1 to 200 characters; got {worker!r}.")
    return worker


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
    out = {(trial.number, trial.attempts, trial.worker) for trial in storage.running(record.id)}
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
                key = (claim.number, claim.attempt, claim.worker)
                if taken and key in out:  # a report that is repeated after an outage accepts what was told before, too
                    out.remove(key)
                    told.append((claim.number, outcome.state))
                elif is_result_of(storage.trial(record.id, claim.number), claim.worker, claim.attempt):
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
