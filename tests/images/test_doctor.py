import numpy as np
import PIL.Image
import pytest
import tifffile

from parfocal import images
from parfocal.errors import InvalidInput

RNG = np.random.default_rng(1)
GREY = RNG.integers(0, 4000, (40, 60), dtype=np.uint16)
LABELS = np.zeros((40, 60), np.uint16)
LABELS[5:10, 5:10], LABELS[20:25, 20:30] = 4, 9


@pytest.fixture
def examine(tmp_path):
    """Return a function that writes one image and one truth and gives the doctor's findings about them."""

    runs = []

    def run(image=GREY, truth=LABELS, *, image_name="a.tif", truth_name="a.tif", **options):
        runs.append(None)
        base = tmp_path if len(runs) == 1 else tmp_path / str(len(runs))
        folders = []
        for folder, name, content in (("images", image_name, image), ("truths", truth_name, truth)):
            path = base / folder / name
            path.parent.mkdir(parents=True)
            if callable(content):
                content(path)
            elif isinstance(content, str):
                path.write_text(content)
            elif path.suffix == ".npy":
                np.save(path, content)
            else:
                images.write_image(path, content)
            folders.append(path.parent)
        return images.check_pairs(*folders, **options)

    return run


def only(findings, level, file, *words):
    assert len(findings) == 1, [str(finding) for finding in findings]
    assert findings[0].level == level
    assert findings[0].file.endswith(file)
    for word in words:
        assert word in findings[0].text
    assert "\n" not in str(findings[0])


def test_good_pairs_are_healthy(examine):
    assert examine() == []
    assert examine(kind="mask") == []
    assert not images.has_errors([])


def test_unreadable_images(examine):
    only(examine(lambda p: p.write_bytes(b"junk"), image_name="a.png"), "error", "a.png", "cannot be read as PNG")


@pytest.mark.parametrize("kind", ["labels", "mask"])
def test_shapes_that_do_not_fit(examine, kind):
    only(examine(truth=LABELS[:-1], kind=kind), "error", "a.tif", "39 x 60", "40 x 60", "wrong file")


def test_transposed_masks(examine):
    only(examine(truth=LABELS.T), "error", "a.tif", "transposed")


def test_binary_mask_in_the_place_of_instances(examine):
    findings = examine(truth=((LABELS > 0) * 255).astype(np.uint8), truth_name="a.png")
    only(findings, "error", "a.png", "binary mask", "2 separate pieces", "255", "metric: dice")
    assert images.has_errors(findings)
    assert examine(truth=(LABELS > 0), truth_name="a.png", kind="mask") == []


def test_one_object_is_no_binary_mask(examine):
    assert examine(truth=(LABELS == 4).astype(np.uint8)) == []


def test_classes_in_the_place_of_objects(examine):
    classes = np.zeros_like(LABELS)
    classes[::4, ::6], classes[2::4, ::6] = 1, 2
    only(examine(truth=classes), "warning", "a.tif", "2 labels", "classes instead of objects")


@pytest.mark.parametrize(("kind", "word"), [("labels", "no object"), ("mask", "no foreground")])
def test_empty_masks(examine, kind, word):
    only(examine(truth=LABELS * 0, kind=kind), "warning", "a.tif", word)


@pytest.mark.parametrize("kind", ["labels", "mask"])
def test_masks_without_background(examine, kind):
    only(examine(truth=LABELS + 1, kind=kind), "warning", "a.tif", "no background")


def test_colour_where_grey_is_expected(examine):
    colour = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    only(examine(colour, image_name="a.png"), "error", "a.png", "3 different colours", "channel: 0")
    assert examine(colour, image_name="a.png", grey=False) == []
    grey = np.repeat(colour[..., :1], 3, axis=2)
    only(examine(grey, image_name="a.png"), "note", "a.png", "same grey image 3 times")


def test_channels_and_time_series(examine):
    stack = RNG.integers(0, 99, (2, 40, 60), dtype=np.uint8)
    for axes, words in (("CYX", "2 different channels"), ("TYX", "time series")):
        findings = examine(
            lambda p, axes=axes: tifffile.imwrite(p, stack, metadata={"axes": axes}), image_name="a.ome.tif"
        )
        only(findings, "error", "a.ome.tif", words)


def test_images_with_nothing_in_them(examine):
    only(examine(np.full_like(GREY, 7)), "error", "a.tif", "every pixel is 7")
    only(examine((GREY > 2000).astype(np.uint8) * 255), "warning", "a.tif", "only two values", "mask in the place")
    broken = GREY.astype(float)
    broken[0, 0] = np.nan
    only(examine(broken, image_name="a.npy"), "error", "a.npy", "1 pixels that are not finite")


def test_labels_in_odd_types(examine):
    only(examine(truth=LABELS.astype(np.float32), truth_name="a.npy"), "note", "a.npy", "float32", "whole numbers")
    only(examine(truth=LABELS / 2 + 0.25, truth_name="a.npy"), "error", "a.npy", "fractions")


def test_negative_labels(examine):
    only(examine(truth=LABELS.astype(int) - 1, truth_name="a.npy"), "error", "a.npy", "at least 0")


def test_palette_images(examine):
    def palette(path):
        picture = PIL.Image.fromarray(LABELS.astype(np.uint8))
        picture.putpalette(list(range(256)) * 3)
        picture.save(path)

    only(examine(truth=palette, truth_name="a.png"), "note", "a.png", "palette", "indices")


def test_coloured_labels(examine):
    colours = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    only(examine(truth=colours, truth_name="a.png"), "error", "a.png", "save labels, not colours")


def test_jpeg(examine):
    picture = PIL.Image.fromarray((GREY >> 4).astype(np.uint8))
    only(examine(picture.save, image_name="a.jpg"), "warning", "a.jpg", "JPEG")
    only(examine(truth=picture.save, truth_name="a.jpeg"), "error", "a.jpeg", "JPEG")


def test_names_without_partner(examine, tmp_path):
    examine()
    images.write_image(tmp_path / "images" / "lonely.tif", GREY)
    images.write_image(tmp_path / "truths" / "orphan.tif", LABELS)
    findings = images.check_pairs(tmp_path / "images", tmp_path / "truths")
    assert [(f.level, f.text[:10]) for f in findings] == [("warning", "has no tru"), ("warning", "has no ima")]


def test_no_pair_at_all(examine):
    only(examine(image_name="a.tif", truth_name="b.tif"), "error", "images", "no image has a truth", "a.tif and b.tif")


def test_folders_that_are_not_there(tmp_path):
    only(images.check_pairs(tmp_path / "x", tmp_path / "y"), "error", "x", "does not exist")


def test_flat_and_deep_images_do_not_mix(examine, tmp_path):
    examine()
    images.write_image(tmp_path / "images" / "z.tif", RNG.integers(0, 99, (6, 40, 60), dtype=np.uint8))
    images.write_image(tmp_path / "truths" / "z.tif", np.arange(6 * 40 * 60, dtype=np.uint16).reshape(6, 40, 60))
    only(images.check_pairs(tmp_path / "images", tmp_path / "truths"), "error", "images", "some are 3-D")


def points(*rows, header="y,x"):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)])


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        (points((5, 55), (39, 2), header="x,y"), "error", ["wrong order", "1 of 2"]),
        (points((5, 100), (300, 2)), "error", ["all points lie outside"]),
        (points((5, 5), (300, 2)), "warning", ["1 of 2 points lie outside"]),
        (points((5, 5), (5, 5)), "warning", ["more than once"]),
        (points(), "warning", ["no point"]),
        (points(*[(i, i) for i in range(5)]), "warning", ["first corner", "micrometres"]),
        (points((0, 5, 5), (1, 6, 6), header="z,y,x"), "error", ["points in 3-D"]),
        (points(("a", 5)), "error", ["line 2"]),
    ],
)
def test_points(examine, text, level, words):
    only(examine(truth=text, truth_name="a.csv", kind="points"), level, "a.csv", *words)


def test_good_points_on_the_rim_are_healthy(examine):
    assert examine(truth=points((0, 0), (39, 59), (-0.4, 59.4)), truth_name="a.csv", kind="points") == []


@pytest.mark.parametrize("sign", [1, -1])
def test_swapped_points_are_seen_on_square_images_by_what_lies_below(examine, sign):
    y, x = np.indices((90, 90))
    spots = RNG.integers(3, 87, (30, 2))
    image = RNG.normal(1000, 10, (90, 90))
    for cy, cx in spots:
        image += sign * 200 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 4)
    image = image.astype(np.uint16)
    assert examine(image, points(*spots.tolist()), truth_name="a.csv", kind="points") == []
    findings = examine(image, points(*spots[:, ::-1].tolist()), truth_name="a.csv", kind="points")
    only(findings, "warning", "a.csv", "wrong order")


def test_micrometres_are_turned_with_the_size_that_the_image_knows(examine):
    table = (
        "LABEL,POSITION_X,POSITION_Y\nLabel,X,Y\nLabel,X,Y\n,(micron),(micron)\nID1,5.5,1.0\nID2,1.0,3.5\nID3,2.0,2.0\n"
    )
    with_size = lambda path: images.write_image(path, GREY, spacing=(0.1, 0.1))  # noqa: E731
    assert examine(with_size, table, image_name="a.ome.tif", truth_name="a.csv", kind="points") == []
    (no_size,) = examine(truth=table, truth_name="a.csv", image_name="a.ome.tif", kind="points")
    assert "spacing=" in no_size.text


def test_worst_first_and_kind_is_checked(examine, tmp_path):
    images.write_image(tmp_path / "b.tif", LABELS)
    findings = examine(np.full_like(GREY, 7), LABELS * 0)
    assert [finding.level for finding in findings] == ["error", "warning"]
    with pytest.raises(InvalidInput, match="kind must be"):
        images.check_pairs(tmp_path, tmp_path, kind="boxes")


@pytest.mark.parametrize(
    ("name", "kind", "grey"),
    [
        ("nuclei_coelho2009", "labels", True), ("histology_dsb2018", "labels", False), ("phase_nist", "mask", True),
        ("spots_insta", "points", True), ("spots_smfish_tissue", "points", True), ("points_mbm", "points", False),
    ],
)  # fmt: skip
def test_no_false_alarm_on_real_sets(data, name, kind, grey):
    truths = "points" if kind == "points" else "masks"
    assert images.check_pairs(data / name / "images", data / name / truths, kind=kind, grey=grey) == []


def test_every_real_table_is_recognized_when_x_and_y_are_swapped(data, tmp_path):
    pairing = images.find_pairs(data / "spots_insta/images", data / "spots_insta/points")
    for name, _, truth in pairing.pairs:
        images.write_points(tmp_path / f"{name}.csv", images.read_points(truth)[:, ::-1])
    findings = images.check_pairs(data / "spots_insta/images", tmp_path, kind="points")
    assert len(findings) == len(pairing.pairs) == 13
    assert all("wrong order" in finding.text for finding in findings)
