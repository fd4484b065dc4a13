"""A copy equals what it is a copy of, wherever it goes and whoever writes meanwhile."""

import shutil
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parfocal.errors import InvalidInput, StorageError
from parfocal.operations import backup as module
from parfocal.operations.backup import backup, backup_file, restore
from parfocal.storage import MemoryStorage, SqlStorage, schema, this_worker
from parfocal.trials import Outcome
from tests.operations.conftest import configuration, fill


def filled(place):
    """Return a storage with two studies, a gap in their ids, a claim, a lead, a budget and a worker."""
    storage = SqlStorage(place)
    fill(storage, 30, name="gone")
    storage.delete_study(1)
    record = fill(storage, 4100, finish=4000, name="a")
    fill(storage, 20, finish=3, name="b")
    storage.set_budget(record.id, 5000)
    storage.lead(record.id, "asker")
    storage.claim(record.id, "w", 2)
    storage.withdraw(record.id, [4050])
    storage.tag(record.id, 7, "good", "b, c.tif", "Ann")
    storage.tag(record.id, 4000, "bad")
    storage.register(replace(this_worker("here"), study=record.id, job="slurm 1_2"))
    return storage


def assert_same(one, other):
    assert one.studies() == other.studies() and one.workers() == other.workers()
    for record in one.studies():
        here, there = one.state(record.id), other.state(record.id)
        assert replace(here, now=0) == replace(there, now=0) or repr(replace(here, now=0)) == repr(
            replace(there, now=0)
        )
        assert repr(one.trials(record.id)) == repr(other.trials(record.id))
        assert one.tags(record.id) == other.tags(record.id)
        for since in (0, 100):
            before, after = one.changes(record.id, since), other.changes(record.id, since)
            for name in before.__slots__:
                assert np.array_equal(getattr(before, name), getattr(after, name), equal_nan=True), name


def goes_on(storage):
    """Check that a copy can be worked with: new trials, and a new study of a new number."""
    used = {record.id for record in storage.studies()}
    record = storage.open_study("a")
    assert list(storage.add(record.id, [configuration(1)], [1])) == [4100]
    assert storage.create_study("new", {}).id > max(used)


def test_a_file(tmp_path):
    storage = filled(tmp_path / "s.db")
    done = backup_file(tmp_path / "s.db", tmp_path / "copy.db")
    assert (done.studies, done.trials) == (2, 4120)
    assert sorted(path.name for path in tmp_path.glob("*copy*")) == ["copy.db"]
    copy = SqlStorage(tmp_path / "copy.db")
    assert_same(storage, copy)
    goes_on(copy)
    copy.close()
    storage.close()
    restored = restore(tmp_path / "copy.db", tmp_path / "back.db")
    assert (restored.studies, restored.trials) == (3, 4121)


def test_to_a_server_and_back(tmp_path, postgres_server):
    storage = filled(tmp_path / "s.db")
    url = postgres_server.database()
    done = restore(tmp_path / "s.db", url)
    assert (done.studies, done.trials) == (2, 4120)
    server = SqlStorage(url)
    assert_same(storage, server)
    backup(server, tmp_path / "back.db")
    back = SqlStorage(tmp_path / "back.db")
    assert_same(storage, back)
    goes_on(server)
    goes_on(back)
    with pytest.raises(InvalidInput, match="'a', 'b', 'new'"):
        restore(tmp_path / "s.db", url)
    for each in (storage, server, back):
        each.close()


@pytest.mark.parametrize("kind", ["file", "server"])
def test_one_moment_while_workers_write(kind, tmp_path, request):
    place = tmp_path / "s.db" if kind == "file" else request.getfixturevalue("postgres_url")
    storage = SqlStorage(place)
    record = fill(storage, 3000, finish=0, name="a")
    stop, count = threading.Event(), [0]

    def write():
        own = SqlStorage(place)
        while not stop.is_set() and (trials := own.claim(record.id, "w", 1)):
            (trial,) = trials
            own.report(record.id, "w", [(trial.number, trial.attempts, Outcome.complete({"f1": 1.0}), -1.0)])
            own.add(record.id, [configuration(trial.number)], [0])
            count[0] += 1
        own.close()

    worker = threading.Thread(target=write)
    worker.start()
    try:
        for attempt in range(3):
            before = count[0]
            out = tmp_path / f"copy{attempt}.db"
            backup_file(place, out) if kind == "file" else backup(storage, out)
            while count[0] == before:  # the writer goes on
                assert worker.is_alive()
            copy = SqlStorage(out)
            state = copy.state(record.id)
            revisions = [trial.revision for trial in copy.trials(record.id)]
            assert len(revisions) == state.counts.total and max(revisions) == state.revision
            finished = sum(trial.state.finished for trial in copy.trials(record.id))
            assert finished == state.counts.complete
            copy.close()
    finally:
        stop.set()
        worker.join(30)
        storage.close()


def test_a_copy_that_fails_leaves_nothing(tmp_path, postgres_url, monkeypatch):
    filled(tmp_path / "s.db").close()
    chunks = module._chunks

    def failing(connection, table):
        for count, rows in enumerate(chunks(connection, table)):
            if table.name == "trials" and count == 1:
                raise KeyboardInterrupt
            yield rows

    monkeypatch.setattr(module, "_chunks", failing)
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "s.db", postgres_url)
    server = SqlStorage(postgres_url)
    assert server.studies() == [] and server.workers() == []
    server.close()
    monkeypatch.undo()
    assert restore(tmp_path / "s.db", postgres_url).trials == 4120


def test_an_older_schema_is_copied_as_it_is(tmp_path):
    SqlStorage(tmp_path / "s.db").close()
    connection = sqlite3.connect(tmp_path / "s.db")
    connection.execute("UPDATE parfocal_meta SET value = '999' WHERE key = 'schema'")
    connection.commit()
    connection.close()
    backup_file(tmp_path / "s.db", tmp_path / "copy.db")
    assert sqlite3.connect(tmp_path / "copy.db").execute("SELECT value FROM parfocal_meta").fetchone() == ("999",)
    assert schema.VERSION < 999


def test_wrong_places(tmp_path):
    SqlStorage(tmp_path / "s.db").close()
    (tmp_path / "text.db").write_text("text " * 500)
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (x)").connection.close()
    for source, out, words in (
        ("s.db", "s.db", "exists and is a database"),
        ("s.db", "text.db", "exists"),
        ("s.db", "none/copy.db", "does not exist"),
        ("none.db", "copy.db", "no database"),
        ("text.db", "copy.db", "no database of parfocal"),
        ("other.db", "copy.db", "no database of parfocal"),
    ):
        with pytest.raises((StorageError, InvalidInput), match=words):
            backup_file(tmp_path / source, tmp_path / out)
    with pytest.raises(InvalidInput, match="does not show its tables"):
        backup(MemoryStorage(), tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_damaged_file_is_no_backup(tmp_path):
    storage = SqlStorage(tmp_path / "s.db")
    fill(storage, 2000)
    storage.close()
    shutil.copy(tmp_path / "s.db", tmp_path / "bad.db")
    size = Path(tmp_path / "bad.db").stat().st_size
    with (tmp_path / "bad.db").open("r+b") as stream:
        stream.seek(size // 2)
        stream.write(b"\x00" * (size // 4))
    with pytest.raises(StorageError, match="damaged"):
        backup_file(tmp_path / "bad.db", tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
