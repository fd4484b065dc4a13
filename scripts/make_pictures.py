"""Draw the pictures of the documentation anew: python scripts/make_pictures.py (some minutes)."""

from pathlib import Path

from parfocal import Study
from parfocal.report import save_figures
from parfocal.tasks import TaskEvaluator

FOLDER = Path(__file__).parent.parent / "docs" / "images"

evaluator = TaskEvaluator("nuclei")
task = evaluator.task
study = Study(task.space, task.objective, evaluator, default=task.default).run(100)
shown = {"default": task.default, "tuned": study.best.configuration}
task.compare(shown, FOLDER / "nuclei.png", task.held_out[0].name)
save_figures(FOLDER, space=study.space, history=study.history, objective=study.objective, formats=("png",))
