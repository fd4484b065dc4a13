"""The storage over HTTP keeps the contract, whatever is behind the server."""

import contextlib
import threading
import time

import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")

from tests.server.harness import TOKEN, Proxy, running

from parfocal.errors import StorageUnavailable
from parfocal.storage import MemoryStorage, Storage, open_storage
from parfocal.storage.http import HttpStorage
from parfocal.storage.sql import SqlStorage
from parfocal.testing.storage import STORAGE_CHECKS, Check


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("PARFOCAL_TOKEN", TOKEN)


@pytest.mark.parametrize("check", STORAGE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_a_storage_over_http_keeps_the_contract(check: Check, kind: str, tmp_path, request):
    place = request.getfixturevalue("postgres_url") if kind == "postgres" else tmp_path / "a.db"
    with contextlib.ExitStack() as stack:

        def make(clock):
            behind = MemoryStorage(clock=clock) if kind == "memory" else SqlStorage(place, clock=clock)
            storage = open_storage(stack.enter_context(running(behind)))
            stack.callback(storage.close)
            assert isinstance(storage, HttpStorage)
            assert isinstance(storage, Storage)
            return storage

        check(make)


class Silent(MemoryStorage):
    """Answers nothing for a while."""

    def __init__(self):
        super().__init__()
        self.speak = threading.Event()
        self.speak.set()

    def studies(self):
        self.speak.wait(20)
        return super().studies()


@pytest.mark.parametrize("way", ["silent", "away", "asleep"])
def test_a_hurry_ends_what_waits_for_the_server(way):
    behind, results = Silent(), []
    study = behind.create_study("a", {}).id
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(running(behind))
        stack.callback(behind.speak.set)
        proxy = stack.enter_context(Proxy(int(url.rpartition(":")[2])))
        storage = HttpStorage(proxy.url)
        stack.callback(storage.close)
        if way == "silent":
            behind.speak.clear()
        elif way == "away":
            proxy.drop = lambda request: True

        def call():
            try:
                results.append(storage.wait_for_work(study, 15) if way == "asleep" else storage.studies())
            except StorageUnavailable as error:
                results.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        time.sleep(1.0)
        assert results == []
        begin = time.monotonic()
        storage.hurry()
        thread.join(10)
        assert time.monotonic() - begin < 3
        assert results == [False] if way == "asleep" else isinstance(results[0], StorageUnavailable)
        if way == "away":
            proxy.drop = lambda request: False
        if way != "silent":
            assert [record.name for record in storage.studies()] == ["a"]
