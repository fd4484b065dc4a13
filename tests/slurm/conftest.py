"""A cluster for all tests of a module, and studies on it."""

import subprocess
import sys

import pytest

from tests.slurm.cluster import Slurm, missing


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """Return a running cluster of two nodes; the programs that tests start find it."""
    if absent := missing():
        pytest.skip(
            f"Slurm is not installed: {', '.join(absent)} (apt-get install slurmctld slurmd slurm-client munge)"
        )
    with Slurm(tmp_path_factory.mktemp("slurm"), nodes=2, cpus=2) as cluster, pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            patch.setenv(name, value)
        yield cluster


@pytest.fixture
def start():
    """Return a function that starts a coordinator; one that still runs at the end of a test is ended."""
    started = []

    def begin(path):
        command = [sys.executable, "-m", "parfocal", "run", str(path), "--verbose"]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
        started.append(subprocess.Popen(command, cwd=path.parent, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
