"""What the pages read: incremental, from many threads, and of a database that may be away."""

import shutil
import threading
import time
from pathlib import Path

import pytest

from parfocal.dashboard import source as module
from parfocal.dashboard.source import Source
from parfocal.dashboard.watch import Watch
from parfocal.errors import InvalidInput, StorageError
from parfocal.storage import open_storage

from .conftest import add, fill


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH", 0.0)


def test_a_view_stays_as_it_is_and_the_next_one_has_what_changed(tmp_path: Path) -> None:
    study = fill(tmp_path / "s.db", 20, "one")
    source = Source(str(tmp_path / "s.db"))
    before = source.view("one")
    add(study, 5, 1)
    after = source.view("one")
    assert (len(before.history), len(after.history)) == (20, 25)
    assert after.version > before.version
    assert source.view("one").version == after.version
    assert source.view("one") is after
    source.close()


def test_it_never_writes(tmp_path: Path) -> None:
    fill(tmp_path / "s.db", 20, "one").storage.close()
    before = (tmp_path / "s.db").read_bytes()
    source = Source(str(tmp_path / "s.db"))
    source.view("one")
    source.status()
    with pytest.raises(InvalidInput, match="--edit"):
        source.change(lambda storage: storage.set_budget(1, 5))
    with pytest.raises(StorageError):
        source.read(lambda storage: storage.set_budget(1, 5))
    source.close()
    assert (tmp_path / "s.db").read_bytes() == before


def test_it_writes_where_it_was_asked_to(tmp_path: Path) -> None:
    study = fill(tmp_path / "s.db", 3, "one")
    source = Source(str(tmp_path / "s.db"), edit=True)
    source.change(lambda storage: storage.set_budget(study.record.id, 5))
    assert study.storage.state(study.record.id).budget == 5
    source.close()


def test_a_table_is_made_once_however_many_ask(tmp_path: Path) -> None:
    fill(tmp_path / "s.db", 3, "one")
    source = Source(str(tmp_path / "s.db"))
    view, made, got = source.view("one"), [], []

    def compute() -> object:
        time.sleep(0.1)
        made.append(1)
        return object()

    threads = [threading.Thread(target=lambda: got.append(source.table(view, "x", compute))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(set(map(id, got))) == 1
    with pytest.raises(ZeroDivisionError):
        source.table(view, "y", lambda: 1 // 0)
    assert source.table(view, "y", lambda: 7) == 7
    source.close()


def test_what_takes_long_is_computed_behind_the_page(tmp_path: Path) -> None:
    study = fill(tmp_path / "s.db", 3, "one")
    source = Source(str(tmp_path / "s.db"))
    view, go = source.view("one"), threading.Event()
    begin = time.monotonic()
    first = source.later(view, "x", lambda: go.wait(10) and "done")
    assert time.monotonic() - begin < 1
    assert (first.value, first.busy) == (None, True)
    go.set()
    while (later := source.later(view, "x", lambda: "never")).busy:
        time.sleep(0.01)
    assert (later.value, later.version, later.trials) == ("done", view.version, 3)
    add(study, 2, 1)
    newer = source.view("one")
    assert source.later(newer, "x", lambda: "newer", again=False).value == "done"
    assert source.later(newer, "x", lambda: 1 // 0).value == "done"
    while (later := source.later(newer, "x", lambda: "never")).busy:
        time.sleep(0.01)
    assert later.value == "done"
    assert "division" in later.error
    source.close()


def test_a_study_that_is_not_there_or_was_deleted(tmp_path: Path) -> None:
    study = fill(tmp_path / "s.db", 3, "one")
    source = Source(str(tmp_path / "s.db"))
    with pytest.raises(InvalidInput, match="no study 'two'"):
        source.view("two")
    source.view("one")
    study.storage.delete_study(study.record.id)
    with pytest.raises(InvalidInput, match=r"deleted|no study 'one'"):
        source.view("one")
    assert source.trouble == ""
    again = fill(tmp_path / "s.db", 7, "one")
    assert again.record.id
    assert len(source.view("one").history) == 7
    source.close()


def test_a_file_that_goes_away_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AWAY", 0.0)
    path = tmp_path / "folder" / "s.db"
    path.parent.mkdir()
    fill(path, 3, "one").storage.close()
    shutil.copy(path, tmp_path / "copy.db")
    source = Source(str(path))
    view = source.view("one")
    board = source.status()
    source._storage.close()  # type: ignore[union-attr]
    shutil.rmtree(path.parent)
    assert source.view("one") is view
    assert source.status() is board
    assert source.trouble
    path.parent.mkdir()
    shutil.copy(tmp_path / "copy.db", path)
    assert len(source.view("one").history) == 3
    assert source.trouble == ""
    source.close()


def test_the_board_puts_the_last_change_first_and_reads_in_a_bounded_time(tmp_path: Path) -> None:
    for i in range(4):
        fill(tmp_path / "s.db", 5, f"study {i}", seed=i)
    watch = Watch(open_storage(tmp_path / "s.db", readonly=True))
    board = watch.look(seconds=0.0)
    assert board.reading == {"study 0", "study 1", "study 2"}
    for _ in range(3):
        board = watch.look(seconds=0.0)
    assert board.reading == frozenset()
    assert [study.name for study in board.studies] == ["study 3", "study 2", "study 1", "study 0"]
    assert all(study.value is not None for study in board.studies)
    assert {board.standings[study.name].stand for study in board.studies} == {"idle"}
    watch.storage.close()
