"""Ranks over time and at the end: 1 is the best, equal results share their ranks, who found nothing is last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parfocal.analysis.comparison import Comparison
from parfocal.errors import InvalidInput
from parfocal.typing import Floats

Blocks = Literal["problems", "seeds"]


@dataclass(frozen=True)
class Ranks:
    """Mean ranks; axes: o optimizers, b blocks, g points of the budget.

    Within a block everyone is ranked. Blocks are problems, by the mean regret over seeds; of a single problem they are
    the seeds that all optimizers share, whose runs began alike.
    """

    optimizers: tuple[str, ...]
    """Those that are ranked, in the order of the comparison."""
    left_out: tuple[str, ...]
    """Those without a run in some block, which cannot be ranked."""
    kind: Blocks
    blocks: tuple[str, ...]
    share: Floats
    """(g,) shares of the budget."""
    evaluations: Floats
    """(g,) numbers of evaluations where one problem, or one budget, is compared; else empty."""
    mean: Floats
    """(o, g) mean rank over blocks."""
    final: Floats
    """(b, o) ranks at the end."""
    score: Floats
    """(b, o) what is ranked at the end: regrets, smaller is better; infinite where nothing was found."""

    @property
    def order(self) -> tuple[int, ...]:
        """Indices of the optimizers, the best mean rank at the end first."""
        return tuple(np.argsort(self.mean[:, -1], kind="stable").tolist())


def ranks(table: Comparison) -> Ranks:
    """Return the ranks of all optimizers that have a run in every block; without any block the tables are empty."""
    regret = table.regret
    if len(table.problems) > 1:
        chosen = list(table.ranked)
        with np.errstate(invalid="ignore"):
            counts = table.present[:, chosen].sum(axis=2)[..., None]
            score = np.where(table.present[:, chosen, :, None], regret[:, chosen], 0.0).sum(axis=2) / counts
        blocks = tuple(problem.name for problem in table.problems)
    else:
        chosen = np.flatnonzero(table.present[0].any(axis=1)).tolist()
        shared = table.shared(0, chosen)
        score = regret[0][chosen][:, shared].swapaxes(0, 1)
        blocks = tuple(str(table.seeds[i]) for i in shared)
    names = tuple(table.optimizers[i] for i in chosen)
    ranked = _rank(score)
    alike = bool((table.steps == table.steps[0]).all())
    mean = np.full((len(names), len(table.share)), np.nan)
    if len(ranked):
        mean[:] = ranked.mean(axis=0)
    return Ranks(
        names,
        tuple(name for name in table.optimizers if name not in names),
        "problems" if len(table.problems) > 1 else "seeds",
        blocks,
        table.share,
        table.steps[0].astype(np.float64) if alike else np.empty(0),
        mean,
        ranked[..., -1],
        score[..., -1],
    )


def ranks_of(scores: Mapping[str, Sequence[float]], blocks: Sequence[str] | None = None) -> Ranks:
    """Return the ranks of numbers that stand at the same places of all optimizers: smaller is better, NaN is last."""
    sizes = {len(row) for row in scores.values()}
    if len(sizes) != 1:
        raise InvalidInput(f"All optimizers need as many numbers as the others; got {sorted(sizes)} of them.")
    given = np.array([list(row) for row in scores.values()], dtype=np.float64).T
    score: Floats = np.where(np.isnan(given), np.inf, given).round(12)
    names = [str(i + 1) for i in range(len(score))] if blocks is None else list(blocks)
    final = _rank(score)
    mean = np.asarray(final.mean(axis=0), dtype=np.float64)[:, None]
    return Ranks(tuple(scores), (), "problems", tuple(names), np.ones(1), np.empty(0), mean, final, score)


def _rank(score: Floats) -> Floats:
    """Return ranks along axis 1, equal numbers sharing theirs."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(score, axis=1)) if score.size else np.empty(score.shape)
