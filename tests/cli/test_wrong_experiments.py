"""Wrong experiments, kept as files: one clear sentence, exit code 2, no half-made study, nothing evaluated."""

import re
import shutil
from pathlib import Path

import pytest

from parfocal import cli

FOLDER = Path(__file__).with_name("wrong")
FILES = sorted(FOLDER.glob("*.yaml"))


def test_there_are_enough():
    assert len(FILES) >= 40


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_wrong_experiment(file, command, tmp_path, monkeypatch, capsys):
    shutil.copy(file, tmp_path)
    shutil.copy(FOLDER / "pipeline.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["parfocal", command, file.name])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr()
    expected = re.match(r"# expect: (.*)", file.read_text())[1]
    assert end.value.code == 2
    assert expected in said.err
    assert file.name in said.err, "the message must name the file"
    assert "Traceback" not in said.err
    lines = said.err.strip().splitlines()
    assert all(file.name in line for line in lines)
    assert command == "check" or len(lines) == 1, "one sentence, one line; `check` lists all that it finds"
    assert {path.name for path in tmp_path.iterdir()} <= {file.name, "pipeline.py", "__pycache__"}


def test_a_file_that_is_not_there(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["parfocal", "run", str(tmp_path / "experimnt.yaml")])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "there is no such file" in capsys.readouterr().err
