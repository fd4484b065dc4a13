"""Parallel coordinates: one line a trial across all parameters to its value, with highlighted sets, and brushing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parfocal.analysis.axes import INACTIVE, Axis
from parfocal.analysis.cells import nice_ticks
from parfocal.analysis.influence import influence
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Histories
from parfocal.analysis.slices import robust_range
from parfocal.analysis.surface import subset
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Bools, Floats, Ints

LANES = 12
"""Parameters that are drawn where none are named: the most influential ones."""
_NEAR = 1e-4
"""Share of a lane within which a range reaches its end."""
_GAP = 0.12
"""How far below the range inactive trials lie, as a share of it."""

Constraints = Mapping[int, Sequence[float] | Sequence[Sequence[float]] | None]
"""Lane to one range ``(low, high)``, several of them, or None: as plotly's ``constraintrange`` of each dimension."""


@dataclass(frozen=True)
class Lane:
    """One vertical axis of the figure; positions are those of the figure: log10 where the axis is logarithmic."""

    axis: Axis | None
    """The parameter; None for the objective."""
    title: str
    position: Floats
    """Where each drawn trial crosses, (m,)."""
    limits: tuple[float, float]
    """Lowest and highest position, the place of inactive trials included."""
    ticks: Floats
    texts: tuple[str, ...]
    inactive: float
    """Position of inactive trials; NaN where there can be none."""

    def place(self, coordinates: Floats) -> Floats:
        """Return the positions of coordinates of the parameter; inactive ones (NaN) at their own place."""
        scaled = coordinates if self.axis is None else self.axis.scale(coordinates)
        return np.where(np.isnan(scaled), self.inactive, scaled)


@dataclass(frozen=True)
class Group:
    """A set of trials that stands out."""

    label: str
    index: Ints
    """Which of the drawn trials, best first."""


@dataclass(frozen=True)
class Parallel:
    """Lines of trials across parameters, in the user's own units."""

    lanes: tuple[Lane, ...]
    """Most influential parameter first, the objective last."""
    value: Floats
    """(m,) of the drawn trials, not clipped."""
    shade: Floats
    """(m,) in [0, 1]: 0 at the worst value that is drawn, 1 the best."""
    number: Ints
    """(m,) trial numbers."""
    run: Ints
    groups: tuple[Group, ...]
    """Highlighted sets; one without any complete trial is left out."""
    limits: tuple[float, float]
    """(worst, best) value that is drawn; NaN when there is none."""
    complete: int
    """Complete trials, of which the best and an even choice are drawn."""
    clipped: int
    """Complete trials worse than the limit: they are drawn at it."""
    others: tuple[str, ...]
    """Parameters that are not drawn, most influential first."""
    objective: Objective

    def select(self, rows: Rows, constraints: Constraints) -> Bools:
        """Return which of all trials lie within the ranges that were brushed, (n,).

        Parameters
        ----------
        rows
            All trials, drawn or not, also failed and pending ones.
        constraints
            Ranges by lane, in positions of the figure and with both ends. Several ranges of one lane are alternatives,
            all lanes must hold. A range that reaches an end of its lane (to a ten-thousandth of it) holds all that lies
            there. A range of the objective takes complete trials only; if it holds the limit at which bad ones are
            clipped, it holds those, too.

        Raises
        ------
        InvalidInput
            For a lane that is not there, or a range that is none.
        """
        chosen = np.ones(len(rows.loss), dtype=np.bool_)
        for index, given in constraints.items():
            ranges = _ranges(index, given, self.lanes)
            if not ranges:
                continue
            axis = self.lanes[index].axis
            if axis is None:
                position = _clip(self.objective.value(rows.loss), self.limits)
            else:
                position = self.lanes[index].place(rows.coordinates[:, rows.columns([axis.name])[0]])
            chosen &= np.any([(position >= low) & (position <= high) for low, high in ranges], axis=0)
        return chosen


def parallel(
    space: Space,
    histories: Histories | Rows,
    objective: Objective,
    names: Sequence[str] | None = None,
    *,
    most: int = 2000,
    clip: Literal["robust"] | float | None = "robust",
    highlight: int | Sequence[int] | Mapping[str, Sequence[int]] = 10,
) -> Parallel:
    """Return the lines of all complete trials across the parameters.

    Parameters
    ----------
    space
    histories
        One or several runs, or the rows that :func:`rows_of` made of them.
    objective
        Gives direction and units.
    names
        Parameters to draw, in this order. None: the 12 most influential ones, first the most influential.
    most
        Of more trials the best quarter of that number and an even choice of the others are drawn.
    clip
        The worst value that has a place of its own; worse ones are drawn at it. ``"robust"``: three quartile ranges
        from the middle half of the trials; None: nothing is clipped.
    highlight
        How many of the best different configurations stand out, or trial numbers, or a name to trial numbers for
        several sets. With several runs a number stands for the trial of each run.

    Raises
    ------
    InvalidInput
        For an unknown parameter, a negative number, or a limit that is no number.
    """
    rows = histories if isinstance(histories, Rows) else rows_of(space, histories)
    order = influence(rows).names
    drawn = tuple(order[:LANES] if names is None else names)
    columns = rows.columns(drawn)
    done = np.flatnonzero(~np.isnan(rows.loss))
    limits = _limits(rows.loss[done], objective, clip)
    sets = _sets(rows, done, highlight)
    chosen = np.unique(np.concatenate([subset(rows.loss, done, most), *(index for _, index in sets)]))
    lanes = tuple(_lane(rows.axes[j], rows.coordinates[:, j], chosen) for j in columns)
    value = objective.value(rows.loss[chosen])
    worst, best = limits
    held = _clip(value, limits)
    shade = (held - worst) / (best - worst) if best != worst else np.ones(len(chosen))
    everything = objective.value(rows.loss[done])
    clipped = int(np.sum(everything != _clip(everything, limits)))
    return Parallel(
        (*lanes, _objective_lane(objective, held, limits, clipped)),
        value,
        shade,
        rows.number[chosen],
        rows.run[chosen],
        tuple(Group(label, np.searchsorted(chosen, index)) for label, index in sets if len(index)),
        limits,
        len(done),
        clipped,
        tuple(name for name in order if name not in drawn),
        objective,
    )


def _limits(loss: Floats, objective: Objective, clip: Literal["robust"] | float | None) -> tuple[float, float]:
    """Return (worst, best) value that is drawn."""
    if clip is not None and clip != "robust" and not np.isfinite(float(clip)):
        raise InvalidInput(f"clip must be 'robust', None or a finite number; got {clip!r}.")
    if not len(loss):
        return np.nan, np.nan
    best, worst = float(loss.min()), float(loss.max())
    if clip == "robust":
        worst = robust_range(loss)[1]
    elif clip is not None:
        worst = max(best, min(worst, float(objective.value(float(clip)))))  # a sign flip is its own inverse
    return float(objective.value(worst)), float(objective.value(best))


def _clip(value: Floats, limits: tuple[float, float]) -> Floats:
    """Return values of which those beyond the worst one are put at it; NaN stays."""
    worst, best = limits
    return np.maximum(value, worst) if best > worst else np.minimum(value, worst)


def _sets(
    rows: Rows, done: Ints, highlight: int | Sequence[int] | Mapping[str, Sequence[int]]
) -> list[tuple[str, Ints]]:
    """Return the highlighted sets as (label, rows that are complete, best first)."""
    if isinstance(highlight, bool) or (isinstance(highlight, int) and highlight < 0):
        raise InvalidInput(f"highlight must be a number of trials of at least 0, or trial numbers; got {highlight!r}.")
    ranked = done[np.argsort(rows.loss[done], kind="stable")]
    if isinstance(highlight, int):
        best = _different(rows, ranked, highlight)
        return [("best" if len(best) == 1 else f"{len(best)} best", best)]
    named = highlight if isinstance(highlight, Mapping) else {"chosen": highlight}
    return [(label, ranked[np.isin(rows.number[ranked], list(numbers))]) for label, numbers in named.items()]


def _different(rows: Rows, ranked: Ints, k: int) -> Ints:
    """Return the first ``k`` rows with different configurations."""
    found: list[int] = []
    known: set[bytes] = set()
    for row in ranked.tolist():
        if len(found) == k:
            break
        key = rows.coordinates[row].tobytes()
        if key not in known:
            known.add(key)
            found.append(row)
    return np.array(found, dtype=np.int64)


def _lane(axis: Axis, coordinates: Floats, chosen: Ints) -> Lane:
    if axis.kind == "category":
        low, high = axis.low, axis.high
        ticks, texts = np.arange(len(axis.labels), dtype=np.float64), axis.labels
    else:
        low, high = axis.scale(np.array([axis.low, axis.high])).tolist()
        marks = axis.levels if 0 < len(axis.levels) <= 6 else nice_ticks(axis)
        ticks, texts = axis.scale(marks), tuple(axis.text(mark) for mark in marks.tolist())
    place = np.nan
    if axis.conditional or bool(np.isnan(coordinates).any()):
        place = low - (1.0 if axis.kind == "category" else _GAP * (high - low) or 0.5)
        ticks, texts = np.concatenate([[place], ticks]), (INACTIVE, *texts)
        low = place
    if low == high:
        low, high = low - 0.5, high + 0.5
    bare = Lane(axis, axis.title, np.empty(0), (low, high), ticks, texts, place)
    return Lane(axis, axis.title, bare.place(coordinates[chosen]), (low, high), ticks, texts, place)


def _objective_lane(objective: Objective, held: Floats, limits: tuple[float, float], clipped: int) -> Lane:
    title = objective.metric + (f" [{objective.unit}]" if objective.unit else "")
    worst, best = limits
    if np.isnan(worst):
        return Lane(None, title, held, (0.0, 1.0), np.empty(0), (), np.nan)
    low, high = min(limits), max(limits)
    if low == high:
        half = 0.05 * abs(low) or 0.5
        sign = "" if not clipped else "≤ " if objective.direction == "maximize" else "≥ "
        return Lane(None, title, held, (low - half, high + half), np.array([low]), (f"{sign}{low:.4g}",), np.nan)
    ruler = Axis("", "number", low, high)
    marks = nice_ticks(ruler)
    apart = (np.abs(marks - worst) > 0.06 * (high - low)) if clipped else np.ones(len(marks), dtype=np.bool_)
    ticks, texts = marks[apart], [ruler.text(mark) for mark in marks[apart].tolist()]
    if clipped:  # say at the limit that worse ones are there, too
        at = 0 if worst < best else len(ticks)
        ticks = np.insert(ticks, at, worst)
        texts.insert(at, f"{'≤' if worst < best else '≥'} {worst:.3g}")
    return Lane(None, title, held, (low, high), ticks, tuple(texts), np.nan)


def _ranges(
    index: int, given: Sequence[float] | Sequence[Sequence[float]] | None, lanes: Sequence[Lane]
) -> list[tuple[float, float]]:
    """Return the ranges of one lane, or raise."""
    if not 0 <= index < len(lanes):
        raise InvalidInput(f"Lanes are numbered from 0 to {len(lanes) - 1}; got {index}.")
    if given is None or not len(given):
        return []
    try:
        pairs = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        pairs = np.empty(0)
    pairs = pairs[None, :] if pairs.ndim == 1 else pairs
    if pairs.ndim != 2 or pairs.shape[1] != 2 or np.isnan(pairs).any():
        raise InvalidInput(f"A range of a lane is (low, high), or a list of these; got {given!r}.")
    first, last = lanes[index].limits
    near = _NEAR * (last - first)  # ends come back from the figure, where they were rounded
    ends = np.stack([pairs.min(axis=1), pairs.max(axis=1)], axis=1)
    ends[ends[:, 0] <= first + near, 0] = -np.inf
    ends[ends[:, 1] >= last - near, 1] = np.inf
    return [(low, high) for low, high in ends.tolist()]
