"""`parfocal ask`, `evaluate` and `tell` as a workflow engine calls them."""

import json
import subprocess
import sys

import pytest

from parfocal.exchange import evaluate, read_trial, write_outcome
from parfocal.storage import open_storage
from tests.cli.conftest import finished, parfocal


def told(path, folder):
    """Evaluate each trial of a folder and tell all outcomes; return what `tell` printed."""
    for file in sorted(folder.glob("trial-*.json")):
        trial = read_trial(file)
        write_outcome(folder / "outcomes" / file.name, trial.claim, evaluate(trial))
    done = parfocal("tell", path, folder / "outcomes")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_study_in_generations(experiment, tmp_path):
    path = experiment()
    path.write_text(path.read_text().replace("budget: 40", "budget: 5"))
    asked = parfocal("ask", path, "--n", 3, "-o", tmp_path / "1")
    assert asked.returncode == 0, asked.stderr
    assert "'experiment': 3 trials handed out to 'ask-" in asked.stderr
    assert asked.stdout == ""
    assert sorted(each.name for each in (tmp_path / "1").iterdir()) == [f"trial-00000{n}.json" for n in range(3)]
    assert "3 told (0 of them failed), 0 known, 0 stale, 0 wrong; 0 are still out, 3 finished." in told(
        path, tmp_path / "1"
    )
    assert "0 told (0 of them failed), 3 known, 0 stale, 0 wrong" in told(path, tmp_path / "1")
    assert parfocal("ask", path, "--n", 3, "-o", tmp_path / "2", "--exit-code").returncode == 0
    now = parfocal("ask", path, "--n", 3, "--exit-code")
    assert now.returncode == 3
    assert "nothing to hand out now; 2 trials are out, 3 of 5 finished" in now.stderr
    assert json.loads(now.stdout)["trials"] == []
    told(path, tmp_path / "2")
    last = parfocal("ask", path, "--n", 3, "-o", tmp_path / "3")
    assert last.returncode == 0
    assert "its budget is spent (5 of 5 trials finished)" in last.stderr
    assert list((tmp_path / "3").iterdir()) == []
    assert len(finished(path.with_suffix(".db"))) == 5


def test_one_document_printed_or_in_a_file(experiment, tmp_path):
    path = experiment()
    printed = json.loads(parfocal("ask", path, "--n", 2).stdout)
    assert [each["trial"]["number"] for each in printed["trials"]] == [0, 1]
    assert parfocal("ask", path.with_suffix(".db"), "--n", 2, "-o", tmp_path / "batch.json").returncode == 0
    batch = json.loads((tmp_path / "batch.json").read_text())
    assert [each["trial"]["number"] for each in batch["trials"]] == [2, 3]
    one = tmp_path / "one.json"
    one.write_text(json.dumps(batch["trials"][0]))
    assert parfocal("evaluate", one, "-o", tmp_path / "o.json").returncode == 0
    assert "1 told" in parfocal("tell", path.with_suffix(".db"), tmp_path / "o.json").stdout
    wrong = parfocal("evaluate", tmp_path / "batch.json")
    assert wrong.returncode == 2 and "This is a batch of trials" in wrong.stderr


def test_a_program_of_another_language_writes_the_minimal_form(experiment, tmp_path):
    path = experiment()
    parfocal("ask", path, "--n", 1, "-o", tmp_path)
    claim = json.loads((tmp_path / "trial-000000.json").read_text())["trial"]
    outcome = tmp_path / "o.json"
    outcome.write_text(json.dumps({"trial": claim, "metrics": {"F1": 0.75}}))
    wrong = parfocal("tell", path, outcome)
    assert wrong.returncode == 2
    assert f"Error: {outcome}: The objective 'maximize f1' needs the metric 'f1'; the file has 'F1'." in wrong.stderr
    outcome.write_text(json.dumps({"trial": claim, "metrics": {"f1": 0.75}}))
    assert parfocal("tell", path, outcome).returncode == 0
    assert finished(path.with_suffix(".db"))[0][0] == -0.75


def test_the_same_name_and_a_budget_of_ones_own(experiment):
    path = experiment()
    first, again = (parfocal("ask", path, "--n", 2, "--worker", "g1", "--budget", 3) for _ in range(2))
    assert first.stdout == again.stdout
    assert "2 trials handed out once more to 'g1'" in again.stderr
    assert len(json.loads(parfocal("ask", path, "--n", 9, "--budget", 3).stdout)["trials"]) == 1


def test_a_lease_that_ran_out(experiment, tmp_path):
    path = experiment()
    parfocal("ask", path, "--n", 1, "-o", tmp_path / "1", "--lease", "10 ms")
    parfocal("ask", path, "--n", 1, "-o", tmp_path / "2")
    stale = parfocal("evaluate", tmp_path / "1" / "trial-000000.json", "-o", tmp_path / "late.json")
    assert stale.returncode == 0
    late = parfocal("tell", path, tmp_path / "late.json")
    assert late.returncode == 0
    assert "0 told (0 of them failed), 0 known, 1 stale, 0 wrong; 1 are still out" in late.stdout
    assert "Stale: trial 0, attempt 1" in late.stderr
    assert "1 told" in told(path, tmp_path / "2")


def test_broken_files_are_named_and_the_others_are_told(experiment, tmp_path):
    path = experiment()
    parfocal("ask", path, "--n", 2, "-o", tmp_path / "1")
    good, other = tmp_path / "good.json", tmp_path / "other.json"
    parfocal("evaluate", tmp_path / "1" / "trial-000000.json", "-o", good)
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "cut.json").write_text(good.read_text()[:-40])
    (tmp_path / "newer.json").write_text(good.read_text().replace('"version": 1', '"version": 2'))
    other.write_text(good.read_text().replace('"experiment"', '"elsewhere"'))
    names = ["empty.json", "cut.json", "newer.json", "other.json", "good.json", "none.json"]
    done = parfocal("tell", path, *(tmp_path / name for name in names))
    assert done.returncode == 2
    assert "1 told (0 of them failed), 0 known, 0 stale, 5 wrong; 1 are still out, 1 finished." in done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) == 5
    for name, said in {
        "empty.json": "the file is empty",
        "cut.json": "cut or broken",
        "newer.json": "A newer parfocal wrote this (version 2",
        "none.json": "there is no such file",
        "other.json": "It belongs to the study 'elsewhere', and outcomes of 'experiment' are told here.",
    }.items():
        assert any(line.startswith(f"Error: {tmp_path / name}: ") and said in line for line in lines), name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask", "none.db", "--n", 1), "no such database"),
        (("ask", "experiment.yaml", "--n", 1, "--lease", "soon"), "--lease is a time above 0 with a unit"),
        (("ask", "experiment.yaml", "--n", 1, "--worker", " "), "name of a hand-out"),
        (("ask", "experiment.yaml", "--n", 1, "--study", "x"), "no such database yet"),
        (("ask", "experiment.yaml", "--n", 0), "--n"),
        (("evaluate", "none.json"), "none.json: there is no such file"),
        (("evaluate", "experiment.yaml"), "no whole JSON document"),
        (("tell", "experiment.yaml", "none.json"), "no such database yet"),
    ],
)
def test_wrong_arguments(experiment, arguments, said, monkeypatch, tmp_path):
    experiment()
    monkeypatch.chdir(tmp_path)
    done = parfocal(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_experiment_makes_no_database(experiment, tmp_path):
    path = experiment("nothing")
    done = parfocal("ask", path, "--n", 1)
    assert done.returncode == 2
    assert "nothing" in done.stderr
    assert not path.with_suffix(".db").exists()


def test_trials_whose_files_cannot_be_written_wait_again(experiment, tmp_path):
    path = experiment()
    (tmp_path / "file").write_text("")
    done = parfocal("ask", path, "--n", 2, "-o", tmp_path / "file")
    assert done.returncode == 2
    assert "cannot be made" in done.stderr
    storage = open_storage(path.with_suffix(".db"))
    counts = storage.counts(storage.studies()[0].id)
    storage.close()
    assert (counts.waiting, counts.running) == (2, 0)


def test_a_reader_that_goes_away_leaves_the_trials_waiting(experiment):
    path = experiment()
    line = [sys.executable, "-m", "parfocal", "ask", str(path), "--n", "40"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    process.wait(timeout=60)
    process.stderr.close()
    storage = open_storage(path.with_suffix(".db"))
    counts = storage.counts(storage.studies()[0].id)
    storage.close()
    assert (counts.waiting, counts.running) == (40, 0)


def test_when_all_first_trials_fail(experiment, tmp_path):
    path = experiment("broken")
    parfocal("ask", path, "--n", 10, "-o", tmp_path / "1")
    told(path, tmp_path / "1")
    done = parfocal("ask", path, "--n", 10)
    assert done.returncode == 3
    assert "The first 10 trials all failed" in done.stderr and "stop_after_failures: 0" in done.stderr
    path.write_text(path.read_text() + "stop_after_failures: 0\n")
    assert parfocal("ask", path, "--n", 10).returncode == 0
