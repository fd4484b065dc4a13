import numpy as np
import pytest
from scipy.stats import f_oneway

from parfocal.analysis import one_at_a_time, sensitivity
from parfocal.errors import InvalidInput
from parfocal.space import Categorical, Float, Integer, Space
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
    assert table.tests == 0 and all(np.isnan(effect.p) for effect in table.effects)
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
