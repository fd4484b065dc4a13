"""A worker to be killed: adds, claims and reports for ever, and says each accepted result after it was accepted."""

import sys

from parfocal.storage import open_storage
from parfocal.storage.processes import this_worker
from parfocal.trials import Outcome, Provenance

if __name__ == "__main__":
    storage = open_storage(sys.argv[1])
    batch = int(sys.argv[2])
    study = storage.create_study("killed", {"seed": 1}).id
    worker = this_worker()
    storage.register(worker)
    print("ready", flush=True)
    while True:
        provenances = [Provenance("random", "none", row=row) for row in range(batch)]
        numbers = storage.add(study, [{"x": 0.5}] * batch, range(batch), provenances=provenances)
        print("added", numbers.stop, flush=True)
        trials = storage.claim(study, worker.id, batch, lease=3600)
        results = [
            (t.number, t.attempts, Outcome.complete({"f1": 0.5}, log="x" * (t.number % 9000)), t.number / 8)
            for t in trials
        ]
        accepted = storage.report(study, worker.id, results)
        for trial, yes in zip(trials, accepted, strict=True):
            print("told" if yes else "refused", trial.number, trial.attempts, flush=True)
