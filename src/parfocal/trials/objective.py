"""What is optimized: a metric or a criterion over metrics, with the direction in which it is better."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, overload

import numpy as np

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.trials.scores import summaries
from parfocal.typing import Floats

RUNTIME = "runtime"
"""A metric that every trial has: its own runtime in seconds, unless the evaluation returns one of this name."""
_NAME = re.compile(r"[^\W\d][\w.]*")
_COMMA = re.compile(r",\s*(?=(?:maxim|minim)i[sz]e\s)")
_TEXT = re.compile(r"(?:(?P<direction>maxim|minim)i[sz]e\s+)?(?P<metric>.+?)\s*(?:\[(?P<unit>[^\]]*)\])?", re.DOTALL)


@dataclass(frozen=True)
class Objective:
    """A metric (or a criterion over metrics) and its direction; the one place where a sign is flipped.

    Parameters
    ----------
    metric
        A metric's name, or an expression over metrics such as ``0.5*macro_f1 + 0.5*micro_f1 - std_macro_f1``.
        A name is a letter or ``_`` followed by letters, digits, ``_`` and ``.``; everything else is an expression.
    direction
        ``minimize`` or ``maximize``.
    unit
        For labels only.
    others
        Further objectives to weigh against this one, which alone decides what is "best"; each without others.

    Raises
    ------
    InvalidInput
        If the metric is empty, the direction unknown, or two objectives are the same.
    ExpressionError
        If the criterion cannot be parsed.
    """

    metric: str
    direction: Literal["minimize", "maximize"] = "minimize"
    unit: str | None = None
    others: tuple["Objective", ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.metric, str) or not self.metric.strip():
            raise InvalidInput(f"An objective needs the name of a metric; got {self.metric!r}.")
        if self.direction not in ("minimize", "maximize"):
            raise InvalidInput(f"The direction must be 'minimize' or 'maximize'; got {self.direction!r}.")
        object.__setattr__(self, "metric", self.metric.strip())
        object.__setattr__(self, "others", tuple(self.others))
        nested = [str(other) for other in self.others if not isinstance(other, Objective) or other.others]
        if nested:
            raise InvalidInput(f"Each further objective must be one objective alone; got {nested[0]!r}.")
        metrics = [self.metric, *(other.metric for other in self.others)]
        if len(set(metrics)) != len(metrics):
            raise InvalidInput(f"Several objectives must be of different metrics; got '{self}'.")
        _ = self.names  # a wrong criterion is found here, not at the first trial

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the fields; the parsed criterion stays behind."""
        return Objective, (self.metric, self.direction, self.unit, self.others)

    @cached_property
    def _criterion(self) -> Any:
        """The parsed expression, or None for a plain metric."""
        if _NAME.fullmatch(self.metric):
            return None
        from parfocal.expressions import parse

        return parse(self.metric, kind="criterion")

    @cached_property
    def _own(self) -> tuple[str, ...]:
        """Names of the metrics that this objective needs without the others, sorted."""
        return (self.metric,) if self._criterion is None else tuple(sorted(self._criterion.names))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics that are needed, sorted; those of further objectives behind."""
        return tuple(dict.fromkeys([*self._own, *(name for other in self.others for name in other._own)]))

    @property
    def all(self) -> tuple["Objective", ...]:
        """Every objective by itself, this one first: the columns of ``History.losses``."""
        return (replace(self, others=()), *self.others)

    def missing(
        self, metrics: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]] | None = None
    ) -> tuple[str, ...]:
        """Return the needed names that neither ``metrics`` nor the summaries of ``scores`` have."""
        absent = tuple(name for name in self.names if name not in metrics)
        if absent and scores:
            known = summaries(scores)
            absent = tuple(name for name in absent if name not in known)
        return absent

    def with_runtime(self, metrics: Mapping[str, Any], runtime: float) -> Mapping[str, Any]:
        """Return ``metrics``, with the trial's ``runtime`` (s) where it is needed and the evaluation returned none."""
        needed = RUNTIME in self.names and RUNTIME not in metrics and not math.isnan(runtime)
        return {**metrics, RUNTIME: runtime} if needed else metrics

    def rest(
        self, metrics: Mapping[str, float], scores: Mapping[str, Mapping[str, float]] | None = None
    ) -> tuple[float, ...]:
        """Return the losses of the other objectives; arguments and errors as in :meth:`loss`."""
        return tuple(other.loss(metrics, scores) for other in self.others)

    def loss(self, metrics: Mapping[str, float], scores: Mapping[str, Mapping[str, float]] | None = None) -> float:
        """Return the number to minimize.

        Parameters
        ----------
        metrics
            Name to number, as the evaluation returned them.
        scores
            Per-instance scores; they lend a criterion the names ``mean_x``, ``std_x``, ``median_x``, ``min_x`` and
            ``max_x`` (:func:`~parfocal.trials.summaries`) that ``metrics`` lacks.

        Raises
        ------
        EvaluationError
            If a metric is missing, or the result is not finite.
        """
        if scores and any(name not in metrics for name in self._own):
            metrics = {**summaries(scores), **metrics}
        value = float(self._evaluate(metrics, "returned"))
        if not math.isfinite(value):
            used = ", ".join(f"{name} = {metrics[name]}" for name in self._own)
            raise EvaluationError(f"The objective '{self.metric}' is {value}, not a finite number ({used}).")
        return float(self._flip(value))

    def losses(self, columns: Mapping[str, Floats]) -> Floats:
        """Return the losses ``(n,)`` of columns of metrics; rows that are not finite are NaN."""
        values = np.asarray(self._evaluate(columns, "holds"), dtype=np.float64)
        return np.where(np.isfinite(values), self._flip(values), np.nan)

    def _evaluate(self, metrics: Mapping[str, Any], verb: str) -> Any:
        absent = [name for name in self._own if name not in metrics]
        if absent:
            need = ", ".join(f"'{name}'" for name in absent)
            noun = "metric" if len(absent) == 1 else "metrics"
            have = ", ".join(f"'{name}'" for name in metrics) or "none"
            raise EvaluationError(
                f"The objective '{self.metric}' needs the {noun} {need}, and the evaluation {verb} {have}: "
                f"return {'it' if len(absent) == 1 else 'them'}, or name another objective."
            )
        if self._criterion is None:
            return metrics[self.metric]
        with np.errstate(all="ignore"):
            return self._criterion({name: metrics[name] for name in self._own})

    def _flip(self, number: Any) -> Any:
        """Turn value to loss or loss to value (0 stays 0, never -0)."""
        return 0.0 - number if self.direction == "maximize" else number

    @overload
    def value(self, loss: float) -> float: ...
    @overload
    def value(self, loss: Floats) -> Floats: ...
    def value(self, loss: float | Floats) -> float | Floats:
        """Return the user's own number (or array) of a loss."""
        number: float | Floats = self._flip(loss)
        return number

    def better(self, a: float, b: float) -> bool:
        """Whether ``a`` is strictly better than ``b``, both the user's own numbers; NaN is never better."""
        if math.isnan(b):
            return not math.isnan(a)
        return a > b if self.direction == "maximize" else a < b

    @property
    def label(self) -> str:
        """For axes and tables: ``rmse [px] (lower is better)``."""
        unit = f" [{self.unit}]" if self.unit else ""
        return f"{self.metric}{unit} ({'higher' if self.direction == 'maximize' else 'lower'} is better)"

    def __str__(self) -> str:
        own = f"{self.direction} {self.metric}" + (f" [{self.unit}]" if self.unit else "")
        return ", ".join([own, *map(str, self.others)])

    @classmethod
    def of(cls, objective: "Objective | str | Sequence[Objective | str]") -> "Objective":
        """Return the objective of a text, or of several texts or objectives: the first one decides what is best."""
        if isinstance(objective, str):
            return cls.from_text(objective)
        if isinstance(objective, Objective):
            return objective
        given = [cls.of(each) for each in objective]
        if not given:
            raise InvalidInput("An objective is needed, such as 'maximize f1'; got an empty list.")
        return given[0] if len(given) == 1 else replace(given[0], others=(*given[0].others, *given[1:]))

    @classmethod
    def from_text(cls, text: str) -> "Objective":
        """Return the objective of a text: ``maximize f1``, ``minimize rmse [px]``; without a direction: minimize.

        Several are written with a direction each: ``maximize f1, minimize runtime``.
        """
        several = _COMMA.split(text.strip())
        if len(several) > 1:
            return cls.of(several)
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise InvalidInput(f"An objective is written as 'maximize METRIC' or 'minimize METRIC'; got {text!r}.")
        return cls(found["metric"], "maximize" if found["direction"] == "maxim" else "minimize", found["unit"] or None)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-ready dictionary; ``others`` only where there are any."""
        fields: dict[str, Any] = {"metric": self.metric, "direction": self.direction, "unit": self.unit}
        if self.others:
            fields["others"] = [other.to_dict() for other in self.others]
        return fields

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Objective":
        """Return the objective that :meth:`to_dict` wrote."""
        others = tuple(cls.from_dict(other) for other in fields.get("others", ()))
        return cls(**{**fields, "others": others})
