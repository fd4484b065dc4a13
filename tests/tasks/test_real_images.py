"""The tasks on annotated images from laboratories, where the environment variable PARFOCAL_DATA names them."""

import os
from pathlib import Path

import numpy as np
import pytest

from parfocal.images import read_grey, read_points
from parfocal.metrics import match_points
from parfocal.tasks import load
from parfocal.tasks.spots import find_maxima

DATA = Path(os.environ.get("PARFOCAL_DATA", "data-that-is-not-here"))
pytestmark = pytest.mark.skipif(
    not (DATA / "spots_insta").is_dir(),
    reason="the environment variable PARFOCAL_DATA names no folder of annotated images",
)


@pytest.mark.parametrize(("name", "least"), [("smfish_293t_tfrc", 0.87), ("beads_300", 0.95)])
def test_sef_finds_real_spots(name, least):
    image = read_grey(DATA / "spots_insta" / "images" / f"{name}.png").array
    truth = read_points(DATA / "spots_insta" / "points" / f"{name}.csv", "yx")
    maxima = find_maxima(image, 1.5)
    best = max(match_points(truth, maxima.above(c), 3.0).f1 for c in np.arange(0.5, 8.0, 0.25))
    assert best > least


def test_real_nuclei_in_patches_of_the_paper():
    folder = DATA / "nuclei_dsb2018"
    task = load("nuclei", images=str(folder / "images" / "*.png"), masks=str(folder / "masks"))
    count = len(task.train) + len(task.held_out)
    assert count > 60
    assert len(task.held_out) == round(count / 4)
    assert all(max(each.image.shape) <= 256 for each in task.train)
    first, second = task.evaluate({}), task.evaluate({"sigma_gauss": 1.0, "solidity": 0.4, "area_max": 30_000})
    assert set(first.scores) == {each.name for each in task.train}
    assert second.metrics["dice"] > max(first.metrics["dice"], 0.7)
    assert task.test({}).metrics["dice"] == pytest.approx(first.metrics["dice"], abs=0.2)
