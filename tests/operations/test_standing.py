"""How a study is, in one word."""

import math

import pytest

from parfocal.operations.results import Pace
from parfocal.operations.standing import standing
from parfocal.operations.status import StudyStatus, WorkerStatus
from parfocal.storage import Counts


def study(counts: Counts, budget: int | None) -> StudyStatus:
    spent = counts.finished - counts.lost
    pace = Pace(0.0, math.nan, math.nan)
    return StudyStatus(
        "one", "minimize x", "x", "random", counts, {}, budget, spent, None, None, pace, math.nan, None, 1
    )


def worker(health: str, of: str = "one") -> WorkerStatus:
    return WorkerStatus("w", "h", 1, "", of, health, 0.0, ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("counts", "budget", "workers", "stand"),
    [
        (Counts(complete=5), 5, [], "done"),
        (Counts(complete=5), 5, ["idle"], "done"),
        (Counts(complete=4, lost=1), 5, [], "idle"),
        (Counts(complete=4, failed=1), 5, ["dead"], "done"),
        (Counts(waiting=3, running=1), 9, ["working"], "running"),
        (Counts(waiting=3), 9, ["asking"], "running"),
        (Counts(running=1), None, ["unknown"], "running"),
        (Counts(complete=4), 9, ["idle"], "idle"),
        (Counts(waiting=3), 9, [], "idle"),
        (Counts(waiting=3, running=1), 9, ["dead"], "stalled"),
        (Counts(waiting=3), 9, ["silent", "dead"], "stalled"),
        (Counts(running=1), 9, ["dead", "working"], "running"),
        (Counts(), None, [], "idle"),
        (Counts(), 0, [], "done"),
    ],
)
def test_the_word(counts: Counts, budget: int | None, workers: list[str], stand: str) -> None:
    table = [worker(health) for health in workers]
    found = standing(study(counts, budget), table)
    assert found.stand == stand
    assert found.workers + found.lost == len(workers)
    assert found.lost == sum(health in ("dead", "silent") for health in workers)


def test_workers_of_others_do_not_count() -> None:
    found = standing(study(Counts(running=1), 4), [worker("working", "two")])
    assert (found.stand, found.workers) == ("stalled", 0)


def test_the_share_of_the_budget() -> None:
    assert standing(study(Counts(complete=3, lost=2), 4), []).share == 0.75
    assert standing(study(Counts(complete=9), 4), []).share == 1.0
    assert math.isnan(standing(study(Counts(complete=9), None), []).share)
