import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parfocal.optimizers.catalogue import BORROWED, POLICIES, SAMPLERS, STRATEGIES, SURROGATES
from parfocal.optimizers.zoo import ZOO
from parfocal.report import citations, methods, report_of
from parfocal.report.bibliography import SOURCES
from parfocal.report.contents import Contents, contents
from parfocal.report.of_study import images
from parfocal.space import Boolean, Categorical, Constant, Float, Integer, Ordinal, Space
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective

SCORE = Objective("f1", "maximize")
SPACE = mixed_space()
FACTS = {
    "study": "cells",
    "seed": 7,
    "warmup": 20,
    "planned": 60,
    "storage": "sqlite:////a b/cells.db",
    "python": "3.12",
}


def of(optimizer: str | None, failing: float = 0.1, **facts: Any) -> Contents:
    return contents(
        SPACE, search(SPACE, 50, 0, failing=failing)[0], SCORE, provenance={**FACTS, "optimizer": optimizer, **facts}
    )


def entries(text: str) -> dict[str, dict[str, str]]:
    """Read BibTeX, or fail: balanced braces, unique keys, fields of one line each."""
    assert text.count("{") == text.count("}")
    found = re.findall(r"^@(?:article|inproceedings|book|misc)\{([a-z]+\d{4}),\n((?:  .+\n)+)\}$", text, re.MULTILINE)
    assert len(found) == text.count("@") and len({key for key, _ in found}) == len(found)
    read = {}
    for key, body in found:
        fields = [re.fullmatch(r"  ([a-z]+) = \{(.*)\},", line) for line in body.splitlines()]
        assert all(field is not None for field in fields), body
        read[key] = {field[1]: field[2] for field in fields if field is not None}
        for value in read[key].values():
            depth = np.cumsum([(c == "{") - (c == "}") for c in value])
            assert (depth >= 0).all() and depth[-1] == 0, value
    return read


def test_every_source_is_a_valid_entry() -> None:
    read = entries(citations.bibtex(list(SOURCES)))
    assert set(read) == set(SOURCES)
    for key, fields in read.items():
        assert fields["year"] == key[-4:] and fields["title"] and ("author" in fields or "editor" in fields)
        assert citations.named(citations.short(key)) == (key,), "a key is the first author's surname and the year"


@pytest.mark.parametrize("each", ZOO, ids=[each.name for each in ZOO])
def test_every_name_of_the_zoo_has_the_sources_that_it_names(each: Any) -> None:
    cited = citations.keys_of(each.name)
    assert citations.FRAMEWORK in cited and set(cited) <= set(SOURCES) and len(set(cited)) == len(cited)
    assert set(citations.named(each.source)) <= set(cited), each.source
    assert citations.methods_of(each.name) or each.source.startswith("full factorial")
    assert citations.keys_of(each.parts) == cited, "the name and its parts are the same optimizer"
    entries(citations.bibtex(cited))


def test_every_part_has_its_row() -> None:
    known = {*SAMPLERS, *BORROWED, *STRATEGIES, *SURROGATES, *POLICIES}
    assert set(citations.PARTS) == known
    assert set(citations.PACKAGES) <= known and set(citations.CITED.values()) <= set(SOURCES)
    used = {
        key for table in (citations.PARTS, citations.ALONE, citations.TASKS) for keys in table.values() for key in keys
    }
    used |= {key for _, table in citations.OPTIONS.values() for keys in table.values() for key in keys}
    named = {key for each in ZOO for key in citations.named(each.source)}
    assert used | named | set(citations.CITED.values()) | {citations.FRAMEWORK} == set(SOURCES), "nothing is left over"


USED: dict[str, tuple[set[str], set[str]]] = {
    "auto": (
        {
            "rasmussen2006", "snoek2012", "ament2023", "eriksson2019", "hutter2011", "lindauer2022", "bergstra2011",
            "falkner2018", "jones1998",
        },
        {"harris2020", "virtanen2020", "pedregosa2011"},
    ),
    "parzen + density-ratio": ({"bergstra2011", "falkner2018"}, {"harris2020", "virtanen2020"}),
    "random + random-forest": (
        {"hutter2011", "lindauer2022", "jones1998"}, {"harris2020", "virtanen2020", "pedregosa2011"},
    ),
    "multivariate-normal + evolutionary": ({"hansen2001", "hamano2022", "hamano2025"}, {"harris2020", "nomura2024"}),
    "sobol + xgboost(acquisition=lcb)": ({"owen1998", "chen2016", "srinivas2010"}, {"harris2020", "virtanen2020"}),
    "portfolio(members=\"tpe | random\")": (
        {"fialho2010", "hoffman2011", "bergstra2011", "falkner2018", "bergstra2012"}, {"harris2020", "virtanen2020"},
    ),
    "sequence(optimizer=cma-es)": ({"hansen2001", "hamano2022", "hamano2025"}, {"harris2020", "nomura2024"}),
    "random": ({"bergstra2012"}, {"harris2020"}),
}  # fmt: skip


@pytest.mark.parametrize("optimizer", USED)
def test_what_is_cited_is_what_was_used_and_all_of_it_is_in_the_text(optimizer: str) -> None:
    c = of(optimizer)
    read, text = entries(methods.bibliography(c)), methods.text(c)
    assert set(read) == USED[optimizer][0] | USED[optimizer][1] | {citations.FRAMEWORK}
    assert all(citations.short(key) in text for key in read)


def test_names_are_said_beside_their_parts() -> None:
    for name in ("tpe", "smac-rf", "cma-es"):
        parts = next(each.parts for each in ZOO if each.name == name)
        assert f"The optimizer was {name} ({parts}) (" in methods.text(of(parts))
        assert citations.keys_of(name) == citations.keys_of(parts)
    assert "The optimizer was sobol + xgboost (Owen 1998; Chen & Guestrin 2016" in methods.text(of("sobol + xgboost"))
    assert "with the members “tpe” and “random” (" in methods.text(of("portfolio(members='tpe | random')"))


def test_an_unknown_optimizer_is_named_and_nothing_is_made_up() -> None:
    for name in ("mine + yours", "((", "random-search-9000"):
        c = of(name)
        assert f"The optimizer was {name}." in methods.text(c)
        assert set(entries(methods.bibliography(c))) == {citations.FRAMEWORK, "harris2020"}
    assert "optimizer was" not in methods.text(of(None))


def test_the_paragraph_says_the_whole_definition() -> None:
    space = Space(
        {
            "sigma": Float(0.3, 8, log=True, unit="px"),
            "level": Float(0, 1, prior={"normal": {"mean": 0.5, "std": 0.1}}, levels=11),
            "size": Integer(1, 9, step=2),
            "mode": Categorical(("a", "b", None)),
            "tile": Ordinal((1, 2, 4), when="mode == 'a'"),
            "clean": Boolean(),
            "version": Constant(3),
        },
        constraints=("sigma < size",),
    )
    sentence = methods.space_sentence(space)
    assert sentence == (
        "The search space had 6 parameters: sigma in [0.3, 8] px (logarithmic scale); "
        "level in [0, 1] (normal prior with mean 0.5, std 0.1, 11 levels); size in [1, 9] (whole numbers, linear "
        "scale, step 2); mode in {a, b, None}; tile in {1, 2, 4} (ordered), active when mode == 'a'; clean in "
        "{true, false}. Fixed: version = 3. Constraints: sigma < size."
    )
    both = Objective("rmse", unit="px", others=(Objective("f1", "maximize"),))
    assert "to minimize rmse [px] and maximize f1; the first decides" in methods.objective_sentence(both)


def test_the_paragraph_says_what_was_spent_and_what_failed() -> None:
    c = of("random + random-forest", failing=0.2, images={"task": "spots", "tuned_on": 12, "held_out": 1})
    failed, text = c.summary.counts["failed"], methods.text(c)
    assert failed > 0
    for words in (
        "(Python 3.12)",
        "The objective was to maximize f1.",
        "In all, 50 evaluations of a budget of 60 were made.",
        "The first 20 trials formed a warm-up that no model chose; the random seed was 7.",
        "the task spots (Sage et al. 2005) were scored on 12 images; 1 further image that the search never saw",
        f"Of all evaluations, {failed} ({failed / 50:.1%}) failed;",
        f"numpy {np.__version__} (Harris et al. 2020)",
    ):
        assert words in text, words
    assert "sage2005" in entries(methods.bibliography(c)) and "nan" not in text.lower().split()


@pytest.mark.parametrize("state", ["no run", "no trial", "all failed"])
def test_empty_states(state: str) -> None:
    X = SPACE.sample(4, np.random.default_rng(0))
    history = {"no run": [], "no trial": History(SPACE.dimension), "all failed": told(X, np.full(4, np.nan))}[state]
    text = methods.text(contents(SPACE, history, SCORE))
    assert ("4 (100.0%) failed" if state == "all failed" else "Nothing had been evaluated") in text
    assert "The best f1" not in text and "warm-up" not in text and "nan" not in text


def test_the_commands_can_be_run_as_they_are() -> None:
    (replay,) = methods.commands(FACTS)
    assert replay[1] == "parfocal replay '/a b/cells.db' --study cells"
    assert [c for _, c in methods.commands({**FACTS, "continue": "parfocal run x.yaml"})] == [
        "parfocal run x.yaml",
        replay[1],
    ]
    assert methods.commands({"study": "s", "storage": "memory"}) == []


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("methods")
    study = Study({"x": Float(0, 1)}, "minimize loss", lambda x: x, storage=folder / "s.db", optimizer="tpe", seed=3)
    study.run(6)
    return report_of(study, folder / "r.html")


def test_a_study_brings_its_own_facts(written: Path) -> None:
    page = written.read_text(encoding="utf-8")
    for words in (
        "6 evaluations of a budget of 6",
        "All trials belonged to a warm-up that no model chose; the random seed was 3",
        "tpe (parzen + density-ratio)",
        "s.db --study study",
    ):
        assert words in page, words
    assert page.count('class="copy"') == 3


@pytest.mark.slow
def test_the_buttons_copy_by_keyboard_and_offline(written: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="a browser needs the package playwright")
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium.")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 390, "height": 800})
            page.context.set_offline(True)
            page.goto(written.as_uri())
            for clipboard in (True, False):
                if not clipboard:  # as where a browser keeps it from files
                    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
                page.evaluate("document.addEventListener('copy', () => { window.taken = String(getSelection()); })")
                page.focus("button[data-copies=methods-text]")
                page.keyboard.press("Enter")
                page.wait_for_function("document.querySelector('#methods [role=status]').textContent !== ''")
                assert page.text_content("#methods [role=status]") == "Copied."
            assert page.evaluate("window.taken") == page.text_content("#methods-text")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        finally:
            browser.close()


def test_the_images_of_a_task_are_counted() -> None:
    evaluator = TaskEvaluator("spots", {"count": 4, "shape": [64, 64], "particles": 10})
    study = Study(evaluator.task.space, evaluator.task.objective, evaluator, optimizer="random")
    assert images(study) is None, "before there is a best nothing is read"
    study.run(2)
    assert images(study) == {"task": "spots", "tuned_on": 3, "held_out": 1}
