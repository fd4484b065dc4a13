"""Importance: how much of what happens to the loss each parameter decides, with an interval.

Three methods, which answer different questions:

``fanova``
    Functional ANOVA of a forest (Hutter, Hoos and Leyton-Brown 2014): the share of the variance of the loss over the
    space, by its prior, that a parameter explains on its own, and that a pair explains beyond its two.
``ped-anova``
    From where the best trials lie (Watanabe, Bansal and Hutter 2023): the share of the variance of "is among the best"
    that a parameter explains on its own, over the trials. No surrogate; the fastest.
``permutation``
    What is lost when a parameter is shuffled (Breiman 2001): a total effect, interactions included, over the trials.

A conditional parameter is judged where it is active: its effect is the variance among the configurations that have it,
times their share. Being active or not is an effect of the parameter on which that depends. So one that decides nothing
gets nothing, however often it is inactive. Failed trials have no loss and are left out; a constant has no column and no
share, and a parameter that had one value in all trials gets 0.

Nothing here depends on the unit of the loss: it is centred and scaled first. Intervals are 90 % of resamples of the
trials (``fanova``, ``ped-anova``) or of shuffles (``permutation``). A forest also errs in the same way in every
resample, so where there is one the ends are moved apart by what it leaves unexplained of unseen trials: the lower end
times R2, the upper one times 2 - R2. A forest that explains nothing therefore claims nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np

from parfocal.analysis.bagging import LEAF, Bags, grow
from parfocal.analysis.coordinates import points_of
from parfocal.analysis.fanova import main_effects, pair_effects
from parfocal.analysis.lattice import Lattice, lattice
from parfocal.analysis.pedanova import divergences
from parfocal.analysis.permutation import total_effects
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Histories
from parfocal.checks import positive
from parfocal.errors import InvalidInput
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats

Method = Literal["fanova", "ped-anova", "permutation"]
Region = Literal["all", "best"]
FEWEST = 10
"""Complete trials below which nothing is said: all shares are 0 and all intervals [0, 1]."""
MOST = 4000
"""Complete trials that are looked at; of more a random choice is (an even one would follow the order of a grid)."""
_PAIRED = 8  # the parameters that trees gain most by, whose pairs are looked at
_FINE = 1000  # up to so many trials leaves hold a single one: nearer to the truth, and too slow with more
_NORMAL = 1.645  # 90 %

Trust = Literal["good", "fair", "poor", "none", "unknown"]
_TRUST: tuple[tuple[float, Trust], ...] = ((0.7, "good"), (0.4, "fair"), (0.1, "poor"))
"""Least R2 of each level; below all of them there is none."""
_WARNING: dict[Trust, str] = {
    "fair": "The forest explains {r2:.0%} of the variance of trials that it has not seen: the order is a good guess, "
    "the shares are rough.",
    "poor": "The forest explains only {r2:.0%} of the variance of trials that it has not seen: take the order as a "
    "hint and the shares as nothing more; more trials, spread evenly over the space, would help.",
    "none": "The forest explains nothing of trials that it has not seen (R2 = {r2:.2f}): these shares say nothing.",
}


@dataclass(frozen=True)
class Importance:
    """Parameters by importance, the most important first; shares are in [0, 1] and need not sum to 1."""

    names: tuple[str, ...]
    share: Floats
    """(d,)"""
    low: Floats
    """(d,) lower end of the 90 % interval; what it holds is said above."""
    high: Floats
    pairs: tuple[tuple[str, str], ...]
    """Pairs by the share that they explain beyond their two parameters, largest first; ``fanova`` only."""
    pair_share: Floats
    pair_low: Floats
    pair_high: Floats
    method: Method
    region: Region
    """``best``: what decides among the best trials."""
    quality: float
    """R2 of the forest on trials that it had not seen; NaN where there is no forest. See :attr:`warning`."""
    trials: int
    """Complete trials that were looked at."""
    of: int
    """Complete trials there are."""

    @property
    def trust(self) -> Trust:
        """How far the forest may be trusted, by its R2; ``unknown`` where there is none."""
        if np.isnan(self.quality):
            return "unknown"
        return next((name for least, name in _TRUST if self.quality >= least), "none")

    @property
    def warning(self) -> str:
        """One sentence on what the forest leaves unexplained; empty where it explains enough or there is none."""
        return _WARNING.get(self.trust, "").format(r2=self.quality)


def importance(
    space: Space,
    histories: Histories | Rows,
    objective: Objective,
    *,
    method: Method = "fanova",
    region: Region = "all",
    share: float = 0.1,
    seed: int = 0,
    pairs: int = 10,
) -> Importance:
    """Return the importance of each parameter.

    Parameters
    ----------
    space, histories, objective
        As elsewhere; importance does not depend on the direction's sign.
    method
        See above.
    region
        ``all``: over the whole space. ``best``: what makes a good configuration better: losses worse than that of the
        best ``share`` count as just that (``fanova``, ``permutation``; the cutoff of Hutter et al.), or the best third
        of the best ``share`` is told from the rest of it (``ped-anova``; Watanabe et al.'s local importance).
    share
        Of the trials that are "the best", in (0, 0.5]; at least ten trials are.
    seed
        For resamples.
    pairs
        Most pairs to return; 0 saves their time.

    Raises
    ------
    InvalidInput
        When method, region or share are none of these.
    """
    if method not in _METHODS or region not in ("all", "best"):
        raise InvalidInput(
            f"Importance is worked out by {', '.join(_METHODS)} over 'all' or 'best'; got {method!r}, {region!r}."
        )
    if not 0 < share <= 0.5:
        raise InvalidInput(f"share must be above 0 and at most 0.5; got {share}.")
    positive(pairs + 1, "pairs + 1")
    rows = histories if isinstance(histories, Rows) else rows_of(space, histories)
    names = tuple(axis.name for axis in rows.axes)
    done = np.flatnonzero(~np.isnan(rows.loss))
    chosen = done
    if len(done) > MOST:
        chosen = np.sort(generator(seed, "importance trials").choice(done, MOST, replace=False))
    if len(chosen) < FEWEST or not names or np.ptp(rows.loss[chosen]) == 0:
        return _nothing(names, method, region, len(chosen), len(done))
    X, loss = points_of(space, rows.coordinates[chosen]), standardized(rows.loss[chosen])
    rng = generator(seed, f"importance {method} {region}")
    found = _METHODS[method](_Data(lattice(space, X, loss), X, loss, region, share), pairs, rng)
    if found is None:
        return _nothing(names, method, region, len(chosen), len(done))
    order = np.argsort(-found.share, kind="stable")
    ranked = np.argsort(-found.pair_share, kind="stable")[:pairs]
    return Importance(
        tuple(names[j] for j in order),
        found.share[order],
        found.low[order],
        found.high[order],
        tuple((names[found.pairs[i][0]], names[found.pairs[i][1]]) for i in ranked.tolist()),
        found.pair_share[ranked],
        found.pair_low[ranked],
        found.pair_high[ranked],
        method,
        region,
        found.quality,
        len(chosen),
        len(done),
    )


@dataclass(frozen=True)
class _Data:
    lattice: Lattice
    X: Floats
    loss: Floats
    region: Region
    share: float

    def best(self, share: float) -> float:
        """Return the loss of the worst of the best ``share`` of the trials, at least :data:`FEWEST` of them."""
        count = min(max(int(np.ceil(share * len(self.loss))), FEWEST), len(self.loss))
        return float(np.partition(self.loss, count - 1)[count - 1])

    def forest(self, rng: np.random.Generator) -> Bags | None:
        """Return the forest of the losses, those beyond the region cut off; None where the best are all equal."""
        target = np.minimum(self.loss, self.best(self.share)) if self.region == "best" else self.loss
        if np.ptp(target) == 0:
            return None
        leaf = 1 if len(target) <= _FINE else LEAF
        return grow(self.lattice.codes(self.X), standardized(target), rng, leaf)


def standardized(loss: Floats) -> Floats:
    """Return losses with mean 0 and variance 1; trees take differences below some 1e-8 for none, whatever the unit."""
    scaled = loss / np.abs(loss).max()  # squares of very large ones would overflow
    centred = scaled - scaled.mean()
    return np.asarray(centred / centred.std(), dtype=np.float64)


@dataclass(frozen=True)
class _Found:
    """What a method says, in the order of the columns."""

    share: Floats
    low: Floats
    high: Floats
    quality: float = float("nan")
    pairs: tuple[tuple[int, int], ...] = ()
    pair_share: Floats = field(default_factory=lambda: np.empty(0))
    pair_low: Floats = field(default_factory=lambda: np.empty(0))
    pair_high: Floats = field(default_factory=lambda: np.empty(0))


def _fanova(data: _Data, pairs: int, rng: np.random.Generator) -> _Found | None:
    bags = data.forest(rng)
    if bags is None:
        return None
    parts = main_effects(bags, data.lattice)
    low, high = _interval(parts.share, parts.of_bags, bags.quality)
    # by gain and not by share: two parameters that matter only together have no share of their own
    first = np.sort(np.argsort(-bags.gains, kind="stable")[:_PAIRED]).tolist()
    both = tuple(combinations(first, 2)) if pairs else ()
    if not both:
        return _Found(parts.share, low, high, bags.quality)
    together = pair_effects(bags, data.lattice, both)
    ends = _interval(together.share, together.of_bags, bags.quality)
    return _Found(parts.share, low, high, bags.quality, both, together.share, *ends)


def _permutation(data: _Data, pairs: int, rng: np.random.Generator) -> _Found | None:
    bags = data.forest(rng)
    if bags is None:
        return None
    shares = total_effects(bags, data.lattice, data.X, rng)
    return _Found(shares.mean(axis=0), *_interval(shares.mean(axis=0), shares, bags.quality), bags.quality)


def _ped_anova(data: _Data, pairs: int, rng: np.random.Generator) -> _Found | None:
    within = data.loss <= data.best(data.share if data.region == "best" else 1.0)
    loss = data.loss[within]
    cut = data.best(data.share if data.region == "all" else data.share / 3)
    if loss.max() <= cut:
        return None  # they are all equally good
    codes = data.lattice.codes(data.X[within])
    share, resampled = divergences(codes, data.lattice.counts, loss <= cut, rng)
    return _Found(share, *_interval(share, resampled))


_METHODS: dict[str, Callable[[_Data, int, np.random.Generator], _Found | None]] = {
    "fanova": _fanova,
    "ped-anova": _ped_anova,
    "permutation": _permutation,
}


def _interval(share: Floats, replicates: Floats, quality: float = 1.0) -> tuple[Floats, Floats]:
    """Return the ends of the interval around ``share`` (k,), from the spread of replicates (r, k) and a forest's R2."""
    half, known = _NORMAL * replicates.std(axis=0, ddof=1), min(max(quality, 0.0), 1.0)
    return np.clip((share - half) * known, 0.0, 1.0) + 0.0, np.clip((share + half) * (2 - known), 0.0, 1.0)


def _nothing(names: tuple[str, ...], method: Method, region: Region, trials: int, of: int) -> Importance:
    d, none = len(names), np.empty(0)
    return Importance(
        names, np.zeros(d), np.zeros(d), np.ones(d), (), none, none, none, method, region, float("nan"), trials, of
    )
