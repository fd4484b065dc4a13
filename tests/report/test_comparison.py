"""The page of a comparison, its files, and what its sentences claim."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from parfocal.analysis import Entry
from parfocal.report import contest, document, save_comparison, write_comparison
from parfocal.report.claims import claims, in_pairs, over_blocks, scale, setting
from parfocal.testing.studies import told
from parfocal.trials import Objective

LOSS = Objective("rmse", unit="px")


def runs(finals: dict[str, list[float]], problem: str = "a") -> list[Entry]:
    return [
        Entry(name, problem, seed, told(np.full((4, 1), 0.5), [9.0, 8.0, np.nan, loss], runtime=1.0), LOSS, warmup=1)
        for name, row in finals.items()
        for seed, loss in enumerate(row)
    ]


def test_few_seeds_prove_nothing_and_the_page_says_so(tmp_path: Path) -> None:
    c = contest(runs({"x": [0, 1, 2], "y": [3, 4, 5], "<b>z": [6, 7, 8]}))
    said = claims(c)
    assert setting(c) == "3 optimizers on 1 problem, 3 runs each, compared after 4 evaluations."
    assert scale(c) == [
        "a: regret 0 is the best that any run found (0), 1 the median of the best after 1 evaluation (9)."
    ]
    assert said[0].startswith(
        "The optimizers differ over 3 seeds (Friedman's test with Iman and Davenport's F = infinity"
    )
    assert "Not told apart (Nemenyi, mean ranks within 1.91): x, y; y, <b>z." in said
    assert said[-1] == (
        "a: no pair can be significant at 5 %: the smallest p after Holm's adjustment of 3 comparisons would be 0.75 "
        "(Wilcoxon's signed ranks); at least 7 seeds are needed."
    )
    page = write_comparison(c, tmp_path).read_text()
    assert "&lt;b&gt;z" in page and "<b>z" not in page.split("<script>")[0]
    assert "at least 7 seeds are needed" in page and "Budgets, seeds, warm-up" in page


def test_enough_seeds_name_the_pairs() -> None:
    rng = np.random.default_rng(0)
    c = contest(runs({"x": rng.random(8).tolist(), "y": (1 + rng.random(8)).tolist()}))
    said = claims(c)
    assert said[-1] == "a: x is better than y (p = 0.008 after Holm, rank-biserial 1.00, A12 1.00)."
    assert "All are told apart (Nemenyi, critical difference 0.69)." in said
    equal = contest(runs({"x": [1.0] * 8, "y": [1.0] * 8}))
    assert claims(equal)[0].startswith("No difference between the optimizers is shown over 8 seeds")
    assert claims(equal)[-1].startswith("a: no pair of optimizers differs at 5 %")


def test_one_block_and_two_are_too_few() -> None:
    c = contest(runs({"x": [0], "y": [1]}))
    assert over_blocks(c.friedman, "seeds")[0].startswith("Ranks cannot be tested: there is one of the seeds")
    c = contest(runs({"x": [0, 0], "y": [1, 1]}))
    assert over_blocks(c.friedman, "seeds")[0].startswith("With 2 seeds no difference can be significant at 5 %")
    assert in_pairs(c.pairs[0], "seeds")[0].endswith("at least 6 seeds are needed.")
    assert "4 runs are too few" in claims(c)[1]


def test_many_problems_are_counted() -> None:
    rng = np.random.default_rng(1)
    entries = [
        entry
        for k in range(7)
        for entry in runs({"x": rng.random(6).tolist(), "y": (rng.random(6) + (k < 3)).tolist()}, f"p{k}")
    ]
    said = claims(contest(entries))
    assert said[-1].startswith("Single problems: the runs of the optimizers differ on ")
    assert not any(sentence.startswith("p0") for sentence in said)


def test_tables_are_csv_and_json_with_no_number_that_json_lacks(tmp_path: Path) -> None:
    entries = runs({"x": [0, 1], "y": [2, 3]}) + runs({"x": [0, 1], "y": [np.nan, 3], "z": [1]}, "b")
    c = contest(entries)
    write_comparison(c, tmp_path)
    written = json.loads((tmp_path / "comparison.json").read_text(), parse_constant=pytest.fail)
    assert written == json.loads(json.dumps(document(c)))
    assert {row["problem"] for row in written["pairs"]} == {"all problems", "a", "b"}
    for name in ("overall", "standings", "tests", "pairs", "runs", "regret", "ranks", "runtimes"):
        rows = list(csv.DictReader((tmp_path / "tables" / f"{name}.csv").read_text().splitlines()))
        assert rows and None not in rows[0], name
    rows = [row for row in written["standings"] if row["problem"] == "a"]
    assert [(row["optimizer"], row["mean"], row["best"]) for row in rows] == [("x", 0.5, 0.0), ("y", 2.5, 2.0)]
    assert rows[0]["regret"] == pytest.approx(0.5 / 9)
    assert "Not ranked, for want of runs on some of the problems: z." in written["claims"]


def test_figures_have_a_file_each_and_names_that_are_safe(tmp_path: Path) -> None:
    entries = runs({"x": [0, 1], "y": [2, 3]}, "a/b: c") + runs({"x": [0, 1], "y": [2, 3]}, "../d")
    paths = save_comparison(contest(entries), tmp_path, ("svg",), "one")
    assert all(path.parent == tmp_path and path.stat().st_size > 1000 for path in paths)
    assert {path.stem for path in paths} >= {"regret-0-all_problems", "finals-1-a_b__c", "pairs-2-.._d"}
    assert len(paths) == 4 + 3 + 3 + 2
