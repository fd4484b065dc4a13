"""Drawings are made in another process that may die, hang or be asked for too much; what serves never waits for it."""

import os
import signal
import time

import numpy as np
import PIL.Image
import pytest

from parfocal.dashboard import drawing
from parfocal.dashboard.studio import JPEG, NAMES, PNG, Studio
from parfocal.evaluation import processes

SPOTS = '{"kind": "task", "name": "spots", "options": {"shape": [60, 80], "particles": 8, "count": 2}}'
HANGING = '{"kind": "task", "name": "spots", "options": {"shape": [60, 80], "particles": 8, "count": 100000}}'


def overlay(c=3.0, evaluation=SPOTS, image="simulated_1"):
    return {
        "do": "overlay", "evaluation": evaluation, "configuration": {"sigma_log": 1.5, "c": c}, "title": "t",
        "image": image,
    }  # fmt: skip


@pytest.fixture
def studio():
    made = Studio()
    yield made
    made.close()


def child_of(studio):
    return studio._isolated._process.pid


def test_a_drawing_is_made_once_in_full_and_small(studio, tmp_path):
    full = studio.ask("a", overlay(), PNG, 60)
    assert full.content.startswith(b"\x89PNG"), full.error
    begin = time.monotonic()
    small = studio.ask("a", overlay(), JPEG, 60)
    assert time.monotonic() - begin < 0.1, "both are made by one drawing"
    (tmp_path / "a.jpg").write_bytes(small.content)
    (tmp_path / "a.png").write_bytes(full.content)
    with PIL.Image.open(tmp_path / "a.jpg") as thumbnail, PIL.Image.open(tmp_path / "a.png") as picture:
        assert max(thumbnail.size) == 320
        assert picture.width > 700
        assert abs(thumbnail.width / thumbnail.height - 80 / 60) < 0.02, "only the panel, without title and legend"
    names = studio.ask("n", {"do": "images", "evaluation": SPOTS}, NAMES, 60)
    assert b'"held out": ["simulated_1"]' in names.content


def test_who_asks_does_not_wait_and_hears_how_many_are_ahead(studio):
    begin = time.monotonic()
    answers = [studio.ask(str(k), overlay(2 + k / 10), PNG) for k in range(3)]
    assert time.monotonic() - begin < 0.2
    assert [each.ahead for each in answers] == [0, 1, 2]
    assert all(each.content is None and not each.error for each in answers)
    assert all(studio.ask(str(k), overlay(2 + k / 10), PNG, 60).content for k in range(3))


def test_what_was_asked_for_last_is_drawn_first(studio):
    assert studio.ask("warm", overlay(), PNG, 60).content
    for k in range(8):
        studio.ask(str(k), overlay(2 + k / 10), PNG)
        time.sleep(0.01)
    assert studio.ask("7", overlay(2.7), PNG, 60).content
    assert studio.ask("1", overlay(2.1), PNG).content is None


def test_a_process_that_is_killed_is_replaced_and_the_drawing_made(studio):
    assert studio.ask("a", overlay(), PNG, 60).content
    first = child_of(studio)
    os.kill(first, signal.SIGKILL)
    answer = studio.ask("b", overlay(2.0), PNG, 60)
    assert answer.content, answer.error
    assert child_of(studio) != first


def test_a_process_that_is_killed_while_it_draws_is_replaced(studio):
    assert studio.ask("a", overlay(), PNG, 60).content
    first = child_of(studio)
    os.kill(first, signal.SIGSTOP)  # so that it is certainly at work
    studio.ask("b", overlay(2.0), PNG)
    time.sleep(0.3)
    os.kill(first, signal.SIGKILL)
    assert studio.ask("b", overlay(2.0), PNG, 60).content


def test_a_drawing_that_hangs_ends_by_its_limit_and_others_are_made():
    studio = Studio(limit=4.0)
    try:
        answer = studio.ask("h", overlay(evaluation=HANGING), PNG, 60)
        assert "not finished after 4 s" in answer.error
        assert studio.ask("h", overlay(evaluation=HANGING), PNG).error == answer.error, "it is not tried again at once"
        answer = studio.ask("a", overlay(), PNG, 60)
        assert answer.content, answer.error
    finally:
        studio.close()


def test_what_is_wrong_is_one_sentence(studio):
    answer = studio.ask("a", overlay(image="missing.tif"), PNG, 60)
    assert "has no image 'missing.tif': it has simulated_1, simulated_0" in answer.error
    first = child_of(studio)
    python = '{"kind": "python", "function": "os:system"}'
    assert "artifact" in studio.ask("b", overlay(evaluation=python), PNG, 60).error
    assert child_of(studio) == first, "no new process for an error"


def test_pictures_that_were_asked_for_longest_ago_go_when_there_is_no_more_room():
    studio = Studio(most=1)
    try:
        assert studio.ask("a", overlay(), PNG, 60).content
        assert studio.ask("b", overlay(2.0), PNG, 60).content
        assert studio.ask("a", overlay(), PNG).content is None
        kept = {name.rpartition(".")[0] for name in os.listdir(studio._folder) if name[0] in "ab"}
        assert kept == {"b"}
    finally:
        studio.close()


def test_what_nobody_asks_for_any_more_is_not_drawn(studio, monkeypatch):
    from parfocal.dashboard import studio as module

    monkeypatch.setattr(module, "_FORGET", 0.5)
    assert studio.ask("a", overlay(), PNG, 60).content
    os.kill(child_of(studio), signal.SIGSTOP)
    studio.ask("b", overlay(2.0), PNG)
    time.sleep(0.2)
    studio.ask("c", overlay(2.1), PNG)
    time.sleep(0.8)
    os.kill(child_of(studio), signal.SIGCONT)
    assert studio.ask("b", overlay(2.0), PNG, 60).content
    time.sleep(0.5)
    assert "c" not in studio._kept and "c" not in studio._wanted


def test_the_end_takes_process_and_pictures_along():
    studio = Studio()
    assert studio.ask("a", overlay(), PNG, 60).content
    pid, folder = child_of(studio), studio._folder
    begin = time.monotonic()
    studio.close()
    assert time.monotonic() - begin < 5
    assert not os.path.exists(folder)
    assert pid not in processes.tree(os.getpid())
    assert "end" in studio.ask("a", overlay(), PNG).error
    assert not os.path.exists(folder), "nor does a late question make it again"


def test_images_of_microscopes_become_pictures(studio, tmp_path):
    import tifffile

    stack = np.arange(5 * 50 * 60, dtype=np.uint16).reshape(5, 50, 60)
    tifffile.imwrite(tmp_path / "stack.tif", stack, photometric="minisblack")
    order = {"do": "picture", "file": str(tmp_path / "stack.tif")}
    answer = studio.ask("p", order, PNG, 60)
    assert answer.content.startswith(b"\x89PNG"), answer.error
    (tmp_path / "no.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    answer = studio.ask("q", {"do": "small", "file": str(tmp_path / "no.png")}, JPEG, 60)
    assert "no picture that can be shown" in answer.error


def test_the_orders_are_those_that_files_are_known_of():
    from parfocal.dashboard.studio import FILES

    assert set(FILES) == set(drawing._ORDERS)


def test_a_studio_of_which_nobody_asks_anything_leaves_nothing_behind():
    studio = Studio()
    assert studio._temporary is None
    studio.close()
    assert studio._temporary is None


def test_a_folder_that_was_swept_is_made_again(studio):
    import shutil

    assert studio.ask("a", overlay(), PNG, 60).content
    shutil.rmtree(studio._folder)
    assert studio.ask("a", overlay(), PNG, 60).content
