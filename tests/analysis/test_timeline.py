import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parfocal.analysis import Spans, spans, spans_of, timeline
from parfocal.errors import InvalidInput
from parfocal.storage import open_storage
from parfocal.storage.processes import this_worker
from parfocal.trials import Outcome, State

DONE, FAILED, RUNNING, WAITING = (int(s) for s in (State.COMPLETE, State.FAILED, State.RUNNING, State.WAITING))
NAN = math.nan


def made(*rows: tuple[str | None, float, float, float, int]) -> Spans:
    worker, created, started, finished, state = zip(*rows, strict=True)
    return spans(range(len(rows)), worker, created, started, finished, state)


def test_two_workers_by_hand() -> None:
    table = timeline(
        made(
            ("a", 100.0, 100.0, 110.0, DONE),
            ("b", 100.0, 105.0, 115.0, FAILED),
            ("a", 100.0, 112.0, 120.0, DONE),
            ("b", 100.0, 115.0, NAN, RUNNING),
            (None, 118.0, NAN, NAN, WAITING),
        ),
        now=125.0,
    )
    assert table.workers.worker == ("a", "b") and table.origin == 100 and table.duration == 25 and table.unit == "s"
    np.testing.assert_allclose(table.workers.busy, [18, 20])
    np.testing.assert_allclose(table.workers.first, [0, 5])
    np.testing.assert_allclose(table.workers.last, [20, 25])
    np.testing.assert_allclose(table.workers.utilization, [0.9, 1.0])
    assert table.workers.trials.tolist() == [2, 2] and table.workers.failed.tolist() == [0, 1]
    assert table.utilization == pytest.approx(38 / 40)
    assert table.waited == pytest.approx((8.5, 14.1, 15.0)) and table.apart == 1
    assert table.bars is not None and table.bars.state.tolist() == [DONE, FAILED, DONE, RUNNING]
    np.testing.assert_allclose(table.bars.stop, [10, 15, 20, 25])
    width = table.edges[1]
    assert table.active.sum() * width == pytest.approx(38) and table.present.sum() * width == pytest.approx(40)


def test_a_worker_with_a_batch_is_busy_once() -> None:
    table = timeline(made(("a", 0, 0, 4, DONE), ("a", 0, 0, 8, DONE), ("a", 0, 0, 6, DONE), ("a", 0, 9, 10, DONE)))
    assert table.workers.busy.tolist() == [9] and table.utilization == pytest.approx(0.9)
    assert table.share.max() <= 1 + 1e-12


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 25), st.integers(1, 7))
def test_busy_shares_equal_brute_force(seed: int, workers: int, n: int, lanes: int) -> None:
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 30, n) * rng.choice([1.0, 0.37])
    stop = start + rng.integers(0, 9, n)
    who = rng.integers(0, workers, n)
    table = timeline(
        spans(range(n), [f"w{i}" for i in who], start, start, stop, np.full(n, DONE)), lanes=lanes, bars=1000
    )
    fine = np.linspace(0, stop.max() - start.min(), 24_001)
    middle = (fine[:-1] + fine[1:]) / 2 + start.min()
    busy = np.zeros((len(table.workers), len(middle)), dtype=bool)
    for row, name in enumerate(table.workers.worker):
        for i in np.flatnonzero(who == int(name[1:])):
            busy[row] |= (middle >= start[i]) & (middle < stop[i])
    step = fine[1]
    np.testing.assert_allclose(table.workers.busy, busy.sum(axis=1) * step, atol=n * 2 * step + 1e-9)
    bins = len(table.active)
    if step > 0:
        mean = busy.reshape(len(busy), bins, -1).mean(axis=2)
        expected = np.stack([mean[table.lane == lane].mean(axis=0) for lane in range(len(table.lanes))])
        np.testing.assert_allclose(table.share, expected, atol=2 * n / (len(middle) / bins))
        np.testing.assert_allclose(table.active, mean.sum(axis=0), atol=2 * n * workers / (len(middle) / bins))
    assert (table.bars is None) == (len(table.workers) > lanes)
    assert len(table.lanes) <= lanes


def test_workers_are_grouped_by_host() -> None:
    a, b = "w0-node-1-77-b4628e-27b8a7-f4c67c", "w1-node-2-78-b4628e-27b8a7-f4c67d"
    rows = [(b, 0.0, 0.0, 1.0, DONE), (a, 0.0, 2.0, 3.0, DONE), ("plain", 0.0, 1.0, 2.0, DONE)]
    table = timeline(made(*rows))
    assert table.workers.host == ("", "node-1", "node-2")
    assert table.lanes == ("plain", "node-1 w0 77", "node-2 w1 78")
    named = timeline(made(*rows), hosts={"plain": "zeta", b: "alpha"})
    assert named.workers.host == ("alpha", "node-1", "zeta")
    assert timeline(made(rows[0])).lanes == ("w1 78",)  # one host needs no name


def test_ids_of_real_workers_are_understood() -> None:
    record = this_worker("w3")
    table = timeline(made((record.id, 0, 0, 1, DONE)))
    assert table.workers.host == (record.host,) and table.workers.name == (f"w3 {record.pid}",)


def test_many_workers_and_trials_are_put_together() -> None:
    n, workers = 50_000, 2_500
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 1e5, n)
    who = np.arange(n) % workers
    columns = spans(range(n), [f"w{i}" for i in who], start, start, start + 30, np.full(n, DONE))
    table = timeline(columns)
    assert table.bars is None and len(table.lanes) == 834 and table.share.size <= 120_000
    assert table.lanes[0].endswith("(3 workers)") and table.unit == "h"
    total = table.share.sum(axis=1) @ np.bincount(table.lane) * table.edges[1]
    assert total == pytest.approx(table.workers.busy.sum(), rel=1e-9)


def test_evaluation_and_asking_as_shares() -> None:
    table = timeline(
        spans([0, 1], ["a", "a"], [0, 0], [0, 10], [10, 20], [DONE, DONE], [5.0, 7.0]),
        asking=np.array([[0.0, 1.0], [0.5, 2.0], [19.0, 50.0], [-9.0, -5.0]]),
    )
    assert table.evaluating == pytest.approx(0.6) and table.asking == pytest.approx(3 / 20)
    assert math.isnan(timeline(made(("a", 0, 0, 1, DONE))).evaluating)
    with pytest.raises(InvalidInput, match="shape"):
        timeline(made(("a", 0, 0, 1, DONE)), asking=np.zeros(3))


@pytest.mark.parametrize(
    "rows", [[], [(None, 0.0, NAN, NAN, WAITING)] * 3, [("a", NAN, 5.0, 5.0, DONE)], [("a", 0.0, 7.0, 3.0, DONE)]]
)
def test_degenerate_timelines(rows: list[tuple[str | None, float, float, float, int]]) -> None:
    table = timeline(made(*rows) if rows else [])
    assert np.isfinite(table.share).all() and np.isfinite(table.edges).all()
    assert math.isnan(table.utilization) and len(table.workers) == (1 if rows and rows[0][0] else 0)


@pytest.mark.parametrize("options", [{"bars": -1}, {"lanes": 0}])
def test_wrong_limits_are_said(options: dict[str, int]) -> None:
    with pytest.raises(InvalidInput, match="at least"):
        timeline([], **options)  # type: ignore[arg-type]


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="same length"):
        spans([0, 1], ["a"], [0, 0], [0, 0], [0, 0], [DONE, DONE])


def test_trials_of_a_real_storage() -> None:
    storage = open_storage(None)
    study = storage.create_study("s", {}).id
    storage.add(study, [{"x": i} for i in range(5)], range(5))
    for worker, n in (("a", 2), ("b", 1)):
        for trial in storage.claim(study, worker, n):
            storage.report(study, worker, [(trial.number, trial.attempts, Outcome.complete({"f": 1.0}), 1.0)])
    storage.claim(study, "b")
    trials = storage.trials(study)
    now = storage.state(study).now
    table = timeline(trials, now=now)
    assert table.workers.worker == ("a", "b") and table.workers.trials.tolist() == [2, 2] and table.apart == 1
    assert table.bars is not None and table.bars.state.tolist()[-1] == RUNNING
    bulk = timeline(storage.times(study), now=now)
    assert bulk.workers.worker == table.workers.worker and bulk.apart == 1 and bulk.bars is not None
    for column in ("lane", "start", "stop", "state", "number"):
        np.testing.assert_array_equal(getattr(bulk.bars, column), getattr(table.bars, column))
    assert spans_of(trials).workers == ("a", "b")
