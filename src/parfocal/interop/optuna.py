"""Any optimizer of parfocal as a sampler of Optuna."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from threading import RLock
from typing import Any, cast
from weakref import WeakKeyDictionary

from parfocal.errors import InvalidInput, OptimizerError, SpaceError, SpaceExhausted
from parfocal.extras import require
from parfocal.interop.ledger import PROPOSED, Ledger, configuration
from parfocal.interop.relative import Relative
from parfocal.optimizers import DEFAULT, WARMUP, Composed, compose, propose
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.typing import Value

require("optuna", "interop")

from optuna.distributions import BaseDistribution  # noqa: E402
from optuna.samplers import BaseSampler, RandomSampler  # noqa: E402
from optuna.search_space import intersection_search_space  # noqa: E402
from optuna.storages import BaseStorage  # noqa: E402
from optuna.study import Study, StudyDirection  # noqa: E402
from optuna.trial import FrozenTrial  # noqa: E402


class ParfocalSampler(BaseSampler):
    """Let a parfocal optimizer propose the trials of an Optuna study.

    Parameters
    ----------
    space : Space, optional
        The space of the objective: whole configurations are proposed, conditions and constraints honoured. The
        objective asks for the active parameters, by the same names. Without a space, the parameters that all complete
        trials share are proposed together, and the others are drawn at random, as Optuna's own samplers do.
    optimizer : str or Composition
        A name of the zoo, a text form, or a composition.
    seed : int
        What is proposed is a function of the seed and the study's trials.
    warmup : int
        Trials by number before a learning optimizer starts.
    warmup_sampler : str
        ``random``, ``sobol`` or ``latin-hypercube``.

    Notes
    -----
    Nothing is kept but caches: a study that is loaded from its storage goes on as if it had never stopped. Running
    and enqueued trials are pending, failed trials are failures, pruned ones keep their last value. When no new
    configuration of a discrete space is left, ``study.optimize`` ends after the trial.

    Examples
    --------
    >>> import optuna
    >>> from parfocal.space import Float, Space
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> sampler = ParfocalSampler(Space({"x": Float(-1, 1)}), "tpe", seed=1)
    >>> study = optuna.create_study(sampler=sampler)
    >>> study.optimize(lambda trial: trial.suggest_float("x", -1, 1) ** 2, n_trials=40)
    >>> study.best_value < 0.01
    True
    """

    def __init__(
        self,
        space: Space | None = None,
        optimizer: str | Composed = DEFAULT,
        *,
        seed: int = 0,
        warmup: int = WARMUP,
        warmup_sampler: str = "random",
    ) -> None:
        self.space = space
        self.composition = compose(optimizer)
        self.seed, self.warmup, self.warmup_sampler = seed, warmup, warmup_sampler
        self._begin()

    def _begin(self) -> None:
        self._lock = RLock()
        self._caches: WeakKeyDictionary[BaseStorage, dict[int, tuple[Relative | None, Ledger]]] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def __str__(self) -> str:
        return f"ParfocalSampler('{self.composition}')"

    def reseed_rng(self) -> None:
        """Do nothing: threads get different proposals since the number of the trial names the random stream."""

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Propose a whole configuration for ``trial``, where the space is known."""
        if len(study.directions) > 1:
            raise OptimizerError("ParfocalSampler optimizes one value; the study has several directions.")
        if self.space is None:
            return
        with self._lock:
            values = self._propose(study, trial, self._ledger(study)[1])
            given = trial.system_attrs.get("fixed_params") or {}
            given = {name: value for name, value in given.items() if name in self.space.parameters}
            if given:
                values |= given
                with suppress(SpaceError):  # what lies outside of the space stays as it was enqueued
                    values = self.space.decode(self.space.encode([values]))[0]
            _store(study, trial, values)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the parameters that all complete trials share, where no space was given."""
        if self.space is not None:
            return {}
        found = intersection_search_space(_trials(study), include_pruned=True)
        return {name: distribution for name, distribution in found.items() if not distribution.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return values for the parameters of ``search_space``, proposed together."""
        if not search_space:
            return {}
        with self._lock:
            relative, ledger = self._ledger(study, search_space)
            values = self._propose(study, trial, ledger)
            values = values if relative is None else relative.outside(values)
            _store(study, trial, values)
            return values

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the proposed value of one parameter; a random one where none was proposed.

        Raises
        ------
        InvalidInput
            If the space has the parameter and it is inactive in this configuration, or the objective's range does
            not hold the proposed value.
        """
        name = param_name
        if self.space is None or name not in self.space.parameters:
            stream = generator(self.seed, "independent", trial.number, name)
            return RandomSampler(int(stream.integers(2**31))).sample_independent(study, trial, name, param_distribution)
        values = configuration(trial, self.space)
        if name not in values:
            raise InvalidInput(
                f"'{name}' is inactive in the proposed configuration {values}: the objective must ask for it only "
                f"under the condition of the space, '{self.space.parameters[name].when}'."
            )
        if not param_distribution._contains(param_distribution.to_internal_repr(values[name])):
            raise InvalidInput(
                f"The space proposes {name}={values[name]!r}, which the objective's {param_distribution} does not "
                "hold: write the same range in both."
            )
        return values[name]

    def _ledger(
        self, study: Study, search_space: dict[str, BaseDistribution] | None = None
    ) -> tuple[Relative | None, Ledger]:
        """Return the ledger of a study, and the translation of its search space where no space was given."""
        caches = self._caches.setdefault(study._storage, {})
        found = caches.get(study._study_id)
        if found is not None and (found[0] is None or found[0].search_space == search_space):
            return found
        relative = None if search_space is None else Relative(search_space)
        if relative is not None:
            ledger = Ledger(relative.space, _maximize(study), self.seed, relative.inside)
        else:
            space = cast(Space, self.space)
            ledger = Ledger(space, _maximize(study), self.seed, partial(configuration, space=space))
        caches[study._study_id] = relative, ledger
        return relative, ledger

    def _propose(self, study: Study, trial: FrozenTrial, ledger: Ledger) -> dict[str, Value]:
        """Return the configuration for a trial from all trials before it."""
        space, history = ledger.space, ledger.update(_trials(study)[: trial.number])
        warmup, sampler = self.warmup, self.warmup_sampler
        try:
            X = propose(space, self.composition, history, seed=self.seed, warmup=warmup, warmup_sampler=sampler).X
        except SpaceExhausted:
            with suppress(RuntimeError):  # outside of study.optimize there is no loop to end
                study.stop()
            X = space.sample(1, generator(self.seed, "exhausted", trial.number))
        return space.decode(X)[0]


def _store(study: Study, trial: FrozenTrial, values: Mapping[str, Value]) -> None:
    """Let other threads and processes see what this trial is about."""
    study._storage.set_trial_system_attr(trial._trial_id, PROPOSED, dict(values))


def _trials(study: Study) -> list[FrozenTrial]:
    """Return all trials by number; a pruner may show its sampler some of them only (Hyperband)."""
    return study._storage.get_all_trials(study._study_id, deepcopy=False)


def _maximize(study: Study) -> bool:
    return bool(study.direction == StudyDirection.MAXIMIZE)
