"""`parfocal retry` and `cancel`."""

import shlex
import sys
from collections.abc import Sequence

from parfocal.cli.targets import Place, is_experiment, record_of
from parfocal.cli.words import listed, plural
from parfocal.errors import InvalidInput
from parfocal.operations.cancel import cancel_study, cancel_trials
from parfocal.operations.retry import Wanted, retry
from parfocal.trials import Reason


def retry_trials(
    target: Place, study: str | None, failed: bool, reasons: Sequence[str], lost: bool, numbers: Sequence[int]
) -> None:
    """Queue failed or lost trials again, and say which and what became of the budget."""
    wanted = Wanted(failed, frozenset(map(_reason, reasons)), lost, frozenset(numbers))
    storage, record = record_of(target, study)
    done = retry(storage, record, wanted)
    if done.repeated:
        noun = plural(len(done.repeated), "trial has", "trials have")
        print(f"{noun} a retry that waits or came to a result, left out: {listed(done.repeated)}.")
    if not done.pairs:
        print("Nothing to retry.")
        return
    print(f"{plural(len(done.pairs), 'trial is', 'trials are')} queued again:")
    for old, new in done.pairs[:20]:
        print(f"  {old} as {new}")
    if len(done.pairs) > 20:
        print(f"  and {len(done.pairs) - 20} more, up to {done.pairs[-1][0]} as {done.pairs[-1][1]}")
    if done.budget is not None:
        before, now = done.budget
        print(f"Budget: {before}, now {now}." if now != before else f"Budget: {now}, as before.")
        if done.needed > now:
            print(f"That is spent before all of them are evaluated; {done.needed} is enough.")
        if is_experiment(target):
            print(f"Go on with:  parfocal run {shlex.quote(str(target))} --budget {max(now, done.needed)}")


def cancel(target: Place, study: str | None, numbers: Sequence[int], yes: bool) -> None:
    """Take trials back, all and for good or some; ask first where a person sits before it."""
    storage, record = record_of(target, study)
    what = f"trial {listed(numbers)} of " if numbers else ""
    if not yes and sys.stdin.isatty():
        counts = storage.counts(record.id)
        pending = "" if numbers else f", {counts.waiting} waiting and {counts.running} running trials"
        answer = input(f"Cancel {what}'{record.name}'{pending}? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            print("Nothing was cancelled.")
            sys.exit(1)
    done = cancel_trials(storage, record, numbers) if numbers else cancel_study(storage, record)
    print(f"{plural(done.withdrawn, 'pending trial was', 'pending trials were')} taken back.")
    if done.ended:
        print(f"Ended already, and left as they are: {listed(done.ended)}.")
    if done.budget is not None:
        print(f"'{record.name}' asks for nothing more; its budget is what is spent, {done.budget}.")
        if is_experiment(target):
            print(f"Go on later with:  parfocal run {shlex.quote(str(target))}")


def _reason(text: str) -> Reason:
    try:
        return Reason(text)
    except ValueError:
        raise InvalidInput(f"--reason is one of {', '.join(Reason)}; got '{text}'.") from None
