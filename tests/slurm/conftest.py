"""A cluster for all tests of a module, and studies on it."""

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
