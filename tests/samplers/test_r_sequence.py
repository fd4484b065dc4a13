import numpy as np
import pytest
from scipy.stats import qmc

from parfocal.samplers.r_sequence import RSequence, golden, points
from parfocal.space import Float, Space

CUBE = Space({"x": Float(0, 1), "y": Float(0, 1)})


@pytest.mark.parametrize("dimension", [1, 2, 3, 10, 200])
def test_the_generalized_golden_ratio_solves_its_equation(dimension):
    assert golden(dimension) ** (dimension + 1) == pytest.approx(golden(dimension) + 1, rel=1e-9)


def test_known_ratios():
    assert golden(1) == pytest.approx((1 + 5**0.5) / 2)
    assert golden(2) == pytest.approx(1.32471795724474602596)


def test_steps_are_constant_also_far_out():
    for start in (0, 10**9):
        U = points(2, 3, np.arange(start, start + 5))
        assert np.allclose(np.diff(U, axis=0) % 1, [golden(2) ** -1, golden(2) ** -2])


def test_gaps_on_a_line_have_at_most_three_lengths():  # the three-gap theorem (Sos 1957)
    U = np.sort(points(1, 8, np.arange(100))[:, 0])
    assert len(np.unique(np.round(np.diff(np.append(U, U[0] + 1)), 9))) <= 3


def test_points_are_more_even_than_random_ones():
    even = [qmc.discrepancy(points(4, seed, np.arange(128)), method="L2-star") for seed in range(10)]
    rough = [qmc.discrepancy(np.random.default_rng(seed).random((128, 4)), method="L2-star") for seed in range(10)]
    assert np.mean(even) < 0.6 * np.mean(rough)


def test_seeds_and_shifts_differ():
    rows = [RSequence(shift).at(CUBE, seed, 0, 4) for shift, seed in ((0, 0), (1, 0), (0, 1))]
    assert not np.allclose(rows[0], rows[1]) and not np.allclose(rows[0], rows[2])
