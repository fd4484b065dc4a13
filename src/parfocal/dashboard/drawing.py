"""What is done in the process that draws: overlays of a task, small pictures, pictures of image files.

It is an evaluator only so that it can be sent to a trial process, which is ended when it takes too long and replaced
when it dies; an order travels as JSON in the place of a configuration.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from parfocal.errors import DataError, InvalidInput, ParfocalError
from parfocal.evaluation import InvalidConfiguration, Job
from parfocal.images import read_image, stretch, thumbnail
from parfocal.images.canvas import flat
from parfocal.tasks import Task, TaskEvaluator

ORDER = "order"
"""The one name of the configuration that an order travels in."""
_TASKS = 2  # whose images are kept in memory


@dataclass(frozen=True)
class Drawer:
    """Carries out orders; what is wrong with one is said as an invalid configuration, so that it is no crash."""

    def evaluate(self, job: Job) -> float:
        """Carry out the order of a job."""
        order = json.loads(str(job.configuration[ORDER]))
        try:
            _ORDERS[order.pop("do")](**order)
        except ParfocalError as error:
            raise InvalidConfiguration(str(error)) from None
        except Exception as error:
            raise InvalidConfiguration(f"The drawing failed with {type(error).__name__}: {error}") from error
        return 0.0

    def check(self, parameters: tuple[str, ...], conditional: tuple[str, ...] = ()) -> list[str]:
        """Return nothing: it is sent to no study."""
        return []

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: Path | None = None) -> "Drawer":
        """Return a drawer."""
        return cls()


def is_task(evaluation: Mapping[str, Any] | None) -> bool:
    """Whether the evaluation of a study's definition is that of a task."""
    return evaluation is not None and evaluation.get("kind") == "task"


@lru_cache(_TASKS)
def _task(evaluation: str) -> Task:
    fields = json.loads(evaluation)
    if not is_task(fields):
        raise InvalidInput("Only a task can draw overlays: let the evaluation write an image as an artifact.")
    return TaskEvaluator(fields["name"], fields.get("options", {})).task


def _overlay(
    evaluation: str, configuration: Mapping[str, Any] | None, title: str, image: str, out: str, small: str
) -> None:
    """Draw one image of a task under a configuration (None: the task's default), in full and small."""
    task = _task(evaluation)
    chosen = task.default if configuration is None else configuration
    thumbnail(task.compare({title: chosen}, out, image), small)


def _small(file: str, small: str) -> None:
    """Make the small picture of a picture."""
    thumbnail(file, small)


def _picture(file: str, out: str, small: str) -> None:
    """Make a picture that a browser shows of a microscope's or a scientist's image."""
    import numpy as np
    import PIL.Image

    pixels, _ = flat(read_image(file).array)
    if pixels.ndim not in (2, 3):
        raise DataError(f"'{Path(file).name}' has the shape {pixels.shape}: it cannot be shown as one picture.")
    PIL.Image.fromarray((stretch(pixels) * 255).astype(np.uint8)).save(out, format="PNG")
    thumbnail(out, small)


def _images(evaluation: str, out: str) -> None:
    """Write the names of a task's images: those that have scores first."""
    task = _task(evaluation)
    names = {"tuned on": [each.name for each in task.train], "held out": [each.name for each in task.held_out]}
    Path(out).write_text(json.dumps(names), encoding="utf-8")


_ORDERS: Mapping[str, Callable[..., None]] = {
    "overlay": _overlay,
    "small": _small,
    "picture": _picture,
    "images": _images,
}
