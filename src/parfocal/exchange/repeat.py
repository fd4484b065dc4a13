"""A trial of a study as a document of its own, for whoever wants to evaluate it once more."""

from typing import Any

from parfocal.evaluation import Limits
from parfocal.exchange.format import Claim, Evaluation, HandedTrial, trial_document
from parfocal.storage import StudyRecord
from parfocal.trials import Objective, Trial

AGAIN = "again"
"""Who evaluates it: nobody who could tell the result."""


def repeatable(study: StudyRecord, trial: Trial) -> dict[str, Any] | None:
    """Return what `parfocal evaluate` takes to evaluate a trial once more; None where the study has no evaluation.

    It is no claim: the result goes nowhere but to whoever asked for it.
    """
    definition = study.definition
    if definition.get("evaluation") is None:
        return None
    evaluation = Evaluation(
        definition["evaluation"],
        Objective.from_dict(definition["objective"]),
        Limits.from_dict(definition.get("limits", {})),
        definition.get("isolation", "process"),
    )
    claim = Claim(study.name, trial.number, max(trial.attempts, 1), AGAIN)
    return trial_document(HandedTrial(claim, trial.configuration, trial.seed, trial.fidelity, evaluation))
