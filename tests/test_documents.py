"""YAML with lines: what is read, and what is said where it cannot be."""

import pytest

from parfocal import documents
from parfocal.errors import ExperimentError


def test_lines_of_keys(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("# comment\nspace:\n  x: {low: 1}\nlist:\n  - a\n  - b\n")
    document = documents.read(path)
    assert document.content == {"space": {"x": {"low": 1}}, "list": ["a", "b"]}
    assert document.lines["space", "x"] == 3
    assert document.lines["list", 1] == 6
    assert str(document.error(["space", "x", "nothing"], "wrong.")) == f"{path}, line 3, space.x.nothing: wrong."
    assert str(document.error(["list", 1], "wrong.")) == f"{path}, line 6, list[1]: wrong."
    assert str(document.error([], "wrong.")) == f"{path}: wrong."


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert documents.read(path).content == {"a": 1, "b": 2}


def test_aliases_and_merges_are_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("base: &b {low: 0, high: 1}\nx:\n  <<: *b\n  high: 2\n")
    assert documents.read(path).content["x"] == {"low": 0, "high": 2}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"a: 1\na: 2\n", "stands twice"),
        (b"\tx: 1\n", "tab"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"!!python/object/apply:os.system ['true']\n", "no valid YAML"),
        (b"a: [1\n", "no valid YAML"),
        (b"just words\n", "must be a mapping"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, content, expected):
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(ExperimentError, match=expected) as error:
        documents.read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ExperimentError, match="folder"):
        documents.read(tmp_path)


def test_a_url_is_no_file_and_is_not_shown():
    with pytest.raises(ExperimentError, match="got a url of 'postgresql'") as caught:
        documents.read("postgresql://me:secret@host/db")
    assert "secret" not in str(caught.value)
