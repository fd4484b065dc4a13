"""Trials, galleries and comparisons as a person sees them: in a real browser, on real overlays."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from parfocal.dashboard import cards
from parfocal.dashboard.pages import gallery
from parfocal.dashboard.pages.compare import studies_query, trials_query
from parfocal.dashboard.pages.gallery import Wish
from parfocal.dashboard.place import link
from parfocal.dashboard.source import Source
from parfocal.errors import InvalidInput, StorageError
from parfocal.space import Float
from parfocal.storage import open_storage
from parfocal.study import Study
from parfocal.trials import Outcome, Reason
from tests.dashboard.served import TOKEN, serving, spots

NAMES = ("spots, day 1/a", "spots local")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a database with two studies of spots, one of another objective, and a trial that failed."""
    path = tmp_path_factory.mktemp("gallery") / "s.db"
    spots(path, NAMES[0], n=40).storage.close()
    spots(path, NAMES[1], optimizer="local", n=20, seed=1).storage.close()
    study = Study({"x": Float(0, 1, default=0.5)}, "minimize rmse [px]", storage=path, name="other")
    storage, record = study.storage, study.record
    storage.add(record.id, [{"x": 0.1}, {"x": 0.2}, {"x": 0.3}], [1, 2, 3])
    storage.claim(record.id, "w", 2)
    failed = Outcome.failed(Reason.ERROR, "ValueError: <b>no objects</b> & so on", log="line 1\n<i>line 2</i>")
    good = Outcome.complete({"rmse": 0.25}, runtime=0.5)
    storage.report(record.id, "w", [(0, 1, good, 0.25), (1, 1, failed, float("nan"))])
    storage.close()
    return path


@pytest.fixture(scope="module")
def served(place):
    with serving(place) as (url, _):
        yield url


@pytest.fixture(scope="module")
def editing(place):
    with serving(place, edit=True) as (url, _):
        yield url


@pytest.fixture
def source(place):
    made = Source(str(place), edit=True)
    yield made
    made.close()


def go(page, url, path, token=TOKEN):
    """Open a page with the token, and wait until no picture in sight is still drawn."""
    page.goto(f"{url}{path}{'&' if '?' in path else '?'}token={token}")
    page.wait_for_selector("h1")
    settle(page)


def settle(page, seconds=60):
    page.wait_for_function(
        "() => { const seen = [...document.querySelectorAll('.overlay')].filter(e => {"
        "  const b = e.getBoundingClientRect(); return b.bottom > 0 && b.top < innerHeight; });"
        "  return seen.every(e => e.dataset.state === 'there' || e.dataset.state === 'failed'); }",
        timeout=1000 * seconds,
    )


def widths(page):
    """Return the real width of each picture in sight."""
    return page.evaluate("[...document.querySelectorAll('.overlay[data-state=there] img')].map(i => i.naturalWidth)")


def another_process_sees(place, study):
    """Return the tags that a process of its own reads."""
    code = (
        "import sys; from parfocal.storage import open_storage; s = open_storage(sys.argv[1], readonly=True)\n"
        "print([(t.number, t.tag, t.image, t.author) for t in s.tags(s.open_study(sys.argv[2]).id)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(place), study], capture_output=True, text=True, timeout=60, check=True
    )
    return eval(done.stdout)


# ---------------------------------------------------------------- in a browser


@pytest.mark.slow
def test_the_page_of_a_trial_shows_overlay_numbers_and_origin(served, look):
    page = look().page
    go(page, served, link("/", "study", NAMES[0], "trial", 7))
    page.wait_for_selector("#trial-shown .overlay[data-state=there]")
    assert widths(page)[0] > 700, "a real overlay was drawn"
    text = page.inner_text("main")
    for said in ("Trial 7", "complete", "of 40", "sigma_log (px)", "best (trial", "default", "Scores of 3 images"):
        assert said in text, said
    page.click("#trial-provenance summary")
    assert "random" in page.inner_text("#trial-provenance") and "seed" in page.inner_text("#trial-provenance")
    page.click("#trial-repeat summary")
    assert "parfocal evaluate trial-000007.json" in page.inner_text("#trial-repeat")
    assert page.locator("button.tag.good").is_disabled() and "--edit" in text
    page.wait_for_selector("#trial-scores .main-svg")
    assert page.locator("#trial-scores .bars .point").count() == 3
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('h1').innerText.includes('Trial 8')")
    assert page.url.endswith("/trial/8")
    page.click("nav.beside >> text=compare with the best")
    page.wait_for_function("document.querySelector('h1').innerText.includes('Compare')")
    assert "trial 8" in page.inner_text("main")


@pytest.mark.slow
def test_the_default_can_be_shown_beside(served, look):
    page = look().page
    go(page, served, link("/", "study", NAMES[0], "trial", 7))
    page.wait_for_selector("#trial-shown .overlay[data-state=there]")
    page.click("#trial-beside")
    page.click("text=beside the default")
    page.wait_for_function("document.querySelectorAll('#trial-shown .overlay[data-state=there]').length === 2")
    assert "default" in page.inner_text("#trial-shown")


def test_a_trial_that_failed_says_why(served, look):
    page = look().page
    go(page, served, "/study/other/trial/1")
    text = page.inner_text("main")
    assert "error: ValueError: <b>no objects</b> & so on" in text and "<i>line 2</i>" in text
    assert "let the evaluation write an image" in text
    assert "run it there" in page.text_content("#trial-repeat")


def test_a_trial_that_does_not_exist_is_one_sentence(served, look):
    page = look().page
    for path, said in (("/study/other/trial/77", "no trial 77"), ("/study/other/trial/x", "no trial x")):
        page.goto(f"{served}{path}?token={TOKEN}")
        page.wait_for_selector("main .notice")
        assert said in page.inner_text("main")


@pytest.mark.slow
def test_a_trial_that_ends_is_shown_without_a_click(place, served, look):
    storage = open_storage(place)
    record = storage.open_study("other")
    page = look().page
    go(page, served, "/study/other/trial/2")
    assert "waiting" in page.inner_text("h1")
    storage.claim(record.id, "w", 1)
    storage.report(record.id, "w", [(2, 1, Outcome.complete({"rmse": 0.125}), 0.125)])
    storage.close()
    page.wait_for_function("document.querySelector('h1').innerText.includes('complete')", timeout=15000)
    assert "0.125" in page.inner_text("main")


@pytest.mark.slow
def test_the_gallery_draws_what_is_looked_at_and_tags_by_click_and_key(place, editing, look):
    page = look().page
    go(page, editing, link("/", "study", NAMES[0], "gallery"))
    page.wait_for_selector(".card .overlay[data-state=there]")
    settle(page)
    assert all(width <= 320 for width in widths(page)), "small pictures"
    numbers = [int(text.split()[1]) for text in page.locator(".card figcaption b").all_inner_texts()]
    storage = open_storage(place)
    study = Study.open(storage, NAMES[0])
    best = sorted(range(40), key=lambda number: (study.history.loss[number], number))
    assert numbers[: gallery.PAGE] == best[: gallery.PAGE], "the best first"
    first, second = page.locator(".card").nth(0), page.locator(".card").nth(1)
    page.fill("#author", "Ann")
    page.keyboard.press("Tab")
    first.locator("button.good").click()
    page.wait_for_selector(".card button.good[aria-pressed=true]")
    first.focus()
    page.keyboard.press("ArrowRight")
    assert second.evaluate("e => e === document.activeElement")
    page.keyboard.press("b")
    page.wait_for_selector(".card button.bad[aria-pressed=true]")
    assert another_process_sees(place, NAMES[0]) == sorted(
        [(best[0], "good", "simulated_0", "Ann"), (best[1], "bad", "simulated_0", "Ann")]
    )
    page.keyboard.press("g")
    page.wait_for_function("document.querySelectorAll('.card button.good[aria-pressed=true]').length === 2")
    assert {tag[1] for tag in another_process_sees(place, NAMES[0])} == {"good"}, "good and bad exclude each other"
    page.keyboard.press("g")
    page.wait_for_function("document.querySelectorAll('.card button.good[aria-pressed=true]').length === 1")
    page.click("#gallery-tag")
    page.click(".dash-dropdown-option:has-text('good') >> nth=0")
    page.wait_for_function("document.querySelectorAll('.card').length === 1")
    page.locator(".card").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('h1').innerText.includes('Trial')")
    assert "good on simulated_0 (Ann)" in page.inner_text(".tagging")
    storage.untag(study.record.id, best[0], "good", "simulated_0")
    storage.close()


@pytest.mark.slow
def test_scrolling_down_adds_cards(served, look):
    page = look().page
    go(page, served, link("/", "study", NAMES[0], "gallery"))
    page.wait_for_selector(".card")
    assert page.locator(".card").count() == gallery.PAGE
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("document.querySelectorAll('.card').length === 40", timeout=60000)
    assert page.locator("#gallery-more").is_hidden()


@pytest.mark.slow
def test_who_only_shows_refuses_to_tag(place, served, editing, look):
    page, pressed = look().page, []
    page.on("request", lambda request: "tag-good" in (request.post_data or "") and pressed.append(request.post_data))
    go(page, editing, link("/", "study", NAMES[0], "gallery", picture="image:simulated_1"))
    page.locator(".card button.good").first.click()
    page.wait_for_selector(".card button.good[aria-pressed=true]")
    page.locator(".card button.good").first.click()
    page.wait_for_function("document.querySelectorAll('button.good[aria-pressed=true]').length === 0")
    go(page, served, link("/", "study", NAMES[0], "gallery", picture="image:simulated_1"))
    page.wait_for_selector(".card")
    assert page.locator(".card button.good").first.is_disabled()
    assert cards.READ_ONLY in page.inner_text("main")
    page.locator(".card").first.focus()
    page.keyboard.press("g")
    headers = {"Content-Type": "application/json"}  # as somebody might who does not care for the buttons
    answer = page.request.post(f"{served}/_dash-update-component", data=pressed[0], headers=headers)
    assert answer.status == 200 and "--edit" in answer.text()
    assert not [tag for tag in another_process_sees(place, NAMES[0]) if tag[2] == "simulated_1"]


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_trials_and_studies_are_compared(served, look, width):
    page = look(width).page
    query = trials_query([(NAMES[0], 3), (NAMES[1], 5), (NAMES[0], 4)])
    go(page, served, link("/", "compare", trials=query))
    page.wait_for_function("document.querySelectorAll('#compare-shown figure').length === 3")
    settle(page)
    assert page.locator(".compare mark").count() >= 2, "what differs is marked"
    page.wait_for_selector("#compare-scores .main-svg")
    assert page.locator("#compare-scores .bars .point").count() == 9
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    go(page, served, link("/", "compare", studies=studies_query([*NAMES, "other"])))
    page.wait_for_selector("#compare-curves-1 .main-svg")
    text = page.inner_text("main")
    assert "different objectives: each has axes of its own" in text
    assert page.locator("#compare-curves-0 .scatterlayer .trace").count() >= 2, "the two of one objective share axes"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_trials_of_different_studies_are_told_apart(served, look):
    page = look().page
    go(page, served, link("/", "compare", trials=trials_query([(NAMES[0], 3), ("other", 0)])))
    page.wait_for_function("document.querySelectorAll('#compare-shown figure').length === 2")
    settle(page)
    text = page.inner_text("main")
    for said in ("different objectives", "spaces of these studies differ", "This trial has no such picture"):
        assert said in text
    assert "not active" not in text


@pytest.mark.slow
def test_the_process_that_draws_dies_and_the_page_goes_on(place, look):
    from parfocal.dashboard.overlays import overlays_of

    with serving(place) as (url, source):
        page = look().page
        go(page, url, link("/", "study", NAMES[0], "trial", 1))
        page.wait_for_selector("#trial-shown .overlay[data-state=there]")
        os.kill(overlays_of(source).studio._isolated._process.pid, signal.SIGKILL)
        go(page, url, link("/", "study", NAMES[0], "trial", 2))
        page.wait_for_selector("#trial-shown .overlay[data-state=there]", timeout=60000)


# ---------------------------------------------------------------- without one


def cards_of(source, **values):
    found, said, more = gallery.gallery(source, Wish.of({"study": NAMES[0], "picture": "image:simulated_0", **values}))
    return [card.trial for card in found], said, more, found


def test_the_cards_of_a_wish(source):
    view = source.view(NAMES[0])
    order = sorted(range(40), key=lambda number: (view.history.loss[number], number))
    numbers, said, more, found = cards_of(source)
    assert numbers == order[:24] and more and "24 of 40 trials" in said
    assert re.fullmatch(r"f1 [\d.]+", found[0].line)
    assert re.fullmatch(r"rank 1 · this image alone [\d.]+", found[0].more)
    assert cards_of(source, show="worst")[0] == order[::-1][:24]
    even, _, more, _ = cards_of(source, show="even")
    assert len(even) == 24 and (even[0], even[-1]) == (order[0], order[-1]) and not more
    assert cards_of(source, count="40")[0] == order and not cards_of(source, count="40")[2]
    for wrong in ({"show": "x"}, {"count": "x"}, {"trial": "x"}, {"trial": "²"}):
        assert cards_of(source, **wrong)[0] == order[:24]


def test_tags_choose_cards(source):
    record = source.view(NAMES[0]).record
    source.change(lambda storage: storage.tag(record.id, 7, "odd", "simulated_0"))
    source.change(lambda storage: storage.tag(record.id, 9, "odd"))
    source.change(lambda storage: storage.tag(record.id, 11, "odd", "simulated_2"))
    try:
        assert sorted(cards_of(source, tag="odd")[0]) == [7, 9], "on this image, or on the trial as a whole"
        assert not {7, 9} & set(cards_of(source, tag="untagged", count="99")[0])
        assert len(cards_of(source, tag="untagged", count="99")[0]) == 38
        assert [card.tags for card in cards_of(source, tag="odd")[3] if card.trial == 7] == [("odd",)]
        assert cards_of(source, tag="none such")[0] == []
        assert [card.picture.name for card in cards_of(source, trial="11", tag="odd")[3]] == ["simulated_2"]
    finally:
        for number, image in ((7, "simulated_0"), (9, ""), (11, "simulated_2")):
            source.change(lambda storage, n=number, i=image: storage.untag(record.id, n, "odd", i))


def test_all_images_of_a_trial_come_worst_first(source):
    numbers, said, more, found = cards_of(source, trial="5")
    scores = [float(card.line.split()[-1]) for card in found if card.line]
    assert set(numbers) == {5} and "trial 5" in said and not more and scores == sorted(scores)
    assert "no trial 99" in cards_of(source, trial="99")[1]


def test_a_press_gives_takes_and_exchanges(source):
    record = source.view(NAMES[1]).record
    name = NAMES[1]
    assert cards.press(source, name, 3, "a.tif", "good", " Ann ") == ["good"]
    assert cards.press(source, name, 3, "", "bad", "") == ["bad"]
    assert cards.press(source, name, 3, "a.tif", "bad", "") == ["bad"]
    tags = source.read(lambda storage: storage.tags(record.id))
    assert [(tag.image, tag.tag, tag.author) for tag in tags] == [("", "bad", ""), ("a.tif", "bad", "")]
    for image in ("", "a.tif"):
        assert cards.press(source, name, 3, image, "bad", "") == []
    with pytest.raises(StorageError, match="no trial 999"):
        cards.press(source, name, 999, "", "good", "")


def test_a_source_that_only_shows_changes_nothing(place):
    source = Source(str(place))
    with pytest.raises(InvalidInput, match="--edit"):
        cards.press(source, NAMES[1], 3, "", "good", "")
    source.close()


def test_a_study_without_results_says_so(tmp_path):
    study = Study({"x": Float(0, 1)}, storage=tmp_path / "s.db", name="new")
    study.storage.close()
    source = Source(str(tmp_path / "s.db"))
    from parfocal.dashboard.place import Place

    page = gallery.layout(source, Place("/", {"study": "new"}))
    assert "No trial is complete yet" in str(page)
    source.close()


def test_a_gallery_of_many_trials_is_quick(tmp_path):
    study = Study({"x": Float(0, 1)}, storage=tmp_path / "s.db", name="many")
    storage, record, n = study.storage, study.record, 5000
    storage.add(record.id, [{"x": k / n} for k in range(n)], range(n))
    claimed = storage.claim(record.id, "w", n)
    storage.report(
        record.id, "w", [(t.number, 1, Outcome.complete({"loss": t.number / n}), t.number / n) for t in claimed]
    )
    storage.close()
    source = Source(str(tmp_path / "s.db"))
    source.view("many")
    begin = time.monotonic()
    found, _, more = gallery.gallery(source, Wish.of({"study": "many", "picture": "image:a"}))
    assert len(found) == gallery.PAGE and more
    assert time.monotonic() - begin < 5.0
    source.close()
