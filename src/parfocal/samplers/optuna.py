"""Optuna's samplers: its tree-structured Parzen estimator and its Gaussian process (Akiba et al., KDD 2019)."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from parfocal.checks import positive
from parfocal.extras import require
from parfocal.samplers.borrowed import Cube, told
from parfocal.samplers.memo import notebook, remembered
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History, State
from parfocal.typing import Floats

MANY = 200
"""Trials that the Gaussian process is told at most."""
FEW = 8
"""Rows that the Gaussian process suggests in one ask at most; further ones are drawn from the prior."""


@dataclass(frozen=True)
class Optuna:
    """Tell the trials to a sampler of Optuna, anew at each ask, and take its suggestions.

    Trials in flight, and the rows of one ask before the next, are running trials. A failed trial is a pruned one
    without a value, which TPE takes for the worst and the Gaussian process leaves out (Optuna itself forgets failed
    trials). Constraints are unknown to Optuna: what breaks them is repaired.

    Parameters
    ----------
    sampler : str
        ``tpe`` (multivariate, in groups, so that conditions are honoured), ``tpe-univariate``, or ``gp``, which needs
        torch and sees an inactive parameter at its default. Optuna's other samplers keep their state in attributes
        of trials, which a history does not hold.
    most : int
        Trials that are told at most: the best and the latest; 200 of them to ``gp``, whose cost grows with the cube.

    Raises
    ------
    MissingPackage
        If optuna, or torch for ``gp``, is not installed.
    """

    sampler: Literal["tpe", "tpe-univariate", "gp"] = "tpe"
    most: int = 1000
    name: ClassVar[str] = "optuna"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self.most, "most")
        require("optuna", "interop")
        if self.sampler == "gp":
            require("torch", "gp")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` suggestions ``(n, d)``, repaired; the selection is not read."""
        if not space.dimension:
            return space.sample(n, rng)
        from optuna.trial import TrialState

        board = remembered(space, "optuna", lambda: _Columns(space))
        trials = self._told(board, history)
        pending = np.flatnonzero(history.pending)
        for row, flying in zip(pending.tolist(), self._numbers(board, history.X[pending]), strict=True):
            trials.append(board.trial(flying, TrialState.RUNNING, row))
        made = self._make(int(rng.integers(2**31)))
        numbers = np.full((n, space.dimension), np.nan)
        few = FEW if self.sampler == "gp" else n
        for row in range(min(n, few)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # 0 / 0 where the Gaussian process has converged
                numbers[row] = self._suggest(board, made, trials, len(history) + row)
            trials.append(board.trial(numbers[row], TrialState.RUNNING, len(history) + row))
        X = space.canonical(board.cube.codes(numbers[:few]))
        return space.repair(np.concatenate([X, space.sample(n - len(X), rng)]), rng)

    def _numbers(self, board: "_Columns", X: Floats) -> Floats:
        return board.cube.filled(X) if self.sampler == "gp" else board.cube.numbers(X)

    def _told(self, board: "_Columns", history: History) -> list[Any]:
        """Return the finished trials for Optuna; those made for an earlier ask are taken again."""
        from optuna.trial import TrialState

        states = {State.COMPLETE: TrialState.COMPLETE, State.PRUNED: TrialState.PRUNED, State.FAILED: TrialState.PRUNED}
        notes, owner = notebook(history), ("optuna", self)
        made: tuple[_Columns | None, dict[int, Any]] = notes.get(owner, (None, {}))
        known = made[1] if made[0] is board else {}  # valid for ever: a finished trial never changes
        notes[owner] = board, known
        rows = told(history, min(self.most, MANY) if self.sampler == "gp" else self.most).tolist()
        new = [row for row in rows if row not in known]
        for row, numbers in zip(new, self._numbers(board, history.X[new]), strict=True):
            known[row] = board.trial(numbers, states[State(int(history.state[row]))], row, float(history.loss[row]))
        for row in known.keys() - set(rows):
            del known[row]
        return [known[row] for row in rows]

    def _make(self, seed: int) -> Any:
        from optuna.exceptions import ExperimentalWarning
        from optuna.samplers import GPSampler, TPESampler

        if self.sampler == "gp":
            return GPSampler(seed=seed, warn_independent_sampling=False)
        joint = self.sampler == "tpe"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return TPESampler(seed=seed, multivariate=joint, group=joint, constant_liar=True)

    def _suggest(self, board: "_Columns", made: Any, trials: list[Any], number: int) -> Floats:
        """Return plain numbers ``(d,)`` of the next suggestion, NaN where inactive."""
        from optuna.trial import TrialState

        study = board.study(trials)
        numbers = np.full(len(board.names), np.nan)
        trial = board.trial(numbers, TrialState.RUNNING, number)
        relative = made.sample_relative(study, trial, made.infer_relative_search_space(study, trial))
        for position in board.cube.order:
            if self.sampler != "gp" and board.conditional[position] and not board.cube.active(numbers, position):
                continue
            name = board.names[position]
            if name not in relative:
                relative[name] = made.sample_independent(study, trial, name, board.distributions[position])
            numbers[position] = relative[name]
        return numbers


class _Columns:
    """The columns of a space as distributions of Optuna, and trials of plain numbers."""

    def __init__(self, space: Space) -> None:
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        self.cube = Cube(space)
        self.names = [f"x{position}" for position in range(space.dimension)]
        self.conditional = space.conditional
        self.distributions: list[Any] = []
        for levels, unordered in zip(space.levels.tolist(), space.categorical.tolist(), strict=True):
            if unordered:
                self.distributions.append(CategoricalDistribution(tuple(range(levels))))
            else:
                self.distributions.append(IntDistribution(0, levels - 1) if levels else FloatDistribution(0.0, 1.0))

    def trial(self, numbers: Floats, state: Any, number: int, loss: float = np.nan) -> Any:
        """Return a trial of Optuna; a loss that is no number is left out."""
        from optuna.trial import FrozenTrial, TrialState

        active = np.flatnonzero(~np.isnan(numbers)).tolist()
        discrete = self.cube.space.levels > 0
        values = [int(numbers[k]) if discrete[k] else float(numbers[k]) for k in active]
        complete = state == TrialState.COMPLETE
        partial = {1: loss} if state == TrialState.PRUNED and np.isfinite(loss) else {}
        return FrozenTrial(
            number=number,
            trial_id=number,
            state=state,
            value=loss if complete else None,
            datetime_start=None,
            datetime_complete=None,
            params={self.names[k]: value for k, value in zip(active, values, strict=True)},
            distributions={self.names[k]: self.distributions[k] for k in active},
            user_attrs={},
            system_attrs={},
            intermediate_values=partial,
        )

    def study(self, trials: list[Any]) -> Any:
        """Return a study that holds these trials and writes nothing down."""
        from optuna.study import Study

        return Study("parfocal", _board(trials))


def _board(trials: list[Any]) -> Any:
    """Return a storage of Optuna that shows given trials, without the copies that adding them one by one makes."""
    from optuna.storages import InMemoryStorage
    from optuna.study import StudyDirection

    class Board(InMemoryStorage):
        def get_study_id_from_name(self, study_name: str) -> int:
            return 0

        def get_study_directions(self, study_id: int) -> list[StudyDirection]:
            return [StudyDirection.MINIMIZE]

        def get_all_trials(self, study_id: int, deepcopy: bool = True, states: Any = None) -> list[Any]:
            return [trial for trial in trials if states is None or trial.state in states]

        def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
            pass

    return Board()
