"""Draws from the prior under conditions and constraints, and the way back into the feasible region."""

from dataclasses import dataclass, field

import numpy as np

from parfocal.errors import SpaceError
from parfocal.space.enumeration import TooMany, enumerate_block
from parfocal.space.layout import Block, Layout, blocks
from parfocal.typing import Floats

_FEWEST = 64
_JUDGED = 2048
"""Tries after which the share of feasible draws is known well enough to list a block instead."""
_MOST = 2**16
_MAX_TRIES = 2**20
_MAX_LISTED = 200_000
_RARE = 0.02
"""Below this share of feasible draws a discrete block is listed instead of tried."""


@dataclass(eq=False)
class Draws:
    """Draws from one space; holds the lists of blocks that were enumerated, nothing random."""

    layout: Layout
    tied: tuple[Block, ...]
    _listed: dict[Block, tuple[Floats, Floats] | None] = field(default_factory=dict)

    def sample(self, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` canonical, feasible draws from the prior given the constraints."""
        layout = self.layout
        U = rng.random((n, len(layout.columns)))
        for block in self.tied:
            bad = ~layout.feasible(layout.canonical(U, block.columns), block.constraints)
            if bad.any():
                positions = [layout.position[name] for name in block.columns]
                U[np.flatnonzero(bad)[:, None], positions] = self._block(block, int(bad.sum()), rng)
        return layout.canonical(U)

    def repair(self, X: Floats, rng: np.random.Generator) -> Floats:
        """Return canonical, feasible rows: a few coordinates of infeasible rows are redrawn, then whole blocks."""
        layout = self.layout
        X = layout.canonical(X)
        for block in self.tied:
            bad = np.flatnonzero(~layout.feasible(X, block.constraints))
            positions = np.array([layout.position[name] for name in block.columns])
            for count in (1, 1, 1, 1, 2, 2, 2, 2):
                if not bad.size:
                    break
                Y = refill(X[bad], rng)
                for _ in range(count):
                    Y[np.arange(len(Y)), rng.choice(positions, len(Y))] = rng.random(len(Y))
                Y = layout.canonical(Y)
                mended = layout.feasible(Y, block.constraints)
                X[bad[mended]] = Y[mended]
                bad = bad[~mended]
            if bad.size:
                Y = refill(X[bad], rng)
                Y[:, positions] = self._block(block, bad.size, rng)
                X[bad] = layout.canonical(Y)
        return X

    def _block(self, block: Block, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` draws ``(n, columns)`` of one block given its constraints."""
        layout = self.layout
        positions = [layout.position[name] for name in block.columns]
        found: list[Floats] = []
        have = tried = 0
        while have < n:
            listed = self._list(block) if tried >= _JUDGED and have < _RARE * tried else None
            if listed is not None:
                rows, edges = listed
                found.append(rows[np.searchsorted(edges, rng.random(n - have), side="right")])
                break
            if tried >= _MAX_TRIES and have < 1e-5 * tried:
                raise SpaceError(
                    f"Of {tried} draws from the prior {have or 'none'} satisf{'y' if have != 1 else 'ies'} "
                    f"{_quoted(block)}: loosen the constraints or narrow the bounds."
                )
            wanted = 1.2 * (n - have) * (tried / have if have else 1 + tried)
            m = int(min(max(wanted, _FEWEST), _MOST))
            U = np.full((m, len(layout.columns)), 0.5)
            U[:, positions] = rng.random((m, len(positions)))
            V = layout.canonical(U, block.columns)
            good = layout.feasible(V, block.constraints)
            found.append(V[good][:, positions])
            have, tried = have + int(good.sum()), tried + m
        return np.concatenate(found)[:n]

    def _list(self, block: Block) -> tuple[Floats, Floats] | None:
        """Return all rows of a small discrete block and the cumulated shares of the first to the last but one."""
        if block not in self._listed:
            self._listed[block] = self._enumerate(block)
        return self._listed[block]

    def _enumerate(self, block: Block) -> tuple[Floats, Floats] | None:
        axes = [self.layout.axes[name] for name in block.columns]
        codes = {}
        for name, axis in zip(block.columns, axes, strict=True):
            if axis.codes is None or axis.levels > _MAX_LISTED:
                return None
            codes[name] = axis.codes.code(np.arange(axis.levels))
        try:
            rows = enumerate_block(self.layout, block, codes, _MAX_LISTED)
        except TooMany:
            return None
        if not len(rows):
            raise SpaceError(
                f"No configuration satisfies {_quoted(block)}: loosen the constraints or widen the bounds."
            )
        weights = np.ones(len(rows))
        for column, axis in zip(rows.T, axes, strict=True):
            active = ~np.isnan(column)
            if axis.codes is not None:
                weights[active] *= axis.codes.probability(axis.index(column[active]))
        return rows, np.cumsum(weights / weights.sum())[:-1]


def draws(layout: Layout) -> Draws:
    """Return the draws of a space."""
    return Draws(layout, blocks(layout, conditions=False))


def refill(X: Floats, rng: np.random.Generator) -> Floats:
    """Return a copy with inactive entries drawn from the prior: a parameter that wakes up is not at its default."""
    Y = np.array(X)
    asleep = np.isnan(Y)
    Y[asleep] = rng.random(int(asleep.sum()))
    return Y


def _quoted(block: Block) -> str:
    texts = [f"'{rule.expression}'" for rule in block.constraints]
    return f"the constraint {texts[0]}" if len(texts) == 1 else f"the constraints {', '.join(texts)} together"
