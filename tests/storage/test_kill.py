"""Kill -9 at random moments: no accepted result is lost, the file stays whole, and the next process goes on."""

import random
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from parfocal.storage import reap_dead
from parfocal.storage.sql import SqlStorage
from parfocal.trials import State

WRITER = Path(__file__).with_name("writer.py")


def start(path, batch):
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(path), str(batch)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout.readline() == "ready\n"
    return process


def kill_after(process, seconds):
    """Kill after some time of writing and return what the process had said by then."""
    timer = threading.Timer(seconds, process.kill)  # SIGKILL
    timer.start()
    text, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    return [line.split() for line in text.split("\n")[:-1]]  # what has no line end was cut


def check_file(path):
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def campaign(path, rounds, writers, seed):
    rng = random.Random(seed)
    told, added = {}, 0
    for _ in range(rounds):
        processes = [start(path, rng.choice([1, 3, 50])) for _ in range(writers)]
        for process in processes:
            for line in kill_after(process, rng.uniform(0.02, 0.4)):
                if line[0] == "told":
                    assert line[1] not in told, "a result was accepted twice"
                    told[line[1]] = int(line[2])
                elif line[0] == "added":
                    added = max(added, int(line[1]))
        check_file(path)
        storage = SqlStorage(path)
        study = storage.open_study("killed").id
        trials = storage.trials(study)
        assert [trial.number for trial in trials] == list(range(len(trials)))
        assert len(trials) >= added
        for number, attempt in told.items():
            trial = trials[int(number)]
            assert (trial.state, trial.attempts, trial.loss) == (State.COMPLETE, attempt, int(number) / 8)
            assert trial.outcome.metrics == {"f1": 0.5}
            assert len(trial.outcome.log) == int(number) % 9000
        counts = storage.counts(study)
        for state in State:
            assert counts[state] == sum(trial.state == state for trial in trials)
        changes = storage.changes(study)
        assert (np.diff(changes.revisions) > 0).all()
        assert len(changes) == len(trials)
        assert changes.revision == changes.revisions.max(initial=0)
        # the dead are noticed at once, long before their leases of an hour run out
        reaped = reap_dead(storage, study)
        assert reaped.waiting + reaped.lost == counts.running
        assert storage.counts(study).running == 0
        assert storage.workers() == []
        storage.close()
    assert len(told) > rounds
    return told


def test_a_killed_writer_loses_no_accepted_result(tmp_path):
    campaign(tmp_path / "a.db", rounds=3, writers=1, seed=1)


def test_two_killed_writers_lose_no_accepted_result(tmp_path):
    campaign(tmp_path / "a.db", rounds=2, writers=2, seed=2)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("writers", "seed"), [(1, 3), (1, 4), (1, 5), (1, 6), (3, 7), (3, 8)])
def test_a_long_campaign_of_kills(tmp_path, writers, seed):
    campaign(tmp_path / "a.db", rounds=10, writers=writers, seed=seed)
