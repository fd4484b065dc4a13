import os

import psutil
import pytest

from parfocal.engines import available_cores, cores


def test_the_smallest_of_what_is_known_counts(monkeypatch):
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: 16 if logical else 8)
    monkeypatch.setattr(cores, "_quota", lambda: None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(12)), raising=False)
    assert available_cores() == 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3}, raising=False)
    assert available_cores() == 2
    monkeypatch.setattr(cores, "_quota", lambda: 1)
    assert available_cores() == 1


def test_nothing_known_is_one_core(monkeypatch):
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: None)
    monkeypatch.setattr(cores, "_quota", lambda: None)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert available_cores() == 1


@pytest.mark.parametrize(
    ("text", "quota"), [("max 100000\n", None), ("150000 100000\n", 2), ("50000 100000\n", 1), ("", None), (None, None)]
)
def test_the_share_of_a_container(monkeypatch, text, quota):
    def read(path):
        if text is None:
            raise FileNotFoundError
        return text

    monkeypatch.setattr(cores.Path, "read_text", read)
    assert cores._quota() == quota


def test_threads_share_the_cores_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.setattr(cores, "available_cores", lambda: 8)
    limits = cores.thread_limits(3, {"OMP_NUM_THREADS": "5"})
    assert "OMP_NUM_THREADS" not in limits
    assert set(limits.values()) == {"2"}
    assert set(cores.thread_limits(20, {}).values()) == {"1"}
