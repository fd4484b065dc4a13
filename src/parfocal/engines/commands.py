"""Workers as commands: what they are told, whether they can work at a study at all, where their logs lie."""

import re
from pathlib import Path

from parfocal.errors import InvalidInput
from parfocal.evaluation import evaluator_from_dict
from parfocal.storage import Storage, StudyRecord
from parfocal.workers.process import WorkerPlan


def require_shared(storage: Storage) -> None:
    """Raise :class:`InvalidInput` if other processes cannot open a storage."""
    if not storage.shared:
        raise InvalidInput(
            "A study in memory cannot have workers in other processes: give it a file, for example "
            "storage='study.db', or use one worker."
        )


def commands_study(storage: Storage, study: str) -> StudyRecord:
    """Return the record of a study at which commands on other machines can work.

    Raises
    ------
    InvalidInput
        If other processes cannot open the storage, or cannot rebuild the evaluator from the study's definition.
    """
    require_shared(storage)
    record = storage.open_study(study)
    evaluation = record.definition.get("evaluation")
    if evaluation is not None:
        evaluator_from_dict(evaluation)
    return record


def target_of(url: str) -> str:
    """Return the TARGET by which the command line opens a storage: the path of a file, any other url as it is."""
    return str(Path(url.removeprefix("sqlite:///")).absolute()) if "://" not in url or is_file(url) else url


def is_file(url: str) -> bool:
    """Whether a storage is a file, which workers on other machines cannot share."""
    return "://" not in url or url.startswith("sqlite:")


def worker_arguments(plan: WorkerPlan, target: str | None = None) -> list[str]:
    """Return the arguments of ``parfocal`` that make a worker of a plan; ``target`` stands above the plan's own."""
    return ["worker", target_of(target or plan.url), "--study", plan.study, "--wait"]


def log_folder(plan: WorkerPlan, kind: str, given: str | None, base: Path | None) -> Path:
    """Return the folder for the logs of an engine's workers: the ``given`` one, or one beside the study.

    Relative to ``base`` (the experiment's folder; default: the current one) where it was given, and where the study is
    no file.
    """
    here = (base or Path.cwd()).absolute()
    name = safe(plan.study)
    if given is not None:
        return here / given / name
    return Path(f"{target_of(plan.url)}-{kind}", name) if is_file(plan.url) else here / f"parfocal-{kind}" / name


def safe(name: str) -> str:
    """Return a name that is one plain word: for files, and for the names of jobs."""
    return re.sub(r"[^\w.-]|^[.-]+", "_", name)
