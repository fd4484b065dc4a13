import os
import signal
import subprocess
import sys

import psutil
import pytest
from trial_support import alive, gone, posix, wait_until

from parfocal.evaluation import processes

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
FAMILY = [
    sys.executable,
    "-S",
    "-c",
    f"import subprocess, sys, time; c = subprocess.Popen({SLEEP!r}); print(c.pid, flush=True); time.sleep(60)",
]


@pytest.fixture
def family():
    process = processes.start(FAMILY, stdout=subprocess.PIPE)
    with process:
        child = int(process.stdout.readline())
        yield process, child
        processes.end_tree(process.pid, grace=0)


def test_tree_children_and_memory(family):
    process, child = family
    assert processes.children(process.pid) == [child]
    assert processes.tree(process.pid) == [process.pid, child]
    assert wait_until(lambda: processes.memory([child]) > 2**20)
    assert processes.memory([process.pid, child]) > processes.memory([process.pid]) > 2**20


def test_children_without_the_files_of_linux(family, monkeypatch):
    process, child = family

    listdir = os.listdir

    def refuse(path):
        if str(path).endswith("/task"):
            raise FileNotFoundError
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    assert processes.children(process.pid) == [child]


def test_end_tree_ends_all_of_it(family):
    process, child = family
    assert processes.end_tree(process.pid) == 2
    assert gone([process.pid, child], 0.1)
    assert processes.end_tree(process.pid) == 0


@posix
def test_the_session_finds_children_whose_parent_was_killed(family):
    process, child = family
    process.kill()
    process.wait()
    assert alive(child)
    assert processes.end_tree(process.pid) == 1
    assert gone([child], 0.1)


@posix
def test_remembered_processes_are_ended_in_any_session():
    stranger = psutil.Popen(SLEEP, start_new_session=True)
    process = processes.start(SLEEP)
    processes.end_tree(process.pid, known=[stranger])
    assert process.wait(5) != 0
    assert stranger.wait(5) != 0


@posix
def test_grace_lets_a_program_clean_up():
    code = (
        "import signal, sys, time; signal.signal(15, lambda *a: sys.exit(5)); print('on', flush=True); time.sleep(60)"
    )
    with processes.start([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        processes.end_tree(process.pid, grace=30)
        assert process.wait() == 5


def test_end_group_of_a_program_that_has_ended(family):
    process, child = family
    process.kill()
    process.wait()
    processes.end_group(process)
    if os.name == "posix":
        assert gone([child], 0.1)


def test_pids_that_are_gone():
    process = processes.start([sys.executable, "-S", "-c", "pass"])
    process.wait()
    assert processes.children(process.pid) == []
    assert processes.memory([process.pid]) == 0
    assert processes.end_tree(process.pid) == 0


@posix
def test_leftovers_are_ended_and_reaped():
    code = (
        "import subprocess, sys, time\n"
        "from parfocal.evaluation import processes\n"
        "processes.adopt_orphans()\n"
        f"subprocess.run(['/bin/sh', '-c', 'sleep 60 & sleep 60 &'])\n"
        f"own = subprocess.Popen({SLEEP!r})\n"
        "print(processes.end_leftovers(), processes.children(__import__('os').getpid()), processes.end_leftovers())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    expected = "3 [] 0" if sys.platform == "linux" else "1 [] 0"
    assert done.stdout.strip() == expected


def test_trackers_of_multiprocessing_stay():
    code = (
        "import os\n"
        "from multiprocessing import resource_tracker\n"
        "from parfocal.evaluation import processes\n"
        "resource_tracker.ensure_running()\n"
        "print(len(processes.children(os.getpid())), processes.end_leftovers(), len(processes.children(os.getpid())))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    if os.name == "posix":
        assert done.stdout.strip() == "1 0 1"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "exit code 0"),
        (3, "exit code 3"),
        (-11, "signal 11 (SIGSEGV)"),
        (-99, "signal 99"),
        (0xC0000005, "exit code 0xc0000005"),
        (None, "no exit code"),
    ],
)
def test_exit_codes_in_words(code, text):
    if code == -11 and not hasattr(signal, "SIGSEGV"):
        pytest.skip("the platform has no such signal")
    assert processes.code_text(code) == text


def test_tail_of(tmp_path):
    file = tmp_path / "log"
    assert processes.tail_of(file, 10) == ""
    file.write_bytes(b"0123456789" + "é".encode())
    assert processes.tail_of(file, 4) == "89é"
    assert processes.tail_of(file, 1) == "�"


def test_the_end_of_the_parent_ends_the_trial_and_its_children(tmp_path):
    """kill -9 of the process that runs the trials: nothing of them is left after ten seconds."""
    from trial_support import HERE, pids_in

    code = (
        f"import sys; sys.path.insert(0, {HERE!r})\n"
        "from trial_support import fault, job\n"
        "from parfocal.evaluation import Runner\n"
        "from parfocal.trials import Objective\n"
        f"with Runner(fault('forks_and_hangs'), Objective('loss'), folder={str(tmp_path)!r}) as runner:\n"
        "    runner.run(job())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        pids = [*pids_in(tmp_path / "000000")]
        (trial,) = psutil.Process(process.pid).children()
        process.kill()
    assert gone([trial.pid, *pids], 10)
