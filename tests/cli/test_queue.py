"""`parfocal retry` and `cancel` as a person uses them."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from parfocal.cli import main
from parfocal.cli.app import app
from parfocal.storage import SqlStorage
from tests.operations.conftest import fill


@pytest.fixture
def database(tmp_path):
    storage = SqlStorage(tmp_path / "s.db")
    record = fill(storage, 40, finish=38)
    storage.set_budget(record.id, 40)
    storage.close()
    return tmp_path / "s.db"


def counts(path):
    storage = SqlStorage(path)
    found = storage.state(1)
    storage.close()
    return found


def say(*arguments):
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def test_retry_says_what_it_did(database):
    said = say("retry", database, "--failed", "--reason", "timeout")
    assert said == "3 trials are queued again:\n  3 as 40\n  19 as 41\n  35 as 42\nBudget: 40, now 43.\n"
    said = say("retry", database, "--failed")
    assert "3 trials have a retry that waits or came to a result, left out: 3, 19, 35.\n2 trials are queued" in said
    assert say("retry", database, "--lost") == "Nothing to retry.\n"
    assert counts(database).budget == 45


def test_an_experiment_names_the_command_that_goes_on(experiment):
    path = experiment()
    storage = SqlStorage(path.with_suffix(".db"))
    storage.set_budget(fill(storage, 8, name="experiment").id, 8)
    storage.close()
    said = say("retry", path, "--trial", 3)
    assert said.endswith(f"  3 as 8\nBudget: 8, now 9.\nGo on with:  parfocal run {path} --budget 9\n")
    assert f"Go on later with:  parfocal run {path}\n" in say("cancel", path, "--yes")
    said = say("retry", path, "--lost")
    assert said == (
        "1 trial is queued again:\n  8 as 9\nBudget: 8, as before.\nThat is spent before all of them are evaluated; "
        f"9 is enough.\nGo on with:  parfocal run {path} --budget 9\n"
    )


def test_cancel_and_go_on(database):
    said = say("cancel", database, "--trial", 38, "--trial", 2, "--yes")
    assert said == "1 pending trial was taken back.\nEnded already, and left as they are: 2.\n"
    said = say("cancel", database, "--yes")
    assert said.startswith("1 pending trial was taken back.\n'study' asks for nothing more")
    state = counts(database)
    assert state.counts.lost == 2 and state.counts.pending == 0 and state.budget == 38


@pytest.mark.parametrize(("answer", "cancelled"), [("y", True), ("", False), ("n", False)])
def test_a_terminal_is_asked(database, answer, cancelled):
    pty = pytest.importorskip("pty", reason="needs a terminal of POSIX")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "parfocal", "cancel", str(database)]
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert "Cancel 'study', 2 waiting and 0 running trials? [y/N]" in out
    assert process.returncode == (0 if cancelled else 1)
    assert counts(database).counts.lost == (2 if cancelled else 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("retry",), "Say what to retry"),
        (("retry", "--failed", "--reason", "bad luck"), "timeout"),
        (("retry", "--lost", "--reason", "timeout"), "add --failed"),
        (("retry", "--trial", "0"), "Trial 0 is COMPLETE"),
        (("retry", "--trial", "99"), "numbered from 0"),
        (("cancel", "--yes", "--trial", "99"), "numbered from 0"),
        (("cancel", "--yes", "--study", "other"), "it holds 'study'"),
    ],
)
def test_wrong_wishes_are_one_sentence(database, arguments, words, monkeypatch, capsys):
    command, *rest = arguments
    monkeypatch.setattr(sys, "argv", ["parfocal", command, str(database), *rest])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and words in said and said.count("\n") == 1
    assert counts(database).counts.total == 40
