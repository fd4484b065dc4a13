"""One row of a table to one finished trial: typed by the space, checked as a trial's own result would be."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parfocal.errors import InvalidInput, SpaceError
from parfocal.operations.rows import FIXED, TAGS, Layout, prefixed
from parfocal.operations.sources import Cells
from parfocal.space import Boolean, Categorical, Constant, Float, Integer, Parameter
from parfocal.trials import FULL, Configuration, Fidelity, Outcome, Reason, State
from parfocal.typing import Value

_STATES = {
    **{state.name.lower(): state for state in State},
    "fail": State.FAILED,
    "completed": State.COMPLETE,
    "finished": State.COMPLETE,
}


@dataclass(frozen=True, slots=True)
class Result:
    """A finished trial to be."""

    configuration: Configuration
    outcome: Outcome
    loss: float
    seed: int | None
    fidelity: Fidelity

    def signature(self) -> int:
        """Return the hash of what two equal results have in common."""
        return signature(self.configuration, self.fidelity, self.outcome.state, self.outcome.metrics)


def signature(configuration: Configuration, fidelity: Fidelity, state: State, metrics: Mapping[str, float]) -> int:
    """Return the hash of configuration, fidelity, state and metrics."""
    numbers = frozenset((name, repr(float(value))) for name, value in metrics.items())
    return hash((configuration, round(fidelity.fraction, 9), state, numbers))


class Parser:
    """What the columns of a table mean to a study.

    Parameters
    ----------
    layout
        The study's space and objective.
    headers
        The columns. Parameters and metrics are found by their names; with that of their group before them
        (``metric.loss``) where the plain one means something else in exports.
    numeric
        Other columns that hold numbers only: they become metrics.

    Raises
    ------
    InvalidInput
        If no column has a metric of the objective.
    """

    def __init__(self, layout: Layout, headers: Iterable[str], numeric: Iterable[str] = ()) -> None:
        self.layout = layout
        known = list(headers)
        self._parameters = {name: _found("parameter", name, known) for name in layout.space.names}
        taken = {header for header in self._parameters.values() if header is not None}
        own = set(FIXED) - {TAGS} <= set(known)
        self._metrics: dict[str, str] = {}
        for name in layout.objective.names:
            header = _found("metric", name, known)
            if header is not None and header not in taken and not (own and header in FIXED and name != "runtime"):
                self._metrics[name] = header
        for header in numeric:
            name = header.removeprefix("metric.")
            if header not in taken and header not in FIXED and not header.startswith("value."):
                self._metrics.setdefault(name, header)
        used = {*taken, *self._metrics.values()}
        self._fixed = {name for name in FIXED if name in known and name not in used} | ({"runtime"} & set(known))
        self.ignored = [h for h in known if h not in used and h not in FIXED and not h.startswith("value.")]
        if not any(name in self._metrics for name in layout.objective.names):
            needed = ", ".join(f"'{name}'" for name in layout.objective.names)
            raise InvalidInput(f"The table has no column for the objective ({needed}); it has {', '.join(known)}.")

    def parse(self, cells: Cells) -> Result | None:
        """Return the result of a row; None where it has none (pending or lost).

        Raises
        ------
        ParfocalError
            If a value is wrong; one sentence.
        """
        fixed = {name: cells.get(name) for name in self._fixed}
        text = _text(fixed.get("state"))
        state = _STATES.get(text.lower()) if text else State.COMPLETE
        if state is None:
            raise InvalidInput(f"the state '{text}' is none of {', '.join(_STATES)}")
        if state in (State.WAITING, State.RUNNING, State.LOST):
            return None
        metrics = self._metrics_of(cells)
        runtime = _number(fixed.get("runtime"), "runtime", math.nan)
        seed = _text(fixed.get("seed"))
        return Result(
            self._configuration(cells),
            *self._outcome(state, metrics, runtime, fixed),
            int(float(seed)) if seed and not seed.lstrip("-").isdecimal() else int(seed) if seed else None,
            _fidelity(fixed),
        )

    def _outcome(
        self, state: State, metrics: dict[str, float], runtime: float, fixed: Mapping[str, Any]
    ) -> tuple[Outcome, float]:
        message, objective = _text(fixed.get("message")), self.layout.objective
        if state == State.FAILED:
            reason = _text(fixed.get("reason")) or Reason.ERROR
            if reason not in list(Reason):
                raise InvalidInput(f"the reason '{reason}' is none of {', '.join(Reason)}")
            return Outcome.failed(reason, message, metrics=metrics, runtime=runtime), math.nan
        if state == State.PRUNED:
            outcome = Outcome.pruned(message, metrics=metrics, runtime=runtime)
            return outcome, _number(fixed.get("loss"), "loss", math.nan)
        absent = objective.missing(objective.with_runtime(metrics, runtime))
        if absent:
            raise InvalidInput(f"{', '.join(absent)} is empty: fill it in, or give the state 'failed'")
        outcome = Outcome.complete(metrics, runtime=runtime)
        known = objective.with_runtime(metrics, runtime)
        objective.rest(known)
        return outcome, objective.loss(known)

    def _metrics_of(self, cells: Cells) -> dict[str, float]:
        found = {}
        for name, header in self._metrics.items():
            if _text(cells.get(header)):
                found[name] = _number(cells[header], header, math.nan)
        return found

    def _configuration(self, cells: Cells) -> Configuration:
        """Return the active parameters; what a table holds of inactive ones says nothing."""
        space = self.layout.space
        given = {}
        for name, parameter in space.parameters.items():
            header = self._parameters[name]
            if header is None or (isinstance(parameter, Constant) and not _text(cells.get(header))):
                if isinstance(parameter, Constant):
                    given[name] = parameter.value
                continue
            value = _typed(parameter, cells.get(header), name, header in cells)
            if value is not _EMPTY:
                given[name] = value
        active = space.decode(space.encode([given]))[0]
        kept = {name: value for name, value in given.items() if name in active}
        space.validate(kept)
        return Configuration(kept)


def _found(group: str, name: str, headers: list[str]) -> str | None:
    return next((header for header in (prefixed(group, name), name) if header in headers), None)


_EMPTY = object()


def _typed(parameter: Parameter, cell: Any, name: str, present: bool) -> Any:
    """Return a cell as the parameter has it; :data:`_EMPTY` for nothing."""
    options = _options(parameter)
    if options is not None:
        return _option(options, cell, name, present)
    text = _text(cell)
    if not text:
        return _EMPTY
    number = _number(cell, name, math.nan)
    if isinstance(parameter, Integer) and number.is_integer():
        return int(number) if "." in text or "e" in text.lower() else int(text)
    return number


def _options(parameter: Parameter) -> list[Value] | None:
    if isinstance(parameter, Float | Integer):
        return None
    if isinstance(parameter, Boolean):
        return [False, True]
    if isinstance(parameter, Constant):
        return [parameter.value]
    return list(parameter.choices if isinstance(parameter, Categorical) else parameter.values)


def _option(options: list[Value], cell: Any, name: str, present: bool) -> Any:
    """Return the option that a cell means: the value itself, else the one that is written like that."""
    same = [o for o in options if type(o) is type(cell) and o == cell and cell is not None]
    if same:
        return same[0]
    text = _text(cell)
    if not text:
        if present and "" in options:
            return ""
        return None if None in options else _EMPTY  # where it is inactive, it is left out anyway
    ways: tuple[Callable[[Value], bool], ...] = (
        lambda option: str(option) == text,
        lambda option: not isinstance(option, str) and str(option).lower() == text.lower(),
        lambda option: isinstance(option, int | float) and not isinstance(option, bool) and _same(option, text),
    )
    for way in ways:
        match = [option for option in options if way(option)]
        if match:
            return match[0]
    raise SpaceError(f"'{name}' must be one of {', '.join(map(repr, options))}; got {cell!r}")


def _same(option: float, text: str) -> bool:
    try:
        return float(text) == option
    except ValueError:
        return False


def _text(cell: Any) -> str:
    """Return a cell as text, empty for nothing."""
    return "" if cell is None else str(cell).strip()


def _number(cell: Any, name: str, absent: float) -> float:
    text = _text(cell)
    if not text:
        return absent
    try:
        return float(text)
    except ValueError:
        raise InvalidInput(f"'{name}' must be a number; got {text!r}") from None


def _fidelity(fixed: Mapping[str, Any]) -> Fidelity:
    fraction = _number(fixed.get("fidelity"), "fidelity", 1.0)
    if fraction == 1.0:
        return FULL
    if not 0 < fraction < 1:
        raise InvalidInput(f"'fidelity' must be a share above 0 and at most 1; got {fraction:g}")
    amount = _number(fixed.get("amount"), "amount", fraction)
    return Fidelity(_text(fixed.get("resource")) or "share", amount, 0.0, float(f"{amount / fraction:.12g}"))
