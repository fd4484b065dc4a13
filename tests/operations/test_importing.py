"""Earlier results become trials that the optimizer learns from; a wrong row stops all of them."""

import csv
import json
from dataclasses import replace

import pytest

from parfocal import Study
from parfocal.errors import DataError, InvalidInput, StorageError
from parfocal.operations.export import export
from parfocal.operations.importing import import_results
from parfocal.operations.rows import Layout
from parfocal.operations.sources import source_of
from parfocal.space import Boolean, Categorical, Constant, Float, Integer, Ordinal, Space
from parfocal.storage import MemoryStorage, SqlStorage, load_history, this_worker
from parfocal.trials import Fidelity, Objective, Outcome, State
from tests.operations.conftest import OBJECTIVE, SPACE, configuration, definition, fill

FORMATS = ["csv", "json", "parquet", "optuna"]


def bring(storage, record, path, study=None):
    return import_results(storage, record, source_of(str(path), Layout.of(record).objective, study))


def written(storage, record, folder, format):
    """Export a study in a format, skipping where its package is missing."""
    package = {"parquet": "pyarrow", "optuna": "optuna"}.get(format)
    if package:
        pytest.importorskip(package, reason="an optional package")
    path = folder / f"t.{'sqlite3' if format == 'optuna' else format}"
    export(storage, record, path)
    return path


def essence(trial):
    metrics = {} if trial.outcome is None else {k: repr(v) for k, v in trial.outcome.metrics.items()}
    reason = None if trial.outcome is None else trial.outcome.reason
    return trial.configuration, trial.state, metrics, repr(trial.loss), trial.fidelity.fraction, reason


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_goes_into_another_study_and_not_twice(format, memory, tmp_path):
    n = 130 if format == "optuna" else 560  # more than a batch; Optuna takes some milliseconds a trial
    record = fill(memory, n, finish=n - 10)
    memory.set_budget(record.id, 1000)
    path = written(memory, record, tmp_path, format)
    other = memory.create_study("other", definition())
    memory.set_budget(other.id, 100)
    done = bring(memory, other, path)
    assert (done.added, done.repeated, done.pending, done.ignored) == (n - 10, 0, 10, ())
    before = [trial for trial in memory.trials(record.id) if trial.state.finished]
    after = memory.trials(other.id)
    assert list(map(essence, before)) == list(map(essence, after))
    assert [trial.seed for trial in before] == [trial.seed for trial in after]
    assert {trial.provenance.note for trial in after} == {"imported"}
    assert after[3].outcome.message == before[3].outcome.message and after[3].outcome.runtime == 2.5
    state = memory.state(other.id)
    assert state.budget == 100 and state.asker is None and state.counts.pending == 0
    again = bring(memory, other, path)
    assert (again.added, again.repeated) == (0, n - 10)
    history = load_history(memory, other.id, SPACE, OBJECTIVE)
    assert history.complete.sum() == state.counts.complete > 0.6 * n


def test_repeated_evaluations_are_kept_as_often_as_they_were_made(memory, tmp_path):
    record = memory.create_study("study", definition())
    memory.add(record.id, [configuration(0)] * 3, range(3))
    for trial in memory.claim(record.id, "w", 3):
        memory.report(record.id, "w", [(trial.number, 1, Outcome.complete({"f1": 0.5}), -0.5)])
    export(memory, record, tmp_path / "t.csv")
    other = memory.create_study("other", definition())
    assert bring(memory, other, tmp_path / "t.csv").added == 3
    assert bring(memory, other, tmp_path / "t.csv").repeated == 3


def test_fidelities_come_with_it(memory, tmp_path):
    record = memory.create_study("study", definition())
    memory.add(
        record.id, [configuration(0)] * 2, range(2), [Fidelity("epochs", 9, 1, 27), Fidelity("epochs", 27, 1, 27)]
    )
    for trial in memory.claim(record.id, "w", 3):
        memory.report(record.id, "w", [(trial.number, 1, Outcome.complete({"f1": 0.5}), -0.5)])
    export(memory, record, tmp_path / "t.csv")
    other = memory.create_study("other", definition())
    bring(memory, other, tmp_path / "t.csv")
    first, second = memory.trials(other.id)
    assert (first.fidelity.name, first.fidelity.value, first.fidelity.maximum) == ("epochs", 9, 27)
    assert second.fidelity.full
    assert bring(memory, other, tmp_path / "t.csv").added == 0


TYPES = Space(
    {
        "x": Float(0, 1),
        "n": Integer(1, 100),
        "flag": Boolean(),
        "mode": Categorical(("a", "b", None)),
        "size": Ordinal((1, 2, 4)),
        "width": Float(0, 9, when="mode == 'a'"),
        "fixed": Constant(3),
    }
)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_foreign_table(memory, tmp_path, separator):
    record = memory.create_study("study", definition(TYPES, Objective.of("minimize rmse")))
    lines = [
        "x|n|flag|mode|size|width|rmse|runtime|who|cells",
        "0.5|7.0|TRUE|a|4.0|2.5|1.5|12|me|40",
        "1e-1|8|false|None|1|3|2.5||you|41",
        "0.25|9|true|b|2||0.5||you|",
    ]
    (tmp_path / "t.csv").write_text("\ufeff" + "\n".join(lines).replace("|", separator), encoding="utf-8")
    done = bring(memory, record, tmp_path / "t.csv")
    assert (done.added, done.ignored) == (3, ("who",))
    one, two, three = memory.trials(record.id)
    assert one.configuration == {"x": 0.5, "n": 7, "flag": True, "mode": "a", "size": 4, "width": 2.5, "fixed": 3}
    assert type(one.configuration["n"]) is int and type(one.configuration["size"]) is int
    assert two.configuration == {"x": 0.1, "n": 8, "flag": False, "mode": None, "size": 1, "fixed": 3}
    assert [trial.loss for trial in (one, two, three)] == [1.5, 2.5, 0.5]
    assert one.outcome.metrics == {"rmse": 1.5, "cells": 40.0} and one.outcome.runtime == 12
    assert three.outcome.metrics == {"rmse": 0.5}
    assert bring(memory, record, tmp_path / "t.csv").repeated == 3


def test_every_wrong_row_is_named_and_nothing_is_stored(memory, tmp_path):
    record = memory.create_study("study", definition(TYPES, Objective.of("minimize rmse")))
    rows = [
        ("x", "n", "flag", "mode", "size", "width", "rmse", "state"),
        (0.5, 7, True, "b", 4, "", 1.0, ""),
        (1.5, 7, True, "b", 4, "", 1.0, ""),
        (0.5, 7.5, True, "b", 4, "", 1.0, ""),
        (0.5, 7, "perhaps", "b", 4, "", 1.0, ""),
        (0.5, 7, True, "c", 4, "", 1.0, ""),
        (0.5, 7, True, "b", 3, "", 1.0, ""),
        (0.5, 7, True, "a", 4, "", 1.0, ""),
        (0.5, 7, True, "b", 4, "", "", ""),
        (0.5, 7, True, "b", 4, "", "inf", ""),
        (0.5, 7, True, "b", 4, "", 1.0, "broken"),
        ("half", 7, True, "b", 4, "", 1.0, ""),
        (0.5, 7, True, "b", 4, "", 1.0, "failed"),
    ]
    with (tmp_path / "t.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    with pytest.raises(DataError) as error:
        bring(memory, record, tmp_path / "t.csv")
    head, *sentences = str(error.value).splitlines()
    assert head.startswith("10 of 12 rows are wrong, and nothing was imported from ")
    words = (
        "'x'",
        "'n'",
        "'flag'",
        "'mode'",
        "'size'",
        "'width' is missing",
        "rmse is empty",
        "one finite metric",
        "'broken'",
    )
    for row, (sentence, word) in enumerate(zip(sentences, [*words, "'x' must be a number"], strict=True), 3):
        assert sentence.startswith(f"row {row}: ") and word in sentence, sentence
    assert memory.counts(record.id).total == 0


def test_many_wrong_rows_are_all_named(memory, tmp_path):
    record = memory.create_study("study", definition(TYPES, Objective.of("minimize rmse")))
    good = {"x": 0.5, "n": 1, "flag": True, "mode": "b", "size": 4, "rmse": 1.0}
    (tmp_path / "t.json").write_text(json.dumps([{**good, "x": 7.0 + k} for k in range(200)]))
    with pytest.raises(DataError) as error:
        bring(memory, record, tmp_path / "t.json")
    assert all(f"row {row}" in str(error.value) for row in range(1, 201))


def test_what_cannot_be_read_is_told(memory, tmp_path):
    record = memory.create_study("study", definition())
    SqlStorage(tmp_path / "own.db").close()
    files = {
        "no.csv": "x,y\n1,2\n", "empty.csv": "", "heads.csv": "sigma,f1\n", "bad.json": "{", "one.json": "{}",
        "short.csv": "sigma,f1\n1\n", "t.xlsx": "x", "bad.parquet": "x", "latin.csv": "sigma,f1\n\xe9,1\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    for name, words in (
        ("no.csv", "no column for the objective"), ("empty.csv", "no column"), ("heads.csv", "has no rows"),
        ("bad.json", "is no JSON"), ("one.json", "must hold a list"), ("short.csv", "row 2 has 1 cells"),
        ("t.xlsx", "must be .csv"), ("bad.parquet", "Parquet"), ("latin.csv", "UTF-8"), ("none.csv", "no file"),
        ("own.db", "no database of Optuna"),
    ):  # fmt: skip
        with pytest.raises((DataError, InvalidInput), match=words):
            bring(memory, record, tmp_path / name)
    with pytest.raises(DataError, match="--from-study"):
        bring(memory, record, tmp_path / "no.csv", "name")
    assert memory.counts(record.id).total == 0


def test_company_is_refused(memory, tmp_path):
    source = fill(memory, 5)
    export(memory, source, tmp_path / "t.csv")
    record = memory.create_study("other", definition())
    memory.add(record.id, [configuration(1)], [1])
    with pytest.raises(StorageError, match="1 pending trials"):
        bring(memory, record, tmp_path / "t.csv")
    memory.withdraw(record.id)
    memory.lead(record.id, "somebody")
    with pytest.raises(StorageError, match="'somebody' asks"):
        bring(memory, record, tmp_path / "t.csv")
    memory.resign(record.id)
    here = replace(this_worker(), study=record.id)
    memory.register(here)
    with pytest.raises(StorageError, match="1 workers wait"):
        bring(memory, record, tmp_path / "t.csv")
    memory.unregister(here.id)
    assert memory.counts(record.id).total == 1
    assert bring(memory, record, tmp_path / "t.csv").added == 5


class Greedy:
    """A storage in which a worker that nobody knew of takes a trial as soon as it is there."""

    def __init__(self, storage, after):
        self.storage, self.after = storage, after

    def __getattr__(self, name):
        return getattr(self.storage, name)

    def add(self, *arguments, **options):
        numbers = self.storage.add(*arguments, **options)
        self.after -= 1
        if self.after < 0:
            self.storage.claim(arguments[0], "greedy", 1)
        return numbers


def test_a_worker_that_takes_a_trial_breaks_it_off_cleanly(memory, tmp_path):
    source = fill(memory, 1200)
    export(memory, source, tmp_path / "t.csv")
    record = memory.create_study("other", definition())
    memory.set_budget(record.id, 9)
    with pytest.raises(StorageError, match="stop all workers"):
        bring(Greedy(memory, 1), record, tmp_path / "t.csv")
    state = memory.state(record.id)
    assert (state.spent, state.counts.pending, state.budget, state.asker) == (500, 0, 9, None)
    assert bring(memory, record, tmp_path / "t.csv").added == 700


def test_a_search_goes_on_from_what_was_imported(tmp_path):
    def score(sigma, size, filter, width=0.0):
        return {"f1": 1 - abs(sigma - 2) / 5 - abs(size - 4) / 20}

    parts = {"optimizer": "tpe", "warmup": 10, "seed": 3}
    first = Study(SPACE, OBJECTIVE, score, storage=tmp_path / "a.db", **parts).run(40)
    export(first.storage, first.record, tmp_path / "t.csv")
    second = Study(SPACE, OBJECTIVE, score, storage=tmp_path / "b.db", **parts)
    assert bring(second.storage, second.record, tmp_path / "t.csv").added == 40
    assert second.best.value == first.best.value
    second.run(50)
    assert second.counts.complete == 50
    notes = [trial.provenance.strategy for trial in second.trials(40)]
    assert "none" not in notes, "it has learned from the imported ones, and draws nothing at random"
    first.storage.close()
    second.storage.close()


def test_into_a_server(postgres_url, memory, tmp_path):
    record = fill(memory, 600)
    export(memory, record, tmp_path / "t.json")
    storage = SqlStorage(postgres_url)
    other = storage.create_study("other", definition())
    assert bring(storage, other, tmp_path / "t.json").added == 600
    assert bring(storage, other, tmp_path / "t.json").added == 0
    assert list(map(essence, storage.trials(other.id))) == list(map(essence, memory.trials(record.id)))
    storage.close()


def test_a_study_that_optuna_made(memory, tmp_path):
    optuna = pytest.importorskip("optuna", reason="needs the extra 'interop'")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url = f"sqlite:///{tmp_path / 'o.db'}"

    def objective(trial):
        x, n = trial.suggest_float("x", 0, 1), trial.suggest_int("n", 1, 100)
        mode = trial.suggest_categorical("mode", ["b", None])
        if trial.number == 4:
            raise optuna.TrialPruned
        if trial.number == 5:
            raise RuntimeError("broken")
        return x + n + (mode is None)

    database = optuna.storages.RDBStorage(url)
    for name in ("one", "two"):
        made = optuna.create_study(storage=database, study_name=name, sampler=optuna.samplers.RandomSampler(seed=0))
        made.optimize(objective, n_trials=20, catch=RuntimeError)
    made.enqueue_trial({"x": 0.5})
    space = Space({"x": Float(0, 1), "n": Integer(1, 100), "mode": Categorical(("b", None)), "fixed": Constant(3)})
    record = memory.create_study("study", definition(space, Objective.of("minimize rmse")))
    with pytest.raises(DataError, match="'one', 'two': say which one"):
        bring(memory, record, tmp_path / "o.db")
    done = bring(memory, record, f"optuna:///{tmp_path / 'o.db'}", "two")
    assert (done.added, done.pending) == (20, 1)
    trials = memory.trials(record.id)
    assert [trial.state for trial in trials[3:6]] == [State.COMPLETE, State.PRUNED, State.FAILED]
    for theirs, ours in zip(made.trials, trials, strict=False):
        assert ours.configuration == {**theirs.params, "fixed": 3}
        if theirs.value is not None:
            assert ours.loss == theirs.value == ours.outcome.metrics["rmse"]
    other = memory.create_study("other", definition(space, Objective.of("maximize f1")))
    with pytest.raises(DataError, match="do not measure the same"):
        bring(memory, other, tmp_path / "o.db", "two")
    narrow = Space({"x": Float(0, 0.001), "n": Integer(1, 100), "mode": Categorical(("b", None))})
    record = memory.create_study("narrow", definition(narrow, Objective.of("minimize rmse")))
    with pytest.raises(DataError, match=r"trial 0: 'x'"):
        bring(memory, record, tmp_path / "o.db", "two")
    database.remove_session()
    database.engine.dispose()


def test_the_metrics_of_names_that_are_taken(memory, tmp_path):
    space = Space({"seed": Integer(1, 9), "loss": Float(0, 1)})
    objective = Objective.of(["minimize loss", "maximize runtime"])
    record = memory.create_study("names", definition(space, objective))
    memory.add(record.id, [{"seed": 3, "loss": 0.5}], [7])
    memory.claim(record.id, "w")
    memory.report(record.id, "w", [(0, 1, Outcome.complete({"loss": 0.25, "seed": 4.0}, runtime=2.0), 0.25)])
    for format in ("csv", "json"):
        export(memory, record, tmp_path / f"t.{format}")
        other = MemoryStorage()
        target = other.create_study("names", definition(space, objective))
        assert bring(other, target, tmp_path / f"t.{format}").added == 1
        (trial,) = other.trials(target.id)
        assert trial.configuration == {"seed": 3, "loss": 0.5} and trial.seed == 7
        assert trial.outcome.metrics == {"loss": 0.25, "seed": 4.0, "runtime": 2.0} and trial.loss == 0.25
        assert bring(memory, record, tmp_path / f"t.{format}").repeated == 1
