"""Evaluating a trial that was handed out: everything stands in its document, no database is needed."""

import contextlib
import os

from parfocal.errors import ExchangeError, InvalidInput
from parfocal.evaluation import Interrupted, Job, Runner, Stop, evaluator_from_dict
from parfocal.exchange.format import HandedTrial
from parfocal.trials import Outcome, Reason
from parfocal.workers import stop_on_signals


def evaluate(trial: HandedTrial, folder: str | os.PathLike[str] | None = None) -> Outcome:
    """Evaluate one trial as a worker would; doing it again gives it the same configuration and seed.

    Parameters
    ----------
    trial
        What :func:`~parfocal.exchange.ask` handed out.
    folder
        Where the trial's work folder (``000012``) is kept; without it, it is temporary.

    Returns
    -------
    Outcome
        A trial that fails is an outcome like any other.

    Raises
    ------
    ExchangeError
        If the trial names no evaluator.
    KeyboardInterrupt
        On Ctrl-C and SIGTERM: what was broken off is no outcome.
    """
    evaluation, claim = trial.evaluation, trial.claim
    if evaluation is None:
        raise ExchangeError(
            f"Trial {claim.number} of '{claim.study}' names no evaluation, since its study has none: evaluate it in "
            'your own program, and write {"trial": ..., "metrics": ...}.'
        )
    stop = Stop()
    outcome = None
    try:
        evaluator = evaluator_from_dict(evaluation.evaluator)
        with (
            stop_on_signals(stop),
            contextlib.suppress(Interrupted),
            Runner(
                evaluator,
                evaluation.objective,
                limits=evaluation.limits,
                isolation=evaluation.isolation,
                folder=folder,
                stop=stop,
            ) as runner,
        ):
            job = Job(claim.number, trial.configuration, claim.attempt, trial.seed, trial.fidelity)
            outcome = runner.run(job)
    except InvalidInput as error:
        raise ExchangeError(f"Trial {claim.number} of '{claim.study}' cannot be evaluated: {error}") from None
    if outcome is None or (stop.is_set() and outcome.reason == Reason.INTERRUPTED):
        raise KeyboardInterrupt
    return outcome
