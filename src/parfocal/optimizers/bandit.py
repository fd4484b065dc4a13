"""The portfolio as a bandit: members that bring more get more turns, and none is ever given up."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.optimizers.portfolio import Plan, Turn, spread, worth
from parfocal.space import Space
from parfocal.trials import History

PRIOR = 5.0
"""Trials that each member is believed to have had, with the success of the average one."""


@dataclass(frozen=True)
class Bandit:
    """Share the trials among members by what each has brought (probability matching).

    Parameters
    ----------
    members : str
        Names of the zoo or compositions, separated by ``|`` outside quotes and brackets; at least two.
    least : float
        Smallest share of a member, in units of an even share, in (0, 1].
    """

    members: str = "gp | smac-rf | tpe | cma-es"
    least: float = 0.3
    name: ClassVar[str] = "portfolio"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if len(self.texts) < 2 or not all(self.texts):
            raise OptimizerError(f"members must name at least two optimizers, as in 'tpe | gp'; got {self.members!r}.")
        if not 0 < self.least <= 1:
            raise OptimizerError(f"least must be above 0 and at most 1; got {self.least!r}.")

    @property
    def texts(self) -> tuple[str, ...]:
        """The members, one text each."""
        return _split(self.members)

    def plan(self, space: Space, history: History, n: int, seed: int) -> Plan:
        """Return the turns of the next ``n`` trials."""
        success = worth(history, len(self.texts), PRIOR)
        shares = success / success.sum()
        shares = np.maximum(shares, self.least / len(shares))
        shares = shares / shares.sum()
        turns = spread(shares, len(history), n, seed)
        return tuple(
            Turn(int(k), int(turns[k]), f"share {shares[k]:.0%}: {success[k]:.2f} successes a trial of late")
            for k in np.flatnonzero(turns)
        )


def _split(members: str) -> tuple[str, ...]:
    """Return the texts between the ``|`` that stand outside quotes and brackets."""
    found, depth = [""], 0
    for piece in re.findall(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|.", members, re.DOTALL):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and depth <= 0:
            found.append("")
        else:
            found[-1] += piece
    return tuple(text.strip() for text in found)
