"""The zoo on the command line: members in full, and the matrix of samplers and strategies."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

from parfocal.analysis import Matrix, matrix
from parfocal.cli.app import app
from parfocal.cli.zoo import run_matrix, show_entry
from parfocal.errors import InvalidInput, MissingPackage, OptimizerError, ParfocalError
from parfocal.optimizers import compose, parts, zoo
from parfocal.optimizers import table as table_module
from parfocal.optimizers.table import entry, markdown, with_table
from parfocal.plots import combinations
from parfocal.testing.problems import problems
from parfocal.trials import Objective

RIDGE = next(problem for problem in problems() if problem.name == "ridge")


@pytest.mark.parametrize("kind", ["sampler", "strategy"])
def test_each_part_says_what_it_does_and_what_its_options_mean(kind):
    for name in parts.names(kind):
        (part,) = [part for part in entry(name).parts if (part.kind, part.name) == (kind, name)]
        assert part.does.endswith(".")
        assert all(option.meaning for option in part.options), (name, part.options)


def test_a_member_is_shown_in_full(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    show_entry("smac-rf")
    said = capsys.readouterr().out
    for word in (
        "For rugged losses",
        "sampler random",
        "strategy random-forest",
        "acquisition",
        "ei",
        "Number of trees.",
    ):
        assert word in said
    show_entry("grid(target=77) + evolutionary")
    assert "77" in capsys.readouterr().out
    with pytest.raises(OptimizerError, match="did you mean 'smac-rf'"):
        show_entry("smac-fr")


@pytest.mark.parametrize(
    "text",
    ["random + random-forest(treees=3)", "grid(target=many)", "tpe(share=3)", "random + auto",
     "portfolio(members='tpe | tpf')"],
)  # fmt: skip
def test_a_page_is_refused_in_the_sentence_of_the_optimizer(text):
    with pytest.raises(OptimizerError) as wanted:
        compose(text)
    with pytest.raises(OptimizerError, match=re.escape(str(wanted.value))):
        show_entry(text)


def test_a_strategy_alone_has_a_page_and_wrong_options_of_it_are_told(capsys):
    show_entry("random-forest(trees=7)")
    assert "7" in capsys.readouterr().out
    with pytest.raises(OptimizerError, match="did you mean 'trees'"):
        show_entry("random-forest(treees=3)")
    with pytest.raises(OptimizerError, match=r"There is no optimizer or part 'zzz'; `parfocal zoo` lists the names\.$"):
        show_entry("zzz")


def test_what_needs_a_package_is_shown_with_a_note(monkeypatch, capsys):
    def missing(part):
        raise MissingPackage("Install it.")

    monkeypatch.setitem(table_module._MAKE, "sampler", missing)
    show_entry("optuna-tpe")
    said = capsys.readouterr().out
    assert "sampler optuna" in said and said.endswith("To use it: Install it.\n")


def test_meanings_are_those_of_the_section_of_parameters():
    (belief,) = entry("belief").parts
    assert [option.meaning[:8] for option in belief.options] == ["How many", "Standard"]
    (optuna,) = entry("optuna").parts
    assert all("Raises" not in option.meaning for option in optuna.options)


def test_the_markdown_names_each_member():
    lines = markdown().splitlines()
    assert len(lines) == len(zoo.ZOO) + 2
    assert all(f"| `{member.name}` |" in line for member, line in zip(zoo.ZOO, lines[2:], strict=True))
    with pytest.raises(OptimizerError, match="<!-- zoo -->"):
        with_table("no marks")


def test_the_matrix_of_a_problem(tmp_path, capsys):
    out = tmp_path / "maps" / "m.png"
    run_matrix(None, "ridge", "random, grid,grid(target=50, order=shuffled)", "accept-all,density-ratio", 24, 2, out)
    said = capsys.readouterr()
    assert out.stat().st_size > 5_000
    assert "normalized regret" in said.out and "Left out: grid + accept-all and 1 more" in said.out
    assert "6/6 grid(target=50, order=shuffled) + density-ratio" in said.err
    with pytest.raises(InvalidInput, match="There is no problem 'rigde'"):
        run_matrix(None, "rigde", None, None, 5, 1, out)
    page = tmp_path / "m.html"
    run_matrix(None, "ridge", "random,grid", "none, accept-all", 5, 1, page)
    assert "is continuous" in page.read_text() and 'id="fig-matrix"' in page.read_text()
    run_matrix(None, "ridge", "random", "none, accept-all", 5, 1, out)
    assert "1/1 random + accept-all" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("samplers", "strategies", "message"),
    [
        ("random,", None, "A sampler is missing beside a comma of 'random,'"),
        ("", None, "A sampler is missing"),
        ("random", "accept-all, density-rtio", "did you mean 'density-ratio'"),
        ("random, grid(targt=5)", "none", "did you mean 'target'"),
        ("random + xgboost", None, "where one sampler is expected"),
        ("random, none", None, "There is no sampler 'none'"),
    ],
)
def test_a_wrong_list_is_told_before_anything_runs(samplers, strategies, message, tmp_path, capsys):
    with pytest.raises(ParfocalError, match=re.escape(message)):
        run_matrix(None, "ridge", samplers, strategies, 5, 1, tmp_path / "m.png")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tpe", "--markdown"], "leave out 'tpe'"),
        (["--matrix", "--markdown"], "leave out --matrix"),
        (["--task", "spots"], "--task is an option of the matrix"),
        (["tpe", "--seeds", "3"], "--seeds is an option of the matrix"),
        (["tpe", "--matrix"], "instead of 'tpe'"),
    ],
)
def test_no_option_is_ignored(arguments, message):
    result = CliRunner().invoke(app, ["zoo", *arguments])
    assert isinstance(result.exception, InvalidInput)
    assert message in str(result.exception)


def test_a_matrix_is_in_the_users_own_units_and_a_large_one_can_be_read():
    table = matrix(
        "ridge", RIDGE.space, RIDGE.loss, Objective("f1", "maximize"), ["random", "sobol"], ["accept-all"],
        trials=20, seeds=2,
    )  # fmt: skip
    assert (table.value < 0).all() and table.regret.shape == (2, 1)
    assert 0 <= table.regret.min() <= table.regret.max() <= 1
    assert [row[3] for row in table.ranked] == sorted(row[3] for row in table.ranked)
    figure = combinations.printed(table)
    figure.canvas.draw()
    assert any("f1" in axes.get_ylabel() for axes in figure.axes), "the bar of colours names the metric"


@pytest.mark.parametrize(
    "strategies", [["accept-all"], ["accept-all", "density-ratio", "comma"], parts.names("strategy")]
)
def test_no_word_of_a_small_or_flat_map_is_cut(strategies):
    regret = np.zeros((1, len(strategies)))
    table = Matrix("ridge", Objective("loss"), ("random",), tuple(strategies), 30, 1, regret, regret, {})
    figure = combinations.printed(table)
    figure.canvas.draw()
    inner, whole = figure.get_tightbbox(), figure.bbox_inches
    assert inner.x0 >= 0 and inner.y0 >= 0
    assert inner.x1 <= whole.x1 and inner.y1 <= whole.y1


def test_colours_run_over_the_whole_range():
    table = matrix("r", RIDGE.space, RIDGE.loss, Objective("loss"), ["random"], ["accept-all"], trials=9, seeds=1)
    assert np.isfinite(table.regret).all()
