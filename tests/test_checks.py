"""Checks at public doors: what passes comes back clean, what does not is told in one sentence."""

import numpy as np
import pytest

from parfocal.checks import did_you_mean, points, positive
from parfocal.errors import InvalidInput


def test_points_are_float64_rows():
    X = points([[0, 1], [1, np.nan]], 2)
    assert X.dtype == np.float64
    assert X.shape == (2, 2)
    assert points(np.empty((0, 3)), 3).shape == (0, 3)


@pytest.mark.parametrize("wrong", [[0.5, 0.5], [[0.5]], [[[0.5, 0.5]]], 0.5])
def test_points_of_another_shape_are_refused(wrong):
    with pytest.raises(InvalidInput, match=r"start must have the shape \(n, 2\), .* got \("):
        points(wrong, 2, "start")


@pytest.mark.parametrize("value", [1, 7, np.int64(3), np.uint8(1)])
def test_positive_returns_a_plain_int(value):
    assert type(positive(value, "n")) is int
    assert positive(value, "n") == value


@pytest.mark.parametrize("wrong", [0, -1, True, 1.0, "1", None, np.float64(2), np.bool_(True)])
def test_positive_refuses(wrong):
    with pytest.raises(InvalidInput, match="n must be a whole number of at least 1; got"):
        positive(wrong, "n")


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("sgima", ["sigma", "size"], " (did you mean 'sigma'?)"),
        ("SIGMA", ["Sigma"], " (did you mean 'Sigma'?)"),
        ("watershed", ["sigma", "size"], ""),
        ("sigma", ["sigma"], ""),
        ("sigma", [], ""),
        (3, ["sigma"], ""),
    ],
)
def test_did_you_mean(name, known, hint):
    assert did_you_mean(name, known) == hint
