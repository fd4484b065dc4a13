"""The facade: searches in memory and in a file, continued, with defaults, failures and callbacks."""

import numpy as np
import pytest

import parfocal
from parfocal import Categorical, Float, Integer, Study
from parfocal.analysis import failures
from parfocal.errors import EvaluationError, InvalidInput, SpaceError, StudyExistsError, StudyStopped
from parfocal.evaluation.base import ServerFailure
from parfocal.trials import State

SPACE = {"x": Float(-1, 1), "k": Integer(0, 3), "mode": Categorical(["a", "b"])}


def loss(x, k, mode):
    return (x - 0.3) ** 2 + k * 0.1 + (mode == "b") * 0.2


def test_minimize_finds_a_good_configuration():
    found = parfocal.minimize(loss, SPACE, budget=60, seed=3)
    assert found.value == loss(**found.configuration)
    assert found.value < 0.05
    assert len(found.study.history) == 60


def test_maximize_shows_the_users_own_number():
    found = parfocal.minimize(lambda **c: 5 - loss(**c), SPACE, 30, objective="maximize quality", optimizer="random")
    assert found.value == 5 - loss(**found.configuration)
    assert found.study.objective.label == "quality (higher is better)"


def test_minimize_says_when_nothing_succeeded():
    def broken(**configuration):
        raise OSError("no such image")

    with pytest.raises(StudyStopped, match="no such image"):
        parfocal.minimize(broken, SPACE, 30)
    with pytest.raises(EvaluationError, match="Not one of 5"):
        parfocal.minimize(broken, SPACE, 5)


def test_a_study_stops_and_says_why_when_its_server_fails():
    def unreachable(**configuration):
        raise ServerFailure("The server cannot be reached.")

    study = Study(SPACE, "minimize loss", unreachable, optimizer="random")
    with pytest.raises(StudyStopped, match=r"\(server\), with the same message: The server cannot be reached"):
        study.run(20)
    assert study.counts.failed >= 10 and not study.history.failed.any()
    (row,) = failures(study.history)
    assert (row.reason, row.count) == ("server", study.counts.failed)


def test_a_mended_study_goes_on_after_its_stop():
    broken = [True]

    def sometimes(x, k, mode):
        if broken[0]:
            raise OSError("no such image")
        return loss(x, k, mode)

    study = Study(SPACE, "minimize loss", sometimes, optimizer="random")
    for stops in (1, 2):  # run again without mending: it stops again, after as many more
        with pytest.raises(StudyStopped, match="no such image"):
            study.run(60, batch=1)
        assert study.counts.failed == 10 * stops
    broken[0] = False
    assert study.run(60, batch=1).counts.complete == 40


def test_failures_are_states_and_the_search_goes_on():
    def half(x, k, mode):
        if x > 0.8:
            raise ValueError("too large")
        return float("nan") if k == 3 else loss(x, k, mode)

    study = Study(SPACE, "minimize loss", half, optimizer="random", seed=1).run(60)
    counts = study.counts
    assert counts.complete + counts.failed == 60
    assert counts.failed > 5
    for trial in study.trials():
        bad = trial.configuration["x"] > 0.8 or trial.configuration["k"] == 3
        assert (trial.state == State.FAILED) == bad
        assert np.isnan(trial.loss) == bad
    assert study.best.value >= 0


@pytest.mark.parametrize("optimizer", ["random", "tpe", "smac-rf", "cma-es", "sobol"])
def test_a_resumed_search_asks_what_the_uninterrupted_one_would_have(tmp_path, optimizer):
    whole = Study(SPACE, "minimize loss", loss, optimizer=optimizer, seed=7).run(36, batch=1)
    for stop in (9, 25, 36):  # a new process each time: a new Study over the same file
        parts = Study(SPACE, "minimize loss", loss, optimizer=optimizer, seed=7, storage=tmp_path / "s.db")
        parts.run(stop, batch=1)
    assert [t.configuration for t in parts.trials()] == [t.configuration for t in whole.trials()]
    np.testing.assert_array_equal(parts.history.X, whole.history.X)


@pytest.mark.parametrize("optimizer", ["random", "sobol", "latin-hypercube"])
def test_how_asks_fall_in_time_does_not_change_what_is_asked(optimizer):
    batches = [Study(SPACE, "minimize loss", loss, optimizer=optimizer, seed=3) for _ in range(3)]
    batches[0].run(70)
    batches[1].run(70, batch=1)
    for stop in (11, 12, 40, 70):
        batches[2].run(stop, batch=17)
    np.testing.assert_array_equal(batches[0].history.X, batches[1].history.X)
    np.testing.assert_array_equal(batches[0].history.X, batches[2].history.X)


def test_the_default_is_evaluated_first_and_once(tmp_path):
    default = {"x": 1.0, "k": 2, "mode": "b"}
    for budget in (5, 10):
        study = Study(SPACE, "minimize loss", loss, default=default, storage=tmp_path / "s.db", optimizer="random")
        study.run(budget)
    first = study.trials(0, 1)[0]
    assert dict(first.configuration) == default
    assert first.provenance.sampler == "given"
    assert study.default_value == pytest.approx(loss(**default))
    assert sum(dict(trial.configuration) == default for trial in study.trials()) == 1


def test_a_default_may_hold_numpy_scalars():
    study = Study(SPACE, "minimize loss", loss, default={"x": np.float64(0.5), "k": np.int64(1), "mode": np.str_("a")})
    assert study.default == {"x": 0.5, "k": 1, "mode": "a"}
    assert {type(value) for value in study.default.values()} == {float, int, str}


def test_defaults_of_parameters_make_the_default():
    study = Study({"x": Float(-1, 1, default=0.5), "k": Integer(0, 3)}, "minimize loss", lambda x, k: x + k)
    assert study.default["x"] == 0.5


def test_every_trial_knows_who_proposed_it_and_what_had_been_seen():
    study = Study(SPACE, "minimize loss", loss, optimizer="smac-rf", warmup=5).run(12)
    trials = study.trials()
    assert [t.provenance.note for t in trials[:5]] == ["warm-up"] * 5
    assert {t.provenance.strategy for t in trials[5:]} == {"random-forest"}
    seen = [t.provenance.seen for t in trials]
    assert seen == sorted(seen)
    assert len({t.seed for t in trials}) == 12


def test_open_reads_a_study_from_its_file(tmp_path):
    path = tmp_path / "s.db"
    done = Study(SPACE, "minimize loss", loss, storage=path, optimizer="random", name="one").run(8)
    again = Study.open(path)
    assert again.name == "one"
    assert again.best.configuration == done.best.configuration
    assert again.space.names == done.space.names
    Study(SPACE, "minimize loss", loss, storage=path, optimizer="random", name="two")
    with pytest.raises(InvalidInput, match="'one', 'two'"):
        Study.open(path)
    assert Study.open(path, "two").counts.total == 0


def test_the_order_of_parameters_in_a_file_does_not_matter(tmp_path):
    whole = Study(SPACE, "minimize loss", loss, optimizer="tpe", seed=5).run(30)
    for space in (SPACE, dict(reversed(SPACE.items()))):
        parts = Study(space, "minimize loss", loss, optimizer="tpe", seed=5, storage=tmp_path / "s.db")
        parts.run(len(parts.history) + 15)
    assert [t.configuration for t in parts.trials()] == [t.configuration for t in whole.trials()]


def test_given_configurations_are_evaluated_after_the_default_in_order_and_once(tmp_path):
    default = {"x": 1.0, "k": 2, "mode": "b"}
    mine = [{"x": 0.25}, {"k": 3, "mode": "b"}, {"x": 0.25, "k": 2}, default]
    for budget in (2, 12, 14):  # the second and third go on, in a new Study each
        study = Study(
            SPACE, "minimize loss", loss, default=default, enqueue=mine, storage=tmp_path / "s.db", optimizer="random"
        ).run(budget, batch=1)
    trials = study.trials()
    assert len(trials) == 14, "they count against the budget"
    assert [dict(trial.configuration) for trial in trials[:4]] == [
        default,
        {"x": 0.25, "k": 2, "mode": "a"},  # the upper median of 0 to 3, and the first of equally likely options
        {"x": 0.0, "k": 3, "mode": "b"},
        trials[3].configuration,  # a repetition of the first, and of the default, are left out
    ]
    assert [(t.provenance.sampler, t.provenance.note) for t in trials[:3]] == [
        ("given", "default"),
        ("given", "given"),
        ("given", "given"),
    ]
    assert trials[3].provenance.sampler == "random"


def test_more_can_be_queued_while_a_study_goes_on():
    study = Study(SPACE, "minimize loss", loss, optimizer="random").run(5)
    assert study.enqueue([{"x": 0.3, "k": 0, "mode": "a"}, {"x": 0.3, "k": 0, "mode": "a"}]) == 1
    assert study.run(6, batch=1).best.number == 5
    assert study.enqueue([{"x": 0.3, "k": 0, "mode": "a"}]) == 0


def test_wrong_given_configurations_queue_nothing():
    study = Study(SPACE, "minimize loss", loss)
    for wrong, text in [
        ({"y": 1}, "'y' is no parameter"),
        ({"x": 7}, "'x' must lie"),
        ({"mode": "c"}, "'mode' must be one of"),
        ("x", "must be a mapping"),
    ]:
        with pytest.raises(SpaceError, match=text):
            study.enqueue([{"x": 0.5}, wrong])
    assert study.counts.total == 0
    tied = Study(parfocal.Space({"low": Integer(0, 9), "high": Integer(0, 9)}, ["low < high"]))
    with pytest.raises(SpaceError, match=r"breaks the constraint 'low < high'. \(What was left out .*: high = 5"):
        tied.enqueue([{"low": 8}])


def test_another_definition_is_refused(tmp_path):
    Study(SPACE, "minimize loss", loss, storage=tmp_path / "s.db")
    with pytest.raises(StudyExistsError, match="seed"):
        Study(SPACE, "minimize loss", loss, storage=tmp_path / "s.db", seed=1)


def test_a_finite_space_ends_the_search():
    space = {"k": Integer(0, 3), "m": Categorical(["a", "b"])}
    study = Study(space, "minimize loss", lambda k, m: k, optimizer="random")
    study.run(100)
    assert len(study.history) == 8
    assert "8 configurations" in study.exhausted


def test_progress_is_reported():
    seen = []
    Study(SPACE, "maximize q", lambda **c: c["x"], optimizer="random").run(20, batch=5, on_progress=seen.append)
    assert seen[0].done == 0
    assert seen[-1].done == 20
    assert seen[-1].best == max(p.best for p in seen[1:])


def test_a_smaller_budget_ends_a_search_though_more_is_queued():
    class Enough(Exception):
        pass

    def stop(progress):
        if progress.done >= 3:
            raise Enough

    study = Study(SPACE, "minimize loss", loss, optimizer="random")
    with pytest.raises(Enough):
        study.run(400, on_progress=stop)
    assert study.counts.waiting > 60
    for budget in (20, 60, 61):
        assert study.run(budget).counts.finished == budget


def test_what_cannot_run_says_so():
    with pytest.raises(InvalidInput, match="no evaluator"):
        Study(SPACE).run(3)
    with pytest.raises(InvalidInput, match="budget"):
        Study(SPACE, "minimize loss", loss).run(0)
    with pytest.raises(InvalidInput, match="batch"):
        Study(SPACE, "minimize loss", loss).run(3, batch=-1)
    with pytest.raises(InvalidInput, match="file"):
        Study(SPACE, "minimize loss", loss).run(3, workers=2)
