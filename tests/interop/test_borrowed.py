"""Samplers of other packages as parts of parfocal's optimizers."""

import importlib.util
import logging
import sys

import numpy as np
import pytest

from parfocal.errors import MissingPackage, OptimizerError
from parfocal.optimizers import ZOO, compose, propose
from parfocal.samplers.borrowed import Cube, losses, told
from parfocal.samplers.random import Random
from parfocal.space import Float, Integer, Space
from parfocal.testing.kinds import SPACES, loss
from parfocal.testing.optimizers import beats_random, conforms, minimize
from parfocal.testing.samplers import some_history
from parfocal.trials import History, Reason, State

GUESTS = {member.name: member.package for member in ZOO if member.package}
FAST = ["optuna-tpe", "nevergrad-ngopt"]


def needs(name):
    package = GUESTS[name]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"needs the package '{package}'")


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("name", FAST)
def test_conforms(name, kind):
    needs(name)
    conforms(name, SPACES[kind]())


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("name", [name for name in GUESTS if name not in FAST])
def test_slow_ones_conform(name, kind):
    needs(name)
    conforms(name, SPACES[kind]())


@pytest.mark.slow
@pytest.mark.parametrize("name", FAST)
def test_beats_random_search(name):
    needs(name)
    beats_random(name)


@pytest.mark.parametrize("name", GUESTS)
def test_finds_a_minimum_and_says_nothing_aloud(name, capsys, caplog):
    needs(name)
    space = Space({"x": Float(0, 1), "n": Integer(1, 9)})
    with caplog.at_level(logging.WARNING, "optuna"):
        history = minimize(name, space, lambda X: loss(space, X), 14, warmup=10)
    assert len(history) == 14
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", FAST)
def test_learns(name):
    needs(name)
    if name == "nevergrad-ngopt" and np.lib.NumpyVersion(np.__version__) >= "2.4.0":
        pytest.skip("meta-models of Nevergrad 1.0.12 fail under NumPy 2.4")
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    best = np.nanmin(minimize(name, space, lambda X: loss(space, X), 80).loss)
    chance = [np.nanmin(loss(space, space.sample(80, np.random.default_rng(seed)))) for seed in range(20)]
    assert best < np.median(chance)


@pytest.mark.parametrize("name", GUESTS)
def test_the_text_form_comes_back(name):
    needs(name)
    assert compose(str(compose(name))) == compose(name)


@pytest.mark.parametrize("name", GUESTS)
def test_a_missing_package_is_one_sentence(name, monkeypatch):
    monkeypatch.setitem(sys.modules, GUESTS[name], None)
    if name == "optuna-gp":
        needs("optuna-tpe")
    extra = {"torch": "gp", "nevergrad": "nevergrad"}.get(GUESTS[name], "interop")
    with pytest.raises(MissingPackage, match=rf"'{GUESTS[name]}' is needed here .*pip install 'parfocal\[{extra}\]'"):
        compose(name)


def test_smac_refuses_what_configspace_cannot_express():
    needs("smac3")
    space = Space({"x": Float(0.1, 9, prior={"exponential": {"scale": 2.0}})})
    with pytest.raises(OptimizerError, match="SMAC cannot search this space: 'x': ConfigSpace has no prior"):
        propose(space, "smac3", History(1), 1, warmup=0)


@pytest.mark.parametrize("optimizer", ["DE", "OnePlusOne", "CMA"])
@pytest.mark.filterwarnings("ignore")
def test_a_search_is_the_run_that_nevergrad_itself_makes(optimizer):
    needs("nevergrad-ngopt")
    import nevergrad as ng

    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    history = minimize(f"nevergrad(optimizer={optimizer})", space, lambda X: loss(space, X), 90, warmup=1)
    parameters = ng.p.Dict(**{f"x{k}": ng.p.Scalar(init=0.5, lower=0.0, upper=1.0) for k in range(2)})
    parameters.random_state = np.random.RandomState(int(space.keys(history.X[:1])[0]) % 2**31)
    native = ng.optimizers.registry[optimizer](parameters, budget=1000, num_workers=2)
    native.ask()  # the place of the warm-up's trial
    x0, x1 = history.X[0].tolist()
    native.tell(native.parametrization.spawn_child(new_value={"x0": x0, "x1": x1}), float(history.loss[0]))
    for row in range(1, 90):
        candidate = native.ask()
        np.testing.assert_allclose([candidate.value["x0"], candidate.value["x1"]], history.X[row], atol=1e-9)
        native.tell(candidate, float(history.loss[row]))


def test_nevergrad_knows_its_own_names():
    needs("nevergrad-ngopt")
    with pytest.raises(OptimizerError, match=r"no optimizer 'NGOp' \(did you mean 'NGOpt"):
        compose("nevergrad(optimizer=NGOp)")


@pytest.mark.parametrize("workers", [1, 2])
def test_an_optimizer_that_takes_no_foreign_trials_says_so(workers):
    needs("nevergrad-ngopt")
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    with pytest.raises(OptimizerError, match="can be told no trial but its own"):
        minimize(f"nevergrad(optimizer=Cobyla, workers={workers})", space, lambda X: loss(space, X), 25)


@pytest.mark.parametrize("sampler", ["tpe", "tpe-univariate"])
def test_failures_are_learned_by_optuna(sampler):
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    forbidden = minimize(
        f"optuna(sampler={sampler})", space, lambda X: loss(space, X), 80, forbidden=lambda X: X[:, 0] < 0.5
    )
    assert forbidden.failed[40:].mean() < 0.25


def test_a_long_history_is_told_by_its_best_and_latest():
    space = SPACES["mixed"]()
    history = some_history(space, 200)
    rows = told(history, 40)
    assert len(rows) == 40
    assert history.best in rows
    assert history.finished_order[-1] in rows
    assert np.all(np.diff(history.told[rows]) > 0)
    assert len(told(history, 1000)) == 197


def test_what_a_server_failed_is_not_told():
    history = History(2)
    history.append(np.zeros((3, 2)))
    history.tell([0, 1, 2], State.FAILED, np.nan, reason=[Reason.SERVER.code, Reason.ERROR.code, -1])
    assert told(history, 1000).tolist() == [1, 2]


def test_losses_of_failures_are_the_worst():
    history = some_history(SPACES["mixed"](), 30)
    rows = told(history, 1000)
    values = losses(history, rows)
    assert np.isfinite(values).all()
    assert (values[history.failed[rows]] == np.nanmax(history.loss)).all()
    assert losses(history, rows[:0]).tolist() == []


@pytest.mark.parametrize("kind", SPACES)
def test_the_cube_comes_back(kind):
    space = SPACES[kind]()
    X = Random().sample(space, History(space.dimension), None, 50, np.random.default_rng(0))
    cube = Cube(space)
    np.testing.assert_array_equal(cube.codes(cube.numbers(X)), X)
    np.testing.assert_array_equal(space.canonical(cube.codes(cube.filled(X))), X)
    for row in cube.numbers(X)[:5]:
        partial = np.full(space.dimension, np.nan)
        for position in cube.order:
            assert cube.active(partial, position) == (not np.isnan(row[position]))
            partial[position] = row[position]


def test_pruned_and_lost_trials_are_known_as_such():
    space = Space({"x": Float(0, 1)})
    history = History(1)
    history.append(space.sample(30, np.random.default_rng(0)))
    states = [State.COMPLETE] * 25 + [State.PRUNED] * 3 + [State.LOST] * 2
    history.tell(np.arange(30), states, [*np.linspace(0, 1, 25), 0.5, np.nan, 0.1, np.nan, np.nan])
    assert len(told(history, 100)) == 28
    assert len(propose(space, "optuna-tpe", history, 3)) == 3


def test_another_space_on_the_same_history_is_told_trials_of_its_own():
    needs("optuna-tpe")
    narrow, wide = (Space({"x": Float(0, 1), "n": Integer(1, top)}) for top in (4, 9))
    history = minimize("optuna-tpe", narrow, lambda X: loss(narrow, X), 25, warmup=20)
    for space in (narrow, wide, narrow):
        fresh = history.at(len(history), len(history.finished_order))
        one, two = (propose(space, "optuna-tpe", each, 3, seed=1).X for each in (history, fresh))
        np.testing.assert_array_equal(one, two)
