"""The page of a comparison: one self-contained HTML file, the same figures for print, the tables as CSV and JSON."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import parfocal
from parfocal import plots
from parfocal.report import claims
from parfocal.report.contest import Contest, Row, curve_rows, overall, pair_rows, run_rows, standings, tests
from parfocal.report.page import page, plot
from parfocal.report.tags import Html, join, paragraph, section, table, tag
from parfocal.report.words import number

_HEADS: Mapping[str, str] = {
    "optimizer": "optimizer", "against": "against", "runs": "runs", "mean_rank": "mean rank", "regret": "regret",
    "regret_anytime": "regret anytime", "targets_reached": "targets reached", "median": "median", "best": "best run",
    "p": "p", "p_holm": "p (Holm)", "rank_biserial": "rank-biserial", "a12": "A12", "cliffs_delta": "Cliff's delta",
    "test": "test", "count": "pairs or runs",
}  # fmt: skip


def document(c: Contest) -> dict[str, Any]:
    """Return a comparison as JSON: what was compared, what is unequal, what the tests say, and the short tables."""
    return {
        "parfocal": parfocal.__version__,
        "setting": claims.setting(c),
        "scale": claims.scale(c),
        "caveats": [{"kind": each.kind, "problem": each.problem, "text": each.text} for each in c.caveats],
        "claims": claims.claims(c),
        "overall": [_plain(row) for row in overall(c)],
        "standings": [_plain(row) for row in standings(c)],
        "tests": [_plain(row) for row in tests(c)],
        "pairs": [_plain(row) for row in pair_rows(c)],
        "groups": [list(group) for group in c.friedman.groups],
        "runs": [_plain(row) for row in run_rows(c)],
    }


def _plain(row: Row) -> Row:
    """Return a row whose numbers are JSON: null for NaN, text for what is infinite."""
    return {key: _number(value) if isinstance(value, float) else value for key, value in row.items()}


def _number(value: float) -> float | str | None:
    return None if math.isnan(value) else ("inf" if value > 0 else "-inf") if math.isinf(value) else value


def write_comparison(c: Contest, folder: str | Path, *, title: str = "Comparison of optimizers") -> Path:
    """Write ``comparison.html``, ``comparison.json`` and ``tables/*.csv`` into a folder and return the page's path."""
    target = Path(folder)
    (target / "tables").mkdir(parents=True, exist_ok=True)
    (target / "comparison.json").write_text(json.dumps(document(c), indent=1, allow_nan=False), encoding="utf-8")
    files = {
        "overall": overall(c), "standings": standings(c), "tests": tests(c), "pairs": pair_rows(c),
        "runs": run_rows(c), **curve_rows(c),
    }  # fmt: skip
    for name, rows in files.items():
        with (target / "tables" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else ["empty"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    path = target / "comparison.html"
    path.write_text(_page(c, title), encoding="utf-8", newline="\n")
    return path


def save_comparison(
    c: Contest,
    folder: str | Path,
    formats: Sequence[str] = plots.printed.FORMATS,
    width: plots.printed.Width = "two",
) -> list[Path]:
    """Write the figures for print and return their paths."""
    figures = {
        "ranks": plots.ranks.printed(c.ranks, c.shown, width),
        "critical-difference": plots.differences.printed(c.friedman, width),
        "runtimes": plots.runtimes.printed(c.runtimes, "evaluations", c.shown, width),
    }
    if len(c.runtimes.seconds):
        figures["runtimes-seconds"] = plots.runtimes.printed(c.runtimes, "seconds", c.shown, width)
    warmups = {problem.name: problem.warmup for problem in c.table.problems}
    for i, (curve, pairs) in enumerate(zip(c.regrets, c.pairs, strict=True)):
        name = _file(curve.problem, i)
        figures[f"regret-{name}"] = plots.regret.printed(curve, c.shown, warmups.get(curve.problem), width)
        figures[f"pairs-{name}"] = plots.pairwise.printed(pairs, width)
    for i, final in enumerate(c.finals):
        name = _file(final.problem, i + len(c.regrets) - len(c.finals))
        figures[f"finals-{name}"] = plots.finals.printed(final, c.shown, width)
    target = Path(folder)
    return [path for name, figure in figures.items() for path in plots.printed.save(figure, target, name, formats)]


def _file(problem: str, index: int) -> str:
    """Return the part of a file's name that stands for a problem."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in problem)
    return f"{index}-{safe}"


def _page(c: Contest, title: str) -> str:
    sections = {
        "summary": ("Summary", _summary(c)),
        "standings": ("Scores", _scores(c)),
        "regret": ("Regret", _regret(c)),
        "ranks": ("Ranks", _ranks(c)),
        "runtimes": ("Runtimes", _runtimes(c)),
        "pairs": ("Pairs", _pairs(c)),
        "method": ("Method", _method(c)),
    }
    subtitle = paragraph(f"{claims.setting(c)} Written by parfocal {parfocal.__version__}.", class_="soft")
    footer = paragraph("This file holds everything it shows and works without a network.")
    return page(title, [subtitle], sections, footer)


def _list(sentences: Sequence[str]) -> Html:
    return tag("ul", *(tag("li", sentence) for sentence in sentences), class_="words")


def _summary(c: Contest) -> Html:
    rows = [
        (
            row["optimizer"],
            row["runs"],
            number(row["mean_rank"], 3),
            _with_interval(row),
            number(row["regret_anytime"], 3),
            f"{row['targets_reached']:.0%}",
        )
        for row in overall(c)
    ]
    what = "over all problems" if len(c.table.problems) > 1 else f"on {c.table.problems[0].name}"
    head = ("optimizer", "runs", "mean rank", "regret at the end", "regret anytime", "targets reached")
    shown = table(f"Optimizers {what}, the best mean rank first", head, rows, numeric=range(1, 6))
    told = tag("h3", "What the tests say")
    parts: list[object] = [shown, told, _list(claims.claims(c))]
    if c.caveats:
        parts += [tag("h3", "What is unequal"), _list([each.text for each in c.caveats])]
    else:
        fair = "Budgets, seeds, warm-up and first configuration are the same for all."
        parts.append(paragraph(fair, class_="soft"))
    return section("summary", "Summary", *parts)


def _with_interval(row: Row) -> str:
    if math.isnan(row["regret_low"]):
        return number(row["regret"], 3)
    return f"{number(row['regret'], 3)} ({number(row['regret_low'], 3)} to {number(row['regret_high'], 3)})"


def _chosen(identifier: str, named: Sequence[tuple[str, Any]], told: str, caption: str, *, wide: bool = False) -> Html:
    """Return the place of a figure for each problem, without a chooser where there is one only."""
    figures = named if len(named) > 1 else named[0][1]
    return plot(identifier, figures, told, caption, wide=wide, chooser="Problem:")


def _scores(c: Contest) -> Html:
    rows = standings(c)
    tables = []
    for final in c.finals:
        own = [row for row in rows if row["problem"] == final.problem]
        lines = [
            (
                row["optimizer"],
                f"{row['runs']}" + (f" ({row['found_nothing']} found nothing)" if row["found_nothing"] else ""),
                number(row["mean"]) + ("" if math.isnan(row["std"]) else f" ± {number(row['std'], 2)}"),
                number(row["median"]),
                number(row["best"]),
                _with_interval(row),
                number(row["regret_anytime"], 3),
            )
            for row in own
        ]
        head = ("optimizer", "runs", "mean ± std", "median", "best run", "regret at the end", "regret anytime")
        caption = f"{final.problem}: {final.objective.label} after {final.budget:,} evaluations"
        tables.append(table(caption, head, lines, numeric=range(1, 7)))
    named = [(final.problem, plots.finals.interactive(final, c.shown)) for final in c.finals]
    caption = "A dot a run, a tick the median, a bar the middle half of the runs; the best mean on top."
    figure = _chosen("fig-finals", named, "Final scores of all runs by optimizer", caption)
    return section("standings", "Final scores", figure, *tables)


def _regret(c: Contest) -> Html:
    warmups = {problem.name: problem.warmup for problem in c.table.problems}
    named = [
        (curve.problem, plots.regret.interactive(curve, c.shown, warmups.get(curve.problem))) for curve in c.regrets
    ]
    caption = (
        "Normalized regret after each evaluation: mean over runs, with the "
        f"{c.regrets[0].confidence:.0%} bootstrap interval of the mean where at most five optimizers are drawn. It is "
        "capped at 1, which also stands for a run that has found nothing yet. A dotted line ends the warm-up."
    )
    return section(
        "regret", "Regret over time", _chosen("fig-regret", named, "Regret over time", caption), _list(claims.scale(c))
    )


def _ranks(c: Contest) -> Html:
    over = f"over {c.ranks.kind}"
    first = plot(
        "fig-ranks",
        plots.ranks.interactive(c.ranks, c.shown),
        f"Mean ranks {over} as the budget is spent",
        f"Mean rank {over}; equal results share their ranks, so all begin alike where the first trials are the same.",
    )
    told = claims.over_blocks(c.friedman, c.ranks.kind, c.ranks.left_out)
    second = plot(
        "fig-differences",
        plots.differences.interactive(c.friedman),
        "Critical differences: " + " ".join(told),
        "Mean ranks at the end, half a critical difference to both sides. Optimizers whose whiskers overlap are not "
        "told apart by Nemenyi's test; an orange bar on the right joins each such group.",
    )
    return section("ranks", "Ranks", first, tag("h3", "Critical differences"), second, _list(told))


def _runtimes(c: Contest) -> Html:
    named = [("evaluations", plots.runtimes.interactive(c.runtimes, "evaluations", c.shown))]
    if len(c.runtimes.seconds):
        named.append(("seconds of evaluation", plots.runtimes.interactive(c.runtimes, "seconds", c.shown)))
    targets = c.runtimes.targets
    caption = (
        f"Share of all runs, problems and {len(targets)} targets (regret {targets[0]:g} to {targets[-1]:g}) that were "
        "reached within a cost. What a run had not reached at the common budget counts as not reached."
    )
    figures = named if len(named) > 1 else named[0][1]
    shown = plot("fig-runtimes", figures, "Runtimes to targets", caption, chooser="Cost:")
    return section("runtimes", "Runtimes to targets", shown)


def _pairs(c: Contest) -> Html:
    named = [(pairs.problem, plots.pairwise.interactive(pairs)) for pairs in c.pairs]
    caption = (
        "Blue: the row is better than the column. Numbers are p-values after Holm's adjustment, bold where significant "
        "(with many optimizers a dot); point at a cell for all of them."
    )
    wide = max(len(pairs.optimizers) for pairs in c.pairs) > 5
    figure = _chosen("fig-pairs", named, "Effect sizes of all pairs of optimizers", caption, wide=wide)
    return section("pairs", "Pairs", figure)


def _method(c: Contest) -> Html:
    level = f"{100 * c.friedman.level:.3g} %"
    sentences = [
        "Regret: (best loss so far - regret 0) / (regret 1 - regret 0), so that all problems have one scale; ranks and "
        "tests use it without the cap at 1. Anytime: its mean over the whole budget.",
        "Runs of one seed on one problem start with the same random trials, so they are compared in pairs.",
        "Over problems, each problem counts once, by the mean over its runs. Runs that found nothing rank last.",
        f"Friedman's test (with Iman and Davenport's F) and Nemenyi's critical difference at {level}: Demšar (2006). "
        "Its p is never below what all blocks agreeing would have by chance.",
        "Kruskal-Wallis: all runs of one problem, without pairs. Wilcoxon: signed ranks of pairs, rank sums where no "
        "seeds are shared; exact, ties included. Holm's adjustment is over all pairs of one table.",
        "Rank-biserial: 1 where the row was better in every pair. A12: the chance that a run of the row is better than "
        "one of the column; Cliff's delta = 2 A12 - 1.",
        "Runtimes to targets: Hansen et al. (2021), COCO.",
    ]
    runs = [
        (row["optimizer"], row["problem"], row["seed"], f"{row['evaluations']:,}", number(row["value"]))
        for row in run_rows(c)
    ]
    listed = table("All runs", ("optimizer", "problem", "seed", "evaluations", "value"), runs, numeric=(2, 3, 4))
    folded = join([tag("details", tag("summary", f"All {len(runs)} runs"), listed)])
    return section("method", "How it was computed", _list(sentences), folded)
