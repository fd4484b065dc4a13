"""The evaluator for tasks: name and options travel, images do not; every worker loads the task for itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from parfocal.errors import InvalidInput, ParfocalError
from parfocal.evaluation import Job, Result
from parfocal.tasks.base import Task
from parfocal.tasks.table import load

PATHS = ("images", "masks", "points")
"""Options that name files; relative ones are meant from the folder of the experiment file."""


@dataclass(frozen=True)
class TaskEvaluator:
    """Evaluates configurations on the training images of a task.

    Parameters
    ----------
    name
        A name in :mod:`parfocal.tasks.table`, or that of a plug-in.
    options
        What the task's loader takes; plain JSON.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        # the images stay here: the process that gets this loads its own
        return {each.name: self.__dict__[each.name] for each in fields(self)}

    @cached_property
    def task(self) -> Task:
        """The task, loaded at first use."""
        return load(self.name, **self.options)

    def load(self) -> None:
        """Read or simulate the images."""
        _ = self.task

    def evaluate(self, job: Job) -> Result:
        """Return the metrics of the job's configuration on the training images."""
        return self.task.evaluate(job.configuration, job.seed)

    def check(self, parameters: tuple[str, ...], conditional: tuple[str, ...] = ()) -> list[str]:
        """Return what is wrong: images that cannot be had, or parameters that the task does not know."""
        try:
            known = list(self.task.default)
        except ParfocalError as error:
            return [str(error)]
        return [
            f"The task '{self.name}' has no parameter '{name}': remove it from the space, or name one of "
            f"{', '.join(known)}."
            for name in parameters
            if name not in known
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {"kind": "task", "name": self.name, "options": dict(self.options)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: Path | None = None) -> "TaskEvaluator":
        """Return the evaluator of :meth:`to_dict`, or of a mapping that people write.

        Parameters
        ----------
        values
            ``name`` and, optionally, the task's ``options``.
        folder
            What relative paths of own images are relative to.
        """
        options = values.get("options", {})
        if not isinstance(values.get("name"), str) or not isinstance(options, Mapping):
            raise InvalidInput(f"A task is written as its name, or as name and options; got {dict(values)!r}.")
        options = dict(options)
        for key in PATHS:
            if folder is not None and isinstance(options.get(key), str):
                options[key] = str(Path(folder, options[key]))
        return cls(values["name"], options)
