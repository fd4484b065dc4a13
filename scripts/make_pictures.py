"""Draw the pictures of the documentation anew: python scripts/make_pictures.py (some minutes)."""

import shutil
import tempfile
from pathlib import Path

from parfocal import Study
from parfocal.report import save_figures
from parfocal.tasks import TaskEvaluator

FOLDER = Path(__file__).parent.parent / "docs" / "images"

SHOWN = ("convergence", "surface", "infimum", "slices", "freedom")
"""Figures that the documentation shows."""

evaluator = TaskEvaluator("nuclei")
task = evaluator.task
study = Study(task.space, task.objective, evaluator, default=task.default).run(100)
shown = {"default": task.default, "tuned": study.best.configuration}
task.compare(shown, FOLDER / "nuclei.png", task.held_out[0].name)
with tempfile.TemporaryDirectory() as folder:
    for path in save_figures(
        folder, space=study.space, history=study.history, objective=study.objective, formats=("png",)
    ):
        if path.stem in SHOWN:
            shutil.copy(path, FOLDER / path.name)
