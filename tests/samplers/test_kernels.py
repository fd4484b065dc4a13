"""The arithmetic of Parzen mixtures: densities integrate to one, draws follow them, inactive columns count as prior."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from parfocal.samplers.kernels import kernel, mixture
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.testing.kinds import SPACES


def _mixture(space, X, *, weights=None, joint=True, scale=1.0):
    weights = np.ones(len(X)) if weights is None else weights
    return mixture(space, X, weights, prior_weight=1.0, scale=scale, joint=joint)


def _discrete() -> Space:
    return Space(
        {
            "a": Categorical(["p", "q", "r"], weights=[1, 2, 5]),
            "b": Integer(1, 40, log=True),
            "c": Integer(0, 3, when="a == 'q'"),
        }
    )


@pytest.mark.parametrize("joint", [True, False])
def test_the_probabilities_of_all_configurations_sum_to_one(joint):
    space = _discrete()
    X = space.sample(7, np.random.default_rng(0))
    rows = space.grid().rows(0, len(space.grid()))
    prior = np.ones(len(rows))
    for j, name in enumerate(space.columns):
        codes = space.layout.axes[name].codes
        active = ~np.isnan(rows[:, j])
        prior[active] *= codes.probability(codes.index(rows[active, j]))
    assert prior.sum() == pytest.approx(1)
    assert (prior * np.exp(_mixture(space, X, joint=joint).log_density(rows))).sum() == pytest.approx(1)


@pytest.mark.parametrize("joint", [True, False])
def test_a_continuous_density_integrates_to_one(joint):
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    u = (np.arange(300) + 0.5) / 300
    grid = np.stack(np.meshgrid(u, u), axis=-1).reshape(-1, 2)
    X = np.array([[0.02, 0.9], [0.5, 0.5], [0.97, 0.1]])
    density = np.exp(_mixture(space, X, joint=joint).log_density(grid))
    assert density.mean() == pytest.approx(1, rel=1e-3)


def test_one_kernel_is_a_truncated_normal_beside_the_prior():
    space = Space({"x": Float(0, 1)})
    x = np.linspace(0, 1, 11)
    column = _mixture(space, np.array([[0.2]])).columns[0]
    width = float(column.bandwidth[0])
    expected = stats.truncnorm(-0.2 / width, 0.8 / width, 0.2, width).pdf(x)
    density = _mixture(space, np.array([[0.2]])).log_density(x[:, None])
    np.testing.assert_allclose(np.exp(density), (expected + 1) / 2)


def test_the_mass_of_narrow_levels_is_the_integral_of_the_kernel():
    coarse, fine = Space({"x": Integer(0, 4)}), Space({"x": Float(0, 1)})
    X = np.array([[0.3], [0.5], [0.1]])
    density = np.exp(_mixture(coarse, X, scale=0.3).log_density(coarse.from_unit(np.array([[0.5]]))))
    u = 0.4 + 0.2 * (np.arange(2000) + 0.5) / 2000
    assert density[0] == pytest.approx(np.exp(_mixture(fine, X, scale=0.3).log_density(u[:, None])).mean(), rel=1e-6)


def test_draws_follow_the_density():
    space = _discrete()
    X = space.sample(5, np.random.default_rng(3))
    found = _mixture(space, X)
    drawn = found.draw(space, 20_000, np.random.default_rng(4))
    rows = space.grid().rows(0, len(space.grid()))
    keys, counts = np.unique(space.keys(drawn), return_counts=True)
    seen = dict(zip(keys.tolist(), counts.tolist(), strict=True))
    prior = np.ones(len(rows))
    for j, name in enumerate(space.columns):
        codes = space.layout.axes[name].codes
        active = ~np.isnan(rows[:, j])
        prior[active] *= codes.probability(codes.index(rows[active, j]))
    expected = 20_000 * prior * np.exp(found.log_density(rows))
    observed = np.array([seen.get(key, 0) for key in space.keys(rows).tolist()])
    usual = expected > 5
    # the tails of a kernel that is wide against the levels are summed by the density at their middle: 1 % off at most
    chi = ((observed - expected)[usual] ** 2 / expected[usual]).sum()
    assert stats.chi2.sf(chi, usual.sum() - 1) > 1e-3


def test_without_rows_the_prior_is_left():
    space = _discrete()
    X = space.sample(9, np.random.default_rng(0))
    assert not _mixture(space, X[:0]).log_density(X).any()
    np.testing.assert_array_equal(
        _mixture(space, X[:0]).draw(space, 4, np.random.default_rng(1)).shape, (4, space.dimension)
    )


def test_an_inactive_column_of_an_observation_says_nothing_about_that_column():
    space = Space({"a": Categorical(["p", "q"]), "x": Float(0, 1, when="a == 'q'")})
    asleep = space.encode([{"a": "p"}])
    awake = space.encode([{"a": "q", "x": value} for value in (0.1, 0.5, 0.9)])
    density = _mixture(space, asleep).log_density(awake)
    assert np.ptp(density) == 0
    assert density[0] < _mixture(space, asleep).log_density(asleep)[0]


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(sorted(SPACES)), count=st.integers(1, 12), seed=st.integers(0, 99), joint=st.booleans())
def test_densities_are_finite_and_do_not_depend_on_the_order_of_rows(kind, count, seed, joint):
    space = SPACES[kind]()
    rng = np.random.default_rng(seed)
    X, Y = space.sample(count, rng), space.sample(9, rng)
    weights = rng.random(count) + 0.1
    density = _mixture(space, X, weights=weights, joint=joint).log_density(Y)
    assert np.isfinite(density).all()
    order = rng.permutation(count)
    again = _mixture(space, X[order], weights=weights[order], joint=joint).log_density(Y)
    np.testing.assert_allclose(density, again, rtol=1e-9, atol=1e-9)


def test_a_single_kernel_is_highest_at_its_centre_and_narrows_with_the_count():
    space = _discrete()
    rows = space.grid().rows(0, len(space.grid()))
    centre = rows[[17]]
    density = kernel(space, centre, rows, 10)
    assert density[17] == density.max()
    assert kernel(space, centre, rows, 1000)[17] > density[17]
