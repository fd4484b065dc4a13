"""Whoever is asked to stop ends soon, also where the database does not answer; whoever is not waits for it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from parfocal import Float, Study
from parfocal.errors import StorageUnavailable
from parfocal.evaluation import PythonEvaluator, Stop
from parfocal.storage import SqlStorage
from parfocal.testing.postgres import PostgresServer
from parfocal.workers.outage import briefly, hurrying, insist

PIPELINE = """
import time

def score(x):
    time.sleep(0.05)
    return x
"""
EXPERIMENT = """
space: {{x: {{type: float, low: 0, high: 1}}}}
objective: minimize loss
evaluation: {{kind: python, function: 'pipeline:score'}}
optimizer: random
budget: 100000
storage: {url}
workers: {workers}
isolation: none
"""


@pytest.fixture
def server(postgres_server):  # the shared one says whether there is any
    with PostgresServer() as own:
        yield own


def begun(server, folder, *command):
    """Start a command in a study on a server that begins to work; return its process."""
    (folder / "pipeline.py").write_text(PIPELINE)
    process = subprocess.Popen(
        [sys.executable, "-m", "parfocal", *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    storage = SqlStorage(server.url)
    deadline = time.monotonic() + 60
    while not ((studies := storage.studies()) and storage.counts(studies[0].id).finished > 3):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing gets done"
        time.sleep(0.1)
    storage.close()
    return process


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
@pytest.mark.skipif(not hasattr(SqlStorage, "hurry"), reason="this storage cannot be told to hurry")
@pytest.mark.parametrize("who", ["worker", "run with 1", "run with 2"])
@pytest.mark.parametrize("away", [0.2, pytest.param(4.0, marks=pytest.mark.slow)])
def test_sigterm_ends_soon_without_a_database(server, tmp_path, who, away):
    if who == "worker":
        one = Study({"x": Float(0, 1)}, evaluator=PythonEvaluator("pipeline:score", path=str(tmp_path)),
                    storage=server.url, optimizer="random")  # fmt: skip
        one.storage.set_budget(one.record.id, 100_000)
        one.storage.close()
        process = begun(server, tmp_path, "worker", server.url, "--wait")
    else:
        path = tmp_path / "experiment.yaml"
        path.write_text(EXPERIMENT.format(url=server.url, workers=who[-1]))
        process = begun(server, tmp_path, "run", path, "--quiet")
    server.stop()
    time.sleep(away)
    assert process.poll() is None, "it waits for the database"
    begin = time.monotonic()
    process.terminate()
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - begin < 10
    assert process.returncode == (0 if who == "worker" else 130), said
    assert "Traceback" not in said
    if who != "worker":
        assert "what is finished is safe" in said and "Go on with:" in said


def test_it_goes_on_until_the_storage_answers(monkeypatch):
    monkeypatch.setattr("parfocal.workers.outage.PATIENCE", 1.0)
    calls = []

    def away(times):
        calls.append(1)
        if len(calls) <= times:
            raise StorageUnavailable("away")
        return "here"

    assert insist(lambda: away(2), Stop()) == "here"
    calls.clear()
    with pytest.raises(StorageUnavailable):
        insist(lambda: away(99), Stop())
    stop = Stop()
    stop.set()
    calls.clear()
    with pytest.raises(StorageUnavailable):
        insist(lambda: away(1), stop)
    assert len(calls) == 1, "who is asked to stop does not try again"


def test_a_patience_begins_with_the_outage(monkeypatch):
    monkeypatch.setattr("parfocal.workers.outage.PATIENCE", 0.3)
    calls = []

    def slow():
        calls.append(1)
        if len(calls) == 1:
            time.sleep(0.4)  # an evaluation that takes longer than the patience
            raise StorageUnavailable("away")
        return "here"

    assert insist(slow, Stop()) == "here"


def test_the_last_calls_are_brief():
    begin, done = time.monotonic(), []

    def fails():
        raise StorageUnavailable("away")

    briefly(fails, lambda: done.append(1))
    assert done == [1]
    briefly(lambda: time.sleep(60))
    assert time.monotonic() - begin < 5


def test_only_a_storage_that_does_not_answer_is_hurried():
    class Storage:
        hurried = 0

        def hurry(self):
            self.hurried += 1

    storage, stop = Storage(), Stop()
    with hurrying(stop, storage):
        stop.set()
    time.sleep(1.2)
    assert storage.hurried == 0
    with hurrying(stop, storage):
        time.sleep(1.5)
    assert storage.hurried == 1


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_a_second_signal_ends_at_once(tmp_path):
    code = (
        "import time\n"
        "from parfocal.evaluation import Stop\n"
        "from parfocal.workers import stop_on_signals\n"
        "with stop_on_signals(Stop()) as stop:\n"
        "    print('waits', flush=True)\n"
        "    try: time.sleep(60)\n"
        "    except KeyboardInterrupt: print('ended', stop.is_set())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waits\n"
        for _ in range(2):  # one that comes twice is one
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        assert process.poll() is None
        time.sleep(1.0)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=10)[0] == "ended True\n"
