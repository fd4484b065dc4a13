"""The processes of a study that are killed, and where: imported by name in the processes themselves."""

import os
import random
import signal
import subprocess
import sys
import time

import parfocal.asking
import parfocal.search
from parfocal import Float, Integer, Study
from parfocal.asking import Asking
from parfocal.evaluation import Limits, PythonEvaluator, Stop
from parfocal.storage import open_storage
from parfocal.workers import work

signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # inherited by members that have not begun yet
SPACE = {"x": Float(0.0, 1.0), "y": Float(0.0, 1.0), "k": Integer(0, 9)}
LEASE = 1.5
PLACES = ("evaluate", "claim", "report", "heartbeat", "lead", "add", "register")


def loss(x, y, k):
    time.sleep(0.005 + 0.03 * y)
    return (x - 0.3) ** 2 + y + 0.01 * k


def evil(x, y, k, folder):
    """Misbehave in one of several ways, by ``k``; the folder is on a file system of one megabyte."""
    if k == 0:
        time.sleep(600)
    elif k == 1:  # children that outlive it
        for _ in range(2):
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", MARK])
    elif k == 2:
        hoard = []
        while True:
            hoard.append(bytearray(8 << 20))
    elif k == 3:
        with (folder / "full").open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
    elif k == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return (x - 0.3) ** 2 + y + 0.01 * k


MARK = "parfocal-fault-child"
FUNCTIONS = {"faults": loss, "evil": evil}


def study(storage, name="faults", **options):
    return Study(SPACE, "minimize loss", PythonEvaluator(FUNCTIONS[name]), optimizer="tpe", warmup=10, seed=5,
                 storage=storage, name=name, **options)  # fmt: skip


class Deadly:
    """A storage whose process dies with the n-th call of one method: just before it, or when it has been done."""

    def __init__(self, storage, place, calls, after):
        self._storage, self._place, self._calls, self._after = storage, place, calls, after

    def __getattr__(self, name):
        method = getattr(self._storage, name)
        if name != self._place:
            return method

        def call(*values, **named):
            self._calls -= 1
            if self._calls == 0 and not self._after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*values, **named)
            if self._calls == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


def member(url, name, place, seed, isolation="none", limits=None, folder=None, skew=0.0):
    """Evaluate and take turns in asking, until killed or asked to stop; die at ``place``, None for nowhere."""
    rng = random.Random(seed)
    parfocal.search.LEAD = 1.5
    parfocal.asking._COUNT = 0.3
    if skew:  # this host's clock is wrong, each member's in another direction
        real, off = time.time, skew * (-1) ** seed
        time.time = lambda: real() + off
    real_storage = open_storage(url)
    calls = 1 if place == "register" else rng.randint(1, 8)
    storage = Deadly(real_storage, place, calls, rng.random() < 0.5)
    one = study(real_storage, name)
    search = one._search
    search.storage = storage

    def beside(worker):
        search.begin(worker)
        return Asking(search)

    stop = Stop()
    signal.signal(signal.SIGUSR1, lambda *_: stop.set())
    if place == "evaluate":
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.02, 0.4))  # SIGALRM has no handler: it ends the process
    work(
        storage, one.record, one.evaluator, one.objective,
        isolation=isolation, limits=Limits.from_dict(limits or {}), folder=folder,
        lease=LEASE, stop=stop, beside=beside,
    )  # fmt: skip
    real_storage.close()
    sys.exit(0)
