"""PostgreSQL at its worst: a server that stands still, goes away, is full, or lets nobody in; and urls with secrets."""

import contextlib
import math
import os
import signal
import socket
import threading
import time

import psutil
import pytest

pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'parfocal[postgres]'")

import psycopg
import sqlalchemy

from parfocal.errors import StorageError, StorageUnavailable
from parfocal.storage import open_storage, pgconnection, pgerrors, postgres
from parfocal.storage.sql import SqlStorage
from parfocal.testing.postgres import PostgresServer
from parfocal.trials import State


@pytest.fixture(scope="module")
def own(postgres_server):  # the shared one says whether there is any
    """A server that may be stopped."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def own_url(own):
    """The url of a new, empty database on it."""
    return own.database()


@pytest.fixture
def storage(postgres_url):
    made = SqlStorage(postgres_url)
    yield made
    made.close()


@contextlib.contextmanager
def still(server):
    """Let all of a server's processes stand still: its host goes on acknowledging what is sent."""
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children()]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


@contextlib.contextmanager
def aside(call):
    """Call in a thread meanwhile; yield a list in which its result or error will be."""
    results = []

    def run():
        try:
            results.append(call())
        except StorageError as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield results
    thread.join(30)
    assert not thread.is_alive()


# ---------------------------------------------------------------- a server that does not answer


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_a_server_that_stands_still_is_away_after_the_patience(own, own_url, monkeypatch):
    monkeypatch.setattr(pgconnection, "_LEAST", 0.5)
    monkeypatch.setattr(pgconnection, "_CONNECT", 2)
    storage = SqlStorage(own_url, patience=1.0)
    study = storage.create_study("a", {}).id
    with still(own):
        begin = time.monotonic()
        with pytest.raises(StorageUnavailable, match="does not answer"):
            storage.state(study)
        assert time.monotonic() - begin < 6
    assert storage.state(study).counts.total == 0
    storage.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this platform has no such timeout")
def test_a_host_that_acknowledges_nothing_is_dead_after_a_minute(storage):
    raw = storage.database.engine().raw_connection()
    with socket.socket(fileno=os.dup(raw.driver_connection.fileno())) as wire:
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
    raw.close()


def test_a_statement_that_takes_long_on_a_living_server_is_waited_for(storage):
    begin = time.monotonic()
    storage._read(lambda c: c.exec_driver_sql("SELECT pg_sleep(1.2)"))
    assert time.monotonic() - begin > 1.2


# ---------------------------------------------------------------- a hurry


def test_a_hurry_ends_the_calls_that_wait_for_a_server_that_is_gone(own, own_url):
    storage = SqlStorage(own_url)
    study = storage.create_study("a", {}).id
    own.stop(signal.SIGINT)
    with aside(lambda: storage.state(study)) as results:
        time.sleep(0.5)
        assert results == []
        begin = time.monotonic()
        storage.hurry()
    assert isinstance(results[0], StorageUnavailable)
    with pytest.raises(StorageUnavailable):
        storage.heartbeat(study, "w", [])
    assert time.monotonic() - begin < 1
    own.start()
    assert storage.state(study).counts.total == 0  # a quick stop gives claims back where it can
    storage.close()


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_a_hurry_ends_the_calls_that_hang_in_a_server_that_stands_still(own, own_url):
    storage = SqlStorage(own_url)
    study = storage.create_study("a", {}).id
    with still(own):
        with aside(lambda: storage.state(study)) as results:
            time.sleep(0.3)
            begin = time.monotonic()
            storage.hurry()
        assert isinstance(results[0], StorageUnavailable)
        with pytest.raises(StorageUnavailable):
            storage.state(study)  # needs a new connection, which hangs too
        assert time.monotonic() - begin < 4
    storage.close()


def test_a_hurry_ends_a_sleep(storage):
    study = storage.create_study("a", {}).id
    with aside(lambda: storage.wait_for_work(study, 30)) as results:
        time.sleep(0.3)
        begin = time.monotonic()
        storage.hurry()
    assert results == [False] and time.monotonic() - begin < 1


# ---------------------------------------------------------------- outages longer than a lease


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
@pytest.mark.parametrize("way", ["stopped", "still"])
def test_the_living_keep_their_trials_over_an_outage_longer_than_a_lease(own, own_url, way, monkeypatch):
    monkeypatch.setattr(postgres, "_GRACE", 4.0)
    monkeypatch.setattr(postgres, "_LONG", 2.0)
    monkeypatch.setattr(pgconnection, "_LEAST", 2.5)
    monkeypatch.setattr(pgconnection, "_CONNECT", 2)
    patience = 120.0 if way == "stopped" else 2.5
    storage, other = SqlStorage(own_url, patience=patience), SqlStorage(own_url, patience=patience)
    study = storage.create_study("a", {}).id
    storage.add(study, [{}, {}], [0, 1])
    assert [trial.number for trial in storage.claim(study, "dead", lease=2.0)] == [0]
    assert [trial.number for trial in storage.claim(study, "alive", lease=2.0)] == [1]
    if way == "stopped":
        own.stop(signal.SIGINT)
        time.sleep(4.0)
        own.start()
        first = SqlStorage(own_url)  # who comes first may have seen nothing of the outage
    else:
        with still(own), pytest.raises(StorageUnavailable):
            other.state(study)
        first = other
    assert first.claim(study, "first") == []
    begin, got = time.monotonic(), []
    while not got and time.monotonic() - begin < 15:
        with contextlib.suppress(StorageUnavailable):
            storage.heartbeat(study, "alive", [1], 2.0)
        time.sleep(0.2)
        got = other.claim(study, "other")
    assert [(trial.number, trial.attempts) for trial in got] == [(0, 2)]
    trial = storage.trial(study, 1)
    assert (trial.state, trial.worker, trial.attempts) == (State.RUNNING, "alive", 1)
    for each in {first, storage, other}:
        each.close()


def test_leases_are_as_they_were_long_after_a_start(storage, monkeypatch):
    monkeypatch.setattr(postgres, "_GRACE", 0.0)
    study = storage.create_study("a", {}).id
    storage.add(study, [{}], [0])
    storage.claim(study, "gone", lease=0.3)
    time.sleep(0.4)
    assert [trial.attempts for trial in storage.claim(study, "next")] == [2]


# ---------------------------------------------------------------- passwords

SECRETS = [
    "postgresql://u:hush@h/d",
    "postgresql://u:se#hush@h/d",
    "postgresql://u:se?hush@h/d",
    "postgresql://u:pa/hush@h/d",
    "postgresql://u:1/hush@h/d",
    "postgresql://u:a@hush@h/d",
    "postgresql://u:%zzhush@h/d",
    "postgresql://h/d?sslpassword=hush",
    "postgresql://h/d?pass%77ord=hush",
    "postgresql://h/d?passwd=hush",
    "postgresql+psycopg://u:hush@h/d",
    "mysql://u:hush@h",
    "https://u:hush@h",
    "https://u:1#hush@h",
    "https://u:1/hush@h",
]


@pytest.mark.parametrize("url", SECRETS)
def test_a_url_with_a_password_is_refused_and_not_shown(url, monkeypatch):
    monkeypatch.setattr(postgres.PostgresDatabase, "_connect", lambda self: pytest.fail("it was let through"))
    with pytest.raises(StorageError) as caught:
        open_storage(url)
    assert "hush" not in str(caught.value) and caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["postgresql:///d", "postgresql://a:1,b:2/d", "postgresql://u@[::1]:5/d?application_name=a@b"]
)
def test_a_url_without_a_password_is_taken(url):
    assert pgerrors.checked(url) == url


# ---------------------------------------------------------------- errors


class Failing:
    """Raises an error with a state some times."""

    def __init__(self, state, times=1):
        self.left, self.state = times, state

    def __call__(self, connection, again):
        if self.left:
            self.left -= 1
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE SQLSTATE '{self.state}'; END $$")
        return "done"


@pytest.mark.parametrize("state", ["57P05", "57014", "55P03", "25P03", "53200", "53300", "25006", "40001"])
def test_errors_that_pass_are_waited_for(storage, state):
    storage.create_study("a", {})  # a server that was never written to, and cannot be, is told at once
    assert storage.database.run(Failing(state, 2), "write") == "done"


def test_a_full_disk_is_told_as_what_may_end(storage):
    with pytest.raises(StorageUnavailable, match="no room left on its disk"):
        storage.database.run(Failing("53100"), "write")


def test_a_server_that_was_never_written_to_and_cannot_be_is_told_at_once(storage):
    begin = time.monotonic()
    again = SqlStorage(storage.url)
    with pytest.raises(StorageUnavailable, match="read-only"):
        again.database.run(Failing("25006", math.inf), "write")
    assert time.monotonic() - begin < 2
    again.close()


def test_an_unknown_user_is_told_apart_from_an_unknown_database(postgres_server):
    with pytest.raises(StorageError, match=r"refuses this user.*createuser.*\"bob\" does not exist"):
        open_storage(postgres_server.url.replace("postgres@", "bob@"))
    with pytest.raises(StorageError, match="no such database: make it with  createdb"):
        open_storage(f"{postgres_server.url}_missing")


def test_a_crowded_server_is_waited_for_at_the_start(postgres_server):
    with PostgresServer(connections=6) as small:
        SqlStorage(small.url).close()
        held = [psycopg.connect(small.url) for _ in range(6)]
        threading.Timer(1.0, lambda: [one.close() for one in held]).start()
        begin = time.monotonic()
        storage = SqlStorage(small.url)
        assert 0.8 < time.monotonic() - begin < 10
        storage.close()


def test_a_server_that_nobody_runs_is_told_at_once(postgres_server):
    begin = time.monotonic()
    with pytest.raises(StorageUnavailable, match="is it running"):
        SqlStorage("postgresql://me@127.0.0.1:1/d")
    with pytest.raises(StorageUnavailable, match="can this host reach it"):
        SqlStorage("postgresql://me@no-such-host.invalid/d")
    assert time.monotonic() - begin < 5


def test_patience_counts_from_the_outage_and_not_from_the_sleep(own, own_url, monkeypatch):
    monkeypatch.setattr(postgres, "_LOOK", 0.2)
    storage = SqlStorage(own_url, patience=2.0)
    study = storage.create_study("a", {}).id
    with aside(lambda: storage.wait_for_work(study, 30)) as results:
        time.sleep(3.0)  # longer than the patience
        own.stop(signal.SIGQUIT)
        own.start()
        time.sleep(0.5)
        assert results == []
        with_more = SqlStorage(own_url)
        with_more.add(study, [{}], [0])
    assert results == [True]
    with_more.close()
    storage.close()


def test_sqlalchemy_knows_a_connection_that_was_given_up(storage):
    def work(connection, again):
        if not again:
            connection.connection.driver_connection.pgconn.finish()
        return connection.execute(sqlalchemy.text("SELECT 1")).scalar_one()

    assert storage.database.run(work, "read") == 1


def test_a_worker_that_waits_holds_two_connections(storage):
    study = storage.create_study("a", {}).id
    with aside(lambda: storage.wait_for_work(study, 30)):
        time.sleep(0.3)
        for _ in range(5):
            storage.heartbeat(study, "w", [])
            storage.state(study)
        with psycopg.connect(storage.url) as connection:
            query = (
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'parfocal'"
            )
            assert connection.execute(query).fetchone() == (2,)
        storage.hurry()


def test_a_schema_before_tags_is_read_as_it_is_and_brought_up_to_date_by_a_writer(storage, postgres_url):
    study = storage.create_study("old", {}).id
    storage.add(study, [{"x": 1}], [1])
    storage.close()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DROP TABLE tags")
        connection.execute("UPDATE parfocal_meta SET value = '3' WHERE key = 'schema'")
    reading = open_storage(postgres_url, readonly=True)
    assert reading.tags(study) == [] and reading.trial(study, 0).configuration["x"] == 1
    writing = open_storage(postgres_url)
    writing.tag(study, 0, "good", "a.tif", "Ann")
    assert [(tag.tag, tag.author) for tag in reading.tags(study)] == [("good", "Ann")]
    with pytest.raises(StorageError, match="cannot be written to"):
        reading.tag(study, 0, "bad")
    writing.delete_study(study)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM tags").fetchone() == (0,)
    for each in (reading, writing):
        each.close()
