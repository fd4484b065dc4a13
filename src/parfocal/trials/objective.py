"""What is optimized: a metric or a criterion over metrics, with the direction in which it is better."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, overload

import numpy as np

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.trials.scores import summaries
from parfocal.typing import Floats

_NAME = re.compile(r"[^\W\d][\w.]*")
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

    Raises
    ------
    InvalidInput
        If the metric is empty or the direction unknown.
    ExpressionError
        If the criterion cannot be parsed.
    """

    metric: str
    direction: Literal["minimize", "maximize"] = "minimize"
    unit: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.metric, str) or not self.metric.strip():
            raise InvalidInput(f"An objective needs the name of a metric; got {self.metric!r}.")
        if self.direction not in ("minimize", "maximize"):
            raise InvalidInput(f"The direction must be 'minimize' or 'maximize'; got {self.direction!r}.")
        object.__setattr__(self, "metric", self.metric.strip())
        _ = self.names  # a wrong criterion is found here, not at the first trial

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the three fields; the parsed criterion stays behind."""
        return Objective, (self.metric, self.direction, self.unit)

    @cached_property
    def _criterion(self) -> Any:
        """The parsed expression, or None for a plain metric."""
        if _NAME.fullmatch(self.metric):
            return None
        from parfocal.expressions import parse

        return parse(self.metric, kind="criterion")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics that are needed, sorted."""
        return (self.metric,) if self._criterion is None else tuple(sorted(self._criterion.names))

    def missing(
        self, metrics: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]] | None = None
    ) -> tuple[str, ...]:
        """Return the needed names that neither ``metrics`` nor the summaries of ``scores`` have."""
        absent = tuple(name for name in self.names if name not in metrics)
        if absent and scores:
            known = summaries(scores)
            absent = tuple(name for name in absent if name not in known)
        return absent

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
        if scores and any(name not in metrics for name in self.names):
            metrics = {**summaries(scores), **metrics}
        value = float(self._evaluate(metrics, "returned"))
        if not math.isfinite(value):
            used = ", ".join(f"{name} = {metrics[name]}" for name in self.names)
            raise EvaluationError(f"The objective '{self.metric}' is {value}, not a finite number ({used}).")
        return float(self._flip(value))

    def losses(self, columns: Mapping[str, Floats]) -> Floats:
        """Return the losses ``(n,)`` of columns of metrics; rows that are not finite are NaN."""
        values = np.asarray(self._evaluate(columns, "holds"), dtype=np.float64)
        return np.where(np.isfinite(values), self._flip(values), np.nan)

    def _evaluate(self, metrics: Mapping[str, Any], verb: str) -> Any:
        absent = self.missing(metrics)
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
            return self._criterion({name: metrics[name] for name in self.names})

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
        return f"{self.direction} {self.metric}" + (f" [{self.unit}]" if self.unit else "")

    @classmethod
    def from_text(cls, text: str) -> "Objective":
        """Return the objective of a text: ``maximize f1``, ``minimize rmse [px]``; without a direction: minimize."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise InvalidInput(f"An objective is written as 'maximize METRIC' or 'minimize METRIC'; got {text!r}.")
        return cls(found["metric"], "maximize" if found["direction"] == "maxim" else "minimize", found["unit"] or None)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-ready dictionary."""
        return {"metric": self.metric, "direction": self.direction, "unit": self.unit}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Objective":
        """Return the objective that :meth:`to_dict` wrote."""
        return cls(**fields)
