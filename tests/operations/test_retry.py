"""A retry is a new trial with everything that made the old one; nothing is retried twice."""

import math

import pytest

from parfocal.errors import InvalidInput, OutOfStep, StorageError
from parfocal.operations.retry import Wanted, retry
from parfocal.storage import MemoryStorage, SqlStorage
from parfocal.trials import Fidelity, Outcome, Reason, State
from tests.operations.conftest import configuration, definition, fill

FAILED = [3, 11, 19, 27, 35]
TIMEOUT = [3, 19, 35]


@pytest.fixture(params=["memory", "sqlite"])
def storage(request, tmp_path):
    made = MemoryStorage() if request.param == "memory" else SqlStorage(tmp_path / "s.db")
    yield made
    made.close()


def finish(storage, study, number, outcome, loss=math.nan):
    """Let a waiting trial end; all others wait on."""
    claimed = storage.claim(study, "w", 10_000)
    storage.release(study, "w", [trial.number for trial in claimed if trial.number != number])
    (trial,) = [trial for trial in claimed if trial.number == number]
    assert storage.report(study, "w", [(number, trial.attempts, outcome, loss)]).all()


def test_all_that_failed_come_again_with_seed_fidelity_and_note(storage):
    record = fill(storage, 40)
    storage.set_budget(record.id, 40)
    done = retry(storage, record, Wanted(failed=True))
    assert done.pairs == tuple(zip(FAILED, range(40, 45), strict=True))
    assert done.budget == (40, 45) and storage.state(record.id).budget == 45
    for old, new in done.pairs:
        before, after = storage.trial(record.id, old), storage.trial(record.id, new)
        assert after.state == State.WAITING and before.state == State.FAILED
        assert (after.configuration, after.seed, after.fidelity) == (before.configuration, before.seed, before.fidelity)
        assert after.provenance.note == f"retry of trial {old}"
        assert after.provenance.ask == 40
    assert len(storage.claim(record.id, "w", 100)) == 5, "the budget lets them be evaluated"


def test_fidelity_is_kept(storage):
    record = storage.create_study("study", definition())
    amount = Fidelity("epochs", 3, 1, 9)
    storage.add(record.id, [configuration(0)], [77], amount)
    finish(storage, record.id, 0, Outcome.failed("error", "It broke."))
    retry(storage, record, Wanted(numbers=frozenset([0])))
    trial = storage.trial(record.id, 1)
    assert (trial.fidelity, trial.seed) == (amount, 77)


def test_only_some_reasons(storage):
    record = fill(storage, 40)
    done = retry(storage, record, Wanted(failed=True, reasons=frozenset([Reason.TIMEOUT])))
    assert [old for old, _ in done.pairs] == TIMEOUT
    assert done.budget is None and storage.state(record.id).budget is None, "no budget stays none"


def test_lost_ones_do_not_raise_the_budget(storage):
    record = fill(storage, 40, finish=30)
    storage.set_budget(record.id, 40)
    storage.withdraw(record.id, [33, 35])
    done = retry(storage, record, Wanted(lost=True))
    assert done.pairs == ((33, 40), (35, 41)) and done.budget == (40, 40)
    done = retry(storage, record, Wanted(failed=True, lost=True))
    assert [old for old, _ in done.pairs] == [3, 11, 19, 27] and done.repeated == (33, 35)
    assert done.budget == (40, 44)


def test_a_retry_that_waits_runs_or_succeeded_is_not_made_again(storage):
    record = fill(storage, 40)
    retry(storage, record, Wanted(failed=True))
    again = retry(storage, record, Wanted(failed=True))
    assert again.pairs == () and again.repeated == tuple(FAILED)
    finish(storage, record.id, 40, Outcome.complete({"f1": 1.0}), -1.0)
    storage.claim(record.id, "w", 1)
    again = retry(storage, record, Wanted(failed=True, numbers=frozenset([3])))
    assert again.pairs == () and again.repeated == tuple(FAILED)


def test_a_retry_that_failed_is_retried_in_place_of_the_first_trial(storage):
    record = fill(storage, 8)
    retry(storage, record, Wanted(failed=True))
    finish(storage, record.id, 8, Outcome.failed("error", "Again."))
    done = retry(storage, record, Wanted(failed=True))
    assert done.pairs == ((8, 9),), "once, though both have failed"
    finish(storage, record.id, 9, Outcome.failed("error", "Again."))
    done = retry(storage, record, Wanted(numbers=frozenset([3])))
    assert done.pairs == ((9, 10),)
    assert retry(storage, record, Wanted(numbers=frozenset([3, 8, 9]))).repeated == (3, 8, 9)


def test_wrong_wishes():
    storage = MemoryStorage()
    record = fill(storage, 8)
    for make, expected in (
        (lambda: Wanted(), "Say what to retry"),
        (lambda: Wanted(lost=True, reasons=frozenset([Reason.ERROR])), "--failed"),
        (lambda: retry(storage, record, Wanted(numbers=frozenset([0]))), "Trial 0 is COMPLETE"),
    ):
        with pytest.raises(InvalidInput, match=expected):
            make()
    with pytest.raises(StorageError, match="no trial 8"):
        retry(storage, record, Wanted(numbers=frozenset([8])))
    assert storage.counts(record.id).total == 8


class Busy:
    """A storage to which somebody adds a trial just before each of the first ``times`` adds."""

    def __init__(self, storage, times):
        self.storage, self.times = storage, times

    def __getattr__(self, name):
        return getattr(self.storage, name)

    def add(self, study, *arguments, **options):
        if self.times:
            self.times -= 1
            self.storage.add(study, [configuration(500 + self.times)], [1])
        return self.storage.add(study, *arguments, **options)


def test_others_add_at_the_same_time():
    storage = MemoryStorage()
    record = fill(storage, 40)
    done = retry(Busy(storage, 3), record, Wanted(failed=True))
    assert [new for _, new in done.pairs] == list(range(43, 48)), "once, behind theirs"
    with pytest.raises(OutOfStep, match="all the time"):
        retry(Busy(storage, 10**6), record, Wanted(numbers=frozenset([storage_lost(storage, record)])))


def storage_lost(storage, record):
    """Return the number of a trial that is LOST."""
    storage.withdraw(record.id, [40])
    return 40
