"""Probes: a few evaluations that confirm or refute that two parameters can be optimized apart.

A probe carries one sequence out in earnest. With the others as in a good trial, the model says which value of one
parameter is best while the other one stands at a start, and what is best of both. Five evaluations show whether that
value really is better at the start, and what it really costs at the end. All results join the trials, so that the next
look at them knows better.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np

from parfocal.analysis.runs import Histories, comparable
from parfocal.analysis.separability import (
    ERROR,
    TOLERANCE,
    Evidence,
    Pair,
    Separability,
    evidence,
    separability,
)
from parfocal.analysis.transfer import LEVELS, crossed, levels_of, weights
from parfocal.checks import positive
from parfocal.errors import InvalidInput
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import History, Objective, State
from parfocal.typing import Floats, Value

EACH = 5
"""Evaluations of a probe."""
ROUNDS = 4
"""Looks at the trials between which probes are spent evenly."""
CERTAIN = 1.645
"""Standard errors that a difference must exceed where results are noisy: 5 % by chance."""

Evaluate = Callable[[Sequence[Mapping[str, Value]]], Sequence[float | None]]
"""Configurations to the objective's own values, None for a failure."""


@dataclass(frozen=True, eq=False)
class Probe:
    """Five configurations that carry out a sequence for one pair."""

    pair: tuple[str, str]
    """The one that is set first, and the other one."""
    X: Floats
    """(5, d) rows: the other one at its start, with the value that is best there and with the value that is best in the
    end; then that first value with the other one as is best with it, and as is best of both; and the best of both."""
    configurations: tuple[Mapping[str, Value], ...]
    """The same for people and evaluators."""
    expected: float
    """Share of the gain that is lost if the least favourable function that the trials allow is right."""


@dataclass(frozen=True)
class Judged:
    """What a probe showed."""

    pair: tuple[str, str]
    shift: float
    """How much better the value chosen at the start is there, as a share of the gain; not positive: nothing shifts."""
    lost: float
    """What that value costs in the end, as a share of the gain."""
    verdict: Literal["refuted", "confirmed", "open"]
    """``refuted``: the pair cannot be optimized apart; ``open``: noise or a failure hides it."""


def probes(
    space: Space,
    histories: Histories,
    table: Separability,
    count: int = 5,
    *,
    seed: int = 0,
    ranked: int | None = None,
) -> tuple[Probe, ...]:
    """Return up to ``count`` probes: of open pairs, the least certain first.

    Pairs that are split follow, as far as they may lose more than a third of the tolerance.

    Raises
    ------
    InvalidInput
        When ``count`` is below 1.
    """
    positive(count, "count")
    seen = evidence(space, histories, seed, ranked)
    if seen is None:
        return ()
    home = {name: index for index, block in enumerate(table.blocks) for name in block}
    split = [pair for pair in table.pairs if pair.verdict != "tied"]
    across = [pair for pair in split if home[pair.names[0]] != home[pair.names[1]]]
    doubtful = (p for p in across if p.verdict != "open" and p.high > table.tolerance / 3)
    order = [*table.open, *sorted(doubtful, key=lambda p: -p.high)]
    turns = [order[k % len(order)] for k in range(2 * count)] if order else []
    made = len(seen.loss)
    found = (_probe(space, seen, pair, generator(seed, "probe", made, k)) for k, pair in enumerate(turns))
    return tuple(islice((probe for probe in found if probe is not None), count))


def _probe(space: Space, seen: Evidence, pair: Pair, rng: np.random.Generator) -> Probe | None:
    """Return the probe of a pair in its better order, in one of the contexts at random; None where nothing can be lost.

    It asks the drawn function that loses most, from the start at which drawn functions disagree most: what is least
    favourable to the pair and still possible is what has to be tried.
    """
    names = pair.names if pair.orders[0] <= pair.orders[1] else pair.names[::-1]
    i, j = (space.columns.index(name) for name in names)
    levels = [levels_of(space, seen.X, seen.loss, k, LEVELS) for k in (i, j)]
    context = seen.contexts[[int(rng.integers(len(seen.contexts)))]]
    rows, shape = crossed(space, context, (i, levels[0]), (j, levels[1]))
    drawn = seen.model.draws(rows)
    drawn[:, ~space.feasible(rows)] = float(drawn.max())
    rows, drawn = rows.reshape(*shape, -1)[0], drawn.reshape(len(drawn), *shape[1:])
    then = np.take_along_axis(drawn.min(axis=2), drawn.argmin(axis=1), axis=1) - drawn.min(axis=(1, 2))[:, None]
    b = int(np.argmax(then.std(axis=0) * weights(seen.starts[:, j], levels[1])))
    f = drawn[int(np.argmax(then[:, b]))]
    a, top = int(f[:, b].argmin()), np.unravel_index(int(f.argmin()), f.shape)
    if a == top[0]:
        return None
    X = np.stack([rows[a, b], rows[top[0], b], rows[a, f[a].argmin()], rows[a, top[1]], rows[top]])
    return Probe(names, X, tuple(space.decode(X)), float(f[a].min() - f.min()) / seen.gain)


def judged(probe: Probe, values: Sequence[float | None], objective: Objective, table: Separability) -> Judged:
    """Return what the values of a probe's five configurations, in the user's own units, show.

    Refuted is a pair when the value chosen at the start really is better there and really costs more than the
    tolerance in the end; with noise both differences must exceed it (each with an error of 5 %).
    """
    if len(values) != EACH:
        raise InvalidInput(f"A probe has {EACH} configurations, and needs a value for each; got {len(values)}.")
    if any(value is None or not np.isfinite(value) for value in values) or not table.gain > 0:
        return Judged(probe.pair, float("nan"), float("nan"), "open")
    chosen, kept, carried, other, best = (
        float(objective.value(float(value))) / table.gain for value in values if value is not None
    )
    shift, gone = kept - chosen, min(carried, other) - best
    margin = CERTAIN * table.noise * 2**0.5
    if shift > margin and gone > table.tolerance + margin:
        return Judged(probe.pair, shift, gone, "refuted")
    fine = shift <= -margin or gone <= table.tolerance - margin
    return Judged(probe.pair, shift, gone, "confirmed" if fine else "open")


def separate(
    space: Space,
    history: History,
    objective: Objective,
    evaluate: Evaluate,
    *,
    budget: int = 40,
    tolerance: float = TOLERANCE,
    error: float = ERROR,
    first: Sequence[str] = (),
    seed: int = 0,
) -> tuple[Separability, tuple[Judged, ...]]:
    """Return which parameters can be optimized apart, verified by at most ``budget`` evaluations, and what each showed.

    The probes are spent in four rounds; each round's results join the trials before the next one is chosen, and the
    last look at all of them decides.

    Parameters
    ----------
    space, history, objective
        The finished search; the history is not changed.
    evaluate
        Configurations to values in the user's own units, None for a failure.
    budget
        Evaluations at most.
    tolerance, error, first, seed
        As for :func:`separability`.
    """
    grown = history.at(len(history), len(history.finished_order))
    ranked = int(comparable(history).sum())
    shown: list[Judged] = []
    spent = 0
    table = separability(
        space, grown, objective, tolerance=tolerance, error=error, first=first, seed=seed, ranked=ranked
    )
    for left in range(ROUNDS, 0, -1):
        count = (budget - spent) // EACH // left
        chosen = probes(space, grown, table, count, seed=seed, ranked=ranked) if count else ()
        if not chosen:
            continue
        values = list(evaluate([c for probe in chosen for c in probe.configurations]))
        shown += [judged(p, values[EACH * k : EACH * (k + 1)], objective, table) for k, p in enumerate(chosen)]
        _tell(grown, np.concatenate([probe.X for probe in chosen]), values, objective)
        spent += len(values)
        table = separability(
            space, grown, objective, tolerance=tolerance, error=error, first=first, seed=seed, ranked=ranked
        )
    return replace(table, probes=spent), tuple(shown)


def _tell(history: History, X: Floats, values: Sequence[float | None], objective: Objective) -> None:
    loss = np.array([np.nan if v is None else float(objective.value(float(v))) for v in values])
    rows = history.append(X)
    states = np.where(np.isfinite(loss), int(State.COMPLETE), int(State.FAILED))
    history.tell(np.arange(rows.start, rows.stop), states, np.where(np.isfinite(loss), loss, np.nan))
