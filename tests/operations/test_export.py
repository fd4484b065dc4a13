"""What is exported is what the study holds, to the last digit, in every format; memory does not grow with it."""

import csv
import json
import math
import tracemalloc
from datetime import UTC, datetime

import pytest

from parfocal.errors import InvalidInput
from parfocal.operations.export import export, format_of
from parfocal.operations.rows import AFTER, BEFORE
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.storage import SqlStorage
from parfocal.trials import Fidelity, Objective, Outcome, State
from tests.operations.conftest import SPACE, configuration, definition, fill

N = 60


@pytest.fixture
def study(memory):
    record = fill(memory, N, finish=N - 4)
    memory.withdraw(record.id, [N - 1])
    memory.claim(record.id, "w", 1)
    for number, word, image in ((2, "good", "b, c.tif"), (2, "good", ""), (5, "bad", "")):
        memory.tag(record.id, number, word, image)
    return memory, record


def test_csv_holds_every_column_of_every_trial(study, tmp_path):
    storage, record = study
    done = export(storage, record, tmp_path / "t.csv")
    assert (done.rows, done.scores) == (N, None)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == [*BEFORE, *SPACE.names, "f1", "precision", *AFTER]
    for row, trial in zip(rows, storage.trials(record.id), strict=True):
        outcome = trial.outcome
        assert int(row["number"]) == trial.number and row["state"] == trial.state.name.lower()
        for name in SPACE.names:
            assert row[name] == (str(trial.configuration[name]) if name in trial.configuration else "")
        metrics = {} if outcome is None else outcome.metrics
        for name in ("f1", "precision"):
            assert row[name] == (repr(metrics[name]) if name in metrics else ""), "NaN is nan, and nothing is empty"
        assert row["loss"] == ("" if math.isnan(trial.loss) else repr(trial.loss))
        assert row["value"] == ("" if math.isnan(trial.loss) else repr(0.0 - trial.loss))
        assert int(row["seed"]) == trial.seed and int(row["attempts"]) == trial.attempts
        assert row["worker"] == (trial.worker or "") and row["note"] == (trial.provenance.note or "")
        assert row["message"] == ("" if outcome is None else outcome.message)
        assert row["reason"] == ("" if outcome is None or outcome.reason is None else outcome.reason)
        for name in ("created", "started", "finished"):
            time = getattr(trial, name)
            assert (row[name] == "") == (time is None)
            if time is not None:
                assert abs(datetime.fromisoformat(row[name]).timestamp() - time) < 0.001
                assert row[name].endswith("Z")
    tags = {int(row["number"]): row["tags"] for row in rows if row["tags"]}
    assert tags == {2: "good; good [b, c.tif]", 5: "bad"}
    assert {row["state"] for row in rows} == {"waiting", "running", "complete", "pruned", "failed", "lost"}


def test_json_and_parquet_hold_the_same(study, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra 'export'")
    storage, record = study
    for name in ("t.csv", "t.json", "t.parquet"):
        assert export(storage, record, tmp_path / name).rows == N
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as stream:
        texts = list(csv.DictReader(stream))
    objects = json.loads((tmp_path / "t.json").read_text(), parse_constant=pytest.fail)
    typed = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    for text, found, cells in zip(texts, objects, typed, strict=True):
        flat = {**found["parameters"], **found["metrics"], **{k: v for k, v in found.items() if type(v) is not dict}}
        for name, expected in text.items():
            value = flat.get(name)
            in_table = cells[name]
            if isinstance(in_table, datetime):
                assert in_table.tzinfo is not None
                in_table = in_table.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            none = "None" if name == "filter" else ""
            assert ("" if in_table is None else str(in_table)) == expected
            assert (none if value is None else str(value)) == expected


def test_scores_go_to_a_second_file(study, tmp_path):
    storage, record = study
    done = export(storage, record, tmp_path / "t.csv", scores=True)
    assert done.scores == tmp_path / "t-scores.csv"
    with done.scores.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    expected = [
        {"number": str(t.number), "instance": key, "f1": str(found["f1"]), "n": str(found["n"]) if "n" in found else ""}
        for t in storage.trials(record.id)
        if t.outcome is not None
        for key, found in t.outcome.scores.items()
    ]
    assert rows == expected and done.score_rows == len(expected) > 0


def test_names_that_are_taken_say_their_group(memory, tmp_path):
    space = Space({"seed": Integer(1, 9), "loss": Float(0, 1), "mode": Categorical(("a", "b"))})
    objective = Objective.of(["minimize loss", "maximize seed"])
    record = memory.create_study("names", definition(space, objective))
    memory.add(record.id, [{"seed": 3, "loss": 0.5, "mode": "a"}], [7], Fidelity("epochs", 3, 1, 9))
    memory.claim(record.id, "w")
    memory.report(record.id, "w", [(0, 1, Outcome.complete({"loss": 0.25, "seed": 4.0, "mode": 1.0}), 0.25)])
    export(memory, record, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    shown = ("parameter.seed", "parameter.loss", "mode", "metric.loss", "metric.seed", "metric.mode")
    assert [row[name] for name in shown] == ["3", "0.5", "a", "0.25", "4.0", "1.0"]
    assert (row["loss"], row["seed"], row["value"], row["value.seed"]) == ("0.25", "7", "0.25", "4.0")
    assert (row["fidelity"], row["resource"], row["amount"]) == (str(3 / 9), "epochs", "3")


def test_an_objective_over_scores_has_its_metrics_in_the_table(memory, tmp_path):
    record = memory.create_study("study", definition(objective=Objective.of("maximize mean_f1 - std_f1")))
    memory.add(record.id, [configuration(0)], [0])
    memory.claim(record.id, "w")
    scores = {"a": {"f1": 0.5}, "b": {"f1": 1.0}}
    memory.report(record.id, "w", [(0, 1, Outcome.complete({"n": 2.0}, scores=scores), -0.5)])
    export(memory, record, tmp_path / "t.json")
    (row,) = json.loads((tmp_path / "t.json").read_text())
    assert row["metrics"] == {"n": 2.0, "mean_f1": 0.75, "std_f1": 0.25}


def test_an_empty_study_is_a_table_with_heads_only(memory, tmp_path):
    record = memory.create_study("study", definition())
    assert export(memory, record, tmp_path / "t.csv").rows == 0
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 1
    export(memory, record, tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text()) == []


def test_memory_does_not_grow_with_the_study(tmp_path):
    peaks = []
    for n in (1_500, 4_500):
        storage = SqlStorage(tmp_path / f"{n}.db")
        record = fill(storage, n)
        tracemalloc.start()
        export(storage, record, tmp_path / "t.csv", scores=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        storage.close()
    assert peaks[1] < 1.3 * peaks[0] and peaks[1] < 60e6


def test_nothing_is_left_of_an_export_that_fails(study, tmp_path, monkeypatch):
    storage, record = study
    (tmp_path / "t.csv").write_text("earlier")
    monkeypatch.setattr(storage, "trials", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(storage, record, tmp_path / "t.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
    assert (tmp_path / "t.csv").read_text() == "earlier"


def test_wrong_places(study, tmp_path):
    storage, record = study
    SqlStorage(tmp_path / "s.db").close()
    (tmp_path / "old.sqlite3").write_text("x")
    for path, format, words in (
        (tmp_path / "t.xlsx", None, "--format"),
        (tmp_path / "t.csv", "excel", "csv, parquet, json, optuna"),
        (tmp_path, "csv", "is a folder"),
        (tmp_path / "none" / "t.csv", None, "does not exist"),
        (tmp_path / "s.db", "csv", "is a database"),
        (tmp_path / "s.db", None, "is a database"),
        (tmp_path / "old.sqlite3", None, "exists"),
    ):
        with pytest.raises(InvalidInput, match=words):
            export(storage, record, path, format)
    assert format_of(tmp_path / "T.CSV", None) == "csv"


def test_optuna_opens_it(study, tmp_path):
    optuna = pytest.importorskip("optuna", reason="needs the extra 'interop'")
    storage, record = study
    done = export(storage, record, tmp_path / "o.db", scores=True)
    assert done.rows == N
    url = f"sqlite:///{tmp_path / 'o.db'}"
    database = optuna.storages.RDBStorage(url)
    found = optuna.load_study(study_name="study", storage=database)
    trials = storage.trials(record.id)
    best = min((t for t in trials if t.state == State.COMPLETE), key=lambda t: (t.loss, t.number))
    assert found.best_value == -best.loss and found.best_trial.number == best.number
    assert found.best_params == best.configuration.to_dict()
    assert found.direction.name == "MAXIMIZE" and found.metric_names == ["f1"]
    names = {"COMPLETE": "COMPLETE", "PRUNED": "PRUNED", "FAILED": "FAIL", "LOST": "FAIL"}
    for theirs, ours in zip(found.trials, trials, strict=True):
        assert theirs.state.name == names.get(ours.state.name, ours.state.name)
        assert theirs.user_attrs["seed"] == ours.seed
        if ours.state == State.WAITING:
            assert theirs.system_attrs["fixed_params"] == ours.configuration.to_dict()
            continue
        assert theirs.params == ours.configuration.to_dict()
        assert abs(theirs.datetime_start.timestamp() - ours.started) < 0.001 if ours.started else True
        if ours.state == State.PRUNED:
            assert theirs.intermediate_values == {1: -ours.loss}
        if ours.state == State.COMPLETE:
            assert theirs.user_attrs["scores"]["a.tif"]["f1"] == ours.outcome.scores["a.tif"]["f1"]
    attributes = found.trials[3].user_attrs
    assert attributes["reason"] == "timeout" and attributes["message"].endswith("with ü.")
    assert found.trials[N - 1].user_attrs["parfocal_state"] == "lost"
    assert set(found.trials[0].distributions) == {"sigma", "size", "filter"}
    database.remove_session()
    database.engine.dispose()


def test_optuna_knows_several_objectives(memory, tmp_path):
    optuna = pytest.importorskip("optuna", reason="needs the extra 'interop'")
    objective = Objective.of(["maximize f1", "minimize cost"])
    record = memory.create_study("two", definition(objective=objective))
    memory.add(record.id, [configuration(k) for k in range(3)], range(3))
    for trial in memory.claim(record.id, "w", 3):
        k = trial.number
        memory.report(record.id, "w", [(k, 1, Outcome.complete({"f1": k / 4, "cost": 9.0 - k}), -k / 4)])
    export(memory, record, tmp_path / "o.db")
    database = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'o.db'}")
    found = optuna.load_study(study_name="two", storage=database)
    assert [trial.values for trial in found.trials] == [[k / 4, 9.0 - k] for k in range(3)]
    assert [direction.name for direction in found.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert [trial.number for trial in found.best_trials] == [2]
    database.remove_session()
    database.engine.dispose()
