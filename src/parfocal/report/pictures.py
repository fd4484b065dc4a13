"""Which images a report shows, why, and small enough: default beside best."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parfocal.analysis import Paired, PerImage
from parfocal.errors import ParfocalError
from parfocal.report.unseen import Unseen
from parfocal.report.words import listed, number
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator
from parfocal.trials import Objective

MOST = 6
WIDTH = 1600
"""Pixels of the widest picture."""
BYTES = 1_500_000
"""Size of a picture at most; a larger one is made smaller."""
_QUALITY = 88


@dataclass(frozen=True)
class Shown:
    """One image, its scores, and why it is shown."""

    image: str
    held_out: bool
    default: float
    best: float
    gain: float
    why: tuple[str, ...]


def choose(table: PerImage | None, unseen: Unseen | None, objective: Objective, most: int = MOST) -> tuple[Shown, ...]:
    """Return the images that say most: the most improved, the least improved, the worst, a typical one, held-out ones.

    Of each use (tuned on, held out) the images are chosen by themselves; an image that is several of these is shown
    once. Held-out images come first: no configuration was chosen by them.
    """
    found: list[Shown] = []
    if unseen is not None and unseen.paired is not None:
        found += _chosen(unseen.images, unseen.paired, True, objective)[: most // 2]
    if table is not None and table.paired is not None:
        found += _chosen(table.images, table.paired, False, objective)[: most - len(found)]
    return tuple(found)


def _chosen(images: Sequence[str], pair: Paired, held_out: bool, objective: Objective) -> list[Shown]:
    known = np.flatnonzero(~np.isnan(pair.gain))
    if not len(known):
        return []
    after = pair.after[known] if objective.direction == "maximize" else -pair.after[known]
    by_score = known[np.argsort(after, kind="stable")]
    by_gain = known[np.argsort(-pair.gain[known], kind="stable")]
    most, least = int(by_gain[0]), int(by_gain[-1])
    reasons: list[tuple[int, str]] = [
        (most, "gained most" if pair.gain[most] > 0 else "lost least" if pair.gain[most] < 0 else "changed nothing"),
        (least, "lost most" if pair.gain[least] < 0 else "gained least"),
        (int(by_score[0]), "worst under the best configuration"),
        (int(by_score[len(by_score) // 2]), "typical, the middle one under the best configuration"),
        (int(by_score[-1]), "best under the best configuration"),
    ]
    if len(known) == 1:
        reasons = [(most, "the only one")]
    rows = dict.fromkeys(i for i, _ in reasons)
    return [
        Shown(
            images[i],
            held_out,
            float(pair.before[i]),
            float(pair.after[i]),
            float(pair.gain[i]),
            tuple(why for j, why in reasons if j == i),
        )
        for i in rows
    ]


def caption(shown: Shown, metric: str) -> str:
    """Say which image this is, why it is shown, and its scores."""
    use = "held out" if shown.held_out else "tuned on"
    word = "better" if shown.gain > 0 else "worse"
    change = "the same" if shown.gain == 0 else f"{number(abs(shown.gain), 3)} {word}"
    return (
        f"{shown.image} ({use}): {listed(list(shown.why))}. {metric} {number(shown.default)} by default, "
        f"{number(shown.best)} tuned ({change})."
    )


def pictures(
    study: Study, folder: Path, table: PerImage | None, unseen: Unseen | None
) -> tuple[list[tuple[str, Path]], str]:
    """Draw default and best configuration of a study on the images of its task.

    Returns (caption, file) of each, and a sentence where one could not be drawn.
    """
    best = study.best
    if best is None or not isinstance(study.evaluator, TaskEvaluator):
        return [], ""
    drawn: list[tuple[str, Path]] = []
    try:
        task = study.evaluator.task
        chosen = choose(table, unseen, study.objective)
        metric = table.scores.metric if table is not None else study.objective.metric
        named = [(each.image, caption(each, metric)) for each in chosen]
        if not named:
            plain = [(each.name, "held out") for each in task.held_out] + [
                (each.name, "tuned on") for each in task.train
            ]
            named = [(name, f"{name} ({use}): default and best configuration") for name, use in plain[: MOST // 2]]
        configurations = {"default": study.default or task.default, "best": best.configuration}
        for i, (name, text) in enumerate(named):
            drawn.append(
                (text, smaller(task.compare(configurations, folder / f"{i}.png", name), folder / f"small-{i}"))
            )
    except ParfocalError as error:
        return drawn, f"Pictures could not be drawn: {error}"
    return drawn, ""


def smaller(picture: Path, target: Path, width: int = WIDTH, most: int = BYTES) -> Path:
    """Write a picture at most so wide and so large, as PNG or JPEG, whichever is smaller, and return its path."""
    import PIL.Image

    with PIL.Image.open(picture) as opened:
        pixels = opened.convert("RGB")
    while True:
        if pixels.width > width:
            size = (width, max(1, round(pixels.height * width / pixels.width)))
            pixels = pixels.resize(size, PIL.Image.Resampling.LANCZOS)
        encoded = {".png": io.BytesIO(), ".jpg": io.BytesIO()}
        pixels.save(encoded[".png"], "PNG", optimize=True)
        pixels.save(encoded[".jpg"], "JPEG", quality=_QUALITY, subsampling=0)  # outlines keep their tone
        suffix = min(encoded, key=lambda name: encoded[name].getbuffer().nbytes)
        if encoded[suffix].getbuffer().nbytes <= most or width < 400:
            path = target.with_suffix(suffix)
            path.write_bytes(encoded[suffix].getvalue())
            return path
        width = round(min(width, pixels.width) * 0.8)
