import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_galaxy import KEY, FakeGalaxy
from galaxy_server import ROOT, GalaxyServer

VENV, TEST_URL, TEST_KEY = "PARFOCAL_GALAXY_VENV", "PARFOCAL_TEST_GALAXY_URL", "PARFOCAL_TEST_GALAXY_KEY"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example, with its images."""
    folder = tmp_path / "example"
    shutil.copytree(ROOT / "examples/galaxy", folder)
    for name in ("nuclei.tif", "truth.tif"):
        if not (folder / name).exists():
            import runpy

            runpy.run_path(str(folder / "prepare.py"), run_name="__main__")
    return folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything that waits wait for a moment only."""
    from parfocal.evaluation.galaxy import invocation, library, server

    monkeypatch.setattr(server, "PAUSES", (0.005, 0.01))
    monkeypatch.setattr(invocation, "PAUSE", 0.005)
    monkeypatch.setattr(invocation, "WAIT", (0.005, 0.01))
    monkeypatch.setattr(library, "POLL", 0.005)


@pytest.fixture
def fake(quick: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGalaxy]:
    pytest.importorskip("bioblend", reason="needs the package 'bioblend'")
    with FakeGalaxy() as server:
        monkeypatch.setenv("PARFOCAL_GALAXY_KEY", KEY)
        monkeypatch.setenv("PARFOCAL_GALAXY_URL", server.url)
        yield server


@dataclass(frozen=True)
class Real:
    """A real server and its user; ``own`` is the server where this session started it and may kill it."""

    url: str
    key: str
    own: GalaxyServer | None


@pytest.fixture(scope="session")
def galaxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    pytest.importorskip("bioblend", reason="needs the package 'bioblend'")
    if os.environ.get(TEST_URL) and os.environ.get(TEST_KEY):
        yield Real(os.environ[TEST_URL].rstrip("/"), os.environ[TEST_KEY], None)
        return
    venv = os.environ.get(VENV)
    if not venv:
        pytest.skip(
            f"no Galaxy server: name a virtual environment with galaxy-web-apps in {VENV}, or a server that has the "
            f"tools of examples/galaxy and tests/evaluation/galaxy/tools in {TEST_URL} and {TEST_KEY}"
        )
    server = GalaxyServer(tmp_path_factory.mktemp("galaxy"), Path(venv).resolve())
    try:
        server.start()
        yield Real(server.url, server.key, server)
    finally:
        server.kill()


@pytest.fixture
def real(galaxy: Real, monkeypatch: pytest.MonkeyPatch) -> Real:
    monkeypatch.setenv("PARFOCAL_GALAXY_URL", galaxy.url)
    monkeypatch.setenv("PARFOCAL_GALAXY_KEY", galaxy.key)
    return galaxy
