"""The protocol of a strategy: what is learned from results, told once to the sampler and once about its candidates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from parfocal.samplers.selection import EMPTY, Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints

LogDensity: TypeAlias = Callable[[Selection, Floats], Floats]
"""``(selection, X (k, d)) -> log p (k,)``: ``Density.log_density`` with space and history bound."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The pool that a strategy chooses from: the sampler's one message to the strategy.

    Attributes
    ----------
    X : Floats (m, d)
        Canonical and feasible rows. On a discrete space none repeats another one or an old trial (the optimizer saw
        to it).
    selection : Selection
        What the strategy had selected and the sampler built on.
    log_density : callable, or None
        The sampler's own density, fitted to any selection; None when the sampler has none.
    """

    X: Floats
    selection: Selection = EMPTY
    log_density: LogDensity | None = None

    def __len__(self) -> int:
        return len(self.X)


class Strategy(Protocol):
    """Learn from the history. A frozen dataclass of its options; no state: all it may know comes as an argument.

    ``select`` and ``choose`` are pure functions of their arguments (``history`` by content); ``history.pending`` rows
    are trials in flight that both must respect, ``history.failed`` rows are where not to go, LOST rows are to be
    ignored.
    """

    @property
    def name(self) -> str:
        """The name in the text form, a class attribute such as ``"random-forest"``."""
        ...

    @property
    def learns(self) -> bool:
        """Whether results change anything here (False: accept-all); what learns starts with a warm-up."""
        ...

    @property
    def pool(self) -> int:
        """Candidates wanted from the sampler for each one chosen, at least 1; 1 = take its draws as they are."""
        ...

    @property
    def neighbours(self) -> int:
        """One-exchange neighbours that join the pool for each one chosen; 0 = none.

        Half of them surround the best good rows, half the best of those by ``selection.score`` where there is one.
        """
        ...

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return what the sampler may build on. Works on any history: nothing told, all failed, everything pending."""
        ...

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return indices ``(min(n, m),)`` of the candidates to evaluate: best first, none twice, diverse if n > 1."""
        ...
