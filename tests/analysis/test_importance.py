from dataclasses import replace

import numpy as np
import pytest

from parfocal import Categorical, Float, Integer
from parfocal.analysis import importance, rows_of
from parfocal.analysis.coordinates import coordinates_of, points_of
from parfocal.errors import InvalidInput
from parfocal.space import Boolean, Constant, Space
from parfocal.testing.studies import told
from parfocal.trials import History, Objective, State

METHODS = ("fanova", "ped-anova", "permutation")
LOSS = Objective("loss", "minimize")
ISHIGAMI = Space({name: Float(-np.pi, np.pi) for name in ("x1", "x2", "x3")})
HALF = Space(
    {"kind": Categorical(["a", "b"]), "x": Float(0, 1), "w": Float(0, 1), "idle": Float(0, 1)},
    conditions={"w": "kind == 'b'", "idle": "kind == 'b'"},
)


def ishigami(x1, x2, x3):
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def half(kind, x, w=None, idle=None):
    return x + (1.0 if kind == "a" else 2 * w)


def history_of(space, function, n, seed=0, failed=()):
    X = space.sample(n, np.random.default_rng(seed))
    history = History(space.dimension)
    history.append(X)
    loss = np.array([function(**configuration) for configuration in space.decode(X)])
    state = np.full(n, State.COMPLETE)
    state[list(failed)] = State.FAILED
    history.tell(np.arange(n), state, np.where(state == State.FAILED, np.nan, loss))
    return history


def in_order(table, names):
    return np.array([table.names.index(name) for name in names])


def test_functional_anova_finds_the_sobol_indices_of_ishigami():
    table = importance(ISHIGAMI, history_of(ISHIGAMI, ishigami, 3000), LOSS)
    where = in_order(table, ("x1", "x2", "x3"))
    np.testing.assert_allclose(table.share[where], [0.3139, 0.4424, 0.0], atol=0.03)
    assert table.pairs[0] == ("x1", "x3")
    np.testing.assert_allclose(table.pair_share, [0.2437, 0.0, 0.0], atol=0.04)
    assert (table.low <= table.share).all() and (table.share <= table.high).all()
    assert table.quality > 0.9 and table.trials == table.of == 3000


def test_permutation_finds_the_total_effects_of_ishigami():
    table = importance(ISHIGAMI, history_of(ISHIGAMI, ishigami, 3000), LOSS, method="permutation")
    np.testing.assert_allclose(table.share[in_order(table, ("x1", "x2", "x3"))], [0.5576, 0.4424, 0.2437], atol=0.08)
    assert table.pairs == ()


def test_the_g_function_of_sobol():
    a = np.array([0.0, 1.0, 4.5, 99.0])
    space = Space({f"x{i}": Float(0, 1) for i in range(4)})
    partial = 1 / (3 * (1 + a) ** 2)
    truth = partial / (np.prod(1 + partial) - 1)

    def g(**x):
        return np.prod((np.abs(4 * np.array(list(x.values())) - 2) + a) / (1 + a))

    table = importance(space, history_of(space, g, 4000), LOSS)
    np.testing.assert_allclose(table.share[in_order(table, space.columns)], truth, atol=0.05)


def test_pearson_divergence_of_a_step_is_the_share_of_the_indicator():
    """The best tenth lies in x < 0.2, half of it: P(top | x) is 0.5 or 0, and explains (0.05 - 0.01) / 0.09."""
    space = Space({"x": Integer(0, 9), "y": Float(0, 1)})
    n = 4000
    X = space.sample(n, np.random.default_rng(3))
    values = space.decode(X)
    rng = np.random.default_rng(4)
    inside = np.array([value["x"] < 2 for value in values])
    loss = rng.uniform(1, 2, n)
    loss[rng.permutation(np.flatnonzero(inside))[: n // 10]] = rng.uniform(0, 1, n // 10)
    history = History(2)
    history.append(X)
    history.tell(np.arange(n), State.COMPLETE, loss)
    table = importance(space, history, LOSS, method="ped-anova")
    assert table.names[0] == "x"
    assert table.share[0] == pytest.approx(0.04 / 0.09, abs=0.06)
    assert table.share[1] < 0.01


def test_pearson_divergence_of_numbers_and_categories():
    """The truth is counted on 400,000 draws in narrow cells."""

    def function(a, b, c):
        return (a - 0.3) ** 2 * 6 + (b - 0.5) ** 2 * 4 + {"u": 0, "v": 0.5, "w": 1}[c]

    space = Space({"a": Float(0, 1), "b": Float(0, 1), "c": Categorical(["u", "v", "w"])})
    rng = np.random.default_rng(0)
    a, b, c = rng.uniform(size=400_000), rng.uniform(size=400_000), rng.integers(0, 3, 400_000)
    loss = (a - 0.3) ** 2 * 6 + (b - 0.5) ** 2 * 4 + 0.5 * c
    top = loss <= np.quantile(loss, 0.1)
    truth = []
    for cell in ((a * 60).astype(int), (b * 60).astype(int), c):
        rate = np.bincount(cell, weights=top) / np.bincount(cell)
        truth.append(rate[cell].var() / top.var())
    table = importance(space, history_of(space, function, 4000), LOSS, method="ped-anova")
    np.testing.assert_allclose(table.share[in_order(table, space.columns)], truth, atol=0.03)


@pytest.mark.parametrize("method", ["fanova", "ped-anova"])
def test_beside_optuna(method):
    optuna = pytest.importorskip("optuna", reason="needs the package 'optuna'")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = Space(
        {
            "a": Float(0, 1),
            "b": Float(1e-4, 1, prior="log-uniform"),
            "c": Categorical(["u", "v", "w"]),
            "d": Integer(1, 9),
        }
    )

    def function(a, b, c, d):
        return (a - 0.3) ** 2 * 6 + (np.log10(b) + 2) ** 2 / 4 + {"u": 0, "v": 0.5, "w": 1}[c] + 0.01 * d

    X = space.sample(300, np.random.default_rng(1))
    configurations = space.decode(X)
    loss = [function(**configuration) for configuration in configurations]
    history = History(space.dimension)
    history.append(X)
    history.tell(np.arange(300), State.COMPLETE, loss)
    study = optuna.create_study()
    distributions = space.to_optuna()
    for configuration, value in zip(configurations, loss, strict=True):
        params = {name: configuration[name] for name in distributions}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=value))
    evaluators = optuna.importance
    evaluator = evaluators.FanovaImportanceEvaluator(seed=0) if method == "fanova" else _ped_anova(evaluators)
    theirs = evaluators.get_param_importances(study, evaluator=evaluator)
    table = importance(space, history, LOSS, method=method)
    names = [name for name in theirs if method == "fanova" or name != "c"]  # its Parzen estimate blurs categories
    ours = dict(zip(table.names, table.share.tolist(), strict=True))
    ours, theirs = ({name: each[name] / sum(each[n] for n in names) for name in names} for each in (ours, theirs))
    assert sorted(names, key=ours.get) == sorted(names, key=theirs.get)
    assert max(abs(ours[n] - theirs[n]) for n in names) < 0.1


def _ped_anova(evaluators):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is experimental there
        return evaluators.PedAnovaImportanceEvaluator()


@pytest.mark.parametrize("method", METHODS)
def test_a_parameter_that_decides_nothing_gets_nothing_however_often_it_is_inactive(method):
    table = importance(HALF, history_of(HALF, half, 1000), LOSS, method=method)
    shares = dict(zip(table.names, table.share.tolist(), strict=True))
    assert shares["idle"] < 0.02
    assert max(shares, key=shares.get) == "w"


def test_an_effect_of_a_conditional_parameter_counts_by_the_share_of_the_space_that_has_it():
    """Var = 1/12 of x, and of w half of 4/12; the means of both branches are equal."""
    table = importance(HALF, history_of(HALF, half, 2000), LOSS)
    shares = dict(zip(table.names, table.share.tolist(), strict=True))
    assert shares == pytest.approx({"w": 2 / 3, "x": 1 / 3, "kind": 0, "idle": 0}, abs=0.03)


def test_what_decides_among_the_best_is_not_what_decides_over_all():
    space = Space({"coarse": Categorical(list("abcdefghij")), "fine": Float(0, 1)})
    history = history_of(space, lambda coarse, fine: (0 if coarse == "a" else 10.0) + fine, 2000)
    everywhere, best = (importance(space, history, LOSS, region=region, share=0.08) for region in ("all", "best"))
    assert everywhere.names[0] == "coarse" and everywhere.share[0] > 0.9
    assert best.share[best.names.index("fine")] > 5 * everywhere.share[everywhere.names.index("fine")]
    local = importance(space, history, LOSS, region="best", method="ped-anova", share=0.08)
    assert local.names[0] == "fine"


@pytest.mark.parametrize("method", METHODS)
def test_intervals_of_noise_hold_nothing(method):
    """With losses that depend on nothing, nine of ten intervals begin at (next to) nothing; 30 of them, fixed seeds."""
    forest = method != "ped-anova"
    space = Space({f"x{i}": Float(0, 1) for i in range(3)})
    lows = []
    for seed in range(10):
        rng = np.random.default_rng(100 + seed)
        table = importance(space, history_of(space, lambda rng=rng, **x: rng.normal(), 200, seed), LOSS, method=method)
        lows += table.low.tolist()
        assert (table.trust, "say nothing" in table.warning) == (("none", True) if forest else ("unknown", False))
    assert np.mean(np.array(lows) < 0.01) >= 0.9


@pytest.mark.parametrize("n", [100, 300])
def test_intervals_hold_the_truth_where_the_forest_is_poor(n):
    """A forest of few trials errs alike in all resamples; 60 intervals, fixed seeds, made for 90 %, at least 80 do."""
    held = []
    for seed in range(20):
        table = importance(ISHIGAMI, history_of(ISHIGAMI, ishigami, n, seed), LOSS, pairs=0, seed=seed)
        where, truth = in_order(table, ("x1", "x2", "x3")), np.array([0.3139, 0.4424, 0.0])
        held += ((table.low[where] <= truth) & (truth <= table.high[where])).tolist()
    assert np.mean(held) >= 0.8


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("factor", "offset"), [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e8), (1e200, 0.0)])
def test_the_unit_of_the_loss_does_not_matter(method, factor, offset):
    X = ISHIGAMI.sample(200, np.random.default_rng(0))
    loss = X[:, 0] + 2 * X[:, 1] * X[:, 2]
    plain, other = (importance(ISHIGAMI, told(X, each), LOSS, method=method) for each in (loss, factor * loss + offset))
    assert plain.share[0] > 0.1
    np.testing.assert_allclose(other.share[in_order(other, plain.names)], plain.share, atol=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_the_direction_does_not_matter_where_the_loss_is_the_same(method):
    history = history_of(ISHIGAMI, ishigami, 100)
    lower, higher = (importance(ISHIGAMI, history, each, method=method) for each in (LOSS, Objective("f", "maximize")))
    np.testing.assert_array_equal(lower.share, higher.share)


@pytest.mark.parametrize("method", METHODS)
def test_a_large_grid_in_its_own_order_is_not_looked_at_in_step_with_it(method):
    """Every tenth trial of this grid would have the same c, and later another: c would seem to be a."""
    space = Space({name: Float(0, 1, levels=levels) for name, levels in (("a", 40), ("b", 100), ("c", 10))})
    axes = [(np.arange(levels) + 0.5) / levels for levels in (40, 100, 10)]
    X = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    table = importance(space, told(X, X[:, 0]), LOSS, method=method, pairs=0)
    assert (table.trials, table.of) == (4000, 40_000)
    assert table.names[0] == "a" and table.share[0] > 0.9
    assert table.share[1:].max() < 0.01


@pytest.mark.parametrize("method", METHODS)
def test_nothing_decides_among_best_trials_that_are_all_equal(method):
    X = ISHIGAMI.sample(300, np.random.default_rng(0))
    loss = np.maximum(X[:, 0], 0.2)  # a fifth of them are the best, all alike
    assert importance(ISHIGAMI, told(X, loss), LOSS, method=method).names[0] == "x1"
    table = importance(ISHIGAMI, told(X, loss), LOSS, method=method, region="best")
    assert (table.share == 0).all() and (table.low == 0).all() and (table.high == 1).all()
    assert np.isnan(table.quality) and table.warning == ""


def test_two_of_25_parameters_that_matter_together_only_are_found():
    """They have no share of their own, so that many others come before them."""
    many = Space({f"x{i}": Float(0, 1) for i in range(25)})
    X = many.sample(1500, np.random.default_rng(0))
    loss = (X[:, 23] - 0.5) * (X[:, 24] - 0.5) + 0.03 * X[:, :12].sum(axis=1)
    table = importance(many, told(X, loss), LOSS, pairs=3)
    assert set(table.pairs[0]) == {"x23", "x24"} and table.pair_share[0] > 0.5
    assert len(table.pairs) == 3 and table.share[in_order(table, ["x23", "x24"])].max() < 0.1


def test_shares_of_an_additive_function_are_those_of_its_terms():
    space = Space({"a": Float(0, 1), "b": Integer(0, 4), "c": Categorical(["u", "v"]), "idle": Float(1, 9)})
    table = importance(
        space, history_of(space, lambda a, b, c, idle: 3 * a + 0.5 * b + (c == "u"), 2000), LOSS, pairs=6
    )
    parts = np.array([9 / 12, 0.25 * 2, 1 / 4, 0])
    np.testing.assert_allclose(table.share[in_order(table, space.columns)], parts / parts.sum(), atol=0.02)
    assert table.pair_share.max() < 0.01


def test_a_number_on_a_logarithmic_scale_is_weighed_by_its_prior():
    """Uniform in the logarithm: log10 of it explains half, as it does on a linear scale of its own."""
    space = Space({"rate": Float(1e-6, 1, log=True), "x": Float(0, 6)})
    table = importance(space, history_of(space, lambda rate, x: np.log10(rate) + x, 1500), LOSS)
    np.testing.assert_allclose(table.share, [0.5, 0.5], atol=0.03)


@pytest.mark.parametrize("method", METHODS)
def test_a_parameter_that_never_moved_gets_nothing_and_a_constant_has_no_row(method):
    space = Space({"x": Float(0, 1), "still": Float(0, 1), "fixed": Constant(3)})
    X = space.sample(200, np.random.default_rng(0))
    X[:, 1] = 0.25
    table = importance(space, told(X, X[:, 0]), LOSS, method=method)
    assert table.names == ("x", "still") and table.share[1] == 0 < table.share[0]


@pytest.mark.parametrize(
    ("quality", "trust", "words"),
    [
        (0.95, "good", ""),
        (0.5, "fair", "50%"),
        (0.2, "poor", "only 20%"),
        (-0.3, "none", "-0.30"),
        (np.nan, "unknown", ""),
    ],
)
def test_how_far_a_forest_is_to_be_trusted_is_said(quality, trust, words):
    table = replace(importance(ISHIGAMI, history_of(ISHIGAMI, ishigami, 20), LOSS, pairs=0), quality=quality)
    assert table.trust == trust and words in table.warning and bool(words) == bool(table.warning)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("region", ["all", "best"])
@pytest.mark.parametrize(
    ("n", "function"), [(0, ishigami), (5, ishigami), (9, ishigami), (12, ishigami), (40, lambda **x: 1.0)]
)
def test_too_little_to_tell_is_no_error(method, region, n, function):
    table = importance(ISHIGAMI, history_of(ISHIGAMI, function, n), LOSS, method=method, region=region)
    assert sorted(table.names) == ["x1", "x2", "x3"]
    assert np.isfinite(table.share).all() and (table.low >= 0).all() and (table.high <= 1).all()
    if n != 12:
        assert (table.share == 0).all() and (table.high == 1).all()


@pytest.mark.parametrize("method", METHODS)
def test_many_parameters_one_parameter_failures_and_repetition(method):
    many = Space({f"x{i}": Float(0, 1) for i in range(25)})
    history = history_of(many, lambda **x: x["x7"] + 0.5 * x["x3"], 400, failed=range(0, 400, 7))
    table = importance(many, rows_of(many, history), LOSS, method=method, pairs=3)
    assert table.names[:2] == ("x7", "x3")
    again = importance(many, history, LOSS, method=method, pairs=3)
    np.testing.assert_array_equal(table.share, again.share)
    one = Space({"x": Float(0, 1)})
    single = importance(one, history_of(one, lambda x: (x - 0.5) ** 2, 200), LOSS, method=method)
    assert single.share[0] > (0.2 if method == "ped-anova" else 0.9) and single.pairs == ()


def test_of_many_trials_a_random_choice_is_looked_at():
    table = importance(ISHIGAMI, history_of(ISHIGAMI, ishigami, 5000), LOSS, method="ped-anova")
    assert (table.trials, table.of) == (4000, 5000)


@pytest.mark.parametrize("wrong", [{"method": "shap"}, {"region": "some"}, {"share": 0.0}, {"share": 0.9}])
def test_wrong_requests(wrong):
    with pytest.raises(InvalidInput):
        importance(ISHIGAMI, history_of(ISHIGAMI, ishigami, 20), LOSS, **wrong)


def test_points_of_is_the_inverse_of_coordinates_of():
    space = Space(
        {
            "kind": Categorical(["a", "b"]),
            "w": Float(0.1, 10, prior="log-uniform"),
            "k": Integer(1, 500),
            "s": Float(0, 1, step=0.1),
        },
        conditions={"w": "kind == 'b'"},
    )
    X = space.sample(200, np.random.default_rng(0))
    np.testing.assert_allclose(points_of(space, coordinates_of(space, X)), X, atol=1e-12)


@pytest.mark.parametrize(("switches", "error"), [(3, 0.02), (8, 0.02), (12, 0.05)])
def test_many_switches_with_a_parameter_each_have_the_shares_of_their_closed_form(switches, error):
    """2 to the number of switches patterns of activity, all as frequent.

    f = sum of c w where the switch is on: a switch has c^2 / 16 of the variance, what it switches half of c^2 / 12.
    """
    space, loss, scale = _switchboard(switches, 1000)
    table = importance(space, loss, LOSS, pairs=0)
    truth = np.concatenate([scale**2 / 16, scale**2 / 24])
    np.testing.assert_allclose(table.share[in_order(table, space.columns)], truth / truth.sum(), atol=error)


def test_a_shuffled_switch_takes_with_it_what_it_switches():
    """Of two trials half differ in the switch, by c w: the total effect is c^2 / 12."""
    space, history, scale = _switchboard(5, 1500)
    table = importance(space, history, LOSS, method="permutation")
    whole = np.sum(scale**2 / 16 + scale**2 / 24)
    truth = np.concatenate([scale**2 / 12, scale**2 / 24]) / whole
    np.testing.assert_allclose(table.share[in_order(table, space.columns)], truth, atol=0.05)


def _switchboard(switches, n):
    names = {f"b{i}": Boolean() for i in range(switches)}
    space = Space({**names, **{f"w{i}": Float(0, 1, when=f"b{i} == True") for i in range(switches)}})
    scale = np.zeros(switches)
    scale[:3] = [4, 3, 2]
    X = space.sample(n, np.random.default_rng(0))
    return space, told(X, np.nan_to_num(X[:, switches:]) @ scale), scale


def test_pairs_of_a_switch_and_what_it_switches_with_another():
    """Half of the space has a pure interaction of variance 1 there; the switch moves the mean from 0.5 to 0."""
    space = Space({"b": Boolean(), "w": Float(0, 1, when="b == True"), "x": Float(0, 1)})
    X = space.sample(3000, np.random.default_rng(0))
    on = X[:, 0] > 0.5
    loss = np.where(on, 12 * (np.nan_to_num(X[:, 1]) - 0.5) * (X[:, 2] - 0.5), X[:, 2])
    table = importance(space, told(X, loss), LOSS, pairs=3)
    rng = np.random.default_rng(1)
    x, w, b = rng.random(10**6), rng.random(10**6), rng.random(10**6) > 0.5
    whole = np.where(b, 12 * (w - 0.5) * (x - 0.5), x).var()
    shares = dict(zip(map(frozenset, table.pairs), table.pair_share.tolist(), strict=True))
    assert shares[frozenset({"w", "x"})] == pytest.approx(0.5 / whole, abs=0.06)
    assert table.share[table.names.index("b")] == pytest.approx(0.25**2 / whole, abs=0.03)
