import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation import MissingResult, Result
from parfocal.evaluation.results import Reader


@pytest.fixture
def read(tmp_path):
    def reading(fields, content, stdout=""):
        reader = Reader.from_dict(fields)
        file = tmp_path / (reader.file or "unused")
        if content is not None:
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        printed = tmp_path / "stdout.txt"
        printed.write_bytes(stdout if isinstance(stdout, bytes) else stdout.encode())
        assert Reader.from_dict(reader.to_dict()) == reader
        return reader.read(file, printed)

    return reading


DOCUMENT = json.dumps(
    {
        "f1": 0.5,
        "all": {"f1": 0.6, "dice": 0.7, "per image": {"a": 1}},
        "images": {"a.tif": {"f1": 0.1}, "b.tif": {"f1": 0.2}},
        "folds": [{"f1": 0.3}, {"f1": 0.4}],
        "a.b": 3,
    }
)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"f1": 0.5, "a.b": 3}),
        ({"key": "f1"}, 0.5),
        ({"key": "all"}, {"f1": 0.6, "dice": 0.7}),
        ({"key": "all.dice"}, 0.7),
        ({"key": "folds.1.f1"}, 0.4),
        ({"key": "folds.-1.f1"}, 0.4),
        ({"key": "images.a.tif.f1"}, 0.1),
        ({"key": "a.b"}, 3),
        ({"key": {"one": "f1", "two": "all.dice"}}, {"one": 0.5, "two": 0.7}),
        ({"key": "f1", "scores": "images"}, Result(0.5, {"a.tif": {"f1": 0.1}, "b.tif": {"f1": 0.2}})),
        ({"key": "all", "scores": "folds"}, Result({"f1": 0.6, "dice": 0.7}, {"0": {"f1": 0.3}, "1": {"f1": 0.4}})),
    ],
)
def test_json(read, options, expected):
    assert read({"json": "r.json", **options}, DOCUMENT) == expected


def test_json_from_what_was_printed(read):
    assert read({"json": "-", "key": "area"}, None, 'loading\n{"area": 1}\n{"area": 2}\nbye\n') == 2
    assert read({"json": "-"}, None, '{\n "area": 3\n}\n') == {"area": 3}
    with pytest.raises(MissingResult, match="no line that is JSON"):
        read({"json": "-"}, None, "nothing\n")


def test_json_with_a_byte_order_mark(read):
    assert read({"json": "r.json"}, b"\xef\xbb\xbf0.5") == 0.5


@pytest.mark.parametrize("key", ["dice", "all.f2", "folds.2.f1", "folds.f1", "f1.x"])
def test_a_key_that_is_not_there(read, key):
    with pytest.raises(MissingResult, match=f"The result 'r.json' has no '{key}'"):
        read({"json": "r.json", "key": key}, DOCUMENT)


def test_json_that_is_none(read):
    with pytest.raises(EvaluationError, match=r"'r\.json' is no JSON: Expecting value"):
        read({"json": "r.json"}, "f1: 3")
    with pytest.raises(MissingResult, match=r"wrote no file 'other\.json'; its work folder holds r\.json, stdout\.txt"):
        read({"json": "other.json"}, None)


TABLE = "image,Dice,n\na.tif,0.5,10\nb.tif,0.7,20\nc.tif,0.9,40\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"column": "Dice"}, 0.9),
        ({"column": "Dice", "row": "first"}, 0.5),
        ({"column": "Dice", "row": "mean"}, 0.7),
        ({"column": {"dice": "Dice", "count": "n"}}, {"dice": 0.9, "count": 40}),
    ],
)
def test_csv(read, options, expected):
    assert read({"csv": "r.csv", **options}, TABLE) == pytest.approx(expected)


def test_csv_rows_as_scores(read):
    found = read({"csv": "r.csv", "column": "Dice", "instance": "image"}, TABLE)
    assert found.metrics == {"Dice": pytest.approx(0.7)}
    assert found.scores == {"a.tif": {"Dice": 0.5}, "b.tif": {"Dice": 0.7}, "c.tif": {"Dice": 0.9}}


def test_csv_of_a_spreadsheet(read):
    assert read({"csv": "r.csv", "column": "Dice"}, b"\xef\xbb\xbfimage;Dice\r\na;0.5\r\n") == 0.5
    assert read({"csv": "r.csv", "column": "Dice"}, "image\tDice\na\t0.25\n") == 0.25
    assert read({"csv": "r.csv", "column": "b", "delimiter": " "}, "a b\n1 2\n") == 2


def test_an_empty_cell_is_nan(read):
    assert math.isnan(read({"csv": "r.csv", "column": "Dice"}, "Dice,n\n,3\n"))


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        ("", MissingResult, "has no row"),
        ("image,Dice\n", MissingResult, "has no row"),
        ("image,dice\na,1\n", MissingResult, "has no column 'Dice'; it has image, dice"),
        ("Dice\nhigh\n", EvaluationError, "must hold numbers; got 'high'"),
    ],
)
def test_wrong_tables(read, content, error, sentence):
    with pytest.raises(error, match=sentence):
        read({"csv": "r.csv", "column": "Dice"}, content)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"dice ([0-9.]+)", 0.7),
        (r"^dice ([0-9.]+)$", 0.7),
        (r"dice (?P<dice>[0-9.]+)", {"dice": 0.7}),
        (r"(?P<tp>\d+) of (?P<n>\d+)", {"tp": 3, "n": 4}),
    ],
)
def test_stdout_takes_the_last_match(read, pattern, expected):
    assert read({"stdout": pattern}, None, b"dice 0.1\n3 of 4 \xff\ndice 0.7\nend\n") == expected


@pytest.mark.parametrize(
    ("pattern", "error", "sentence"),
    [
        (r"iou ([0-9.]+)", MissingResult, "was not found in what the command printed"),
        (r"dice (\S+)", EvaluationError, "found 'high', which is no number"),
        (r"dice (?P<dice>\d)?", EvaluationError, "found None"),
    ],
)
def test_stdout_without_a_number(read, pattern, error, sentence):
    with pytest.raises(error, match=sentence):
        read({"stdout": pattern}, None, "dice high\n")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ([], "must be a mapping"),
        ({}, "exactly one of json, csv, stdout; got none"),
        ({"json": "a", "csv": "b"}, "exactly one of"),
        ({"jsn": "a"}, "exactly one of json, csv, stdout; got jsn"),
        ({"json": "a", "keys": "b"}, "'json' has no option 'keys': did you mean 'key'"),
        ({"json": 3}, "must be text; got 3"),
        ({"csv": "a"}, "needs 'column'"),
        ({"csv": "a", "column": "b", "row": "median"}, "must be one of last, first, mean; got 'median'"),
        ({"stdout": "dice [0-9]+"}, "needs a group"),
        ({"stdout": "dice ([0-9]+"}, "cannot be read: missing"),
        ({"stdout": "a(b)", "row": "last"}, "known are none"),
    ],
)
def test_wrong_readers_are_one_sentence(fields, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        Reader.from_dict(fields)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    ),
    st.text(max_size=6),
)
@example([], "²")
@example([1], "--1")
def test_any_document_and_key_give_a_value_or_one_of_our_errors(document, key):
    from parfocal.evaluation.results import _json

    reader = Reader("json", "r.json", {"key": key, "scores": key})
    try:
        _json(reader, json.dumps(document))
    except EvaluationError as error:
        said = str(error)
    else:
        said = "r.json"
    assert "r.json" in said
