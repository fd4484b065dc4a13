"""A task: a ready pipeline with its space, its images and truth, its metrics and a sensible default configuration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from parfocal.errors import DataError, InvalidInput, SpaceError
from parfocal.evaluation import Result, judge
from parfocal.metrics import per_image, summarize
from parfocal.metrics.pooling import Poolable
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Value, Values


@dataclass(frozen=True)
class Instance:
    """One image (or patch) with its truth.

    Attributes
    ----------
    name
        Unique within a task; the key of per-image scores.
    image
        Intensities, ``(y, x)`` or ``(z, y, x)``.
    truth
        What the task compares with: a label image or mask of the image's shape, or points ``(n, axes)`` in pixels.
    """

    name: str
    image: NDArray[Any] = field(repr=False)
    truth: NDArray[Any] = field(repr=False)


Score = Callable[[Instance, Values], Poolable]
Draw = Callable[[Instance, Mapping[str, Values], Path], Path]


@dataclass(frozen=True)
class Task:
    """A pipeline to tune; deterministic, so that a configuration always has the same score.

    Parameters
    ----------
    name, title
        Key in :mod:`parfocal.tasks.table`, and one line for people.
    space, objective
        What is tuned, and for what.
    default
        The configuration that a sensible user would start with.
    train, held_out
        Images to tune on, and images that only :meth:`test` sees.
    score
        Counts of one image under one configuration, which add up over images (:mod:`parfocal.metrics`).
    draw
        Writes overlays of one image under titled configurations, side by side, to a PNG.
    """

    name: str
    title: str
    space: Space
    objective: Objective
    default: Mapping[str, Value]
    train: tuple[Instance, ...] = field(repr=False)
    held_out: tuple[Instance, ...] = field(repr=False)
    score: Score = field(repr=False)
    draw: Draw = field(repr=False)

    def __post_init__(self) -> None:
        if not self.train:
            raise InvalidInput(f"The task '{self.name}' has no image to tune on.")
        names = [instance.name for instance in (*self.train, *self.held_out)]
        if len(set(names)) < len(names):
            raise InvalidInput(f"The images of the task '{self.name}' need different names; got {names}.")
        self.space.validate(self.default)

    def evaluate(self, configuration: Values, seed: int = 0) -> Result:
        """Return the metrics of ``configuration`` on the training images, with the scores of each image.

        A plain name (``f1``, ``dice``) is the score of all images together, ``mean_f1`` the mean over images.

        ``seed`` is accepted for the sake of uniformity and changes nothing.
        """
        return self._evaluate(self.train, configuration)

    def test(self, configuration: Values) -> Result:
        """Return the metrics on the held-out images.

        Raises
        ------
        DataError
            When the task has one image only and none could be held out.
        """
        if not self.held_out:
            raise DataError(f"The task '{self.name}' has {len(self.train)} image and none is held out: give it more.")
        return self._evaluate(self.held_out, configuration)

    def test_value(self, configuration: Values) -> float:
        """Return the objective's value (the user's own number) on the held-out images; raises like :meth:`test`."""
        outcome = judge(self.test(configuration), self.objective)
        return self.objective.value(self.objective.loss(outcome.metrics, outcome.scores))

    def complete(self, configuration: Values) -> dict[str, Value]:
        """Return ``configuration`` with what it leaves out taken from the default.

        Raises
        ------
        SpaceError
            When a name is no parameter of the task.
        """
        unknown = [name for name in configuration if name not in self.default]
        if unknown:
            raise SpaceError(f"The task '{self.name}' has no parameter {unknown}: it has {list(self.default)}.")
        return {**self.default, **configuration}

    def overlay(self, configuration: Values, path: str | Path, instance: str | None = None) -> Path:
        """Write the overlay of one image (default: the first held-out one, else the first) to ``path``, a PNG."""
        return self.compare({Path(path).stem: configuration}, path, instance)

    def compare(self, configurations: Mapping[str, Values], path: str | Path, instance: str | None = None) -> Path:
        """Write the overlays of one image under several configurations, by title, side by side.

        For example ``task.compare({"default": task.default, "best": best}, "overlay.png")``.
        """
        shown = {each.name: each for each in (*self.held_out, *self.train)}
        if instance is not None and instance not in shown:
            raise InvalidInput(f"The task '{self.name}' has no image '{instance}': it has {', '.join(shown)}.")
        chosen = shown[instance] if instance is not None else next(iter(shown.values()))
        return self.draw(chosen, {title: self.complete(each) for title, each in configurations.items()}, Path(path))

    def _evaluate(self, instances: Sequence[Instance], configuration: Values) -> Result:
        values = self.complete(configuration)
        results = {each.name: self.score(each, values) for each in instances}
        return Result(metrics=summarize(results), scores=per_image(results))


def split(instances: Sequence[Instance], seed: int, share: float = 0.25) -> tuple[tuple[Instance, ...], ...]:
    """Return (train, held out): a random ``share`` is held out, at least one image where there are two or more.

    The order of the images is kept within both parts, and the same ``seed`` gives the same split.
    """
    count = len(instances)
    held = min(max(round(share * count), 1), count - 1) if count > 1 and share > 0 else 0
    chosen = set(generator(seed, "split").permutation(count)[:held].tolist())
    return (
        tuple(each for index, each in enumerate(instances) if index not in chosen),
        tuple(each for index, each in enumerate(instances) if index in chosen),
    )
