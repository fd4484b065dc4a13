"""The SQLite file: its settings, its errors in plain words, and plans that stay flat."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import sqlite as dialect

from parfocal.errors import SchemaVersionError, StorageError, StorageUnavailable
from parfocal.storage import Counts, MemoryStorage, open_storage, sqlite, sqlqueue, sqlread, sqltags
from parfocal.storage.sql import SqlStorage
from parfocal.trials import Outcome, Reason, State


@pytest.fixture
def storage(tmp_path):
    made = SqlStorage(tmp_path / "study.db")
    yield made
    made.close()


def rows(storage, statement, *values):
    with sqlite3.connect(storage.path) as connection:
        result = connection.execute(statement, values).fetchall()
    connection.close()
    return result


# ---------------------------------------------------------------- settings


def test_the_file_has_a_write_ahead_log_and_foreign_keys(storage):
    assert rows(storage, "PRAGMA journal_mode") == [("wal",)]
    pragmas = ("foreign_keys", "synchronous")
    assert [_pragma(storage, name) for name in pragmas] == [1, 1]


def test_power_durability_flushes_at_each_commit(tmp_path):
    storage = SqlStorage(tmp_path / "study.db", durability="power")
    assert _pragma(storage, "synchronous") == 2
    storage.close()


def _pragma(storage, name):
    return storage._read(lambda c: c.exec_driver_sql(f"PRAGMA {name}").scalar())


def test_writers_say_so_at_the_start(storage):
    begins = []
    event.listen(storage.database.engine(), "before_cursor_execute", lambda *values: begins.append(values[2]))
    study = storage.create_study("a", {}).id
    assert begins[0] == "BEGIN" and "BEGIN IMMEDIATE" in begins  # looks first whether it exists
    for call, begin in ((storage.counts, "BEGIN"), (lambda s: storage.add(s, [{}], [0]), "BEGIN IMMEDIATE")):
        begins.clear()
        call(study)
        assert [each for each in begins if each.startswith("BEGIN")] == [begin]


def test_everything_at_rest_is_standard_json(storage):
    study = storage.create_study("json", {"space": {"x": [1, 2]}}).id
    storage.add(study, [{"x": 1.5, "kind": "ä"}] * 2, [0, 1])
    storage.claim(study, "w", 2)
    nan, inf = float("nan"), float("inf")
    outcome = Outcome.complete({"f1": 0.5, "nan": nan, "inf": inf}, scores={"a": {"f1": nan}}, artifacts={"m": "m.png"})
    failed = Outcome.failed(Reason.TIMEOUT, "60 s are over")
    assert storage.report(study, "w", [(0, 1, outcome, -0.5), (1, 1, failed, nan)]).all()
    columns = ("configuration", "fidelity", "provenance", "metrics", "artifacts", "scores")
    for values in rows(storage, f"SELECT {', '.join(columns)} FROM trials"):
        for text in filter(None, values):
            json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    query = (
        "SELECT number, json_extract(metrics, '$.f1'), reason FROM trials WHERE json_extract(configuration, '$.x') > 1"
    )
    assert rows(storage, query) == [(0, 0.5, None), (1, None, "timeout")]


def test_foreign_keys_delete_the_trials_of_a_study(storage):
    study = storage.create_study("a", {}).id
    storage.add(study, [{}] * 3, range(3))
    storage.delete_study(study)
    assert rows(storage, "SELECT count(*) FROM trials") == [(0,)]


# ---------------------------------------------------------------- flat cost

STATEMENTS = {
    name: getattr(module, name)
    for module, names in (
        (
            sqlqueue,
            ("_NEXT", "_OWNED", "_EXPIRED", "_DEAD", "_CLAIM", "_FINISH", "_REQUEUE", "_EXTEND", "_WAIT", "_COUNT"),
        ),
        (sqlread, ("_RUNNING", "_CHANGES", "_TRIALS", "_CONFIGURATIONS")),
        (sqltags, ("_TRIAL", "_UNTAG", "_TAGS")),
    )
    for name in names
}
PLANS = {
    "_NEXT": "trials_waiting (study_id=? AND number<?)",
    "_WAIT": "trials_waiting (study_id=?",
    "_COUNT": "trials_leases (study_id=? AND lease>?)",
    "_RUNNING": "trials_leases (study_id=? AND lease>?)",
    "_OWNED": "trials_leases (study_id=? AND lease>?)",
    "_EXPIRED": "trials_leases (study_id=? AND lease>? AND lease<?)",
    "_DEAD": "trials_leases (study_id=? AND lease>?)",
    "_CHANGES": "trials_changes (study_id=? AND revision>?)",
    "_TRIALS": "(study_id=? AND number>? AND number<?)",
    "_CONFIGURATIONS": "(study_id=? AND number>? AND number<?)",
    "_TAGS": "sqlite_autoindex_tags_1 (study_id=?)",
    "_UNTAG": "sqlite_autoindex_tags_1 (study_id=? AND number=? AND image=? AND tag=?)",
}


@pytest.mark.parametrize("analyzed", [False, True])
def test_no_statement_scans_what_is_finished(storage, analyzed):
    study = storage.create_study("plans", {}).id
    storage.add(study, [{}] * 300, range(300))
    trials = storage.claim(study, "w", 290)
    storage.report(study, "w", [(t.number, 1, Outcome.complete({"a": 1.0}), 1.0) for t in trials[:280]])
    if analyzed:
        rows(storage, "ANALYZE")
    for name, statement in STATEMENTS.items():
        text = str(statement.compile(dialect=dialect.dialect(paramstyle="named")))
        text = re.sub(r"\(__\[POSTCOMPILE_\w+\]\)", "('w')", text)
        with sqlite3.connect(storage.path) as connection:
            values = dict.fromkeys(re.findall(r":(\w+)", text), 1)
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
        connection.close()
        assert not any(step.startswith("SCAN") for step in plan), (name, plan)
        assert PLANS.get(name, "(study_id=? AND number=?)") in plan[0], (name, plan)


# ---------------------------------------------------------------- errors


def _other_program(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    connection.close()


def _text_file(path):
    path.write_text("name,value\n" * 100)


def _version(path, value):
    SqlStorage(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE parfocal_meta SET value = ? WHERE key = 'schema'", (value,))
    connection.close()


BAD = {
    "text file": (_text_file, StorageError, "no SQLite file"),
    "short file": (lambda path: path.write_text("x"), StorageError, "no SQLite file"),
    "other program": (_other_program, StorageError, "another program .*photos"),
    "newer": (lambda path: _version(path, "99"), SchemaVersionError, "newer parfocal .schema 99.*pip install -U"),
    "nonsense": (lambda path: _version(path, "x"), StorageError, "does not say which schema"),
    "folder": (lambda path: path.mkdir(), StorageError, "is a folder: name a file in it"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_used_is_told_in_one_sentence_and_left_alone(tmp_path, kind):
    make, error, text = BAD[kind]
    path = tmp_path / "a.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(error, match=text) as caught:
        SqlStorage(path)
    assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before


BACK = {  # the statements that make a file of the schema before, in reverse order of the migrations
    3: ("DROP TABLE tags",),
    2: (
        "DROP INDEX trials_again",
        *(f"ALTER TABLE studies DROP COLUMN {name}" for name in ("total", "budget", "asker", "lead")),
        *(f"ALTER TABLE studies ADD COLUMN {name} BIGINT DEFAULT 0 NOT NULL" for name in ("waiting", "running")),
        "UPDATE studies SET waiting = 1, running = 1, complete = 1",
        *(f"ALTER TABLE workers DROP COLUMN {name}" for name in ("study", "job")),
    ),
    1: ("ALTER TABLE trials DROP COLUMN member",),
}


@pytest.mark.parametrize("version", sorted(BACK))
def test_a_database_of_an_older_schema_is_brought_up_to_date(tmp_path, version):
    storage = SqlStorage(tmp_path / "a.db")
    study = storage.create_study("old", {}).id
    storage.add(study, [{"x": 1}, {"x": 2}, {"x": 3}], [1, 2, 3])
    trial, _ = storage.claim(study, "w", 2)
    storage.report(study, "w", [(trial.number, 1, Outcome.complete({"a": 1.0}), 1.0)])
    before = [repr(each) for each in storage.trials(study)]
    storage.close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        for older in (older for older in BACK if older >= version):
            for statement in BACK[older]:
                connection.execute(statement)
        connection.execute("UPDATE parfocal_meta SET value = ? WHERE key = 'schema'", (str(version),))
    connection.close()
    storage = SqlStorage(tmp_path / "a.db")
    assert storage.changes(study).member.tolist() == [-1, -1, -1]
    assert [repr(each) for each in storage.trials(study)] == before
    assert storage.counts(study) == Counts(1, 1, 1)
    assert storage.add(study, [{"x": 4}], [4]) == range(3, 4)
    storage.tag(study, 0, "good")
    assert [tag.number for tag in storage.tags(study)] == [0]
    storage.delete_study(study)
    storage.close()
    assert rows(storage, "SELECT count(*) FROM tags") == [(0,)]
    fresh = SqlStorage(tmp_path / "fresh.db")
    columns = "SELECT cid, name, \"notnull\", pk FROM pragma_table_info('tags')"
    assert rows(storage, columns) == rows(fresh, columns)
    fresh.close()


def test_a_schema_before_tags_is_read_as_it_is_and_is_not_written(tmp_path):
    storage = SqlStorage(tmp_path / "a.db")
    study = storage.create_study("old", {}).id
    storage.add(study, [{"x": 1}], [1])
    storage.close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("DROP TABLE tags")
        connection.execute("UPDATE parfocal_meta SET value = '3' WHERE key = 'schema'")
    connection.close()
    reading = SqlStorage(tmp_path / "a.db", readonly=True)
    assert reading.tags(study) == [] and reading.trial(study, 0).configuration["x"] == 1
    with pytest.raises(StorageError, match="cannot be written to"):
        reading.tag(study, 0, "good")
    SqlStorage(tmp_path / "a.db").tag(study, 0, "good")
    assert [tag.tag for tag in reading.tags(study)] == ["good"], "it sees what was brought up to date meanwhile"
    reading.close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("UPDATE parfocal_meta SET value = '2' WHERE key = 'schema'")
    connection.close()
    with pytest.raises(SchemaVersionError, match="brings it up to date"):
        SqlStorage(tmp_path / "a.db", readonly=True)


def test_an_empty_file_is_a_new_database(tmp_path):
    (tmp_path / "a.db").touch()
    storage = SqlStorage(tmp_path / "a.db")
    assert storage.studies() == []
    storage.close()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StorageError, match="missing' does not exist: make it"):
        SqlStorage(tmp_path / "missing" / "a.db")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite.os, "access", lambda path, mode: False)
    with pytest.raises(StorageError, match="cannot be written to"):
        SqlStorage(tmp_path / "a.db")


@pytest.mark.skipif(not hasattr(os, "setuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_read_only_folder_and_a_read_only_file_for_a_common_user(tmp_path):
    code = (
        "import os, sys\n"
        "from parfocal.errors import StorageError\n"
        "from parfocal.storage.sql import SqlStorage\n"
        "import sqlalchemy.dialects.sqlite, sqlalchemy.dialects.sqlite.pysqlite\n"
        "os.setuid(65534)\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        SqlStorage(path)\n"
        "    except StorageError as error:\n"
        "        print(error)\n"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder.name.startswith(("pytest", "test_", "popen")):
            folder.chmod(0o755)
    locked, shared = tmp_path / "locked", tmp_path / "open"
    locked.mkdir(mode=0o755)
    shared.mkdir()
    shared.chmod(0o777)
    SqlStorage(shared / "a.db").close()
    (shared / "a.db").chmod(0o644)
    command = [sys.executable, "-c", code, str(locked / "new.db"), str(shared / "a.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert "The folder" in first and "cannot be written to" in first and "readonly=True" in first
    assert "The file" in second and "cannot be written to" in second and "readonly=True" in second


def test_a_locked_database_is_told_after_the_timeout(tmp_path):
    storage = SqlStorage(tmp_path / "a.db", timeout=0.01)
    study = storage.create_study("a", {}).id
    other = sqlite3.connect(storage.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert storage.counts(study).total == 0  # readers do not wait for a writer
    with pytest.raises(StorageError, match="locked by another program"):
        storage.add(study, [{}], [0])
    other.execute("ROLLBACK")
    other.close()
    assert storage.add(study, [{}], [0]) == range(1)
    storage.close()


def test_a_hurry_ends_the_wait_for_another_writer(storage):
    study = storage.create_study("a", {}).id
    other = sqlite3.connect(storage.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, storage.hurry).start()
    begin = time.monotonic()
    with pytest.raises(StorageUnavailable, match="locked by another program"):
        storage.add(study, [{}], [0])
    assert 0.2 < time.monotonic() - begin < 2
    assert storage.wait_for_work(study, 30) is False
    assert time.monotonic() - begin < 2
    other.execute("ROLLBACK")
    other.close()
    assert storage.add(study, [{}], [0]) == range(1)


def test_a_wait_outlives_a_busy_moment_and_tells_its_errors(storage, monkeypatch):
    study = storage.create_study("a", {}).id
    engine, failures = storage.database.engine(), []

    class Cursor(sqlite3.Cursor):
        def execute(self, statement, *values):
            if statement == "PRAGMA data_version" and failures:
                raise sqlite3.OperationalError(failures.pop())
            return super().execute(statement, *values)

    make = type(engine).raw_connection

    def raw_connection(self):
        raw = make(self)
        monkeypatch.setattr(raw, "cursor", lambda: Cursor(raw.driver_connection))
        return raw

    monkeypatch.setattr(type(engine), "raw_connection", raw_connection)
    failures[:] = ["database is locked"] * 2
    assert storage.wait_for_work(study, 0.1) is False
    assert failures == []
    failures[:] = ["disk I/O error"]
    with pytest.raises(StorageError, match="cannot be used where it lies"):
        storage.wait_for_work(study, 0.1)


def test_a_writer_waits_for_another_one(storage):
    study = storage.create_study("a", {}).id
    other = sqlite3.connect(storage.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.2, lambda: other.execute("COMMIT")).start()
    assert storage.add(study, [{}], [0]) == range(1)
    other.close()


def test_a_full_disk_stops_the_writer_and_loses_nothing(storage):
    study = storage.create_study("a", {}).id
    storage.add(study, [{}] * 50, range(50))
    trials = storage.claim(study, "w", 50)
    log = "x" * 16_000

    def full(connection, _):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 20}").close()

    storage.close()
    event.listen(storage.database.engine(), "connect", full)
    accepted = []

    def fill():
        for trial in trials:
            outcome = Outcome.complete({"a": 1.0}, log=log)
            assert storage.report(study, "w", [(trial.number, trial.attempts, outcome, 1.0)]).all()
            accepted.append(trial.number)

    with pytest.raises(StorageError, match="disk is full: make room"):
        fill()
    storage.close()  # the next connection has room again
    assert accepted and storage.counts(study).complete == len(accepted)
    assert [t.number for t in storage.trials(study) if t.state == State.COMPLETE] == accepted
    assert rows(storage, "PRAGMA integrity_check") == [("ok",)]
    left = trials[len(accepted) :]
    outcome = Outcome.complete({"a": 1.0})
    assert storage.report(study, "w", [(t.number, t.attempts, outcome, 1.0) for t in left]).all()


def test_a_damaged_file_is_told(tmp_path):
    storage = SqlStorage(tmp_path / "a.db")
    study = storage.create_study("a", {}).id
    storage.add(study, [{"x": number} for number in range(2000)], range(2000))
    storage.close()
    data = bytearray(storage.path.read_bytes())
    for page in range(8, len(data) // 4096):
        data[page * 4096 : page * 4096 + 4096] = b"\xff" * 4096
    storage.path.write_bytes(data)
    with pytest.raises(StorageError, match="damaged: restore a copy"):
        storage.trials(study)
    storage.close()


def test_a_lost_table_is_told(storage):
    rows(storage, "DROP TABLE workers")
    with pytest.raises(StorageError, match="lost a table"):
        storage.workers()


# ---------------------------------------------------------------- processes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_child_opens_its_own_connections(storage):
    code = (
        "import os, sys\n"
        "from parfocal.storage.sql import SqlStorage\n"
        "storage = SqlStorage(sys.argv[1])\n"
        "study = storage.create_study('fork', {}).id\n"
        "parent = storage.database.engine()\n"
        "child = os.fork()\n"
        "for number in range(50):\n"
        "    storage.add(study, [{'x': number}], [number])\n"
        "if child == 0:\n"
        "    os._exit(0 if storage.database.engine() is not parent else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(storage.path)], check=True)
    study = storage.open_study("fork").id
    assert [trial.number for trial in storage.trials(study)] == list(range(100))
    assert rows(storage, "PRAGMA integrity_check") == [("ok",)]


def test_threads_share_a_storage(storage):
    study = storage.create_study("threads", {}).id
    threads = [
        threading.Thread(target=lambda: [storage.add(study, [{"x": 1}], [1]) for _ in range(20)]) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.counts(study).total == 120


def test_many_processes_make_one_new_file(tmp_path):
    code = "import sys; from parfocal.storage.sql import SqlStorage; SqlStorage(sys.argv[1]).create_study('a', {})"
    command = [sys.executable, "-c", code, str(tmp_path / "new.db")]
    children = [subprocess.Popen(command) for _ in range(4)]
    assert [child.wait() for child in children] == [0, 0, 0, 0]
    storage = SqlStorage(tmp_path / "new.db")
    assert len(storage.studies()) == 1
    storage.close()


# ---------------------------------------------------------------- locations


def test_locations(tmp_path, monkeypatch):
    assert isinstance(open_storage(), MemoryStorage)
    assert isinstance(open_storage("memory"), MemoryStorage)
    monkeypatch.chdir(tmp_path)
    first = open_storage("ä # ?.db")
    assert isinstance(first, SqlStorage)
    assert first.path == tmp_path / "ä # ?.db"
    first.create_study("a", {})
    for location in (first.url, first.path, "sqlite:///ä # ?.db"):
        again = open_storage(location)
        assert [study.name for study in again.studies()] == ["a"]
        again.close()
    first.close()


@pytest.mark.parametrize("location", ["", "mysql://host/db", "sqlite://", "sqlite:///"])
def test_wrong_locations(location):
    with pytest.raises(StorageError, match=r"[aA] storage"):
        open_storage(location)


def test_storage_is_imported_without_sqlalchemy():
    code = "import sys, parfocal.storage as s; s.open_storage(); sys.exit('sqlalchemy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import sys; from parfocal.storage import SqlStorage; sys.exit('sqlalchemy' not in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
