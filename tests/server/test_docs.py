"""docs/server.md says what is so: its commands work, its options and metrics exist, and none is left out."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")

import httpx

from parfocal.storage import MemoryStorage
from parfocal.storage.http import HttpStorage
from parfocal.storage.records import WorkerRecord
from parfocal.testing.storagetools import complete
from tests.server.harness import TOKEN, running

TEXT = (Path(__file__).parents[2] / "docs" / "server.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="curl and bash are not installed")
def test_a_worker_made_of_curl():
    behind = MemoryStorage()
    study = behind.create_study("a", {}).id
    behind.add(study, [{"x": 1}], [0])
    (commands,) = re.findall(r"```sh\n(curl -s -H.*?)```", TEXT, re.DOTALL)
    with running(behind) as url:
        commands = commands.replace("http://127.0.0.1:8753", url).replace("/studies/1/", f"/studies/{study}/")
        done = subprocess.run(["bash", "-ec", commands], capture_output=True, text=True, timeout=30, check=True)
    assert '"configuration":{"x":1}' in done.stdout
    assert done.stdout.endswith('{"accepted":[true]}')
    assert behind.trial(study, 0).loss == -0.8


def test_the_metrics_are_those_that_there_are():
    with running(MemoryStorage()) as url:
        storage = HttpStorage(url)
        study = storage.create_study("a", {}).id
        storage.add(study, [{}] * 3, range(3))
        storage.set_budget(study, 3)
        storage.lead(study, "w")
        storage.register(WorkerRecord("w", "host", 1, 0.0))
        first, _ = storage.claim(study, "w", 2)
        storage.report(study, "w", [complete(first)])
        storage.reap(study, ["w"])
        storage.lead(study, "w")
        storage.close()
        answer = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)
    names = set(re.findall(r"^# TYPE (parfocal_\w+) (?:gauge|counter|histogram)", answer.text, re.MULTILINE))
    table = TEXT.partition("| metric |")[2].partition("\n\n")[0]
    told = dict(re.findall(r"`(parfocal_\w+)(?:\{([\w,]+)\})?`", table))
    assert set(told) == {name for name in names if not name.endswith("_created")}
    for name, labels in told.items():
        shown = re.search(rf"^{name}(?:_count)?\{{(.*)\}}", answer.text, re.MULTILINE)
        if labels and shown:
            assert set(re.findall(r'(\w+)="', shown.group(1))) - {"le"} == set(labels.split(",")), name


def test_the_options_are_those_that_there_are():
    command = [sys.executable, "-m", "parfocal", "serve", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "200"})
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", done.stdout)) - {"--help"}
    table = TEXT.partition("| option |")[2].partition("\n\n")[0]
    assert set(re.findall(r"--[a-z]+(?:-[a-z]+)*", table)) == options
