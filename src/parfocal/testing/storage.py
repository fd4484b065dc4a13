"""The storage contract as code: every storage passes :data:`STORAGE_CHECKS`.

A check takes a function that makes a new, empty storage with a given clock, for example in a test file::

    @pytest.mark.parametrize("check", STORAGE_CHECKS, ids=lambda check: check.__name__)
    def test_my_storage_keeps_the_contract(check, tmp_path):
        check(lambda clock: MyStorage(tmp_path / "my.db", clock=clock))

It returns when the contract is kept and raises :class:`AssertionError` with a sentence when it is not.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from parfocal.errors import InvalidInput, StorageError, StudyExistsError
from parfocal.storage import WorkerRecord
from parfocal.testing.asking import check_budget, check_lead, check_steps, check_waiting, check_withdrawal
from parfocal.testing.claims import check_claims_of_many_workers, check_revisions_while_written
from parfocal.testing.queue import (
    check_attempts,
    check_leases,
    check_order_and_batches,
    check_revisions,
    check_wrong_results,
)
from parfocal.testing.storagetools import Check, Clock, Make, complete, expect, filled, refuses
from parfocal.testing.tags import check_tags
from parfocal.testing.times import check_times
from parfocal.trials import Fidelity, Outcome, Provenance, Reason, State


def check_studies(make: Make) -> None:
    """Check that a name has one definition; the same definition continues it; free keys may change."""
    storage = make(Clock())
    definition: Mapping[str, Any] = {"space": {"x": [0, 1.5, None, "ü"]}, "budget": 10}
    first = storage.create_study("a", definition)
    expect(first.definition == definition, "a definition comes back as it was given.")
    expect(storage.create_study("a", definition) == first, "the same definition returns the existing study.")
    longer = storage.create_study("a", {**definition, "budget": 20})
    expect(longer.id == first.id and longer.definition["budget"] == 20, "a budget may grow.")
    expect(storage.open_study("a") == longer, "the new budget is stored.")
    text = refuses(
        StudyExistsError, lambda: storage.create_study("a", {"space": {}, "budget": 20}), "another definition"
    )
    expect("'space'" in text, "the error names the key that differs.")
    refuses(StudyExistsError, lambda: storage.create_study("a", {**definition, "new": None}), "a new key, even None")
    second = storage.create_study("b", {})
    expect([study.name for study in storage.studies()] == ["a", "b"], "studies come in the order of creation.")
    storage.add(first.id, [{"x": 1}], [1])
    storage.delete_study(first.id)
    expect([study.id for study in storage.studies()] == [second.id], "a deleted study is gone.")
    refuses(StorageError, lambda: storage.trials(first.id), "trials of a deleted study")
    storage.delete_study(second.id)
    again = storage.create_study("a", {})
    expect(again.id not in (first.id, second.id), "the id of a deleted study is not used again.")
    expect(storage.counts(again.id).total == 0, "a new study of an old name is empty.")
    text = refuses(StorageError, lambda: storage.open_study("missing"), "a study that does not exist")
    expect("'a'" in text, "the error names the studies that exist.")
    refuses(InvalidInput, lambda: storage.create_study(" ", {}), "an empty name")
    refuses(InvalidInput, lambda: storage.create_study("c", {"x": math.nan}), "a definition that is no JSON")
    refuses(StorageError, lambda: storage.add(10**6, [{}], [0]), "adding to a study that does not exist")


def check_round_trip(make: Make) -> None:
    """Check that everything about a trial comes back as it was given, numbers that are not finite included."""
    clock = Clock()
    storage = make(clock)
    study = storage.create_study("round trip", {}).id
    configuration = {"é": 1, "none": None, "yes": True, "x": 0.1 + 0.2, "text": "a'\"\\;☃", "big": 2**60, "neg": -0.0}
    fidelity = Fidelity("epochs", 9.0, 1.0, 81.0)
    provenance = Provenance("parzen", "density-ratio", 0, 7, 0, "note")
    numbers = storage.add(study, [configuration, {}], [2**31 - 1, 0], fidelity, [provenance, provenance])
    expect(numbers == range(2), "numbers start at 0.")
    waiting = storage.trial(study, 0)
    expect(waiting.configuration == configuration, "a configuration comes back.")
    types = [type(value) for value in waiting.configuration.values()]
    expect(types == [type(value) for value in configuration.values()], "values keep their types and order.")
    expect((waiting.fidelity, waiting.provenance, waiting.seed) == (fidelity, provenance, 2**31 - 1), "so do the rest.")
    expect(waiting.state == State.WAITING and waiting.outcome is None and waiting.created == clock.now, "it waits.")
    clock.now += 5
    trial = storage.claim(study, "w", 2)[0]
    expect(repr(trial) == repr(storage.trial(study, 0)), "a claim returns what is stored.")
    expect((trial.started, trial.worker, trial.attempts) == (clock.now, "w", 1), "a claim says who, when, how often.")
    outcome = Outcome.complete(
        {"f1": 0.75, "undefined": math.nan, "inf": math.inf, "minus": -math.inf, "tiny": 5e-324},
        scores={"ä.tif": {"f1": 1.0, "p": math.nan}, "b.tif": {}},
        runtime=1.25,
        artifacts={"mask": "out/mask.png"},
        log="l\u2603g\n" * 10,
    )
    failed = Outcome.failed(Reason.NOT_FINITE, "the loss is NaN", metrics={"loss": math.nan}, log="\ud800 \0 x" * 9999)
    clock.now += 5
    expect(storage.report(study, "w", [(0, 1, outcome, -0.75), (1, 1, failed, math.nan)]).all(), "both are accepted.")
    one, two = storage.trials(study)
    expect(repr(one.outcome) == repr(outcome) and repr(two.outcome) == repr(failed), "outcomes come back.")
    expect(one.loss == -0.75 and math.isnan(two.loss), "a failure has no loss.")
    expect((one.finished, one.started) == (clock.now, clock.now - 5), "times are the clock's.")
    changes = storage.changes(study)
    expect(changes.reason.tolist() == [-1, Reason.NOT_FINITE.code], "reasons travel as codes.")
    expect(np.allclose(changes.fidelity, 1 / 9) and changes.ask.tolist() == [0, 0], "so do fidelity and ask.")
    expect(changes.runtime[0] == 1.25 and np.isnan(changes.runtime[1]), "an unknown runtime is NaN.")


def check_workers(make: Make) -> None:
    """Check that workers are entered, renewed by their heartbeats, and removed."""
    clock = Clock()
    storage, study = filled(make, 1, clock)
    worker = WorkerRecord("w", "host", 4242, 1000.5, study=study, job="slurm 12_3")
    storage.register(worker)
    storage.register(WorkerRecord("v", "host", 4243, 1000.5))
    expect([(w.id, w.seen) for w in storage.workers()] == [("v", clock.now), ("w", clock.now)], "entered, by id.")
    clock.now += 3
    storage.claim(study, "w")
    storage.heartbeat(study, "w", [0])
    expect([w.seen for w in storage.workers()] == [clock.now - 3, clock.now], "a heartbeat is a sign of life.")
    storage.register(worker)
    storage.unregister("v")
    storage.unregister("nobody")
    (left,) = storage.workers()
    expect((left.id, left.host, left.pid, left.started) == ("w", "host", 4242, 1000.5), "removed, and renewed.")
    expect((left.study, left.job) == (study, "slurm 12_3"), "with the study it works for and the job it is.")
    clock.now += 3
    expect(storage.heartbeat(study, "w", []) == [], "an idle worker owns nothing.")
    expect(storage.workers()[0].seen == clock.now, "and lives.")
    clock.now += 3
    storage.lead(study, "w")
    expect(storage.workers()[0].seen == clock.now, "to ask is a sign of life.")


def check_resume(make: Make) -> None:
    """Check that what was stored is there when the storage is closed and used again."""
    storage, study = filled(make, 3)
    claimed = storage.claim(study, "w", 2)
    storage.report(study, "w", [complete(claimed[0])])
    before = [repr(trial) for trial in storage.trials(study)]
    storage.close()
    expect([repr(trial) for trial in storage.trials(study)] == before, "everything is there after close.")
    expect(storage.add(study, [{"x": 3}], [3]) == range(3, 4), "numbers go on.")
    expect(storage.report(study, "w", [complete(claimed[1])]).all(), "claims go on.")


STORAGE_CHECKS: tuple[Check, ...] = (
    check_studies,
    check_round_trip,
    check_order_and_batches,
    check_leases,
    check_attempts,
    check_revisions,
    check_wrong_results,
    check_steps,
    check_lead,
    check_budget,
    check_withdrawal,
    check_waiting,
    check_tags,
    check_times,
    check_workers,
    check_resume,
    check_claims_of_many_workers,
    check_revisions_while_written,
)
"""The whole contract."""

__all__ = ["STORAGE_CHECKS", "Check", "Clock", "Make"]
