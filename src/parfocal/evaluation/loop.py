"""The evaluation loop of one trial: pre-hook, evaluation, post-hook (HyperHyper, "Evaluation")."""

import time
from typing import Any

from parfocal.evaluation.base import Evaluator, Interrupted, Job, Stop
from parfocal.evaluation.judge import describe, failed, judge, noted
from parfocal.trials import Objective, Outcome, Reason


def evaluate(evaluator: Evaluator, job: Job, objective: Objective, stop: Stop | None = None) -> Outcome:
    """Run pre-hook, evaluation and post-hook in this process; whatever they raise becomes part of the outcome.

    Parameters
    ----------
    stop
        Armed during pre-hook and evaluation: a signal then breaks them off with
        :class:`~parfocal.evaluation.base.Interrupted`. The post-hook is not broken off.
    """
    return after(evaluator, job, attempt(evaluator, job, objective, stop))


def attempt(evaluator: Evaluator, job: Job, objective: Objective, stop: Stop | None = None) -> Outcome:
    """Run pre-hook and evaluation; if the pre-hook fails, nothing is evaluated.

    ``runtime`` is that of the evaluation alone, in seconds of the wall clock.
    """
    before: Any = getattr(evaluator, "before", None)
    stage, start = "pre-hook", time.perf_counter()
    try:
        if stop is not None:
            stop.armed = True
        if before is not None:
            before(job)
        stage, start = "", time.perf_counter()
        returned = evaluator.evaluate(job)
        runtime = time.perf_counter() - start
        if stop is not None:
            stop.armed = False
    except Interrupted:
        outcome = Outcome.failed(Reason.INTERRUPTED, "Stopped from outside.", runtime=time.perf_counter() - start)
    except BaseException as error:  # SystemExit and KeyboardInterrupt of the user's code too
        outcome = failed(error, time.perf_counter() - start, stage)
    else:
        outcome = judge(returned, objective, runtime)
    finally:
        if stop is not None:
            stop.armed = False
    return outcome


def has_post_hook(evaluator: Evaluator) -> bool:
    """Whether an evaluator has a post-hook that does anything."""
    return hasattr(evaluator, "after") and getattr(evaluator, "post", True) is not None


def after(evaluator: Evaluator, job: Job, outcome: Outcome) -> Outcome:
    """Run the post-hook; return the outcome, with a note if the hook failed.

    The outcome keeps its state and its metrics then: a result that was paid for is not thrown away because cleaning up
    failed.
    """
    if not has_post_hook(evaluator):
        return outcome
    hook: Any = evaluator.after  # type: ignore[attr-defined]  # optional
    try:
        hook(job)
    except BaseException as error:
        return noted(outcome, f"The post-hook failed: {describe(error)}")
    return outcome
