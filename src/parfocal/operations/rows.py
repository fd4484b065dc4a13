"""A trial as one row of a table: which columns there are, and what they are called."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from parfocal.errors import EvaluationError
from parfocal.space import Space
from parfocal.storage import StudyRecord, Tag
from parfocal.trials import Objective, Trial, summaries

TAGS = "tags"
"""Column of the words that people have put on a trial; tables of older versions have none."""
BEFORE = ("number", "state", "reason")
"""Columns before parameters and metrics."""
AFTER = (
    "loss", "value", "fidelity", "resource", "amount", "seed", "attempts", "worker", "created", "started", "finished",
    "runtime", "ask", "sampler", "strategy", "note", "message", TAGS,
)  # fmt: skip
"""Columns behind them."""
FIXED = (*BEFORE, *AFTER)
TIMES = ("created", "started", "finished")
WHOLE = ("number", "seed", "attempts", "ask")
"""Columns of whole numbers."""
REAL = ("loss", "value", "fidelity", "amount", "runtime")
"""Columns of real numbers."""
Group = Literal["fixed", "parameter", "metric", "value"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the table, and where its content is in a row of :func:`row_of`."""

    name: str
    group: Group
    key: str

    def of(self, row: Mapping[str, Any]) -> Any:
        """Return the content; None for nothing."""
        if self.group == "fixed":
            return row[self.key]
        return row[f"{self.group}s"].get(self.key)

    def within(self, row: Mapping[str, Any]) -> bool:
        """Whether the row has this at all: an inactive parameter has no value, not even None."""
        return self.group == "fixed" or self.key in row[f"{self.group}s"]


@dataclass(frozen=True)
class Layout:
    """What a study's rows have: its space and objective."""

    space: Space
    objective: Objective

    @classmethod
    def of(cls, study: StudyRecord) -> "Layout":
        """Return the layout of a study."""
        definition = study.definition
        return cls(Space.from_dict(definition["space"]), Objective.from_dict(definition["objective"]))

    def columns(self, metrics: Iterable[str]) -> list[Column]:
        """Return all columns. What is called like a fixed one, or like a parameter, gets its group before its name."""
        taken = set(FIXED)
        middle = []
        groups: tuple[tuple[Group, Iterable[str]], ...] = (("parameter", self.space.names), ("metric", metrics))
        for group, names in groups:
            for name in names:
                middle.append(Column(name if name not in taken else prefixed(group, name), group, name))
                taken.add(name)
        behind = [Column(name, "fixed", name) for name in AFTER]
        others = [Column(prefixed("value", other.metric), "value", other.metric) for other in self.objective.others]
        return [*(Column(name, "fixed", name) for name in BEFORE), *middle, *behind[:2], *others, *behind[2:]]

    def row_of(self, trial: Trial, tags: Iterable[Tag] = ()) -> dict[str, Any]:
        """Return a trial as a mapping: the fixed columns, and ``parameters``, ``metrics`` and ``values``."""
        outcome, rationed = trial.outcome, not trial.fidelity.full
        loss = trial.loss if math.isfinite(trial.loss) else None
        runtime = None if outcome is None or math.isnan(outcome.runtime) else outcome.runtime
        return {
            "number": trial.number,
            "state": trial.state.name.lower(),
            "reason": None if outcome is None or outcome.reason is None else outcome.reason.value,
            "parameters": trial.configuration.to_dict(),
            "metrics": self.metrics_of(trial),
            "loss": loss,
            "value": None if loss is None else self.objective.value(loss),
            "values": {} if loss is None else self._others(trial),
            "fidelity": trial.fidelity.fraction,
            "resource": trial.fidelity.name if rationed else None,
            "amount": trial.fidelity.value if rationed else None,
            "seed": trial.seed,
            "attempts": trial.attempts,
            "worker": trial.worker,
            **{name: getattr(trial, name) for name in TIMES},
            "runtime": runtime,
            "ask": trial.provenance.ask,
            "sampler": trial.provenance.sampler,
            "strategy": trial.provenance.strategy,
            "note": trial.provenance.note,
            "message": (outcome.message or None) if outcome is not None else None,
            TAGS: "; ".join(tag.tag + (f" [{tag.image}]" if tag.image else "") for tag in tags) or None,
        }

    def metrics_of(self, trial: Trial) -> dict[str, float]:
        """Return a trial's metrics, with those that the objective takes from the scores or from the runtime."""
        outcome = trial.outcome
        if outcome is None:
            return {}
        metrics = dict(self.objective.with_runtime(outcome.metrics, outcome.runtime))
        if outcome.scores and (absent := self.objective.missing(metrics)):
            known = summaries(outcome.scores)
            metrics.update({name: known[name] for name in absent if name in known})
        return metrics

    def _others(self, trial: Trial) -> dict[str, float]:
        """Return the values of the further objectives, in the user's own units."""
        metrics, found = self.metrics_of(trial), {}
        for other in self.objective.others:
            try:
                found[other.metric] = other.value(other.loss(metrics))
            except EvaluationError:  # a partial result may lack it
                continue
        return found


def prefixed(group: str, name: str) -> str:
    """Return the name of a column with that of its group before it."""
    return f"{group}.{name}"


def moment(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
