import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.measure import regionprops

from parfocal.tasks import shapes


def blobs(shape, seed):
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 2.0)
    return noise > 0.7 * noise.std()


@pytest.mark.parametrize("shape", [(80, 90), (20, 40, 30)])
def test_moments_agree_with_scikit_image(shape):
    labels, count = shapes.components(blobs(shape, 0))
    regions = regionprops(labels)
    assert len(regions) == count > 5
    np.testing.assert_array_equal(shapes.areas(labels, count), [region.area for region in regions])
    np.testing.assert_allclose(shapes.extents(labels, count), [region.extent for region in regions])
    lengths = shapes.axis_lengths(labels, count)
    wide = np.array([region.area for region in regions]) > 20
    major = np.array([region.axis_major_length for region in regions])
    np.testing.assert_allclose(lengths[wide, 0], major[wide], rtol=1e-6)
    if len(shape) == 2:
        theirs = np.array([region.eccentricity for region in regions])
        np.testing.assert_allclose(shapes.eccentricities(labels, count)[wide], theirs[wide], rtol=1e-6)


def test_solidity_is_close_to_that_of_scikit_image_on_large_objects():
    labels, count = shapes.components(blobs((160, 160), 3))
    regions = regionprops(labels)
    large = [number for number, region in enumerate(regions) if region.area > 150]
    ours = shapes.solidities(labels, count)[large]
    theirs = np.array([regions[number].solidity for number in large])
    assert len(large) > 3
    np.testing.assert_allclose(ours, theirs, atol=0.03)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (1, 1, 1), (2, 3, 4)])
def test_boxes_are_solid(size):
    mask = np.pad(np.ones(size, dtype=bool), 1)
    labels, count = shapes.components(mask)
    np.testing.assert_allclose(shapes.solidities(labels, count), [1.0])
    np.testing.assert_allclose(shapes.extents(labels, count), [1.0])


def test_an_l_has_the_solidity_that_geometry_says():
    mask = np.zeros((12, 12), dtype=bool)
    mask[1:11, 1:3] = mask[9:11, 1:11] = True
    labels, count = shapes.components(mask)
    # 36 pixels; hull: the 10 x 10 square less the triangle with legs of 8
    np.testing.assert_allclose(shapes.solidities(labels, count), [36 / (100 - 32)])


@settings(max_examples=60, deadline=None)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=3, min_side=2, max_side=7)))
def test_every_measure_has_one_value_in_range_for_each_component(mask):
    labels, count = shapes.components(mask)
    assert shapes.areas(labels, count).sum() == mask.sum()
    for measure in (shapes.eccentricities, shapes.extents, shapes.solidities):
        values = measure(labels, count)
        assert values.shape == (count,)
        assert np.all((values >= 0) & (values <= 1))


@given(st.integers(0, 100))
def test_a_ring_is_less_solid_than_its_disc(seed):
    radius = 4 + seed % 7
    y, x = np.mgrid[-12:13, -12:13]
    disc = y**2 + x**2 <= radius**2
    ring = disc & (y**2 + x**2 > (radius - 2) ** 2)
    whole, hollow = (shapes.solidities(*shapes.components(mask))[0] for mask in (disc, ring))
    assert hollow < whole
