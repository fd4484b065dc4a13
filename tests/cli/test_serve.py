"""`parfocal serve` as an administrator uses it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")

from parfocal import Study
from parfocal.cli.serve import serve_studies
from parfocal.errors import ParfocalError
from parfocal.storage import open_storage
from parfocal.storage.http import HttpStorage
from tests.cli.conftest import parfocal
from tests.server.harness import TOKEN, free_port, start


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("PARFOCAL_TOKEN", TOKEN)


def serving(target, **options):
    """Call the command in this process, for what it refuses before it serves."""
    given = {
        "host": "127.0.0.1", "port": 0, "token_file": None, "create": False, "ask": False, "open_metrics": False,
        "root_path": "", "log_json": False, "log_level": "info",
    }  # fmt: skip
    serve_studies(str(target), **{**given, **options})


REFUSED = {
    "https://host:1": ({}, "is a server already"),
    "missing.db": ({}, "there is no such database; write --create to make it"),
    "missing.yaml": ({}, "missing.yaml"),
    "postgresql://nobody:geheim@127.0.0.1:1/a": ({}, "password"),
    "a.db": ({"host": "192.0.2.7"}, "this machine has no such address"),
    "b.db": ({"host": "no such host"}, "is not known"),
    "c.db": ({"token_file": Path("/does/not/exist")}, "cannot be read: No such file"),
    "d.db": ({"token_file": Path(__file__)}, "A token is printable ASCII"),
    "e.db": ({"log_level": "loud"}, "is one of debug, info, warning, error"),
    "f.db": ({"root_path": "x"}, "begins with a slash"),
}


@pytest.mark.parametrize("target", REFUSED)
def test_what_cannot_be_served_is_told_in_one_sentence(tmp_path, target, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options, sentence = REFUSED[target]
    with pytest.raises(ParfocalError, match=sentence) as raised:
        serving(target, **options)
    assert "\n" not in str(raised.value)
    assert "geheim" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = parfocal("serve", tmp_path / "a.db", "--create", "--port", listener.getsockname()[1])
    assert done.returncode == 2
    assert re.fullmatch(r"Error: Port \d+ at '127.0.0.1' is in use by another program: choose .*\n", done.stderr)


def ended(process, number):
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order_while_somebody_waits(tmp_path, number):
    process = start(tmp_path / "a.db", port := free_port(), "--create")
    storage = HttpStorage(f"http://127.0.0.1:{port}", patience=0.1)
    study = storage.create_study("a", {}).id
    waiting = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from parfocal.storage.http import HttpStorage; from parfocal.errors import StorageUnavailable\n"
            f"storage = HttpStorage('http://127.0.0.1:{port}', patience=0.1)\nprint('waits', flush=True)\n"
            f"try: storage.wait_for_work({study}, 60)\nexcept StorageUnavailable: print('away')",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdout.readline() == "waits\n"
    time.sleep(0.3)
    begin = time.monotonic()
    code, out, err = ended(process, number)
    assert time.monotonic() - begin < 9, "it waits for nobody who waits"
    assert code == 0, err
    assert out == ""
    assert "Traceback" not in err
    assert "Serving sqlite:///" in err and "Stopped; everything is stored" in err
    assert waiting.communicate(timeout=30)[0] == "away\n"
    storage.close()
    assert [record.name for record in open_storage(tmp_path / "a.db").studies()] == ["a"]


def test_a_new_token_is_printed_once_and_opens(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "PARFOCAL_TOKEN"}
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "parfocal", "serve", str(tmp_path / "a.db"), "--create", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    lines = [process.stdout.readline() for _ in range(3)]
    token = re.search(r"export PARFOCAL_TOKEN=(\S+)", lines[-1]).group(1)
    assert len(token) >= 40
    storage = HttpStorage(f"http://127.0.0.1:{port}", token)
    assert storage.studies() == []
    storage.close()
    code, out, err = ended(process, signal.SIGTERM)
    assert code == 0
    assert token not in out + err


def test_a_token_from_a_file_the_log_as_json_and_open_metrics(tmp_path):
    import httpx

    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o644)
    options = ("--create", "--token-file", str(file), "--log-json", "--log-level", "debug", "--open-metrics")
    process = start(tmp_path / "a.db", port := free_port(), *options, token="another-one-that-is-not-used")
    url = f"http://127.0.0.1:{port}"
    storage = HttpStorage(url)
    study = storage.create_study("a", {}).id
    storage.add(study, [{}], [0], asker=None)
    storage.claim(study, "w1")
    assert httpx.get(f"{url}/metrics", trust_env=False).status_code == 200
    for wrong in ("wrong-token-0123456789", "s3cret in a path"):
        httpx.get(f"{url}/v1/studies?token={wrong}", headers={"Authorization": f"Bearer {wrong}"}, trust_env=False)
    arguments = " ".join(psutil.Process(process.pid).cmdline())
    assert "--token-file" in arguments
    storage.close()
    code, out, err = ended(process, signal.SIGTERM)
    assert code == 0
    assert TOKEN not in out + err + arguments
    assert "wrong-token" not in err and "s3cret" not in err
    lines = [json.loads(line) for line in err.splitlines()]
    assert all({"time", "level", "event", "message"} <= set(line) for line in lines)
    assert [line["event"] for line in lines if line["event"] != "request"] == ["token", "start", "stop"]
    assert "chmod 600" in lines[0]["message"]
    (claim,) = [line for line in lines if line.get("route", "").endswith("/claim")]
    assert (claim["method"], claim["status"], claim["study"], claim["worker"]) == ("POST", 200, study, "w1")
    assert claim["level"] == "info" and 0 < claim["duration"] < 30
    assert [line["status"] for line in lines if line["level"] == "warning" and line["event"] == "request"] == [401, 401]


def test_an_experiment_is_made_and_served(experiment):
    path = experiment()
    process = start(path, port := free_port())
    storage = HttpStorage(f"http://127.0.0.1:{port}")
    (record,) = storage.studies()
    assert record.name == "experiment"
    assert record.definition["optimizer"] == "random"
    storage.close()
    assert ended(process, signal.SIGTERM)[0] == 0
    assert path.with_suffix(".db").is_file()


def test_a_postgresql_server_is_served(postgres_url):
    process = start(postgres_url, port := free_port(), "--log-json")
    storage = HttpStorage(f"http://127.0.0.1:{port}")
    study = storage.create_study("a", {}).id
    assert storage.add(study, [{}], [0]) == range(1)
    storage.close()
    code, _, err = ended(process, signal.SIGTERM)
    assert code == 0
    assert json.loads(err.splitlines()[0])["message"].startswith("Serving postgresql://")


def test_a_server_that_asks_needs_only_workers_that_evaluate(experiment, tmp_path):
    path = experiment(optimizer="tpe")
    process = start(path, port := free_port(), "--ask")
    url = f"http://127.0.0.1:{port}"
    storage = HttpStorage(url)
    (record,) = storage.studies()
    workers = [
        subprocess.Popen([sys.executable, "-m", "parfocal", "worker", url, "--study", "experiment", "--wait"])
        for _ in range(2)
    ]
    try:
        askers = set()
        deadline = time.monotonic() + 60
        while (state := storage.state(record.id)).spent < 40 and time.monotonic() < deadline:
            askers.add(state.asker)
            time.sleep(0.05)
        assert state.spent == state.budget == 40 == state.counts.total
        assert all(asker is None or asker.startswith("asker-") for asker in askers) and len(askers) <= 2
        assert storage.trial(record.id, 0).configuration == {"sigma": 1.0, "size": 5}, "the default comes first"
        other = Study.open(storage, "experiment")
        other = Study(
            other.space, other.objective, other.evaluator, storage=storage, name="other", optimizer="random", seed=1
        )
        storage.set_budget(other.record.id, 5)
        deadline = time.monotonic() + 20
        while storage.state(other.record.id).counts.waiting < 5 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert storage.state(other.record.id).counts.waiting == 5, "a new study is noticed"
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            assert worker.wait(20) == 0
    storage.close()
    code, _, err = ended(process, signal.SIGTERM)
    assert code == 0 and "Traceback" not in err
    left = open_storage(path.with_suffix(".db"))
    assert left.workers() == [] and left.state(record.id).asker is None
    assert not [ask for ask in Study.open(left, "experiment").replay() if ask.differing]
