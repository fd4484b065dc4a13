"""Every storage keeps the contract."""

import pytest

from parfocal.storage import MemoryStorage, Storage
from parfocal.storage.sql import SqlStorage
from parfocal.testing.storage import STORAGE_CHECKS, Check


@pytest.mark.parametrize("check", STORAGE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_storage_keeps_the_contract(check: Check, kind: str, tmp_path):
    made: list[Storage] = []

    def make(clock):
        made.append(MemoryStorage(clock=clock) if kind == "memory" else SqlStorage(tmp_path / "a.db", clock=clock))
        assert isinstance(made[-1], Storage)
        return made[-1]

    check(make)
    for storage in made:
        storage.close()
