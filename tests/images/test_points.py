import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parfocal import images
from parfocal.errors import DataError, InvalidInput

FORMS = ["parfocal", "napari", "trackmate", "galaxy"]
TRACKMATE = """LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,POSITION_Z,POSITION_T,FRAME,RADIUS
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,Radius
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,R
,,,(quality),(micron),(micron),(micron),(sec),,(micron)
ID77827,77827,2,12.5,10.0,2.5,0.0,0.0,0,0.35
ID77828,77828,,9.1,1.0,20.0,0.0,0.0,0,0.35
"""


def write(folder, text, name="points.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@given(
    points=st.tuples(st.integers(0, 5), st.sampled_from([2, 3])).flatmap(
        lambda shape: hnp.arrays(np.float64, shape, elements=st.floats(-1e4, 1e4))
    ),
    form=st.sampled_from(FORMS),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_form_gives_back_what_was_written(tmp_path, points, form):
    path = images.write_points(tmp_path / "points.csv", points, form=form)
    table = images.read_point_table(path)
    assert table.form == form
    flat = points.shape[1] == 3 and (len(points) == 0 or np.ptp(points[:, 0]) == 0)
    np.testing.assert_array_equal(table.array, points[:, 1:] if flat else points)
    np.testing.assert_array_equal(images.read_points(path, "zyx" if points.shape[1] == 3 else "yx"), points)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("y,x\n1,2\n3,4.5\n", "parfocal"),
        ("X,Y\n2,1\n4.5,3\n", "parfocal"),
        (" ,Area,X,Y\n1,9,2,1\n2,9,4.5,3\n", "parfocal"),  # ImageJ's results
        ("row\tcol\n1\t2\n3\t4.5\n", "parfocal"),
        ("y;x\n1;2\n3;4,5\n", "parfocal"),  # a spreadsheet in much of Europe
        ("index,axis-0,axis-1\n0,1,2\n1,3,4.5\n", "napari"),
        ("axis-0,axis-1,confidence\n1,2,0.9\n3,4.5,0.8\n", "napari"),
        ("label,centroid-0,centroid-1\n1,1,2\n2,3,4.5\n", "napari"),
        ("frame\tpos_x\tpos_y\tscale\n1\t2\t1\t1.3\n1\t4.5\t3\t1.3\n", "galaxy"),
        ("\ufeffy,x\r\n1,2\r\n\r\n3,4.5\r\n", "parfocal"),
        ('"y","x"\n"1","2"\n"3","4.5"\n', "parfocal"),
    ],
)
def test_the_form_is_recognized(tmp_path, text, form):
    table = images.read_point_table(write(tmp_path, text))
    assert table.form == form
    assert (table.axes, table.unit) == ("yx", "px")
    assert table.array.tolist() == [[1, 2], [3, 4.5]]


def test_trackmate_in_micrometres_needs_the_size_of_a_pixel(tmp_path):
    path = write(tmp_path, TRACKMATE)
    with pytest.raises(DataError, match=r"micron.*spacing="):
        images.read_points(path)
    assert images.read_points(path, spacing=0.5).tolist() == [[5, 20], [40, 2]]
    assert images.read_points(path, spacing=(0.5, 0.25)).tolist() == [[5, 40], [40, 4]]
    assert images.read_points(path, spacing=1).tolist() == [[2.5, 10], [20, 1]]
    assert images.read_points(path, "zyx", spacing=1).tolist() == [[0, 2.5, 10], [0, 20, 1]]
    assert images.read_point_table(path).unit == "micron"
    with pytest.raises(InvalidInput, match="2 of them"):
        images.read_points(path, spacing=(1, 1, 1))


def test_trackmate_as_other_programs_write_it(tmp_path):
    latin = write(tmp_path, TRACKMATE.replace("(micron)", "(µm)"), encoding="latin-1")
    assert images.read_point_table(latin).unit == "µm"
    pixels = write(tmp_path, TRACKMATE.replace("(micron)", "(pixel)"))
    assert images.read_points(pixels).tolist() == [[2.5, 10], [20, 1]]
    bare = write(tmp_path, "\n".join(TRACKMATE.splitlines()[i] for i in (0, 4, 5)))
    assert images.read_points(bare).tolist() == [[2.5, 10], [20, 1]]


def test_a_table_without_header_needs_its_form(tmp_path):
    path = write(tmp_path, "5\t3\n10\t2\n")
    with pytest.raises(DataError, match="no line with the names"):
        images.read_points(path)
    assert images.read_points(path, form="galaxy").tolist() == [[3, 5], [2, 10]]
    assert images.read_points(path, form="parfocal").tolist() == [[5, 3], [10, 2]]
    three = write(tmp_path, "1,2,3\n4,5,6\n")
    assert images.read_points(three, form="galaxy").tolist() == [[3, 2, 1], [6, 5, 4]]


def test_one_frame_of_several(tmp_path):
    path = write(tmp_path, "frame\tpos_x\tpos_y\n0\t1\t2\n1\t3\t4\n")
    with pytest.raises(DataError, match="2 frames"):
        images.read_points(path)
    assert images.read_points(path, frame=1).tolist() == [[4, 3]]


def test_axes_are_checked(tmp_path):
    deep = write(tmp_path, "z,y,x\n0,1,2\n5,1,2\n")
    assert images.read_points(deep).shape == (2, 3)
    with pytest.raises(DataError, match="axes zyx, but yx"):
        images.read_points(deep, "yx")
    with pytest.raises(DataError, match="axes yx, but zyx"):
        images.read_points(write(tmp_path, "y,x\n1,2\n"), "zyx")
    with pytest.raises(InvalidInput, match="'yx' or 'zyx'"):
        images.read_points(deep, "xy")


def test_a_header_alone_is_no_point(tmp_path):
    assert images.read_points(write(tmp_path, "y,x\n")).shape == (0, 2)
    assert images.read_points(write(tmp_path, "z,y,x\n"), "zyx").shape == (0, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no coordinates"),
        ("index,shape-type,vertex-index,axis-0,axis-1\n0,polygon,0,0,0\n", "table of shapes"),
        ("y,x\n1,2\n3,oops\n", "line 3.*'oops'"),
        ("y,x\n1\n", "line 2"),
        ("y,x\n1,nan\n", "'nan'"),
        ("1\n2\n", "no line with the names"),
        ("PK\x03\x04\0\0", "not a text file"),
    ],
)
def test_bad_tables_are_named_in_one_sentence(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=message) as error:
        images.read_points(path)
    assert "points.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_files_and_wrong_arguments(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        images.read_points(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder"):
        images.read_points(tmp_path)
    with pytest.raises(DataError, match="in the form of trackmate"):
        images.read_points(write(tmp_path, "y,x\n1,2\n"), form="trackmate")
    with pytest.raises(DataError, match="expected 2 or 3"):
        images.read_points(write(tmp_path, "1,2,3,4\n"), form="galaxy")
    with pytest.raises(InvalidInput, match="form must be"):
        images.read_points(write(tmp_path, "y,x\n1,2\n"), form="imaris")
    with pytest.raises(InvalidInput, match="shape"):
        images.write_points(tmp_path / "a.csv", [1, 2])
    with pytest.raises(InvalidInput, match="form must be"):
        images.write_points(tmp_path / "a.csv", [[1, 2]], form="imaris")


def test_real_points(data):
    points = images.read_points(data / "spots_insta/points/smfish_293t_tfrc.csv")
    assert points.shape == (268, 2)
    (deep,) = list((data / "spots_smfish_tissue/volumes").glob("*_points_zyx.csv"))[:1]
    assert images.read_points(deep, "zyx").shape[1] == 3
