"""The live line: what it says, and that numbers are said as people say them."""

import math

import pytest

from parfocal.cli.progress import describe, live
from parfocal.cli.words import duration
from parfocal.search import Progress
from parfocal.storage import Counts
from parfocal.trials import Objective

F1 = Objective("f1", "maximize")


def progress(complete, *, failed=0, lost=0, running=0, best=None, remaining=math.nan, budget=40):
    counts = Counts(running=running, complete=complete, failed=failed, lost=lost)
    return Progress(budget, counts, best, 1.0, remaining)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (42.4, "42 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (7530, "2 h 05 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_describe_leaves_out_what_is_not_known():
    assert describe(progress(0, running=2), F1) == "0 failed · 2 running"


def test_describe_says_all_that_is_known():
    said = describe(progress(10, failed=3, running=1, best=0.876543, remaining=65.0), F1)
    assert said == "3 failed · 1 running · best f1 0.8765 · 1 min 05 s left"


def test_nothing_is_left_at_the_end():
    assert "left" not in describe(progress(37, failed=3, best=1.0, remaining=0.0), F1)


def test_a_lost_trial_is_replaced_and_not_done():
    assert progress(10, failed=3, lost=2).done == 13


def test_without_a_terminal_there_is_a_line_each_tenth(capsys):
    with live(F1, quiet=False) as draw:
        for done in range(41):
            draw(progress(done))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == [f"{done}/40" for done in range(0, 41, 4)]


def test_quiet_draws_nothing():
    with live(F1, quiet=True) as draw:
        assert draw is None
