"""Own images of a task, examined by the doctor before anything is loaded or evaluated."""

from collections.abc import Mapping
from typing import Any

from parfocal.images import Finding, check_pairs
from parfocal.images.doctor import Kind


def examine(options: Mapping[str, Any]) -> list[Finding]:
    """Return what the doctor finds in a task's own images, worst first; nothing where the task brings its own.

    Parameters
    ----------
    options
        Options of a task: ``images`` with ``masks`` or ``points``, as folders or patterns; ``channel`` for colour
        images; ``metric: f1`` asks for one label an object.
    """
    images = options.get("images")
    truths: dict[Kind, Any] = {"mask": options.get("masks"), "points": options.get("points")}
    kind = next((each for each, truth in truths.items() if truth is not None), None)
    if images is None or kind is None:
        return []
    truth, grey = truths[kind], options.get("channel") is None
    return check_pairs(images, truth, kind="labels" if options.get("metric") == "f1" else kind, grey=grey)
