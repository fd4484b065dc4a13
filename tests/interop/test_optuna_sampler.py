"""parfocal's optimizers in real Optuna studies."""

import copy
import pickle

import numpy as np
import pytest

optuna = pytest.importorskip("optuna", reason="needs the extra 'interop'")

from parfocal.errors import InvalidInput, MissingPackage, OptimizerError  # noqa: E402
from parfocal.interop.ledger import PROPOSED  # noqa: E402
from parfocal.interop.optuna import ParfocalSampler  # noqa: E402
from parfocal.optimizers import propose  # noqa: E402
from parfocal.space import Boolean, Categorical, Float, Integer, Space  # noqa: E402
from parfocal.testing.kinds import SPACES  # noqa: E402
from parfocal.trials import History, State  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.WARNING)

PLANE = Space({"x": Float(-2, 2), "n": Integer(1, 9)})
TREE = Space(
    {
        "model": Categorical(["forest", "network"]),
        "trees": Integer(5, 200, when="model == 'forest'"),
        "depth": Integer(1, 5, when="model == 'network'"),
        "rate": Float(1e-4, 1e-1, prior="log-uniform", when="depth > 2"),
        "low": Float(0, 1),
        "high": Float(0, 1),
    },
    constraints=["low < high"],
)


def plane(trial):
    return trial.suggest_float("x", -2, 2) ** 2 + trial.suggest_int("n", 1, 9)


def tree(trial):
    cost = trial.suggest_float("high", 0, 1) - trial.suggest_float("low", 0, 1)
    assert cost > 0, "the constraint holds"
    if trial.suggest_categorical("model", ["forest", "network"]) == "forest":
        return cost + trial.suggest_int("trees", 5, 200) / 200
    if trial.suggest_int("depth", 1, 5) > 2:
        return cost + trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    return cost + 1


def run(objective, trials, sampler, **arguments):
    study = optuna.create_study(sampler=sampler, **arguments.pop("create", {}))
    study.optimize(objective, n_trials=trials, **arguments)
    return study


def ledger(sampler, study):
    return sampler._caches[study._storage][study._study_id][1].history


def params(study):
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("optimizer", ["tpe", "smac-rf", "sobol"])
def test_proposes_what_the_optimizer_itself_would_have_proposed(optimizer):
    study = run(plane, 30, ParfocalSampler(PLANE, optimizer, seed=4, warmup=8))
    history = History(2)
    for trial in study.trials:
        X = propose(PLANE, optimizer, history, seed=4, warmup=8).X
        assert PLANE.decode(X) == [trial.params]
        history.append(X)
        history.tell(trial.number, State.COMPLETE, trial.value)


@pytest.mark.parametrize("space", [PLANE, None])
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_finds_the_optimum_in_either_direction(direction, space):
    sign = 1 if direction == "minimize" else -1
    sampler = ParfocalSampler(space, "tpe", warmup=10)
    study = run(lambda trial: sign * plane(trial), 60, sampler, create={"direction": direction})
    assert sign * study.best_value < 1.1


def test_conditions_and_constraints_hold():
    study = run(tree, 60, ParfocalSampler(TREE, "smac-rf", warmup=10))
    assert TREE.contains(params(study)).all()
    assert study.best_value < 0.3
    assert {trial.params["model"] for trial in study.trials} == {"forest", "network"}


def test_without_a_space_conditional_parameters_are_drawn_and_the_shared_ones_proposed():
    def objective(trial):
        x = trial.suggest_float("a name with spaces", -1, 1)
        kind = trial.suggest_categorical("kind", ["p", "q", None])
        return x**2 + (trial.suggest_float("extra", 0, 1) if kind == "p" else 0.5)

    study = run(objective, 60, ParfocalSampler(optimizer="tpe", warmup=10))
    assert study.best_value < 0.55
    proposed = study.trials[-1].system_attrs[PROPOSED]
    assert set(proposed) == {"a name with spaces", "kind"}


def test_an_inactive_parameter_that_is_asked_for_is_an_error():
    def objective(trial):
        return trial.suggest_int("trees", 5, 200) + trial.suggest_int("depth", 1, 5)

    with pytest.raises(InvalidInput, match="is inactive in the proposed configuration"):
        run(objective, 1, ParfocalSampler(TREE))


def test_a_range_that_differs_from_the_space_is_an_error():
    with pytest.raises(InvalidInput, match="write the same range in both"):
        run(lambda trial: trial.suggest_float("x", 5, 6), 1, ParfocalSampler(PLANE))


def test_a_parameter_that_the_space_lacks_is_drawn_at_random():
    study = run(lambda trial: plane(trial) + trial.suggest_float("noise", 0, 1), 5, ParfocalSampler(PLANE))
    assert len({trial.params["noise"] for trial in study.trials}) == 5


@pytest.mark.parametrize("space", [PLANE, None])
def test_failed_and_pruned_trials_are_states(space):
    def objective(trial):
        value = plane(trial)
        if trial.number % 5 == 3:
            raise ArithmeticError
        trial.report(value, 1)
        if trial.number % 5 == 4:
            raise optuna.TrialPruned
        return value if trial.number % 7 else float("inf")

    sampler = ParfocalSampler(space, "tpe", warmup=5)
    study = run(objective, 30, sampler, catch=ArithmeticError)
    history = ledger(sampler, study)
    states = [State(int(state)) for state in history.state]
    assert len(states) == 29
    for trial, state in zip(study.trials, states, strict=False):
        expected = {3: State.FAILED, 4: State.PRUNED}.get(trial.number % 5, State.COMPLETE)
        if expected == State.COMPLETE and trial.number % 7 == 0:
            expected = State.FAILED
        assert state == expected
    pruned = history.state == State.PRUNED
    assert np.isfinite(history.loss[pruned]).all()


def test_failures_are_avoided():
    def objective(trial):
        if trial.suggest_float("x", -2, 2) < 0:
            raise ArithmeticError
        return plane(trial)

    study = run(objective, 80, ParfocalSampler(PLANE, "smac-rf"), catch=ArithmeticError)
    late = study.trials[40:]
    assert np.mean([trial.state == optuna.trial.TrialState.FAIL for trial in late]) < 0.3


@pytest.mark.parametrize("space", [PLANE, None])
def test_threads_share_a_sampler(space):
    study = run(plane, 40, ParfocalSampler(space, "tpe", warmup=6), n_jobs=2)
    assert len(study.trials) == 40
    assert len({trial.params["x"] for trial in study.trials}) == 40
    assert study.best_value < 1.5


def test_running_trials_are_pending():
    sampler = ParfocalSampler(SPACES["tiny"](), "random + random-forest", warmup=4)
    study = optuna.create_study(sampler=sampler)
    asked = [study.ask() for _ in range(10)]
    proposed = [tuple(sorted(trial.system_attrs[PROPOSED].items(), key=str)) for trial in study.trials]
    assert len(set(proposed)) == 10
    for trial in asked:
        study.tell(trial, 1.0)
    study.ask()
    assert tuple(sorted(study.trials[-1].system_attrs[PROPOSED].items(), key=str)) not in proposed


@pytest.mark.parametrize("space", [PLANE, None])
def test_a_pruner_that_filters_the_study_changes_nothing(space):
    def objective(trial):
        value = plane(trial)
        trial.report(value, 1)
        return value

    with_pruner = {"pruner": optuna.pruners.HyperbandPruner(max_resource=3)}
    filtered = run(objective, 20, ParfocalSampler(space, "tpe", warmup=5), create={"study_name": "s", **with_pruner})
    plain = run(objective, 20, ParfocalSampler(space, "tpe", warmup=5), create={"study_name": "s"})
    assert params(filtered) == params(plain)


def test_enqueued_trials_come_first_and_the_rest_is_proposed():
    study = optuna.create_study(sampler=ParfocalSampler(TREE, "tpe", warmup=2))
    study.enqueue_trial({"model": "network", "depth": 3, "rate": 0.01, "low": 0.1, "high": 0.2})
    study.enqueue_trial({"model": "forest"})
    study.enqueue_trial({"low": 0.5, "high": 0.6, "elsewhere": 3})
    study.optimize(tree, n_trials=8)
    assert params(study)[0] == {"model": "network", "depth": 3, "rate": 0.01, "low": 0.1, "high": 0.2}
    assert params(study)[1]["model"] == "forest"
    assert params(study)[2]["low"] == 0.5
    assert TREE.contains(params(study)).all()


@pytest.mark.parametrize("space", [TREE, None])
def test_a_study_resumed_from_its_database_goes_on_as_if_uninterrupted(tmp_path, space):
    def study(name):
        storage = f"sqlite:///{tmp_path}/{name}.db"
        sampler = ParfocalSampler(space, "tpe", seed=2, warmup=4)
        return optuna.create_study(study_name=name, storage=storage, sampler=sampler, load_if_exists=True)

    def objective(trial):
        if trial.number % 6 == 5:
            raise ArithmeticError
        if space is not None:
            return tree(trial)
        return trial.suggest_float("x", 0, 1) + trial.suggest_int("n", 1, 9)

    whole = study("whole")
    whole.optimize(objective, n_trials=12, catch=ArithmeticError)
    for _ in range(2):
        part = study("parts")
        part.optimize(objective, n_trials=6, catch=ArithmeticError)
    assert params(part) == params(whole)


def test_trials_of_another_sampler_are_learned_from():
    study = run(plane, 15, optuna.samplers.RandomSampler(0))
    study.add_trial(optuna.create_trial(params={}, distributions={}, value=-99.0))  # says nothing
    wide = {"x": optuna.distributions.FloatDistribution(-9, 9), "n": optuna.distributions.IntDistribution(1, 9)}
    study.add_trial(optuna.create_trial(params={"x": 7.0, "n": 2}, distributions=wide, value=-99.0))  # out of the space
    sampler = study.sampler = ParfocalSampler(PLANE, "tpe")
    study.optimize(plane, n_trials=5)
    history = ledger(sampler, study)
    assert history.complete[:15].all()
    assert history.lost[15:17].all()
    np.testing.assert_allclose(PLANE.decode(history.X[:1])[0]["x"], study.trials[0].params["x"])


def test_a_small_space_ends_the_loop():
    space = Space({"on": Boolean(), "n": Integer(1, 2)})

    def objective(trial):
        return trial.suggest_int("n", 1, 2) + trial.suggest_categorical("on", [False, True])

    study = run(objective, 50, ParfocalSampler(space, "tpe", warmup=2))
    assert len(study.trials) == 5
    assert len({tuple(p.items()) for p in params(study)}) == 4


def test_several_directions_are_refused():
    study = optuna.create_study(directions=["minimize", "maximize"], sampler=ParfocalSampler(PLANE))
    with pytest.raises(OptimizerError, match="one value"):
        study.ask()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda sampler: pickle.loads(pickle.dumps(sampler))])
def test_a_copy_proposes_the_same(duplicate):
    sampler = ParfocalSampler(PLANE, "tpe", warmup=3)
    study = run(plane, 6, sampler)
    assert params(run(plane, 6, duplicate(sampler))) == params(study)
    assert str(sampler) == "ParfocalSampler('parzen + density-ratio')"


def test_a_missing_package_is_one_sentence(monkeypatch):
    import importlib
    import sys

    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "parfocal.interop.relative")
    with pytest.raises(MissingPackage, match=r"pip install 'parfocal\[interop\]'"):
        importlib.import_module("parfocal.interop.relative")
