import itertools

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from parfocal.metrics import match_points
from parfocal.tasks.simulator import Scene, simulate
from parfocal.tasks.spots import detect, find_maxima, spots, subtract_background


def bumps(shape, points, sigma=1.5):
    image = np.zeros(shape)
    image[tuple(np.array(points).T)] = 1000.0
    return gaussian_filter(image, sigma)


@pytest.mark.parametrize(
    ("shape", "points"),
    [((40, 50), [(10, 12), (10, 20), (30, 44)]), ((16, 30, 30), [(5, 10, 12), (11, 22, 8)])],
)
def test_spots_are_found_where_they_are_in_any_number_of_axes(shape, points):
    found = detect(bumps(shape, points), sigma_log=1.5, c=3.0)
    np.testing.assert_array_equal(sorted(map(tuple, found)), sorted(points))


def test_a_higher_c_keeps_a_part_of_the_detections_and_the_highest_come_first():
    maxima = find_maxima(simulate(seed=1).image, 1.4)
    assert np.all(np.diff(maxima.heights) <= 0)
    counts = [len(maxima.above(c)) for c in (0.0, 1.0, 3.0, 6.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] > 0
    np.testing.assert_array_equal(maxima.above(3.0), maxima.above(1.0)[: counts[2]])


def test_the_threshold_is_mean_plus_c_standard_deviations_of_the_filtered_image():
    from scipy.ndimage import gaussian_laplace, maximum_filter

    image = simulate(seed=2).image.astype(float)
    filtered = -gaussian_laplace(image, 1.3)
    mask = (filtered == maximum_filter(filtered, size=3)) & (filtered > filtered.mean() + 4.0 * filtered.std())
    np.testing.assert_array_equal(
        sorted(map(tuple, detect(image, sigma_log=1.3, c=4.0))), sorted(map(tuple, np.argwhere(mask).astype(float)))
    )


def test_nothing_is_found_in_a_constant_image_and_the_image_stays():
    image = np.full((30, 30), 7, dtype=np.uint16)
    assert len(detect(image, sigma_log=1.0, c=1.0)) == 0
    assert np.all(image == 7)


def test_subtraction_removes_what_is_wide_and_keeps_what_is_narrow():
    narrow, wide = bumps((80, 80), [(40, 40)], 1.0), bumps((80, 80), [(20, 20)], 12.0) * 50
    left = subtract_background(narrow + wide, 4.0)
    assert left[40, 40] > 0.9 * narrow[40, 40]
    assert abs(left[20, 20]) < 0.3 * wide[20, 20]


def test_both_spaces_have_as_many_points_as_the_dense_grids_of_the_paper():
    small = {"shape": (40, 40), "particles": 5}
    assert spots(**small).space.size == len(spots(**small).space.grid()) == 35_000
    both = spots(subtract=True, **small)
    assert both.space.size == len(both.space.grid()) == 175_000


def test_the_grid_of_experiment_3_lies_within_that_of_experiment_2():
    two, three = (spots(subtract=subtract, shape=(40, 40), particles=5).space for subtract in (False, True))
    columns = three.decode_columns(three.grid().rows(0, 50 * 70))
    within = two.contains([{"sigma_log": s, "c": c} for s, c in zip(columns["sigma_log"], columns["c"], strict=True)])
    assert np.all(within)


@pytest.mark.parametrize("subtract", [False, True])
def test_scores_are_the_same_with_and_without_kept_prefixes(subtract):
    options = {"subtract": subtract, "shape": (90, 100), "particles": 20}
    cached, plain = spots(prefixes=2, **options), spots(prefixes=0, **options)
    configurations = cached.space.decode(cached.space.sample(12, np.random.default_rng(0)))
    for configuration in [*configurations, *configurations[::-1]]:
        assert cached.evaluate(configuration) == plain.evaluate(configuration)


def test_the_score_is_that_of_the_plain_function():
    task = spots()
    one = task.train[0]
    matching = match_points(one.truth, detect(one.image, sigma_log=1.4, c=4.3), 5.0)
    assert task.evaluate({"sigma_log": 1.4, "c": 4.3}).metrics["f1"] == matching.f1
    assert one.truth.shape == (128, 2)


def test_default_images_are_one_to_tune_on_and_another_one_held_out():
    task = spots()
    assert [each.name for each in task.train] == ["simulated_0"]
    assert [each.name for each in task.held_out] == ["simulated_1"]
    assert len(spots(count=8, shape=(30, 30), particles=2).held_out) == 2


def test_three_axes_are_no_rewrite():
    task = spots(shape=(12, 60, 60), particles=12)
    result = task.evaluate({"sigma_log": 1.5, "c": 3.0})
    assert result.metrics["f1"] > 0.3


@pytest.mark.slow
def test_the_simulated_images_are_as_hard_as_those_of_the_paper():
    """Best F1 around .87 over seeds, and background subtraction adds a little (the paper: .872 and .888)."""
    sigmas, thresholds = np.arange(0.8, 2.5, 0.1), np.arange(2.5, 6.5, 0.1)
    plain, subtracted = [], []
    for seed in range(4):
        made = simulate(Scene(), seed=seed)
        for best, widths in ((plain, [None]), (subtracted, [1.0, 1.5, 2.0, 3.0])):
            scores = []
            for sigma, width in itertools.product(sigmas, widths):
                image = made.image if width is None else subtract_background(made.image, width)
                maxima = find_maxima(image, sigma)
                scores += [match_points(made.points, maxima.above(c), 5.0).f1 for c in thresholds]
            best.append(max(scores))
    assert 0.82 < np.mean(plain) < 0.92
    gain = np.mean(subtracted) - np.mean(plain)
    assert 0.005 < gain < 0.06
