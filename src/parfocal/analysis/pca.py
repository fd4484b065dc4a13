"""Principal components of the table of trials: which parameters vary together with the objective.

Columns are the parameters and the objective, each with zero mean and unit variance, so that the components are the
eigenvectors of the matrix of correlations (HyperHyper, Table 6). It sees what is linear, and nothing else.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from parfocal.analysis.axes import Axis
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Histories
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Bools, Floats

_NIL = 1e-10


@dataclass(frozen=True)
class Pca:
    """Principal components of parameters and objective."""

    columns: tuple[str, ...]
    """Text of each column, (m,): parameters in their order, ``name = choice`` for a category, ``name active`` for a
    conditional parameter; the objective last. Columns that never vary are left out."""
    parameters: tuple[str, ...]
    """Name of the parameter that each column belongs to, (m,); the metric's for the last one."""
    vectors: Floats
    """(k, m) one unit eigenvector a row, the largest eigenvalue first, those with none left out; the sign is such that
    the objective's entry is not negative (where it is nil: the largest entry)."""
    values: Floats
    """(k,) eigenvalues: variances along the components; they sum to m."""
    correlation: Floats
    """(m, m) correlations of the columns."""
    mean: Floats
    """(m,) means before normalization, in :meth:`Axis.scale`."""
    deviation: Floats
    """(m,) standard deviations before normalization."""
    constant: tuple[str, ...]
    """Columns that never vary and take no part."""
    trials: int
    """Trials that the components are of."""

    @property
    def ratio(self) -> Floats:
        """Share of the variance along each component, (k,)."""
        return self.values / self.values.sum() if len(self.values) else self.values

    @property
    def cumulative(self) -> Floats:
        """Share of the variance along the first components together, (k,)."""
        return np.cumsum(self.ratio)

    def needed(self, share: float = 0.9) -> int:
        """Return how many components hold that share of the variance."""
        return int(np.searchsorted(self.cumulative, share - _NIL)) + 1 if len(self.values) else 0


def pca(
    space: Space,
    histories: Histories | Rows,
    objective: Objective,
    *,
    share: float = 1.0,
    weights: Floats | None = None,
) -> Pca:
    """Return the principal components of the complete trials.

    Numbers stand as they are, logarithms of numbers with a logarithmic prior. A category with two choices is one
    column of 0 and 1, with more choices one column each. An inactive value stands at the mean of the active ones, so
    that it adds nothing, and a column of 0 and 1 says where a conditional parameter was active (left out where another
    column says the same).

    Parameters
    ----------
    space
        The space.
    histories
        One or several runs, or the rows that :func:`rows_of` made of them.
    objective
        Gives the last column, in the user's own units.
    share
        Share of the complete trials, the best ones, in (0, 1]; 1 takes all.
    weights
        ``(n,)`` weight of each row (not negative), for trials that are no even sample; equal when not given.

    Raises
    ------
    InvalidInput
        When ``share`` or ``weights`` are impossible.
    """
    if not 0 < share <= 1:
        raise InvalidInput(f"share must be above 0 and at most 1 (all complete trials); got {share!r}.")
    rows = histories if isinstance(histories, Rows) else rows_of(space, histories)
    weight = _weights(weights, len(rows.loss))
    kept = np.flatnonzero(~np.isnan(rows.loss) & (weight > 0))
    kept = kept[np.argsort(rows.loss[kept], kind="stable")[: ceil(share * len(kept))]]
    weight = weight[kept] / weight[kept].sum() if len(kept) else weight[kept]
    names, owners, table = _table(rows.axes, rows.coordinates[kept], objective.value(rows.loss[kept]), objective.metric)
    mean = weight @ table if len(kept) else np.zeros(len(names))
    spread = np.sqrt(weight @ (table - mean) ** 2) if len(kept) else np.zeros(len(names))
    varies: Bools = np.asarray(spread > _NIL * np.maximum(np.abs(mean), 1e-300))
    constant = tuple(name for name, moves in zip(names, varies.tolist(), strict=True) if not moves)
    used = np.flatnonzero(varies & ~_repeated(table, varies, owners))
    Z = (table[:, used] - mean[used]) / spread[used]
    correlation = (Z * weight[:, None]).T @ Z
    values, vectors = np.linalg.eigh(correlation)
    some = np.flatnonzero(values > _NIL * len(used))[::-1]  # choices of a category sum to one: nothing varies that way
    vectors = vectors[:, some].T
    last = bool(len(used)) and used[-1] == len(names) - 1
    return Pca(
        tuple(names[j] for j in used.tolist()),
        tuple(owners[j] for j in used.tolist()),
        vectors * _signs(vectors, last)[:, None],
        values[some],
        correlation,
        mean[used],
        spread[used],
        constant,
        len(kept),
    )


def _weights(weights: Floats | None, n: int) -> Floats:
    if weights is None:
        return np.ones(n)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (n,) or not np.isfinite(given).all() or (given < 0).any():
        raise InvalidInput(f"weights must be {n} finite numbers, one a row and none negative; got shape {given.shape}.")
    return given


def _table(
    axes: tuple[Axis, ...], coordinates: Floats, value: Floats, metric: str
) -> tuple[list[str], list[str], Floats]:
    """Return texts, owners and values ``(n, m)`` of all columns, the objective last."""
    names: list[str] = []
    owners: list[str] = []
    blocks: list[Floats] = []
    for j, axis in enumerate(axes):
        x = coordinates[:, j]
        active = ~np.isnan(x)
        if axis.kind == "number":
            names.append(axis.name)
            blocks.append(axis.scale(x))
        else:
            shown = range(1, 2) if len(axis.labels) == 2 else range(len(axis.labels))
            names += [f"{axis.name} = {axis.labels[i]}" for i in shown]
            blocks += [np.where(active, x == i, np.nan).astype(np.float64) for i in shown]
        if not active.all():
            names.append(f"{axis.name} active")
            blocks.append(active.astype(np.float64))
        owners += [axis.name] * (len(names) - len(owners))
    table = np.stack([*blocks, value], axis=1)
    filled = np.where(np.isnan(table), np.nan_to_num(_means(table)), table)
    return [*names, metric], [*owners, metric], filled


def _means(table: Floats) -> Floats:
    """Return the mean of what is no NaN in each column."""
    known = ~np.isnan(table)
    return np.asarray(np.where(known, table, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _repeated(table: Floats, varies: Bools, owners: list[str]) -> Bools:
    """Return which columns of 0 and 1 say what one of an earlier parameter says, ``(m,)``."""
    result = np.zeros(table.shape[1], dtype=np.bool_)
    flags = [j for j in np.flatnonzero(varies).tolist() if j < len(owners) - 1 and _flag(table[:, j])]
    for position, j in enumerate(flags):
        earlier = [table[:, i] for i in flags[:position] if owners[i] != owners[j] and not result[i]]
        result[j] = any(np.array_equal(c, table[:, j]) or np.array_equal(1 - c, table[:, j]) for c in earlier)
    return result


def _flag(column: Floats) -> bool:
    return bool(np.isin(column, (0.0, 1.0)).all())


def _signs(vectors: Floats, last: bool) -> Floats:
    """Return the sign of each row that makes its decisive entry positive."""
    if not vectors.size:
        return np.ones(len(vectors))
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1, keepdims=True), axis=1)[:, 0]
    decisive = np.where(np.abs(vectors[:, -1]) > 1e-8, vectors[:, -1], largest) if last else largest
    return np.where(decisive < 0, -1.0, 1.0)
