import re
import sys

import numpy as np
import pytest

from parfocal.errors import MissingPackage
from parfocal.report import write_report
from parfocal.report.flow import pieces_of
from parfocal.space import Float, Space
from parfocal.testing.studies import mixed_space, quality, search, told
from parfocal.trials import Objective

pypdf = pytest.importorskip("pypdf", reason="needs the extra 'pdf'")
pytest.importorskip("reportlab", reason="needs the extra 'pdf'")
SCORE = Objective("f1", "maximize")
SPACE = mixed_space()
DEFAULT = {"sigma": 1.0, "threshold": 1.0, "smooth": "median", "area_min": 5, "watershed": False}


@pytest.fixture(scope="module")
def pdf(tmp_path_factory):
    history, trials = search(SPACE, 60, failing=0.1)
    path = tmp_path_factory.mktemp("pdf") / "r.pdf"
    write_report(
        path, title="Spots <in> µm & σ", space=SPACE, history=history, objective=SCORE, trials=trials, default=DEFAULT,
        default_value=quality(DEFAULT), provenance={"optimizer": "smac-rf", "seed": 1, "warmup": 20},
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def text(pdf):
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages))


def test_pages_are_a4_numbered_and_bookmarked(pdf):
    read = pypdf.PdfReader(pdf)
    assert all([round(float(side)) for side in page.mediabox[2:]] == [595, 842] for page in read.pages)
    for i, page in enumerate(read.pages, 1):
        assert re.search(rf"parfocal 0\.1\.0\s*{i}\b|\b{i}\s*$|\n{i}\n", page.extract_text())
    titles = [entry.title for entry in read.outline]
    for name in ("Summary", "Best configurations", "What each parameter did", "Failures", "Methods, to paste"):
        assert name in titles
    pages = [read.get_destination_page_number(entry) for entry in read.outline]
    assert pages == sorted(pages) and pages[-1] >= 3


def test_it_says_who_made_it_and_what_it_is(pdf):
    about = pypdf.PdfReader(pdf).metadata
    assert about.title == "Spots <in> µm & σ" and about.subject.startswith("f1 (higher is better)")
    assert about.creator == "parfocal 0.1.0" and "threshold" in about["/Keywords"]


def test_texts_are_those_of_the_page_with_all_their_letters(text):
    for words in (
        "Spots <in> µm & σ", "Searched: 6 parameters", "of the variance (", "px²", "ValueError: <b>no objects</b>",
        "Hyperparameter Optimization for Image Analysis", "smooth == 'gauss'",
    ):  # fmt: skip
        assert words in text, words
    assert "Copy" not in text and "Drag along" not in text and "Click the legend" not in text


def test_figures_are_vectors_with_text(pdf, text):
    read = pypdf.PdfReader(pdf)
    for label in ("share of the variance (%)", "evaluations", "best in each range"):
        assert label in text, label
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in read.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert any("DejaVuSans" in font for font in fonts)
    strokes = [len(re.findall(rb"\bl\b", page.get_contents().get_data())) for page in read.pages]
    assert max(strokes) > 500 or sum(strokes) > 1000, "curves are drawn as lines"
    assert pdf.stat().st_size < 3_000_000


@pytest.mark.parametrize("loss", [[], [np.nan] * 5, [0.5]])
def test_studies_with_hardly_anything(loss, tmp_path):
    history = told(SPACE.sample(len(loss), np.random.default_rng(0)) if loss else np.empty((0, 6)), loss)
    path = write_report(tmp_path / "r.pdf", title="t", space=SPACE, history=history, objective=SCORE, default=DEFAULT)
    assert len(pypdf.PdfReader(path).pages) >= 2


def test_many_parameters_fit_the_page(tmp_path):
    rng = np.random.default_rng(0)
    space = Space({f"a_rather_long_name_{i}": Float(1e-6, 1e-1, log=True, unit="µm") for i in range(25)})
    X = space.sample(60, rng)
    path = write_report(tmp_path / "r.pdf", title="t", space=space, history=told(X, X[:, 3]), objective=SCORE)
    words = " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    assert all(f"a_rather_long_name_{i}" in re.sub(r"\s+", "", words) for i in range(25))


def test_a_missing_package_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(MissingPackage, match=r"'pypdf' is needed .* pip install 'parfocal\[pdf\]'"):
        write_report(tmp_path / "r.pdf", title="t", space=SPACE, history=[], objective=SCORE)
    assert list(tmp_path.iterdir()) == []


def test_what_only_a_screen_can_show_is_left_out():
    html = (
        '<section id="s"><h2 id="s-title">A &lt; B</h2><button class="copy">Copy</button><pre id="x">a &lt; b\n c</pre>'
        '<figure><div class="controls"><label>P</label><select><option>x</option></select></div>'
        '<div class="plot" id="fig-x"></div><img class="fallback" src="data:image/png;base64,AA">'
        '<figcaption>It is.<span class="screen"> Click.</span></figcaption><script>{"a": 1}</script></figure>'
        '<div class="scroll"><table><caption>T</caption><thead><tr><th scope="col">h</th>'
        '<th scope="col" class="n">n</th>'
        "</tr></thead><tbody><tr><th>a</th><td>1 &lt; <mark>2</mark>"
        "<details><summary>log</summary><pre>&lt;b&gt;x</pre></details>"
        "</td></tr></tbody></table></div></section>"
    )
    pieces = pieces_of(html)
    assert [piece.kind for piece in pieces] == ["section", "code", "figure", "caption", "table"]
    assert [piece.text for piece in pieces] == ["A &lt; B", "a < b\n c", "", "It is.", "T"]
    assert pieces[2].name == "x" and pieces[4].rows == [["h", "n"], ["a", "1 &lt; <b>2</b>"]]
    assert pieces[4].numeric == [False, True]
