"""The report: a table and a figure for each task, rankings over each half; printed and written as Markdown."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.optimizers import figures, printing
from benchmarks.optimizers.runs import Run
from benchmarks.optimizers.scores import Score, ranking, score
from benchmarks.optimizers.store import Key
from benchmarks.optimizers.task import Task, reference


def report(
    tasks: Sequence[tuple[Task, str]], optimizers: Sequence[str], seeds: int, runs: Mapping[Key, Run], out: Path
) -> None:
    """Print and write what the stored runs of the given tasks and optimizers say."""
    out.mkdir(parents=True, exist_ok=True)
    lines = ["# Optimizers compared", "", _explanation(), ""]
    everything: dict[str, dict[str, Score]] = {}
    for task, fingerprint in tasks:
        here = [run for run in runs.values() if (run.task, run.fingerprint) == (task.name, fingerprint)]
        groups = {name: [run for run in here if run.optimizer == name and run.seed < seeds] for name in optimizers}
        groups = {name: sorted(group, key=lambda run: run.seed) for name, group in groups.items() if group}
        if not groups:
            continue
        scale = reference(task, fingerprint, out).below(min(min(run.losses) for run in here))
        scores = {name: score(task, scale, group) for name, group in groups.items()}
        everything[task.name] = scores
        rows = printing.task_rows(list(scores.values()))
        head = printing.heading(task, scale)
        print(f"\n{head}\n\n{printing.text(rows)}", flush=True)
        lines += [
            f"## {task.name}",
            "",
            head,
            "",
            printing.markdown(rows),
            "",
            f"![regret](figures/{task.name}.png)",
            "",
        ]
        figures.curves(task, list(scores.values()), out / "figures" / task.name)
    for half in ("development", "test"):
        names = [task.name for task, _ in tasks if task.half == half and task.name in everything]
        lines += _rankings(half, {name: everything[name] for name in names}, optimizers, out)
    (out / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"\nwritten: {out / 'report.md'} and the figures beside it", flush=True)


def _rankings(half: str, scores: Mapping[str, Mapping[str, Score]], optimizers: Sequence[str], out: Path) -> list[str]:
    """Return the Markdown of both rankings of one half, which are printed too."""
    complete = [name for name in optimizers if scores and all(name in each for each in scores.values())]
    left_out = [name for name in optimizers if name not in complete and any(name in each for each in scores.values())]
    if len(complete) < 2 or len(scores) < 2:
        return []
    lines = [f"## The {half} half", ""]
    for what, value in (("regret anytime", lambda each: each.anytime), ("final regret", lambda each: each.at(1.0))):
        found = ranking({name: [value(each[name]) for each in scores.values()] for name in complete})
        head = printing.ranking_heading(found, what, half)
        rows = printing.ranking_rows(found)
        print(f"\n{head}\n\n{printing.text(rows)}", flush=True)
        figure = f"{half}_{what.replace(' ', '_')}"
        figures.differences(found, out / "figures" / figure)
        lines += [head, "", printing.markdown(rows), "", f"![critical difference](figures/{figure}.png)", ""]
    if left_out:
        sentence = f"Not ranked, for want of runs on some task: {', '.join(left_out)}."
        print(f"\n{sentence}")
        lines += [sentence, ""]
    return lines


def _explanation() -> str:
    return (
        "Normalized regret: (best loss so far - optimum) / (median random loss - optimum), mean over runs; anytime: "
        "its mean over all evaluations after the 20 shared initial ones. ms an ask: CPU time of ask and tell. Where "
        "the optimum is not known, it is the lowest loss that any stored run or random draw has seen."
    )
