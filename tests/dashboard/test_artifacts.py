"""What a trial left is shown only if it is a picture of its own folder, whatever the database says."""

import numpy as np
import PIL.Image
import pytest

from parfocal.dashboard import artifacts as module
from parfocal.dashboard.artifacts import artifacts
from parfocal.trials import FULL, GIVEN, Configuration, Outcome, State, Trial


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "work" / "000012"
    folder.mkdir(parents=True)
    picture(folder / "a.png")
    return tmp_path / "work"


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.zeros((4, 5), np.uint8)).save(path)
    return path


def only(root, text, attempts=1, name="x"):
    outcome = Outcome.complete({"f1": 0.5}, artifacts={name: str(text)})
    trial = Trial(12, Configuration({}), FULL, 0, State.COMPLETE, attempts, GIVEN, outcome)
    (found,) = artifacts(trial, root)
    assert found.name == name
    return found


@pytest.mark.parametrize(
    "text", ["a.png", "./a.png", "{root}/000012/a.png", "../000012/a.png", "/else/db-trials/s/000012/a.png"]
)
def test_a_picture_of_the_own_folder_is_shown_wherever_the_folder_is_by_now(root, text):
    found = only(root, text.format(root=root))
    assert found.path == (root / "000012" / "a.png").resolve() and found.kind == "image/png" and not found.problem


OUTSIDE = [
    "../../secret.png", "{outside}", "../000013/other.png", "../0000120/near.png", "link.png", "linked/secret.png",
    "/etc/passwd", "..", ".", "", "a.png/../../../secret.png", "~/secret.png", "a\0.png", "missing.png",
    "/x/000012/../../secret.png", "file:///etc/passwd", "fifo",
]  # fmt: skip


@pytest.mark.parametrize("text", OUTSIDE)
def test_nothing_else_is(root, tmp_path, text):
    import os

    secret = picture(tmp_path / "secret.png")
    picture(root / "000013" / "other.png")
    picture(root / "0000120" / "near.png")
    (root / "000012" / "link.png").symlink_to(secret)
    (root / "000012" / "linked").symlink_to(tmp_path)
    os.mkfifo(root / "000012" / "fifo")
    found = only(root, text.format(outside=secret))
    assert found.path is None and "no such file in the trial's folder" in found.problem


def test_what_is_no_picture_is_not_shown_whatever_it_is_called(root, monkeypatch):
    folder = root / "000012"
    (folder / "b.png").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    (folder / "c.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "empty.png").touch()
    for name in ("b.png", "c.svg", "empty.png"):
        assert "is no PNG, JPEG, GIF, WebP or TIFF" in only(root, name).problem
    (folder / "a.txt").write_bytes((folder / "a.png").read_bytes())
    assert only(root, "a.txt").kind == "image/png"
    monkeypatch.setattr(module, "LARGEST", 10)
    assert "more than" in only(root, "a.png").problem


@pytest.mark.parametrize(
    ("suffix", "kind"), [("png", "png"), ("jpg", "jpeg"), ("gif", "gif"), ("tif", "tiff"), ("webp", "webp")]
)
def test_types(root, suffix, kind):
    picture(root / "000012" / f"k.{suffix}")
    assert only(root, f"k.{suffix}").kind == f"image/{kind}"


def test_the_last_attempt_s_folder_comes_first(root):
    second = picture(root / "000012-2" / "a.png")
    assert only(root, "a.png", attempts=2).path == second.resolve()
    assert only(root, "a.png", attempts=3).path == second.resolve()
    assert only(root, "a.png").path == (root / "000012" / "a.png").resolve()


def test_without_a_folder_or_an_outcome_nothing_is_shown(root):
    assert "beside a database file" in only(None, "a.png").problem
    assert artifacts(Trial(12, Configuration({}), FULL, 0, State.RUNNING, 1, GIVEN), root) == ()
