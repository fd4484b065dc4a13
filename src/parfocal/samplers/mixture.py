"""A mixture of samplers, with given shares or with shares that follow who draws best now."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.base import Sampler
from parfocal.samplers.distance import promise
from parfocal.samplers.failures import away_from_failures
from parfocal.samplers.selection import Selection
from parfocal.samplers.table import SAMPLERS, sampler_class
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints

LEARNED = "learned"
TRIED = 32
"""Draws of each member that are judged when shares are learned."""
FLOOR = 0.1
"""Share that all members together keep whatever the judgement says, spread evenly."""


@dataclass(frozen=True)
class Mixture:
    """Let each candidate come from one of several samplers, chosen by chance with their shares.

    Learned shares are a vote of now, not of the past: each member draws some rows, all are judged by the strategy's
    score (without one by nearness to good rather than to bad trials), and a member's share is its share in the best
    quarter. So credit does not go to who was lucky first, and needs no memory of who proposed what: the rule is a
    function of history alone. Compare Hoffman, Brochu and de Freitas (UAI 2011), who reward members by a model, too.

    Parameters
    ----------
    samplers : str
        Names of samplers with their default options, joined by ``|``.
    shares : str
        One number at least 0 for each sampler, such as ``"0.5 0.3 0.2"`` (any scale), or ``"learned"``.
    """

    samplers: str = "random | local | trust-region"
    shares: str = LEARNED
    name: ClassVar[str] = "mixture"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        count = len(_members(self.samplers))
        if self.shares != LEARNED:
            _given(self.shares, count)

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return rows ``(n, d)`` in random order; from the prior while no row is good."""
        if not len(selection.good_rows):
            return space.sample(n, rng)
        members = _members(self.samplers)
        if self.shares == LEARNED:
            shares = learned_shares(space, history, selection, members, rng)
        else:
            shares = _given(self.shares, len(members))

        def draw(which: Ints) -> Floats:
            counts = rng.multinomial(len(which), shares).tolist()
            parts = [
                member.sample(space, history, selection, count, rng)
                for member, count in zip(members, counts, strict=True)
                if count
            ]
            return np.asarray(rng.permutation(np.concatenate(parts)))

        return away_from_failures(space, history, selection, n, draw)


def learned_shares(
    space: Space, history: History, selection: Selection, members: tuple[Sampler, ...], rng: np.random.Generator
) -> Floats:
    """Return the share of each member ``(k,)``: how much of the best quarter of all judged draws is its own."""
    X = np.concatenate([member.sample(space, history, selection, TRIED, rng) for member in members])
    value = promise(space, history, selection, X)
    best = np.lexsort((rng.random(len(X)), -value))[: max(1, len(X) // 4)]  # ties by lot
    votes = np.bincount(best // TRIED, minlength=len(members)) / len(best)
    return np.asarray((1 - FLOOR) * votes + FLOOR / len(members))


@lru_cache(maxsize=32)
def _members(text: str) -> tuple[Sampler, ...]:
    """Return the samplers of a text, or raise :class:`OptimizerError`."""
    names = [name.strip() for name in text.split("|")]
    possible = [name for name in SAMPLERS if name not in ("mixture", "grid")]
    for name in names:
        if name not in possible:
            raise OptimizerError(
                f"samplers must be names joined by '|', each one of {', '.join(possible)}; got {name!r} in {text!r}."
            )
    if len(names) < 2 or len(set(names)) < len(names):
        raise OptimizerError(f"samplers must be at least two different names joined by '|'; got {text!r}.")
    return tuple(sampler_class(name)() for name in names)


def _given(text: str, count: int) -> Floats:
    """Return the shares ``(count,)`` of a text, scaled to sum 1, or raise :class:`OptimizerError`."""
    try:
        shares = np.array([float(word) for word in text.split()])
    except ValueError:
        shares = np.empty(0)
    if len(shares) != count or not np.isfinite(shares).all() or (shares < 0).any() or not shares.sum() > 0:
        raise OptimizerError(
            f"shares must be '{LEARNED}' or {count} numbers of at least 0, one a sampler, not all 0; got {text!r}."
        )
    return np.asarray(shares / shares.sum())
