"""The storage over HTTP keeps the contract, whatever is behind the server."""

import contextlib

import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")

from tests.server.harness import TOKEN, running

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
