"""`parfocal compare`: runs that are missing, stored studies, fairness, and wrong inputs, as a real process."""

import csv
import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from parfocal.analysis.entering import Source, entries_of, optimizer_name
from parfocal.cli.app import app
from parfocal.errors import InvalidInput, ParfocalError
from parfocal.space import Float
from parfocal.storage import open_storage
from parfocal.study import Study

from .conftest import parfocal

SPACE = {"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)}


def bowl(x, y):
    return {"loss": (x - 0.3) ** 2 + (y - 0.6) ** 2, "other": x}


def stored(path, name, optimizer="random", seed=0, budget=12, objective="minimize loss", **more):
    more = {"warmup": 4, "default": {"x": 0.5, "y": 0.5}, **more}
    space = more.pop("space", SPACE)
    study = Study(space, objective, bowl, optimizer=optimizer, storage=path, name=name, seed=seed, **more)
    return study.run(budget)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "studies.db"
    for seed in (0, 1):
        for optimizer in ("random", "tpe"):
            stored(path, f"bowl/{optimizer}/{seed}", optimizer, seed)
    return path


def test_missing_runs_are_made_and_stored_ones_are_not_made_again(experiment, tmp_path):
    path = experiment(more="warmup: 4\n")
    options = ["--optimizers", "random,sobol", "--seeds", 2, "--budget", 8, "--storage", tmp_path / "c.db"]
    first = parfocal("compare", path, *options, "--out", tmp_path / "out", "--figures")
    assert first.returncode == 0, first.stderr
    assert "[4/4] experiment/sobol/1" in first.stderr
    assert "2 optimizers on 1 problem, 2 runs each, compared after 8 evaluations." in first.stdout
    assert "no pair can be significant at 5 %" in first.stdout and "at least 6 seeds are needed" in first.stdout
    page = (tmp_path / "out" / "comparison.html").read_text()
    assert "http://" not in page.split("</style>")[0] and 'id="fig-regret"' in page
    assert {path.suffix for path in (tmp_path / "out" / "figures").iterdir()} == {".png", ".pdf", ".svg"}
    rows = list(csv.DictReader((tmp_path / "out" / "tables" / "standings.csv").read_text().splitlines()))
    assert {row["optimizer"] for row in rows} == {"random", "sobol"} and {row["runs"] for row in rows} == {"2"}
    assert {row["metric"] for row in rows} == {"f1"}
    written = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert len(written["runs"]) == 4 and written["caveats"] == []

    storage = open_storage(tmp_path / "c.db")
    before = {record.name: storage.state(record.id).revision for record in storage.studies()}
    storage.close()
    assert set(before) == {f"experiment/{name}/{seed}" for name in ("random", "sobol") for seed in (0, 1)}
    again = parfocal("compare", path, *options, "--json", "-q")
    assert again.returncode == 0 and again.stderr == ""
    assert json.loads(again.stdout)["standings"] == written["standings"]
    storage = open_storage(tmp_path / "c.db")
    assert {record.name: storage.state(record.id).revision for record in storage.studies()} == before
    storage.close()

    more = parfocal("compare", path, *options[:2], "--seeds", 3, *options[4:], "--json", "-q")
    assert [row["runs"] for row in json.loads(more.stdout)["standings"]] == [3, 3]


def test_a_run_whose_first_trials_all_fail_is_compared_as_one_that_found_nothing(experiment, tmp_path):
    path = experiment(function="broken", more="stop_after_failures: 3\n")
    place = tmp_path / "c.db"
    options = ["--optimizers", "random,sobol", "--seeds", 1, "--budget", 6, "--storage", place]
    found = parfocal("compare", path, *options, "--json")
    assert found.returncode == 0, found.stderr
    assert "experiment/sobol/0: " in found.stderr and "model file is missing" in found.stderr
    kinds = {caveat["kind"] for caveat in json.loads(found.stdout)["caveats"]}
    assert "silent" in kinds


def test_stored_studies_are_told_apart_by_their_definitions(database):
    found = parfocal("compare", database, "--json")
    assert found.returncode == 0, found.stderr
    table = json.loads(found.stdout)
    assert {row["optimizer"] for row in table["standings"]} == {"random", "tpe"}
    assert {row["problem"] for row in table["standings"]} == {"bowl"} and table["caveats"] == []
    assert table["setting"] == "2 optimizers on 1 problem, 2 runs each, compared after 12 evaluations."
    early = json.loads(parfocal("compare", database, "--budget", 6, "--json", "--optimum", 0).stdout)
    assert early["standings"][0]["evaluations"] == 6
    assert early["scale"][0].startswith("bowl: regret 0 is the optimum (0)")


def test_several_databases_labels_and_patterns(database, tmp_path):
    other = tmp_path / "other.db"
    for seed in (0, 1):
        stored(other, f"later-{seed}", "tpe", seed)
    refused = parfocal("compare", database, other)
    assert refused.returncode == 2 and "are the same run: 'tpe' with the seed 0" in refused.stderr
    found = parfocal("compare", database, other, "--label", "later-*=tpe, later", "--json")
    assert found.returncode == 0, found.stderr
    assert {row["optimizer"] for row in json.loads(found.stdout)["standings"]} == {"random", "tpe", "tpe, later"}
    chosen = parfocal("compare", database, other, "--study", "bowl/random/*", "--study", "later-*", "--json")
    assert {row["optimizer"] for row in json.loads(chosen.stdout)["standings"]} == {"random", "tpe"}


def test_what_is_unequal_is_said(tmp_path):
    path = tmp_path / "studies.db"
    stored(path, "a", "random", 0, budget=12)
    stored(path, "b", "tpe", 0, budget=9, warmup=6, default=None)
    found = parfocal("compare", path)
    assert found.returncode == 0, found.stderr
    said = " ".join(found.stdout.split())
    assert "compared after the first 9" in said and "random began with the default configuration, tpe did not" in said
    assert "the random warm-up was not equally long" in said and "a single run of random, tpe" in said


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"objective": "maximize other"}, "their objectives ('minimize loss' and 'maximize other') differ"),
        ({"space": {"x": Float(0.0, 1.0), "y": Float(0.0, 2.0)}}, "their spaces differ"),
        ({"optimizer": "random", "seed": 7}, "There is one optimizer only, 'random'"),
    ],
)
def test_studies_that_cannot_be_compared_say_why(tmp_path, more, text):
    path = tmp_path / "studies.db"
    stored(path, "a", "random")
    stored(path, "b", **{"optimizer": "sobol", "budget": 5, **more})
    found = parfocal("compare", path)
    assert (found.returncode, found.stdout) == (2, "")
    assert text in found.stderr and len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nuclei"], "'nuclei' is a task: say which optimizers to run"),
        (["nowhere.db"], "there is no such database yet"),
        (["DB", "--seeds", "3"], "--seeds is for runs"),
        (["DB", "--study", "nothing*"], "There is no study named like nothing*"),
        (["DB", "--label", "bowl"], "--label is written as STUDY=NAME; got 'bowl'"),
        (["DB", "--label", "x=y"], "No study has a name like 'x'"),
        (["DB", "--optimum", "high"], "--optimum is a number"),
        (["DB", "--optimum", "b=1"], "An optimum is given for 'b', and the problems are bowl"),
        (["DB", "--level", "5"], "--level is a level of significance"),
        (["DB", "--figures"], "name its folder with --out"),
        (["DB", "--out", "DB"], "is a folder, and"),
        (["DB", "--optimizers", "random,tpe"], "are run on a task"),
        (["nuclei", "--optimizers", "random"], "At least two optimizers"),
        (["nuclei", "--optimizers", "random,,tpe"], "missing beside a comma"),
        (["nuclei", "--optimizers", "random,tpee"], "did you mean 'tpe'"),
        (["nuclei", "--optimizers", "tpe,parzen + density-ratio"], "are one optimizer"),
        (["nuclei", "--optimizers", "random,tpe", "--label", "a=b"], "choose among stored studies"),
        (["EXPERIMENT", "--optimizers", "random,tpe", "--workers", "none"], "--workers is a number"),
        (["EXPERIMENT", "--optimizers", "random,tpe", "--storage", "no/where.db"], "there is no folder 'no'"),
    ],
)
def test_wrong_inputs_are_one_sentence(database, experiment, arguments, text):
    places = {"DB": database, "EXPERIMENT": experiment()}
    given = ["compare", *(str(places.get(argument, argument)) for argument in arguments)]
    found = CliRunner().invoke(app, given)
    assert isinstance(found.exception, ParfocalError) and found.stdout == ""  # which ends in exit code 2
    assert text in str(found.exception) and "\n" not in str(found.exception)


def test_wrong_inputs_end_in_exit_code_2(database):
    found = parfocal("compare", database, "--seeds", 3)
    assert (found.returncode, found.stdout) == (2, "")
    assert "--seeds is for runs" in found.stderr and len(found.stderr.splitlines()) == 1


def test_an_experiment_stands_for_its_own_study(experiment, tmp_path):
    path = experiment()
    assert parfocal("run", path, "-q", "--budget", 6).returncode == 0
    (tmp_path / "more.yaml").write_text(path.read_text().replace("random", "sobol"))
    assert parfocal("run", tmp_path / "more.yaml", "-q", "--budget", 6).returncode == 0
    found = parfocal("compare", path, tmp_path / "more.yaml", "--json")
    assert found.returncode == 0, found.stderr
    assert {row["optimizer"] for row in json.loads(found.stdout)["standings"]} == {"random", "sobol"}


def test_optimizers_have_their_names_in_the_zoo():
    assert optimizer_name("parzen + density-ratio") == "tpe"
    assert optimizer_name("random") == "random"
    assert optimizer_name("parzen(multivariate=false) + plus") == "parzen(multivariate=false) + plus"


def test_an_evaluator_that_is_not_there_is_not_needed(tmp_path):
    path = tmp_path / "studies.db"
    script = tmp_path / "script.py"
    script.write_text(
        "from parfocal.study import Study\nfrom parfocal.space import Float\n"
        "def f(x): return {'loss': x}\n"
        "for o in ('random', 'sobol'):\n"
        f"    Study({{'x': Float(0, 1)}}, 'minimize loss', f, optimizer=o, storage={str(path)!r}, name=o).run(5)\n"
    )
    subprocess.run([sys.executable, script], check=True, env=dict(os.environ))
    script.unlink()
    storage = open_storage(path, readonly=True)
    entries = entries_of([Source(storage, record) for record in storage.studies()])
    assert [(entry.optimizer, entry.problem, entry.seed) for entry in entries] == [
        ("random", "random", 0),
        ("sobol", "random", 0),
    ]
    with pytest.raises(InvalidInput, match="No study has a name like 'z'"):
        entries_of([Source(storage, record) for record in storage.studies()], {"z": "a"})
    storage.close()
