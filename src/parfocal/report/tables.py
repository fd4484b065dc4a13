"""The tables of a report, each from one frozen table of numbers."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from parfocal.analysis import INACTIVE, Axis, Best, Failure, Gain, Improvement, Share
from parfocal.report.tags import Html, details, join, table, tag, text
from parfocal.report.words import number, plural, seconds
from parfocal.space import Constant, Space
from parfocal.trials import Objective


def shown(value: object) -> str:
    """Return a parameter's value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    return f"{value:.6g}".replace("e-0", "e-").replace("e+0", "e") if isinstance(value, float) else str(value)


def space_table(space: Space, axes: Sequence[Axis]) -> Html:
    """Return what was searched: one row a parameter."""
    rows = []
    for axis in axes:
        parameter = space.parameters[axis.name]
        if axis.kind == "category":
            span = ", ".join(axis.labels[:12]) + (f", … ({len(axis.labels)} in all)" if len(axis.labels) > 12 else "")
            scale = "ordered" if parameter.kind == "ordinal" else "unordered"
        else:
            span = f"{axis.text(axis.low)} to {axis.text(axis.high)}" + (f" {axis.unit}" if axis.unit else "")
            scale = "logarithmic" if axis.log else "linear"
        noun = "choice" if axis.kind == "category" else "level"
        levels = plural(axis.count, noun) if axis.count else "continuous"
        rows.append((axis.name, span, scale, levels, parameter.when or "always"))
    for name, parameter in space.parameters.items():
        if isinstance(parameter, Constant):
            rows.append((name, shown(parameter.value), "constant", "", parameter.when or "always"))
    result = table("The parameters", ("parameter", "range", "scale", "resolution", "active when"), rows)
    if not space.constraints:
        return result
    return join([result, tag("p", "Constraints: ", join([tag("code", c) for c in space.constraints], "; "), ".")])


def best_table(best: Best, names: Sequence[str], objective: Objective, runs: Sequence[str]) -> Html:
    """Return the best different configurations, best first."""
    several = len(runs) > 1
    rationed = bool((best.fidelity < 1).any())
    head = ["rank", objective.metric, "trial", *(["run"] if several else []), *(["fidelity"] if rationed else [])]
    head += ["runtime", *names]
    rows = []
    for i, configuration in enumerate(best.configurations):
        row: list[object] = [i + 1, number(float(best.value[i])), int(best.number[i])]
        row += [runs[int(best.run[i])]] if several else []
        row += [f"{best.fidelity[i]:.0%}"] if rationed else []
        row += [seconds(float(best.runtime[i]))]
        rows.append([*row, *(shown(configuration[name]) if name in configuration else "–" for name in names)])
    caption = f"The {plural(len(best), 'best different configuration')}; a dash means that a parameter was not active"
    return table(caption, head, rows, numeric=range(1, 3))


def gain_table(gain: Gain, names: Sequence[str], objective: Objective) -> Html:
    """Return the best configuration beside the default."""
    rows: list[Sequence[object]] = [(objective.metric, number(gain.default_value), tag("b", number(gain.best_value)))]
    for name in names:
        before, after = (shown(c[name]) if name in c else INACTIVE for c in (gain.default, gain.best))
        rows.append((name, before, tag("mark", after) if name in gain.changed else after))
    return table("The best against the default; what differs is marked", ("", "default", "best"), rows)


def improvement_table(tables: Sequence[Improvement], metric: str) -> Html:
    """Return final score and improvement after warm-up, one row a group of runs."""
    rows = [
        (
            group.label or "all runs",
            len(group.final),
            number(group.final_mean) + _spread(group.final_std),
            number(group.gain_mean) + _spread(group.gain_std),
        )
        for group in tables
    ]
    warmup = tables[0].warmup if tables else 0
    return table(
        f"Final {metric} and improvement over the best of the first {warmup} evaluations (mean ± standard deviation)",
        ("optimizer", "runs", f"final {metric}", "improvement after warm-up"),
        rows,
        numeric=(1, 2, 3),
    )


def member_table(shares: Sequence[Share], metric: str) -> Html:
    """Return what each member of a portfolio proposed and brought."""
    rows = [
        (s.name, f"{s.trials:,}", f"{s.failed:,}", f"{s.records:,}", number(s.best), s.why.partition(": ")[2] or s.why)
        for s in shares
    ]
    head = ("member", "trials", "failed", "records", f"best {metric}", "why it had its latest turn")
    caption = "A record is a trial whose result was the best so far when it came; each member learns from all trials"
    return table(caption, head, rows, numeric=(1, 2, 3, 4))


def _spread(std: float) -> str:
    return "" if math.isnan(std) else f" ± {number(std, 2)}"


def failure_table(tables: Sequence[Failure], runs: Sequence[str]) -> Html:
    """Return the failures by reason, with an example of the most frequent message and its log."""
    rows = []
    for row in tables:
        run, trial = row.example
        where = f"trial {trial}" + (f" of {runs[run]}" if len(runs) > 1 else "")
        said: object = "–"
        if row.message:
            more = (
                f" ({row.message_count} times; {plural(row.messages, 'different message')})" if row.messages > 1 else ""
            )
            said = join([text(row.message), tag("span", more, class_="soft")])
        log = details(f"log of {where}", tag("pre", row.log)) if row.log else text(where)
        rows.append((row.reason, row.count, f"{row.share:.1%}", join([said, Html("<br>"), log])))
    head = ("reason", "trials", "share", "most frequent message")
    return table(
        "Failed evaluations by reason; they count as evaluations and never as numbers", head, rows, numeric=(1, 2)
    )


_ELSEWHERE = ("repeat",)
"""What has a place of its own in the report."""


def provenance_table(provenance: Mapping[str, Any]) -> Html:
    """Return everything that is known about how this came about, nested values as JSON."""
    rows = [
        (name.replace("_", " "), tag("code", value if isinstance(value, str) else json.dumps(value, default=str)))
        for name, value in provenance.items()
        if value is not None and name not in _ELSEWHERE
    ]
    return table("How this came about", ("", "value"), rows)
