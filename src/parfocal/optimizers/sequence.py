"""One block of parameters after the other: a large search as a sequence of small ones (HyperHyper, experiment 3).

Where groups of parameters can be optimized apart, each group is searched by itself, with all others fixed at the best
trial so far. The trial numbers decide whose turn it is, and the history decides where the others stand, so that a
sequence is a pure function of seed and history like any other optimizer.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.optimizers.portfolio import Plan, Turn
from parfocal.space import Constant, Parameter, Space
from parfocal.space.layout import blocks as tied_blocks
from parfocal.trials import History
from parfocal.typing import Bools, Floats, Ints

EACH = 5
"""Trials for each parameter of a block and pass, where the number of all trials is not known."""


@dataclass(frozen=True)
class Sequence:
    """Optimize one block of parameters after the other, with all others fixed at the best trial so far.

    The trials behind the warm-up are dealt out to the blocks by their number of parameters. After the last pass the
    blocks take turns on and on.

    Parameters
    ----------
    blocks : str
        Names of parameters with commas between, blocks separated by ``|``, the first one first. Parameters that no
        block names are one more block at the end. Empty: each parameter by itself, a child with its parents, and the
        members of a constraint together.
    optimizer : str
        What searches each block: a name of the zoo or a composition, no portfolio.
    trials : int
        Trials behind the warm-up that make all passes, where that is known. 0: five for each parameter, over and over.
    passes : int
        How often the blocks are gone through in these, at least 1. A second pass mends what blocks owe each other.
    """

    blocks: str = ""
    optimizer: str = "smac-rf"
    trials: int = 0
    passes: int = 1
    name: ClassVar[str] = "sequence"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        names = [name for block in self.named for name in block]
        if not all(names) or len(set(names)) != len(names) or (self.blocks and not names):
            raise OptimizerError(
                f"blocks must name each parameter once, as in 'sigma_log, c | sigma_gauss'; got {self.blocks!r}."
            )
        if self.trials < 0 or self.passes < 1:
            raise OptimizerError(
                f"trials must be at least 0 and passes at least 1; got {self.trials!r} and {self.passes!r}."
            )

    @property
    def named(self) -> tuple[tuple[str, ...], ...]:
        """The blocks as they are written."""
        if not self.blocks.strip():
            return ()
        return tuple(tuple(name.strip() for name in block.split(",")) for block in self.blocks.split("|"))

    @property
    def texts(self) -> tuple[str, ...]:
        """The one optimizer that searches all blocks."""
        return (self.optimizer,)

    def groups(self, space: Space) -> tuple[Ints, ...]:
        """Return the columns of X of each block, in the order in which they are searched.

        Raises
        ------
        OptimizerError
            When a block names what the space does not have.
        """
        place = space.layout.position
        unknown = [name for block in self.named for name in block if name not in place]
        if unknown:
            raise OptimizerError(
                f"A block names '{unknown[0]}', which the space does not search; it has {', '.join(space.columns)}."
            )
        if not self.named:
            named = tuple(block.columns for block in tied_blocks(space.layout, conditions=True))
        else:
            rest = tuple(name for name in space.columns if not any(name in block for block in self.named))
            named = (*self.named, *((rest,) if rest else ()))
        return tuple(np.array(sorted(place[name] for name in block), dtype=np.int64) for block in named)

    def plan(self, space: Space, history: History, n: int, seed: int) -> Plan:
        """Return the turns of the next ``n`` trials; the member of a turn is the index of its block."""
        del seed
        groups = self.groups(space)
        if not groups:
            return (Turn(0, n, "nothing to search"),)
        sizes = np.array([len(group) for group in groups])
        lengths = np.maximum(
            1, np.rint(self._all(int(sizes.sum())) / self.passes * sizes / sizes.sum()).astype(np.int64)
        )
        ends = np.cumsum(lengths)
        done = int(np.count_nonzero(history.member >= 0))
        turns: list[Turn] = []
        while n:
            round_, at = divmod(done, int(ends[-1]))
            block = int(np.searchsorted(ends, at, side="right"))
            count = min(n, int(ends[block]) - at)
            names = ", ".join(space.columns[j] for j in groups[block])
            turns.append(Turn(block, count, f"pass {round_ + 1}, block {block + 1} of {len(groups)}: {names}"))
            n, done = n - count, done + count
        return tuple(turns)

    def _all(self, dimension: int) -> float:
        return float(self.trials or EACH * dimension * self.passes)


@dataclass(frozen=True, eq=False)
class Focus:
    """The search of one block: a smaller space, the trials that lie in it, and the way back."""

    whole: Space
    space: Space
    history: History
    columns: Ints
    anchor: Floats

    def widened(self, X: Floats) -> Floats:
        """Return rows ``(n, d)`` of the whole space for rows ``(n, k)`` of the block."""
        return widened(self.whole, self.anchor, self.columns, X)


def focus(space: Space, history: History, columns: Ints) -> Focus:
    """Return the search of some columns, with the others fixed at the best trial, else at the default."""
    best = history.best
    blank = np.full((1, space.dimension), np.nan)
    anchor = space.canonical(blank if best is None else history.X[best : best + 1])[0]
    if best is None and not space.feasible(anchor[None])[0]:
        anchor = space.repair(anchor[None], np.random.default_rng(0))[0]
    inside = set(columns.tolist())
    parameters: dict[str, Parameter] = {}
    for name, parameter in space.parameters.items():
        column = space.layout.position.get(name)
        if column is None or column in inside:
            parameters[name] = parameter
        else:
            code = anchor[column] if not np.isnan(anchor[column]) else space.layout.start[column]
            value = space.layout.axes[name].values(np.array([code])).tolist()[0]
            parameters[name] = Constant(value, when=parameter.when)
    small = Space(parameters, space.constraints)
    order = np.array([space.layout.position[name] for name in small.columns], dtype=np.int64)
    rows = np.flatnonzero(_within(space, anchor, order, history.X))
    return Focus(space, small, narrowed(history, rows, order), order, anchor)


def narrowed(history: History, rows: Ints, columns: Ints) -> History:
    """Return the history of some rows in some columns, told in the same order."""
    result = History(len(columns), capacity=len(rows), objectives=history.objectives)
    result.append(history.X[np.ix_(rows, columns)], fidelity=history.fidelity[rows])
    told = np.argsort(history.told[rows], kind="stable")
    told = told[history.told[rows[told]] >= 0]
    of = rows[told]
    result.tell(
        told,
        history.state[of],
        history.loss[of],
        others=history.losses[of, 1:],
        runtime=history.runtime[of],
        reason=history.reason[of],
    )
    return result


def widened(space: Space, anchor: Floats, columns: Ints, X: Floats) -> Floats:
    """Return the anchor with ``columns`` as in ``X (n, k)``, canonical."""
    rows = np.repeat(anchor[None], len(X), axis=0)
    rows[:, columns] = X
    return space.canonical(rows)


def _within(space: Space, anchor: Floats, columns: Ints, X: Floats) -> Bools:
    """Return which rows of X are the anchor but for ``columns``, ``(n,)``."""
    again = widened(space, anchor, columns, X[:, columns])
    return np.asarray(((again == X) | (np.isnan(again) & np.isnan(X))).all(axis=1))
