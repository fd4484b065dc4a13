"""`parfocal --log`, `--log-json` and PARFOCAL_LOG."""

import json
import os
import subprocess
import sys

from parfocal.storage import SqlStorage
from tests.cli.conftest import parfocal
from tests.operations.conftest import fill


def test_options_and_environment(tmp_path):
    storage = SqlStorage(tmp_path / "s.db")
    fill(storage, 40)
    storage.close()
    said = parfocal("--log", tmp_path / "log", "--log-json", "retry", tmp_path / "s.db", "--trial", 3)
    assert said.returncode == 0 and said.stderr == ""
    (line,) = (tmp_path / "log").read_text().splitlines()
    content = json.loads(line)
    assert (content["logger"], content["study"], content["level"]) == ("parfocal.operations.retry", "study", "info")

    command = [sys.executable, "-m", "parfocal", "retry", str(tmp_path / "s.db"), "--trial", "11"]
    environment = {**os.environ, "PARFOCAL_LOG": "json"}
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=60)
    assert json.loads(said.stderr)["study"] == "study"

    said = parfocal("--log", tmp_path / "none" / "log", "status", tmp_path / "s.db")
    assert said.returncode == 2 and "cannot be written" in said.stderr and said.stderr.count("\n") == 1


def test_a_search_logs_who_proposed_what(experiment, tmp_path):
    said = parfocal("--log", tmp_path / "log", "--log-json", "run", experiment(), "--quiet")
    assert said.returncode == 0 and said.stderr == ""
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert any(line["logger"].startswith("parfocal.search") and "random" in line["message"] for line in lines)
