"""Trials: configuration, objective, outcome, and the columnar history that optimizers learn from."""

from parfocal.trials.configuration import Configuration
from parfocal.trials.fidelity import FULL, Fidelity
from parfocal.trials.history import History
from parfocal.trials.objective import Objective
from parfocal.trials.outcome import Outcome
from parfocal.trials.provenance import GIVEN, Provenance
from parfocal.trials.scores import summaries
from parfocal.trials.state import Reason, State
from parfocal.trials.trial import Trial

__all__ = [
    "FULL",
    "GIVEN",
    "Configuration",
    "Fidelity",
    "History",
    "Objective",
    "Outcome",
    "Provenance",
    "Reason",
    "State",
    "Trial",
    "summaries",
]
