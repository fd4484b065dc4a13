"""A worker that lives as long as another process."""

import os
import subprocess
import sys

import pytest
from trial_support import fault, gone, pids_in, posix

from parfocal.errors import InvalidInput
from parfocal.storage import SqlStorage
from parfocal.trials import Objective
from parfocal.workers.tied import end_with


@posix
@pytest.mark.slow
def test_it_gives_its_claims_back_when_the_other_process_is_killed(tmp_path):
    from parfocal import Float, Study

    storage = SqlStorage(tmp_path / "study.db")
    study = Study({"x": Float(0, 1)}, Objective("loss"), fault("hangs"), storage=storage, isolation="process")
    storage.set_budget(study.record.id, 1)  # a worker that waits would ask for more
    storage.add(study.record.id, [{"x": 0.5}], [0])
    other = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    command = [sys.executable, "-m", "parfocal", "worker", str(tmp_path / "study.db"), "--wait"]
    worker = subprocess.Popen([*command, "--parent", str(other.pid)])
    pids = pids_in(tmp_path / "study.db-trials" / "study" / "000000")
    other.kill()
    other.wait()
    assert worker.wait(15) == 0
    assert gone(pids, 0.5)
    assert storage.counts(study.record.id).waiting == 1
    storage.close()


def test_a_process_that_is_gone_already_is_one_sentence():
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    assert process.pid != os.getpid()
    with pytest.raises(InvalidInput, match=f"no process {process.pid}"):
        end_with(process.pid)
