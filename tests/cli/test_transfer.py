"""`parfocal export` and `import` as a person uses them."""

import csv
import json
import sys

import pytest

from parfocal.cli import main
from parfocal.storage import SqlStorage
from tests.cli.conftest import parfocal
from tests.operations.conftest import fill


def test_out_and_in_again(experiment, tmp_path):
    path = experiment(more="enqueue: [{sigma: 2.0}]\n")
    table = tmp_path / "earlier.csv"
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["size", "sigma", "f1", "operator"])
        writer.writerows([[k, 1.0 + k / 10, 0.1 * k, "me"] for k in range(1, 9)])
    said = parfocal("import", path, table)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines() == [
        "8 results imported into 'experiment'.", "Columns that mean nothing here: operator.",
        "They count against the budget: 8 of 40 are spent.",
    ]  # fmt: skip
    said = parfocal("import", path, table)
    assert said.stdout.splitlines()[:2] == [
        "0 results imported into 'experiment'.", "Left out, since the study has them: 8.",
    ]  # fmt: skip

    said = parfocal("run", path, "--budget", 12, "--quiet")
    assert said.returncode == 0, said.stderr
    said = parfocal("export", path, "-o", tmp_path / "all.json")
    assert said.stdout == f"{tmp_path / 'all.json'}: 12 trials of 'experiment'.\n"
    rows = json.loads((tmp_path / "all.json").read_text())
    assert [row["note"] for row in rows[:8]] == ["imported"] * 8
    assert {"given", "default"} <= {row["note"] for row in rows[8:]}, "what the file gives is queued by its run"


def test_scores_and_formats(tmp_path):
    storage = SqlStorage(tmp_path / "s.db")
    fill(storage, 12)
    storage.close()
    said = parfocal("export", tmp_path / "s.db", "-o", tmp_path / "t.txt", "--format", "csv", "--scores")
    assert said.stdout == (
        f"{tmp_path / 't.txt'}: 12 trials of 'study'.\n{tmp_path / 't-scores.txt'}: 18 rows of scores.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words", "lines"),
    [
        (("export", "s.db", "-o", "t.xlsx"), "add --format", 1),
        (("export", "s.db", "-o", "s.db"), "is a database", 1),
        (("import", "s.db", "none.csv"), "There is no file", 1),
        (("import", "s.db", "bad.csv"), "row 3: 'sigma'", 2),
        (("import", "s.db", "optuna:///none.sqlite3"), "There is no file 'none.sqlite3'", 1),
    ],
)
def test_wrong_wishes_are_sentences(arguments, words, lines, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    storage = SqlStorage(tmp_path / "s.db")
    fill(storage, 12)
    storage.close()
    (tmp_path / "bad.csv").write_text("sigma,size,filter,f1\n1.0,2,none,0.5\n99,2,none,0.5\n")
    monkeypatch.setattr(sys, "argv", ["parfocal", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and words in said, said
    assert said.count("\n") == lines and not (tmp_path / "none.sqlite3").exists()
