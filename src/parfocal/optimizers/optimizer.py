"""Ask and tell: an optimizer for people who evaluate by themselves."""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Series
from dataclasses import dataclass
from typing import cast

import numpy as np

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.optimizers.composition import Composed, compose
from parfocal.optimizers.propose import WARMUP, propose
from parfocal.optimizers.repeats import checked
from parfocal.optimizers.zoo import DEFAULT
from parfocal.seeds import trial_seeds
from parfocal.space import Space
from parfocal.trials import GIVEN, Configuration, History, Objective, Outcome, Provenance, Reason, State
from parfocal.typing import Floats, Values


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One trial to evaluate: its number, configuration, random seed and origin."""

    number: int
    configuration: Configuration
    seed: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Best:
    """The best complete trial so far; ``value`` is the user's own number."""

    number: int
    configuration: Configuration
    value: float


Result = float | Mapping[str, float] | Outcome | None
"""What may be told of one trial: the objective's value, metrics, a whole outcome, or None for a failure."""


_Judged = tuple[State, tuple[float, ...], int, float]


class Optimizer:
    """Propose configurations and learn from their results; holds a history and no other state.

    Parameters
    ----------
    space : Space
    optimizer : str or Composition
        A name of the zoo (``tpe``), a text form (``random + random-forest(acquisition=ei)``), or a composition.
    seed : int
        Asks are a pure function of the seed and the history.
    warmup : int
        Trials drawn by ``warmup_sampler`` before a learning optimizer starts.
    warmup_sampler : str
        ``random``, ``sobol`` or ``latin-hypercube``.
    objective : Objective, str, or several
        What is told, ``"maximize f1"`` for example; default: a loss, minimized. Of several the first one decides what
        is best.
    repeats : float
        Share of trials that evaluate a promising configuration once more, where results are noisy.
    history : History
        Trials of an earlier run to go on with; it is used as it is and grows.

    Examples
    --------
    >>> from parfocal.space import Float, Space
    >>> optimizer = Optimizer(Space({"x": Float(-1, 1)}), "sobol", seed=1)
    >>> for suggestion in optimizer.ask(8):
    ...     optimizer.tell(suggestion, suggestion.configuration["x"] ** 2)
    >>> optimizer.best.value < 0.1
    True
    """

    def __init__(
        self,
        space: Space,
        optimizer: str | Composed = DEFAULT,
        *,
        seed: int = 0,
        warmup: int = WARMUP,
        warmup_sampler: str = "random",
        objective: Objective | str | Series[Objective | str] | None = None,
        repeats: float = 0.0,
        history: History | None = None,
    ) -> None:
        self.space = space
        self.composition = compose(optimizer)
        self.seed = seed
        self.warmup = warmup
        self.warmup_sampler = warmup_sampler
        self.repeats = checked(repeats)
        self.objective = Objective("loss") if objective is None else Objective.of(objective)
        objectives = len(self.objective.all)
        self.history = History(space.dimension, objectives=objectives) if history is None else history
        if self.history.objectives != objectives:
            raise InvalidInput(
                f"The history holds {self.history.objectives} losses a trial, and there are {objectives} objectives "
                f"({self.objective}): they belong to different studies."
            )

    def __repr__(self) -> str:
        return f"Optimizer('{self.composition}', {len(self.history)} trials)"

    def ask(self, n: int = 1) -> list[Suggestion]:
        """Return up to ``n`` new trials to evaluate, now pending; fewer only when the space has no more.

        Raises
        ------
        SpaceExhausted
            When not a single configuration is left.
        """
        proposal = propose(
            self.space,
            self.composition,
            self.history,
            n,
            seed=self.seed,
            warmup=self.warmup,
            warmup_sampler=self.warmup_sampler,
            repeats=self.repeats,
        )
        return self._append(proposal.X, proposal.provenances(self.history.version))

    def add(self, configurations: Iterable[Values]) -> list[Suggestion]:
        """Enter configurations of your own (defaults, earlier results) as pending trials, to be told like others."""
        given = list(configurations)
        for configuration in given:
            self.space.validate(configuration)
        return self._append(self.space.encode(given), [GIVEN] * len(given))

    def tell(
        self,
        trials: "Suggestion | int | Iterable[Suggestion | int]",
        results: "Result | Series[Result]",
    ) -> None:
        """Enter the result of one trial, or of several in order.

        Parameters
        ----------
        trials : Suggestion, int, or several
            What was asked for, or its number.
        results
            For each: the objective's value; or a mapping of metrics that holds what the objective needs; or an
            :class:`~parfocal.trials.Outcome`; or None when the evaluation failed. A value that is not finite is a
            failure too: failures are states, and optimizers learn where not to go.

        Raises
        ------
        InvalidInput
            If a trial is unknown or was told before, or the lengths differ.
        EvaluationError
            If a mapping lacks a metric that the objective needs.
        """
        if isinstance(trials, Suggestion | int):
            numbers, told = [_number(trials)], [cast(Result, results)]
        else:
            numbers, told = [_number(trial) for trial in trials], list(cast(Iterable[Result], results))
        if len(numbers) != len(told):
            raise InvalidInput(f"Each trial needs one result; got {len(numbers)} trials and {len(told)} results.")
        rows = [self._judged(result) for result in told]
        states, losses, reasons, runtimes = zip(*rows, strict=True) if rows else ((), (), (), ())
        table = np.array(losses, dtype=np.float64).reshape(len(rows), self.history.objectives)
        self.history.tell(numbers, states, table[:, 0], others=table[:, 1:], reason=reasons, runtime=runtimes)

    @property
    def best(self) -> Best | None:
        """The best complete trial, or None before there is one."""
        row = self.history.best
        if row is None:
            return None
        configuration = Configuration(self.space.decode(self.history.X[row : row + 1])[0])
        return Best(row, configuration, self.objective.value(float(self.history.loss[row])))

    def _append(self, X: Floats, provenances: list[Provenance]) -> list[Suggestion]:
        configurations = self.space.decode(X)
        rows = self.history.append(X, member=[provenance.member for provenance in provenances])
        numbers = range(rows.start, rows.stop)
        seeds = trial_seeds(self.seed, np.asarray(numbers)).tolist()
        return list(map(Suggestion, numbers, map(Configuration, configurations), seeds, provenances))

    def _judged(self, result: Result) -> _Judged:
        """Return state, losses, reason code and runtime of one result."""
        if isinstance(result, Outcome):
            return self._of_outcome(result)
        if result is None:
            return State.FAILED, self._none, Reason.ERROR.code, math.nan
        if isinstance(result, Mapping):
            return self._of_outcome(Outcome.complete(result)) if any(map(math.isfinite, result.values())) else self._bad
        if self.objective.others:
            raise InvalidInput(
                f"There are several objectives ({self.objective}): tell a mapping of metrics, not the number {result}."
            )
        loss = self.objective.value(float(result))  # the flip of sign is its own inverse
        return (State.COMPLETE, (loss,), -1, math.nan) if math.isfinite(loss) else self._bad

    def _of_outcome(self, outcome: Outcome) -> _Judged:
        if outcome.state != State.COMPLETE:
            return outcome.state, self._none, -1 if outcome.reason is None else outcome.reason.code, outcome.runtime
        metrics, scores = self.objective.with_runtime(outcome.metrics, outcome.runtime), outcome.scores
        absent = self.objective.missing(metrics, scores)
        for each in self.objective.all if absent else ():
            each.loss(metrics, scores)  # raises with the names
        try:
            losses = (self.objective.loss(metrics, scores), *self.objective.rest(metrics, scores))
            return State.COMPLETE, losses, -1, outcome.runtime
        except EvaluationError:
            return self._bad

    @property
    def _none(self) -> tuple[float, ...]:
        return (math.nan,) * self.history.objectives

    @property
    def _bad(self) -> _Judged:
        return State.FAILED, self._none, Reason.NOT_FINITE.code, math.nan


def _number(trial: "Suggestion | int") -> int:
    return trial.number if isinstance(trial, Suggestion) else int(trial)
