"""Histories from storage: whole, in steps, and replayed as an ask has seen them."""

import numpy as np
import pytest

from parfocal.errors import StorageError
from parfocal.storage import MemoryStorage, load_history, sync
from parfocal.storage.sql import SqlStorage
from parfocal.trials import Fidelity, Objective, Outcome, Provenance, Reason


class Line:
    """A space of one parameter."""

    dimension = 1

    def encode(self, configurations):
        return np.array([[configuration["x"]] for configuration in configurations], dtype=float)


@pytest.fixture(params=["memory", "sqlite"])
def storage(request, tmp_path):
    made = MemoryStorage() if request.param == "memory" else SqlStorage(tmp_path / "a.db")
    yield made
    made.close()


def test_an_empty_study_gives_an_empty_history(storage):
    study = storage.create_study("a", {}).id
    history = load_history(storage, study, Line())
    assert (len(history), history.seen, sync(history, storage, study, Line())) == (0, 0, 0)


def test_every_ask_can_be_replayed_as_it_was(storage):
    """A parallel run: results come late and out of order; each ask's view is rebuilt from its provenance."""
    study = storage.create_study("a", {}).id
    rng = np.random.default_rng(1)
    history, views, running = load_history(storage, study, Line()), [], []
    for ask in range(25):
        sync(history, storage, study, Line())
        created, told = len(history), len(history.finished_order)
        views.append((created, history.X.copy(), history.loss.copy(), history.pending.copy(), told))
        n = int(rng.integers(1, 4))
        provenances = [Provenance("random", "none", created, history.seen, row) for row in range(n)]
        storage.add(study, [{"x": ask + row / 10} for row in range(n)], range(n), Fidelity(), provenances)
        running += storage.claim(study, "w", int(rng.integers(1, 4)))
        rng.shuffle(running)
        stop = int(rng.integers(0, len(running) + 1))
        failed = Outcome.failed(Reason.ERROR, "no")
        results = [
            (t.number, t.attempts, failed, np.nan) if t.number % 5 == 0 else
            (t.number, t.attempts, Outcome.complete({"loss": 1.0}, runtime=2.0), float(t.number))
            for t in running[:stop]
        ]  # fmt: skip
        assert storage.report(study, "w", results).all()
        running = running[stop:]
    whole = load_history(storage, study, Line())
    asks = {t.provenance.ask: t.provenance.seen for t in storage.trials(study)}
    assert len(asks) == len(views) == 25
    for created, X, loss, pending, told in views:
        assert whole.told_by(asks[created]) == told
        past = whole.at(created, whole.told_by(asks[created]))
        np.testing.assert_array_equal(past.X, X)
        np.testing.assert_array_equal(past.loss, loss)
        np.testing.assert_array_equal(past.pending, pending)


def test_a_study_deleted_meanwhile_is_told(storage):
    study = storage.create_study("a", {}).id
    storage.add(study, [{"x": 1}], [1])
    history = load_history(storage, study, Line())
    storage.delete_study(study)
    with pytest.raises(StorageError, match="no study with the id"):
        sync(history, storage, study, Line())


def test_a_result_that_was_not_judged_has_its_runtime_as_second_objective(storage):
    study = storage.create_study("a", {}).id
    objective = Objective.of("minimize loss, minimize runtime")
    storage.add(study, [{"x": 1}, {"x": 2}], range(2))
    first, second = storage.claim(study, "w", 2)
    outcome = Outcome.complete({"loss": 3.0}, runtime=2.5)
    own = Outcome.complete({"loss": 4.0, "runtime": 7.0}, runtime=2.5)
    storage.report(
        study, "w", [(first.number, first.attempts, outcome, 3.0), (second.number, second.attempts, own, 4.0)]
    )
    history = load_history(storage, study, Line(), objective)
    np.testing.assert_array_equal(history.losses, [[3.0, 2.5], [4.0, 7.0]])
