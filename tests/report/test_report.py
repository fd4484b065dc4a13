import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parfocal.report import save_figures, write_report
from parfocal.report.tags import Html, table, tag
from parfocal.space import Boolean, Categorical, Constant, Float, Space
from parfocal.testing.studies import mixed_space, quality, search, told
from parfocal.trials import History, Objective

SCORE = Objective("f1", "maximize")
SPACE = mixed_space()
DEFAULT = {"sigma": 1.0, "threshold": 1.0, "smooth": "median", "area_min": 5, "watershed": False}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001000000ffff03000006000557"
    "bfabd40000000049454e44ae426082"
)
FIGURES = {
    "fig-convergence", "fig-profiles", "fig-importance", "fig-surface", "fig-slices", "fig-parallel", "fig-failures",
    "fig-freedom", "fig-separability", "fig-pca",
}  # fmt: skip
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """What a browser would see of a page, without its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.data: dict[tuple[str, str | None], Any] = {}
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        if not self.open or self.open.pop() != name:
            self.wrong.append(name)

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            attributes = self.tags[-1][1]
            if attributes.get("type") == "application/json":
                self.data[attributes["data-for"] or "", attributes.get("data-key")] = json.loads(data)
        elif self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def attributes(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag_, attributes in self.tags if tag_ == name]


@pytest.fixture(scope="module")
def study() -> tuple[list[History], list[Any]]:
    runs = [search(SPACE, 80, seed, failing=0.1) for seed in range(3)]
    return [h for h, _ in runs], [lambda a, b, t=t: t[a:b] for _, t in runs]


@pytest.fixture(scope="module")
def written(study: tuple[list[History], list[Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "a.png").write_bytes(PIXEL)
    histories, accessors = study
    return write_report(
        folder / "deep" / "report.html",
        title="Spots <in> DAPI & more",
        space=SPACE,
        history=histories,
        objective=SCORE,
        trials=accessors,
        default=DEFAULT,
        default_value=quality(DEFAULT),
        overlays=[("best <F1>", folder / "a.png"), ("gone", folder / "b.png"), ("a text", __file__)],
        provenance={
            "optimizer": "random + none",
            "budget": 240,
            "warmup": 10,
            "seed": 7,
            "continue": "parfocal run a.yaml",
        },
    )


@pytest.fixture(scope="module")
def page(written: Path) -> Page:
    return Page(written.read_text(encoding="utf-8"))


def test_the_page_is_well_formed_and_alone_in_its_folder(page: Page, written: Path) -> None:
    assert page.wrong == [] and page.open == []
    assert [path.name for path in written.parent.iterdir()] == ["report.html"]
    assert written.stat().st_size < 6_000_000


def test_the_page_loads_nothing_from_elsewhere(page: Page) -> None:
    for name, attributes in page.tags:
        for key in ("src", "href", "srcset", "data", "action", "poster", "background"):
            value = attributes.get(key)
            assert value is None or value.startswith(("#", "data:")), (name, key, value)
    policy = next(a["content"] for a in page.attributes("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'")
    assert "link" not in {name for name, _ in page.tags}


def test_plotly_is_inside_once_and_only_where_there_is_a_plot(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    assert len(re.findall(r"^\* plotly\.js v", text, re.MULTILINE)) == 1
    assert text.count("cdn.plot.ly/plotly") == 0


def test_users_text_is_escaped(written: Path, page: Page) -> None:
    text = written.read_text(encoding="utf-8")
    assert "<title>Spots &lt;in&gt; DAPI &amp; more</title>" in text
    assert "<b>no objects</b>" not in text and "&lt;b&gt;no objects&lt;/b&gt;" in text
    assert "ValueError: <b>no objects</b> in 'a.tif' & 'b.tif'" in page.text


def test_headings_are_in_order_and_named(page: Page) -> None:
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch(r"h\d", name)]
    assert levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))
    identifiers = [a["id"] for _, a in page.tags if "id" in a]
    assert len(identifiers) == len(set(identifiers))
    links = [a["href"] for a in page.attributes("a")]
    assert all(link is not None and link[1:] in identifiers for link in links)
    assert all(a.get("aria-labelledby") in identifiers for a in page.attributes("section"))
    assert all(a.get("alt") for a in page.attributes("img"))
    assert all(a.get("aria-label") for a in page.attributes("div") if a.get("role") == "img")
    assert page.attributes("html")[0]["lang"] == "en"


def test_the_summary_says_what_happened(page: Page, study: tuple[list[History], list[Any]]) -> None:
    histories, _ = study
    failed = sum(int(h.failed.sum()) for h in histories)
    best = max(-float(np.nanmin(h.loss)) for h in histories)
    for sentence in (
        "Searched: 6 parameters (sigma, threshold, smooth, width, area_min and watershed",
        "with the optimizer random + none for the highest f1.",
        f"Spent: 240 evaluations of a budget of 240 in 3 runs: {240 - failed} complete and {failed} failed.",
        f"Found: f1 = {best:.4g}",
        f"Against the default: {best - quality(DEFAULT):.4g}",
        "After warm-up: the search improved by",
        "(mean ± std of 3 runs) on the best of its first 10 evaluations.",
        f"Failures: {failed} of 240 evaluations",
        "parfocal run a.yaml",
    ):
        assert sentence in page.text, sentence


def test_every_pair_can_be_chosen(page: Page) -> None:
    keys = {key for name, key in page.data if name == "fig-surface"}
    options = [a["value"] for a in page.attributes("option")]
    assert keys == {str(i) for i in range(15)} == set(options)
    select = page.attributes("select")[0]
    assert any(a.get("for") == select["id"] for a in page.attributes("label"))
    assert {name for name, _ in page.data} == FIGURES


def test_pictures_are_inside_or_say_why_not(page: Page) -> None:
    images = [a for a in page.attributes("img") if a.get("class") != "fallback"]
    assert len(images) == 1 and images[0]["alt"] == "best <F1>"
    assert images[0]["src"] is not None and images[0]["src"].startswith("data:image/png;base64,iVBOR")
    assert "'b.png' could not be read" in page.text and "is no PNG, JPEG or GIF" in page.text


def test_provenance_and_space_are_listed(page: Page) -> None:
    for words in ("smooth == 'gauss'", "51 levels", "0.3 to 8 px", "logarithmic", "random + none", "parfocal 0.1.0"):
        assert words in page.text


EMPTY = {
    "no run": (SPACE, []),
    "no trial": (SPACE, History(SPACE.dimension)),
    "one trial": (SPACE, told(SPACE.sample(1, np.random.default_rng(0)), [-0.5])),
    "all failed": (SPACE, told(SPACE.sample(4, np.random.default_rng(0)), np.full(4, np.nan))),
}


@pytest.mark.parametrize("name", EMPTY)
def test_empty_states_say_so(name: str, tmp_path: Path) -> None:
    space, history = EMPTY[name]
    path = write_report(tmp_path / "r.html", title=name, space=space, history=history, objective=SCORE, default=DEFAULT)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.wrong == []
    if name == "one trial":
        assert "Found: f1 = 0.5, by trial 0, after 1 evaluation." in page.text
    else:
        assert "Found: nothing yet" in page.text and "No evaluation has succeeded yet." in page.text
        assert path.stat().st_size < 30_000, "without a figure there is no need for plotly"
    expected = {
        "no run": "Nothing has been evaluated",
        "no trial": "Nothing has been evaluated",
        "all failed": "4 failed",
    }
    assert expected.get(name, "1 evaluation: 1 complete") in page.text
    assert not re.search(r"\bnan\b", page.text.lower())
    for path in save_figures(tmp_path / "f", space=space, history=history, objective=SCORE, formats=("svg",)):
        assert path.stat().st_size > 500


def test_one_parameter_and_only_choices(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    one = Space({"x": Float(0, 1), "fixed": Constant("a<b")})
    choices = Space({"a": Categorical(("p", "q")), "b": Boolean()}, constraints=())
    for space in (one, choices):
        history = told(space.sample(20, rng), rng.random(20))
        page = Page(
            write_report(
                tmp_path / "r.html", title="t", space=space, history=history, objective=Objective("rmse", unit="px")
            ).read_text(encoding="utf-8")
        )
        assert page.wrong == []
        assert ("A surface needs at least two parameters." in page.text) == (space is one)
        assert "for the lowest rmse" in page.text


def test_a_report_of_many_parameters_shows_the_influential_ones(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    space = Space({f"p{i}": Float(1e-6, 1e-1, log=True) for i in range(25)})
    X = space.sample(200, rng)
    history = told(X, np.abs(X[:, 17] - 0.3))
    path = write_report(tmp_path / "r.html", title="t", space=space, history=history, objective=SCORE)
    page = Page(path.read_text(encoding="utf-8"))
    assert "all pairs of the 6 parameters" in page.text and "most influential first" in page.text
    assert page.data["fig-surface", "0"]["layout"]["xaxis"]["title"]["text"] == "p17"
    assert path.stat().st_size < 6_000_000


def test_named_groups_are_compared(tmp_path: Path) -> None:
    groups = {"tpe": [search(SPACE, 30, s)[0] for s in (1, 2)], "smac <rf>": search(SPACE, 30, 3)[0]}
    path = write_report(tmp_path / "r.html", title="t", space=SPACE, history=groups, objective=SCORE)
    page = Page(path.read_text(encoding="utf-8"))
    for words in ("smac <rf>: the search improved", "tpe: the search improved", "tpe 2"):
        assert words in page.text


def test_a_report_is_replaced_only_when_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "r.html"
    target.write_text("old")
    monkeypatch.setattr("parfocal.report.write.page", lambda *_: (_ for _ in ()).throw(RuntimeError("cut")))
    with pytest.raises(RuntimeError, match="cut"):
        write_report(target, title="t", space=SPACE, history=[], objective=SCORE)
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]


def test_tags_escape_everything_but_html() -> None:
    assert tag("p", "<b>", Html("<i>x</i>"), title='a"b', class_=None) == '<p title="a&quot;b">&lt;b&gt;<i>x</i></p>'
    assert '<th scope="row">&lt;</th>' in table("c", ["a"], [["<"]])


def test_nothing_is_said_of_a_warm_up_that_is_not_over(tmp_path: Path) -> None:
    history, _ = search(SPACE, 12, 0)
    page = Page(
        write_report(tmp_path / "r.html", title="short", space=SPACE, history=history, objective=SCORE).read_text(
            "utf-8"
        )
    )
    assert "Found: " in page.text and "warm-up" not in page.text
