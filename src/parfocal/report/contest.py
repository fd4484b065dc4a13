"""All numbers of a comparison of optimizers, gathered once, and as rows for files."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parfocal.analysis import (
    Caveat,
    Comparison,
    Entry,
    Finals,
    Friedman,
    Kruskal,
    Pairwise,
    Ranks,
    Regret,
    Runtimes,
    compare,
    fairness,
    finals,
    friedman,
    kruskal,
    pairwise,
    ranks,
    regrets,
    runtimes,
)
from parfocal.analysis.significance import LEVEL

Row = dict[str, Any]


@dataclass(frozen=True)
class Contest:
    """What a comparison shows."""

    table: Comparison
    caveats: tuple[Caveat, ...]
    regrets: tuple[Regret, ...]
    """All problems first where there are several, then each."""
    ranks: Ranks
    friedman: Friedman
    pairs: tuple[Pairwise, ...]
    """In the order of ``regrets``."""
    kruskals: tuple[Kruskal, ...]
    runtimes: Runtimes
    finals: tuple[Finals, ...]
    shown: tuple[str, ...]
    """The optimizers that figures draw in colour: all, or the best eight of many."""


MOST = 8


def contest(
    entries: Sequence[Entry],
    *,
    evaluations: int | None = None,
    optimum: Mapping[str, float] | None = None,
    level: float = LEVEL,
) -> Contest:
    """Compute all tables of a comparison; arguments as for :func:`~parfocal.analysis.compare`."""
    table = compare(entries, evaluations=evaluations, optimum=optimum)
    curves = regrets(table)
    several = len(table.problems) > 1
    places = [None, *(p.name for p in table.problems)] if several else [table.problems[0].name]
    order = [curves[0].optimizers[i] for i in curves[0].order]
    best = set(order[:MOST])
    return Contest(
        table,
        fairness(table, entries),
        curves,
        ranked := ranks(table),
        friedman(ranked, level),
        tuple(pairwise(table, place, level) for place in places),
        tuple(kruskal(table, problem.name, level) for problem in table.problems),
        runtimes(table),
        finals(table),
        tuple(name for name in table.optimizers if name in best),
    )


def standings(c: Contest) -> list[Row]:
    """Return one row an optimizer and problem, the best on each problem first."""
    rows: list[Row] = []
    curves = {curve.problem: curve for curve in c.regrets}
    for final in c.finals:
        curve = curves[final.problem]
        for i in final.order:
            name = final.optimizers[i]
            place = curve.optimizers.index(name)
            rows.append(
                {
                    "problem": final.problem, "optimizer": name, "evaluations": final.budget, "runs": final.runs[i],
                    "found_nothing": final.silent[i], "metric": final.objective.metric,
                    "unit": final.objective.unit or "", "direction": final.objective.direction,
                    "mean": float(final.mean[i]), "std": float(final.std[i]), "median": float(final.median[i]),
                    "best": float(final.best[i]), "regret": float(curve.mean[place, -1]),
                    "regret_low": float(curve.low[place, -1]), "regret_high": float(curve.high[place, -1]),
                    "regret_anytime": float(curve.anytime[place]),
                }
            )  # fmt: skip
    return rows


def overall(c: Contest) -> list[Row]:
    """Return one row an optimizer over everything: mean rank, regret and share of targets, the best rank first."""
    curve = c.regrets[0]
    by_rank = {name: float(c.ranks.mean[i, -1]) for i, name in enumerate(c.ranks.optimizers)}
    rows = [
        {
            "optimizer": name, "runs": curve.runs[i], "mean_rank": by_rank.get(name, math.nan),
            "regret": float(curve.mean[i, -1]), "regret_low": float(curve.low[i, -1]),
            "regret_high": float(curve.high[i, -1]), "regret_anytime": float(curve.anytime[i]),
            "targets_reached": float(c.runtimes.share[i, -1]), "not_told_from_best": name in c.friedman.tied,
        }
        for i, name in enumerate(curve.optimizers)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (math.isnan(row["mean_rank"]), row["mean_rank"], row["regret"]))


def tests(c: Contest) -> list[Row]:
    """Return one row a test over all optimizers."""
    f = c.friedman
    where = c.regrets[0].problem
    rows = [
        {
            "problem": where, "test": "Friedman (Iman-Davenport)", "blocks": f.blocks, "kind": c.ranks.kind,
            "statistic": f.f, "p": f.p, "smallest_p": f.attainable, "level": f.level,
        },
        {
            "problem": where, "test": "Friedman (chi-squared)", "blocks": f.blocks, "kind": c.ranks.kind,
            "statistic": f.chi2, "p": f.p_chi2, "smallest_p": math.nan, "level": f.level,
        },
        {
            "problem": where, "test": "Nemenyi (critical difference)", "blocks": f.blocks, "kind": c.ranks.kind,
            "statistic": f.difference, "p": math.nan, "smallest_p": math.nan, "level": f.level,
        },
    ]  # fmt: skip
    for k in c.kruskals:
        rows.append(
            {
                "problem": k.problem, "test": "Kruskal-Wallis", "blocks": sum(k.runs), "kind": "runs",
                "statistic": k.h, "p": k.p, "smallest_p": k.attainable, "level": k.level,
            }
        )  # fmt: skip
    return rows


def pair_rows(c: Contest) -> list[Row]:
    """Return one row a pair of optimizers and problem."""
    return [
        {
            "problem": pairs.problem, "optimizer": pairs.optimizers[i], "against": pairs.optimizers[j],
            "test": "signed ranks" if pairs.paired[i, j] else "rank sums", "count": int(pairs.count[i, j]),
            "p": float(pairs.p[i, j]), "p_holm": float(pairs.adjusted[i, j]),
            "rank_biserial": float(pairs.biserial[i, j]), "a12": float(pairs.a12[i, j]),
            "cliffs_delta": float(pairs.delta[i, j]),
        }
        for pairs in c.pairs
        for i in range(len(pairs.optimizers))
        for j in range(i + 1, len(pairs.optimizers))
    ]  # fmt: skip


def run_rows(c: Contest) -> list[Row]:
    """Return one row a run, with what it had found at the common budget."""
    values = {
        (final.problem, name, seed): float(final.value[i, j])
        for final in c.finals
        for i, name in enumerate(final.optimizers)
        for j, seed in enumerate(final.seeds)
    }
    return [
        {
            "problem": path.problem, "optimizer": path.optimizer, "seed": path.seed,
            "evaluations": path.evaluations, "value": values[path.problem, path.optimizer, path.seed],
        }
        for path in c.table.trajectories
    ]  # fmt: skip


def curve_rows(c: Contest) -> dict[str, list[Row]]:
    """Return the long tables of curves: regret, ranks, runtimes."""
    regret = [
        {
            "problem": curve.problem, "optimizer": name,
            "share_of_budget" if curve.shares else "evaluations": float(curve.evaluations[g]),
            "regret": float(curve.mean[i, g]), "low": float(curve.low[i, g]), "high": float(curve.high[i, g]),
        }
        for curve in c.regrets
        if not curve.shares
        for i, name in enumerate(curve.optimizers)
        for g in range(len(curve.evaluations))
        if not math.isnan(curve.mean[i, g])
    ]  # fmt: skip
    rank = [
        {"optimizer": name, "share_of_budget": float(c.ranks.share[g]), "mean_rank": float(c.ranks.mean[i, g])}
        for i, name in enumerate(c.ranks.optimizers)
        for g in range(len(c.ranks.share))
    ]
    reached = [
        {"optimizer": name, "cost": cost, "within": float(x[g]), "targets_reached": float(share[i, g])}
        for cost, x, share in (
            ("evaluations", c.runtimes.evaluations, c.runtimes.share),
            ("seconds", c.runtimes.seconds, c.runtimes.share_seconds),
        )
        for i, name in enumerate(c.runtimes.optimizers)
        for g in range(len(x))
    ]
    return {"regret": regret, "ranks": rank, "runtimes": reached}
