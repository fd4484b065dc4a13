"""A client while its server is away, dies, or is heard no more: nothing is lost, and nothing is done twice."""

import concurrent.futures
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time

import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")

import parfocal.server.keeper
from parfocal.errors import MissingPackage, OutOfStep, SchemaVersionError, StorageError, StorageUnavailable
from parfocal.evaluation import evaluator_from_dict
from parfocal.seeds import trial_seeds
from parfocal.server.answers import Answers
from parfocal.space import Float, Integer
from parfocal.storage import MemoryStorage, open_storage
from parfocal.storage.http import HttpStorage
from parfocal.storage.sql import SqlStorage
from parfocal.study import Study
from parfocal.testing.storagetools import complete
from parfocal.trials import Outcome, Provenance, State
from tests.server.harness import TOKEN, Proxy, free_port, running, start

# ---------------------------------------------------------------- the address and the token

ADDRESSES = {
    "http://user:geheim@127.0.0.1:1": "holds no user or password.*'http://127.0.0.1:1'",
    "https://:geheim@server": "holds no user or password",
    "http://192.0.2.1:8753": "unencrypted.*PARFOCAL_INSECURE_HTTP=1",
    "http://server.example:8753/x": "unencrypted",
    "http://127.0.0.1.example": "unencrypted",
    "https://": "looks like 'https://HOST:PORT'",
    "https://server?token=geheim": "looks like",
    "https://server#x": "looks like",
    "http://127.0.0.1:99999": "is no address of a server",
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_a_wrong_address_is_told_before_anything_is_sent(url, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connects"))
    with pytest.raises(StorageError, match=ADDRESSES[url]) as raised:
        open_storage(url)
    assert "geheim" not in str(raised.value) or "?" in url
    assert "\n" not in str(raised.value)


def test_plain_http_to_the_network_when_that_is_wanted(monkeypatch):
    monkeypatch.setenv("PARFOCAL_INSECURE_HTTP", "1")
    with pytest.raises(StorageError, match="cannot be reached"):
        open_storage("http://does-not-exist.invalid:8753")


NO_TOKENS = {"missing": "needs a token", "short": "at least 16", "ä" * 20: "ASCII", "two words and more": "spaces"}


@pytest.mark.parametrize("given", NO_TOKENS)
def test_a_token_that_is_none(monkeypatch, given):
    monkeypatch.delenv("PARFOCAL_TOKEN")
    if given != "missing":
        monkeypatch.setenv("PARFOCAL_TOKEN", given)
    with pytest.raises(StorageError, match=NO_TOKENS[given]) as raised:
        open_storage("https://127.0.0.1:1")
    assert f"'{given}'" not in str(raised.value)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingPackage, match=r"'httpx' .* pip install 'parfocal\[serve\]'"):
        open_storage("https://127.0.0.1:1")


def test_a_wrong_token_is_told_at_once():
    with running(MemoryStorage()) as url, pytest.raises(StorageError, match="refuses the token: set PARFOCAL_TOKEN"):
        HttpStorage(url, token="another-token-0123456789")


def test_a_token_is_shown_nowhere(opened, tmp_path, capfd):
    with running(SqlStorage(tmp_path / "a.db")) as url:
        storage = opened(url)
        storage.create_study("a", {})
        for text in (repr(storage), storage.url, repr(storage._caller)):
            assert TOKEN not in text
    assert TOKEN not in "".join(capfd.readouterr())
    assert all(TOKEN.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_the_first_connection_fails_fast():
    begin = time.monotonic()
    with pytest.raises(StorageError, match=r"cannot be reached .Connection refused.: is the address right") as raised:
        open_storage(f"http://127.0.0.1:{free_port()}")
    assert not isinstance(raised.value, StorageUnavailable)
    assert time.monotonic() - begin < 3


def answering(body, status=b"200 OK", more=b""):
    """Return the url of something that answers everything the same."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.recv(65536)
                head = b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\nConnection: close\r\n" % len(body)
                client.sendall(head + more + b"\r\n" + body)

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", listener


JSON = b"Content-Type: application/json\r\n"
STRANGERS = {
    "a page": ((b"<html>hello</html>", b"200 OK", b"Content-Type: text/html\r\n"), StorageError, "no parfocal server"),
    "other json": ((b'{"a": 1}', b"200 OK", JSON), StorageError, "no parfocal server"),
    "no json": ((b"{", b"200 OK", JSON), StorageError, "no parfocal server"),
    "nothing": ((b"", b"404 Not Found"), StorageError, "check the address and its path"),
    "elsewhere": (
        (b"", b"308 Permanent Redirect", b"Location: https://other/x/v1/server\r\n"),
        StorageError, "https://other/x: use",
    ),
    "newer": (
        (b'{"server": "parfocal", "api": 9, "version": "7.0"}', b"200 OK", JSON), SchemaVersionError, "same version",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STRANGERS)
def test_what_is_no_server_of_parfocal_is_told_in_one_sentence(kind):
    answer, error, sentence = STRANGERS[kind]
    url, listener = answering(*answer)
    with listener, pytest.raises(error, match=sentence):
        open_storage(url)


# ---------------------------------------------------------------- outages


def test_an_outage_is_waited_for_up_to_the_patience_and_once_for_all(opened):
    with running(MemoryStorage()) as url:
        storage = opened(url, patience=0.8)
        assert storage.studies() == []
    begin = time.monotonic()
    with pytest.raises(StorageUnavailable, match=r"has not answered for . s .*is it running"):
        storage.studies()
    assert 0.7 < time.monotonic() - begin < 5
    begin = time.monotonic()
    with pytest.raises(StorageUnavailable):
        storage.studies()
    assert time.monotonic() - begin < 0.5, "the patience is that of the outage, not of each call"


@pytest.mark.slow
def test_a_server_that_comes_back_in_time_is_used_again(opened, tmp_path):
    port = free_port()
    process = start(tmp_path / "a.db", port, "--create")
    storage = opened(f"http://127.0.0.1:{port}")
    study = storage.create_study("a", {}).id
    process.kill()
    process.communicate()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(storage.wait_for_work, study, 60)
        adding = pool.submit(storage.add, study, [{"x": 1}], [7])
        time.sleep(1)
        assert not adding.done()
        process = start(tmp_path / "a.db", port)
        assert adding.result(30) == range(0, 1)
        assert waiting.result(30)
    assert stop(process) == 0


def stop(process, number=signal.SIGTERM):
    process.send_signal(number)
    process.communicate(timeout=30)
    return process.returncode


# ---------------------------------------------------------------- lost answers


@pytest.fixture(params=["remembered", "forgotten"])
def lossy(request, opened, monkeypatch, tmp_path):
    """Return a storage behind a proxy, whether the server remembers its answers (or was started anew, and does not)."""
    if request.param == "forgotten":
        monkeypatch.setattr(parfocal.server.keeper, "Answers", lambda: Answers(most=0))
    behind = SqlStorage(tmp_path / "a.db")
    with running(behind) as url, Proxy(int(url.rpartition(":")[2])) as proxy:
        yield opened(proxy.url), proxy, request.param == "remembered"


def losing(proxy, call, word, times=3):
    """Return what a call returns whose first answers are lost."""
    left = [times]

    def drop(request):
        if word not in request.partition(b"\r\n")[0] or not left[0]:
            return False
        left[0] -= 1
        return True

    before, proxy.drop = proxy.dropped, drop
    try:
        return call()
    finally:
        assert proxy.dropped == before + times
        proxy.drop = lambda request: False


def test_what_is_done_twice_counts_once(lossy):
    storage, proxy, remembered = lossy
    study = losing(proxy, lambda: storage.create_study("a", {}), b"/studies").id
    assert len(storage.studies()) == 1
    notes = [Provenance("random", "none", row=row) for row in range(3)]
    added = losing(proxy, lambda: storage.add(study, [{"x": 0}] * 3, range(3), provenances=notes), b"/trials")
    assert added == range(3)
    more = losing(proxy, lambda: storage.add(study, [{"x": 1}] * 2, [3, 4], start=3), b"/trials")
    assert more == range(3, 5)
    assert storage.counts(study).total == 5
    with pytest.raises(OutOfStep):
        losing(proxy, lambda: storage.add(study, [{"x": 2}], [9], start=3), b"/trials")
    claimed = (
        losing(proxy, lambda: storage.claim(study, "w", 2), b"/claim") if remembered else storage.claim(study, "w", 2)
    )
    assert [(trial.number, trial.attempts) for trial in claimed] == [(0, 1), (1, 1)]
    assert storage.counts(study).running == 2
    results = [complete(claimed[0]), complete(claimed[0]), complete(claimed[1])]
    accepted = losing(proxy, lambda: storage.report(study, "w", results), b"/report")
    assert accepted.tolist() == [True, False, True]
    assert storage.changes(study).revision == 7
    stale = [complete(claimed[0], 0.9)]
    assert not storage.report(study, "w", stale).any(), "a new call is none that was lost"
    (third,) = storage.claim(study, "w")
    storage.withdraw(study, [third.number])
    assert not losing(proxy, lambda: storage.report(study, "w", [complete(third)]), b"/report").any()
    (fourth,) = storage.claim(study, "w")
    assert losing(proxy, lambda: storage.release(study, "w"), b"/release") == (1 if remembered else 0)
    assert [trial.attempts for trial in storage.claim(study, "v")] == [fourth.attempts + 1]
    assert losing(proxy, lambda: storage.lead(study, "a"), b"/lead")
    losing(proxy, lambda: storage.set_budget(study, 9), b"/budget")
    assert storage.state(study).budget == 9
    losing(proxy, lambda: storage.delete_study(study), b"DELETE")
    assert storage.studies() == []
    with pytest.raises(StorageError, match="no study"):
        storage.delete_study(study)


def test_an_answer_that_takes_long_is_waited_for_by_the_second_attempt_too(opened, monkeypatch):
    class Slow(MemoryStorage):
        calls = 0

        def claim(self, *values):
            Slow.calls += 1
            time.sleep(1.0)
            return super().claim(*values)

    with running(Slow()) as url:
        storage = opened(url)
        study = storage.create_study("a", {}).id
        storage.add(study, [{}] * 5, range(5))
        monkeypatch.setattr("parfocal.storage.httpcaller._ANSWER", 0.3)
        assert [trial.number for trial in storage.claim(study, "w", 2)] == [0, 1]
        assert Slow.calls == 1
        assert storage.counts(study).running == 2


# ---------------------------------------------------------------- forks


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.slow
def test_both_sides_of_a_fork_go_on(opened, tmp_path):
    process = start(tmp_path / "a.db", port := free_port(), "--create")
    storage = opened(f"http://127.0.0.1:{port}")
    study = storage.create_study("a", {}).id
    storage.add(study, [{}] * 400, range(400))
    children = []
    for name in "abc":
        child = os.fork()
        if not child:
            code = 1
            try:
                code = 0 if drain(storage, study, name) else 2
            finally:
                os._exit(code)
        children.append(child)
    assert drain(storage, study, "parent")
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    assert storage.counts(study).complete == 400
    assert stop(process) == 0


def drain(storage, study, worker, pause=0.0):
    """Complete trials until none waits; return how many, all of them accepted."""
    count = 0
    while trials := storage.claim(study, worker, 2):
        time.sleep(pause)
        results = [(t.number, t.attempts, Outcome.complete({"seed": t.seed}), float(t.seed)) for t in trials]
        assert storage.report(study, worker, results).all()
        count += len(trials)
    return count


# ---------------------------------------------------------------- kill -9 in mid-run


def _work(url, study, worker):
    storage = open_storage(url)
    told = []
    while storage.state(study).spent < 400:
        for trial in storage.claim(study, worker, 1, lease=3.0):
            time.sleep(0.01)
            result = (trial.number, trial.attempts, Outcome.complete({"seed": trial.seed}), float(trial.seed))
            if storage.report(study, worker, [result]).all():
                told.append((trial.number, trial.attempts))
    storage.close()
    return told


@pytest.mark.slow
def test_a_killed_server_loses_and_doubles_nothing(opened, tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = start(tmp_path / "a.db", port, "--create", "--log-level", "warning")
    storage = opened(url)
    study = storage.create_study("a", {}).id
    storage.add(study, [{"x": i} for i in range(400)], range(400))
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(3, mp_context=spawn) as pool:
        futures = [pool.submit(_work, url, study, f"w{i}") for i in range(3)]
        for after in (100, 200, 300):
            while storage.state(study).spent < after:
                time.sleep(0.02)
            process.kill()
            process.communicate()
            time.sleep(0.3)
            process = start(tmp_path / "a.db", port, "--log-level", "warning")
        told = [each for future in futures for each in future.result(timeout=120)]
    trials = storage.trials(study)
    assert storage.counts(study).complete == 400
    assert len(told) == len(set(told)) == 400, "each result was accepted once, and its worker knows it"
    assert set(told) == {(trial.number, trial.attempts) for trial in trials}
    assert all(trial.state == State.COMPLETE and trial.loss == trial.seed == trial.number for trial in trials)
    assert storage.changes(study).revision == 800
    assert stop(process) == 0


# ---------------------------------------------------------------- a whole search

PIPELINE = """
import time

def score(sigma, size):
    time.sleep(0.02)
    return {"loss": (sigma - 2) ** 2 + size}
"""


@pytest.mark.slow
def test_a_search_with_worker_processes_goes_on_when_its_server_is_killed(tmp_path, monkeypatch):
    (tmp_path / "pipeline.py").write_text(PIPELINE)
    evaluator = evaluator_from_dict({"kind": "python", "function": "pipeline:score"}, tmp_path)
    port = free_port()
    processes = [start(tmp_path / "a.db", port, "--create", "--log-level", "warning")]
    space = {"sigma": Float(0.5, 5.0), "size": Integer(1, 9)}
    study = Study(space, "minimize loss", evaluator, storage=f"http://127.0.0.1:{port}", optimizer="tpe", seed=1)
    due = [60, 20]

    def kill(progress):
        if due and progress.counts.finished >= due[-1]:
            due.pop()
            processes[-1].kill()
            processes[-1].communicate()
            timer = threading.Timer(1.0, lambda: processes.append(start(tmp_path / "a.db", port)))
            timer.start()

    try:
        study.run(100, workers=2, on_progress=kill)
    finally:
        study.storage.close()
        ends = [stop(process) for process in processes[-1:]]
    assert ends == [0] and due == [] and len(processes) == 3
    direct = Study.open(tmp_path / "a.db")
    trials = direct.trials()
    assert direct.counts.complete == 100
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert [trial.seed for trial in trials] == trial_seeds(1, range(len(trials))).tolist()
    assert len({trial.provenance.ask + trial.provenance.row for trial in trials}) == len(trials), (
        "no ask is stored twice"
    )
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("http")]
    direct.storage.close()


# ---------------------------------------------------------------- many workers


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_64_workers_complete_5000_trials_without_an_error(opened, tmp_path):
    process = start(tmp_path / "a.db", port := free_port(), "--create", "--log-level", "warning")
    url = f"http://127.0.0.1:{port}"
    storage = opened(url)
    study = storage.create_study("a", {}).id
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(4, mp_context=spawn) as pool:
        futures = [pool.submit(_crowd, url, study, f"p{i}", 16) for i in range(4)]
        for first in range(0, 5000, 500):
            storage.add(study, [{"x": first + i} for i in range(500)], range(first, first + 500))
            while storage.state(study).counts.waiting > 100:
                storage.wait_for_change(study, storage.state(study).revision, 1)
        parts = [future.result(timeout=500) for future in futures]
    counts = storage.counts(study)
    assert (counts.complete, counts.total) == (5000, 5000)
    assert sum(map(sum, parts)) == 5000
    assert all(min(part) > 0 for part in parts), "each of the 64 got some"
    assert {trial.attempts for trial in storage.trials(study)} == {1}
    assert stop(process) == 0


def _crowd(url, study, name, threads):
    """Let threads work until 5,000 trials are complete; return how many each has completed."""
    storage = open_storage(url)

    def run(i):
        count = 0
        while True:
            got = drain(storage, study, f"{name}-{i}")
            count += got
            if storage.state(study).spent >= 5000:
                return count
            if not got:
                storage.wait_for_work(study, 2)

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        counts = list(pool.map(run, range(threads)))
    storage.close()
    return counts
