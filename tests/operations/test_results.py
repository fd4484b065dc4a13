"""The pace and the best are those of the whole history, and looking again costs what has changed."""

import math

import numpy as np
import pytest

from parfocal.operations.results import WINDOW, Results
from parfocal.storage import MemoryStorage, load_history
from parfocal.testing.storagetools import Clock
from parfocal.trials import Fidelity
from tests.operations.conftest import OBJECTIVE, SPACE, configuration, definition, fill, outcome


class Counting:
    """A storage that counts how many trials are read."""

    def __init__(self, storage):
        self.storage, self.read = storage, 0

    def __getattr__(self, name):
        return getattr(self.storage, name)

    def changes(self, study, since=0):
        found = self.storage.changes(study, since)
        self.read += len(found)
        return found

    def trial(self, study, number):
        self.read += 1
        return self.storage.trial(study, number)


def test_the_pace_is_the_count_of_results_by_time():
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    record = fill(storage, 500, clock=clock, step=2.0)
    results = Results(storage, record.id)
    results.update()
    times = np.array([trial.finished for trial in storage.trials(record.id)])
    for later in (0.0, 100.0, 299.0, 1e5):
        now = clock.now + later
        pace = results.pace(now)
        assert pace.recent == pytest.approx(60 * np.count_nonzero(times > now - WINDOW) / WINDOW)
        assert pace.overall == pytest.approx(30.0)
        assert pace.last == clock.now
    assert results.pace(clock.now + 1e5).recent == 0


def test_a_young_study_is_measured_since_it_began():
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    results = Results(storage, fill(storage, 10, clock=clock).id)
    results.update()
    assert results.pace(clock.now).recent == pytest.approx(60.0)


def test_nothing_yet():
    storage = MemoryStorage()
    results = Results(storage, fill(storage, 3, finish=0).id)
    assert results.update() == 3
    assert results.best is None
    pace = results.pace(storage.state(1).now)
    assert pace.recent == 0 and math.isnan(pace.overall)


def test_looking_again_costs_what_has_changed():
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    record = fill(storage, 3000, finish=0)
    counting = Counting(storage)
    results = Results(counting, record.id)
    best = []
    for _ in range(60):
        for trial in storage.claim(record.id, "w", 50):
            clock.now += 1.0
            found, loss = outcome(trial.number)
            report = (trial.number, trial.attempts, found, math.nan if loss is None else loss)
            storage.report(record.id, "w", [report])
        counting.read = 0
        results.update()
        results.pace(clock.now)
        best.append((counting.read, results.best))
        expected = load_history(storage, record.id, SPACE, OBJECTIVE).best
        assert results.best[0] == expected
    assert max(read for read, _ in best[1:]) <= 50 + 26, "the changed ones, and a bisection"
    assert results.reasons == {"error": 187, "timeout": 188}


def test_the_best_is_one_of_the_highest_fidelity():
    storage = MemoryStorage()
    record = storage.create_study("study", definition())
    amounts = [Fidelity("epochs", value, 1, 9) for value in (1, 9, 9, 3)]
    storage.add(record.id, [configuration(k) for k in range(4)], range(4), amounts)
    claimed = storage.claim(record.id, "w", 4)
    results = Results(storage, record.id)
    for trial, loss in zip(claimed, (-0.9, -0.5, -0.5, -0.8), strict=True):
        storage.report(record.id, "w", [(trial.number, 1, outcome(0)[0], loss)])
        results.update()
    assert results.best == (1, -0.5)
