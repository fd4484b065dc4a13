import numpy as np
import pytest
from scipy.stats import qmc

from parfocal.errors import OptimizerError
from parfocal.samplers.halton import Halton, points, primes
from parfocal.space import Float, Space

CUBE = Space({"x": Float(0, 1), "y": Float(0, 1), "z": Float(0, 1)})


def test_primes():
    assert primes(8).tolist() == [2, 3, 5, 7, 11, 13, 17, 19]
    assert len(primes(1)) == 1 and len(primes(1000)) == 1000 and primes(1000)[-1] == 7919


def test_each_column_meets_every_cell_of_its_base_once():
    U = points(3, 4, np.arange(2**3 * 3**3 * 5**2))
    for column, (base, power) in zip(U.T, ((2, 3), (3, 3), (5, 2)), strict=True):
        count = base**power
        cells = np.floor(column[:count] * count).astype(int)
        assert sorted(cells.tolist()) == list(range(count))


def test_cells_of_two_columns_together_are_met_once():
    U = points(2, 0, np.arange(8 * 9))
    cells = np.floor(U * [8, 9]).astype(int)
    assert len({tuple(cell) for cell in cells.tolist()}) == 72


def test_points_are_more_even_than_random_ones():
    even = [qmc.discrepancy(points(4, seed, np.arange(128)), method="L2-star") for seed in range(10)]
    rough = [qmc.discrepancy(np.random.default_rng(seed).random((128, 4)), method="L2-star") for seed in range(10)]
    assert max(even) < 0.6 * np.mean(rough)


def test_scrambling_makes_high_dimensions_useful():
    U = points(50, 1, np.arange(64))
    correlation = np.corrcoef(U.T) - np.eye(50)
    assert np.abs(correlation).max() < 0.6  # the plain sequence reaches 1 between its last columns
    assert np.allclose(U.mean(axis=0), 0.5, atol=0.15)


def test_seeds_and_scrambles_differ():
    rows = [Halton(scramble).at(CUBE, seed, 0, 4) for scramble, seed in ((0, 0), (1, 0), (0, 1))]
    assert not np.allclose(rows[0], rows[1]) and not np.allclose(rows[0], rows[2])


def test_the_limit_is_named():
    with pytest.raises(OptimizerError, match="1000"):
        points(1001, 0, np.arange(1))
