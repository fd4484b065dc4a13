"""The default: a portfolio that picks by the space, by what is in flight, and by what it has seen."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.optimizers.portfolio import Plan, Turn, spread, worth
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats

_GP = "gaussian-process(acquisition=log-ei, pool=250, neighbours=1000, random_share=0.0)"
MEMBERS = (
    f"parzen + {_GP}",
    f"random + {_GP}",
    f"trust-region + {_GP}",
    "random + random-forest",
    "parzen + density-ratio",
)
NEAR, WIDE, BOX, FOREST, DENSITY = range(len(MEMBERS))
NAMES = (
    "Gaussian process near good trials",
    "Gaussian process over the whole space",
    "Gaussian process in a trust region",
    "random forest",
    "density ratio",
)
BASE = np.array([0.30, 0.25, 0.20, 0.25, 0.0])
"""Shares to begin with."""
MANY = 16
"""Trials asked for or in flight, from which on the density ratio takes part: it keeps large batches diverse."""
END = 0.2
"""The last part of a known budget, in which trials near the best ones are preferred."""
PRIOR = 10.0
"""Trials that each member is believed to have had, with the success of the average one."""
TILT = 2.0
"""Success changes a share by that factor at most."""


@dataclass(frozen=True)
class Auto:
    """Mix Gaussian processes, a random forest and a density ratio: no single model suits every loss.

    A Gaussian process learns a smooth loss from few trials; its candidates come from near the good trials, from a trust
    region, and from everywhere. A forest copes with steps, plateaus and many options. All of them learn from each
    other's trials. The shares follow the kind of space at first, and more and more what each member has brought.

    Parameters
    ----------
    budget : int
        Trials in all, where that is known: the last ones then refine what was found. 0 for unknown.
    """

    budget: int = 0
    name: ClassVar[str] = "auto"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise OptimizerError(f"budget must be at least 0, the number of trials in all; got {self.budget!r}.")

    @property
    def texts(self) -> tuple[str, ...]:
        """The members, one text each."""
        return MEMBERS

    def plan(self, space: Space, history: History, n: int, seed: int) -> Plan:
        """Return the turns of the next ``n`` trials, each with its share and what changed it."""
        late = self.budget > 0 and len(history) >= (1 - END) * self.budget
        start, reasons = _start(space, n + int(np.count_nonzero(history.pending)), late)
        success = worth(history, len(MEMBERS), PRIOR)
        shares = start * np.clip(success / success.mean(), 1 / TILT, TILT)
        shares /= shares.sum()
        turns = spread(shares, len(history), n, seed)
        return tuple(Turn(int(k), int(turns[k]), _why(int(k), shares, start, reasons)) for k in np.flatnonzero(turns))


def _start(space: Space, flying: int, late: bool) -> tuple[Floats, str]:
    """Return the shares that the space, the trials in flight and the end of the budget suggest, and the reasons."""
    shares, reasons = BASE.copy(), []
    if late:
        shares[[NEAR, BOX]] *= 3
        reasons.append("the budget ends")
    if flying >= MANY:
        shares[DENSITY] = 0.3
        reasons.append(f"{flying} trials in flight")
    options = float(np.mean(space.categorical & (space.levels > 2))) if space.dimension else 0.0
    if options > 0.5:
        shares[FOREST] *= 2
        reasons.append("mostly options")
    if space.dimension > 20:
        shares[[NEAR, BOX]] *= 1.5
        reasons.append(f"{space.dimension} parameters")
    return shares / shares.sum(), ", ".join(reasons)


def _why(member: int, shares: Floats, start: Floats, reasons: str) -> str:
    """Return one sentence: the share of a member, what it was at the start, and why that."""
    ground = f" ({reasons})" if reasons else ""
    text = f"{NAMES[member]}, share {shares[member]:.0%}"
    changed = shares[member] - start[member]
    if abs(changed) < 0.02:
        return f"{text}{ground}"
    return f"{text}, {start[member]:.0%} at first{ground}; its trials brought {'more' if changed > 0 else 'less'}"
