"""Draws follow their priors: chi-square tests against scipy's distributions.

The seeds are fixed, so a test gives one answer for ever; a correct implementation would fail one with a fresh
seed with a probability of 1e-4.
"""

import math
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from parfocal.errors import SpaceError
from parfocal.space import (
    Beta,
    Boolean,
    Categorical,
    Exponential,
    Float,
    Integer,
    LogNormal,
    LogUniform,
    Normal,
    Ordinal,
    Space,
    Uniform,
)

N = 20_000
ERROR_RATE = 1e-4

# prior, low, high, the distribution before truncation
PRIORS = [
    (Uniform(), -1.0, 4.0, stats.uniform(-1.0, 5.0)),
    (LogUniform(), 0.01, 100.0, stats.loguniform(0.01, 100.0)),
    (Normal(2.0, 1.5), 0.5, 9.0, stats.norm(2.0, 1.5)),
    (Normal(-4.0, 1.0), 0.5, 3.0, stats.norm(-4.0, 1.0)),
    (LogNormal(0.0, 0.8), 0.2, 6.0, stats.lognorm(0.8)),
    (Exponential(2.0), 1.0, 9.0, stats.expon(scale=2.0)),
    (Beta(2.0, 5.0), 1.0, 4.0, stats.beta(2.0, 5.0, 1.0, 3.0)),
    (Beta(0.5, 0.5), 1.0, 4.0, stats.beta(0.5, 0.5, 1.0, 3.0)),
]


def p_value(counts: Any, expected: Any) -> float:
    """Return the probability of counts at least as far from ``expected`` (shares) by chance."""
    counts, expected = np.asarray(counts), np.asarray(expected) / np.sum(expected) * np.sum(counts)
    assert expected.min() > 5, "too few draws for a chi-square test"
    return float(special.chdtrc(len(counts) - 1, ((counts - expected) ** 2 / expected).sum()))


def values_of(parameter: Any, seed: int = 0, n: int = N) -> Any:
    space = Space({"x": parameter})
    return space.decode_columns(space.sample(n, np.random.default_rng(seed)))["x"]


@pytest.mark.parametrize(("prior", "low", "high", "theirs"), PRIORS, ids=lambda v: getattr(v, "name", None))
def test_continuous_draws_follow_the_truncated_prior(prior: Any, low: float, high: float, theirs: Any) -> None:
    x = values_of(Float(low, high, prior=prior)).astype(float)
    assert x.min() >= low and x.max() <= high
    edges = low + (high - low) * special.betaincinv(0.7, 0.7, np.linspace(0, 1, 15))
    shares = np.diff(theirs.sf(edges)) * -1 if theirs.mean() < low else np.diff(theirs.cdf(edges))
    wide = shares / shares.sum() > 1e-3
    inside = np.histogram(x, edges)[0]
    counts = np.append(inside[wide], inside[~wide].sum() + 10)
    assert p_value(counts[:-1], shares[wide]) > ERROR_RATE


@pytest.mark.parametrize(("prior", "low", "high", "theirs"), PRIORS, ids=lambda v: getattr(v, "name", None))
def test_quantiles_invert_shares(prior: Any, low: float, high: float, theirs: Any) -> None:
    x = np.linspace(low, high, 101)
    u = prior.cdf(x, low, high)
    below, above = theirs.sf(low) - theirs.sf(x), theirs.sf(low) - theirs.sf(high)
    np.testing.assert_allclose(u, below / above, atol=1e-9)
    np.testing.assert_allclose(prior.ppf(u, low, high), x, rtol=1e-6, atol=1e-6)
    assert u[0] == 0 and u[-1] == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(("low", "high"), [(1, 2), (1, 7), (3, 40)])
def test_integers_are_unbiased_at_the_ends(low: int, high: int, log: bool) -> None:
    x = values_of(Integer(low, high, log=log)).astype(int)
    k = np.arange(low, high + 1)
    expected = np.log((k + 0.5) / (k - 0.5)) if log else np.ones(len(k))
    assert p_value(np.bincount(x, minlength=high + 1)[low:], expected) > ERROR_RATE


def test_steps_and_levels_are_honoured_by_every_draw() -> None:
    assert set(values_of(Float(0.1, 0.7, step=0.2))) == {0.1, 0.3, 0.5, 0.7}
    assert set(values_of(Float(0.0, 1.0, step=0.3))) == {0.0, 0.3, 0.6, 0.9}
    assert set(values_of(Float(0.5, 1.0, levels=3))) == {0.5, 0.75, 1.0}
    assert set(values_of(Float(0.01, 100.0, levels=5, log=True))) == {0.01, 0.1, 1.0, 10.0, 100.0}
    assert set(values_of(Integer(1, 10, step=4))) == {1, 5, 9}
    assert set(values_of(Integer(1, 1000, levels=4, log=True))) == {1, 10, 100, 1000}
    assert set(values_of(Integer(1, 3, levels=50))) == {1, 2, 3}
    ends = values_of(Float(1 / 3, 2 / 3, levels=4))
    assert {1 / 3, 2 / 3} <= set(ends)


@pytest.mark.parametrize(
    ("parameter", "values", "shares"),
    [
        (Float(0.0, 1.0, levels=5), [0, 0.25, 0.5, 0.75, 1], [1, 1, 1, 1, 1]),
        (Float(0.01, 100, levels=5, log=True), [0.01, 0.1, 1, 10, 100], [1, 1, 1, 1, 1]),
        (
            Float(0.0, 4.0, step=1.0, prior=Normal(1, 1)),
            [0, 1, 2, 3, 4],
            np.diff(stats.norm(1, 1).cdf(np.arange(6) - 0.5)),
        ),
        (Integer(0, 4, prior=Exponential(2.0)), [0, 1, 2, 3, 4], np.exp(-np.arange(5) / 2.0)),
        (Integer(1, 4, prior=Beta(2, 2)), [1, 2, 3, 4], np.diff(stats.beta(2, 2).cdf(np.linspace(0, 1, 5)))),
        (Integer(1, 3, prior=LogNormal(0, 1)), [1, 2, 3], np.diff(stats.norm.cdf(np.log([0.5, 1.5, 2.5, 3.5])))),
        (Ordinal([8, 4, 2], weights=[1, 2, 5]), [8, 4, 2], [1, 2, 5]),
    ],
)
def test_discrete_priors(parameter: Any, values: Any, shares: Any) -> None:
    x = values_of(parameter).astype(float)
    counts = [(x == value).sum() for value in values]
    assert sum(counts) == len(x)
    assert p_value(counts, shares) > ERROR_RATE


def test_weights_and_probabilities() -> None:
    x = values_of(Categorical(["a", None, 3], weights=[1, 2, 7]))
    assert p_value([(x == "a").sum(), sum(v is None for v in x), (x == 3).sum()], [1, 2, 7]) > ERROR_RATE
    x = values_of(Boolean(probability=0.1))
    assert p_value([(x == True).sum(), (x == False).sum()], [1, 9]) > ERROR_RATE  # noqa: E712


def test_constraints_leave_the_prior_within_the_feasible_region() -> None:
    space = Space({"a": Integer(1, 6), "b": Integer(1, 6), "c": Float(0, 1)}, ["a < b"])
    columns = space.decode_columns(space.sample(N, np.random.default_rng(3)))
    pairs = {(a, b): 0 for a in range(1, 7) for b in range(a + 1, 7)}
    for pair in zip(columns["a"].tolist(), columns["b"].tolist(), strict=True):
        pairs[pair] += 1
    assert p_value(list(pairs.values()), np.ones(15)) > ERROR_RATE
    assert p_value(np.histogram(columns["c"], 10, (0, 1))[0], np.ones(10)) > ERROR_RATE


def test_a_rare_region_is_listed_and_drawn_by_its_prior() -> None:
    weights = [1.0, 2.0, 3.0, 4.0]
    options = Ordinal([1, 2, 3, 4], weights=weights)
    names = "abcdefgh"
    space = Space({name: options for name in names}, ["a+b+c+d+e+f+g+h <= 9"])
    X = space.sample(N, np.random.default_rng(0))
    assert space.size == 9
    columns = space.decode_columns(X)
    counts = [sum(columns[name] == 2) for name in names]
    assert p_value([*counts, N - sum(counts)], [2.0] * 8 + [1.0]) > ERROR_RATE


def test_many_levels_need_no_table() -> None:
    space = Space({"x": Integer(1, 10**9, log=True), "seed": Integer(0, 2**32 - 1), "y": Float(0, 1e6, step=1e-3)})
    X = space.sample(5 * N, np.random.default_rng(1))
    assert np.array_equal(space.encode(space.decode(X)), X)
    x = space.decode_columns(X)["x"]
    assert x.min() < 10 and x.max() > 10**8
    edges = np.floor(10 ** np.arange(1, 9.01, 0.5)) + 0.5
    assert p_value(np.histogram(x, edges)[0], np.diff(np.log(edges))) > ERROR_RATE
    assert space.size == 10**9 * 2**32 * (10**9 + 1)


def test_a_prior_far_from_the_bounds_is_refused_and_one_far_in_the_tail_works() -> None:
    with pytest.raises(SpaceError, match="practically zero"):
        Space({"x": Float(0, 1, prior=Normal(1000, 1))})
    x = values_of(Float(20, 30, prior=Normal(0, 1))).astype(float)
    assert 20 < np.mean(x) < 20.1
    x = values_of(Integer(0, 100, prior=Normal(0, 1)), n=100).astype(int)
    assert x.max() <= 5
    space = Space({"x": Integer(0, 100, prior=Normal(0, 1))})
    everything = [{"x": k} for k in range(101)]
    assert space.decode(space.encode(everything)) == everything


def test_levels_sit_in_the_middle_of_their_share() -> None:
    space = Space({"x": Integer(1, 4), "y": Categorical(["a", "b"], weights=[1, 3])})
    np.testing.assert_allclose(space.grid().rows()[:, 0], np.repeat([0.125, 0.375, 0.625, 0.875], 2))
    np.testing.assert_allclose(space.grid().rows()[:2, 1], [0.125, 0.625])
    assert math.isclose(space.from_unit([[0.999, 0.24]])[0, 0], 0.875)
