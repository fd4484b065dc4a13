"""The report in a real Chromium: opened as a file, with the network cut."""

import shutil

import numpy as np
import pytest

from parfocal.report import write_report
from parfocal.testing.studies import mixed_space, quality, search
from parfocal.trials import Objective

playwright = pytest.importorskip("playwright.sync_api", reason="needs the package 'playwright'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: install the package 'chromium'"),
]
SPACE = mixed_space()
DEFAULT = {"sigma": 1.0, "threshold": 1.0, "smooth": "median", "area_min": 5, "watershed": False}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    history, trials = search(SPACE, 60, failing=0.1)
    return write_report(
        tmp_path_factory.mktemp("browser") / "r.html", title="Spots", space=SPACE, history=history, trials=trials,
        objective=Objective("f1", "maximize"), default=DEFAULT, default_value=quality(DEFAULT),
        provenance={"optimizer": "auto", "seed": 1, "warmup": 20},
    )  # fmt: skip


@pytest.fixture(scope="module")
def started():
    with playwright.sync_playwright() as running:
        yield running.chromium


@pytest.fixture(scope="module")
def chromium(started):
    browser = started.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield browser
    browser.close()


class Opened:
    """A page, with what it asked for and complained of."""

    def __init__(self, chromium, report, width=1280, scheme="light", flags=None):
        self.context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, **(flags or {})
        )
        self.page = self.context.new_page()
        self.asked, self.wrong = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(report.as_uri())

    def scrolled(self):
        """Scroll past all figures and wait until each is drawn."""
        for plot in self.page.query_selector_all(".plot"):
            if plot.is_visible():
                plot.scroll_into_view_if_needed()
        self.page.wait_for_function(
            "[...document.querySelectorAll('.plot')].every(p => p.hidden || p.classList.contains('js-plotly-plot'))"
        )
        return self


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_nothing_is_asked_of_a_network_and_nothing_is_wrong(chromium, report, width, scheme):
    opened = Opened(chromium, report, width, scheme).scrolled()
    assert [url for url in opened.asked if not url.startswith(("data:", "blob:"))] == [report.as_uri()]
    assert opened.wrong == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    assert "WebGL is not supported" not in opened.page.locator("#fig-parallel").text_content()
    opened.context.close()


def test_the_navigation_stays_and_leads_to_sections_on_a_phone(chromium, report):
    opened = Opened(chromium, report, 390).scrolled()
    page = opened.page
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    box = page.locator("nav").bounding_box()
    assert box["y"] == pytest.approx(0, abs=1) and box["height"] < 60, "one line that can be moved sideways"
    link = page.locator("nav a", has_text="Methods")
    link.scroll_into_view_if_needed()
    link.click()
    page.wait_for_timeout(1500)
    top = page.locator("#methods-title").bounding_box()["y"]
    assert box["height"] - 10 <= top < 450, "the heading is not under the navigation"
    opened.context.close()


def test_copying_works_from_a_file(chromium, report):
    opened = Opened(chromium, report)
    page = opened.page
    page.locator('button[data-copies="methods-text"]').click()
    playwright.expect(page.locator("#methods [role=status]").first).to_have_text("Copied.")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<textarea id=t></textarea>')")
    page.locator("#t").focus()
    page.keyboard.press("Control+V")
    assert page.locator("#t").input_value().strip() == page.locator("#methods-text").text_content().strip()
    opened.context.close()


def test_on_paper_all_figures_are_drawn_and_folded_parts_are_open(chromium, report):
    opened = Opened(chromium, report)
    pdf = opened.page.pdf()
    assert pdf.startswith(b"%PDF") and len(pdf) > 100_000
    assert opened.page.evaluate(
        "[...document.querySelectorAll('.plot')].every(p => p.hidden || p.classList.contains('js-plotly-plot'))"
    )
    assert opened.page.evaluate("[...document.querySelectorAll('details')].every(d => d.open)")
    assert opened.wrong == []
    opened.context.close()


def test_where_there_is_no_webgl_a_still_picture_is_shown(started, report):
    browser = started.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-3d-apis"])
    opened = Opened(browser, report).scrolled()
    assert opened.page.locator("img.fallback").is_visible()
    assert not opened.page.locator("#fig-parallel").is_visible()
    browser.close()


def test_a_surface_of_another_pair_is_drawn_when_it_is_chosen(chromium, report):
    opened = Opened(chromium, report).scrolled()
    title = "document.querySelector('#fig-surface').layout.xaxis.title.text"
    before = opened.page.evaluate(title)
    options = opened.page.locator("#fig-surface-chooser option")
    names = options.all_text_contents()
    other = next(i for i, name in enumerate(names) if not name.startswith(before.partition(" (")[0]))
    opened.page.locator("#fig-surface-chooser").select_option(str(other))
    assert opened.page.evaluate(title) != before
    assert np.isfinite(opened.page.locator("#fig-surface").bounding_box()["height"])
    opened.context.close()
