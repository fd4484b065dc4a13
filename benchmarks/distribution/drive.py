"""Real worker processes on a queue of no-op trials: how fast are claims and reports, and do they stay as fast."""

import multiprocessing
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.pipeline import SPACE

from parfocal.evaluation import PythonEvaluator
from parfocal.seeds import generator
from parfocal.storage import Storage, load_history, open_storage
from parfocal.trials import History, Objective
from parfocal.workers import work

OBJECTIVE = Objective("loss")
_SPAWN = multiprocessing.get_context("spawn")


def no_op(**parameters: object) -> float:
    """Stand for an evaluation that costs nothing."""
    return 0.0


@dataclass(frozen=True)
class Rate:
    """What came of one run."""

    trials: int
    seconds: float
    first: float
    last: float
    errors: int

    @property
    def rate(self) -> float:
        """Completed trials a second."""
        return self.trials / self.seconds


def filled(storage: Storage, name: str, n: int, chunk: int = 5_000) -> tuple[int, float]:
    """Make a study with ``n`` waiting trials; return its id and how many were added a second."""
    study = storage.create_study(name, {"space": SPACE.to_dict()}).id
    start = time.perf_counter()
    for first in range(0, n, chunk):
        count = min(chunk, n - first)
        configurations = SPACE.decode(SPACE.sample(count, generator(0, "distribution", first)))
        storage.add(study, configurations, range(first, first + count))
    return study, n / (time.perf_counter() - start)


def drained(url: str, name: str, workers: int, batch: int | None, start_method: Any = _SPAWN) -> Rate:
    """Let worker processes complete all that waits; the clock starts when all of them are ready."""
    storage = open_storage(url)
    study = storage.open_study(name).id
    barrier = start_method.Barrier(workers + 1)
    queue = start_method.Queue()
    processes = [start_method.Process(target=_work, args=(url, name, batch, barrier, queue)) for _ in range(workers)]
    for process in processes:
        process.start()
    barrier.wait(600)
    start = time.perf_counter()
    results = [queue.get(timeout=3600) for _ in processes]
    seconds = time.perf_counter() - start
    for process in processes:
        process.join()
    errors = sum(isinstance(result, str) for result in results) + sum(bool(process.exitcode) for process in processes)
    for result in results:
        if isinstance(result, str):
            print(result)
    finished = _finished(storage, study)
    counts = storage.counts(study)
    storage.close()
    tenth = max(2, len(finished) // 10)
    first, last = (_rate(part) for part in (finished[:tenth], finished[-tenth:]))
    return Rate(counts.complete, seconds, first, last, errors)


def _finished(storage: Storage, study: int, chunk: int = 20_000) -> Any:
    """Return when each trial finished, in order."""
    total = storage.counts(study).total
    spans = range(0, total, chunk)
    times = [trial.finished or 0.0 for first in spans for trial in storage.trials(study, first, first + chunk)]
    return np.sort(times)


def history_of(storage: Storage, name: str) -> History:
    """Return the history of a study of this space."""
    return load_history(storage, storage.open_study(name).id, SPACE, OBJECTIVE)


def _rate(times: Any) -> float:
    return float((len(times) - 1) / max(1e-9, times[-1] - times[0]))


def _work(url: str, name: str, batch: int | None, barrier: Any, queue: Any) -> None:
    try:
        storage = open_storage(url)
        record = storage.open_study(name)
        barrier.wait(600)
        evaluator = PythonEvaluator(no_op)
        worked = work(storage, record, evaluator, OBJECTIVE, isolation="none", batch=batch, drain=True)
        storage.close()
        queue.put(worked.finished)
    except Exception as error:
        queue.put(f"{type(error).__name__}: {error}")


def optuna_rate(url: str, workers: int, n: int) -> float:
    """Return how many no-op trials Optuna completes a second with its RDB storage on the same server."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(study_name="peer", storage=url)
    barrier = _SPAWN.Barrier(workers + 1)
    processes = [_SPAWN.Process(target=_optuna, args=(url, n // workers, barrier)) for _ in range(workers)]
    for process in processes:
        process.start()
    barrier.wait(600)
    start = time.perf_counter()
    for process in processes:
        process.join()
    return n / (time.perf_counter() - start)


def _optuna(url: str, n: int, barrier: Any) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="peer", storage=url, sampler=optuna.samplers.RandomSampler())
    barrier.wait(600)

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("sigma", 0.5, 8.0, log=True)
        trial.suggest_float("threshold", 0.0, 1.0)
        trial.suggest_int("window", 3, 51)
        trial.suggest_int("iterations", 1, 500, log=True)
        if trial.suggest_categorical("method", ["otsu", "li", "triangle", "local"]) == "local":
            trial.suggest_float("offset", -10.0, 10.0)
        return 0.0

    study.optimize(objective, n_trials=n)
