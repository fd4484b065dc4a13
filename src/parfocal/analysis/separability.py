"""Separability: which groups of parameters can be optimized apart, one group after the other.

Two parameters can be optimized apart when it costs nothing to set the one to its best while the other one stands
anywhere sensible, and then the other one to its best, in one order at least. That is weaker than additivity: any
monotone combination of independent parts has it. What a pair loses is measured on functions that the trials allow
(:mod:`parfocal.analysis.transfer`), as a share of what the search gained over a trial at random. Pairs that lose more
than a tolerance are joined; the groups that result are the blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr

from parfocal.analysis.blocks import Plan, joined, tied
from parfocal.analysis.influence import influence
from parfocal.analysis.pairwise import holm
from parfocal.analysis.rows import rows_of
from parfocal.analysis.runs import Histories, as_runs, comparable
from parfocal.analysis.transfer import CONTEXTS, STARTS, Believed, believed, different, lost
from parfocal.errors import InvalidInput
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats

TOLERANCE = 0.03
"""Share of the gain that a pair may lose and still be optimized apart."""
ERROR = 0.05
DRAWS = 64
"""Functions that are drawn."""
REFERENCE = 400
"""Draws of the prior among which sequences are tried."""
MOST_NAMED = 5
"""Blocks that are all written out in a sentence."""
FEWEST = 25
"""Complete trials below which nothing is decided."""

Verdict = Literal["apart", "together", "open", "tied"]
"""What is known of a pair; ``tied`` pairs share a condition or a constraint."""


@dataclass(frozen=True)
class Pair:
    """Two parameters, and what is lost when they are optimized one after the other, in the better order."""

    names: tuple[str, str]
    orders: tuple[float, float]
    """Share of the gain that is lost, expected: with the first one set first, and with the second one set first."""
    lost: float
    """The smaller one of these; NaN where it is unknown."""
    low: float
    high: float
    """Between these lies what is lost with a probability of 90 %."""
    chance: float
    """Probability that more than the tolerance is lost."""
    p: float
    """Probability that no more is lost, adjusted for the number of pairs (Holm 1979)."""
    verdict: Verdict


@dataclass(frozen=True)
class Separability:
    """Which parameters can be optimized apart."""

    names: tuple[str, ...]
    """All parameters, in the order of the space."""
    pairs: tuple[Pair, ...]
    """Each two parameters once, the one that stands first in the space first."""
    blocks: tuple[tuple[str, ...], ...]
    """Groups that can be optimized apart, the most influential one first."""
    share: Floats
    """(b,) influence of the most influential parameter of each block, as :func:`influence` gives it."""
    tolerance: float
    error: float
    gain: float
    """What the search gained: the median loss of a draw of the prior, as the model expects it, less the best."""
    noise: float
    """Standard deviation of repeated evaluations as a share of the gain, as far as the model sees it."""
    trials: int
    """Complete trials that this is of."""
    probes: int = 0
    """Evaluations among them that were spent on verifying."""

    @property
    def lost(self) -> Floats:
        """What each pair loses, (d, d), symmetric, NaN on the diagonal and where it is unknown."""
        return self._matrix([pair.lost for pair in self.pairs])

    @property
    def chance(self) -> Floats:
        """Probability of each pair to lose more than the tolerance, (d, d), NaN on the diagonal."""
        return self._matrix([pair.chance for pair in self.pairs])

    def _matrix(self, values: Sequence[float]) -> Floats:
        result = np.full((len(self.names), len(self.names)), np.nan)
        place = {name: index for index, name in enumerate(self.names)}
        for pair, value in zip(self.pairs, values, strict=True):
            i, j = (place[name] for name in pair.names)
            result[i, j] = result[j, i] = value
        return result

    @property
    def risk(self) -> float:
        """Largest probability that some pair of two different blocks loses more than the tolerance (union bound)."""
        home = {name: index for index, block in enumerate(self.blocks) for name in block}
        across = [pair.chance for pair in self.pairs if home[pair.names[0]] != home[pair.names[1]]]
        return float(min(1.0, np.nansum(across))) if across else 0.0

    @property
    def open(self) -> tuple[Pair, ...]:
        """Pairs that are not decided yet, the least certain one first."""
        return tuple(sorted((p for p in self.pairs if p.verdict == "open"), key=lambda p: abs(p.chance - 0.5)))

    @property
    def sentence(self) -> str:
        """The finding in one or two sentences."""
        if not self.pairs:
            return "There is one parameter at most: nothing can be optimized apart."
        if self.trials < FEWEST or not self.gain > 0:
            seen = f"{self.trials} complete trials" if self.trials < FEWEST else "equal losses"
            return f"Nothing can be said from {seen}; {FEWEST} trials of different losses are the least."
        if len(self.blocks) == 1:
            most = max((p for p in self.pairs if p.verdict != "tied"), key=lambda p: p.lost, default=None)
            why = (
                "" if most is None else f"; {most.names[0]} and {most.names[1]} would lose {most.lost:.1%} of the gain"
            )
            return f"All parameters belong together{why}."
        shown = [block for block in self.blocks if len(block) > 1] if len(self.blocks) > MOST_NAMED else self.blocks
        groups = " and ".join(f"{{{', '.join(block)}}}" for block in shown)
        if len(shown) < len(self.blocks):
            rest = len(self.blocks) - len(shown)
            groups = (
                f"{groups} and {rest} others, each by itself," if groups else f"All {rest} parameters, each by itself,"
            )
        spent = f", {self.probes} of them to verify it" if self.probes else ""
        said = f" {len(self.open)} of {len(self.pairs)} pairs are undecided: verify them." if self.open else ""
        return (
            f"{groups} can be optimized one after the other: no pair of different groups loses more than "
            f"{self.tolerance:.0%} of the gain, but for a chance of {self.risk:.1%} "
            f"({self.trials} trials{spent}).{said}"
        )

    def plan(self, inner: str = Plan.inner) -> Plan:
        """Return the plan that optimizes one block after the other by ``inner``."""
        return Plan(self.blocks, inner)


def separability(
    space: Space,
    histories: Histories,
    objective: Objective | None = None,
    *,
    tolerance: float = TOLERANCE,
    error: float = ERROR,
    first: Sequence[str] = (),
    seed: int = 0,
    ranked: int | None = None,
) -> Separability:
    """Return which parameters can be optimized apart, from the complete trials.

    A pair is ``together`` when the probability that it loses no more than the tolerance is at most ``error`` (Holm
    over all pairs), ``apart`` when the probability that it loses more is at most ``error``, and else ``open``; open
    pairs are joined where losing more is the likelier. A child stays with its parents, and so do the members of a
    constraint. Cost: one Gaussian process of at most 320 trials, and for each of the d (d - 1) / 2 pairs some
    thousand predictions: 0.5 s with 4 parameters, 3 s with 8, some 10 s with 25, whatever the number of trials.

    Parameters
    ----------
    space
        The space.
    histories
        One or several runs; trials of a space-filling sampler say most.
    objective
        Not needed: losses suffice.
    tolerance
        Share of the gain (the median loss of a random draw less the best) that a pair may lose and still count as
        apart.
    error
        Chance of each kind of wrong verdict that is accepted, in (0, 0.5).
    first
        Parameters whose blocks come first, such as those of an early step of a pipeline whose result is kept.
    seed
        Of the drawn functions.
    ranked
        From the first so many complete trials the model's own parameters are learned, the others only inform it;
        None: from all.

    Raises
    ------
    InvalidInput
        When an option is impossible.
    """
    if not 0 < tolerance < 1 or not 0 < error < 0.5:
        raise InvalidInput(
            f"tolerance must lie between 0 and 1, and error between 0 and 0.5; got {tolerance!r} and {error!r}."
        )
    unknown = [name for name in first if name not in space.columns]
    if unknown:
        raise InvalidInput(f"There is no parameter '{unknown[0]}'; the space has {', '.join(space.columns)}.")
    seen = evidence(space, histories, seed, ranked)
    bound = {frozenset(pair) for pair in tied(space)}
    names = space.columns
    every = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    if seen is None:
        trials = sum(int(comparable(run.history).sum()) for run in as_runs(histories))
        pairs = [_unknown(pair, "tied" if frozenset(pair) in bound else "open") for pair in every]
        blocks: tuple[tuple[str, ...], ...] = (names,) if names else ()
        return Separability(names, tuple(pairs), blocks, np.zeros(1), tolerance, error, 0.0, 0.0, trials)
    gone = lost(space, seen.model, seen.X, seen.loss, seen.contexts, seen.starts).draws / seen.gain
    orders = gone.mean(axis=2)
    better = np.take_along_axis(gone, orders.argmin(axis=1)[:, None, None], axis=1)[:, 0]
    mean, spread = better.mean(axis=1), better.std(axis=1)
    p = ndtr((tolerance - mean) / np.maximum(spread, 1e-12))
    adjusted = holm(p)
    low, high = np.quantile(better, [0.05, 0.95], axis=1)
    pairs = []
    for k, names_of in enumerate(every):
        said: Verdict = "tied" if frozenset(names_of) in bound else _verdict(float(p[k]), float(adjusted[k]), error)
        both = float(orders[k, 0]), float(orders[k, 1])
        shares = float(mean[k]), float(low[k]), float(high[k])
        pairs.append(Pair(names_of, both, *shares, float(1 - p[k]), float(adjusted[k]), said))
    blocks, weight = ordered(space, histories, pairs, first, tolerance)
    noise = seen.model.noise / seen.gain
    return Separability(
        names, tuple(pairs), blocks, weight, tolerance, error, seen.gain, noise, len(seen.loss)
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evidence:
    """The complete trials, the model of them, and where sequences are tried.

    Where they are tried does not depend on where an optimizer has been: contexts (the others) are draws of the prior
    among the tenth that the model holds for best, and the best trial; starts are draws among the better half.
    """

    X: Floats
    loss: Floats
    model: Believed
    gain: float
    contexts: Floats
    starts: Floats


def evidence(space: Space, histories: Histories, seed: int, ranked: int | None = None) -> Evidence | None:
    """Return what verdicts are made from, or None where there are too few trials or all are equal."""
    runs = as_runs(histories)
    blocks = [(run.history.X[kept], run.history.loss[kept]) for run in runs for kept in [comparable(run.history)]]
    X = np.concatenate([np.empty((0, space.dimension)), *(block[0] for block in blocks)])
    loss = np.concatenate([np.empty(0), *(block[1] for block in blocks)])
    if len(loss) < FEWEST or space.dimension < 2 or not np.median(loss) > loss.min():
        return None
    rng = generator(seed, "separability")
    model = believed(space, X, loss, DRAWS, rng, ranked)
    drawn = space.sample(REFERENCE, rng)
    expected = model.mean(drawn)
    order = np.argsort(expected, kind="stable")
    good = order[: REFERENCE // 10]
    half = order[: REFERENCE // 2]
    gain = float(np.median(expected) - loss.min())
    if not gain > 0:
        return None
    contexts = np.concatenate([X[[int(loss.argmin())]], drawn[good[different(space, drawn[good], CONTEXTS - 1)]]])
    starts = drawn[half[np.linspace(0, len(half) - 1, STARTS).astype(np.int64)]]
    return Evidence(X, loss, model, gain, contexts, starts)


def _unknown(names: tuple[str, str], verdict: Verdict) -> Pair:
    nan = float("nan")
    return Pair(names, (nan, nan), nan, nan, nan, nan, nan, verdict)


def _verdict(p: float, adjusted: float, error: float) -> Verdict:
    if adjusted <= error:
        return "together"
    return "apart" if 1 - p <= error else "open"


def ordered(
    space: Space, histories: Histories, pairs: Sequence[Pair], first: Sequence[str], tolerance: float
) -> tuple[tuple[tuple[str, ...], ...], Floats]:
    """Return the blocks and their influence: those of ``first`` in front, then the most influential one.

    A block that would lose more than the tolerance by standing before others stands behind them, as far as that goes.
    """
    strong = [p.names for p in pairs if p.verdict in ("together", "tied") or (p.verdict == "open" and p.chance >= 0.5)]
    before = {(p.names[0], p.names[1]): p.orders[0] for p in pairs} | {p.names[::-1]: p.orders[1] for p in pairs}
    known = influence(rows_of(space, histories))
    share = dict(zip(known.names, known.share.tolist(), strict=True))
    blocks = joined(space.columns, strong)
    weight = {block: max(share[name] for name in block) for block in blocks}
    wanted = {b: min((list(first).index(n) for n in b if n in first), default=len(first)) for b in blocks}
    left, row = list(blocks), list[tuple[str, ...]]()
    while left:
        costs = {b: max((before[x, y] for o in left if o != b for x in b for y in o), default=0.0) for b in left}
        row.append(min(left, key=lambda b: (wanted[b], max(costs[b], tolerance), -weight[b])))
        left.remove(row[-1])
    return tuple(row), np.array([weight[block] for block in row])
