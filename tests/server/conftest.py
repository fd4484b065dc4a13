"""The token of the tests, for this process and its children."""

import pytest

from tests.server.harness import TOKEN


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("PARFOCAL_TOKEN", TOKEN)
    return TOKEN
