import itertools
import sys

import numpy as np
import pytest

from parfocal import images
from parfocal.errors import InvalidInput
from parfocal.images.canvas import FN, FP, MARKS, TP, Sheet, flat, stretch


def pixels(path):
    return images.read(path)[0].astype(int)


def share(path, mark, where=slice(None)):
    """Return how many pixels of a PNG have about the mark's colour."""
    picture = pixels(path)[where]
    colour = [int(mark.colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(picture - colour).max(axis=-1) < 40).sum())


def panel(path, number=0, panels=1):
    """Return the box of one panel, without title and legend."""
    height, width, _ = pixels(path).shape
    return np.s_[56 : height - 48, number * width // panels : (number + 1) * width // panels]


VISION = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""What is seen of linear red, green and blue (Machado, Oliveira and Fernandes 2009, full severity)."""


def linear(hexadecimal):
    """Return linear red, green, blue."""
    colour = np.array([int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def seen(hexadecimal, vision):
    """Return a colour as L*a*b*, as it is seen."""
    from skimage.color import xyz2lab

    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    return xyz2lab(np.clip(np.array(VISION[vision]) @ linear(hexadecimal), 0, 1) @ np.array(to_xyz).T)


@pytest.mark.parametrize("vision", VISION)
def test_colours_are_told_apart_with_any_colour_vision(vision):
    from skimage.color import deltaE_ciede2000

    for a, b in itertools.combinations(MARKS, 2):
        # 2.3 is just seen side by side; 20 is another colour at a glance
        assert deltaE_ciede2000(seen(a.colour, vision), seen(b.colour, vision)) > 20, (a.name, b.name)


def test_colours_are_green_red_and_blue_and_bright():
    order = [max("rgb", key=dict(zip("rgb", linear(mark.colour), strict=True)).get) for mark in (TP, FP, FN)]
    assert order == ["g", "r", "b"]
    for mark in MARKS:
        luminance = linear(mark.colour) @ [0.2126, 0.7152, 0.0722]
        assert (luminance + 0.05) / (0.1 + 0.05) > 2.2, "against a grey of 0.35, as bright nuclei have"


def test_all_three_outcomes_are_drawn_in_their_colours(scene, tmp_path):
    path = images.overlay_labels(*scene, tmp_path / "deep" / "a.png")
    assert path.is_file()
    drawn = {mark: share(path, mark, panel(path)) for mark in MARKS}
    assert all(count > 100 for count in drawn.values())
    assert drawn[TP] > 1.5 * drawn[FP]  # two found, one false


def test_outlines_lie_where_the_objects_are(scene, tmp_path):
    image, truth, prediction = scene
    picture = pixels(images.overlay_labels(image, truth, prediction, tmp_path / "a.png"))
    scale = Sheet(image).scale
    rows, columns = 52 + np.array([45, 45]) * scale, 14 + np.array([20, 60]) * scale
    for mark, row, column in zip((FN, FP), rows, columns, strict=True):
        box = picture[
            int(row - 10 * scale) : int(row + 10 * scale), int(column - 10 * scale) : int(column + 10 * scale)
        ]
        colour = [int(mark.colour[i : i + 2], 16) for i in (1, 3, 5)]
        near = np.abs(box - colour).max(axis=-1) < 40
        assert near.sum() > 100
        assert not near[
            near.shape[0] // 2 - 9 : near.shape[0] // 2 + 9, near.shape[1] // 2 - 9 : near.shape[1] // 2 + 9
        ].any()


def test_perfect_and_empty_results(scene, tmp_path):
    image, truth, _ = scene
    perfect = images.overlay_labels(image, truth, truth, tmp_path / "perfect.png")
    assert share(perfect, TP, panel(perfect)) > 100
    assert share(perfect, FP, panel(perfect)) == share(perfect, FN, panel(perfect)) == 0
    nothing = images.overlay_labels(image, truth * 0, truth * 0, tmp_path / "nothing.png")
    assert all(share(nothing, mark, panel(nothing)) == 0 for mark in MARKS)


def test_side_by_side(scene, tmp_path):
    image, truth, prediction = scene
    path = images.compare_labels(image, truth, {"default": prediction, "best": truth}, tmp_path / "a.png")
    assert share(path, FP, panel(path, 0, 2)) > 100
    assert share(path, FP, panel(path, 1, 2)) == 0
    assert share(path, TP, panel(path, 1, 2)) > share(path, TP, panel(path, 0, 2))
    with pytest.raises(InvalidInput, match="at least one"):
        images.compare_labels(image, truth, {}, tmp_path / "b.png")


def test_points(scene, tmp_path):
    image = scene[0]
    truth, detected = [[15, 15], [15, 60], [45, 20]], [[16, 15], [15, 58], [45, 60]]
    path = images.overlay_points(image, truth, detected, tmp_path / "a.png", gate=5)
    assert all(share(path, mark, panel(path)) > 20 for mark in MARKS)
    path = images.compare_points(image, truth, {"none": [], "all": truth}, tmp_path / "b.png", gate=5)
    assert share(path, FN, panel(path, 0, 2)) > 20
    assert share(path, FN, panel(path, 1, 2)) == 0
    images.overlay_points(image, [], [], tmp_path / "c.png", gate=0.5, spacing=0.1)


def test_masks(scene, tmp_path):
    image, truth, prediction = scene
    path = images.overlay_mask(image, truth > 0, prediction > 0, tmp_path / "a.png")
    picture = pixels(path)[panel(path)]
    tinted = (picture.max(axis=-1) - picture.min(axis=-1)) > 60
    union = ((truth > 0) | (prediction > 0)).mean()
    assert tinted.mean() == pytest.approx(union, rel=0.15)


@pytest.mark.parametrize("shape", [(5, 32, 40), (32, 40, 3), (5, 32, 40, 3), (32, 40)])
def test_stacks_and_colours(tmp_path, shape):
    image = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    labels = np.zeros(shape[:-1] if shape[-1] == 3 else shape, int)
    labels[..., 8:20, 8:20] = 5
    path = images.overlay_labels(image, labels, labels, tmp_path / "a.png")
    assert share(path, TP, panel(path)) > 100
    assert flat(image)[0].shape == (32, 40, 3)[: 3 if shape[-1] == 3 else 2]
    assert flat(image)[1] == ("maximum along z" if shape[0] == 5 else "")


def test_a_stack_is_cut_where_most_of_the_truth_is(tmp_path):
    stack, truth = np.zeros((4, 32, 32), np.uint8), np.zeros((4, 32, 32), int)
    stack[2] = np.arange(32)
    truth[1, :2, :2], truth[2, 8:20, 8:20] = 1, 2
    drawn = images.overlay_labels(stack, truth, truth, tmp_path / "a.png", title="x")
    alone = images.overlay_labels(stack[2], truth[2], truth[2], tmp_path / "b.png", title="x")
    np.testing.assert_array_equal(pixels(drawn)[panel(drawn)], pixels(alone)[panel(alone)])
    assert flat(stack, 2)[1] == "plane 3 of 4"


@pytest.mark.parametrize("shape", [(64, 64), (256, 256), (512, 512), (600, 150), (1100, 1500), (4000, 3000)])
def test_sheets_have_a_sensible_size(shape):
    width, height = Sheet(np.zeros(shape, np.uint8)).figure.bbox.size
    assert 400 <= width <= 1450
    assert height <= 1500


def test_what_is_no_image_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="2-D or 3-D"):
        images.overlay_labels(np.zeros(5), np.zeros(5, int), np.zeros(5, int), tmp_path / "a.png")


def test_stretch_ignores_single_hot_pixels_and_broken_ones():
    image = np.linspace(0, 100, 10_000).reshape(100, 100)
    image[0, 0], image[0, 1] = 1e9, np.nan
    shown = stretch(image)
    assert shown.min() == 0
    assert shown.max() == 1
    assert 0.4 < np.median(shown) < 0.6
    assert stretch(np.full((4, 4), 3)).tolist() == np.zeros((4, 4)).tolist()
    sparse = np.zeros((100, 100))
    sparse[5, 5] = 7
    assert stretch(sparse)[5, 5] == 1
    assert stretch(np.full((4, 4), np.nan)).max() == 0


def test_no_global_state_of_matplotlib_is_touched(scene, tmp_path):
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = list(pyplot.get_fignums()) if pyplot else []
    images.overlay_labels(*scene, tmp_path / "a.png")
    assert (sys.modules.get("matplotlib.pyplot") is None) == (pyplot is None)
    assert (list(pyplot.get_fignums()) if pyplot else []) == before


def test_arguments_are_left_alone(scene, tmp_path):
    copies = [array.copy() for array in scene]
    images.overlay_labels(*scene, tmp_path / "a.png")
    for array, copy in zip(scene, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_real_nuclei_and_spots(data, tmp_path):
    image = images.read_grey(data / "demo_stardist/images/nuclei2d.png").array
    truth = images.read_labels(data / "demo_stardist/masks/nuclei2d.png")
    shifted = np.roll(truth, 6, axis=1)
    path = images.compare_labels(image, truth, {"shifted": shifted, "truth": truth}, tmp_path / "nuclei.png")
    assert share(path, FN, panel(path, 0, 2)) > 0 == share(path, FN, panel(path, 1, 2))
    spots = images.read_points(data / "spots_insta/points/smfish_293t_tfrc.csv")
    image = images.read_grey(data / "spots_insta/images/smfish_293t_tfrc.png").array
    path = images.overlay_points(image, spots, spots + 1, tmp_path / "spots.png", gate=3)
    assert share(path, TP, panel(path)) > 1000
