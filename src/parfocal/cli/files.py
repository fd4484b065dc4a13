"""`parfocal ask`, `evaluate` and `tell`: trials as files, for workflow engines."""

import contextlib
import sys
from pathlib import Path

from parfocal import exchange
from parfocal.errors import InvalidInput
from parfocal.evaluation.limits import seconds
from parfocal.exchange.files import text_of
from parfocal.trials import Outcome, State

# what needs a study is imported where it is needed: thousands of jobs evaluate one trial each

NOTHING = 3
"""Exit code of an ask with --exit-code that had nothing to hand out."""


def ask_study(
    target: str | Path,
    n: int,
    name: str | None,
    out: Path | None,
    lease: str,
    worker: str | None,
    budget: int | None,
    exit_code: bool,
) -> None:
    """Hand out trials into a folder, a file or the standard output, and say so on the standard error."""
    from parfocal.cli.targets import is_experiment, study_of
    from parfocal.experiment import load

    held = _lease(lease)
    if is_experiment(target) and name is None:
        experiment = load(Path(target))
        experiment.check()  # all that can be wrong is said before the study exists
        study, budget = experiment.study(), budget or experiment.keys.budget
    else:
        study = study_of(target, name)
    batch = exchange.ask(study, n, budget=budget, worker=worker, lease=held)
    try:
        if out is None:
            sys.stdout.write(text_of(exchange.batch_document(batch.trials)))
            sys.stdout.flush()
        elif out.suffix.lower() == ".json":
            exchange.write_batch(out, batch.trials)
        else:
            exchange.write_trials(out, batch.trials)
    except BaseException:
        exchange.take_back(study, batch)  # nobody knows of them
        raise
    print(_said(batch, study.name), file=sys.stderr)
    if exit_code and not batch.trials:
        sys.exit(NOTHING)


def _lease(text: str) -> float:
    try:
        return seconds(text)
    except InvalidInput:
        raise InvalidInput(f"--lease is a time above 0 with a unit, such as '12 h' or '7 d'; got '{text}'.") from None


def _said(batch: "exchange.Batch", study: str) -> str:
    """Return one sentence on what was handed out, or why nothing was."""
    done = batch.counts.finished - batch.counts.lost
    of = "" if batch.budget is None else f" of {batch.budget}"
    if batch.trials:
        again = " once more" if batch.again else ""
        return (
            f"'{study}': {_trials(len(batch.trials))} handed out{again} to '{batch.worker}'; "
            f"{batch.counts.running} are out, {done}{of} finished."
        )
    if batch.spent:
        return f"'{study}': nothing to hand out, its budget is spent ({done}{of} trials finished)."
    if batch.counts.running:
        return f"'{study}': nothing to hand out now; {batch.counts.running} trials are out, {done}{of} finished."
    return f"'{study}': nothing to hand out: {batch.exhausted or 'nothing is left to ask for.'}"


def evaluate_trial(path: Path, out: Path | None, folder: Path | None, fail: bool) -> None:
    """Evaluate one trial and write its outcome; exit with 1 for a failed one if ``fail`` says so."""
    trial = exchange.read_trial(path)
    with contextlib.redirect_stdout(sys.stderr):  # of an evaluation without isolation; the outcome has it for itself
        outcome = exchange.evaluate(trial, folder)
    if out is None:
        sys.stdout.write(text_of(exchange.outcome_document(trial.claim, outcome)))
        sys.stdout.flush()
    else:
        exchange.write_outcome(out, trial.claim, outcome)
    print(f"'{trial.claim.study}', trial {trial.claim.number}: {_became(outcome)}", file=sys.stderr)
    if fail and outcome.state != State.COMPLETE:
        sys.exit(1)


def _became(outcome: Outcome) -> str:
    if outcome.state == State.COMPLETE:
        return f"complete, {', '.join(f'{name} = {value:.6g}' for name, value in outcome.metrics.items())}."
    return f"{outcome.state.name.lower()}{f' ({outcome.reason})' if outcome.reason else ''}: {outcome.message}"


def tell_study(target: str | Path, paths: list[Path], name: str | None) -> None:
    """Enter outcomes, and say what was told, known, stale and left; exit with 2 if one could not be used."""
    from parfocal.cli.targets import record_of

    storage, record = record_of(target, name)
    returned, unreadable = exchange.read_outcomes(paths)
    told = exchange.tell(storage, record, returned)
    wrong = [*unreadable, *told.wrong]
    for sentence in wrong:
        print(f"Error: {sentence}", file=sys.stderr)
    for claim in told.stale:
        print(
            f"Stale: trial {claim.number}, attempt {claim.attempt} of '{claim.worker}': its lease ran out, and the "
            "trial was handed out again or given up.",
            file=sys.stderr,
        )
    failed = sum(state == State.FAILED for _, state in told.told)
    counts = told.counts
    print(
        f"'{record.name}': {len(told.told)} told ({failed} of them failed), {len(told.known)} known, "
        f"{len(told.stale)} stale, {len(wrong)} wrong; {counts.running} are still out, "
        f"{counts.finished - counts.lost} finished."
    )
    if wrong:
        sys.exit(2)


def _trials(n: int) -> str:
    return f"{n} trial{'' if n == 1 else 's'}"
