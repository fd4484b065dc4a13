"""Studies with known results, made without evaluating anything."""

import pytest

from parfocal.space import Categorical, Float, Integer, Space
from parfocal.storage import MemoryStorage
from parfocal.trials import Objective, Outcome, Provenance, Reason

SPACE = Space(
    {
        "sigma": Float(0.5, 5.0, unit="px"),
        "size": Integer(1, 9),
        "filter": Categorical(("none", "gauss", None)),
        "width": Float(0.1, 2.0, when="filter == 'gauss'"),
    }
)
OBJECTIVE = Objective.of("maximize f1")


def definition(space=SPACE, objective=OBJECTIVE, **more):
    """Return a definition as studies write it."""
    parts = {"space": space.to_dict(), "objective": objective.to_dict(), "optimizer": "random", "evaluation": None}
    plain = {"limits": {}, "seed": 0, "warmup": 20, "default": None, "isolation": "none", "stop_after_failures": 10}
    return {**parts, **plain, **more}


def configuration(number):
    """Return a configuration of :data:`SPACE` that differs from all others."""
    kind = ("none", "gauss", None)[number % 3]
    width = {"width": 0.1 + (number % 19) / 10} if kind == "gauss" else {}
    return {"sigma": 0.5 + (number % 4001) / 1000, "size": 1 + number % 9, "filter": kind, **width}


def outcome(number):
    """Return every eighth as a failure, every eighth as pruned, the others with two metrics and scores."""
    if number % 8 == 3:
        reason = Reason.TIMEOUT if number % 16 == 3 else Reason.ERROR
        return Outcome.failed(
            reason, f'Trial {number} failed, "badly", with ü.', runtime=2.5, log="Traceback ..."
        ), None
    metrics = {"f1": (number % 97) / 100, "precision": 0.25 if number % 5 else float("nan")}
    if number % 8 == 5:
        return Outcome.pruned("Stopped early.", metrics=metrics, runtime=0.5), 0.0 - metrics["f1"]
    scores = {"a.tif": {"f1": metrics["f1"]}, "b, c.tif": {"f1": 0.5, "n": float("nan")}}
    return Outcome.complete(metrics, scores=scores, runtime=1.5 + number / 7), 0.0 - metrics["f1"]


def fill(storage, n, *, finish=None, name="study", clock=None, step=1.0, definition=definition):
    """Return the record of a study of ``n`` trials, of which the first ``finish`` (all) have ended."""
    record = storage.create_study(name, definition())
    finish = n if finish is None else finish
    notes = [Provenance("random", "none", 0, 0, row, "warm-up" if row < 2 else None) for row in range(n)]
    storage.add(record.id, [configuration(k) for k in range(n)], range(1000, 1000 + n), provenances=notes)
    for start in range(0, finish, 1 if clock else 500):
        wanted = 1 if clock else min(500, finish - start)
        claimed = storage.claim(record.id, "worker-1", wanted)
        if clock:
            clock.now += step
        results = [(t.number, t.attempts, *_result(t.number)) for t in claimed]
        assert storage.report(record.id, "worker-1", results).all()
    return record


def _result(number):
    found, loss = outcome(number)
    return found, float("nan") if loss is None else loss


@pytest.fixture
def memory():
    """A storage in memory."""
    return MemoryStorage()
