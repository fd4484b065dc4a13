import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.analysis import Run, convergence, stamps, ways
from parfocal.analysis.bootstrap import mean_interval
from parfocal.errors import InvalidInput, ParfocalError
from parfocal.storage import MemoryStorage, Times
from parfocal.testing.storagetools import Clock, complete
from parfocal.testing.studies import told
from parfocal.trials import History, Objective, State

LOSS = Objective("rmse")
SCORE = Objective("f1", "maximize")


def run(loss: list[float], at: list[float], seconds: float | list[float] = 1.0, label: str = "") -> Run:
    history = told(np.zeros((len(loss), 1)), loss, runtime=seconds)
    return Run(history, label, stamps=np.array(at, dtype=np.float64))


def times(started: list[float], finished: list[float]) -> Times:
    n = len(started)
    return Times(
        np.full(n, int(State.COMPLETE)), np.zeros(n), np.array(started), np.array(finished), np.ones(n),
        np.zeros(n, dtype=np.int64), ("w",),
    )  # fmt: skip


results = st.lists(st.tuples(st.one_of(st.floats(-9, 9), st.just(np.nan)), st.integers(1, 9)), min_size=1, max_size=20)


@given(st.lists(results, min_size=1, max_size=4), st.sampled_from(["time", "cost"]))
def test_aligned_curves_equal_brute_force(groups: list[list[tuple[float, int]]], along: str) -> None:
    runs = []
    for group in groups:
        loss, spent = [pair[0] for pair in group], [float(pair[1]) for pair in group]
        runs.append(run(loss, np.cumsum(spent).tolist(), spent))
    (table,) = convergence(runs, LOSS, along=along)  # type: ignore[arg-type]
    assert (np.diff(table.at) > 0).all()
    assert table.longest == max(float(r.stamps[-1]) for r in runs if r.stamps is not None)
    for curve, one in zip(table.curves, runs, strict=True):
        assert one.stamps is not None
        for at, value in zip(table.at, curve, strict=True):
            seen = [x for x, t in zip(one.history.loss, one.stamps, strict=True) if t <= at and not np.isnan(x)]
            assert value == min(seen) if seen else np.isnan(value)
    # no improvement lies between two columns
    for one in runs:
        assert one.stamps is not None
        low = np.fmin.accumulate(one.history.loss)
        better = np.flatnonzero((low != np.r_[np.nan, low][: len(low)]) & ~np.isnan(low))
        assert np.isin(one.stamps[better], table.at).all()


def test_the_same_runs_along_four_axes() -> None:
    history = History(1)
    history.append(np.zeros((4, 1)), fidelity=np.array([0.25, 1.0, 0.25, 1.0]))
    history.tell(np.arange(4), [int(State.COMPLETE)] * 4, [0.1, 4.0, 0.2, 3.0], runtime=[1.0, 10.0, np.nan, 10.0])
    one = Run(history, stamps=np.array([2.0, 7.0, 6.0, 9.0]))  # a clock that stepped back
    assert ways([one]) == ("evaluations", "time", "cost", "fidelity")
    places = {along: convergence([one], LOSS, along=along)[0] for along in ways([one])}
    assert places["evaluations"].at.tolist() == [1, 2, 3, 4] == places["evaluations"].evaluations.tolist()
    assert places["time"].at.tolist() == [7.0, 9.0] and places["time"].curves.tolist() == [[4.0, 3.0]]
    assert places["cost"].at.tolist() == [11.0, 21.0] and places["cost"].trial_at.tolist() == [11.0, 21.0]
    assert places["fidelity"].at.tolist() == [1.25, 2.5]
    assert places["time"].unit == (1.0, "s") and places["evaluations"].unit == (1.0, "")


def test_units_are_those_in_which_people_read_a_time() -> None:
    for longest, name in ((100.0, "s"), (1000.0, "min"), (10_000.0, "h"), (1_000_000.0, "days")):
        assert convergence([run([1.0], [longest])], LOSS, along="time")[0].unit[1] == name


def test_stamps_of_a_real_storage_and_of_a_night_without_workers() -> None:
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    study = storage.create_study("s", {}).id
    storage.add(study, [{"x": i} for i in range(4)], range(4))
    clock.now += 100  # nobody works yet
    for wait in (5.0, 7.0):
        trial = storage.claim(study, "w")
        clock.now += wait
        storage.report(study, "w", [complete(trial[0])])
    clock.now += 50_000  # a night
    trial = storage.claim(study, "w")
    clock.now += 3
    storage.report(study, "w", [complete(trial[0])])
    found = storage.times(study)
    np.testing.assert_array_equal(stamps(found), [5.0, 12.0, 50_015.0, np.nan])
    np.testing.assert_array_equal(stamps(found, idle=False), [5.0, 12.0, 15.0, np.nan])


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=12))
def test_time_without_pauses_equals_counting_seconds(spans: list[tuple[int, int]]) -> None:
    started, ended = np.array([s for s, _ in spans], float), np.array([s + d for s, d in spans], float)
    busy = [any(a <= t < b for a, b in zip(started, ended, strict=True)) for t in range(60)]
    wanted = [sum(busy[: int(b)]) for b in ended]
    np.testing.assert_allclose(stamps(times(started.tolist(), ended.tolist()), idle=False), wanted)


def test_nothing_started_and_nothing_at_all() -> None:
    nothing = Times(*(np.zeros(0),) * 6, ())  # type: ignore[arg-type]
    assert len(stamps(nothing)) == 0 == len(stamps(nothing, idle=False))
    imported = times([np.nan, np.nan], [3.0, 4.0])
    assert stamps(imported).tolist() == [3.0, 4.0]
    assert len(stamps(times([1.0, 2.0], [np.nan, np.nan]), idle=False)) == 2


@pytest.mark.parametrize("maximize", [False, True])
def test_the_interval_of_the_mean_is_that_of_resampled_runs(maximize: bool) -> None:
    rng = np.random.default_rng(0)
    runs = [run(rng.random(30).tolist(), list(range(30))) for _ in range(8)]
    objective = SCORE if maximize else LOSS
    (table,) = convergence(runs, objective, resamples=4000)
    draws = np.random.default_rng(5).integers(0, 8, (20_000, 8))
    for column in (0, 10, 29):
        means = table.curves[:, column][draws].mean(axis=1)
        ends = np.quantile(means, [0.025, 0.975])
        np.testing.assert_allclose([table.mean_low[column], table.mean_high[column]], ends, atol=0.02)
    assert ((table.mean_low <= table.mean) & (table.mean <= table.mean_high)).all()
    again = convergence(runs, objective, resamples=4000)[0]
    np.testing.assert_array_equal(again.mean_low, table.mean_low)
    single = convergence(runs[0], LOSS) if isinstance(runs[0], History) else convergence([runs[0]], LOSS)
    assert np.isnan(single[0].mean_low).all()


@pytest.mark.parametrize(("n", "least"), [(5, 0.78), (20, 0.9)])
def test_the_interval_holds_the_true_mean_about_as_often_as_said(n: int, least: float) -> None:
    values = np.random.default_rng(1).normal(size=(n, 3000))
    inside = 0
    for start in range(0, 3000, 100):  # the same resamples serve 100 columns
        low, high = mean_interval(values[:, start : start + 100], 0.95, 1000, start)
        inside += int(((low <= 0) & (high >= 0)).sum())
    assert least < inside / 3000 < 0.96


@pytest.mark.parametrize(
    ("options", "word"),
    [({"along": "time"}, "stamps"), ({"along": "cost"}, "runtimes"), ({"along": "money"}, "'money'"),
     ({"level": 0.0}, "level"), ({"resamples": 0}, "resamples")],
)  # fmt: skip
def test_what_is_not_known_is_one_sentence(options: dict[str, object], word: str) -> None:
    with pytest.raises(ParfocalError, match=word):
        convergence(told(np.zeros((2, 1)), [1.0, 2.0]), LOSS, **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="stamp for each"):
        Run(told(np.zeros((2, 1)), [1.0, 2.0]), stamps=np.zeros(3))
