"""The part of the storage contract on one queue: order, leases, attempts, revisions, wrong results."""

import math
from functools import partial

from parfocal.errors import InvalidInput, StorageError
from parfocal.storage import Counts
from parfocal.testing.storagetools import Clock, Make, complete, expect, filled, recounted, refuses
from parfocal.trials import Outcome, Reason, State


def check_order_and_batches(make: Make) -> None:
    """Check that claims take the lowest numbers, in batches; numbers have no gaps; wrong batches change nothing."""
    storage, study = filled(make, 5)
    expect([trial.number for trial in storage.claim(study, "a", 2)] == [0, 1], "the lowest numbers come first.")
    expect([trial.number for trial in storage.claim(study, "b", 9)] == [2, 3, 4], "a claim gives what there is.")
    expect(storage.claim(study, "a") == [], "an empty queue gives nothing.")
    refuses(InvalidInput, lambda: storage.add(study, [{"x": 1}, {"x": 2}], [1]), "a batch with too few seeds")
    refuses(InvalidInput, lambda: storage.add(study, [{"x": 1}, {"x": math.nan}], [1, 2]), "a value that is NaN")
    expect(storage.add(study, [], []) == range(5, 5), "an empty batch is allowed.")
    expect(storage.add(study, [{"x": 5}], [5]) == range(5, 6), "a refused batch takes no number.")
    storage.release(study, "a", [1])
    expect([trial.number for trial in storage.claim(study, "b", 9)] == [1, 5], "what comes back comes first.")
    for call in (lambda: storage.claim(study, "a", 0), lambda: storage.claim(study, "a", 1, math.nan)):
        refuses(InvalidInput, call, "a claim of nothing, or without end")
    expect(storage.configurations(study, 1, 3) == [{"x": 1}, {"x": 2}], "configurations are read in spans.")
    expect([trial.number for trial in storage.trials(study, 4)] == [4, 5], "so are trials.")
    refuses(StorageError, lambda: storage.trial(study, 6), "a trial that does not exist")
    recounted(storage, study)


def check_leases(make: Make) -> None:
    """Check that a lease protects a trial, a heartbeat extends it, and silence gives the trial to somebody else."""
    clock = Clock()
    storage, study = filled(make, 2, clock)
    old = storage.claim(study, "silent", 2, lease=10)
    clock.now += 9
    expect(storage.claim(study, "other", 2) == [], "nobody takes what is leased.")
    expect(storage.heartbeat(study, "silent", [0, 1, 77], lease=10) == [0, 1], "a heartbeat returns what is owned.")
    expect(storage.heartbeat(study, "other", [0, 1]) == [], "and only to its owner.")
    clock.now += 9
    expect(storage.claim(study, "other", 2) == [], "a heartbeat extends the lease.")
    expect(storage.report(study, "silent", [complete(old[1])]).all(), "a result within the lease is accepted.")
    clock.now += 2
    new = storage.claim(study, "other", 2, lease=10)
    expect([(trial.number, trial.attempts) for trial in new] == [(0, 2)], "a lease that ran out is claimed again.")
    expect(storage.heartbeat(study, "silent", [0]) == [], "its old owner has lost it.")
    expect(not storage.report(study, "silent", [complete(old[0], 9.0)]).any(), "a stale result is refused.")
    expect(storage.trial(study, 0).state == State.RUNNING, "and changes nothing.")
    clock.now += 99
    expect(storage.report(study, "other", [complete(new[0], 0.25)]).all(), "late, but nobody else has it: accepted.")
    expect(not storage.report(study, "other", [complete(new[0], 0.75)]).any(), "a result is final.")
    expect(storage.trial(study, 0).loss == 0.25, "the first accepted result stands.")
    recounted(storage, study)


def check_attempts(make: Make) -> None:
    """Check that attempts are counted, releases are not, and a trial whose workers keep dying is LOST."""
    clock = Clock()
    storage, study = filled(make, 2, clock)
    (first,) = storage.claim(study, "a", 1)
    expect(storage.release(study, "a") == 1 and storage.trial(study, 0).state == State.WAITING, "released: it waits.")
    (again,) = storage.claim(study, "a", 1)
    expect(again.attempts > first.attempts, "a new claim is a new attempt, also of the same worker.")
    expect(not storage.report(study, "a", [complete(first)]).any(), "so that the old one is recognized.")
    for _ in range(2):
        clock.now += 1000
        expect(storage.claim(study, "b", 1, max_attempts=3)[0].number == 0, "two attempts are not too many.")
    clock.now += 1000
    expect(
        [trial.number for trial in storage.claim(study, "b", 1, max_attempts=3)] == [1], "three are: the next comes."
    )
    lost = storage.trial(study, 0)
    expect(lost.state == State.LOST and lost.outcome is not None and lost.outcome.message, "LOST, with a sentence.")
    expect(storage.reap(study, ["b"]) == (1, 0), "the claims of a dead worker are taken back at once.")
    expect(storage.claim(study, "c")[0].number == 1, "and wait again.")
    expect(storage.reap(study, ["a", "b"]) == (0, 0), "those of others are left alone.")
    expect(storage.reap(study, ["c"], max_attempts=1) == (0, 1), "or become LOST.")
    expect(recounted(storage, study) == Counts(lost=2), "both are LOST in the end.")


def check_revisions(make: Make) -> None:
    """Check that new and final trials take the next revisions; changes after one are complete and in order."""
    storage, study = filled(make, 4)
    expect(storage.changes(study).revision == 4, "each new trial takes one revision.")
    claimed = storage.claim(study, "w", 3)
    seen = storage.changes(study)
    expect(seen.number.tolist() == [0, 1, 2, 3] and seen.revisions.tolist() == [1, 2, 3, 4], "a claim takes none.")
    expect(seen.state.tolist() == [State.WAITING] * 4, "whether a pending trial is claimed is nothing to learn from.")
    storage.report(study, "w", [complete(claimed[2], 0.1), complete(claimed[0], 0.2)])
    new = storage.changes(study, seen.revision)
    expect(new.number.tolist() == [2, 0] and new.loss.tolist() == [0.1, 0.2], "a batch keeps its order.")
    expect(new.revisions.tolist() == [5, 6], "a final result takes the next one.")
    expect(new.revision == 6 and new.total == 4, "revision and total are those of the moment.")
    expect([t.revision for t in storage.trials(study)] == [6, 2, 5, 4], "a trial knows its revision.")
    storage.heartbeat(study, "w", [1])
    expect(storage.report(study, "w", [complete(claimed[0])]).tolist() == [False], "a refused report")
    storage.release(study, "w")
    expect(len(storage.changes(study, 6)) == 0, "neither that nor a heartbeat nor a release is a change.")
    storage.claim(study, "w", 2)
    storage.reap(study, ["w"], max_attempts=1)
    expect(storage.changes(study, 6).state.tolist() == [State.LOST, State.LOST], "a loss is one.")
    expect(storage.state(study).revision == 8, "the state says the revision.")


def check_wrong_results(make: Make) -> None:
    """Check that a result that contradicts itself is refused as a whole, before anything is stored."""
    storage, study = filled(make, 3)
    claimed = storage.claim(study, "w", 3)
    good = complete(claimed[0])
    failed = Outcome.failed(Reason.ERROR, "no")
    wrong = [
        (1, 1, good[2], math.nan),
        (1, 1, good[2], math.inf),
        (1, 1, failed, 0.0),
        (1, 1, Outcome(State.LOST), 0.0),
    ]
    for result in wrong:
        refuses(InvalidInput, partial(storage.report, study, "w", [good, result]), "a wrong loss")
    refuses(StorageError, lambda: storage.report(study, "w", [good, (3, 1, good[2], 0.5)]), "an unknown number")
    expect(recounted(storage, study) == Counts(running=3), "nothing of it is stored.")
    expect(storage.report(study, "w", [good, good]).tolist() == [True, False], "twice in one report: once.")
    pruned = Outcome.pruned("hopeless", metrics={"loss": 0.9})
    expect(
        storage.report(study, "w", [(1, 1, pruned, 0.9), (2, 1, pruned, math.nan)]).all(), "PRUNED with and without."
    )
    expect(recounted(storage, study) == Counts(complete=1, pruned=2), "counted by state.")
