import importlib.util

import numpy as np
import pytest

from parfocal.errors import DataError, MissingPackage
from parfocal.images import write_image, write_labels, write_points
from parfocal.tasks import load
from parfocal.tasks.base import Instance
from parfocal.tasks.inputs import patches, sample_folder


def own_nuclei(folder, count=4, shape=(64, 80)):
    """Write images with one bright square each, and their label images."""
    for part in ("images", "masks"):
        (folder / part).mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        truth = np.zeros(shape, dtype=np.uint8)
        truth[10 : 30 + number, 10:40] = 7
        image = np.clip(rng.normal(20, 4, shape) + 120 * (truth > 0), 0, 255).astype(np.uint8)
        write_image(folder / "images" / f"cell{number}.tif", image)
        write_labels(folder / "masks" / f"cell{number}.png", truth)


def test_own_images_and_masks(tmp_path):
    own_nuclei(tmp_path)
    task = load("nuclei", images=str(tmp_path / "images"), masks=str(tmp_path / "masks"), patch=0)
    assert (len(task.train), len(task.held_out)) == (3, 1)
    result = task.evaluate({"sigma_gauss": 0.5, "area_min": 38, "area_max": 30_000})
    assert result.metrics["dice"] > 0.95
    assert set(result.scores) == {each.name for each in task.train}


def test_own_images_and_points(tmp_path):
    for part in ("images", "points"):
        (tmp_path / part).mkdir()
    for number in range(2):
        image, points = np.full((40, 50), 10, dtype=np.uint16), np.array([[10.0, 12.0], [30.0, 20.0 + number]])
        image[tuple(points.astype(int).T)] = 900
        write_image(tmp_path / "images" / f"{number}.tif", image)
        write_points(tmp_path / "points" / f"{number}.csv", points)
    task = load("spots", images=str(tmp_path / "images" / "*.tif"), points=str(tmp_path / "points"))
    assert task.evaluate({"sigma_log": 1.0, "c": 3.0}).metrics["f1"] == 1.0
    assert task.test({"sigma_log": 1.0, "c": 3.0}).metrics["f1"] == 1.0


def test_patches_cover_the_image_and_leave_out_remainders():
    image = np.arange(7 * 520 * 600).reshape(7, 520, 600)
    cut = patches(Instance("stack", image, image % 5), 256)
    assert [each.name for each in cut] == ["stack_y0_x0", "stack_y0_x256", "stack_y256_x0", "stack_y256_x256"]
    assert all(each.image.shape == each.truth.shape == (7, 256, 256) for each in cut)
    np.testing.assert_array_equal(cut[3].image, image[:, 256:512, 256:512])
    small = patches(Instance("small", image[0, :100], image[0, :100]), 256)
    assert [each.image.shape for each in small] == [(100, 256), (100, 256)]
    assert patches(Instance("whole", image, image), 0)[0].image is image


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: {"masks": None}, "need their masks"),
        (lambda folder: {"images": str(folder / "nowhere")}, "does not exist"),
        (lambda folder: (folder / "masks" / "cell1.png").unlink(), r"1 of 4 images .* have no masks .* \(cell1.tif\)"),
        (lambda folder: write_labels(folder / "masks" / "cell0.png", np.ones((9, 9), np.uint8)), "shape"),
    ],
)
def test_files_that_do_not_fit_are_one_sentence(tmp_path, change, words):
    own_nuclei(tmp_path)
    options = {"images": str(tmp_path / "images"), "masks": str(tmp_path / "masks"), "patch": 0}
    changed = change(tmp_path)
    options |= changed if isinstance(changed, dict) else {}
    with pytest.raises(DataError, match=words):
        load("nuclei", **options)


def test_without_stardist_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r"pip install 'parfocal\[demo\]'"):
        sample_folder()
