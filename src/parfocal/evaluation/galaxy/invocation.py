"""One run of a workflow on a server: begin, wait, find out why it failed, and fetch what it made."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parfocal.errors import EvaluationError
from parfocal.evaluation.base import InvalidConfiguration, MissingResult, ServerFailure
from parfocal.evaluation.galaxy.failures import Failing, failure
from parfocal.evaluation.galaxy.mapping import Source
from parfocal.evaluation.galaxy.server import Refused, Server

WAIT = (0.5, 30.0)
"""Shortest and longest pause between two looks at a run; in between a tenth of the time that it has taken so far."""
PAUSE = 5.0
"""Seconds before a run that the server failed is tried again; twice as many each further time."""
_DONE = ("scheduled", "completed")
_ENDED = ("ok", "skipped")
_BROKEN = ("error", "failed", "deleted", "deleting", "stopped", "stop", "paused")
_PIECE = 2**16


def invoke(
    server: Server, workflow: str, history: str, inputs: Mapping[str, Any], parameters: Mapping[str, Mapping[str, Any]]
) -> str:
    """Start a workflow in a history; return the id of the run.

    Parameters
    ----------
    inputs
        Index of an input step to a dataset or a value.
    parameters
        Index of a tool step to path and value.

    Raises
    ------
    InvalidConfiguration
        If the server says which of the parameters it refuses.
    """
    known: set[str] = set()
    first = True

    def ask(gi: Any) -> str:
        nonlocal first
        running = [each["id"] for each in gi.invocations.get_invocations(history_id=history)]
        if first:
            known.update(running)
        for each in running:
            if each not in known:  # the server got it, and its answer was lost
                return str(each)
        first = False
        made = gi.workflows.invoke_workflow(
            workflow, inputs=dict(inputs), params={key: dict(each) for key, each in parameters.items()},
            history_id=history, inputs_by="step_index", parameters_normalized=True, import_inputs_to_history=False,
        )  # fmt: skip
        return str(made["id"])

    try:
        return server.call(ask)
    except Refused as refused:
        data = refused.trouble.data
        if refused.trouble.status != 400 or not isinstance(data, Mapping):
            raise
        said = "; ".join(str(text) for each in data.values() for text in _texts(each))
        raise InvalidConfiguration(f"Galaxy refuses these parameters: {said.rstrip('.')}.") from None


def _texts(data: Any) -> list[Any]:
    return list(data.values()) if isinstance(data, Mapping) else [data]


def wait(server: Server, invocation: str, failing: Failing) -> dict[str, Any]:
    """Wait for the end of a run; return it, or raise what it failed of."""
    begin = time.monotonic()
    while True:
        shown = _shown(server, invocation)
        jobs = _jobs(server, shown)
        if shown["state"] in ("failed", "cancelled", "cancelling") or any(job["state"] in _BROKEN for job in jobs):
            raise failure(server, shown, jobs, failing)
        if shown["state"] in _DONE and all(job["state"] in _ENDED for job in jobs):
            return shown
        time.sleep(min(max(WAIT[0], (time.monotonic() - begin) / 10), WAIT[1]))


def _jobs(server: Server, invocation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the jobs of a run, those of the workflows inside it included."""
    here = str(invocation["id"])
    jobs: list[dict[str, Any]] = list(server.call(lambda gi: gi.jobs.get_jobs(invocation_id=here)))
    for step in invocation.get("steps") or ():
        inner = step.get("subworkflow_invocation_id")
        if inner:
            jobs += _jobs(server, _shown(server, str(inner)))
    return jobs


def _shown(server: Server, invocation: str) -> dict[str, Any]:
    shown: dict[str, Any] = server.call(lambda gi: gi.invocations.show_invocation(invocation))
    return shown


def fetch(server: Server, invocation: Mapping[str, Any], name: str, source: Source, file: Path) -> None:
    """Download a result of a run into a file.

    Raises
    ------
    MissingResult
        If the run did not make it.
    """
    dataset = _dataset(server, invocation, name, source)
    shown = server.dataset(dataset)
    if shown["state"] not in ("ok", "empty"):
        raise MissingResult(f"The workflow's output '{name}' is not there: its dataset is '{shown['state']}'.")
    place = f"{server.gi.url}/histories/{shown['history_id']}/contents/{dataset}/display"
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")

    def download(gi: Any) -> None:
        with gi.make_get_request(place, params={"to_ext": "data"}, stream=True) as answer:
            answer.raise_for_status()
            with part.open("wb") as stream:
                for piece in answer.iter_content(_PIECE):
                    stream.write(piece)

    server.call(download)
    os.replace(part, file)


def _dataset(server: Server, invocation: Mapping[str, Any], name: str, source: Source) -> str:
    made: Any = invocation
    key = source.label
    if key is None:
        step = next((each for each in invocation["steps"] if each["order_index"] == source.step.index), None)
        if step is not None:
            made = server.call(lambda gi: gi.invocations.show_invocation_step(invocation["id"], step["id"]))
        key = source.output
    found = (made.get("outputs") or {}).get(key)
    if found is None:
        if key in (made.get("output_collections") or {}):
            raise EvaluationError(f"The workflow's output '{name}' is a collection, which is not supported.")
        have = ", ".join(f"'{each}'" for each in made.get("outputs") or {}) or "none"
        raise MissingResult(f"The workflow made no output '{name}'; it made {have}.")
    return str(found["id"])


def again(failed: ServerFailure, attempt: int, retries: int) -> float:
    """Return the seconds to wait before a run that the server failed is tried again, or raise that failure."""
    if attempt >= retries:
        count = f" ({attempt + 1} runs)" if attempt else ""
        raise ServerFailure(f"{failed}{count}") from None
    return PAUSE * 2.0**attempt
