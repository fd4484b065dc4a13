"""The part of the storage contract that needs several workers at once: processes where they can share, else threads."""

import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

from parfocal.storage import Storage, open_storage
from parfocal.testing.storagetools import Make, expect
from parfocal.trials import Outcome

_WORKERS = 3
_TRIALS = 240


def check_claims_of_many_workers(make: Make) -> None:
    """Check that workers that claim at the same time never get the same trial, and none is left over."""
    storage, study = _filled(make)
    with _executor(storage) as executor:
        target = storage.url if storage.shared else storage
        futures = [executor.submit(_drain, target, study, f"w{i}", 4) for i in range(_WORKERS)]
        parts = [future.result(timeout=120) for future in futures]
    claimed = [number for part in parts for number in part]
    expect(len(set(claimed)) == len(claimed), "no trial is claimed twice.")
    expect(set(claimed) == set(range(_TRIALS)), "every trial is claimed.")
    counts = storage.counts(study)
    expect(counts.complete == counts.total == _TRIALS, "every result is stored.")
    expect(storage.changes(study).revision == 2 * _TRIALS, "every new trial and every result took one revision.")
    expect({trial.attempts for trial in storage.trials(study)} == {1}, "with one attempt each.")


def check_revisions_while_written(make: Make) -> None:
    """Check that changes that are read while others write add up to what is read at the end: none missed, none late."""
    storage, study = _filled(make)
    seen: dict[int, tuple[int, int]] = {}
    last = 0
    with _executor(storage) as executor:
        target = storage.url if storage.shared else storage
        futures = [executor.submit(_drain, target, study, f"w{i}", 1) for i in range(_WORKERS)]
        running = True
        while running:
            running = not all(future.done() for future in futures)
            changes = storage.changes(study, last)
            for number, revision, state in zip(changes.number, changes.revisions, changes.state, strict=True):
                expect(last < revision <= changes.revision, "a change lies after the revision that was read before.")
                seen[int(number)] = (int(revision), int(state))
            last = changes.revision
        for future in futures:
            future.result()
    end = storage.changes(study)
    expect(
        seen == {int(n): (int(r), int(s)) for n, r, s in zip(end.number, end.revisions, end.state, strict=True)},
        "what was read in parts is what is read at once.",
    )


def _drain(target: str | Storage, study: int, worker: str, n: int) -> list[int]:
    """Claim and report until nothing waits; return the numbers."""
    storage = open_storage(target) if isinstance(target, str) else target
    numbers: list[int] = []
    while trials := storage.claim(study, worker, n):
        outcomes = [(t.number, t.attempts, Outcome.complete({"loss": t.seed}), float(t.seed)) for t in trials]
        expect(storage.report(study, worker, outcomes).all(), "the owner's results are accepted.")
        numbers += [trial.number for trial in trials]
    if isinstance(target, str):
        storage.close()
    return numbers


def _filled(make: Make) -> tuple[Storage, int]:
    storage = make(lambda: 1_700_000_000.0)
    study = storage.create_study("many", {}).id
    storage.add(study, [{"x": number} for number in range(_TRIALS)], range(_TRIALS))
    return storage, study


def _executor(storage: Storage) -> Executor:
    if storage.shared:
        return ProcessPoolExecutor(_WORKERS, mp_context=multiprocessing.get_context("spawn"))
    return ThreadPoolExecutor(_WORKERS)
