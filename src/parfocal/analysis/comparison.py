"""The comparison of optimizers: what each had found on each problem with the same number of evaluations.

Regret is normalized on each problem: 0 is the optimum where it is given, else the best that any run found; 1 is the
median over all runs of the best after warm-up. Everything else is made from the one table here: ``regret.py``,
``ranks.py``, ``significance.py``, ``runtimes.py``, ``finals.py`` and ``fairness.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parfocal.analysis.trajectories import Entry, Trajectory, trajectory
from parfocal.errors import InvalidInput
from parfocal.trials import Objective
from parfocal.typing import Bools, Floats, Ints

POINTS = 400
"""Of more evaluations than that, so many are looked at, evenly on a logarithmic axis."""
Reference = Literal["median", "best"]


@dataclass(frozen=True)
class Problem:
    """One problem of a comparison, and its scale of regret."""

    name: str
    objective: Objective
    budget: int
    """Evaluations that all runs had: the common budget, at which they are compared."""
    warmup: int
    """Evaluations that count as warm-up."""
    best: float
    """The loss of regret 0; NaN when no run has succeeded."""
    reference: float
    """The loss of regret 1."""
    known: bool
    """Whether the optimum was given, and no run went below it."""

    def regret(self, loss: Floats) -> Floats:
        """Return the normalized regret of losses, not capped; infinite where there is no loss yet (NaN)."""
        span = self.reference - self.best
        scaled = (np.asarray(loss) - self.best) / (span if span > 0 else 1.0)
        return np.where(np.isnan(scaled), np.inf, np.round(scaled, 12))


@dataclass(frozen=True)
class Comparison:
    """The best losses of all runs at the same numbers of evaluations.

    Axes: p problems, o optimizers, s seeds, g points of the budget.
    """

    optimizers: tuple[str, ...]
    problems: tuple[Problem, ...]
    seeds: tuple[int, ...]
    reference: Reference
    """What regret 1 is: the median or the best of the runs after warm-up."""
    share: Floats
    """(g,) shares of the budget, ascending, the last one 1."""
    steps: Ints
    """(p, g) numbers of evaluations."""
    loss: Floats
    """(p, o, s, g) best loss so far; NaN before the first success, and where there is no run."""
    present: Bools
    """(p, o, s) whether there is such a run; one that found nothing is one."""
    trajectories: tuple[Trajectory, ...]

    @property
    def regret(self) -> Floats:
        """(p, o, s, g) normalized regret, not capped; infinite before the first success, NaN where there is no run."""
        return self._regret(slice(None))

    @property
    def final(self) -> Floats:
        """(p, o, s) the same at the end."""
        return self._regret(slice(-1, None))[..., 0]

    def _regret(self, points: slice) -> Floats:
        rows = [problem.regret(loss[..., points]) for problem, loss in zip(self.problems, self.loss, strict=True)]
        return np.where(self.present[..., None], np.array(rows), np.nan)

    @property
    def silent(self) -> Ints:
        """(p, o) runs that found nothing within the common budget."""
        return np.asarray((self.present & np.isnan(self.loss[..., -1])).sum(axis=2))

    @property
    def ranked(self) -> tuple[int, ...]:
        """Indices of the optimizers that have a run on every problem; only these can be ranked over problems."""
        return tuple(np.flatnonzero(self.present.any(axis=2).all(axis=0)).tolist())

    def problem(self, name: str) -> int:
        """Return the index of a problem, or raise :class:`InvalidInput` naming those that there are."""
        names = [problem.name for problem in self.problems]
        if name not in names:
            raise InvalidInput(f"There is no problem '{name}' here; there is {', '.join(names)}.")
        return names.index(name)

    def shared(self, problem: int, optimizers: Sequence[int] | None = None) -> Ints:
        """Return the indices of the seeds with which all ``optimizers`` (default: all with runs) ran on a problem."""
        here = self.present[problem]
        chosen = np.flatnonzero(here.any(axis=1)) if optimizers is None else list(optimizers)
        return np.flatnonzero(here[chosen].all(axis=0))


def compare(
    entries: Sequence[Entry],
    *,
    evaluations: int | None = None,
    optimum: Mapping[str, float] | None = None,
    reference: Reference = "median",
    points: int = POINTS,
) -> Comparison:
    """Return the comparison of runs; optimizers, problems and seeds stand in the order in which they come.

    Parameters
    ----------
    entries
        The runs; at least two optimizers on one problem.
    evaluations
        Compare after so many; default: after as many as all runs on a problem have made.
    optimum
        The best possible value of a problem in its own units, where it is known.
    reference
        What regret 1 is on a problem: the ``median`` over runs of the best after warm-up, or the ``best`` of them.
    points
        Numbers of evaluations that are looked at, at most.

    Raises
    ------
    InvalidInput
        When there are not two optimizers with one problem, when one run is there twice, or when runs of one problem
        have different objectives.
    """
    if evaluations is not None and evaluations < 1:
        raise InvalidInput(f"Optimizers are compared after at least 1 evaluation; got {evaluations}.")
    _checked(entries)
    given = {} if optimum is None else optimum
    optimizers, names, seeds = (
        tuple(dict.fromkeys(getattr(entry, field) for entry in entries)) for field in ("optimizer", "problem", "seed")
    )
    seeds = tuple(sorted(seeds))
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None:
        raise InvalidInput(f"An optimum is given for '{unknown}', and the problems are {', '.join(names)}.")
    paths = [trajectory(entry) for entry in entries]
    groups = [[pair for pair in zip(entries, paths, strict=True) if pair[0].problem == name] for name in names]
    budgets = np.array([evaluations or common_budget(group) for group in groups], dtype=np.int64)
    share = _shares(int(budgets.max()), points)
    steps = np.maximum(1, np.ceil(np.outer(budgets, share) - 1e-9).astype(np.int64))
    loss = np.full((len(names), len(optimizers), len(seeds), len(share)), np.nan)
    present = np.zeros(loss.shape[:3], dtype=np.bool_)
    problems = []
    for p, (name, group) in enumerate(zip(names, groups, strict=True)):
        for entry, path in group:
            place = p, optimizers.index(entry.optimizer), seeds.index(entry.seed)
            loss[place], present[place] = path.after(steps[p]), True
        problems.append(_problem(name, group, int(budgets[p]), given.get(name), reference))
    return Comparison(optimizers, tuple(problems), seeds, reference, share, steps, loss, present, tuple(paths))


def common_budget(group: Sequence[tuple[Entry, Trajectory]]) -> int:
    """Return the fewest evaluations of the runs that could have made more; 1 at least."""
    counts = [path.evaluations for entry, path in group if not entry.ended]
    return max(1, min(counts, default=max(path.evaluations for _, path in group)))


def _checked(entries: Sequence[Entry]) -> None:
    seen: set[tuple[str, str, int]] = set()
    objectives: dict[str, Objective] = {}
    for entry in entries:
        key = entry.optimizer, entry.problem, entry.seed
        if key in seen:
            raise InvalidInput(
                f"Two runs of '{entry.optimizer}' on '{entry.problem}' have the seed {entry.seed}: label one of them "
                "otherwise, or leave it out."
            )
        seen.add(key)
        if objectives.setdefault(entry.problem, entry.objective) != entry.objective:
            raise InvalidInput(
                f"Runs on '{entry.problem}' cannot be compared, since their objectives differ: "
                f"'{objectives[entry.problem]}' and '{entry.objective}'."
            )
    pairs = {(entry.optimizer, entry.problem) for entry in entries}
    alone = [name for name in objectives if sum(problem == name for _, problem in pairs) < 2]
    if not entries or alone:
        which = f"'{alone[0]}' has one" if alone else "there is none"
        raise InvalidInput(f"At least two optimizers are compared on each problem; {which}.")


def _shares(largest: int, points: int) -> Floats:
    count = np.arange(1, largest + 1)
    if largest > points:
        count = np.unique(np.round(np.geomspace(1, largest, points)).astype(np.int64))
    return np.asarray(count / largest)


def _problem(
    name: str, group: Sequence[tuple[Entry, Trajectory]], budget: int, optimum: float | None, kind: Reference
) -> Problem:
    objective = group[0][0].objective
    warmup = min(max(entry.warmup for entry, _ in group) or 1, max(1, budget // 2))
    lowest = min((float(path.loss[-1]) for _, path in group if len(path.loss)), default=np.nan)
    given = np.nan if optimum is None else float(objective.value(float(optimum)))  # the flip is its own inverse
    best = float(np.fmin(given, lowest)) if not np.isnan(lowest) else np.nan
    after = np.array([float(path.after(np.array(warmup))) for _, path in group])
    if np.isnan(after).all():  # nothing had succeeded by then: what was found first
        after = np.array([path.loss[0] if len(path.loss) else np.nan for _, path in group])
    known = after[~np.isnan(after)]
    usual = (float(np.median(known)) if kind == "median" else float(known.min())) if len(known) else np.nan
    return Problem(name, objective, budget, warmup, best, usual, bool(given <= lowest))
