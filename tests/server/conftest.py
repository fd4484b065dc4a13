"""The token of the tests, for this process and its children."""

import pytest

from parfocal.storage.http import HttpStorage
from tests.server.harness import TOKEN


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("PARFOCAL_TOKEN", TOKEN)
    return TOKEN


@pytest.fixture
def opened():
    """Return a function that opens a server's storage, which is closed at the end."""
    made = []

    def open_it(url, **options):
        made.append(HttpStorage(url, **options))
        return made[-1]

    yield open_it
    for storage in made:
        storage.close()
