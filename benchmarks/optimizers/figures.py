"""The figures: regret curves of each task, and the diagram of critical differences."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from benchmarks.optimizers.scores import Ranking, Score
from benchmarks.optimizers.task import INITIAL, Task
from matplotlib.figure import Figure

from parfocal.plots import differences as diagram
from parfocal.plots import printed

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


def differences(found: Ranking, path: Path) -> None:
    """Draw the diagram of critical differences."""
    printed.save(diagram.printed(found.test, "two"), path.parent, path.name, ("png", "pdf"))


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in (".png", ".pdf"):
        figure.savefig(path.with_suffix(suffix), dpi=150)
    plt.close(figure)
