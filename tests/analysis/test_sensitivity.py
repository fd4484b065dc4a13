import numpy as np
import pytest
from scipy.stats import f_oneway

from parfocal.analysis import one_at_a_time, sensitivity
from parfocal.errors import InvalidInput
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.testing.studies import told
from parfocal.trials import History, Objective, State

LOSS = Objective("loss", "minimize")
SPACE = Space(
    {
        "depth": Integer(2, 6),
        "norm": Categorical(["none", "z", "minmax"]),
        "rate": Float(1e-4, 1, prior="log-uniform"),
        "clip": Float(0, 1, when="norm == 'z'"),
    }
)
CENTRE = {"depth": 4, "norm": "none", "rate": 0.01}


def _history(configurations, losses):
    X = SPACE.encode(configurations)
    history = History(SPACE.dimension)
    history.append(X)
    history.tell(np.arange(len(X)), State.COMPLETE, losses)
    return history


def test_one_parameter_moves_at_a_time():
    plan = one_at_a_time(SPACE, CENTRE, values=5)
    assert plan[0] == CENTRE
    assert len(plan) == 1 + 4 + 2 + 4
    for configuration in plan[1:]:
        moved = [name for name in CENTRE if configuration[name] != CENTRE[name]]
        assert len(moved) == 1
    assert any("clip" in configuration for configuration in plan), "a child awakes with its parent"
    assert sorted({configuration["depth"] for configuration in plan}) == [2, 3, 4, 5, 6]


def test_anova_against_scipy_with_repetitions():
    rng = np.random.default_rng(0)
    plan = [each for each in one_at_a_time(SPACE, CENTRE) for _ in range(4)]
    losses = np.array([0.3 * each["depth"] + (each["norm"] == "z") + rng.normal(0, 0.1) for each in plan])
    table = sensitivity(SPACE, _history(plan, losses), LOSS, CENTRE)
    assert table.effects[0].name == "depth" and table.tests == 3
    for effect in table.effects:
        others = [name for name in CENTRE if name != effect.name]
        rows = [i for i, each in enumerate(plan) if all(each[name] == CENTRE[name] for name in others)]
        groups = [[losses[i] for i in rows if plan[i][effect.name] == value] for value in effect.values]
        F, p = f_oneway(*groups)
        assert (effect.F, effect.p) == pytest.approx((F, p))
        assert effect.p_adjusted == pytest.approx(min(1, 3 * p))
        assert effect.values[effect.standard] == CENTRE[effect.name]
        means = [np.mean(group) for group in groups]
        assert effect.difference == pytest.approx(max(means) - min(means))
        assert effect.values[effect.best] == effect.values[int(np.argmin(means))]
    assert table.combined["depth"] == 2


def test_scores_of_single_images_are_replicates():
    plan = one_at_a_time(SPACE, CENTRE)
    rng = np.random.default_rng(1)
    scores = {i: rng.normal(each["depth"], 1, 20) for i, each in enumerate(plan)}
    history = _history(plan, [float(np.mean(scores[i])) for i in range(len(plan))])
    table = sensitivity(SPACE, history, Objective("f1", "maximize"), CENTRE, replicates=scores)
    depth = table.effects[0]
    assert depth.name == "depth" and depth.values[depth.best] == 6
    groups = [scores[next(i for i, e in enumerate(plan) if e == {**CENTRE, "depth": value})] for value in depth.values]
    assert depth.F == pytest.approx(f_oneway(*groups).statistic)  # noqa: SIM300
    with pytest.raises(InvalidInput, match="one run"):
        sensitivity(SPACE, [history, history], LOSS, CENTRE, replicates=scores)


def test_single_values_cannot_be_tested_and_say_so():
    plan = one_at_a_time(SPACE, CENTRE)
    table = sensitivity(SPACE, _history(plan, np.arange(len(plan), dtype=float)), LOSS, CENTRE)
    assert table.tests == 0 and len(table.effects) == 3
    assert all(np.isnan([effect.p, effect.p_adjusted, effect.F]).all() for effect in table.effects)
    assert sensitivity(SPACE, History(SPACE.dimension), LOSS, CENTRE).effects == ()


def test_no_effect_is_found_in_noise_at_the_stated_rate():
    """Family-wise error at most 5 %: of 200 studies of noise at most 20 (p < 0.001 if it holds) show something."""
    rng = np.random.default_rng(2)
    plan = [each for each in one_at_a_time(SPACE, CENTRE) for _ in range(3)]
    hits = 0
    for _ in range(200):
        table = sensitivity(SPACE, _history(plan, rng.normal(size=len(plan))), LOSS, CENTRE)
        hits += any(effect.p_adjusted < 0.05 for effect in table.effects)
    assert hits <= 20


@pytest.mark.parametrize("seed", range(10))
def test_a_standard_configuration_anywhere_on_continuous_axes(seed):
    """Numbers are rounded when they are written, so that the trials of the plan are not bit by bit at the centre."""
    rng = np.random.default_rng(seed)
    centre = {"depth": 4, "norm": "minmax", "rate": float(10 ** rng.uniform(-4, 0))}
    plan = [each for each in one_at_a_time(SPACE, centre) for _ in range(2)]
    table = sensitivity(SPACE, _history(plan, rng.normal(size=len(plan))), LOSS, centre)
    assert sorted((effect.name, len(effect.values)) for effect in table.effects) == [
        ("depth", 5),
        ("norm", 3),
        ("rate", 6),
    ]
    assert all(effect.standard is not None and set(effect.count) == {2} for effect in table.effects)
    rate = next(effect for effect in table.effects if effect.name == "rate")
    assert rate.values[rate.standard] == pytest.approx(centre["rate"])
    assert list(rate.values) == sorted(rate.values)


def test_replicates_may_be_an_array_and_images_may_lack_a_score():
    plan = one_at_a_time(SPACE, CENTRE)
    rng = np.random.default_rng(1)
    scores = np.array([rng.normal(each["depth"], 1, 20) for each in plan])
    scores[0, 3:7] = np.nan
    scores[1] = np.nan  # a trial without any score is left out
    history = _history(plan, np.nanmean(np.where(np.isnan(scores).all(axis=1)[:, None], 0, scores), axis=1))
    table = sensitivity(SPACE, history, LOSS, CENTRE, replicates=scores)
    same = sensitivity(SPACE, history, LOSS, CENTRE, replicates={i: row[:20] for i, row in enumerate(scores)})
    depth = table.effects[0]
    assert depth.name == "depth" and plan[1]["depth"] not in depth.values
    groups = [
        scores[next(i for i, each in enumerate(plan) if each == {**CENTRE, "depth": value})] for value in depth.values
    ]
    F, p = f_oneway(*(group[~np.isnan(group)] for group in groups))
    assert (depth.F, depth.p, depth.F) == pytest.approx((F, p, same.effects[0].F))
    assert depth.freedom == (3, 16 + 3 * 20 - 4)
    with pytest.raises(InvalidInput, match="one row for each of the"):
        sensitivity(SPACE, history, LOSS, CENTRE, replicates=scores[:-1])


def test_a_continuous_axis_is_cut_into_the_values_asked_for():
    space = Space({"x": Float(0, 1), "rate": Float(1e-4, 1, log=True)})
    plan = one_at_a_time(space, {"x": 0.25, "rate": 0.01}, values=5)
    assert sorted(each["x"] for each in plan if each["rate"] == pytest.approx(0.01)) == [0, 0.25, 0.5, 0.75, 1]
    rates = sorted(each["rate"] for each in plan if each["x"] == 0.25)
    assert rates == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1])


def test_25_parameters_and_constraints():
    wide = Space({f"x{i}": Integer(0, 4) for i in range(25)}, constraints=["x0 < x1"])
    centre = {f"x{i}": 1 if i == 0 else 2 for i in range(25)}
    plan = one_at_a_time(wide, centre)
    assert all(each["x0"] < each["x1"] for each in plan) and len(plan) == 1 + 23 * 4 + 1 + 2


def test_best_values_put_together_are_a_configuration_or_nothing():
    plan = one_at_a_time(SPACE, CENTRE)
    losses = [each["depth"] - 5.0 * (each["norm"] == "z") for each in plan]
    combined = sensitivity(SPACE, _history(plan, losses), LOSS, CENTRE).combined
    SPACE.validate(combined)
    assert combined["norm"] == "z" and combined["depth"] == 2 and "clip" in combined
    tied = Space({"a": Integer(0, 9), "b": Integer(0, 9)}, constraints=["a + b < 10"])
    plan = one_at_a_time(tied, {"a": 3, "b": 3}, values=10)
    history = told(tied.encode(plan), [-each["a"] - each["b"] for each in plan])
    table = sensitivity(tied, history, LOSS, {"a": 3, "b": 3})
    assert table.combined is None and [each.values[each.best] for each in table.effects] == [6, 6]
