"""The summary of a report in plain words, written from the tables."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from parfocal.analysis import Axis, Failure, Gain, Improvement, Summary
from parfocal.space import Space
from parfocal.trials import Objective


def number(value: float, digits: int = 4) -> str:
    """Return a number as people read it: 4 significant digits, thousands separated, a dash for nothing."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "infinitely many" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.{digits}g}" if abs(value) < 1e5 else f"{value:.{digits}g}"


def seconds(value: float) -> str:
    """Return a duration as people say it."""
    if math.isnan(value):
        return "–"
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if value >= 1.5 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} s" if value >= 0.1 or value == 0 else f"{value * 1000:.3g} ms"


def plural(count: int, noun: str) -> str:
    """Return ``1 trial`` or ``1,200 trials``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(parts: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else "nothing"


def searched(space: Space, axes: Sequence[Axis], objective: Objective, provenance: Mapping[str, Any]) -> str:
    """Say what was searched, for what, and by which optimizer."""
    names = [axis.name for axis in axes]
    shown = listed(names) if len(names) <= 8 else f"{', '.join(names[:7])} and {len(names) - 7} more"
    size = "" if math.isinf(space.size) else f", at most {plural(int(space.size), 'configuration')}"
    verb = "highest" if objective.direction == "maximize" else "lowest"
    by = f" with the optimizer {provenance['optimizer']}" if provenance.get("optimizer") else ""
    count = plural(len(names), "parameter")
    return f"Searched: {count} ({shown}{size}){by} for the {verb} {objective.metric}."


def spent(summary: Summary, provenance: Mapping[str, Any]) -> str:
    """Say how much of the budget was spent and what became of it."""
    counts = summary.counts
    if not summary.trials:
        return "Nothing has been evaluated yet."
    fates = [f"{counts[name]:,} {word}" for name, word in _FATES if counts[name]]
    budget = provenance.get("budget")
    of = f" of a budget of {budget:,}" if isinstance(budget, int) else ""
    runs = f" in {plural(summary.runs, 'run')}" if summary.runs > 1 else ""
    time = f" They took {seconds(summary.runtime)} of evaluation" if summary.runtime > 0 else ""
    median = f" (median {seconds(summary.median_runtime)} each)." if time else ""
    return f"Spent: {plural(summary.finished, 'evaluation')}{of}{runs}: {listed(fates)}.{time}{median}"


_FATES = (
    ("complete", "complete"),
    ("pruned", "stopped early"),
    ("failed", "failed"),
    ("lost", "lost with their worker"),
    ("running", "still running"),
    ("waiting", "waiting"),
)


def found(summary: Summary, objective: Objective) -> str:
    """Say what the best is and when it was found."""
    if summary.best_trial is None:
        return "Found: nothing yet, since no evaluation has succeeded."
    run, trial = summary.best_trial
    where = f"trial {trial:,}" + (f" of run {run + 1}" if summary.runs > 1 else "")
    unit = f" {objective.unit}" if objective.unit else ""
    return (
        f"Found: {objective.metric} = {number(summary.best_value)}{unit}, "
        f"by {where}, after {plural(summary.best_evaluation or 0, 'evaluation')}."
    )


def compared(gain: Gain | None, objective: Objective) -> str | None:
    """Say what the best gains over the default; None when there is nothing to compare."""
    if gain is None or math.isnan(gain.default_value):
        return None
    if gain.gain == 0:
        return f"Against the default: the same ({number(gain.default_value)})."
    share = f" ({abs(gain.relative):.1%})" if not math.isnan(gain.relative) else ""
    side = "better" if gain.gain > 0 else "worse"
    return (
        f"Against the default: {number(abs(gain.gain))}{share} {side} than its {objective.metric} of "
        f"{number(gain.default_value)}; different in {plural(len(gain.changed), 'parameter')}."
    )


def learned(tables: Sequence[Improvement]) -> list[str]:
    """Say what was gained after the warm-up, one sentence a group."""
    sentences = []
    for table in tables:
        if math.isnan(table.gain_mean):
            continue
        many = len(table.gain) > 1
        spread = f" ± {number(table.gain_std, 2)} (mean ± std of {len(table.gain)} runs)" if many else ""
        who = f"{table.label}: " if table.label else ""
        sentences.append(
            f"After warm-up: {who}the search improved by {number(table.gain_mean, 3)}{spread} on the best of its "
            f"first {table.warmup} evaluations."
        )
    return sentences


def failed(tables: Sequence[Failure], summary: Summary) -> str:
    """Say how many evaluations failed and why."""
    total = summary.counts["failed"]
    if not total:
        return "Failures: none."
    reasons = listed([f"{row.count:,} by {row.reason}" for row in tables])
    said = next((row for row in tables if row.message), None)
    message = f" Most often: “{said.message[:200]}”." if said is not None else ""
    return f"Failures: {total:,} of {plural(summary.finished, 'evaluation')} ({reasons}).{message}"
