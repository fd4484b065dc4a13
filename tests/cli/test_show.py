"""What is printed of a study that was read from its file."""

import json
import re

import pytest

from parfocal import Categorical, Float, Integer, Study
from parfocal.cli.report import report_study
from parfocal.cli.show import best_lines, show_best, show_front, show_recommendation, show_zoo
from parfocal.cli.targets import workers_of
from parfocal.errors import InvalidInput
from parfocal.optimizers import zoo


def error(x, mode):
    return abs(x - 0.5)


def both(n):
    return {"f1": n / 9, "cost": float(n)}


@pytest.fixture
def study(tmp_path):
    space = {"x": Float(0, 1, levels=5), "mode": Categorical([None, "a"], when="x < 0.9")}
    default = {"x": 0.0, "mode": None}
    return Study(space, "minimize error", error, optimizer="grid", default=default, storage=tmp_path / "s.db").run(6)


def test_a_gain_is_positive_when_less_is_better(study):
    lines = best_lines(study)
    assert lines[0].startswith("Best error (lower is better): 0, trial ")
    assert lines[1] == "Default configuration: 0.5; gain +0.5"


def test_none_is_a_choice_and_not_nothing(study, capsys):
    show_best(study.storage.path, None, 9, False)
    assert "None" in capsys.readouterr().out


def test_the_report_of_a_database_names_no_command_and_no_budget(study, tmp_path):
    report_study(study.storage.path, None, tmp_path / "r.html", None)
    html = (tmp_path / "r.html").read_text()
    assert "Spent: 6 evaluations: 6 complete." in html
    assert "To continue" not in html, "only an experiment's file can be gone on with"
    assert set(re.findall(r"parfocal run (\S+?)[\s<&]", html)) <= {"repeat.yaml"}, "and the one that repeats it"


def test_a_pdf_comes_beside_the_page_or_alone_by_its_suffix(study, tmp_path, capsys):
    pytest.importorskip("reportlab", reason="needs the extra 'pdf'")
    pytest.importorskip("pypdf", reason="needs the extra 'pdf'")
    report_study(study.storage.path, None, tmp_path / "r.html", None, True)
    report_study(study.storage.path, None, tmp_path / "alone.PDF", None, True)
    assert {path.name for path in tmp_path.iterdir() if "s.db" not in path.name} == {"alone.PDF", "r.html", "r.pdf"}
    assert (tmp_path / "alone.PDF").read_bytes()[:5] == (tmp_path / "r.pdf").read_bytes()[:5] == b"%PDF-"
    assert capsys.readouterr().out.count("Report: ") == 3


def test_workers_are_a_number_or_auto():
    assert [workers_of(None), workers_of(None, 3), workers_of("auto"), workers_of("2")] == ["auto", 3, "auto", 2]
    for wrong in ("0", "-1", "many", "1.5", ""):
        with pytest.raises(InvalidInput, match="'auto'"):
            workers_of(wrong)


def test_a_table_too_wide_is_turned_and_nothing_is_cut(study, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "46")
    show_best(study.storage.path, None, 6, False)
    said = capsys.readouterr().out
    assert "error (lower is better)" in said and "…" not in said
    assert said.count("│ mode ") > 1, "in blocks of as many trials as fit"


@pytest.mark.parametrize("columns", ["80", "190", "200"])
def test_the_zoo_names_each_optimizer_in_full(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    show_zoo()
    said = capsys.readouterr().out
    assert all(member.name in said for member in zoo.ZOO) and "…" not in said
    assert "gaussian-process(acquisition=log-ei," in said, "words stay whole"
    assert max(map(len, said.splitlines())) <= int(columns)


def test_the_front_of_several_objectives_is_printed_best_first_and_as_json(tmp_path, capsys):
    objective = ["maximize f1", "minimize cost"]
    study = Study({"n": Integer(1, 9)}, objective, both, optimizer="grid", storage=tmp_path / "s.db").run(9)
    show_front(study.storage.path, None, False)
    said = capsys.readouterr().out
    assert "f1 (higher is better)" in said and "cost (lower is better)" in said
    show_front(study.storage.path, None, True)
    rows = json.loads(capsys.readouterr().out)
    assert [row["configuration"]["n"] for row in rows] == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert rows[0]["cost"] == 9


def test_the_best_of_several_objectives_shows_all_of_them(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    objective = ["maximize f1", "minimize cost"]
    study = Study({"n": Integer(1, 9)}, objective, both, optimizer="grid", storage=tmp_path / "s.db").run(9)
    show_best(study.storage.path, None, 2, False)
    said = capsys.readouterr().out
    assert "cost (lower is better)" in said and "0.88889" in said
    assert "By f1 alone; --front shows the Pareto front of f1 and cost." in said
    show_best(study.storage.path, None, 2, True)
    assert json.loads(capsys.readouterr().out) == {"configuration": {"n": 9}, "f1": 1.0, "cost": 9.0}
    show_recommendation(study.storage.path, None, False, False)
    assert "Judged by f1 alone, the first objective" in capsys.readouterr().out


def test_a_front_of_nothing_is_told_in_a_sentence(tmp_path):
    study = Study({"n": Integer(1, 9)}, evaluator=error, storage=tmp_path / "s.db")
    with pytest.raises(InvalidInput, match="no complete trial yet"):
        show_front(study.storage.path, None, False)
