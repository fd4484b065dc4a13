"""One-to-one assignment on a sparse graph: as many pairs as can be, and of those the cheapest."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.typing import Floats, Ints


def assign(rows: NDArray[Any], columns: NDArray[Any], costs: Floats) -> Ints:
    """Choose pairs so that no row and no column is taken twice.

    The number of pairs is maximal; among all such choices the sum of the costs is minimal. This is Munkres' problem
    with forbidden pairs, solved on the graph of allowed pairs alone (LAPJVsp, Jonker and Volgenant 1987, through
    ``scipy.sparse.csgraph.min_weight_full_bipartite_matching``): every row gets a private column that costs more
    than all pairs together, so that a row stays alone only when it must.

    Parameters
    ----------
    rows, columns : (p,)
        Whole numbers >= 0: the two ends of each allowed pair; no pair twice.
    costs : (p,)
        Finite, >= 0.

    Returns
    -------
    Ints (k,)
        Indices of the chosen pairs, ascending.
    """
    if rows.size == 0:
        return np.empty(0, dtype=np.int64)
    single = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    chosen = np.flatnonzero(single)
    open_ = np.flatnonzero(~single)
    if open_.size:
        chosen = np.sort(np.concatenate([chosen, open_[_solve(rows[open_], columns[open_], costs[open_])]]))
    return chosen.astype(np.int64)


def _solve(rows: NDArray[Any], columns: NDArray[Any], costs: Floats) -> NDArray[Any]:
    """Return the indices of the chosen pairs of a graph that has at least one pair."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    row_ids, row = np.unique(rows, return_inverse=True)
    column_ids, column = np.unique(columns, return_inverse=True)
    n, m = row_ids.size, column_ids.size
    scale = float(costs.max()) or 1.0
    # Weights must not be 0 in a sparse matrix; as each row is matched exactly once, adding 1 to all changes nothing.
    weights = np.concatenate([costs / scale + 1.0, np.full(n, min(n, m) + 2.0)])
    own = np.arange(n)
    graph = csr_array((weights, (np.concatenate([row, own]), np.concatenate([column, m + own]))), shape=(n, m + n))
    matched_rows, matched_columns = min_weight_full_bipartite_matching(graph)
    real = matched_columns < m
    code = matched_rows[real].astype(np.int64) * m + matched_columns[real]
    return np.flatnonzero(np.isin(row.astype(np.int64) * m + column, code))
