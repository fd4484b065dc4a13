"""A study whose processes are killed again and again; and what must be true of it at the end."""

import itertools
import multiprocessing
import os
import signal
import time

import members
import numpy as np

from parfocal.storage import open_storage
from parfocal.trials import State

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["members", "sklearn.neighbors"])
DOOMED = "doomed"


class Crew:
    """Members of one study that are replaced when they die."""

    def __init__(self, url, name, size=4, **options):
        self.url, self.name, self.size, self.options = url, name, size, options
        self.deaths, self._seeds = 0, itertools.count()
        self._processes = []

    def tend(self, place):
        """Count the dead, and fill the ranks with members that will die at ``place``."""
        for process in [each for each in self._processes if not each.is_alive()]:
            assert process.exitcode < 0, f"a member ended by itself with {process.exitcode}"
            self.deaths += 1
            self._processes.remove(process)
        while len(self._processes) < self.size:
            arguments = (self.url, self.name, place, next(self._seeds))
            name = DOOMED if place else "lasting"
            process = CONTEXT.Process(target=members.member, name=name, args=arguments, kwargs=self.options)
            self._processes.append(process)
            process.start()

    def kill_all(self, when):
        """Kill all members at a moment at which ``when()`` holds."""

        def found():
            for process in self._processes:
                os.kill(process.pid, signal.SIGSTOP)
            if when():
                return True
            for process in self._processes:
                os.kill(process.pid, signal.SIGCONT)
            return False

        wait(found, 60, "the moment does not come")
        for process in self._processes:
            process.kill()
            process.join()

    def dismiss(self):
        """Ask all to stop, again and again since one that has just begun does not hear it, and wait."""
        deadline = time.monotonic() + 60
        while any(process.is_alive() for process in self._processes):
            assert time.monotonic() < deadline, "a member does not stop"
            for process in self._processes:
                if process.is_alive():
                    os.kill(process.pid, signal.SIGUSR1)
            time.sleep(0.1)
        for process in self._processes:
            code = process.exitcode
            assert code == 0 or (process.name == DOOMED and code < 0), f"a {process.name} member ended with {code}"
        self._processes = []


def wait(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def check(url, name, budget):
    """Check that every finished trial is there once, nothing is pending, and the budget is met exactly."""
    storage = open_storage(url)
    one = members.study(storage, name)
    study = one.record.id
    state = storage.state(study)
    assert state.spent == budget, state
    assert state.counts.pending == 0, state
    trials = storage.trials(study)
    assert [trial.number for trial in trials] == list(range(state.counts.total))
    assert all(trial.state in (State.COMPLETE, State.LOST) for trial in trials)
    for trial in trials:
        if trial.state == State.COMPLETE:
            expected = (
                (trial.configuration["x"] - 0.3) ** 2 + trial.configuration["y"] + 0.01 * trial.configuration["k"]
            )
            assert trial.loss == expected
        else:
            assert "claims" in trial.outcome.message, trial.outcome
    changes = storage.changes(study)
    assert changes.revision == 2 * state.counts.total, "each trial was new once and final once"
    assert len(np.unique(changes.revisions)) == len(changes)
    differing = [ask for ask in one.replay() if ask.differing]
    assert differing == [], "an ask cannot be made again"
    again = sum(trial.attempts > 1 for trial in trials)
    storage.close()
    return {"trials": state.counts.total, "lost": state.counts.lost, "again": again}
