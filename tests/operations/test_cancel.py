"""After a cancellation nothing waits, nobody asks, and what is finished stays."""

import threading

import pytest

from parfocal.errors import OutOfStep, StorageError
from parfocal.operations.cancel import CANCELLED, cancel_study, cancel_trials
from parfocal.storage import MemoryStorage, SqlStorage
from parfocal.trials import Outcome, State
from tests.operations.conftest import configuration, fill


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def storage(request, tmp_path):
    if request.param == "postgres":
        made = SqlStorage(request.getfixturevalue("postgres_url"))
    else:
        made = MemoryStorage() if request.param == "memory" else SqlStorage(tmp_path / "s.db")
    yield made
    made.close()


def test_a_whole_study(storage):
    record = fill(storage, 20, finish=16)
    storage.set_budget(record.id, 100)
    storage.lead(record.id, "asker")
    (running,) = storage.claim(record.id, "w", 1)
    done = cancel_study(storage, record)
    assert (done.withdrawn, done.budget) == (4, 16)
    state = storage.state(record.id)
    assert state.counts.pending == 0 and state.asker is None and state.budget == state.spent == 16
    assert storage.heartbeat(record.id, "w", [running.number]) == []
    late = (running.number, running.attempts, Outcome.complete({"f1": 1.0}), -1.0)
    assert not storage.report(record.id, "w", [late]).any()
    assert storage.trial(record.id, running.number).outcome.message == CANCELLED
    with pytest.raises(OutOfStep):
        storage.add(record.id, [configuration(0)], [0], start=20, asker="asker")
    assert cancel_study(storage, record).withdrawn == 0

    storage.set_budget(record.id, 100)
    assert storage.lead(record.id, "another")
    storage.add(record.id, [configuration(99)], [0], start=20, asker="another")
    assert [trial.number for trial in storage.claim(record.id, "w", 5)] == [20]


def test_single_trials(storage):
    record = fill(storage, 20, finish=16)
    storage.set_budget(record.id, 20)
    storage.claim(record.id, "w", 2)
    done = cancel_trials(storage, record, [17, 3, 19, 17])
    assert (done.withdrawn, done.ended, done.budget) == (2, (3,), None)
    states = [storage.trial(record.id, number).state for number in (16, 17, 18, 19, 3)]
    assert states == [State.RUNNING, State.LOST, State.WAITING, State.LOST, State.FAILED]
    assert storage.state(record.id).budget == 20
    with pytest.raises(StorageError, match="no trial 20"):
        cancel_trials(storage, record, [16, 20])
    assert storage.trial(record.id, 16).state == State.RUNNING


def test_results_that_come_meanwhile_count(tmp_path):
    storage = SqlStorage(tmp_path / "s.db")
    record = fill(storage, 400, finish=0)
    storage.set_budget(record.id, 400)
    started = threading.Event()

    def evaluate():
        own = SqlStorage(tmp_path / "s.db")
        while trials := own.claim(record.id, "w", 1):
            own.report(record.id, "w", [(trials[0].number, trials[0].attempts, Outcome.complete({"f1": 1.0}), -1.0)])
            started.set()
        own.close()

    worker = threading.Thread(target=evaluate)
    worker.start()
    started.wait(20)
    done = cancel_study(storage, record)
    worker.join(20)
    counts = storage.counts(record.id)
    assert counts.pending == 0 and counts.complete == done.budget == storage.state(record.id).budget
    assert 0 < counts.complete < 400
    storage.close()


def test_who_adds_again_and_again_is_told():
    storage = MemoryStorage()
    record = fill(storage, 4, finish=0)
    withdraw = storage.withdraw

    def stubborn(*arguments):
        done = withdraw(*arguments)
        storage.add(record.id, [configuration(7)], [7])
        return done

    storage.withdraw = stubborn
    with pytest.raises(OutOfStep, match="stop that process"):
        cancel_study(storage, record)
