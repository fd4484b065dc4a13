"""Scores and rankings as text and as Markdown; nothing is computed here."""

from collections.abc import Sequence

from benchmarks.optimizers.scores import Ranking, Score
from benchmarks.optimizers.task import Reference, Task

HEADINGS = ("optimizer", "best loss", "regret 25 %", "50 %", "100 %", "anytime", "at optimum", "ms an ask", "runs")


def cells(score: Score) -> tuple[str, ...]:
    """Return the cells of one optimizer under :data:`HEADINGS`."""
    reached = "–" if score.reached is None else f"{score.reached:.0%}"
    best = f"{score.final_mean:.5g} ± {score.final_std:.2g}"
    shares = (f"{score.at(share):.4f}" for share in (0.25, 0.5, 1.0))
    return (
        score.optimizer, best, *shares, f"{score.anytime:.4f}", reached, f"{score.milliseconds:.1f}", str(score.seeds),
    )  # fmt: skip


def heading(task: Task, reference: Reference) -> str:
    """Return one line on a task."""
    how = "optimum" if reference.known else "best known"
    return (
        f"{task.title} ({task.name}; {task.half}): {task.evaluations} evaluations, {task.space.dimension} parameters, "
        f"{how} {reference.optimum:.6g}, median random {reference.median:.6g}"
    )


def text(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as aligned text, the first column to the left; the first row holds the headings."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def markdown(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as a Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def task_rows(scores: Sequence[Score]) -> list[tuple[str, ...]]:
    """Return the table of one task, the smallest final regret first."""
    order = sorted(scores, key=lambda score: (score.at(1.0), score.anytime))
    return [HEADINGS, *(cells(score) for score in order)]


def ranking_rows(found: Ranking) -> list[tuple[str, ...]]:
    """Return the table of a ranking."""
    rows = [("optimizer", "mean rank", "mean regret", "tied with the first")]
    for name, rank, mean in zip(found.test.optimizers, found.test.ranks, found.means, strict=True):
        rows.append((name, f"{rank:.2f}", f"{mean:.4f}", "yes" if name in found.test.tied else "no"))
    return rows


def ranking_heading(found: Ranking, what: str, half: str) -> str:
    """Return one line on a ranking."""
    return (
        f"{half} half, {what}: Friedman mean ranks over {found.test.blocks} tasks, p = {found.test.p_chi2:.2g}; "
        f"ranks closer than {found.test.difference:.2f} are tied (Nemenyi, 5 %)"
    )
