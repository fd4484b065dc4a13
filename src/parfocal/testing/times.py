"""The part of the storage contract on times: when each trial was created, claimed and finished, in bulk."""

import math

import numpy as np

from parfocal.errors import StorageError
from parfocal.testing.storagetools import Clock, Make, complete, expect, filled, refuses
from parfocal.trials import Outcome, Reason, State


def check_times(make: Make) -> None:
    """Check that times read in bulk are those of the trials, through claims, releases, ends and losses."""
    clock = Clock()
    storage, study = filled(make, 6, clock)
    expect(len(storage.times(study)) == 6 and not storage.times(study).workers, "nobody has worked yet.")
    clock.now += 1
    claimed = [*storage.claim(study, "w ö 2", 2), *storage.claim(study, "B", 2)]
    clock.now += 2
    storage.report(study, "w ö 2", [complete(claimed[0])])
    failed = Outcome.failed(Reason.ERROR, "no", runtime=math.nan)
    storage.report(study, "w ö 2", [(1, claimed[1].attempts, failed, math.nan)])
    storage.release(study, "B", [2])
    clock.now += 4
    storage.withdraw(study, [5])
    storage.add(study, [{"x": 9}], [9])
    times = storage.times(study)
    trials = storage.trials(study)
    expect(times.workers == ("B", "w ö 2"), "workers are sorted, each once.")
    expect(times.worker.tolist() == [1, 1, -1, 0, -1, -1, -1], "who gave a trial back has it no more.")
    expect(times.state.tolist() == [int(trial.state) for trial in trials], "states are those of the trials.")
    expect(int(State.RUNNING) in times.state, "one that is claimed is running.")
    for name in ("created", "started", "finished"):
        known = [getattr(trial, name) for trial in trials]
        wanted = np.array([math.nan if each is None else each for each in known])
        expect(np.array_equal(getattr(times, name), wanted, equal_nan=True), f"{name} is that of the trials.")
    expect(times.runtime[0] == 0.1 and np.isnan(times.runtime[1:]).all(), "a runtime is known where it was told.")
    kinds = {getattr(times, name).dtype.str[1:] for name in ("created", "started", "finished", "runtime")}
    expect(kinds == {"f8"} and times.worker.dtype == times.state.dtype == np.int64, "columns are of plain types.")
    empty = storage.create_study("empty", {}).id
    expect(len(storage.times(empty)) == 0, "a study without trials has none.")
    refuses(StorageError, lambda: storage.times(study + 99), "times of a study that does not exist")
