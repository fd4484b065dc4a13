"""From the files that a workflow made to metrics: read from one of them, or made by a command or a function here."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation import functions
from parfocal.evaluation.base import Job, Returned
from parfocal.evaluation.command import CommandEvaluator
from parfocal.evaluation.galaxy.server import KEY
from parfocal.evaluation.results import Reader, with_artifacts

Scorer: TypeAlias = CommandEvaluator | Reader | str
"""A command, a reader of a file that the workflow made, or the name of a function."""


def scorer(score: Any, result: Mapping[str, Any] | None, outputs: Mapping[str, str], folder: str) -> Scorer:
    """Return what makes metrics of the outputs, or raise :class:`InvalidInput`.

    Parameters
    ----------
    score, result, outputs
        The options of the evaluator.
    folder
        The experiment's folder.
    """
    if isinstance(score, str):
        if result is not None:
            raise InvalidInput("'result' has no place beside a Python function, which returns the metrics itself.")
        return functions.check_name(score)
    where = {"json": "result.json"} if result is None else result
    if score is not None:
        try:
            # the command has no business with the server
            return CommandEvaluator(score, result=where, env={KEY: ""}, path=folder)
        except InvalidInput as error:
            raise InvalidInput(str(error).replace("'command' must", "'score' must")) from None
    reader = Reader.from_dict(where)
    if reader.file not in outputs.values():
        names = ", ".join(f"'{file}'" for file in outputs.values())
        raise InvalidInput(
            f"'result' must name a file of 'outputs' ({names}) where no 'score' makes it; got '{reader.source}'."
        )
    return reader


def scored(how: Scorer, job: Job, artifacts: Mapping[str, str], experiment: str) -> Returned:
    """Return the metrics of what lies in the work folder of a job, with the artifacts among it."""
    folder = job.work_folder()
    if isinstance(how, CommandEvaluator):
        returned = how.evaluate(job)
    elif isinstance(how, Reader):
        returned = how.read(folder / str(how.file), folder / "stdout.txt")
    else:
        returned = functions.load(how, experiment)(folder)
    return with_artifacts(returned, {name: folder / file for name, file in artifacts.items()})


def problems(how: Scorer, experiment: str) -> list[str]:
    """Return one sentence for each program or function that is not there."""
    if isinstance(how, CommandEvaluator):
        return how.missing()
    if isinstance(how, str):
        try:
            functions.load(how, experiment)
        except EvaluationError as error:
            return [str(error)]
    return []
