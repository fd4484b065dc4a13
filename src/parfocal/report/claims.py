"""What a comparison of optimizers shows and what it does not, in plain sentences."""

import math
from collections.abc import Sequence

from parfocal.analysis import Friedman, Kruskal, Pairwise
from parfocal.report.contest import Contest
from parfocal.report.words import listed, number, plural

_MOST = 10
_PROBLEMS = 5  # more of them are not gone through one by one
_FEW = 5  # runs of each below which the chi-squared distribution is a rough guide


def setting(c: Contest) -> str:
    """Say what was compared."""
    seeds = c.table.present.sum(axis=2)
    seeds = seeds[seeds > 0]
    least, most = int(seeds.min()), int(seeds.max())
    runs = plural(least, "run") if least == most else f"{least} to {most} runs"
    budgets = sorted({problem.budget for problem in c.table.problems})
    spent = plural(budgets[0], "evaluation") if len(budgets) == 1 else f"{budgets[0]:,} to {budgets[-1]:,} evaluations"
    return (
        f"{plural(len(c.table.optimizers), 'optimizer')} on {plural(len(c.table.problems), 'problem')}, {runs} each, "
        f"compared after {spent}."
    )


def scale(c: Contest) -> list[str]:
    """Say what regret 0 and 1 are on each problem."""
    kind = {"median": "median", "best": "best"}[c.table.reference]
    sentences = []
    for problem, final in zip(c.table.problems, c.finals, strict=True):
        zero = "the optimum" if final.known else "the best that any run found"
        sentences.append(
            f"{problem.name}: regret 0 is {zero} ({number(final.optimum)}), 1 the {kind} of the best after "
            f"{plural(problem.warmup, 'evaluation')} ({number(final.usual)})."
        )
    return sentences


def p_text(p: float) -> str:
    """Return a p-value as it is written."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _percent(level: float) -> str:
    return f"{100 * level:.3g} %"


def over_blocks(tested: Friedman, kind: str, left_out: Sequence[str] = ()) -> list[str]:
    """Say what Friedman's and Nemenyi's tests say; ``kind`` is what the blocks are: problems or seeds."""
    what = f"over {tested.blocks} {kind}"
    without = [f"Not ranked, for want of runs on some of the {kind}: {listed(list(left_out))}."] if left_out else []
    if len(tested.optimizers) < 2:
        return [f"Nothing can be ranked: no two optimizers have runs on all {kind}.", *without]
    if tested.blocks < 2:
        few = "no seed is shared" if not tested.blocks else f"there is one of the {kind}"
        return [f"Ranks cannot be tested: {few}, and a test needs two at least.", *without]
    if tested.attainable > tested.level:
        return [
            f"With {tested.blocks} {kind} no difference can be significant at {_percent(tested.level)}: even if all "
            f"agreed, p would be {tested.attainable:.2g} (Friedman).",
            *without,
        ]
    statistic = "F = " + (f"{tested.f:.3g}" if math.isfinite(tested.f) else "infinity")
    numbers = f"Friedman's test with Iman and Davenport's {statistic}, {p_text(tested.p)}"
    if not tested.differ:
        return [
            f"No difference between the optimizers is shown {what} ({numbers}); that does not make them equal.",
            *without,
        ]
    said = [f"The optimizers differ {what} ({numbers})."]
    if not tested.separable:
        said.append(
            f"Which ones, Nemenyi's test cannot say: its critical difference of {tested.difference:.2f} is larger than "
            "any two mean ranks can lie apart."
        )
    elif tested.groups:
        groups = "; ".join(", ".join(group) for group in tested.groups)
        said.append(f"Not told apart (Nemenyi, mean ranks within {tested.difference:.2f}): {groups}.")
    else:
        said.append(f"All are told apart (Nemenyi, critical difference {tested.difference:.2f}).")
    if kind == "seeds":
        said.append("Seeds repeat one problem: this says nothing about others.")
    return said + without


def on_problem(tested: Kruskal) -> str:
    """Say what the test of Kruskal and Wallis says."""
    if tested.attainable > tested.level:
        return (
            f"{tested.problem}: {plural(sum(tested.runs), 'run')} are too few for a difference at "
            f"{_percent(tested.level)}: p cannot fall below {tested.attainable:.2g} (Kruskal-Wallis)."
        )
    rough = ", roughly, since runs are few" if min(tested.runs) < _FEW else ""
    verb = "differ" if tested.differ else "are not shown to differ"
    numbers = f"Kruskal-Wallis H = {tested.h:.3g}, {p_text(tested.p)}{rough}"
    return f"{tested.problem}: the runs of the optimizers {verb} ({numbers})."


def in_pairs(pairs: Pairwise, kind: str) -> list[str]:
    """Say which pairs differ; ``kind`` is what the pairs are: problems or seeds."""
    count = len(pairs.optimizers) * (len(pairs.optimizers) - 1) // 2
    if not count:
        return []
    whole = bool(pairs.paired.all())
    name = "Wilcoxon's signed ranks" if whole else "Wilcoxon's tests"
    if pairs.needed:
        unit = kind if whole else "runs of each"
        return [
            f"{pairs.problem}: no pair can be significant at {_percent(pairs.level)}: the smallest p after Holm's "
            f"adjustment of {plural(count, 'comparison')} would be {pairs.attainable:.2g} ({name}); "
            f"at least {pairs.needed} {unit} are needed."
        ]
    found = pairs.significant
    if not found:
        return [
            f"{pairs.problem}: no pair of optimizers differs at {_percent(pairs.level)} ({name}, Holm's adjustment of "
            f"{plural(count, 'comparison')})."
        ]
    said = []
    for better, worse in found[:_MOST]:
        measure = "rank-biserial" if pairs.paired[better, worse] else "Cliff's delta"
        said.append(
            f"{pairs.problem}: {pairs.optimizers[better]} is better than {pairs.optimizers[worse]} "
            f"({p_text(float(pairs.adjusted[better, worse]))} after Holm, {measure} {pairs.effect[better, worse]:.2f}, "
            f"A12 {pairs.a12[better, worse]:.2f})."
        )
    if len(found) > _MOST:
        said.append(f"{pairs.problem}: and {len(found) - _MOST} further pairs.")
    return said


def claims(c: Contest) -> list[str]:
    """Return all that the tests say, the most general first; of many problems single ones are only counted."""
    kind = c.ranks.kind
    several = len(c.table.problems) > 1
    said = over_blocks(c.friedman, kind, c.ranks.left_out)
    if several:
        said += in_pairs(c.pairs[0], "problems")
    each = c.pairs[1:] if several else c.pairs
    if len(each) <= _PROBLEMS:
        said += [on_problem(tested) for tested in c.kruskals]
        return said + [sentence for pairs in each for sentence in in_pairs(pairs, "seeds")]
    level = _percent(c.friedman.level)
    differ = sum(tested.differ for tested in c.kruskals)
    some = sum(bool(pairs.significant) for pairs in each)
    return [
        *said,
        f"Single problems: the runs of the optimizers differ on {differ} of {len(each)} at {level} (Kruskal-Wallis, "
        f"each by itself), and some pair does on {some} (Wilcoxon, Holm's adjustment on each).",
    ]
