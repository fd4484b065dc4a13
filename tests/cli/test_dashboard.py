"""`parfocal dashboard`: wrong options get one sentence."""

import socket
from pathlib import Path

import pytest

from parfocal.cli import main
from parfocal.study import Study
from parfocal.testing.studies import mixed_space

pytest.importorskip("dash", reason="needs the extra 'dashboard'")
pytest.importorskip("waitress", reason="needs the extra 'dashboard'")


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["parfocal", "dashboard", "--no-browser", *options])
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "token" not in said
    return " ".join(said.split())


def test_a_file_that_does_not_exist_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no such database yet" in refused(capsys, "--storage", str(tmp_path / "none.db"))
    assert "there is no such database yet" in refused(capsys, str(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


def test_what_to_show_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Name what to show, once" in refused(capsys)
    assert "Name what to show, once" in refused(capsys, "a.db", "--storage", "b.db")


def test_a_prefix_has_slashes_at_both_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Study(mixed_space(), "maximize f1", storage=str(tmp_path / "s.db"), name="one", optimizer="random")
    for prefix in ("user/me/", "/user/me"):
        assert "begins and ends with a slash" in refused(
            capsys, "--storage", str(tmp_path / "s.db"), "--prefix", prefix
        )


def test_a_port_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Study(mixed_space(), "maximize f1", storage=str(tmp_path / "s.db"), name="one", optimizer="random")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "is in use by another program" in refused(capsys, "--storage", str(tmp_path / "s.db"), "--port", port)
