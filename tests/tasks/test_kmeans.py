import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import InvalidInput
from parfocal.tasks import kmeans


def lloyd(values, centre, iterations=300):
    """K-means pixel by pixel, as a textbook writes it."""
    centre = np.array(centre, dtype=float)
    for _ in range(iterations):
        nearest = np.abs(values[:, None] - centre).argmin(axis=1)
        moved = np.array(
            [values[nearest == k].mean() if (nearest == k).any() else centre[k] for k in range(len(centre))]
        )
        if np.array_equal(moved, centre):
            break
        centre = moved
    return centre


@given(st.integers(3, 80), st.integers(1, 4), st.integers(0, 2**31 - 1), st.sampled_from(["random", "k-means++"]))
def test_sorted_prefix_sums_give_what_the_textbook_gives(size, clusters, seed, initialization):
    values = np.random.default_rng(seed).gamma(1.0, 20.0, size)  # continuous: no pixel between two equally near centres
    clusters = min(clusters, size)
    start = kmeans.centres(values, clusters, initialization, np.random.default_rng(seed), iterations=0)
    assert set(start) <= set(values)
    got = kmeans.centres(values, clusters, initialization, np.random.default_rng(seed))
    np.testing.assert_allclose(got, np.sort(lloyd(values, start)))


def test_scikit_learn_finds_the_same_centres():
    from sklearn.cluster import KMeans

    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(10, 2, 4000), rng.normal(40, 5, 2000), rng.normal(90, 9, 1000)])
    got = kmeans.centres(values, 3, "k-means++", np.random.default_rng(0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = KMeans(3, n_init=5, random_state=0, tol=0).fit(values[:, None]).cluster_centers_.ravel()
    np.testing.assert_allclose(got, np.sort(theirs), rtol=1e-6)


@pytest.mark.parametrize("initialization", ["random", "k-means++"])
def test_the_same_generator_state_gives_the_same_centres_and_values_stay(initialization):
    values = np.random.default_rng(2).gamma(2.0, 20.0, (30, 40))
    before = values.copy()
    first, second = (kmeans.centres(values, 4, initialization, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(values, before)
    assert np.all(np.diff(first) >= 0)


def test_plusplus_starts_in_far_clusters_where_random_often_does_not():
    values = np.concatenate([np.zeros(10_000), np.full(20, 100.0), np.full(20, 200.0)])
    found = {
        name: sum(
            np.allclose(kmeans.centres(values, 3, name, np.random.default_rng(seed)), [0, 100, 200])
            for seed in range(20)
        )
        for name in ("random", "k-means++")
    }
    assert found["k-means++"] == 20
    assert found["random"] < 20


def test_labels_are_ordered_by_intensity():
    image = np.array([[0.0, 10.0], [4.9, 20.0]])
    np.testing.assert_array_equal(kmeans.assign(image, np.array([0.0, 10.0, 20.0])), [[0, 1], [0, 2]])


def test_a_constant_image_is_one_cluster():
    image = np.full((5, 5), 3.0)
    for name in ("random", "k-means++"):
        labels = kmeans.assign(image, kmeans.centres(image, 3, name, np.random.default_rng(0)))
        assert len(np.unique(labels)) == 1


def test_more_clusters_than_pixels_is_refused():
    with pytest.raises(InvalidInput, match="between 1 and the 4 pixels"):
        kmeans.centres(np.arange(4.0), 5, "random", np.random.default_rng(0))
