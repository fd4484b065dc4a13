"""Who asks, when somebody else does, and how many trials wait meanwhile."""

import signal
import threading
import time
from dataclasses import replace

import pytest

from parfocal import Categorical, Float, Study
from parfocal.asking import Asking, Pace, tidy
from parfocal.errors import MissingPackage, StorageUnavailable
from parfocal.evaluation import Stop
from parfocal.exchange import ask
from parfocal.optimizers import propose
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
    monkeypatch.setattr("parfocal.asking.time.monotonic", lambda: now[0])
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


class Slow(MemoryStorage):
    """A storage whose history takes a while to load, and which counts what is written."""

    def __init__(self, seconds=0.0):
        super().__init__()
        self.seconds, self.leads = seconds, 0

    def changes(self, study, since=0):
        time.sleep(self.seconds if not since else 0)
        return super().changes(study, since)

    def lead(self, *arguments):
        self.leads += 1
        return super().lead(*arguments)


def finished(storage, budget, seconds=30):
    """Wait until the budget is spent; return whether it is."""
    deadline = time.monotonic() + seconds
    while storage.state(1).spent < budget and time.monotonic() < deadline:
        time.sleep(0.01)
    return storage.state(1).spent == budget


class Helpers:
    """Workers that wait, and take turns in asking."""

    def __init__(self, *studies, wait=True):
        self.stop = Stop()
        self.threads = [threading.Thread(target=self._help, args=(each, wait)) for each in studies]

    def _help(self, one, wait):
        beside = one._asking if wait else None
        options = {"isolation": "none", "stop": self.stop, "beside": beside}
        work(one.storage, one.record, one.evaluator, one.objective, **options)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.stop.set()
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()


@pytest.mark.parametrize("load", [0.0, 1.0], ids=["the ask", "the first load"])
def test_asks_that_take_longer_than_the_lead_are_made(monkeypatch, load):
    monkeypatch.setattr("parfocal.search.LEAD", 0.2)
    real = propose

    def slowly(*arguments, **options):
        time.sleep(0 if load else 1.0)
        return real(*arguments, **options)

    monkeypatch.setattr("parfocal.search.propose", slowly)
    storage = Slow(load)
    studies = [study(storage) for _ in range(3)]
    storage.set_budget(1, 6)
    with Helpers(*studies):
        assert finished(storage, 6), f"nobody gets to ask: {storage.state(1)}"
    assert not [ask for ask in studies[0].replay() if ask.differing]


def three(storage):
    return Study({"x": Categorical(["a", "b", "c"])}, evaluator=lambda x: 1.0, storage=storage, optimizer="grid")


def test_who_has_nothing_left_to_ask_for_says_so_to_all():
    storage = MemoryStorage()
    studies = [three(storage) for _ in range(3)]
    storage.set_budget(1, 10)
    with Helpers(*studies[:2]):
        assert finished(storage, 3)
        time.sleep(1.5)  # the leader has found out by now
        begin = time.monotonic()
        batch = ask(studies[2], 2, budget=10)
        assert batch.trials == () and batch.exhausted and time.monotonic() - begin < 20
        studies[2].run(10)
        assert studies[2].exhausted and time.monotonic() - begin < 30
        assert storage.state(1).asker is None


def test_what_is_lost_is_asked_for_again():
    one = three(MemoryStorage())
    storage, search = one.storage, one.search("a")
    storage.set_budget(1, 10)
    search.fill(10)
    search.fill(10)
    assert search.exhausted and search.done(storage.state(1)) is False and storage.state(1).asker is None
    storage.withdraw(1, [1])
    assert search.lead(5, lambda: False), "there is something to ask for"
    search.fill(10)
    search.fill(10)
    trials = storage.trials(1)
    assert len(trials) == 4 and trials[3].configuration == trials[1].configuration
    assert search.exhausted, "and no more"
    search.begin("b")
    assert search.exhausted is None, "each run looks anew"


@pytest.mark.parametrize("wait", [True, False])
def test_a_run_with_one_worker_feeds_those_who_join(monkeypatch, wait):
    monkeypatch.setattr("parfocal.asking._COUNT", 0.1)
    storage = MemoryStorage()
    ready, go_on = threading.Event(), threading.Event()

    def slow(x):
        if threading.current_thread() is main and not ready.is_set():
            ready.set()
            assert go_on.wait(20)
        return x

    def once():
        return Study({"x": Float(0, 1)}, evaluator=slow, storage=storage, optimizer="tpe")

    one = once()
    main = threading.Thread(target=one.run, args=(30,))
    main.start()
    assert ready.wait(20)
    with Helpers(once(), once(), wait=wait):
        assert finished(storage, 29), "who asks is busy with a trial of its own"
        go_on.set()
        main.join(20)
    assert storage.counts(1) == Counts(complete=30) == one.counts
    assert not [ask for ask in one.replay() if ask.differing]
    assert one._search.history.complete.sum() == 30


def test_a_run_counts_workers_that_others_have_started(tmp_path, monkeypatch):
    monkeypatch.setattr("parfocal.asking._COUNT", 0.2)
    one = study(tmp_path / "study.db", optimizer="random", name="s")
    for number in range(50):
        one.storage.register(WorkerRecord(f"far-{number}", "another host", 1, 0.0, study=one.record.id))
    most = [0]

    def enough(progress):
        most.append(progress.counts.waiting)
        if max(most) >= 4_000:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        one.run(20_000, workers=2, on_progress=enough)


@pytest.mark.parametrize("error", [MissingPackage("The package 'x' is needed here."), RuntimeError("a bug")])
def test_who_cannot_ask_leaves_it_to_others_and_evaluates(monkeypatch, caplog, error):
    real, here = propose, []

    def fails(*arguments, **options):
        here.append(threading.current_thread().name)
        if here[-1] == here[0]:
            raise error
        return real(*arguments, **options)

    class Named(Asking):
        def __init__(self, search):
            super().__init__(search)
            self._thread.name = search.asker

    monkeypatch.setattr("parfocal.search.propose", fails)
    monkeypatch.setattr("parfocal.study.Asking", Named)
    storage = MemoryStorage()
    studies = [study(storage) for _ in range(2)]
    storage.set_budget(1, 20)
    with caplog.at_level("ERROR", logger="parfocal"), Helpers(*studies):
        assert finished(storage, 20)
    (record,) = caplog.records
    assert "does not ask for 'study' any more" in record.getMessage() and str(error) in record.getMessage()
    assert here.count(here[0]) == 1, "once is enough"
    assert {trial.worker for trial in storage.trials(1)} - {here[1]}, "it goes on to evaluate"


def test_what_breaks_an_ask_of_a_run_is_raised(monkeypatch, tmp_path):
    def fails(*arguments, **options):
        raise MissingPackage("The package 'x' is needed here.")

    monkeypatch.setattr("parfocal.search.propose", fails)
    for workers in (1, 2):
        one = study(tmp_path / f"{workers}.db", name="s")
        with pytest.raises(MissingPackage, match="'x' is needed"):
            one.run(5, workers=workers)
        assert one.storage.state(1).asker is None and one.storage.workers() == []


def test_idle_workers_only_look(monkeypatch):
    monkeypatch.setattr("parfocal.search.LEAD", 0.3)
    storage = Slow()
    searches = [study(storage).search(str(number)) for number in range(20)]
    assert searches[0].leads()
    storage.lead(1, "0", 60)
    before = storage.leads
    for _ in range(5):
        time.sleep(0.06)
        assert not any(search.leads() for search in searches[1:])
    assert not searches[1].lead(0.5, lambda: False)
    assert storage.leads == before, "nobody writes while another one asks"


class Away(MemoryStorage):
    """A storage that does not answer for a while."""

    until = 0.0

    def state(self, study):
        if time.monotonic() < self.until:
            raise StorageUnavailable("away")
        return super().state(study)


def test_a_run_waits_for_a_storage_that_is_away():
    storage, seen = Away(), []

    def loss(x):
        seen.append(x)
        if len(seen) == 2:
            storage.until = time.monotonic() + 0.5
        return x

    one = Study({"x": Float(0, 1)}, evaluator=loss, storage=storage, optimizer="random")
    one.run(6, batch=1)
    assert one.counts.complete == 6
