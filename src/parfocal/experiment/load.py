"""An experiment file: one YAML file that says what to search, how to evaluate it and for how long.

Every wrong key or value ends as one :class:`~parfocal.errors.ExperimentError` that names file, line, key and remedy,
before anything is evaluated or written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from parfocal import documents
from parfocal.documents import Document
from parfocal.engines import Engine, WorkerPlan, engine_from_dict
from parfocal.engines.commands import is_file
from parfocal.errors import DataError, ExperimentError, InvalidInput, ParfocalError, SpaceError
from parfocal.evaluation import Evaluator, Limits, evaluator_from_dict
from parfocal.experiment.keys import ExperimentKeys, ObjectiveKeys, read_keys
from parfocal.optimizers import propose
from parfocal.seeds import generator
from parfocal.space import Space, completed
from parfocal.space.documents import parameter_from
from parfocal.storage import check_url, open_storage
from parfocal.study import Study
from parfocal.tasks.evaluator import TaskEvaluator
from parfocal.tasks.examine import examine
from parfocal.trials import History, Objective
from parfocal.warmstart import WarmStart, carried


@dataclass(frozen=True)
class Experiment:
    """A checked experiment: everything that :meth:`study` needs, and nothing evaluated yet."""

    path: Path
    keys: ExperimentKeys
    space: Space
    objective: Objective
    evaluator: Evaluator
    default: dict[str, Any] | None
    limits: Limits
    warm_start: WarmStart | None = None

    @property
    def name(self) -> str:
        """Name of the study: that of the file, where none is given."""
        return self.keys.name or self.path.stem

    @property
    def storage(self) -> str | Path:
        """The database: a file, relative to the experiment's folder, or the url of a server."""
        given = self.keys.storage or f"{self.path.stem}.db"
        return given if "://" in given else self.path.resolve().parent / given

    def study(self) -> Study:
        """Return the study of this experiment: a new one in its storage, or the one that is already there."""
        keys = self.keys
        study = Study(
            self.space,
            self.objective,
            self.evaluator,
            optimizer=keys.optimizer,
            storage=self.storage,
            name=self.name,
            seed=keys.seed,
            warmup=keys.warmup,
            repeats=keys.noise.repeats,
            default=self.default,
            enqueue=keys.enqueue,
            warm_start=self.warm_start,
            limits=self.limits,
            isolation=keys.isolation,
            stop_after_failures=keys.stop_after_failures,
        )
        if study.storage.state(study.record.id).budget is None:  # whoever asks for it, a server for example, must know
            study.storage.set_budget(study.record.id, keys.budget)
        return study

    def engine(self, kind: str | None = None, workers: int | Literal["auto"] | None = None) -> Engine:
        """Return what starts the workers; ``kind`` and ``workers`` stand above what the file says."""
        fields = _engine_fields(self.keys)
        if kind is not None and kind != fields["kind"]:
            fields = {"kind": kind}
        if workers is not None and fields["kind"] != "local":
            fields["workers"] = workers
        return engine_from_dict(fields, workers or self.keys.workers, self.path.resolve().parent)

    @property
    def plan(self) -> WorkerPlan:
        """What workers of other processes are told."""
        return WorkerPlan(str(self.storage), self.name)

    def remarks(self) -> list[str]:
        """Return what is probably not meant, though it can be run: images without a truth, points outside, ..."""
        options = self.evaluator.options if isinstance(self.evaluator, TaskEvaluator) else {}
        found = [f"{finding.file}: {finding.text}" for finding in examine(options)]
        engine = _engine_fields(self.keys)
        if engine["kind"] != "local" and is_file(str(self.storage)) and not engine.get("target"):
            found.append(
                "engine: workers on other machines cannot share a database file across a network folder; a server "
                "database, or `parfocal serve` beside the file and 'target: https://...' here, serves them all."
            )
        return found

    def problems(self) -> list[str]:
        """Return what is wrong beyond the file itself, one sentence each: missing commands, unreadable images, ..."""
        space = self.space
        optional = tuple(name for name, parameter in space.parameters.items() if parameter.when is not None)
        key = "task" if isinstance(self.evaluator, TaskEvaluator) else "evaluation"
        found = [f"{key}: {problem}" for problem in self.evaluator.check(space.names, optional)]
        if self.limits and self.keys.isolation == "none" and not getattr(self.evaluator, "external", False):
            found.append(
                "limits: time and memory are watched from outside; write 'isolation: process', or remove them."
            )
        if self.warm_start is not None and not self._begun():
            try:
                carried(space, self.warm_start)
            except ParfocalError as error:
                found.append(f"warm_start: {error}")
        try:
            self.engine().preview(self.plan)
        except ParfocalError as error:
            found.append(f"engine: {error}")
        limit = self.limits.problem()
        if limit is not None:
            found.append(f"limits: {limit}")
        if isinstance(self.storage, str):
            try:
                check_url(self.storage)
            except ParfocalError as error:
                found.append(f"storage: {error}")
        elif self.storage.is_dir():
            found.append(f"storage: '{self.storage}' is a folder; name a file in it.")
        elif not self.storage.parent.is_dir():
            found.append(f"storage: there is no folder '{self.storage.parent}'; make it, or name another one.")
        return found

    def _begun(self) -> bool:
        """Whether the study has trials already: then the study that it started from is needed no more."""
        if isinstance(self.storage, Path) and not self.storage.is_file():
            return False
        storage = open_storage(self.storage)
        return any(record.name == self.name and storage.counts(record.id).total for record in storage.studies())

    def check(self) -> None:
        """Raise :class:`ExperimentError` with the first of :meth:`problems`, if there are any."""
        found = self.problems()
        if found:
            more = f" ({len(found) - 1} more: see `parfocal check {self.path}`)" if len(found) > 1 else ""
            raise ExperimentError(f"{self.path}: {found[0]}{more}")


def load(path: str | Path) -> Experiment:
    """Read and check an experiment file.

    Raises
    ------
    ExperimentError
        One sentence: file, line, key, what is wrong, and how to mend it.
    """
    document = documents.read(path)
    keys = read_keys(document)
    folder = document.path.resolve().parent
    parts = _ready_task(document, keys, folder) if keys.task is not None else _own(document, keys, folder)
    space, _, _, default = parts
    with _blamed(document, "default"):
        if default is not None:
            space.validate(default)
    for index, configuration in enumerate(keys.enqueue):
        try:
            completed(space, configuration)
        except SpaceError as error:
            named = str(error).split("'")[1:2]  # the sentence begins with the parameter where it is about one
            raise document.error(["enqueue", index, *(set(named) & set(configuration))], str(error)) from None
    with _blamed(document, "constraints" if keys.constraints else "space"):
        space.sample(1, generator(keys.seed, "check"))
    with _blamed(document, "optimizer"):
        propose(space, keys.optimizer, History(space.dimension), seed=keys.seed, warmup=0)
    with _blamed(document, "limits"):
        limits = Limits.from_dict(keys.limits.model_dump(exclude_none=True))
    _check_engine(document, keys, folder)
    return Experiment(document.path, keys, *parts, limits, _warm_start(keys, folder))


def _engine_fields(keys: ExperimentKeys) -> dict[str, Any]:
    return {"kind": keys.engine} if isinstance(keys.engine, str) else dict(keys.engine)


def _check_engine(document: Document, keys: ExperimentKeys, folder: Path) -> None:
    with _blamed(document, "engine"):
        try:
            engine_from_dict(keys.engine, keys.workers, folder)
        except InvalidInput as error:
            inside = getattr(error, "key", ())
            if not inside:
                raise
            raise document.error(["engine", *inside], str(getattr(error, "problem", error))) from None


def _warm_start(keys: ExperimentKeys, folder: Path) -> WarmStart | None:
    """Return the earlier study that the file names; a path is relative to the file's folder."""
    if keys.warm_start is None:
        return None
    given = {"storage": keys.warm_start} if isinstance(keys.warm_start, str) else keys.warm_start.model_dump()
    here = given["storage"] if "://" in given["storage"] else folder / given["storage"]
    return WarmStart.of({**given, "storage": here})


Parts = tuple[Space, Objective, Evaluator, dict[str, Any] | None]


def _ready_task(document: Document, keys: ExperimentKeys, folder: Path) -> Parts:
    """Return what a ready task brings, with the space, objective and default of the file where it gives its own."""
    if keys.evaluation is not None:
        raise document.error(["evaluation"], "a task brings its own evaluation; remove this key, or remove 'task'.")
    with _blamed(document, "task"):
        given: dict[str, Any] = dict(keys.task) if isinstance(keys.task, dict) else {"name": keys.task}
        name, options = given.pop("name", None), given.pop("options", None) or {}
        if not isinstance(options, dict) or not all(isinstance(key, str) for key in options):
            raise document.error(["task", "options"], f"expected a mapping from option to value, got {options!r}.")
        evaluator = TaskEvaluator.from_dict({"name": name, "options": {**options, **given}}, folder)
        findings = examine(evaluator.options)
        errors = [f"{finding.file}: {finding.text}" for finding in findings if finding.level == "error"]
        if errors:
            raise DataError(errors[0] + (f" ({len(errors) - 1} more like it)" if len(errors) > 1 else ""))
        task = evaluator.task
    space = task.space
    if keys.space is not None:
        space = _space(document, keys)
    elif keys.constraints:
        with _blamed(document, "constraints"):
            space = Space(space.parameters, [*space.constraints, *keys.constraints])
    objective = task.objective if keys.objective is None else _objective(document, keys.objective)
    own = None if keys.space is not None else dict(task.default)  # the task's default may lie outside of another space
    return space, objective, evaluator, keys.default or own


def _own(document: Document, keys: ExperimentKeys, folder: Path) -> Parts:
    """Return the space, objective and evaluator that the file itself describes."""
    if keys.space is None or keys.objective is None or keys.evaluation is None:
        needed = ("space", "objective", "evaluation")
        missing = next(key for key in needed if getattr(keys, key) is None)
        raise document.error([], f"the key '{missing}' is missing; an experiment has {', '.join(needed)}, or a 'task'.")
    space = _space(document, keys)
    objective = _objective(document, keys.objective)
    with _blamed(document, "evaluation"):
        return space, objective, evaluator_from_dict(keys.evaluation, folder), keys.default


def _space(document: Document, keys: ExperimentKeys) -> Space:
    """Return the space of the file; each parameter is read by itself, so that the line of its key is known."""
    given = keys.space or {}
    for name, parameter in given.items():
        with _blamed(document, "space", name):
            parameter_from(parameter, name)
    with _blamed(document, "space"):
        Space.from_dict({"parameters": given})
    for index in range(len(keys.constraints)):
        with _blamed(document, "constraints", index):
            Space.from_dict({"parameters": given, "constraints": [keys.constraints[index]]})
    with _blamed(document, "constraints"):
        return Space.from_dict({"parameters": given, "constraints": keys.constraints})


def _objective(document: Document, keys: ObjectiveKeys | str | list[ObjectiveKeys | str]) -> Objective:
    with _blamed(document, "objective"):
        given = keys if isinstance(keys, list) else [keys]
        return Objective.of([each if isinstance(each, str) else Objective(**each.model_dump()) for each in given])


@contextmanager
def _blamed(document: Document, *key: str | int) -> Iterator[None]:
    """Put file, line and key before an error of parfocal's own."""
    try:
        yield
    except ExperimentError:
        raise
    except ParfocalError as error:
        own = f"'{key[-1]}': "  # the key says it already
        raise document.error(key, str(error).removeprefix(own)) from None
