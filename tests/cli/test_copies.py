"""`parfocal backup` and `restore` as a person uses them."""

import sys

import pytest

from parfocal.cli import main
from parfocal.storage import SqlStorage
from tests.cli.conftest import parfocal
from tests.operations.conftest import fill


def test_there_and_back(experiment, postgres_url):
    path = experiment()
    storage = SqlStorage(path.with_suffix(".db"))
    fill(storage, 12, name="experiment")
    said = parfocal("backup", path, "-o", path.with_name("b.db"))
    assert said.stdout == f"{path.with_name('b.db')}: 1 study, 12 trials.\n" and said.returncode == 0
    said = parfocal("restore", path.with_name("b.db"), postgres_url)
    assert said.stdout == f"{postgres_url}: 1 study, 12 trials.\n", said.stderr
    said = parfocal("backup", postgres_url, "-o", path.with_name("c.db"))
    assert said.stdout == f"{path.with_name('c.db')}: 1 study, 12 trials.\n", said.stderr
    copy = SqlStorage(path.with_name("c.db"))
    assert repr(copy.trials(1)) == repr(storage.trials(1))
    copy.close()
    storage.close()


def test_relative_paths(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    storage = SqlStorage("s.db")
    fill(storage, 3)
    storage.close()
    for arguments in (("backup", "s.db", "-o", "b.db"), ("restore", "b.db", "c.db")):
        monkeypatch.setattr(sys, "argv", ["parfocal", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
    assert capsys.readouterr().out == "b.db: 1 study, 3 trials.\nc.db: 1 study, 3 trials.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backup", "s.db", "-o", "s.db"), "exists and is a database: name another file"),
        (("backup", "none.db", "-o", "b.db"), "there is no such database yet"),
        (("restore", "none.db", "b.db"), "There is no file 'none.db'"),
        (("restore", "s.db", "s.db"), "exists and is a database"),
    ],
)
def test_wrong_places_are_one_sentence(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["parfocal", *arguments])
    SqlStorage(tmp_path / "s.db").close()
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and words in said and said.count("\n") == 1
    assert not (tmp_path / "b.db").exists()
