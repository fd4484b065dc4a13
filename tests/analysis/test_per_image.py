import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from parfocal.analysis import as_runs, image_scores, per_image
from parfocal.errors import InvalidInput
from parfocal.space import Float, Space
from parfocal.storage import open_storage
from parfocal.testing.studies import told
from parfocal.trials import FULL, GIVEN, Configuration, History, Objective, Outcome, State, Trial

SPACE = Space({"x": Float(0, 1)})
SCORE = Objective("f1", "maximize")
ERROR = Objective("mean_rmse", unit="px")


def trial(number: int, x: float, metrics: Mapping[str, float], rows: Mapping[str, Mapping[str, float]]) -> Trial:
    outcome = Outcome.complete(metrics, scores=rows)
    return Trial(number, Configuration({"x": x}), FULL, 0, State.COMPLETE, 1, GIVEN, outcome)


def study(
    score: np.ndarray, objective: Objective = SCORE, names: Sequence[str] = (), *, failed: Sequence[int] = ()
) -> tuple[History, list[Trial]]:
    """Return a study whose images have these scores (t, m); its value is their mean."""
    names = names or [f"im{i}" for i in range(score.shape[1])]
    x = np.linspace(0, 1, len(score))
    mean = np.nanmean(score, axis=1)
    loss = -mean if objective.direction == "maximize" else mean.copy()
    loss[list(failed)] = np.nan
    key = objective.metric.removeprefix("mean_")
    trials = []
    for i, row in enumerate(score):
        rows = {name: {key: float(value), "a": 0.0} for name, value in zip(names, row, strict=True)}
        trials.append(trial(i, float(x[i]), {objective.metric: float(mean[i])}, rows))
    return told(SPACE.encode([{"x": float(v)} for v in x]), loss), trials


def table_of(history: History, trials: Any, objective: Objective = SCORE, **options: Any) -> Any:
    return per_image(SPACE, as_runs(history, trials), objective, **options)


@pytest.mark.parametrize("objective", [SCORE, ERROR])
@pytest.mark.parametrize("m", [2, 7])
def test_columns_equal_brute_force(objective: Objective, m: int) -> None:
    rng = np.random.default_rng(m)
    score = np.round(rng.random((40, m)), 2)
    table = table_of(*study(score, objective), objective, default={"x": 0.0})
    up = objective is SCORE
    ranked = np.argsort(-score.mean(axis=1) if up else score.mean(axis=1), kind="stable")
    assert table.scores.number[0] == ranked[0] and table.scores.metric == ("f1" if up else "rmse")
    np.testing.assert_array_equal(table.scores.score, score[table.scores.number])
    np.testing.assert_array_equal(table.chosen, score[ranked[0]])
    np.testing.assert_array_equal(table.own, score.max(axis=0) if up else score.min(axis=0))
    np.testing.assert_allclose(table.suffered, np.abs(table.own - table.chosen))
    assert (table.suffered >= 0).all()
    np.testing.assert_array_equal(table.scores.score[table.own_index, np.arange(m)], table.own)
    mean = score.mean(axis=1)
    for i in range(m):
        others = np.delete(score, i, axis=1).mean(axis=1)
        assert table.correlation[i] == pytest.approx(pearsonr(score[:, i], mean).statistic)
        assert table.agreement[i] == pytest.approx(spearmanr(score[:, i], others.round(12)).statistic)
        assert table.share[i] == pytest.approx(np.cov(score[:, i], mean)[0, 1] / np.var(mean, ddof=1) / m)
    assert table.share.sum() == pytest.approx(1)
    gain = (score[ranked[0]] - score[0]) * (1 if up else -1)
    np.testing.assert_allclose(table.paired.gain, gain)
    np.testing.assert_array_equal(table.paired.gain[table.by_gain], np.sort(table.paired.gain)[::-1])
    hardest = -table.own if up else table.own
    assert (np.diff(hardest[table.order]) <= 0).all()


def test_an_image_that_wants_the_opposite_is_found() -> None:
    x = np.linspace(0, 1, 50)
    score = np.stack([x, x, x + 0.01 * np.sin(40 * x), 0.6 * (1 - x)], axis=1)
    table = table_of(*study(score))
    assert table.disagreeing.tolist() == [3] and table.agreement[3] < -0.9 and table.share[3] < 0
    assert table.suffered[3] == pytest.approx(0.6) and table.scores.number[table.own_index[3]] == 0
    assert table.suffered[:2].max() == 0 and (table.own_index[:2] == 0).all()


def test_of_many_trials_the_best_and_an_even_choice_are_read_in_blocks() -> None:
    rng = np.random.default_rng(0)
    score = rng.random((3000, 3))
    history, trials = study(score)
    asked: list[tuple[int, int]] = []

    def access(start: int, stop: int) -> Sequence[Trial]:
        asked.append((start, stop))
        return trials[start:stop]

    scores = image_scores(as_runs(history, access), SCORE, best=50, others=100, keep=[(0, 1234)])
    assert len(scores.number) in (150, 151) and scores.complete == 3000 and 1234 in scores.number
    assert set(np.argsort(history.loss)[:50]) <= set(scores.number.tolist())
    assert sum(stop - start for start, stop in asked) < 400
    assert (np.diff(scores.value) <= 0).all()


def test_undefined_and_missing_scores_are_left_out() -> None:
    score = np.array([[0.9, np.nan], [0.5, 0.4], [0.7, 0.8], [0.2, 0.1]])
    history, trials = study(score)
    trials[3] = trial(3, 1.0, {"f1": 0.15}, {"im0": {"f1": 0.2}, "new": {"f1": math.inf, "other": 1.0}})
    table = table_of(history, trials, default={"x": 1.0})
    assert table.images == ("im0", "im1", "new")
    assert np.isnan(table.chosen[1:]).all() and table.own[1] == 0.8 and np.isnan(table.own[2])
    assert table.own_index[2] == -1 and np.isnan(table.suffered[1:]).all()
    assert len(table.paired) == 1 and table.paired.gain[0] == pytest.approx(0.7)
    assert np.isnan(table.correlation[2]) and np.isnan(table.agreement[2])


def test_groups_by_mapping_and_by_expression() -> None:
    score = np.array([[0.5, 0.7, 0.1, 0.2, 0.9], [0.6, 0.9, 0.4, 0.3, 0.9]])
    history, trials = study(score, names=["dapi_1", "dapi_2", "gfp_1", "gfp_2", "_x"])
    table = table_of(history, trials, default={"x": 0.0}, groups="([a-z]+)_")
    assert [group.label for group in table.groups] == ["dapi", "gfp", "other"]
    dapi, gfp, other = table.groups
    assert dapi.index.tolist() == [0, 1] and dapi.best == pytest.approx(0.75) and dapi.default == pytest.approx(0.6)
    assert gfp.gain == pytest.approx(0.2) and gfp.gain_interval == pytest.approx((0.1, 0.3))
    assert math.isnan(other.best_interval[0]) and other.gain == 0
    named = table_of(history, trials, groups={"dapi_1": "b", "gfp_1": "a"})
    assert [(g.label, len(g.index)) for g in named.groups] == [("a", 1), ("b", 1), ("other", 3)]
    assert math.isnan(named.groups[0].default)
    with pytest.raises(InvalidInput, match="no regular expression"):
        table_of(history, trials, groups="(")


def test_the_metric_of_an_image_is_found_or_said() -> None:
    score = np.array([[0.5, 0.7], [0.6, 0.9]])
    history, trials = study(score)
    runs = as_runs(history, trials)
    assert image_scores(runs, Objective("mean_f1 - 0.5*std_f1", "maximize")).metric == "f1"
    assert image_scores(runs, SCORE, metric="a").metric == "a"
    with pytest.raises(InvalidInput, match="no score 'b'; they have f1, a"):
        image_scores(runs, SCORE, metric="b")
    with pytest.raises(InvalidInput, match="no score for 'dice'"):
        image_scores(runs, Objective("dice"))
    with pytest.raises(InvalidInput, match="at least"):
        image_scores(runs, SCORE, best=0)


def test_several_runs_share_one_matrix() -> None:
    first, second = study(np.array([[0.5, 0.7], [0.6, 0.9]])), study(np.array([[0.8, 0.9], [0.1, 0.2]]))
    runs = as_runs([first[0], second[0]], [as_runs(*first)[0].trials, as_runs(*second)[0].trials])
    table = per_image(SPACE, runs, SCORE, default={"x": 1.0})
    assert table.scores.run.tolist() == [1, 0, 0, 1] and table.chosen.tolist() == [0.8, 0.9]
    assert table.default == 1  # the default of the first run


@pytest.mark.parametrize("case", ["no trial", "no access", "no scores", "all failed", "one trial", "equal"])
def test_degenerate_studies(case: str) -> None:
    score = np.full((3, 2), 0.5)
    history, trials = study(score, failed=range(3) if case == "all failed" else ())
    if case == "no trial":
        history, trials = History(1), []
    if case == "one trial":
        history, trials = study(score[:1])
    if case == "no scores":
        trials = [trial(t.number, 0.0, {"f1": 0.5}, {}) for t in trials]
    table = table_of(history, None if case == "no access" else trials, default={"x": 0.0}, groups="im")
    if case in ("one trial", "equal"):
        assert table.chosen.tolist() == [0.5, 0.5] and table.suffered.tolist() == [0, 0]
        assert table.paired.p == 1 and np.isnan(table.share).all() and np.isnan(table.agreement).all()
        assert table.disagreeing.tolist() == []
    else:
        assert table.images == () and table.best is None and table.paired is None and table.groups == ()


def test_two_thousand_images() -> None:
    rng = np.random.default_rng(0)
    score = rng.random((60, 2000)) + rng.random(60)[:, None]
    table = table_of(*study(score), default={"x": 0.0}, groups=r"im\d")
    assert len(table.shown) == 200 and table.shown[0] == table.order[0] and table.shown[-1] == table.order[-1]
    assert len(table.by_gain) == 60 and table.share.sum() == pytest.approx(1) and len(table.groups) == 10


def test_trials_of_a_real_storage() -> None:
    storage = open_storage(None)
    record = storage.create_study("s", {}).id
    xs = [0.0, 0.5, 1.0]
    storage.add(record, [{"x": x} for x in xs], range(3))
    for t in storage.claim(record, "w", 3):
        x = float(t.configuration["x"])
        rows = {"a": {"f1": x}, "b": {"f1": 1 - x / 2}}
        storage.report(
            record, "w", [(t.number, t.attempts, Outcome.complete({"f1": 0.5 + x / 4}, scores=rows), -0.5 - x / 4)]
        )
    history = told(SPACE.encode([{"x": x} for x in xs]), [-0.5 - x / 4 for x in xs])
    runs = as_runs(history, lambda start, stop: storage.trials(record, start, stop))
    table = per_image(SPACE, runs, SCORE, default={"x": 0.0})
    np.testing.assert_allclose(table.paired.gain, [1.0, -0.5])
    assert table.images == ("a", "b") and table.agreement.tolist() == [-1, -1]
