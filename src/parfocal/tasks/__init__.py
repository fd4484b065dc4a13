"""Ready pipelines: each a space, images with truth, metrics, an evaluator and a sensible default configuration."""

from parfocal.tasks.base import Instance, Task, split
from parfocal.tasks.evaluator import TaskEvaluator
from parfocal.tasks.table import TASKS, load, names

__all__ = ["TASKS", "Instance", "Task", "TaskEvaluator", "load", "names", "split"]
