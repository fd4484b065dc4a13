"""Distances in the mixed cube: how far two configurations are apart, whatever their columns are."""

import numpy as np

from parfocal.space import Space
from parfocal.surrogates.features import options
from parfocal.typing import Floats

_SAME = 1e-12
"""Squared distance below which rows are the same: what is left of the difference of large equal sums."""


def squared_distances(space: Space, X: Floats, Y: Floats) -> Floats:
    """Return squared distances ``(m, k)`` of canonical rows ``X (m, d)`` and ``Y (k, d)``.

    A column adds the squared difference of two numbers, 0 or 1 for two options, 1 where only one of both is active,
    and 0 where neither is (Gower, Biometrics 27, 1971, for spaces with conditions).

    Notes
    -----
    With activities ``a, b`` in {0, 1} and values ``v, w`` (0 where inactive), a numeric column adds
    ``a b (v - w)^2 + a (1 - b) + (1 - a) b``, a sum of products of one factor of each row: so is the whole distance,
    and one product of matrices gives them all.
    """
    total = _terms(space, X, left=True) @ _terms(space, Y, left=False).T
    total += (~np.isnan(X)).sum(axis=1)[:, None] + (~np.isnan(Y)).sum(axis=1)
    total[total < _SAME] = 0.0
    return np.asarray(total)


def _terms(space: Space, X: Floats, *, left: bool) -> Floats:
    """Return the factors of one side ``(n, f)``: numbers add ``a v^2 b + a b w^2 - 2 a v b w - 2 a b``, options
    ``-a b - [equal]``; ``a + b`` of each column is missing.
    """  # noqa: D205
    chosen = space.categorical
    values = X[:, ~chosen]
    active = (~np.isnan(values)).astype(np.float64)
    values = np.nan_to_num(values, nan=0.0)
    same = options(space, X, np.flatnonzero(chosen))
    known = (~np.isnan(X[:, chosen])).astype(np.float64)
    if left:
        return np.concatenate([values**2, active, values, active, -known, -same], axis=1)
    return np.concatenate([active, values**2, -2 * values, -2 * active, known, same], axis=1)
