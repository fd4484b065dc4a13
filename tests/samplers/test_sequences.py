import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import InvalidInput, OptimizerError
from parfocal.samplers.grid import Grid
from parfocal.samplers.latin_hypercube import LatinHypercube
from parfocal.samplers.permutation import permuted
from parfocal.samplers.sequence import uniforms
from parfocal.samplers.sobol import Sobol, _points
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.testing.kinds import SPACES

CUBE = Space({"x": Float(0, 1), "y": Float(0, 1), "z": Float(0, 1)})


def test_sobol_fills_every_dyadic_cell_once():
    X = Sobol().at(CUBE, 5, 0, 64)
    for column in X.T:
        assert sorted(np.floor(column * 64).astype(int).tolist()) == list(range(64))


def test_sobol_is_that_of_scipy():
    from scipy.stats import qmc

    from parfocal.seeds import generator

    expected = qmc.Sobol(3, scramble=True, seed=generator(5, "sobol")).random(32)
    assert np.array_equal(Sobol().at(CUBE, 5, 0, 32), expected)


def test_scrambles_and_seeds_differ():
    points = [Sobol(scramble).at(CUBE, seed, 0, 4) for scramble, seed in ((0, 0), (1, 0), (0, 1))]
    assert not np.allclose(points[0], points[1]) and not np.allclose(points[0], points[2])


def test_sobol_names_its_limit():
    with pytest.raises(OptimizerError, match="21201"):
        _points(30_000, 0, 0, 1)


def test_each_latin_hypercube_meets_every_stratum():
    X = LatinHypercube(block=16).at(CUBE, 3, 16, 32)
    for block in (X[:16], X[16:]):
        for column in block.T:
            assert sorted(np.floor(column * 16).astype(int).tolist()) == list(range(16))
    assert not np.array_equal(X[:16], X[16:])


def test_latin_hypercube_balances_categories():
    space = Space({"c": Categorical(["a", "b", "c", "d"])})
    codes = space.indices(LatinHypercube(block=20).at(space, 0, 0, 20))[:, 0]
    assert np.bincount(codes).tolist() == [5, 5, 5, 5]


def test_blocks_need_a_size():
    with pytest.raises(InvalidInput, match="block"):
        LatinHypercube(block=0)


def test_constrained_sequences_keep_the_feasible_points_of_the_free_one():
    space = SPACES["constrained"]()
    free = Space(space.parameters)
    with_constraints, without = Sobol().at(space, 1, 0, 200), Sobol().at(free, 1, 0, 200)
    kept = space.feasible(without)
    assert 20 < kept.sum() < 200
    assert np.array_equal(with_constraints[kept], without[kept])
    assert space.feasible(with_constraints).all()


def test_hardly_feasible_spaces_are_repaired():
    space = Space({"a": Float(0, 1), "b": Float(0, 1)}, constraints=["a + b > 1.97"])
    X = Sobol().at(space, 0, 0, 20)
    assert space.feasible(X).all()
    assert np.array_equal(X[7:9], Sobol().at(space, 0, 7, 2))


def test_the_grid_is_that_of_the_space():
    space = Space({"k": Integer(1, 4), "x": Float(0, 1, levels=3)})
    assert Grid().length(space) == 12
    values = space.decode(Grid().at(space, 0, 0, 12))
    assert [v["k"] for v in values] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert [v["x"] for v in values[:3]] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("kind", ["tiny", "categorical"])
def test_a_shuffled_grid_has_the_same_points_in_another_order(kind):
    space = SPACES[kind]()
    ordered, shuffled = (space.keys(Grid(order=order).at(space, 1, 0, 10_000)) for order in ("ordered", "shuffled"))
    assert len(ordered) == space.size
    assert sorted(ordered.tolist()) == sorted(shuffled.tolist())
    assert ordered.tolist() != shuffled.tolist()
    assert shuffled.tolist() != space.keys(Grid(order="shuffled").at(space, 2, 0, 10_000)).tolist()


def test_a_coarse_grid_has_at_most_its_target():
    for target in (30, 200):
        length = Grid(target=target).length(CUBE)
        assert target / 4 < length <= target


def test_wrong_grids():
    with pytest.raises(InvalidInput, match="target"):
        Grid(target=0)
    with pytest.raises(OptimizerError, match="order"):
        Grid(order="up")


@given(st.integers(1, 3000), st.integers(0, 2**63))
def test_a_permutation_is_a_bijection(size, seed):
    assert sorted(permuted(np.arange(size), size, seed).tolist()) == list(range(size))


def test_a_permutation_has_no_trend():
    order = permuted(np.arange(50_000), 50_000, 11)
    assert abs(np.corrcoef(order[:-1], order[1:])[0, 1]) < 0.02
    assert abs(np.corrcoef(np.arange(50_000), order)[0, 1]) < 0.02
    assert permuted(np.array([0, 10**17]), 10**18, 1).max() < 10**18


def test_counter_based_uniforms_are_uniform_and_independent():
    U = uniforms(3, np.arange(20_000), 4, 1)
    assert ((U >= 0) & (U < 1)).all()
    assert np.allclose(U.mean(axis=0), 0.5, atol=0.012) and np.allclose(U.var(axis=0), 1 / 12, atol=0.003)
    others = np.column_stack(
        [U, U[np.r_[1:20_000, 0]], uniforms(3, np.arange(20_000), 4, 2), uniforms(4, np.arange(20_000), 4, 1)]
    )
    assert np.abs(np.corrcoef(others.T) - np.eye(16)).max() < 0.035
    assert np.array_equal(uniforms(3, np.array([17]), 4, 1)[0], U[17])
