"""The layout of the paper's Tables 3 and 4, with the paper's own figures beside ours."""

import numpy as np
from benchmarks.papers.experiments import Experiment
from benchmarks.papers.replay import Replayed

from parfocal.analysis import improvement
from parfocal.trials import Objective


def table(
    experiment: Experiment,
    objective: Objective,
    runs: dict[str, list[Replayed]],
    grids: list[tuple[str, int, float]],
    default: float,
) -> str:
    """Return the table of one experiment as text; ``grids`` are (name, points, loss), the dense one last."""
    metric = objective.metric
    count = max(map(len, runs.values()))
    optimum = grids[-1][2]
    lines = [
        f"{experiment.title}",
        f"{count} runs of {experiment.evaluations:,} evaluations in batches of {experiment.batch}, the first 20 "
        "of them random; mean ± std over runs",
        "",
        f"{'optimizer':<24}{metric + ' improvement':>18}{metric:>16}{'reach optimum':>15}{'after (median)':>16}"
        f"{'of optimum':>12}{'s a run':>9}   paper: improvement, {metric}",
    ]
    for name, group in runs.items():
        row = improvement([run.history() for run in group], objective)[0]
        hits = [hit for run in group if (hit := run.reached(optimum)) is not None]
        share = row.final_mean / objective.value(optimum)
        lines.append(
            f"{name:<24}{row.gain_mean:>10.3f} ± {row.gain_std:.3f}{row.final_mean:>8.3f} ± {row.final_std:.3f}"
            f"{len(hits):>9} of {len(group):<3}{f'{np.median(hits):,.0f}' if hits else '–':>16}{share:>12.1%}"
            f"{np.mean([run.seconds for run in group]):>9.1f}   {_paper(experiment, name)}"
        )
    lines.append(f"{'default configuration':<24}{'–':>18}{default:>8.3f}")
    for name, points, loss in grids:
        label = f"{name} ({points:,})"
        value = objective.value(loss)
        share = value / objective.value(optimum)
        lines.append(
            f"{label:<24}{'–':>18}{value:>8.3f}{'':>39}{share:>12.1%}{'':>9}   {_paper(experiment, name)}".rstrip()
        )
    return "\n".join(lines)


def _paper(experiment: Experiment, name: str) -> str:
    figures = experiment.reported.get(name, ())
    if len(figures) == 4:
        return "{:.3f} ± {:.3f}, {:.3f} ± {:.3f}".format(*figures)
    return f"{figures[0]:.3f}" if figures else ""
