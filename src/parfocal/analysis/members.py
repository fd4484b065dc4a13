"""Who proposed what: the members of a portfolio, what each of them brought, and why it had its turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.trials import History, Objective, Trial

OTHERS = "warm-up and given"
"""What no member proposed."""


@dataclass(frozen=True)
class Share:
    """What one member of a portfolio did."""

    name: str
    trials: int
    complete: int
    failed: int
    records: int
    """How often its trial was the best so far when its result came."""
    best: float
    """The best value of its trials in the user's own metric; NaN for none."""
    why: str
    """Why it had its turn, said of its latest trial; empty where the full trials are not at hand."""


def members(
    history: History,
    objective: Objective,
    names: Sequence[str],
    trial: Callable[[int], Trial | None] | None = None,
) -> tuple[Share, ...]:
    """Return one row a member of a portfolio, in its order, and one for what no member proposed.

    Parameters
    ----------
    history
    objective
    names
        The members' text forms, in the order of :attr:`History.member`.
    trial
        Reads one trial by number, for the reasons.
    """
    told = history.finished_order
    told = told[history.complete[told]]
    loss = history.loss[told]
    before = np.concatenate([[np.inf], np.minimum.accumulate(loss)[:-1]]) if len(loss) else loss
    record = np.zeros(len(history), dtype=np.bool_)
    record[told] = loss < before
    rows = []
    for member, name in [*enumerate(names), (-1, OTHERS)]:
        own = history.member == member
        numbers = np.flatnonzero(own)
        if not len(numbers):
            continue
        fine = own & history.complete
        best = objective.value(float(history.loss[fine].min())) if fine.any() else float("nan")
        latest = trial(int(numbers[-1])) if trial is not None and member >= 0 else None
        why = "" if latest is None else (latest.provenance.note or "")
        failed = int((own & history.failed).sum())
        rows.append(Share(name, len(numbers), int(fine.sum()), failed, int((own & record).sum()), best, why))
    return tuple(rows)
