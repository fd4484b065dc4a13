"""Every storage keeps the contract."""

import pytest

from parfocal.storage import MemoryStorage, Storage
from parfocal.storage.sql import SqlStorage
from parfocal.testing.storage import STORAGE_CHECKS, Check


@pytest.mark.parametrize("check", STORAGE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_storage_keeps_the_contract(check: Check, kind: str, tmp_path, request):
    made: list[Storage] = []
    place = request.getfixturevalue("postgres_url") if kind == "postgres" else tmp_path / "a.db"

    def make(clock):
        made.append(MemoryStorage(clock=clock) if kind == "memory" else SqlStorage(place, clock=clock))
        assert isinstance(made[-1], Storage)
        return made[-1]

    try:
        check(make)
    finally:
        for storage in made:
            storage.close()
