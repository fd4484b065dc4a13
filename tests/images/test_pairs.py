import pytest

from parfocal import images
from parfocal.errors import DataError


@pytest.fixture
def folders(tmp_path):
    def make(images_, truths):
        for name, files in (("images", images_), ("truths", truths)):
            (tmp_path / name).mkdir(exist_ok=True)
            for file in files:
                (tmp_path / name / file).write_bytes(b"")
        return tmp_path / "images", tmp_path / "truths"

    return make


def test_pairs_by_stem_whatever_the_suffix(folders):
    pairing = images.find_pairs(
        *folders(["b.tif", "a.ome.tif", ".hidden.png", "notes.docx"], ["a.png", "b.csv", "c.png"])
    )
    assert [name for name, _, _ in pairing.pairs] == ["a", "b"]
    assert pairing.pairs[0][1].name == "a.ome.tif"
    assert pairing.images == ()
    assert [path.name for path in pairing.truths] == ["c.png"]


def test_endings_that_name_the_kind_do_not_count(folders):
    left, right = folders(
        ["c1_img.tif", "c2.tif", "c3_raw.tif", "c4.tif"],
        ["c1_mask.png", "c2_cp_masks.png", "c3-labels.tif", "C4_points.csv"],
    )
    pairing = images.find_pairs(left, right)
    assert [(i.name, t.name) for _, i, t in pairing.pairs] == [
        ("c1_img.tif", "c1_mask.png"), ("c2.tif", "c2_cp_masks.png"), ("c3_raw.tif", "c3-labels.tif"),
        ("c4.tif", "C4_points.csv"),
    ]  # fmt: skip


def test_an_equal_stem_goes_first(folders):
    pairing = images.find_pairs(*folders(["a.tif", "a_raw.tif"], ["a_raw.png", "a_mask.png"]))
    assert [(i.name, t.name) for _, i, t in pairing.pairs] == [("a.tif", "a_mask.png"), ("a_raw.tif", "a_raw.png")]


def test_doubles_are_reported(folders):
    pairing = images.find_pairs(*folders(["a.png", "a.tif"], ["a.png"]))
    assert len(pairing.pairs) == 1
    assert [path.name for path in pairing.doubles] == ["a.tif"]


def test_patterns_lists_and_single_files(folders):
    left, right = folders(["a.tif", "b.tif"], ["a.png", "b.png"])
    assert len(images.find_pairs(f"{left}/*.tif", right).pairs) == 2
    assert len(images.find_pairs([left / "a.tif"], right / "a.png").pairs) == 1


def test_nothing_to_read_is_said(folders, tmp_path):
    left, _ = folders([], [])
    with pytest.raises(DataError, match="no file that is read here"):
        images.list_files(left)
    with pytest.raises(DataError, match="does not exist"):
        images.list_files(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no file"):
        images.list_files(f"{left}/*.tif")


@pytest.mark.parametrize(("name", "expected"), [("a/b.tif", "b"), ("b.OME.tif", "b"), ("b.c.png", "b.c")])
def test_stem(name, expected):
    assert images.stem(name) == expected
