import struct
import zlib

import numpy as np
import PIL.Image
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parfocal import images
from parfocal.errors import DataError, InvalidInput

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 65536, (6, 7), dtype=np.uint16)
COLOUR = RNG.integers(0, 256, (6, 7, 3), dtype=np.uint8)
STACK = RNG.integers(0, 65536, (5, 6, 7), dtype=np.uint16)


FLAT = [(GREY, "YX"), ((GREY >> 8).astype(np.uint8), "YX"), (COLOUR, "YXS"), (GREY > 30000, "YX")]


@pytest.mark.parametrize(
    ("suffix", "array", "axes"),
    [(suffix, *case) for suffix in (".png", ".tif", ".ome.tif", ".npy") for case in FLAT]
    + [(suffix, STACK, "ZYX") for suffix in (".tif", ".ome.tif", ".npy")],
)
def test_what_is_written_is_read_again(tmp_path, suffix, array, axes):
    path = images.write_image(tmp_path / f"a{suffix}", array)
    found, names = images.read(path)
    assert names == axes
    np.testing.assert_array_equal(found, array)
    if array.dtype != bool:
        assert found.dtype == array.dtype


def test_png_of_sixteen_bits_keeps_them(tmp_path):
    values = np.array([[0, 1, 255], [256, 40000, 65535]], np.uint16)
    images.write_image(tmp_path / "a.png", values)
    found = images.read_labels(tmp_path / "a.png")
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, values)


def test_png_of_deep_colour_is_refused_instead_of_cut(tmp_path):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    body = zlib.compress(b"\0" + np.arange(6, dtype=">u2").tobytes())
    path = tmp_path / "deep.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    with pytest.raises(DataError, match="16 bits a colour"):
        images.read(path)


def test_palette_gives_colours_to_images_and_indices_to_labels(tmp_path):
    indices = np.array([[0, 1], [2, 3]], np.uint8)
    picture = PIL.Image.fromarray(indices)
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save(tmp_path / "p.png")
    np.testing.assert_array_equal(images.read_labels(tmp_path / "p.png"), indices)
    image = images.read_image(tmp_path / "p.png")
    assert image.palette
    assert image.axes == "YXS"
    assert image.array[0, 1].tolist() == [255, 0, 0]


def test_transparency_is_dropped(tmp_path):
    rgba = np.dstack([COLOUR, np.full((6, 7), 128, np.uint8)])
    PIL.Image.fromarray(rgba).save(tmp_path / "a.png")
    np.testing.assert_array_equal(images.read(tmp_path / "a.png")[0], COLOUR)


def test_ome_tiff_knows_axes_and_size_of_a_pixel(tmp_path):
    path = images.write_image(tmp_path / "a.ome.tif", STACK, spacing=(0.3, 0.1, 0.1))
    image = images.read_image(path)
    assert image.axes == "ZYX"
    assert image.spacing == pytest.approx((0.3, 0.1, 0.1))
    metadata = {"axes": "CYX", "PhysicalSizeX": 65, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.065}
    tifffile.imwrite(tmp_path / "b.ome.tif", STACK, metadata=metadata)
    image = images.read_image(tmp_path / "b.ome.tif")
    assert image.axes == "CYX"
    assert image.spacing == pytest.approx((0.065, 0.065))


def test_imagej_tiff_knows_them_too(tmp_path):
    path = tmp_path / "a.tif"
    metadata = {"axes": "ZYX", "spacing": 0.5, "unit": "um"}
    tifffile.imwrite(path, STACK, imagej=True, resolution=(4, 4), metadata=metadata)
    image = images.read_image(path)
    assert image.axes == "ZYX"
    assert image.spacing == pytest.approx((0.5, 0.25, 0.25))


def test_resolution_in_dots_an_inch_is_not_believed(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY, resolution=(72, 72), resolutionunit="INCH")
    assert images.read_image(tmp_path / "a.tif").spacing is None


def test_pages_without_names_are_a_stack_and_single_axes_vanish(tmp_path):
    with tifffile.TiffWriter(tmp_path / "pages.tif") as writer:
        for page in STACK:
            writer.write(page, metadata=None, contiguous=False)
    assert images.read(tmp_path / "pages.tif")[1] == "ZYX"
    tifffile.imwrite(tmp_path / "one.ome.tif", STACK[None, :, None], metadata={"axes": "TZCYX"})
    found, axes = images.read(tmp_path / "one.ome.tif")
    assert axes == "ZYX"
    np.testing.assert_array_equal(found, STACK)


def test_axes_can_be_told(tmp_path):
    np.save(tmp_path / "a.npy", STACK)
    assert images.read(tmp_path / "a.npy", axes="cyx")[1] == "CYX"
    for wrong in ("YX", "ZZX", "ZYQ", "TCZ"):
        with pytest.raises(DataError, match="cannot name"):
            images.read(tmp_path / "a.npy", axes=wrong)


def test_one_channel_of_several(tmp_path):
    images.write_image(tmp_path / "a.png", COLOUR)
    with pytest.raises(DataError, match="3 different channels"):
        images.read_grey(tmp_path / "a.png")
    with pytest.raises(DataError, match="channels 0 to 2"):
        images.read_grey(tmp_path / "a.png", channel=3)
    image = images.read_grey(tmp_path / "a.png", channel=1)
    assert image.axes == "YX"
    np.testing.assert_array_equal(image.array, COLOUR[..., 1])
    same = np.repeat(COLOUR[..., :1], 3, axis=2)
    images.write_image(tmp_path / "b.png", same)
    np.testing.assert_array_equal(images.read_grey(tmp_path / "b.png").array, COLOUR[..., 0])


def test_time_series_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "t.ome.tif", STACK, metadata={"axes": "TYX"})
    for reader in (images.read_grey, images.read_labels, images.read_mask):
        with pytest.raises(DataError, match="time series"):
            reader(tmp_path / "t.ome.tif")


@given(
    labels=hnp.arrays(
        np.int64, hnp.array_shapes(min_dims=2, max_dims=3, min_side=5, max_side=8), elements=st.integers(0, 70000)
    ),
    suffix=st.sampled_from([".tif", ".npy", ".png"]),
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_labels_survive(tmp_path, labels, suffix):
    path = tmp_path / f"labels{suffix}"
    if suffix == ".png" and (labels.ndim == 3 or labels.max() > 65535):
        with pytest.raises(InvalidInput, match=r"write it as \.tif"):
            images.write_labels(path, labels)
        return
    images.write_labels(path, labels)
    np.testing.assert_array_equal(images.read_labels(path), labels)
    np.testing.assert_array_equal(images.read_mask(path), labels > 0)


def test_labels_stored_as_whole_floats_or_as_grey_colours_are_read(tmp_path):
    np.save(tmp_path / "f.npy", np.array([[0.0, 7.0], [7.0, 2.0]]))
    assert images.read_labels(tmp_path / "f.npy").tolist() == [[0, 7], [7, 2]]
    grey = np.repeat(np.arange(42, dtype=np.uint8).reshape(6, 7, 1), 3, axis=2)
    images.write_image(tmp_path / "g.png", grey)
    np.testing.assert_array_equal(images.read_labels(tmp_path / "g.png"), grey[..., 0])


def test_pieces_of_a_mask_get_labels_of_their_own(tmp_path):
    images.write_image(tmp_path / "m.png", np.array([[255, 0, 0, 255], [0, 255, 0, 255]], np.uint8))
    assert images.read_labels(tmp_path / "m.png").max() == 255
    assert images.read_labels(tmp_path / "m.png", components=True).tolist() == [[1, 0, 0, 2], [0, 1, 0, 2]]


def save_jpeg(path):
    PIL.Image.fromarray(COLOUR).save(path)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("a.czi", lambda p: p.write_bytes(b"x"), "suffix '.czi'"),
        ("none.png", lambda p: None, "does not exist"),
        ("folder.png", lambda p: p.mkdir(), "is a folder"),
        ("broken.png", lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n junk"), "cannot be read as PNG"),
        ("empty.tif", lambda p: p.write_bytes(b""), "cannot be read as TIF"),
        ("junk.npy", lambda p: p.write_bytes(b"junk"), "cannot be read as NPY"),
        ("pickled.npy", lambda p: np.save(p, np.array([{}]), allow_pickle=True), "cannot be read as NPY"),
        ("text.npy", lambda p: np.save(p, np.array([["a"]])), "not numbers"),
        ("line.npy", lambda p: np.save(p, np.arange(5)), "2 or 3 dimensions"),
        ("void.npy", lambda p: np.save(p, np.empty((0, 5))), "no pixels"),
        ("fraction.npy", lambda p: np.save(p, np.full((5, 5), 0.5)), "fractions"),
        ("nan.npy", lambda p: np.save(p, np.full((5, 5), np.nan)), "fractions"),
        ("negative.npy", lambda p: np.save(p, np.full((5, 5), -1)), "at least 0"),
        ("large.npy", lambda p: np.save(p, np.full((5, 5), 2**40)), "relabel"),
        ("colour.npy", lambda p: np.save(p, COLOUR), "colour image"),
        ("lossy.jpg", save_jpeg, "JPEG"),
    ],
)
def test_bad_label_images_are_named_in_one_sentence(tmp_path, name, make, message):
    make(tmp_path / name)
    with pytest.raises(DataError, match=message) as error:
        images.read_labels(tmp_path / name)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_truncated_files_are_named(tmp_path):
    for name in ("a.png", "a.tif"):
        path = images.write_image(tmp_path / name, RNG.integers(0, 65536, (64, 64), dtype=np.uint16))
        path.write_bytes(path.read_bytes()[:-3000])
        with pytest.raises(DataError, match="cannot be read"):
            images.read(path)


def test_writing_refuses_what_a_file_cannot_hold(tmp_path):
    with pytest.raises(InvalidInput, match="suffix"):
        images.write_image(tmp_path / "a.gif", GREY)
    with pytest.raises(InvalidInput, match="8 or 16 bits"):
        images.write_image(tmp_path / "a.png", GREY.astype(np.float32))
    with pytest.raises(InvalidInput, match="whole numbers"):
        images.write_labels(tmp_path / "a.png", GREY.astype(np.float32))
    with pytest.raises(InvalidInput, match="whole numbers"):
        images.write_labels(tmp_path / "a.png", -GREY.astype(np.int32) - 1)


def test_real_images(data):
    image = images.read_grey(data / "demo_stardist/images/nuclei2d.png")
    assert (image.array.shape, image.array.dtype, image.axes) == ((512, 512), np.uint16, "YX")
    labels = images.read_labels(data / "demo_stardist/masks/nuclei2d.png")
    assert (len(np.unique(labels)) - 1, labels.max()) == (125, 183)
    stack, axes = images.read(data / "demo_stardist/volumes/img3d.tif")
    assert (stack.shape, axes) == ((31, 61, 57), "ZYX")
    assert len(np.unique(images.read_labels(data / "demo_stardist/volumes/mask3d.tif"))) - 1 == 51
