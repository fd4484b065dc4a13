"""Who asks, when somebody else does, and how many trials wait meanwhile."""

import threading
import time
from dataclasses import replace

import pytest

from parfocal import Float, Study
from parfocal.evaluation import Stop
from parfocal.search import Asking, Pace, tidy
from parfocal.storage import Counts, MemoryStorage, StudyState, WorkerRecord, this_worker
from parfocal.workers import work


def loss(x):
    time.sleep(0.001)
    return (x - 0.3) ** 2


def study(storage, **options):
    return Study({"x": Float(0, 1)}, "minimize loss", loss, storage=storage, **{"optimizer": "tpe", **options})


def state(waiting=0, running=0, complete=0, budget=1000):
    return StudyState(0, Counts(waiting, running, complete), budget, None, float("nan"), 0.0)


def test_the_lead_goes_to_who_is_there(monkeypatch):
    monkeypatch.setattr("parfocal.search.LEAD", 0.3)
    storage = MemoryStorage()
    first, second = (study(storage).search(name) for name in "ab")
    assert first.leads() and not second.leads()
    assert not second.lead(0.05, lambda: False)
    assert not second.lead(60, lambda: True)
    first.resign()
    assert second.lead(5, lambda: False)
    assert first.lead(5, lambda: False), "the lead of one who says nothing runs out"
    assert second.ask(1) == 0, "what is asked without the lead is thrown away"
    assert storage.counts(1).total == 0


def test_trials_that_others_add_are_seen_before_the_next_ask():
    storage = MemoryStorage()
    one = study(storage)
    search = one.search("a")
    assert search.leads()
    one.enqueue([{"x": 0.5}])
    assert search.ask(1) == 0, "it had not seen that one"
    storage.set_budget(1, 10)
    search.fill(3)
    assert storage.counts(1).waiting == 3
    assert [trial.provenance.ask for trial in storage.trials(1)] == [0, 1, 1]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_two_runs_of_one_study_share_it(kind, tmp_path):
    storage = MemoryStorage() if kind == "memory" else tmp_path / "study.db"
    studies = [study(storage) for _ in range(2)]
    threads = [threading.Thread(target=one.run, args=(60,)) for one in studies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = studies[0].counts
    assert (counts.complete, counts.total) == (60, 60)
    assert not [ask for ask in studies[0].replay() if ask.differing]
    assert studies[0].storage.state(1).asker is None and studies[0].storage.workers() == []


def test_waiting_workers_search_without_a_coordinator():
    one = study(MemoryStorage())
    storage, record = one.storage, one.record
    storage.set_budget(record.id, 50)
    stops = [Stop(), Stop()]

    def help(stop):
        def beside(worker):
            return Asking(one.search(worker))

        work(storage, record, one.evaluator, one.objective, isolation="none", stop=stop, beside=beside)

    threads = [threading.Thread(target=help, args=(stop,)) for stop in stops]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 60
    while storage.state(record.id).spent < 50 and time.monotonic() < deadline:
        if storage.state(record.id).spent > 20:
            stops[0].set()  # whoever asked, the other one goes on
        time.sleep(0.01)
    for stop in stops:
        stop.set()
    for thread in threads:
        thread.join(10)
    assert storage.counts(record.id) == Counts(complete=50)
    assert storage.state(record.id).asker is None


def test_a_model_asks_for_idle_workers_and_for_the_time_of_an_ask(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("parfocal.search.time.monotonic", lambda: now[0])
    search = study(MemoryStorage()).search("a")
    search.seconds = 0.5
    pace = Pace(search)
    assert pace.queue(state(), 4) == 4 + 1, "at the beginning all are idle"
    for done in range(1, 100):  # ten results a second
        now[0] += 0.1
        queue = pace.queue(state(running=4, complete=done), 4)
    assert queue == 5, "five results come during one ask"
    assert pace.queue(state(running=1, complete=99), 4) in (8, 9)
    for _ in range(200):
        now[0] += 0.1
        queue = pace.queue(state(running=4, complete=99), 4)
    assert queue == 1, "long evaluations: as late as can be"
    search.seconds = 1e6
    now[0] += 0.1
    assert pace.queue(state(running=4, complete=199), 4) == 16, "never more than four for each worker"


def test_without_a_model_many_wait():
    search = study(MemoryStorage(), optimizer="random").search("a")
    assert Pace(search).queue(state(), 3) == 300


def test_the_dead_and_the_silent_are_struck_off():
    now = [1_000_000.0]
    storage = MemoryStorage(clock=lambda: now[0])
    one = study(storage)
    storage.register(WorkerRecord("silent", "another host", 1, 0.0, study=1))
    storage.register(WorkerRecord("other study", "another host", 1, 0.0, study=2))
    now[0] += 1150
    alive = this_worker("alive", 1)
    storage.register(alive)
    gone = replace(this_worker("dead", 1), pid=1 << 23)  # beyond all process ids
    storage.register(gone)
    storage.lead(1, gone.id)
    assert tidy(storage, 1) == 2, "two have shown a sign of life"
    assert storage.state(1).asker is None
    assert [worker.id for worker in storage.workers()] == sorted([alive.id, "other study", "silent"])
    now[0] += 51
    assert tidy(storage, 1) == 1
    assert [worker.id for worker in storage.workers()] == sorted([alive.id, "other study"])
    assert one.counts.total == 0
