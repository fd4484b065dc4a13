"""`parfocal export` and `import`."""

from pathlib import Path

from parfocal.cli.targets import Place, is_experiment, record_of
from parfocal.cli.words import plural
from parfocal.operations.export import export
from parfocal.operations.importing import import_results
from parfocal.operations.sources import source_of
from parfocal.storage import Storage, StudyRecord
from parfocal.trials import Objective


def export_study(target: Place, study: str | None, out: Path, format: str | None, scores: bool) -> None:
    """Write a study to a file and say how much that was."""
    storage, record = record_of(target, study, readonly=True)
    done = export(storage, record, out, format, scores=scores)
    storage.close()
    print(f"{done.path}: {plural(done.rows, 'trial', 'trials')} of '{record.name}'.")
    if done.scores is not None:
        print(f"{done.scores}: {plural(done.score_rows, 'row', 'rows')} of scores.")


def import_table(target: Place, file: str, study: str | None, from_study: str | None) -> None:
    """Enter earlier results into a study, that of an experiment file being made where there is none."""
    storage, record = _study(target, study)
    source = source_of(file, Objective.from_dict(record.definition["objective"]), from_study)
    done = import_results(storage, record, source)
    print(f"{plural(done.added, 'result', 'results')} imported into '{record.name}'.")
    if done.repeated:
        print(f"Left out, since the study has them: {done.repeated:,}.")
    if done.pending:
        print(f"Left out, without a result: {done.pending:,}.")
    if done.ignored:
        print(f"Columns that mean nothing here: {', '.join(done.ignored)}.")
    state = storage.state(record.id)
    if done.added and state.budget is not None:
        print(f"They count against the budget: {state.spent} of {state.budget} are spent.")
    storage.close()


def _study(target: Place, name: str | None) -> tuple[Storage, StudyRecord]:
    if name is not None or not is_experiment(target):
        return record_of(target, name)
    from dataclasses import replace

    from parfocal.experiment import load

    experiment = load(Path(target))
    bare = replace(experiment, keys=experiment.keys.model_copy(update={"enqueue": []}), warm_start=None)
    study = bare.study()  # what the file would queue is queued by its run, when this is done
    return study.storage, study.record
