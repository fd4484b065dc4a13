"""The storage over HTTP: studies that a `parfocal serve` keeps, for workers that cannot reach the database."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from parfocal import checks
from parfocal.errors import StorageError
from parfocal.storage import codec, inputs, wire
from parfocal.storage.base import LEASE, MAX_ATTEMPTS, WITHDRAWN, never
from parfocal.storage.httpcaller import Caller
from parfocal.storage.patience import in_background
from parfocal.storage.records import Changes, Counts, Reaped, StudyRecord, StudyState, Tag, Times, WorkerRecord
from parfocal.trials import FULL, GIVEN, Fidelity, Outcome, Provenance, Trial
from parfocal.typing import Bools, Values


class HttpStorage:
    """Studies on a server of parfocal; see :class:`~parfocal.storage.Storage`.

    Safe for threads and forks. A call whose answer was lost is sent again, and what it does is done once.

    Parameters
    ----------
    url
        ``https://HOST:PORT`` or ``https://HOST/PATH``; plain ``http`` only to this machine, unless
        ``PARFOCAL_INSECURE_HTTP=1`` is set.
    token
        The server's token; by default that of the environment variable ``PARFOCAL_TOKEN``, which is also where other
        processes that open the same storage find it.
    patience
        Seconds to wait for a server that has stopped to answer, once it has answered.

    Raises
    ------
    StorageError
        If the server cannot be used; the text says why and what to do.
    MissingPackage
        If httpx is not installed.
    """

    def __init__(self, url: str, token: str | None = None, patience: float = 120.0) -> None:
        self._caller = Caller(url, token, patience)

    def __repr__(self) -> str:
        return f"HttpStorage({self.url!r})"

    @property
    def url(self) -> str:
        """The server's address; it holds no token."""
        return self._caller.url

    @property
    def shared(self) -> bool:
        """True: other processes open it by its url."""
        return True

    # ------------------------------------------------------------ studies

    def create_study(
        self, name: str, definition: Mapping[str, Any], *, free: Collection[str] = ("budget",)
    ) -> StudyRecord:
        """See :meth:`Storage.create_study`."""
        name, definition = inputs.study_name(name), codec.definition(codec.definition_text(definition))
        content = {"name": name, "definition": definition, "free": sorted(free)}
        return wire.study_in(self._caller.post("/studies", content))

    def open_study(self, name: str) -> StudyRecord:
        """See :meth:`Storage.open_study`."""
        return wire.study_in(self._caller.get("/study", name=name))

    def studies(self) -> list[StudyRecord]:
        """See :meth:`Storage.studies`."""
        return [wire.study_in(content) for content in self._caller.get("/studies")["studies"]]

    def delete_study(self, study: int) -> None:
        """See :meth:`Storage.delete_study`."""
        self._caller.call("DELETE", f"/studies/{study:d}", {}, None)

    # ------------------------------------------------------------ the queue

    def add(
        self,
        study: int,
        configurations: Sequence[Values],
        seeds: Iterable[int],
        fidelities: Fidelity | Sequence[Fidelity] = FULL,
        provenances: Provenance | Sequence[Provenance] = GIVEN,
        *,
        start: int | None = None,
        asker: str | None = None,
    ) -> range:
        """See :meth:`Storage.add`."""
        batch = inputs.batch(configurations, seeds, fidelities, provenances)
        content = {
            "configurations": [configuration.to_dict() for configuration in batch.configurations],
            "seeds": batch.seeds,
            "fidelities": _written(fidelities, batch.fidelities),
            "provenances": _written(provenances, batch.provenances),
            "start": start,
            "asker": asker,
        }
        answer = self._caller.post(f"/studies/{study:d}/trials", content)
        return range(answer["start"], answer["stop"])

    def claim(
        self, study: int, worker: str, n: int = 1, lease: float = LEASE, max_attempts: int = MAX_ATTEMPTS
    ) -> list[Trial]:
        """See :meth:`Storage.claim`."""
        content = {
            "worker": worker,
            "n": checks.positive(n, "n"),
            "lease": inputs.lease(lease),
            "max_attempts": checks.positive(max_attempts, "max_attempts"),
        }
        return _trials(self._caller.post(f"/studies/{study:d}/claim", content))

    def heartbeat(self, study: int, worker: str, numbers: Iterable[int], lease: float = LEASE) -> list[int]:
        """See :meth:`Storage.heartbeat`."""
        content = {"worker": worker, "numbers": [int(number) for number in numbers], "lease": inputs.lease(lease)}
        owned: list[int] = self._caller.post(f"/studies/{study:d}/heartbeat", content)["numbers"]
        return owned

    def report(self, study: int, worker: str, results: Sequence[tuple[int, int, Outcome, float]]) -> Bools:
        """See :meth:`Storage.report`."""
        for number, _, outcome, loss in results:
            inputs.result(number, outcome, loss)
        rows = [
            {
                "number": int(number),
                "attempt": int(attempt),
                "outcome": wire.outcome_out(outcome),
                "loss": codec.number_out(float(loss)),
            }
            for number, attempt, outcome, loss in results
        ]
        answer = self._caller.post(f"/studies/{study:d}/report", {"worker": worker, "results": rows})
        return np.array(answer["accepted"], dtype=np.bool_)

    def release(self, study: int, worker: str, numbers: Iterable[int] | None = None) -> int:
        """See :meth:`Storage.release`."""
        content = {"worker": worker, "numbers": None if numbers is None else [int(number) for number in numbers]}
        return int(self._caller.post(f"/studies/{study:d}/release", content)["count"])

    def reap(self, study: int, workers: Collection[str] = (), max_attempts: int = MAX_ATTEMPTS) -> Reaped:
        """See :meth:`Storage.reap`."""
        content = {"workers": list(workers), "max_attempts": checks.positive(max_attempts, "max_attempts")}
        answer = self._caller.post(f"/studies/{study:d}/reap", content)
        return Reaped(answer["waiting"], answer["lost"])

    def withdraw(self, study: int, numbers: Iterable[int] | None = None, message: str = WITHDRAWN) -> int:
        """See :meth:`Storage.withdraw`."""
        wanted = None if numbers is None else [int(number) for number in numbers]
        answer = self._caller.post(f"/studies/{study:d}/withdraw", {"numbers": wanted, "message": message})
        return int(answer["count"])

    # ------------------------------------------------------------ who asks

    def lead(self, study: int, asker: str, lease: float = LEASE) -> bool:
        """See :meth:`Storage.lead`."""
        content = {"asker": asker, "lease": inputs.lease(lease)}
        return bool(self._caller.post(f"/studies/{study:d}/lead", content)["leads"])

    def resign(self, study: int, asker: str | None = None) -> None:
        """See :meth:`Storage.resign`."""
        self._caller.post(f"/studies/{study:d}/resign", {"asker": asker})

    def set_budget(self, study: int, budget: int | None) -> None:
        """See :meth:`Storage.set_budget`."""
        self._caller.call("PUT", f"/studies/{study:d}/budget", {}, {"budget": inputs.budget(budget)})

    # ------------------------------------------------------------ reading

    def state(self, study: int) -> StudyState:
        """See :meth:`Storage.state`."""
        return wire.state_in(self._caller.get(f"/studies/{study:d}/state"))

    def counts(self, study: int) -> Counts:
        """See :meth:`Storage.counts`."""
        return Counts(**self._caller.get(f"/studies/{study:d}/counts"))

    def running(self, study: int) -> list[Trial]:
        """See :meth:`Storage.running`."""
        return _trials(self._caller.get(f"/studies/{study:d}/running"))

    def changes(self, study: int, since: int = 0) -> Changes:
        """See :meth:`Storage.changes`."""
        changes = self._caller.get(f"/studies/{study:d}/changes", since=int(since))
        if not isinstance(changes, Changes):
            raise StorageError(f"The server {self.url} has answered something else than changes: is it up to date?")
        return changes

    def wait_for_change(
        self, study: int, since: int, timeout: float = LEASE, until: Callable[[], bool] = never
    ) -> bool:
        """See :meth:`Storage.wait_for_change`."""
        return self._wait(f"/studies/{study:d}/wait-for-change", timeout, until, since=int(since))

    def wait_for_work(self, study: int, timeout: float = LEASE, until: Callable[[], bool] = never) -> bool:
        """See :meth:`Storage.wait_for_work`."""
        return self._wait(f"/studies/{study:d}/wait-for-work", timeout, until)

    def configurations(self, study: int, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """See :meth:`Storage.configurations`."""
        inputs.span(start, stop)
        answer = self._caller.get(f"/studies/{study:d}/configurations", start=start, stop=stop)
        found: list[dict[str, Any]] = answer["configurations"]
        return found

    def trial(self, study: int, number: int) -> Trial:
        """See :meth:`Storage.trial`."""
        return wire.trial_in(self._caller.get(f"/studies/{study:d}/trials/{int(number)}"))

    def trials(self, study: int, start: int = 0, stop: int | None = None) -> list[Trial]:
        """See :meth:`Storage.trials`."""
        inputs.span(start, stop)
        return _trials(self._caller.get(f"/studies/{study:d}/trials", start=start, stop=stop))

    def times(self, study: int) -> Times:
        """See :meth:`Storage.times`."""
        times = self._caller.get(f"/studies/{study:d}/times")
        if not isinstance(times, Times):
            raise StorageError(f"The server {self.url} has answered something else than times: is it up to date?")
        return times

    # ------------------------------------------------------------ tags

    def tag(self, study: int, number: int, tag: str, image: str = "", author: str = "") -> None:
        """See :meth:`Storage.tag`."""
        new = inputs.tag(number, tag, image, author)
        content = {"number": new.number, "tag": tag, "image": image, "author": author}
        self._caller.post(f"/studies/{study:d}/tag", content)

    def untag(self, study: int, number: int, tag: str, image: str = "") -> None:
        """See :meth:`Storage.untag`."""
        old = inputs.tag(number, tag, image)
        self._caller.post(f"/studies/{study:d}/untag", {"number": old.number, "tag": tag, "image": image})

    def tags(self, study: int) -> list[Tag]:
        """See :meth:`Storage.tags`."""
        return [Tag(**content) for content in self._caller.get(f"/studies/{study:d}/tags")["tags"]]

    # ------------------------------------------------------------ workers

    def register(self, worker: WorkerRecord) -> None:
        """See :meth:`Storage.register`."""
        self._caller.post("/workers", wire.worker_out(replace(worker, seen=0.0)))

    def unregister(self, worker: str) -> None:
        """See :meth:`Storage.unregister`."""
        self._caller.call("DELETE", "/workers", {"id": worker}, None)

    def workers(self) -> list[WorkerRecord]:
        """See :meth:`Storage.workers`."""
        return [WorkerRecord(**content) for content in self._caller.get("/workers")["workers"]]

    def hurry(self) -> None:
        """See :meth:`Storage.hurry`."""
        self._caller.patience.hurry()

    def close(self) -> None:
        """Close this process's connections; they are opened again when they are needed. The server goes on."""
        self._caller.close()

    # ------------------------------------------------------------ inside

    def _wait(self, path: str, timeout: float, until: Callable[[], bool], **parameters: int) -> bool:
        """Ask the server to say when something happens, as often as it takes."""
        deadline = time.monotonic() + timeout

        def ask(given_up: Callable[[], bool]) -> bool:
            while True:
                left = max(0.0, deadline - time.monotonic())
                seconds = min(left, wire.LONGEST_WAIT)
                answer = self._caller.get(path, until=given_up, wait=seconds, timeout=round(seconds, 3), **parameters)
                if answer["ready"]:
                    return True
                if time.monotonic() >= deadline or given_up():
                    return False

        patience = self._caller.patience
        return bool(in_background(ask, lambda: patience.ended or until()))


def _trials(answer: Mapping[str, Any]) -> list[Trial]:
    return [wire.trial_in(content) for content in answer["trials"]]


def _written(given: Any, each: Sequence[Fidelity] | Sequence[Provenance]) -> Any:
    """Return what all trials of a batch share once, else one for each."""
    return [one.to_dict() for one in each] if isinstance(given, Sequence) else given.to_dict()
