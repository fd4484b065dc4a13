"""Why a run of a workflow failed: by these parameters, or by the server and what is installed there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parfocal.errors import EvaluationError
from parfocal.evaluation.base import InvalidConfiguration, OutOfMemory, ServerFailure
from parfocal.evaluation.galaxy.server import Server

PRINTED = "galaxy.txt"
"""The file in the work folder with what the tool that failed has printed."""
_PRINTED_LIMIT = 200_000
_NOT_THERE = (126, 127)
"""Exit codes by which a shell says that a program cannot be run: it is the server that lacks it."""
_OUT_OF_MEMORY = 4.0
"""Galaxy's level of an error that means too little memory."""
_REASONS: tuple[tuple[tuple[str, ...], type[EvaluationError]], ...] = (
    (("Parameter '",), InvalidConfiguration),
    (("memory",), OutOfMemory),
    (("longer than the maximum", "walltime", "job run time"), EvaluationError),
)
"""What Galaxy says of a job whose tool did not come to its end, where that is not the server's own trouble."""


@dataclass(frozen=True)
class Failing:
    """What one needs to know to tell a failure.

    Parameters
    ----------
    labels
        Index of a step to its name.
    invalid_codes
        Exit codes by which a tool declares its parameters invalid.
    folder
        The work folder, which gets what the tool has printed.
    """

    labels: Mapping[int, str]
    invalid_codes: Sequence[int]
    folder: Path


def failure(
    server: Server, invocation: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]], failing: Failing
) -> EvaluationError:
    """Return the exception that a failed run deserves."""
    for states in (("error", "failed"), ("deleted", "deleting", "stopped", "stop"), ("paused",)):
        for job in jobs:
            if job["state"] in states:
                return _of_job(server, invocation, str(job["id"]), failing)
    said = invocation.get("messages") or ()
    reasons = [str(each.get("reason")) for each in said]
    step = next((each.get("workflow_step_index", each.get("workflow_step_id")) for each in said), None)
    where = f" at step '{failing.labels.get(step, step)}'" if step is not None else ""
    detail = next((str(each["details"]) for each in said if each.get("details")), "")
    text = f"{', '.join(reasons) or 'no reason given'}{where}{': ' + detail if detail else ''}"
    if invocation["state"] in ("cancelled", "cancelling"):
        return ServerFailure(f"The run of the workflow was cancelled on the Galaxy server ({text}).")
    kind = _OF_RUN.get(reasons[0] if reasons else "", ServerFailure)
    return kind(f"The run of the workflow failed on the Galaxy server: {text}.")


_OF_RUN: dict[str, type[EvaluationError]] = {
    "workflow_parameter_invalid": InvalidConfiguration,
    "expression_evaluation_failed": EvaluationError,
    "when_not_boolean": EvaluationError,
    "output_not_found": EvaluationError,
}
"""Galaxy's reason why a run failed to what it means; every other one is the server's trouble."""


def _of_job(server: Server, invocation: Mapping[str, Any], job: str, failing: Failing) -> EvaluationError:
    """Return the exception for a job that did not do its work, and keep what it printed."""
    shown: dict[str, Any] = server.call(lambda gi: gi.jobs.show_job(job, full_details=True))
    step = next((each["order_index"] for each in invocation.get("steps") or () if each.get("job_id") == job), -1)
    where = f" (step '{failing.labels[step]}')" if step in failing.labels else ""
    tool = f"The tool '{shown['tool_id']}'{where}"
    code, errors = shown.get("exit_code"), str(shown.get("tool_stderr") or shown.get("stderr") or "")
    output = str(shown.get("tool_stdout") or shown.get("stdout") or "")
    printed = [f"[{name}]\n{text[-_PRINTED_LIMIT:]}" for name, text in (("stdout", output), ("stderr", errors)) if text]
    info = "" if code is not None else _info(server, shown)
    failing.folder.joinpath(PRINTED).write_text(
        "\n".join([f"{tool}: {shown['state']}, exit code {code}. {info}".strip(), *printed]), encoding="utf-8"
    )
    last = errors.strip().rpartition("\n")[2][-400:]
    said = f": {last}" if last else "."
    if any(_level(each) == _OUT_OF_MEMORY for each in shown.get("job_messages") or ()):
        return OutOfMemory(f"{tool} ran out of memory on the Galaxy server{said}")
    if code in failing.invalid_codes:
        return InvalidConfiguration(f"{tool} ended with exit code {code}{said}")
    if code in _NOT_THERE:
        return ServerFailure(f"{tool} cannot run on this Galaxy server, exit code {code}{said}")
    if code is not None and shown["state"] in ("error", "failed"):
        return EvaluationError(f"{tool} ended with exit code {code}{said}")
    about = info.rstrip(".") or f"its job is '{shown['state']}'"
    kind = next((kind for words, kind in _REASONS if any(word in about for word in words)), ServerFailure)
    begins: Callable[[str], str] = {
        InvalidConfiguration: lambda text: f"{tool} refuses these parameters: {text}.",
        ServerFailure: lambda text: f"{tool} was not run to its end by the Galaxy server: {text}.",
    }.get(kind, lambda text: f"{tool} was ended by the Galaxy server: {text}.")
    return kind(begins(about))


def _level(message: Any) -> float | None:
    level = message.get("error_level") if isinstance(message, Mapping) else None
    return float(level) if isinstance(level, int | float) else None


def _info(server: Server, job: Mapping[str, Any]) -> str:
    """Return what Galaxy itself says of a job: it stands in the datasets that the job should have made."""
    for output in (job.get("outputs") or {}).values():
        shown = server.dataset(str(output["id"]))
        said = str(shown.get("misc_info") or "").strip()
        if said:
            return said
    return ""
