"""The pages as people see them: in a real Chromium, of a real server, while real workers run."""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parfocal.analysis import rows_of
from parfocal.dashboard.place import link
from parfocal.study import Study

from .conftest import Look, Served, add, fill

Serve, Looks = Callable[..., Served], Callable[..., Look]
NUCLEI = link("", "study", "nuclei/day 1")


def text(page: Any, selector: str) -> str:
    return " ".join(page.inner_text(selector).split())


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_two_studies_are_listed_and_opened(finished: Path, serve: Serve, look: Looks) -> None:
    served, seen = serve(finished), look()
    page = seen.open(served.link, drawn=False)
    page.wait_for_selector("#studies-list tbody tr")
    rows = [" ".join(row.split()) for row in page.locator("tbody tr").all_inner_texts()]
    assert len(rows) == 2
    nuclei = next(row for row in rows if "nuclei/day 1" in row)
    assert "done" in nuclei
    assert "60 of 60" in nuclei
    assert " f1 " in nuclei
    assert "token" not in page.url
    page.get_by_role("link", name="nuclei/day 1").click()
    page.wait_for_selector("#study-convergence .main-svg")
    assert page.url == f"{served.base}{NUCLEI}"
    assert text(page, "h1") == "nuclei/day 1"
    page.wait_for_function("document.title === 'nuclei/day 1 · parfocal'")
    page.go_back()
    page.wait_for_selector("#studies-list tbody tr")
    assert seen.elsewhere(served.base) == []


def test_the_heading_says_what_the_study_knows(finished: Path, serve: Serve, look: Looks) -> None:
    page = look().open(serve(finished).to(NUCLEI))
    study = Study.open(finished, "nuclei/day 1")
    assert study.best is not None
    tiles = text(page, "#study-tiles")
    assert f"trial {study.best.number}" in tiles
    assert f"{study.best.value:.6g}" in tiles
    assert "failed 6 6 error" in tiles
    assert "60 of 60" in tiles


def test_a_wrong_token_and_none_are_refused(finished: Path, serve: Serve, browser: Any) -> None:
    served = serve(finished)
    context = browser.new_context()
    page = context.new_page()
    for address in (served.base, f"{served.base}?token=wrong"):
        answer = page.goto(address)
        assert answer.status == 401
        assert "token" in page.inner_text("body")
    assert context.cookies() == []
    page.goto(served.link)
    (cookie,) = context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert served.token not in cookie["value"]
    assert page.goto(served.base).status == 200
    context.close()


def test_the_token_is_in_no_output(finished: Path, serve: Serve, look: Looks) -> None:
    served, seen = serve(finished), look()
    seen.open(served.to(NUCLEI))
    seen.page.close()
    output = served.stop()
    assert served.token not in output
    assert "Traceback" not in output


@pytest.mark.slow
def test_brushing_a_lane_chooses_trials_for_the_whole_page(finished: Path, serve: Serve, look: Looks) -> None:
    page = look().open(serve(finished).to(NUCLEI))
    page.wait_for_selector("#study-parallel-graph .parcoords .axis-brush .background-fill, .parcoords .axis-brush")
    page.wait_for_selector("#study-trials table")
    assert "of 60" in text(page, "#study-trials caption")
    lanes = page.locator("#study-parallel-graph .parcoords .axis-brush .background")
    title = page.text_content("#study-parallel-graph .parcoords .axis-title >> nth=0")
    lanes.nth(0).scroll_into_view_if_needed()
    box = lanes.nth(0).bounding_box()
    x, low, high = box["x"] + box["width"] / 2, box["y"] + 0.7 * box["height"], box["y"] + 0.4 * box["height"]
    page.mouse.move(x, low)
    page.mouse.down()
    page.mouse.move(x, (low + high) / 2, steps=4)
    page.mouse.move(x, high, steps=4)
    page.mouse.up()
    page.wait_for_selector("#study-chips .chip")
    said = text(page, "#study-chips")
    assert title.split()[0] in said
    count = int(re.match(r"(\d+) of 60 trials", said)[1])  # type: ignore[index]
    bounds = re.search(r": (-?[\d.]+) to (-?[\d.]+)", said)
    study = Study.open(finished, "nuclei/day 1")
    rows = rows_of(study.space, study.history)
    column = rows.coordinates[:, rows.columns([title.split()[0]])[0]]
    low_value, high_value = float(bounds[1]), float(bounds[2])  # type: ignore[index]
    expected = int(np.sum((column >= low_value * (1 - 1e-3) - 1e-6) & (column <= high_value * (1 + 1e-3) + 1e-6)))
    assert 0 < count < 60
    assert count == expected
    page.wait_for_function(f"document.querySelector('#study-trials caption').innerText.endsWith('of {count}')")
    page.wait_for_function("document.querySelector('#study-surface-note').innerText.includes('as chosen above')")
    page.locator("#study-chips .chip").first.click()
    page.wait_for_function("document.querySelector('#study-chips').innerText.startsWith('All 60')")
    page.wait_for_function("document.querySelector('#study-trials caption').innerText.endsWith('of 60')")


def test_a_condition_chooses_trials_and_a_wrong_one_says_why(finished: Path, serve: Serve, look: Looks) -> None:
    page = look().open(serve(finished).to(NUCLEI))
    page.wait_for_selector("#study-trials table")
    page.fill("#study-words", "sigma > 1 and smooth == 'gauss' and state == 'complete'")
    page.keyboard.press("Enter")
    page.wait_for_selector("#study-chips .chip")
    cells = page.locator("#study-trials tbody tr").all_inner_texts()
    study = Study.open(finished, "nuclei/day 1")
    found = [
        trial.number
        for trial in study.trials()
        if trial.configuration["sigma"] > 1
        and trial.configuration["smooth"] == "gauss"
        and trial.state.name == "COMPLETE"  # type: ignore[operator]
    ]
    page.wait_for_function(f"document.querySelector('#study-chips').innerText.startsWith('{len(found)} of 60')")
    page.wait_for_function(f"document.querySelectorAll('#study-trials tbody tr').length === {min(25, len(found))}")
    page.fill("#study-words", "sgima > 1")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#study-words-error').innerText.includes('sgima')")
    assert "sigma" in text(page, "#study-words-error")
    assert cells


def test_the_table_is_sorted_and_paged_by_buttons(finished: Path, serve: Serve, look: Looks) -> None:
    page = look().open(serve(finished).to(NUCLEI))
    page.wait_for_selector("#study-trials table")
    page.get_by_role("button", name="Sort by Trial").click()
    page.wait_for_function("document.querySelector('#study-trials tbody td').innerText === '0'")
    page.get_by_role("button", name="Last page").click()
    page.wait_for_function("document.querySelector('#study-trials caption').innerText === 'Trials 51 to 60 of 60'")
    page.get_by_role("button", name="Page before").click()
    page.wait_for_function("document.querySelector('#study-trials caption').innerText === 'Trials 26 to 50 of 60'")
    page.get_by_role("button", name="Sort by Trial").click()
    page.wait_for_function("document.querySelector('#study-trials tbody td').innerText === '59'")
    assert page.locator("#study-trials tbody a").first.get_attribute("href") == f"/{NUCLEI}/trial/59"


def test_every_part_opens(finished: Path, serve: Serve, look: Looks) -> None:
    page = look().open(serve(finished).to(NUCLEI))
    for part in page.locator("details.section").all():
        if part.get_attribute("open") is None:
            part.locator("summary").first.click()
        body = part.locator("xpath=.//*[substring(@id, string-length(@id) - 4) = '-body']")
        body.locator(".js-plotly-plot .main-svg, table, .plot svg").first.wait_for()
    assert "no objects" in text(page, "#study-failures-body")


@pytest.mark.slow
def test_it_follows_a_study_while_workers_run(tmp_path: Path, serve: Serve, look: Looks) -> None:
    study = fill(tmp_path / "live.db", 30, "live", budget=200)
    page = look().open(serve(tmp_path / "live.db").to("study/live"))
    assert "30 of 200" in text(page, "#study-tiles")
    page.evaluate("document.querySelector('#study-convergence .js-plotly-plot').marked = true")
    box = page.locator("#study-convergence .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 102, steps=5)
    page.mouse.up()
    figure = "document.querySelector('#study-convergence .js-plotly-plot')"
    wait_for(lambda: page.evaluate(f"{figure}.layout.xaxis.range")[1] < 20)
    zoomed = page.evaluate(f"{figure}.layout.xaxis.range")
    worker = threading.Thread(target=lambda: [(add(study, 10, seed), time.sleep(0.2)) for seed in range(17)])
    worker.start()
    wait_for(lambda: "200 of 200" in text(page, "#study-tiles"))
    worker.join()
    wait_for(lambda: "done" in text(page, "#study-tiles"))
    best = study.best
    assert best is not None
    wait_for(lambda: f"{best.value:.6g}" in text(page, "#study-tiles"))
    assert page.evaluate(f"{figure}.marked") is True  # changed in place
    assert page.evaluate(f"{figure}.layout.xaxis.range") == zoomed
    assert page.evaluate(f"Math.max(...{figure}.data.map(trace => Math.max(...trace.x)))") == 200
    wait_for(lambda: text(page, "#study-trials caption").endswith("of 200"))


def test_it_can_be_held_still(tmp_path: Path, serve: Serve, look: Looks) -> None:
    study = fill(tmp_path / "live.db", 30, "live", budget=60)
    page = look().open(serve(tmp_path / "live.db").to("study/live"))
    page.locator("#live input").uncheck()
    add(study, 10, 1)
    time.sleep(5)
    assert "30 of 60" in text(page, "#study-tiles")
    page.locator("#live input").check()
    wait_for(lambda: "40 of 60" in text(page, "#study-tiles"))


def test_a_new_study_appears_in_the_list(tmp_path: Path, serve: Serve, look: Looks) -> None:
    fill(tmp_path / "s.db", 5, "first")
    page = look().open(serve(tmp_path / "s.db").link, drawn=False)
    page.wait_for_selector("tbody tr")
    fill(tmp_path / "s.db", 5, "second")
    wait_for(lambda: page.locator("tbody tr").count() == 2)
    assert text(page, "tbody tr >> nth=0").startswith("second")  # the last change first


@pytest.mark.parametrize("n", [0, 1])
def test_a_study_without_results(tmp_path: Path, serve: Serve, look: Looks, n: int) -> None:
    study = fill(tmp_path / "s.db", 0, "empty")
    if n:
        study.storage.add(study.record.id, study.space.decode(study.space.sample(1, np.random.default_rng(0))), [0])
    page = look().open(serve(tmp_path / "s.db").to("study/empty"))
    assert "No evaluation has succeeded yet" in text(page, "#study-convergence")
    page.wait_for_selector("#study-trials caption")
    for part in page.locator("details.section").all():
        if part.get_attribute("open") is None:
            part.locator("summary").first.click()
    page.wait_for_timeout(1500)


def test_unknown_places_say_so(finished: Path, serve: Serve, look: Looks) -> None:
    served, seen = serve(finished), look()
    page = seen.open(served.to("study/nothing"), drawn=False)
    page.wait_for_selector(".notice")
    assert "There is no study 'nothing'" in text(page, "#page")
    page.goto(f"{served.base}nowhere/at/all/to/be/found")
    page.wait_for_selector(".notice")
    assert "no such page" in text(page, "#page")


@pytest.mark.parametrize("start", ["", NUCLEI])
def test_the_keyboard_reaches_all_controls(finished: Path, serve: Serve, look: Looks, start: str) -> None:
    page = look().open(serve(finished).to(start), drawn=bool(start))
    page.wait_for_selector("tbody tr")
    page.wait_for_load_state("networkidle")  # nothing is drawn anew while the controls are counted
    page.evaluate("document.activeElement.blur()")
    controls = page.evaluate(
        """() => Array.from(document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]'))
          .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0)
          .filter(e => !e.closest('.js-plotly-plot, [aria-hidden="true"]'))
          .map((e, i) => { e.dataset.control = i; return e.outerHTML.slice(0, 120) })"""
    )
    reached = []
    for _ in range(2 * len(controls)):
        page.keyboard.press("Tab")
        found = page.evaluate("document.activeElement.dataset.control ?? null")
        if found is not None and found not in reached:
            reached.append(found)
        if len(reached) == len(controls):
            break
    missed = [text for i, text in enumerate(controls) if str(i) not in reached]
    assert missed == []
    assert [int(each) for each in reached] == sorted(int(each) for each in reached)  # in the order of the page
    assert "Skip to the content" in controls[0]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(finished: Path, serve: Serve, look: Looks, width: int, scheme: str) -> None:
    served, seen = serve(finished), look(width, scheme)
    for path in ("", NUCLEI):
        page = seen.open(served.to(path), drawn=bool(path))
        page.wait_for_selector("tbody tr")
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(255, 255, 255)") == (scheme == "light")
    ink = page.evaluate("getComputedStyle(document.querySelector('#study-convergence .xtick text')).fill")
    assert ink == ("rgb(29, 33, 41)" if scheme == "light" else "rgb(230, 232, 236)")
