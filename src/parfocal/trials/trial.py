"""One evaluation of one configuration, as people and evaluators see it."""

import math
from dataclasses import dataclass

from parfocal.trials.configuration import Configuration
from parfocal.trials.fidelity import Fidelity
from parfocal.trials.outcome import Outcome
from parfocal.trials.provenance import Provenance
from parfocal.trials.state import State


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as it stood when it was read; times are in seconds since 1970 (UTC).

    Parameters
    ----------
    number
        Index within the study, from 0; also its row in the :class:`~parfocal.trials.History`.
    attempts
        How often it was claimed. The number of a claim is its token: a report of an older one is refused.
    outcome
        None while pending.
    worker
        Who claimed it last.
    loss
        What the optimizer minimizes; NaN unless COMPLETE (or PRUNED with a partial result).
    revision
        The study's revision at which the trial changed last.
    """

    number: int
    configuration: Configuration
    fidelity: Fidelity
    seed: int
    state: State
    attempts: int
    provenance: Provenance
    outcome: Outcome | None = None
    worker: str | None = None
    created: float | None = None
    started: float | None = None
    finished: float | None = None
    loss: float = math.nan
    revision: int = 0
