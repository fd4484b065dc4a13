"""The facade: a study is a space, an objective, an optimizer and an evaluator over a storage."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from parfocal.analysis import Recommendation, recommendation
from parfocal.asking import Asking
from parfocal.checks import positive
from parfocal.engines import Engine, LocalEngine, engine_from_dict
from parfocal.errors import InvalidInput, StudyExistsError
from parfocal.evaluation import Evaluator, Isolation, Limits, PythonEvaluator, evaluator_from_dict, guard
from parfocal.optimizers import DEFAULT, WARMUP, Best, compose
from parfocal.optimizers.repeats import checked
from parfocal.replay import Replayed, replay
from parfocal.running import Setup, run_here, run_with_workers, trial_folder
from parfocal.search import Progress, Search
from parfocal.space import Parameter, Space, completed
from parfocal.storage import Counts, Storage, StudyRecord, open_storage, the_study
from parfocal.trials import Configuration, History, Objective, Trial
from parfocal.warmstart import WarmSource, WarmStart, carried
from parfocal.workers import Worked, work

FREE = ("limits", "isolation", "stop_after_failures")
"""Parts of a study's definition that may change when it is continued."""
PLAIN = ("seed", "warmup", "default", "isolation", "stop_after_failures")


class Study:
    """A search that can be continued.

    Parameters
    ----------
    space : Space, or a mapping from name to parameter
    objective : Objective or str, or several
        ``"maximize f1"``, ``"minimize rmse [px]"``, or an expression over metrics; ``runtime`` is the trial's own, in
        seconds. The first of several decides what is best; ``nsga2`` weighs them against each other.
    evaluator : callable or Evaluator, optional
        ``f(**configuration)`` that returns the objective's number or a mapping of metrics; see
        :mod:`parfocal.evaluation` for commands and entry points. Without it the study can be read, not run.
    optimizer : str
        A name of the zoo or a composition such as ``"random + random-forest(acquisition=ei)"``.
    storage : path or URL, optional
        Where trials are kept, an SQLite file for example; default: memory, gone with the process.
    name : str
        Name within the storage. A study of the same name and definition is continued.
    seed : int
        Seed of all that is random.
    warmup : int
        Random trials before the optimizer learns.
    repeats : float
        Share of trials behind the warm-up that evaluate a promising configuration once more, where results are noisy.
    default : mapping, optional
        The configuration that one would use without tuning: evaluated first, and what gains are measured against.
        Without it the defaults of the parameters make it, where there are any.
    enqueue : list of mappings
        Configurations to evaluate right after the default, in this order, once: see :meth:`enqueue`.
    warm_start : path, URL, Study or WarmStart, optional
        An earlier study whose best are evaluated next, where this one is new: see :mod:`parfocal.warmstart`.
    limits : Limits, optional
        Time and memory of one trial; they need ``isolation="process"`` for Python functions.
    isolation : {"none", "process"}
        Whether Python functions run in this process or in one of their own that may be ended.
    stop_after_failures : int
        Stop when that many first trials of a run all fail and none ever succeeded; 0 for never.

    Raises
    ------
    ParfocalError
        When a part is wrong, or the storage holds another study of this name.
    """

    def __init__(
        self,
        space: Space | Mapping[str, Parameter],
        objective: Objective | str | Sequence[Objective | str] = "minimize loss",
        evaluator: Evaluator | Callable[..., Any] | None = None,
        *,
        optimizer: str = DEFAULT,
        storage: str | Path | Storage | None = None,
        name: str = "study",
        seed: int = 0,
        warmup: int = WARMUP,
        repeats: float = 0.0,
        default: Mapping[str, Any] | None = None,
        enqueue: Sequence[Mapping[str, Any]] = (),
        warm_start: WarmSource | None = None,
        limits: Limits | None = None,
        isolation: Isolation = "none",
        stop_after_failures: int = 10,
    ) -> None:
        guard()  # a script without `if __name__ == "__main__"` must not search again in its worker processes
        self.space = space if isinstance(space, Space) else Space(space)
        self.objective = Objective.of(objective)
        self.evaluator = PythonEvaluator(evaluator) if callable(evaluator) else evaluator
        self.composition = compose(optimizer)
        self.seed, self.warmup, self.isolation, self.repeats = seed, warmup, isolation, checked(repeats)
        self.limits = Limits() if limits is None else limits
        self.stop_after_failures = stop_after_failures
        self.default = self.space.default() if default is None else Configuration(default).to_dict()
        if self.default is not None:
            self.space.validate(self.default)
        self.storage = storage if isinstance(storage, Storage) else open_storage(storage)
        self.record = self._created(name)
        self.space = Space.from_dict(self.record.definition["space"])  # parameters may stand in another order by now
        self._search = self.search("")
        begun = warm_start is None or self.counts.total
        carried_over = [] if begun or warm_start is None else carried(self.space, WarmStart.of(warm_start))
        if enqueue or carried_over:
            self._search.enqueue([*self._given(enqueue), *carried_over])

    def _created(self, name: str) -> StudyRecord:
        """Return the study of this name: a new one, or the same one, whose experiment may lie elsewhere by now."""
        definition = self._definition()
        try:
            return self.storage.create_study(name, definition, free=FREE)
        except StudyExistsError:
            stored = self.storage.open_study(name).definition
            if _placeless(stored.get("evaluation")) != _placeless(definition["evaluation"]):
                raise
            return self.storage.create_study(name, definition, free=(*FREE, "evaluation"))

    def _definition(self) -> dict[str, Any]:
        return {
            "space": self.space.to_dict(),
            "objective": self.objective.to_dict(),
            "optimizer": str(self.composition),
            "evaluation": None if self.evaluator is None else self.evaluator.to_dict(),
            "limits": self.limits.to_dict(),
            **{key: getattr(self, key) for key in PLAIN},
            **({"repeats": self.repeats} if self.repeats else {}),
        }

    @classmethod
    def open(
        cls, storage: str | Path | Storage, name: str | None = None, *, folder: str | Path | None = None
    ) -> "Study":
        """Return a study that a storage holds; ``name`` may be left out where there is only one.

        ``folder`` is where the experiment lies on this host, in place of what the study says; it is not stored.
        """
        store = storage if isinstance(storage, Storage) else open_storage(storage)
        record = the_study(store, name)
        definition = record.definition
        evaluation = definition["evaluation"]
        study = cls(
            Space.from_dict(definition["space"]),
            Objective.from_dict(definition["objective"]),
            None if evaluation is None else evaluator_from_dict(evaluation),
            storage=store,
            name=record.name,
            repeats=definition.get("repeats", 0.0),
            limits=Limits.from_dict(definition["limits"]),
            **{key: definition[key] for key in ("optimizer", *PLAIN)},
        )
        if folder is not None and evaluation is not None:
            study.evaluator = evaluator_from_dict({**evaluation, "path": str(_existing(folder))})
        return study

    # ------------------------------------------------------------ run

    def run(
        self,
        budget: int,
        *,
        workers: int | Literal["auto"] | None = None,
        engine: Engine | Mapping[str, Any] | str = "local",
        batch: int | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> "Study":
        """Search until ``budget`` trials in total are finished, those of earlier runs included.

        Parameters
        ----------
        budget : int
            At least 1. Failed trials count; LOST ones are replaced.
        workers : int or "auto"
            Processes that evaluate. On this machine 1, the default, evaluates in this process, and "auto" takes all
            available cores; elsewhere the engine's options may say it instead.
        engine : Engine, mapping or str
            What starts them: ``"local"`` on this machine, ``"slurm"``, ``"dask"``, or one of these with its options,
            ``{"kind": "slurm", "workers": 64}``. Elsewhere than here, workers rebuild the evaluator from the study.
        batch : int, optional
            Trials that wait to be evaluated, at least: by default as few as keep all workers busy for an optimizer that
            learns (the fewest evaluations), 100 a worker for others.
        on_progress : callable, optional
            Called with a :class:`~parfocal.search.Progress` after every change.

        Raises
        ------
        StudyStopped
            When the first trials all failed; the text says what they have in common.
        """
        positive(budget, "budget")
        setup, search = self._setup(), self._search
        here = engine == "local" and (workers is None or LocalEngine(workers).size == 1)
        batch = None if batch is None else positive(batch, "batch")
        chosen = engine if isinstance(engine, Engine) else engine_from_dict(engine, workers)
        self.storage.set_budget(self.record.id, budget)
        self.enqueue([])  # the default, at least
        if here:
            run_here(search, setup, batch, on_progress)
        else:
            run_with_workers(search, setup, chosen, batch, on_progress)
        return self

    def enqueue(self, configurations: Sequence[Mapping[str, Any]]) -> int:
        """Queue configurations of your own, after the default; return how many trials that makes, repetitions left out.

        They count against the budget and come in this order, before what the optimizer asks next. What one leaves out
        stands at its default, else at its median. Raises :class:`SpaceError` if one is wrong; then none is queued.
        """
        return self._search.enqueue(self._given(configurations))

    def _given(self, configurations: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], str]]:
        default = [] if self.default is None else [(self.default, "default")]
        return [*default, *((completed(self.space, configuration), "given") for configuration in configurations)]

    def help(self, *, wait: bool = False, idle: float = math.inf, job: str = "") -> Worked:
        """Evaluate what has been queued for this study, until nothing waits.

        With ``wait``, until nothing has waited for ``idle`` seconds, or until Ctrl-C. One who waits also takes its turn
        in asking: as long as one of them lives, the search goes on to its budget.
        """
        setup = self._setup()
        return work(
            self.storage,
            self.record,
            setup.evaluator,
            self.objective,
            job=job,
            isolation=setup.isolation,
            limits=setup.limits,
            folder=setup.folder,
            drain=not wait or idle < math.inf,
            linger=idle if wait else 0.0,
            beside=self._asking if wait else None,
        )

    def search(self, asker: str) -> Search:
        """Return a view of this study, by which ``asker``, the id of a registered worker, asks when it leads."""
        parts = (self.storage, self.record, self.space, self.objective, self.composition)
        return Search(*parts, self.seed, self.warmup, self.repeats, asker)

    def _asking(self, worker: str) -> Asking:
        self._search.begin(worker)
        return Asking(self._search)

    def _setup(self) -> Setup:
        if self.evaluator is None:
            raise InvalidInput("This study has no evaluator and cannot run: give it a function or an evaluator.")
        folder = trial_folder(self.storage, self.name)
        return Setup(self.evaluator, self.isolation, self.limits, folder, self.stop_after_failures)

    def replay(self, start: int = 0, stop: int | None = None) -> Iterator[Replayed]:
        """Make the asks from trial ``start`` to ``stop`` again and compare, bit by bit: see :mod:`parfocal.replay`."""
        parts = (self.storage, self.record, self.space, self.objective, self.composition)
        options: dict[str, Any] = {"seed": self.seed, "warmup": self.warmup, "repeats": self.repeats}
        return replay(*parts, **options, start=start, stop=stop)

    # ------------------------------------------------------------ read

    @property
    def name(self) -> str:
        """The study's name within its storage."""
        return self.record.name

    @property
    def history(self) -> History:
        """All trials as columns, up to date with the storage."""
        self._search.refresh()
        return self._search.history

    @property
    def counts(self) -> Counts:
        """How many trials stand in each state."""
        return self.storage.counts(self.record.id)

    @property
    def exhausted(self) -> str | None:
        """Why the space has nothing left to ask for, or None."""
        return self._search.exhausted

    def trials(self, start: int = 0, stop: int | None = None) -> list[Trial]:
        """Return the trials [start, stop) with configurations and outcomes."""
        return self.storage.trials(self.record.id, start, stop)

    @property
    def best(self) -> Best | None:
        """The best complete trial, or None before there is one."""
        history = self.history
        if (row := history.best) is None:
            return None
        trial = self.storage.trial(self.record.id, row)
        return Best(row, trial.configuration, self.objective.value(float(history.loss[row])))

    def recommend(self, *, noisy: bool = True, flat: bool = False) -> Recommendation | None:
        """Return the configuration that is expected to be best; see :mod:`parfocal.analysis.recommendation`."""
        return recommendation(self.space, self.history, self.objective, noisy=noisy, flat=flat)

    @property
    def default_value(self) -> float | None:
        """The default configuration's value in the user's own metric; None where it has none."""
        self._search.refresh()
        return None if self.default is None else self._search.value_of(self.default)


def _placeless(evaluation: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return how trials are evaluated without where the experiment lies: one that was moved is the same."""
    return None if evaluation is None else {key: value for key, value in evaluation.items() if key != "path"}


def _existing(folder: str | Path) -> Path:
    """Return the absolute path of a folder, or raise :class:`InvalidInput`."""
    path = Path(folder).absolute()
    if not path.is_dir():
        raise InvalidInput(f"There is no folder '{path}' on this host: name the one where the experiment lies here.")
    return path
