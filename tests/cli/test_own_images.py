"""Own images that are wrong: `check` and `run` say so in plain words, and nothing is evaluated or left behind."""

import numpy as np
import pytest

from parfocal import cli
from parfocal.images import write_image, write_points

NUCLEI = "task: {name: nuclei, images: images, masks: truth, patch: 0METRIC}\nbudget: 3\nworkers: 1\nisolation: none\n"
SPOTS = "task: {name: spots, images: images, points: truth}\nbudget: 3\nworkers: 1\nisolation: none\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two images of bright discs, with label images and with points, all in order."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:96, :160]
    for name in ("one", "two"):
        centres = np.array([(24 + 48 * i, 25 + 50 * j) for i in range(2) for j in range(3)])
        labels = np.zeros(y.shape, dtype=np.uint16)
        for number, (cy, cx) in enumerate(centres, 1):
            labels[(y - cy) ** 2 + (x - cx) ** 2 < 100] = number
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "truth").mkdir(exist_ok=True)
        image = rng.poisson(20, y.shape) + 100 * (labels > 0)
        write_image(tmp_path / "images" / f"{name}.tif", image.astype(np.uint16))
        write_image(tmp_path / "truth" / f"{name}.tif", labels)
    return tmp_path


def command(name, text, monkeypatch, capsys):
    """Run a command on an experiment with this text; return the exit code and what was said."""
    with open("experiment.yaml", "w") as file:
        file.write(text)
    monkeypatch.setattr("sys.argv", ["parfocal", name, "experiment.yaml"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code, "".join(capsys.readouterr())


def points_of(folder, swap=False):
    """Replace the label images by tables of the centres."""
    for name in ("one", "two"):
        (folder / "truth" / f"{name}.tif").unlink()
        centres = np.array([(24.0 + 48 * i, 25.0 + 50 * j) for i in range(2) for j in range(3)])
        write_points(folder / "truth" / f"{name}.csv", centres[:, ::-1] if swap else centres)


def test_good_images_run(folder, monkeypatch, capsys):
    for metric in ("", ", metric: f1"):
        assert command("check", NUCLEI.replace("METRIC", metric), monkeypatch, capsys)[0] == 0
    code, said = command("run", NUCLEI.replace("METRIC", ", metric: f1"), monkeypatch, capsys)
    assert code == 0
    assert "Best f1" in said


def test_good_points_run(folder, monkeypatch, capsys):
    points_of(folder)
    code, said = command("run", SPOTS, monkeypatch, capsys)
    assert code == 0, said


def spoil_unreadable(folder):
    (folder / "images" / "two.tif").write_bytes(b"no image")


def spoil_shape(folder):
    write_image(folder / "truth" / "two.tif", np.ones((95, 160), dtype=np.uint16))


def spoil_transposed(folder):
    write_image(folder / "truth" / "two.tif", np.ones((160, 96), dtype=np.uint16))


def spoil_binary(folder):
    from parfocal.images import read_labels

    for name in ("one", "two"):
        labels = np.asarray(read_labels(folder / "truth" / f"{name}.tif"))
        write_image(folder / "truth" / f"{name}.tif", (255 * (labels > 0)).astype(np.uint8))


def spoil_constant(folder):
    write_image(folder / "images" / "one.tif", np.full((96, 160), 7, dtype=np.uint16))


def spoil_names(folder):
    for name in ("one", "two"):
        (folder / "truth" / f"{name}.tif").rename(folder / "truth" / f"{name}_annotated_by_me.tif")


def spoil_swapped(folder):
    points_of(folder, swap=True)


@pytest.mark.parametrize(
    ("spoil", "text", "expected"),
    [
        (spoil_unreadable, NUCLEI, "two.tif"),
        (spoil_shape, NUCLEI, "95 x 160"),
        (spoil_transposed, NUCLEI, "transposed"),
        (spoil_binary, NUCLEI.replace("METRIC", ", metric: f1"), "number of its own"),
        (spoil_constant, NUCLEI, "constant"),
        (spoil_names, NUCLEI, "rename"),
        (spoil_swapped, SPOTS, "wrong order"),
    ],
)
def test_wrong_images(folder, monkeypatch, capsys, spoil, text, expected):
    spoil(folder)
    for name in ("check", "run"):
        code, said = command(name, text.replace("METRIC", ""), monkeypatch, capsys)
        assert code == 2, said
        assert said.startswith("Error: experiment.yaml, line 1, task: ")
        assert expected in said
        assert len(said.strip().splitlines()) == 1
    assert not (folder / "experiment.db").exists()
