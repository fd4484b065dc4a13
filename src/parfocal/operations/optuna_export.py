"""A study as a database of Optuna, which Optuna and its dashboard open."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from parfocal.extras import require
from parfocal.operations.export import stream, tags_by_trial
from parfocal.operations.rows import AFTER, Layout
from parfocal.operations.tables import standard
from parfocal.storage import Storage, StudyRecord
from parfocal.trials import State, Trial

_ATTRIBUTES = ("reason", *(name for name in AFTER if name not in ("loss", "value", "created", "started", "finished")))
"""Columns that become user attributes."""


def write_optuna(storage: Storage, study: StudyRecord, path: Path, *, scores: bool = False) -> int:
    """Write a study into a new SQLite file by Optuna's own interface, and return the number of trials.

    Trials keep their numbers. FAILED and LOST ones are FAIL there; the attribute ``parfocal_state`` tells them apart.
    What was evaluated at less than the full fidelity has its value as an intermediate one at that amount.
    """
    optuna = require("optuna", "interop")
    layout = Layout.of(study)
    distributions = layout.space.to_optuna()
    with _quiet(optuna):
        engine = {"connect_args": {"timeout": 60}}
        database = optuna.storages.RDBStorage(f"sqlite:///{path.as_posix()}", engine_kwargs=engine)
        try:
            _hasten(database)
            directions = [objective.direction for objective in layout.objective.all]
            made = optuna.create_study(storage=database, study_name=study.name, directions=directions)
            made.set_metric_names([objective.metric for objective in layout.objective.all])
            for name in ("optimizer", "seed"):
                made.set_user_attr(name, study.definition.get(name))
            made.set_user_attr("objective", str(layout.objective))
            count = 0
            tags = tags_by_trial(storage, study.id)
            for trial in stream(storage, study.id):
                row = layout.row_of(trial, tags.get(trial.number, ()))
                made.add_trial(_frozen(optuna, layout, distributions, trial, row, scores))
                count += 1
        finally:
            database.remove_session()
            database.engine.dispose()
    return count


def _frozen(
    optuna: Any, layout: Layout, distributions: dict[str, Any], trial: Trial, row: dict[str, Any], scores: bool
) -> Any:
    """Return a trial, and what :meth:`Layout.row_of` makes of it, as Optuna's."""
    states = optuna.trial.TrialState
    attributes = {"parfocal_state": row["state"], "metrics": row["metrics"]}
    attributes |= {name: row[name] for name in _ATTRIBUTES if row[name] is not None}
    if scores and trial.outcome is not None and trial.outcome.scores:
        attributes["scores"] = trial.outcome.scores
    values = [row["value"], *(row["values"].get(other.metric) for other in layout.objective.others)]
    complete = trial.state == State.COMPLETE and all(value is not None and value == value for value in values)
    state = _STATES[trial.state] if complete or trial.state != State.COMPLETE else "FAIL"
    step = 1 if trial.fidelity.full else round(trial.fidelity.value)
    shown = row["value"] is not None and (trial.state == State.PRUNED or not trial.fidelity.full)
    waiting = state == "WAITING"  # Optuna fills in the parameters of a queued trial when it asks for them
    found = optuna.trial.create_trial(
        state=states[state],
        values=values if complete else None,
        params={} if waiting else row["parameters"],
        distributions={} if waiting else {name: distributions[name] for name in row["parameters"]},
        user_attrs=standard(attributes),
        system_attrs={"fixed_params": row["parameters"]} if waiting else {},
        intermediate_values={step: row["value"]} if shown and len(values) == 1 else {},
    )
    found.datetime_start = _local(trial.started if trial.started is not None else trial.created)
    found.datetime_complete = _local(trial.finished)
    if waiting:
        found.datetime_start = None
    return found


def _local(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds)


def _hasten(database: Any) -> None:
    """Leave out the flush of each transaction: the file is new, and takes its name only when it is whole."""
    from sqlalchemy import event

    @event.listens_for(database.engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        for pragma in ("synchronous=OFF", "journal_mode=MEMORY"):
            connection.execute(f"PRAGMA {pragma}").close()

    database.remove_session()
    database.engine.dispose()


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Keep Optuna's messages of new studies, and of names of metrics as an experiment, off the terminal."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


_STATES = {
    State.WAITING: "WAITING",
    State.RUNNING: "RUNNING",
    State.COMPLETE: "COMPLETE",
    State.PRUNED: "PRUNED",
    State.FAILED: "FAIL",
    State.LOST: "FAIL",
}
