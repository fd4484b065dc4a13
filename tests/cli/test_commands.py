"""The commands as a person uses them, in processes of their own."""

import json

from tests.cli.conftest import finished, parfocal


def test_run_then_look(experiment):
    path = experiment()
    run = parfocal("run", path)
    assert run.returncode == 0, run.stderr
    assert "Best f1 (higher is better): " in run.stdout
    assert "Default configuration: 0.85; gain +" in run.stdout
    assert len(finished(path.with_suffix(".db"))) == 40

    again = parfocal("run", path)
    assert again.returncode == 0
    assert "goes on after 40 finished trials" in again.stderr
    assert len(finished(path.with_suffix(".db"))) == 40, "the budget is a total"

    more = parfocal("run", path, "--budget", 45, "--quiet")
    assert more.returncode == 0
    assert more.stderr == ""
    assert len(finished(path.with_suffix(".db"))) == 45

    status = parfocal("status", path)
    assert status.returncode == 0
    assert "maximize f1" in status.stdout

    best = parfocal("best", path, "--json")
    content = json.loads(best.stdout)
    assert set(content["configuration"]) == {"sigma", "size"}
    assert content["f1"] > 0.9
    table = parfocal("best", path.with_suffix(".db"), "--top", 3)
    assert table.stdout.count("│") >= 3 * 4, table.stdout

    report = parfocal("report", path, "--out", path.with_name("r.html"), "--figures", path.with_name("figures"))
    assert report.returncode == 0, report.stderr
    html = path.with_name("r.html").read_text()
    assert "size 9 does not fit" in html
    assert {file.suffix for file in path.with_name("figures").iterdir()} == {".png", ".pdf", ".svg"}


def test_two_workers(experiment):
    path = experiment("slow", isolation="process")
    run = parfocal("run", path, "--workers", 2)
    assert run.returncode == 0, run.stderr
    assert len(finished(path.with_suffix(".db"))) == 40


def test_check_says_that_all_is_well(experiment):
    checked = parfocal("check", experiment())
    assert checked.returncode == 0
    assert "nothing is wrong" in checked.stdout
    assert "414 configurations" in checked.stdout


def test_all_first_trials_fail(experiment):
    path = experiment("broken")
    run = parfocal("run", path)
    assert run.returncode == 3
    assert "The first 10 trials all failed" in run.stderr
    assert "RuntimeError: the model file is missing" in run.stderr
    assert "Traceback" not in run.stderr
    assert len(finished(path.with_suffix(".db"))) < 40


def test_the_grid_ends_before_the_budget(experiment):
    path = experiment(optimizer="grid")
    run = parfocal("run", path, "--budget", 1000)
    assert run.returncode == 0, run.stderr
    assert "ended before its budget" in run.stderr
    assert len(finished(path.with_suffix(".db"))) == 414


def test_another_definition_under_the_same_name(experiment):
    path = experiment()
    assert parfocal("run", path, "--budget", 3).returncode == 0
    path.write_text(path.read_text().replace("high: 5.0", "high: 6.0"))
    run = parfocal("run", path)
    assert run.returncode == 2
    assert "space" in run.stderr
    assert "Traceback" not in run.stderr
    assert len(finished(path.with_suffix(".db"))) == 3


def test_wrong_targets(tmp_path, experiment):
    path = experiment()
    for arguments, expected in (
        (("status", path), "no such database yet"),
        (("best", tmp_path / "none.db"), "none.db"),
        (("run", path, "--workers", "many"), "'auto'"),
        (("report", path, "--study", "other"), "no such database yet"),
    ):
        said = parfocal(*arguments)
        assert said.returncode == 2, arguments
        assert expected in said.stderr
        assert "Traceback" not in said.stderr
    text = tmp_path / "notes.db"
    text.write_text("no database")
    said = parfocal("status", text)
    assert said.returncode == 2
    assert "Traceback" not in said.stderr
    assert text.read_text() == "no database"


def test_zoo_lists_the_table_of_the_paper():
    said = parfocal("zoo")
    assert said.returncode == 0
    for name in ("random", "tpe", "cma-es", "smac-rf", "smac-xgboost", "grid", "sobol"):
        assert name in said.stdout


def test_demo_on_spots(tmp_path):
    said = parfocal("demo", "spots", "--budget", 25, "--workers", 1, "--folder", tmp_path / "demo")
    assert said.returncode == 0, said.stderr
    assert "On held-out images: f1 " in said.stdout
    assert said.stdout.strip().endswith("report.html")
    html = (tmp_path / "demo" / "report.html").read_text()
    assert "--optimizer auto --seed 0 --budget 25" in html, "the command that goes on must not spend more"
    unseen = next(line for line in said.stdout.splitlines() if line.startswith("On held-out images: f1 "))
    assert unseen in html and "simulated_1 (held out): " in html and "simulated_0 (tuned on): " in html
