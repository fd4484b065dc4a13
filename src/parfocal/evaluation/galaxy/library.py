"""What is on the server once and used by all trials: the workflow, and the files that it works on.

Both are found again by a name that holds a hash of the content, so that other workers and later runs use them too.
Where two workers make the same at once, the older one counts and the other is removed.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation.base import ServerFailure
from parfocal.evaluation.galaxy.server import Refused, Server
from parfocal.evaluation.galaxy.upload import send
from parfocal.evaluation.galaxy.workflow import Workflow

LIBRARY = "parfocal inputs"
"""Start of the name of a history with input files."""
UPLOAD_WAIT = 120.0
"""Seconds, and as many more as the files take at one MiB a second, to wait for an upload that another worker began."""
_PENDING = ("new", "upload", "queued", "running", "setting_metadata")
POLL = 0.5
"""Seconds between the first two looks at an upload."""
_LONGEST = 10.0


@dataclass(frozen=True)
class Input:
    """A file to upload with its datatype in Galaxy, or the id of a dataset that is on the server."""

    file: Path | None
    datatype: str = "auto"
    dataset: str | None = None

    @classmethod
    def parse(cls, name: str, given: Any, folder: str) -> "Input":
        """Return the input of ``data/a.tif``, ``{file: data/a.tif, type: tiff}`` or ``{dataset: id}``."""
        fields = {"file": given} if isinstance(given, str) else given
        if not isinstance(fields, Mapping) or set(fields) not in ({"file"}, {"file", "type"}, {"dataset"}):
            raise InvalidInput(
                f"The input '{name}' must be a file, or {{file: a.tif, type: tiff}}, or {{dataset: id on the server}}; "
                f"got {given!r}."
            )
        if not all(isinstance(value, str) and value for value in fields.values()):
            raise InvalidInput(f"The input '{name}' must be named by text; got {given!r}.")
        if "dataset" in fields:
            return cls(None, dataset=fields["dataset"])
        return cls(Path(folder, fields["file"]), fields.get("type", "auto"))


def digest(file: Path) -> str:
    """Return the SHA-256 of a file, or raise :class:`EvaluationError`."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise EvaluationError(f"The input '{file}' cannot be read: {error.strerror}.") from None


def one_of_all(
    find: Callable[[], list[Any]], make: Callable[[], Any], remove: Callable[[Any], Any]
) -> tuple[Any, bool]:
    """Return the oldest thing of a name, made if there is none, and whether it was made here."""
    existing = find()
    if existing:
        return existing[0], False
    own = make()
    everything = find()
    if not everything or everything[0]["id"] == own["id"]:
        return own, True
    with contextlib.suppress(EvaluationError):  # one more than needed does no harm
        remove(own)
    return everything[0], False


def oldest_first(things: list[Any]) -> list[Any]:
    """Return what the server lists in the order in which it was made."""
    return sorted(things, key=lambda thing: (str(thing.get("create_time") or ""), str(thing["id"])))


def histories(server: Server, name: str) -> list[Any]:
    """Return the histories of exactly this name, the oldest first; deleted ones not."""
    return server.call(lambda gi: _named(gi, name))


def _named(gi: Any, name: str) -> list[Any]:
    params = {"q": "name", "qv": name, "keys": "id,name,create_time,deleted"}
    answer = gi.make_get_request(f"{gi.url}/histories", params=params)
    answer.raise_for_status()
    return oldest_first([each for each in answer.json() if each.get("name") == name and not each.get("deleted")])


def new_history(server: Server, name: str) -> Any:
    """Make a history; one that was made by a request whose answer was lost is found again."""
    sent = False

    def ask(gi: Any) -> Any:
        nonlocal sent
        if sent:
            found = _named(gi, name)
            if found:
                return found[0]
        sent = True
        return gi.histories.create_history(name)

    return server.call(ask)


def workflow_id(server: Server, workflow: Workflow) -> str:
    """Return the id of a workflow on the server, imported if this content is not there yet."""
    name = f"{workflow.name} (parfocal {workflow.digest[:16]})"
    document = {**workflow.document, "name": name}
    found, _ = one_of_all(
        lambda: oldest_first(server.call(lambda gi: gi.workflows.get_workflows(name=name))),
        lambda: server.call(lambda gi: gi.workflows.import_workflow_dict(document)),
        lambda own: server.call(lambda gi: gi.workflows.delete_workflow(own["id"])),
    )
    return str(found["id"])


def dataset_ids(server: Server, inputs: Mapping[str, Input]) -> dict[str, str]:
    """Return name to id of the datasets, ready to be used; files that are not on the server are uploaded."""
    files = {name: each.file for name, each in inputs.items() if each.file is not None}
    ids = {name: each.dataset for name, each in inputs.items() if each.dataset is not None}
    if files:
        kinds = {name: inputs[name].datatype for name in files}
        hashes = {name: f"{digest(file)[:32]} {kinds[name]}" for name, file in files.items()}
        wanted = {text: name for name, text in sorted(hashes.items(), reverse=True)}
        whole = hashlib.sha256("\n".join(sorted(wanted)).encode()).hexdigest()
        library = _Library(server, f"{LIBRARY} {whole[:16]}")
        present = library.filled({text: (files[name], kinds[name]) for text, name in wanted.items()})
        ids |= {name: present[text] for name, text in hashes.items()}
    for name, dataset in ids.items():
        _await(server, name, dataset)
    return ids


def usable(server: Server, ids: Mapping[str, str]) -> bool:
    """Whether the datasets are still there."""
    try:
        states = [server.dataset(each) for each in ids.values()]
    except Refused:
        return False
    return all(state["state"] == "ok" and not state["deleted"] and not state.get("purged") for state in states)


@dataclass(frozen=True)
class _Library:
    """The history that holds the files of one set of inputs; a dataset's name begins with its content's hash."""

    server: Server
    name: str

    def filled(self, wanted: Mapping[str, tuple[Path, str]]) -> dict[str, str]:
        """Return hash to dataset; who made the history uploads, the others wait for it."""
        server = self.server
        found, own = one_of_all(
            lambda: histories(server, self.name),
            lambda: new_history(server, self.name),
            lambda made: server.call(lambda gi: gi.histories.delete_history(made["id"], purge=True)),
        )
        wait = UPLOAD_WAIT + sum(file.stat().st_size for file, _ in wanted.values()) / 2**20
        deadline, pause = time.monotonic() + wait - _age(found), POLL
        begun = ""
        while True:
            present = self._present(found["id"])
            missing = [text for text in wanted if text not in present]
            if not missing or own or time.monotonic() > deadline:
                break
            if begun not in ("", str(sorted(present))):  # the other worker is alive
                deadline = time.monotonic() + wait
            begun = str(sorted(present))
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST)
        for text in missing:
            file, datatype = wanted[text]
            present[text] = send(server, file, found["id"], f"{text} {file.name}", datatype)
        return present

    def _present(self, history: str) -> dict[str, str]:
        """Return hash to dataset of what is in the history and not broken."""
        contents = self.server.call(
            lambda gi: gi.histories.show_history(history, contents=True, deleted=False, details="all")
        )
        good = [
            each
            for each in oldest_first(contents)
            if not each.get("deleted") and not each.get("purged") and each.get("state") in ("ok", *_PENDING)
        ]
        return {" ".join(str(each["name"]).split(" ")[:2]): str(each["id"]) for each in reversed(good)}


def _age(history: Mapping[str, Any]) -> float:
    """Return the seconds since a history was made; 0 where that cannot be told."""
    try:
        made = datetime.fromisoformat(str(history["create_time"])).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        return 0.0
    return max(0.0, (datetime.now(UTC) - made).total_seconds())


def _await(server: Server, name: str, dataset: str) -> None:
    """Wait until a dataset is ready, or raise."""
    pause = POLL
    while True:
        shown = server.dataset(dataset)
        state, said = shown["state"], str(shown.get("misc_info") or "").strip()
        if shown.get("deleted") or shown.get("purged"):
            raise EvaluationError(f"The dataset of the input '{name}' was deleted on the server: {server.url}.")
        if state == "ok":
            return
        if state not in _PENDING:
            raise ServerFailure(
                f"The input '{name}' is not ready on the Galaxy server ({state}): {said or 'no reason'}"
            )
        time.sleep(pause)
        pause = min(1.5 * pause, _LONGEST)
