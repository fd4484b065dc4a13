"""The evaluator for workflows on a Galaxy server."""

import contextlib
import functools
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from parfocal.errors import EvaluationError, InvalidInput, MissingPackage
from parfocal.evaluation import limits, placeholders
from parfocal.evaluation.base import Job, Returned, ServerFailure
from parfocal.evaluation.command import CommandEvaluator
from parfocal.evaluation.galaxy import history, invocation, mapping, scoring
from parfocal.evaluation.galaxy.failures import PRINTED, Failing
from parfocal.evaluation.galaxy.library import Input, dataset_ids, usable, workflow_id
from parfocal.evaluation.galaxy.mapping import Mapped
from parfocal.evaluation.galaxy.server import NoServer, Refused, Server
from parfocal.evaluation.galaxy.workflow import TOOL, Workflow
from parfocal.evaluation.templates import Template
from parfocal.extras import require

_HALF = 8_000
_HERE = ("folder", "config", "experiment", "python")
_CHECK_PATIENCE = 10.0
_END_PATIENCE = 60.0
_USE = (
    "write '{{{name}}}' under 'parameters' where the workflow needs it, or give a parameter of the workflow that name."
)


@dataclass(frozen=True)
class GalaxyEvaluator:
    """Runs a workflow on a Galaxy server for each job, in a history of its own, and scores what it makes.

    The key comes from the environment variable ``PARFOCAL_GALAXY_KEY`` and is written nowhere.

    Parameters
    ----------
    workflow
        A ``.ga`` file in the experiment's folder, which is imported once, or the id of a workflow on the server.
    url
        Address of the server; by default that in ``PARFOCAL_GALAXY_URL``.
    inputs
        Label (or index) of a workflow's input to a file, uploaded once for all trials; ``{file: a.tif, type: tiff}``
        names Galaxy's datatype, and ``{dataset: id}`` a dataset that is on the server already.
    parameters
        Label (or index) of a workflow's parameter, or ``step|input`` of a tool (``segment|smoothing|sigma``), to a
        value with placeholders (:mod:`parfocal.evaluation.templates`). A placeholder alone keeps the type of its value.
        A parameter of the workflow that is called like one of the space needs no entry.
    outputs
        Label of a workflow's output, or ``step|output``, to the file in the work folder that gets it.
    score
        What makes metrics of the files, if the workflow does not: a command as in
        :class:`~parfocal.evaluation.CommandEvaluator`, which runs here in the work folder, or a Python function
        ``module:function`` that is called with the folder and returns what an evaluation may return.
    result
        Where the metrics are: :class:`~parfocal.evaluation.results.Reader`; not with a Python function.
    artifacts
        Name to file (in the work folder) that is worth to be named in the outcome.
    invalid_codes
        Exit codes by which a tool says that its parameters are invalid.
    patience
        For how long a server that cannot be reached or is in trouble is asked again, such as ``5 min``.
    retries
        How often a run that fails for the server's sake is tried again.
    path
        The experiment's folder.
    """

    workflow: str
    url: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    score: Sequence[Any] | str | None = None
    result: Mapping[str, Any] | None = None
    artifacts: Mapping[str, str] = field(default_factory=dict)
    invalid_codes: Sequence[int] = ()
    patience: str | float = "5 min"
    retries: int = 2
    path: str | None = None

    external: ClassVar[bool] = True

    def __post_init__(self) -> None:
        put = functools.partial(object.__setattr__, self)
        if self.path is not None:
            put("path", os.path.abspath(self.path))
        if not isinstance(self.workflow, str) or not self.workflow.strip():
            raise InvalidInput(f"'workflow' must be a '.ga' file or the id of a workflow; got {self.workflow!r}.")
        if self.url is not None and not isinstance(self.url, str):
            raise InvalidInput(f"'url' must be text; got {self.url!r}.")
        for name in ("inputs", "parameters", "outputs", "artifacts"):
            given = getattr(self, name)
            if not isinstance(given, Mapping):
                raise InvalidInput(f"'{name}' must be a mapping; got {given!r}.")
            put(name, {str(key): value for key, value in given.items()})  # an index may be written as a number
        for name in ("outputs", "artifacts"):
            for key, file in getattr(self, name).items():
                _check_file(name, key, file)
        if not self.outputs:
            raise InvalidInput("'outputs' is missing: which outputs of the workflow are fetched, as {scores: s.json}?")
        if isinstance(self.invalid_codes, int):
            put("invalid_codes", (self.invalid_codes,))
        if not all(type(code) is int for code in self.invalid_codes):
            raise InvalidInput(f"'invalid_codes' must be a list of whole numbers; got {self.invalid_codes!r}.")
        if type(self.retries) is not int or not 0 <= self.retries <= 100:
            raise InvalidInput(f"'retries' must be a whole number from 0 to 100; got {self.retries!r}.")
        try:
            _ = self._patience
        except InvalidInput:
            raise InvalidInput(f"'patience' is a time such as '60 s' or '5 min'; got {self.patience!r}.") from None
        _ = self._templates, self._files, self._scorer

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: self.__dict__[each.name] for each in fields(self)}

    # ------------------------------------------------------------ what was written

    @functools.cached_property
    def _patience(self) -> float:
        return limits.seconds(self.patience)

    @functools.cached_property
    def _templates(self) -> dict[str, Template | Any]:
        """Each parameter's template; a value that is no text stands for itself."""
        return {key: Template.parse(each) if isinstance(each, str) else each for key, each in self.parameters.items()}

    @functools.cached_property
    def _files(self) -> dict[str, Input]:
        return {name: Input.parse(name, given, self._experiment) for name, given in self.inputs.items()}

    @functools.cached_property
    def _scorer(self) -> scoring.Scorer:
        return scoring.scorer(self.score, self.result, self.outputs, self._experiment)

    @property
    def _experiment(self) -> str:
        return self.path or os.getcwd()

    # ------------------------------------------------------------ what is on the server

    @functools.cached_property
    def _server(self) -> Server:
        return Server(self.url, self._patience)

    def _workflow(self, server: Server) -> tuple[Workflow, str | None]:
        """Return the workflow, and its id if it is one of the server's."""
        file = Path(self._experiment, self.workflow)
        if self.workflow.endswith(".ga") or file.is_file():
            return Workflow.read(file), None
        try:
            document = server.call(lambda gi: gi.workflows.export_workflow_dict(self.workflow))
        except Refused as refused:
            raise EvaluationError(
                f"There is no workflow file '{file}', and none of this id on {server.url}: {refused.trouble.text}"
            ) from None
        return Workflow.parse(document, f"The workflow '{self.workflow}'"), self.workflow

    @functools.cached_property
    def _ready(self) -> tuple[Workflow, str, Mapped]:
        """The workflow, its id on the server, and how the experiment's names fit it."""
        workflow, known = self._workflow(self._server)
        mapped = self._mapped(workflow)
        if mapped.problems:
            raise EvaluationError(mapped.problems[0])
        return workflow, known or workflow_id(self._server, workflow), mapped

    def _mapped(self, workflow: Workflow) -> Mapped:
        return mapping.resolve(workflow, list(self.inputs), list(self.parameters), list(self.outputs))

    def _datasets(self) -> dict[str, str]:
        """Return the ids of the input files on the server, which are looked at before each trial."""
        known: dict[str, str] | None = self.__dict__.get("_known_datasets")
        if known is None or not usable(self._server, known):
            known = dataset_ids(self._server, self._files)
            self.__dict__["_known_datasets"] = known
        return known

    # ------------------------------------------------------------ a trial

    def load(self) -> None:
        """Import what talks to the server and what scores; nothing is asked of the server yet."""
        require("bioblend.galaxy", "galaxy")
        scoring.problems(self._scorer, self._experiment)

    def before(self, job: Job) -> None:
        """Purge what died with an earlier attempt; import the workflow and upload the files that are not there yet."""
        with contextlib.suppress(EvaluationError):
            history.end_earlier(self._server, job)
        _ = self._ready
        self._datasets()

    def evaluate(self, job: Job) -> Returned:
        """Run the workflow, fetch its outputs and score them."""
        server, (workflow, here, mapped) = self._server, self._ready
        values = self._values(job)
        parameters = self._arguments(mapped, values)
        note = history.begin(server, job)
        labels = {step.index: step.names[0] for step in workflow.steps}
        failing = Failing(labels, self.invalid_codes, job.work_folder())
        for attempt in range(self.retries + 1):
            inputs = self._inputs(mapped, values)
            try:
                run = invocation.invoke(server, here, str(note.history_id), inputs, parameters)
                replace(note, invocation=run).write(job.work_folder())
                shown = invocation.wait(server, run, failing)
                break
            except NoServer:
                raise
            except ServerFailure as failed:
                time.sleep(invocation.again(failed, attempt, self.retries))
        for name, file in self.outputs.items():
            invocation.fetch(server, shown, name, mapped.outputs[name], job.work_folder() / file)
        return scoring.scored(self._scorer, job, self.artifacts, self._experiment)

    def after(self, job: Job) -> None:
        """Cancel what still runs and purge the history, also where another process began it."""
        if history.Note.read(job.folder) is not None:
            history.end(Server(self.url, min(self._patience, _END_PATIENCE)), job.folder)

    def log(self, job: Job) -> str:
        """Return the tails of what a failed tool and the command of the score printed."""
        from parfocal.evaluation.processes import tail_of

        if job.folder is None:
            return ""
        own = self._scorer.log(job) if isinstance(self._scorer, CommandEvaluator) else ""
        return "\n".join(text for text in (tail_of(job.folder / PRINTED, _HALF).rstrip("\n"), own) if text)

    def _values(self, job: Job) -> dict[str, Any]:
        """Return what the placeholders of the parameters stand for."""
        amount = job.fidelity.value
        fidelity = int(amount) if amount == int(amount) else amount
        return {"seed": job.seed, "fidelity": fidelity, "number": job.number, **job.configuration}

    def _filled(self, key: str, values: Mapping[str, Any]) -> tuple[bool, Any]:
        template = self._templates[key]
        return mapping.value_of(template, values) if isinstance(template, Template) else (True, template)

    def _inputs(self, mapped: Mapped, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return index of an input step to dataset or value."""
        ids = self._datasets()
        sent: dict[str, Any] = {index: {"src": "hda", "id": ids[name]} for index, name in mapped.inputs.items()}
        for key, place in mapped.places.items():
            said, value = self._filled(key, values)
            if place.path is None and said:
                sent[str(place.step.index)] = mapping.typed(value, place.step)
        for label, step in mapped.open.items():
            if label in values:
                sent[str(step.index)] = mapping.typed(values[label], step)
        return sent

    def _arguments(self, mapped: Mapped, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return index of a tool step to path and value."""
        sent: dict[str, dict[str, Any]] = {}
        for key, place in mapped.places.items():
            said, value = self._filled(key, values)
            if place.path is not None and said:
                sent.setdefault(str(place.step.index), {})[place.path] = value
        return sent

    # ------------------------------------------------------------ before anything runs

    def check(self, parameters: tuple[str, ...], conditional: tuple[str, ...] = ()) -> list[str]:
        """Return what is wrong: names that the workflow lacks; files, key, server or tools that are not there."""
        found: list[str] = []
        server = self._reached(found)
        workflow = None
        file = Path(self._experiment, self.workflow)
        if server is not None or self.workflow.endswith(".ga") or file.is_file():
            try:
                workflow = Workflow.read(file) if server is None else self._workflow(server)[0]
            except EvaluationError as error:
                found.append(str(error))
        names = [name for each in self._templates.values() if isinstance(each, Template) for name in each.names]
        if workflow is not None:
            mapped = self._mapped(workflow)
            found += mapped.problems
            found += mapping.parameter_problems(mapped, parameters, conditional)
            names += [label for label in mapped.open if label in parameters]
            if server is not None:
                found += _missing_tools(server, workflow)
        found += [
            f"The placeholder '{{{name}}}' stands for something on this machine: 'parameters' are sent to the server."
            for name in names
            if name in _HERE and name not in parameters
        ]
        found += scoring.problems(self._scorer, self._experiment)
        names += self._scorer.names if isinstance(self._scorer, CommandEvaluator) else ()
        if workflow is not None:
            found += placeholders.problems(dict.fromkeys(names), parameters, _USE)
        for name, given in self._files.items():
            if given.file is not None and not given.file.is_file():
                found.append(f"The file of the input '{name}' is not there: {given.file}.")
        return list(dict.fromkeys(found))

    def _reached(self, found: list[str]) -> Server | None:
        """Return the server if it answers and knows the key; else say what is wrong."""
        try:
            server = Server(self.url, min(self._patience, _CHECK_PATIENCE))
            server.call(lambda gi: gi.users.get_current_user())
        except (EvaluationError, MissingPackage) as error:
            found.append(str(error))
            return None
        return server

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary; the key is not in it."""
        written: dict[str, Any] = {"kind": "galaxy"}
        for each in fields(self):
            value = getattr(self, each.name)
            if value not in ({}, (), [], None) and value != each.default:
                written[each.name] = _plain(value)
        return written

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: Path | None = None) -> "GalaxyEvaluator":
        """Return the evaluator of :meth:`to_dict`, or of a mapping that people write."""
        chosen = dict(values)
        if folder is not None:
            chosen["path"] = str(Path(folder, chosen.get("path") or ""))
        return cls(**chosen)


def _check_file(name: str, key: str, file: Any) -> None:
    """Raise where a file would not lie in the work folder."""
    parts = PurePosixPath(file).parts if isinstance(file, str) else ()
    if not parts or ".." in parts or PurePosixPath(file).is_absolute() or parts == (history.NOTE,):
        raise InvalidInput(f"'{key}' of '{name}' must be a file in the work folder, such as labels.tif; got {file!r}.")


def _missing_tools(server: Server, workflow: Workflow) -> list[str]:
    """Return one sentence for each tool of a workflow that the server does not have."""
    found = []
    for step in workflow.of(TOOL):
        try:
            server.call(functools.partial(_show_tool, step.tool))
        except Refused:
            found.append(f"The server {server.url} has no tool '{step.tool}', which the step {step} needs: install it.")
        except ServerFailure as error:
            return [*found, str(error)]
    return found


def _show_tool(tool: str, gi: Any) -> None:
    gi.tools.show_tool(tool)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
