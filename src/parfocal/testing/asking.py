"""The part of the storage contract on who asks: the lead, the steps of adding, the budget, and sleeping meanwhile."""

import threading
import time
from functools import partial

from parfocal.errors import InvalidInput, OutOfStep, StorageError
from parfocal.storage import Counts, Storage
from parfocal.testing.storagetools import Clock, Make, complete, expect, filled, recounted, refuses
from parfocal.trials import State


def check_steps(make: Make) -> None:
    """Check that trials are added only where their adder thinks, and that a refused batch changes nothing."""
    storage, study = filled(make, 2)
    expect(storage.add(study, [{"x": 2}], [2], start=2) == range(2, 3), "added where it was expected.")
    refuses(OutOfStep, lambda: storage.add(study, [{"x": 2}], [2], start=2), "a second one for the same number")
    refuses(OutOfStep, lambda: storage.add(study, [{"x": 2}], [2], start=4), "one that leaves a gap")
    expect(recounted(storage, study) == Counts(waiting=3), "nothing of it is stored.")


def check_lead(make: Make) -> None:
    """Check that one at a time has the lead, that it runs out, and that only its holder may add under its name."""
    clock = Clock()
    storage, study = filled(make, 1, clock)
    expect(storage.state(study).asker is None, "at first nobody asks.")
    expect(storage.lead(study, "a", 10), "who comes first has the lead.")
    expect(not storage.lead(study, "b", 10), "and nobody else.")
    expect(storage.add(study, [{}], [0], asker="a") == range(1, 2), "who has it may add.")
    refuses(OutOfStep, lambda: storage.add(study, [{}], [0], asker="b"), "adding without the lead")
    clock.now += 6
    expect(storage.lead(study, "a", 10), "it is renewed.")
    clock.now += 6
    expect(not storage.lead(study, "b", 10), "and lasts from then.")
    state = storage.state(study)
    expect((state.asker, state.lead_ends - state.now) == ("a", 4.0), "the state says who and how long.")
    expect(state.now == clock.now, "by the storage's clock.")
    clock.now += 4
    expect(storage.add(study, [{}], [0], asker="a") == range(2, 3), "late, but nobody else has it: accepted.")
    expect(storage.lead(study, "b", 10), "a lead that ran out is free.")
    refuses(OutOfStep, lambda: storage.add(study, [{}], [0], asker="a"), "adding after the lead was lost")
    storage.resign(study, "a")
    expect(storage.state(study).asker == "b", "nobody gives back what another one has.")
    storage.resign(study, "b")
    expect(storage.state(study).asker is None and storage.lead(study, "a"), "given back, it is free at once.")
    storage.reap(study, ["b"])
    expect(storage.state(study).asker == "a", "the death of another one is nothing to it.")
    storage.reap(study, ["a"])
    expect(storage.state(study).asker is None, "a dead asker loses the lead.")
    storage.lead(study, "a")
    storage.resign(study)
    expect(storage.state(study).asker is None, "it can be taken from whoever has it.")
    refuses(StorageError, lambda: storage.lead(10**6, "a"), "the lead of a study that does not exist")


def check_budget(make: Make) -> None:
    """Check that no more trials are given away than the budget lets finish, and that LOST ones do not count."""
    clock = Clock()
    storage, study = filled(make, 6, clock)
    expect(storage.state(study).budget is None, "at first there is no budget.")
    storage.set_budget(study, 3)
    expect(storage.state(study).budget == 3 and storage.state(study).claimable == 3, "it is kept.")
    claimed = storage.claim(study, "w", 9)
    expect([trial.number for trial in claimed] == [0, 1, 2], "no more are claimed.")
    storage.report(study, "w", [complete(claimed[0])])
    expect(storage.claim(study, "v", 9) == [] and storage.state(study).claimable == 0, "nor while others run.")
    storage.reap(study, ["w"], max_attempts=1)
    expect(recounted(storage, study) == Counts(waiting=3, complete=1, lost=2), "two are lost.")
    more = storage.claim(study, "v", 9)
    expect([trial.number for trial in more] == [3, 4], "and replaced.")
    storage.report(study, "v", [complete(trial) for trial in more])
    expect(storage.state(study).spent == 3 and storage.claim(study, "v") == [], "the budget is spent.")
    storage.set_budget(study, 4)
    expect([trial.number for trial in storage.claim(study, "v", 9)] == [5], "it may grow.")
    storage.set_budget(study, None)
    expect(storage.state(study).budget is None, "or end.")
    _check_reduced_budgets(storage)
    for wrong in (-1, True):
        refuses(InvalidInput, partial(storage.set_budget, study, wrong), "a budget below 0, or none at all")


def _check_reduced_budgets(storage: Storage) -> None:
    """Check a budget that is lowered while trials beyond it are lost, finished or running."""
    study = storage.create_study("lost beyond", {}).id
    storage.add(study, [{}] * 6, range(6))
    storage.set_budget(study, 3)
    storage.withdraw(study, [5])
    expect(len(storage.claim(study, "w", 9)) == 3, "what was lost beyond the budget gives no room within it.")
    study = storage.create_study("finished beyond", {}).id
    storage.add(study, [{}] * 10, range(10))
    claimed = storage.claim(study, "w", 10)
    storage.report(study, "w", [complete(trial) for trial in claimed[5:]])
    storage.set_budget(study, 5)
    storage.release(study, "w")
    expect(storage.state(study).claimable == 0, "a budget that is spent has no room.")
    expect(storage.claim(study, "v", 9) == [], "whichever trials it was spent on.")
    storage.set_budget(study, 7)
    expect(len(storage.claim(study, "v", 9)) == 2, "a larger one has.")


def check_withdrawal(make: Make) -> None:
    """Check that pending trials can be taken back, for good, and that their workers learn it."""
    storage, study = filled(make, 5)
    claimed = storage.claim(study, "w", 2)
    storage.report(study, "w", [complete(claimed[0])])
    expect([trial.number for trial in storage.running(study)] == [1], "one runs.")
    expect(storage.withdraw(study, [0, 1, 2, 99], "No longer wanted.") == 2, "what is pending is taken back.")
    expect(storage.running(study) == [], "it runs no more.")
    expect(storage.heartbeat(study, "w", [1]) == [], "its worker learns it.")
    expect(not storage.report(study, "w", [complete(claimed[1])]).any(), "its result comes too late.")
    lost = storage.trial(study, 2)
    expect(lost.state == State.LOST and lost.outcome is not None, "it is LOST.")
    expect(lost.outcome is not None and lost.outcome.message == "No longer wanted.", "with the sentence.")
    expect([trial.number for trial in storage.claim(study, "w", 9)] == [3, 4], "the others go on.")
    expect(storage.withdraw(study) == 2, "all of them.")
    expect(recounted(storage, study) == Counts(complete=1, lost=4), "what is final stays.")


def check_waiting(make: Make) -> None:
    """Check that one who waits is woken by what it waits for, by nothing else, and at the latest in time."""
    storage, study = filled(make, 0)
    expect(not storage.wait_for_work(study, 0.02), "nothing waits.")
    expect(not storage.wait_for_change(study, 0, 0.02), "nothing changed.")
    expect(not storage.wait_for_work(study, 60, lambda: True), "it ends when it is told to.")
    woken: dict[str, float] = {}

    def wait(name: str) -> None:
        done = storage.wait_for_work(study, 30) if name == "work" else storage.wait_for_change(study, 0, 30)
        woken[name] = time.monotonic() if done else float("inf")

    threads = [threading.Thread(target=wait, args=(name,)) for name in ("work", "change")]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    expect(not woken, "nobody wakes without a reason.")
    start = time.monotonic()
    storage.add(study, [{"x": 0}], [0])
    for thread in threads:
        thread.join()
    expect(all(when - start < 5 for when in woken.values()), "both are woken by a new trial, soon.")
    (trial,) = storage.claim(study, "w")
    expect(not storage.wait_for_work(study, 0.02), "what is claimed is no work.")
    expect(not storage.wait_for_change(study, 1, 0.02), "a claim is no change.")
    storage.report(study, "w", [complete(trial)])
    expect(storage.wait_for_change(study, 1, 30), "a result is.")
