"""The Pareto front: the trials that no other one beats in all objectives, such as quality against runtime."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.runs import comparable
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import History, Objective
from parfocal.trials.domination import front, hypervolume
from parfocal.trials.objective import RUNTIME
from parfocal.typing import Floats, Ints, Value

SECONDS = Objective(RUNTIME, "minimize", "s")


@dataclass(frozen=True)
class Pareto:
    """Trials that nothing dominates, from the best in the first objective to the worst; arrays have a row each."""

    objectives: tuple[Objective, ...]
    """What the m columns of values are."""
    number: Ints
    """(k,) trial numbers; equal values count once, with the earliest trial."""
    values: Floats
    """(k, m) in the user's own units."""
    configurations: tuple[Mapping[str, Value], ...]
    dominated: Floats
    """(n - k, m) values of all other complete trials."""
    reference: Floats
    """(m,) the corner that the hypervolume is measured from, in the user's own units; NaN when there is no front."""
    hypervolume: float
    """Volume between front and reference, in the product of the units: larger is better; 0 for a single point."""

    def __len__(self) -> int:
        return len(self.number)


def pareto(space: Space, history: History, objective: Objective, *, reference: Sequence[float] | None = None) -> Pareto:
    """Return the Pareto front of a history.

    Parameters
    ----------
    space
        Decodes the configurations.
    history
        Complete trials of the highest fidelity reached are compared.
    objective
        Several objectives are weighed against each other; a single one against the runtime in seconds (trials of
        unknown runtime are then left out).
    reference
        Corner that the hypervolume is measured from, one value an objective in the user's own units; what is worse
        than it counts nothing. Default: the worst of the front in each objective. Compare two fronts with one
        reference only.

    Raises
    ------
    InvalidInput
        When the history holds other objectives, or the reference has not one finite value for each.
    """
    objectives = objective.all if objective.others else (*objective.all, SECONDS)
    if history.objectives != len(objective.all):
        raise InvalidInput(
            f"The history holds {history.objectives} losses a trial, and '{objective}' has {len(objective.all)}: "
            "they belong to different studies."
        )
    losses = np.asarray(history.losses)
    if not objective.others:
        losses = np.column_stack([losses, history.runtime.astype(np.float64)])
    rows = np.flatnonzero(comparable(history) & ~np.isnan(losses).any(axis=1))
    member = front(losses[rows])
    first = np.unique(losses[rows[member]], axis=0, return_index=True)[1]  # sorted by the first loss, each value once
    number = rows[member][first]
    corner = losses[number].max(axis=0) if len(number) else np.full(len(objectives), np.nan)
    if reference is not None:
        corner = _losses_of(reference, objectives)
    others = np.setdiff1d(rows, number)
    return Pareto(
        objectives,
        number,
        _values(losses[number], objectives),
        tuple(space.decode(history.X[number])) if len(number) else (),
        _values(losses[others], objectives),
        _values(corner[None], objectives)[0],
        hypervolume(losses[number], corner) if len(number) else 0.0,
    )


def _values(losses: Floats, objectives: tuple[Objective, ...]) -> Floats:
    """Return the user's own numbers ``(n, m)``."""
    return np.column_stack([each.value(column) for each, column in zip(objectives, losses.T, strict=True)])


def _losses_of(reference: Sequence[float], objectives: tuple[Objective, ...]) -> Floats:
    """Return the losses ``(m,)`` of a point in the user's own units, or raise."""
    given = np.asarray(reference, dtype=np.float64)
    if given.shape != (len(objectives),) or not np.isfinite(given).all():
        names = ", ".join(each.metric for each in objectives)
        raise InvalidInput(f"The reference needs one finite value for each of {names}; got {list(reference)}.")
    corner: Floats = _values(given[None], objectives)[0]  # the flip of sign is its own inverse
    return corner
