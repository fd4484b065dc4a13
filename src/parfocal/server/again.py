"""Calls that may have been done already, and of which this server does not know: it was started anew in between.

What is stored says whether they were done.
"""

import numpy as np

from parfocal.storage import Storage
from parfocal.storage.inputs import Batch
from parfocal.trials import Outcome, Trial
from parfocal.typing import Bools


def report_again(storage: Storage, study: int, worker: str, results: list[tuple[int, int, Outcome, float]]) -> Bools:
    """Enter results; those that this worker had stored in this attempt already are accepted."""
    accepted = storage.report(study, worker, results).copy()
    seen = {results[i][0] for i in np.flatnonzero(accepted)}
    for i in np.flatnonzero(~accepted).tolist():
        number, attempt, outcome, _ = results[i]
        trial = storage.trial(study, number)
        same = (trial.state, trial.worker, trial.attempts) == (outcome.state, worker, attempt)
        accepted[i] = same and number not in seen
        if accepted[i]:
            seen.add(number)
    return accepted


def add_again(storage: Storage, study: int, batch: Batch, start: int | None, asker: str | None) -> range:
    """Append trials, unless exactly these stand there already: at ``start``, else at the end of the study."""
    n = len(batch.seeds)
    first = storage.counts(study).total - n if start is None else start
    if n and first >= 0:
        there = storage.trials(study, first, first + n)
        if len(there) == n and all(_same(trial, batch, i) for i, trial in enumerate(there)):
            return range(first, first + n)
    return storage.add(study, *batch, start=start, asker=asker)


def _same(trial: Trial, batch: Batch, i: int) -> bool:
    return (trial.configuration, trial.seed, trial.fidelity, trial.provenance) == tuple(part[i] for part in batch)


def delete_again(storage: Storage, study: int) -> None:
    """Remove a study, unless it is gone already."""
    if any(record.id == study for record in storage.studies()):
        storage.delete_study(study)
