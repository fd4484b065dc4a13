"""Fairness: what makes a comparison of optimizers less than equal, in plain sentences."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.comparison import Comparison
from parfocal.analysis.trajectories import Entry


@dataclass(frozen=True)
class Caveat:
    """One thing to know before a comparison is believed."""

    kind: str
    """``budget``, ``unfinished``, ``seeds``, ``runs``, ``default``, ``warm-up``, ``silent``, ``fidelity``, ``few``."""
    problem: str
    """Empty where it is about all of them."""
    text: str


def fairness(table: Comparison, entries: Sequence[Entry]) -> tuple[Caveat, ...]:
    """Return what is unequal between the runs of a comparison; ``entries`` are those that it was made of."""
    found: list[Caveat] = []
    for place, problem in enumerate(table.problems):
        here = [entry for entry in entries if entry.problem == problem.name]
        paths = [path for path in table.trajectories if path.problem == problem.name]
        where = f"{problem.name}: " if len(table.problems) > 1 else ""

        def add(kind: str, text: str, where: str = where, name: str = problem.name) -> None:
            found.append(Caveat(kind, name, where + text))

        counts = {
            entry.optimizer: path.evaluations
            for entry, path in sorted(
                zip(here, paths, strict=True), key=lambda pair: -pair[1].evaluations
            )  # the shortest run of each is kept
            if not entry.ended
        }
        if any(path.evaluations > problem.budget for path in paths):
            add(
                "budget",
                f"runs have made different numbers of evaluations ({_each(counts)} at least); all are compared after "
                f"the first {problem.budget:,}.",
            )
        short = [
            entry
            for entry, path in zip(here, paths, strict=True)
            if entry.budget is not None and path.evaluations < entry.budget and not entry.ended
        ]
        if short:
            add(
                "unfinished",
                f"{len(short)} of {len(here)} runs have not reached their own budget ("
                f"{_names(f'{entry.optimizer}, seed {entry.seed}' for entry in short)}); go on with them first.",
            )
        _unequal(here, add)
        _seeds(table, place, add)
        silent = {name: int(n) for name, n in zip(table.optimizers, table.silent[place].tolist(), strict=True) if n}
        if silent:
            add(
                "silent",
                f"runs that found nothing: {_each(silent)}; they rank last, and their regret is 1.",
            )
        levels = {path.fidelity for path in paths if not np.isnan(path.fidelity)}
        if len(levels) > 1:
            add(
                "fidelity",
                f"runs were judged at different fidelities ({_names(f'{level:g}' for level in sorted(levels))}): "
                "their results are not of the same thing.",
            )
        if problem.budget <= max((entry.warmup for entry in here), default=0):
            add(
                "warm-up",
                f"the common budget of {problem.budget:,} lies within the warm-up of "
                f"{max(entry.warmup for entry in here)} random evaluations: optimizers that learn have not begun to.",
            )
    absent = [name for i, name in enumerate(table.optimizers) if i not in table.ranked]
    if absent:
        found.append(Caveat("runs", "", f"not ranked over all problems, for want of runs on some: {_names(absent)}."))
    return tuple(found)


def _unequal(here: Sequence[Entry], add: Callable[[str, str], None]) -> None:
    defaults = {repr(sorted(entry.default.items())) if entry.default else "" for entry in here}
    if len(defaults) > 1:
        given = dict.fromkeys(entry.optimizer for entry in here if entry.default)
        others = [name for name in dict.fromkeys(entry.optimizer for entry in here) if name not in given]
        if others:
            add("default", f"{_names(given)} began with the default configuration, {_names(others)} did not.")
        else:
            add("default", "not all runs began with the same default configuration.")
    warmups = {entry.optimizer: entry.warmup for entry in here}
    if len({entry.warmup for entry in here}) > 1:
        add("warm-up", f"the random warm-up was not equally long ({_each(warmups)} evaluations).")


def _seeds(table: Comparison, place: int, add: Callable[[str, str], None]) -> None:
    present = table.present[place]
    there = np.flatnonzero(present.any(axis=1)).tolist()
    missing = [table.optimizers[i] for i in range(len(table.optimizers)) if i not in there]
    if missing:
        add("runs", f"no run of {_names(missing)}.")
    shared = table.shared(place)
    counts = present[there].sum(axis=1)
    if not len(shared):
        add("seeds", "no seed is shared by all optimizers: runs began differently, and are not compared in pairs.")
    elif (counts > len(shared)).any():
        runs = {table.optimizers[i]: int(present[i].sum()) for i in there}
        add(
            "seeds",
            f"only {len(shared)} seeds are shared by all optimizers ({_each(runs)} runs): pairs are made of the "
            "shared ones.",
        )
    if int(counts.min()) < 2:
        alone = [table.optimizers[i] for i in there if present[i].sum() < 2]
        add("few", f"a single run of {_names(alone)} says nothing about luck.")


def _each(counts: dict[str, int]) -> str:
    return _names(f"{name} {count:,}" for name, count in counts.items())


def _names(words: Iterable[object], most: int = 8) -> str:
    listed = [str(word) for word in words]
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
