"""Studies that hand out trials, and outcomes for them."""

import pytest

from parfocal import Float, Study
from parfocal.exchange import Claim, Returned
from parfocal.storage import MemoryStorage, SqlStorage
from parfocal.trials import State

PIPELINE = """
import time

def score(x, seed):
    return {"f1": 1 - (x - 0.3) ** 2, "seed": seed}

def slow(x):
    print("begun", flush=True)
    time.sleep(x)
    return 0.5

def wrong(x):
    raise ValueError("no nuclei")

def loud(x):
    print("all is well")
    return x
"""


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def storage(request, tmp_path, clock):
    opened = MemoryStorage(clock=clock) if request.param == "memory" else SqlStorage(tmp_path / "study.db", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def pipeline(tmp_path):
    """Return a folder with a module of evaluations."""
    (tmp_path / "exchange_pipeline.py").write_text(PIPELINE)
    return tmp_path


def make(storage, **options):
    return Study({"x": Float(0, 1)}, "maximize f1", storage=storage, name="s", **{"optimizer": "random", **options})


def outcome(handed, **fields):
    """Return an outcome for a trial that was handed out (or for a claim)."""
    claim = handed if isinstance(handed, Claim) else handed.claim
    return Returned(claim, fields.pop("state", None), fields.pop("metrics", {"f1": claim.number / 100}), **fields)


def failed(handed):
    return Returned(handed.claim, State.FAILED, {}, message="no nuclei")


def numbers(batch):
    return [trial.claim.number for trial in batch.trials]
