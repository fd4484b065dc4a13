"""What every command takes as its target: an experiment, a database file, or the url of a server."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parfocal.cli import targets
from parfocal.cli.app import app
from parfocal.errors import InvalidInput, StorageError
from parfocal.experiment import load

MORE = {
    "retry": ("--failed",),
    "cancel": ("--yes",),
    "export": ("-o", "t.csv"),
    "import": ("t.csv",),
    "backup": ("-o", "t.db"),
    "ask": ("-n", "1"),
    "tell": (".",),
}
"""What a command needs beside its target."""
COMMANDS = [
    command.name or command.callback.__name__
    for command in app.registered_commands
    if next(iter(inspect.signature(command.callback).parameters), "") == "target"
    and command.callback.__name__ not in ("serve", "dashboard")  # they serve: tests of their own
]


def test_the_commands_that_take_a_target():
    assert {"status", "workers", "best", "report", "worker"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("url", ["postgresql://me@host:5432/studies", "https://host:8443/api", "sqlite:///far/s.db"])
def test_a_url_is_opened_as_it_is(command, url, monkeypatch, tmp_path):
    opened = []

    def open_storage(location, **options):
        opened.append(location)
        raise StorageError("Nobody is there.")

    monkeypatch.setattr(targets, "open_storage", open_storage)
    monkeypatch.chdir(tmp_path)
    Path("far").mkdir()
    Path("far/s.db").write_text("")
    result = CliRunner().invoke(app, [command, url, *MORE.get(command, ())])
    assert isinstance(result.exception, StorageError), result.output
    files = [] if command == "backup" else [Path("far/s.db")]  # a file is copied as it is, whatever its schema
    assert opened == (files if url.startswith("sqlite") else [url])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_not_there_is_told_and_never_made(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [command, "none.db", *MORE.get(command, ())])
    assert isinstance(result.exception, InvalidInput), result.output
    assert "none.db: there is no such database yet" in str(result.exception)
    assert not Path("none.db").exists()


EXPERIMENT = """
space: {x: {type: float, low: 0, high: 1}}
objective: {metric: f1, direction: maximize}
evaluation: {python: "math:sqrt"}
budget: 7
"""


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        ("postgresql://me:secret@host/db", "must not hold a password"),
        ("mysql://me:secret@host/db", "got 'mysql://...'"),
        ("http://10.0.0.9:8753/", "10.0.0.9"),
        (".", "is a folder"),
    ],
)
def test_an_impossible_storage_is_told_by_check(storage, words, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(f"{EXPERIMENT}storage: {storage}\n")
    problems = [problem for problem in load(path).problems() if problem.startswith("storage:")]
    assert len(problems) == 1 and words in problems[0] and "secret" not in problems[0]


def test_a_study_of_an_experiment_knows_its_budget(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(EXPERIMENT)
    study = load(path).study()
    assert study.storage.state(study.record.id).budget == 7
    study.storage.set_budget(study.record.id, 9)
    assert load(path).study().storage.state(study.record.id).budget == 9, "a run may have raised it"
    study.storage.close()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that nobody can write to")
def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(EXPERIMENT)
    load(path).study().storage.close()
    done = subprocess.run(
        [sys.executable, "-m", "parfocal", "export", str(path), "-o", "/proc/c.csv"], capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stderr.startswith("Error: '/proc/") and "Traceback" not in done.stderr
