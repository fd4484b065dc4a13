import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from parfocal.errors import InvalidInput
from parfocal.tasks.simulator import Optics, Scene, simulate


def test_the_default_scene_is_that_of_the_paper():
    made = simulate()
    assert made.image.shape == (355, 447)
    assert made.image.dtype == np.uint16
    assert made.points.shape == (128, 2)
    assert made.image.max() < 65535
    assert pdist(made.points).min() >= Scene().separation


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from([(40, 50), (64, 33), (8, 40, 44)]), st.integers(0, 6), st.integers(0, 4), st.integers(0, 2**31 - 1)
)
def test_any_size_and_number_of_axes(shape, particles, vesicles, seed):
    scene = Scene(shape=shape, particles=particles, vesicles=vesicles)
    first, second = (simulate(scene, seed=seed) for _ in range(2))
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.points, second.points)
    assert first.image.shape == shape
    assert first.points.shape == (particles, len(shape))
    assert first.vesicles.shape == (vesicles, len(shape))
    assert np.all((first.points >= 0) & (first.points <= np.array(shape) - 1))


def test_seeds_differ_and_particles_do_not_move_the_cells():
    one, two = simulate(seed=1), simulate(seed=2)
    assert not np.array_equal(one.image, two.image)
    few = simulate(Scene(particles=5), seed=1)
    np.testing.assert_array_equal(few.cells, one.cells)
    np.testing.assert_array_equal(few.vesicles, one.vesicles)


def test_noise_follows_the_camera():
    scene = Scene(shape=(300, 300), particles=0, vesicles=0, background=50.0, cell=0.0)
    optics = Optics(offset=200.0, gain=1.5, read_noise=3.0)
    image = simulate(scene, optics, seed=3).image.astype(float)
    assert image.mean() == pytest.approx(200 + 1.5 * 50, abs=0.2)
    # shot noise and read noise through the gain, and the rounding to whole counts
    assert image.var() == pytest.approx(1.5**2 * (50 + 9) + 1 / 12, rel=0.03)


def test_a_particle_brings_its_electrons_at_its_place():
    scene = Scene(
        shape=(61, 61), particles=1, vesicles=0, background=0.0, cell=0.0, brightness=2e5, spread=0.0, jitter=0.0
    )
    optics = Optics(offset=0.0, gain=1.0, read_noise=0.0, pixel=0.05)
    every = (simulate(scene, optics, seed=seed) for seed in range(50))
    made = next(each for each in every if np.all((each.points > 15) & (each.points < 45)))
    image = made.image.astype(float)
    assert image.sum() == pytest.approx(2e5, rel=0.01)
    centre = [(image * axis).sum() / image.sum() for axis in np.indices(image.shape)]
    np.testing.assert_allclose(centre, made.points[0], atol=0.05)
    width = np.sqrt(((np.indices(image.shape)[0] - centre[0]) ** 2 * image).sum() / image.sum())
    expected = np.hypot(optics.widths(2)[0], scene.radius) / optics.pixel
    assert width == pytest.approx(np.sqrt(expected**2 + 1 / 12), rel=0.02)  # integrated over the pixel


def test_the_spot_is_longer_along_the_optical_axis():
    axial, lateral = Optics().widths(3)[[0, 2]]
    assert lateral == pytest.approx(0.225 * 0.525 / 1.4)
    assert axial > 3 * lateral
    np.testing.assert_allclose(Optics().spacing(3), [0.3, 0.11, 0.11])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: simulate(Scene(shape=(20, 20), particles=200)), "do not fit"),
        (lambda: Scene(shape=(20,)), "two or more axes"),
        (lambda: Scene(particles=-1), "not be negative"),
        (lambda: Optics(pixel=0.0), "pixel of the optics must be above 0"),
    ],
)
def test_impossible_scenes_are_refused(make, words):
    with pytest.raises(InvalidInput, match=words):
        make()
