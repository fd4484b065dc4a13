"""The protocol of a sampler: where candidates come from, and the two extra things that a sampler may be able to do."""

from typing import Protocol, runtime_checkable

import numpy as np

from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


class Sampler(Protocol):
    """Draw candidates. A frozen dataclass of its options; no state: all it may know comes as an argument.

    ``sample`` is a pure function of its arguments (``history`` by content). Caches are allowed where they change
    nothing but time: see :func:`parfocal.samplers.memo.notebook`. Neither ``history`` nor ``selection`` is ever
    changed.
    """

    @property
    def name(self) -> str:
        """The name in the text form, a class attribute such as ``"parzen"``."""
        ...

    @property
    def learns(self) -> bool:
        """Whether ``sample`` reads ``selection``; False spares the ranking of trials and the warm-up."""
        ...

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return candidates ``(n, d)``: canonical and feasible; they may repeat themselves or old trials.

        A selection without good rows (nothing told yet, all failed) must be served too: by draws from the prior. A
        sampler that is finite (a grid) may return fewer rows.
        """
        ...


@runtime_checkable
class Density(Protocol):
    """A sampler that knows the density it draws from (Parzen estimator, multivariate normal)."""

    def log_density(self, space: Space, history: History, selection: Selection, X: Floats) -> Floats:
        """Return log p ``(k,)`` at X ``(k, d)`` of the density that ``sample`` would draw from.

        The density is over the unit cube with respect to the prior (continuous columns) and the counting measure
        (discrete ones); a constant factor that is the same for each selection is free. So that the ratio of good to
        bad is ``log_density(selection, X) - log_density(selection.swapped(), X)``.
        """
        ...


@runtime_checkable
class Sequence(Protocol):
    """A sampler whose rows are one fixed sequence (Sobol, Latin hypercube, grid): no history, only a position."""

    def at(self, space: Space, seed: int, start: int, n: int) -> Floats:
        """Return rows ``start`` to ``start + n`` ``(n, d)`` of the sequence that belongs to ``(space, seed)``.

        A finite sequence returns fewer rows at its end, and none behind it.
        """
        ...

    def length(self, space: Space) -> int | None:
        """Return the number of rows of a finite sequence, all that may then be asked for; None when endless."""
        ...
