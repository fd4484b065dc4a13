"""`parfocal separate` and `parfocal priors`, from a search to the search that follows from it."""

import json

import pytest
import yaml

from parfocal import Float, Study
from parfocal.cli.separate import priors_for, separate_study
from parfocal.errors import InvalidInput, OptimizerError
from parfocal.experiment import load

SPACE = {name: Float(0, 1) for name in "suv"}
FILE = """
space:
  s: {type: float, low: 0, high: 1}
  u: {type: float, low: 0, high: 1}
  v: {type: float, low: 0, high: 1}
objective: minimize loss
evaluation: {command: [echo, "{s}", "{u}", "{v}"]}
"""


def loss(s, u, v):
    return 2 * (u + v - 1) ** 2 + 0.3 * (u - 0.3) ** 2 + 0.7 * (s - 0.6) ** 2


@pytest.fixture
def study(tmp_path):
    return Study(SPACE, "minimize loss", loss, optimizer="sobol", storage=tmp_path / "s.db").run(90)


def test_a_plan_is_printed_written_and_can_be_run(study, tmp_path, capsys):
    out = tmp_path / "plan.json"
    separate_study(study.storage.path, None, 0, "gp", 0.02, out, tmp_path / "pairs.png")
    said = capsys.readouterr().out
    assert "can be optimized one after the other" in said and "together" in said
    plan = json.loads(out.read_text())
    assert sorted(plan["blocks"]) == [["s"], ["u", "v"]] and plan["optimizer"] in said
    assert (tmp_path / "pairs.png").stat().st_size > 5000
    again = Study(SPACE, "minimize loss", loss, optimizer=plan["optimizer"], name="again").run(45)
    assert again.best.value < study.best.value + 0.01


def test_probes_become_trials_of_the_study(study, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("parfocal.cli.separate.study_of", lambda target, name: study)
    separate_study("s.db", None, 25, "smac-rf", 0.005, tmp_path / "plan.json", None)
    said = capsys.readouterr()
    counts = study.counts
    assert 90 < counts.finished <= 115 and not counts.waiting
    assert "probe of " in said.out and "probes are evaluated" in said.err


def test_a_wrong_inner_optimizer_is_said_first(study, tmp_path):
    with pytest.raises(OptimizerError, match="portfolio cannot be a member"):
        separate_study(study.storage.path, None, 10, "auto", 0.02, tmp_path / "plan.json", None)
    assert study.counts.finished == 90


def test_priors_are_yaml_that_an_experiment_takes(study, tmp_path, capsys):
    experiment = tmp_path / "next.yaml"
    experiment.write_text(FILE)
    priors_for(study.storage.path, None, experiment, 0.1, None)
    printed = capsys.readouterr().out
    assert printed.startswith("# Priors learned: s around ")
    content = yaml.safe_load(experiment.read_text()) | yaml.safe_load(printed)
    experiment.write_text(yaml.safe_dump(content))
    assert load(experiment).space.parameters["s"].prior.name == "normal"
    priors_for(study.storage.path, None, experiment, 0.1, tmp_path / "space.yaml")
    assert yaml.safe_load((tmp_path / "space.yaml").read_text())["space"]["u"]["prior"]
    with pytest.raises(InvalidInput, match="is no experiment"):
        priors_for(study.storage.path, None, tmp_path / "x.db", 0.1, None)
