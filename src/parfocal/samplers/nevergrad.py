"""Nevergrad's optimizers (Rapin and Teytaud, 2018), replayed from a history.

Nevergrad is told and asked in turns: before each result, the run is asked once more. Where the answer is the trial
that the history holds next, the run is told its own candidate; any other trial is a foreign one. So a search that
asks for one trial at a time is the run that Nevergrad itself would make, until that repeats a point.
"""

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from parfocal.checks import did_you_mean, positive
from parfocal.errors import OptimizerError
from parfocal.extras import require
from parfocal.samplers.borrowed import Cube
from parfocal.samplers.memo import notebook
from parfocal.samplers.selection import Selection
from parfocal.samplers.settled import settled
from parfocal.space import Space
from parfocal.trials import History, State
from parfocal.typing import Floats


@dataclass(frozen=True)
class Nevergrad:
    """Replay the results, in the order told, through an optimizer of Nevergrad, and ask it for more.

    Numbers are told as codes of the unit cube, options as choices; an inactive parameter stands at its default.
    Constraints are unknown to Nevergrad: what breaks them is repaired. A failed trial has the worst loss so far.
    Trials in flight are not told; their candidates are not suggested again.

    Parameters
    ----------
    optimizer : str
        A name of ``nevergrad.optimizers.registry``, for example ``NGOpt``, ``DE``, ``PSO``, ``CMA``, ``OnePlusOne``.
    budget : int
        Evaluations that the search is planned for: Nevergrad adapts to it.
    workers : int
        Trials at once that the search is planned for; above 1, as some of Nevergrad's sequential methods can be told
        no trial but their own.

    Raises
    ------
    MissingPackage
        If nevergrad is not installed.
    """

    optimizer: str = "NGOpt"
    budget: int = 1000
    workers: int = 2
    name: ClassVar[str] = "nevergrad"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self.budget, "budget")
        positive(self.workers, "workers")
        with _own_streams(0):
            registry = require("nevergrad", "nevergrad").optimizers.registry
        if self.optimizer not in registry:
            near = did_you_mean(self.optimizer, registry)
            raise OptimizerError(f"Nevergrad has no optimizer '{self.optimizer}'{near}.")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` candidates ``(n, d)``, repaired; the selection is not read.

        Raises
        ------
        OptimizerError
            If the optimizer cannot be told the trials of this history.
        """
        if not space.dimension:
            return space.sample(n, rng)
        notes, owner = notebook(history), ("nevergrad", self)
        order = history.finished_order
        done, run = notes.get(owner, (None, None))
        if run is None or run.space is not space or not np.array_equal(order[: len(done)], done):
            run = _Run(self, space, history)
        for row in order[run.told :].tolist():
            run.tell(history, row)
        notes[owner] = order.copy(), run
        X = run.suggest(history, n)
        return space.repair(np.concatenate([X, space.sample(n - len(X), rng)]), rng)


class _Run:
    """One optimizer of Nevergrad that was told some results; ``told`` counts them."""

    def __init__(self, options: Nevergrad, space: Space, history: History) -> None:
        self.options, self.space, self.cube = options, space, Cube(space)
        self.told, self._worst = 0, -np.inf
        self._next: tuple[Any, Floats] | None = None
        first = space.keys(history.X[:1]).tolist()  # names the run: the same for all asks of a study
        self.seed = int(first[0]) % 2**31 if first else 0
        with _own_streams(self.seed):
            self.optimizer = self._made()

    def _made(self) -> Any:
        import nevergrad as ng

        space = self.space
        columns: dict[str, Any] = {}
        for position, levels in enumerate(space.levels.tolist()):
            if space.categorical[position]:
                columns[f"x{position}"] = ng.p.Choice(list(range(levels)))
            elif levels:
                columns[f"x{position}"] = ng.p.Scalar(init=(levels - 1) / 2, lower=0, upper=max(levels - 1, 1e-9))
                columns[f"x{position}"].set_integer_casting()
            else:
                columns[f"x{position}"] = ng.p.Scalar(init=0.5, lower=0.0, upper=1.0)
        parameters = ng.p.Dict(**columns)
        parameters.random_state = np.random.RandomState(self.seed)
        kind = ng.optimizers.registry[self.options.optimizer]
        if getattr(kind, "recast", False):  # it runs in a thread of its own, and waits there for its own trials
            raise self._refusal("it runs in a thread of its own")
        return kind(parameters, budget=self.options.budget, num_workers=self.options.workers)

    def _refusal(self, why: object) -> OptimizerError:
        return OptimizerError(
            f"Nevergrad's '{self.options.optimizer}' can be told no trial but its own, which a history with a warm-up "
            f"or a batch does not hold: choose another one ({why})."
        )

    def tell(self, history: History, row: int) -> None:
        """Enter one result."""
        state = history.state[row]
        if state == State.LOST:
            self.told += 1
            return
        candidate, X = self._peek()
        if state == State.COMPLETE:
            loss = float(history.loss[row])
            self._worst = max(self._worst, loss)
        else:
            loss = self._worst
        with _own_streams(self.seed + self.told):
            if not np.array_equal(X, history.X[row], equal_nan=True):
                candidate = self.optimizer.parametrization.spawn_child(new_value=self._value(history.X[row]))
            if np.isfinite(loss):
                try:
                    self.optimizer.tell(candidate, loss)
                except NotImplementedError as error:
                    raise self._refusal(error) from None
        self.told += 1
        self._next = None

    def suggest(self, history: History, n: int) -> Floats:
        """Return up to ``n`` candidates ``(k, d)`` that are no trial in flight, the one that comes next first."""
        flying = set(self.space.keys(history.X[history.pending]).tolist())
        found = [X for X in [self._peek()[1]] if int(self.space.keys(X[None])[0]) not in flying]
        if len(found) < n:
            ahead = deepcopy(self)
            for _ in range(2 * (n + len(flying))):
                ahead._next = None
                ahead.told += 1  # only names the stream
                X = ahead._peek()[1]
                key = int(self.space.keys(X[None])[0])
                if key not in flying:
                    flying.add(key)
                    found.append(X)
                if len(found) == n:
                    break
        return np.array(found[:n]).reshape(-1, self.space.dimension)

    def _peek(self) -> tuple[Any, Floats]:
        """Return the candidate that comes next, and its canonical row ``(d,)`` as a history holds it."""
        if self._next is None:
            with _own_streams(self.seed + self.told):
                try:
                    candidate = self.optimizer.ask()
                except TypeError as error:  # its meta-models convert arrays as NumPy 2.4 no longer does
                    raise OptimizerError(
                        f"Nevergrad's '{self.options.optimizer}' failed here: {error}. Nevergrad 1.0.12 needs "
                        "pip install 'numpy<2.4'; or choose another one, nevergrad(optimizer=DE) for example."
                    ) from error
            numbers = np.array([[float(candidate.value[f"x{k}"]) for k in range(self.space.dimension)]])
            X = self.space.canonical(self.cube.codes(numbers))
            self._next = candidate, settled(self.space, X)[0]
        return self._next

    def _value(self, row: Floats) -> dict[str, Any]:
        numbers = self.cube.filled(row[None])[0].tolist()
        discrete = self.space.levels > 0
        return {f"x{k}": int(number) if discrete[k] else number for k, number in enumerate(numbers)}

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Run":
        new = object.__new__(_Run)
        vars(new).update(vars(self))
        new.optimizer = deepcopy(self.optimizer, memo)
        return new


@contextmanager
def _own_streams(seed: int) -> Iterator[None]:
    """Seed the global random states, which parts of Nevergrad draw from, and put them back; keep its warnings off."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"nevergrad|cma|bayes_opt|sklearn")
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
