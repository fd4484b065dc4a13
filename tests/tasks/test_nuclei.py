import importlib.util
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from parfocal.errors import InvalidInput
from parfocal.metrics import soft_dice
from parfocal.tasks import shapes
from parfocal.tasks.base import Instance
from parfocal.tasks.nuclei import FEATURES, PARAMETERS, Segmenter, cluster, foreground, nuclei, objects
from parfocal.tasks.prefix import Prefix

FIXED = {"clusters": 3, "median": 3, "closing": 3, "seed": 0}
sample = pytest.mark.skipif(
    importlib.util.find_spec("stardist") is None,
    reason="stardist, whose wheel holds the sample image, is not installed",
)


def field_of_nuclei(shape=(96, 96), seed=0):
    """Round bright nuclei and dimmer ones on a dark background, with their truth."""
    rng = np.random.default_rng(seed)
    grid = np.indices(shape)
    truth = np.zeros(shape, dtype=np.int32)
    image = np.zeros(shape)
    centres = [(20, 20), (20, 70), (60, 30), (70, 75)] if len(shape) == 2 else [(8, 20, 20), (10, 40, 44)]
    for number, centre in enumerate(centres, start=1):
        inside = sum((axis - at) ** 2 for axis, at in zip(grid, centre, strict=True)) <= 7**2
        truth[inside] = number
        image[inside] = 60 + 50 * (number % 2)
    return gaussian_filter(image, 1.0) + rng.normal(10, 3, shape), truth


@pytest.mark.parametrize("shape", [(96, 96), (20, 64, 64)])
@pytest.mark.parametrize("initialization", ["random", "k-means++"])
def test_nuclei_are_found_in_two_and_three_axes(shape, initialization):
    image, truth = field_of_nuclei(shape)
    clusters = cluster(image, sigma_gauss=1.0, initialization=initialization, **FIXED)
    assert set(np.unique(clusters)) == {0, 1, 2}
    found = objects(foreground(clusters, "axis-length")).kept(100, 100_000, 0.5)
    assert soft_dice(truth > 0, found) > 0.85


def test_clusters_are_deterministic_and_the_image_stays():
    image, _ = field_of_nuclei()
    before = image.copy()
    first, second = (cluster(image, sigma_gauss=2.0, initialization="random", **FIXED) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(image, before)


def test_median_and_closing_remove_specks_and_holes():
    image = np.zeros((40, 40))
    image[10:30, 10:30] = 100
    image[3, 3] = 100
    image[20, 20] = 0
    rough = cluster(image, sigma_gauss=0, initialization="k-means++", clusters=2, median=1, closing=1)
    clean = cluster(image, sigma_gauss=0, initialization="k-means++", clusters=2, median=3, closing=3)
    assert rough[3, 3] == 1
    assert rough[20, 20] == 0
    assert clean[3, 3] == 0
    assert clean[20, 20] == 1


@pytest.mark.parametrize("feature", FEATURES)
def test_the_foreground_lies_on_one_side_of_the_mean_over_clusters(feature):
    image, _ = field_of_nuclei(seed=3)
    clusters = cluster(image, sigma_gauss=1.0, initialization="k-means++", **FIXED)
    chosen = foreground(clusters, feature)
    measure, side = FEATURES[feature]
    values = []
    for number in range(3):
        labels, count = shapes.components(clusters == number)
        pixels = np.concatenate([np.zeros(1), measure(labels, count)])[labels[labels > 0]]
        values.append(pixels.mean())
    for number in range(3):
        expected = side * (values[number] - np.mean(values)) > 0
        assert np.all(chosen[clusters == number] == expected)


def test_a_constant_image_has_no_nuclei():
    clusters = cluster(np.full((20, 20), 5.0), sigma_gauss=0, initialization="random", **FIXED)
    assert not foreground(clusters, "axis-length").any()


def test_objects_are_kept_within_their_thresholds():
    mask = np.zeros((30, 30), dtype=bool)
    mask[1:5, 1:5] = True  # 16 pixels, solid
    mask[10:20, 10:12] = mask[18:20, 10:20] = True  # an L of 36 pixels
    found = objects(mask)
    assert sorted(found.areas) == [16, 36]
    np.testing.assert_array_equal(found.kept(1, 100, 0.0), mask)
    assert found.kept(17, 100, 0.0).sum() == 36
    assert found.kept(1, 35, 0.0).sum() == 16
    assert found.kept(16, 36, 0.9).sum() == 16
    assert found.kept(37, 100, 0.0).sum() == 0


def test_scores_are_the_same_with_and_without_kept_prefixes():
    image, truth = field_of_nuclei()
    one = Instance("field", image, truth)
    cached, plain = Segmenter(partial(cluster, **FIXED), Prefix(3)), Segmenter(partial(cluster, **FIXED), Prefix(0))
    space = nuclei_space()
    configurations = space.decode(space.sample(15, np.random.default_rng(1)))
    for configuration in [*configurations, *configurations[::-1]]:
        assert cached.score(one, configuration) == plain.score(one, configuration)
        np.testing.assert_array_equal(cached.mask(one, configuration), plain.mask(one, configuration))


def nuclei_space():
    from parfocal.space import Space
    from parfocal.tasks.nuclei import CONSTRAINTS

    return Space(PARAMETERS, CONSTRAINTS)


def test_the_space_has_as_many_points_as_the_dense_grid_of_the_paper():
    space = nuclei_space()
    assert space.size == len(space.grid()) == 17_388
    assert len(space.grid(198)) <= 198
    rows = space.decode(space.sample(200, np.random.default_rng(0)))
    assert all(row["area_min"] < row["area_max"] for row in rows)


@sample
def test_the_sample_image_comes_in_four_patches_and_one_is_held_out():
    task = nuclei()
    assert len(task.train) == 3
    assert len(task.held_out) == 1
    assert all(each.image.shape == each.truth.shape == (256, 256) for each in (*task.train, *task.held_out))


@sample
def test_the_sample_image_is_read_without_importing_its_package():
    code = "import sys; from parfocal.tasks import load; load('nuclei'); print('stardist' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@sample
def test_the_best_known_settings_beat_the_default_on_both_sides_of_the_split():
    task = nuclei()
    better = {"sigma_gauss": 0.5, "area_max": 7900, "solidity": 0.4}
    assert task.evaluate(better).metrics["dice"] > task.evaluate({}).metrics["dice"] + 0.1 > 0.6
    assert task.test(better).metrics["dice"] > task.test({}).metrics["dice"]
    each = task.train[0]
    mask = task.score(each, task.complete(better))
    assert mask.dice == task.evaluate(better).scores[each.name]["dice"]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"clusters": 1}, "between 2 and 255"), ({"median": 0}, "median"), ({"closing": 0}, "closing")],
)
def test_impossible_pipelines_are_refused(options, words):
    with pytest.raises(InvalidInput, match=words):
        nuclei(**options)
