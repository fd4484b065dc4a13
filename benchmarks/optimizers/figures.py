"""The figures: regret curves of each task, and the diagram of critical differences."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from benchmarks.optimizers.scores import Ranking, Score
from benchmarks.optimizers.task import INITIAL, Task
from matplotlib.figure import Figure

FLOOR = 1e-5
"""Regrets below it are drawn at it, since the axis is logarithmic."""


def curves(task: Task, scores: Sequence[Score], path: Path) -> None:
    """Draw the mean normalized regret with its standard error after each evaluation."""
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    steps = np.arange(1, task.evaluations + 1)
    for number, score in enumerate(sorted(scores, key=lambda each: each.at(1.0))):
        style = ("-", "--", ":")[number // 10 % 3]
        mean = np.maximum(score.curve, FLOOR)
        (line,) = axes.plot(steps, mean, style, label=score.optimizer, linewidth=1.4)
        axes.fill_between(
            steps,
            np.maximum(score.curve - score.spread, FLOOR),
            mean + score.spread,
            alpha=0.12,
            color=line.get_color(),
        )
    axes.set(yscale="log", xlabel="evaluations", ylabel="normalized regret (mean ± standard error)", title=task.title)
    axes.set_xlim(INITIAL, task.evaluations)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _save(figure, path)


def differences(found: Ranking, title: str, path: Path) -> None:
    """Draw mean ranks on a line, with a bar over those that are tied with the first."""
    count = len(found.names)
    figure, axes = plt.subplots(figsize=(7, 1.4 + 0.22 * count), layout="constrained")
    axes.axhline(0, color="black", linewidth=1)
    for index, (name, rank) in enumerate(zip(found.names, found.ranks, strict=True)):
        depth = -(index + 1)
        axes.plot([rank, rank, count + 0.3], [0, depth, depth], color="tab:blue" if found.ties(rank) else "grey")
        axes.text(count + 0.4, depth, f"{name} ({rank:.2f})", va="center", fontsize=8)
    end = found.ranks[0] + found.difference
    axes.plot([found.ranks[0], end], [0.7, 0.7], color="tab:red", linewidth=2.5)
    axes.text(found.ranks[0], 1.1, f"critical difference {found.difference:.2f}", fontsize=8, color="tab:red")
    axes.set(
        title=f"{title}, {found.tasks} tasks",
        xlabel="mean rank (1 = best)",
        ylim=(-(count + 1), 2.2),
        xlim=(0.8, count + 3),
    )
    axes.set_yticks([])
    axes.set_xticks(range(1, count + 1))
    axes.spines[["left", "right", "top"]].set_visible(False)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in (".png", ".pdf"):
        figure.savefig(path.with_suffix(suffix), dpi=150)
    plt.close(figure)
