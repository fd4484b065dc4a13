"""Cost of one trial beside the evaluation itself: ask + store + claim + evaluate a no-op + tell + store.

    python -m benchmarks.overhead           some minutes; --quick: under one

Peers run in the same process and on the same machine, so read the ratios; the microseconds depend on the machine.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmarks.pipeline import SPACE

import parfocal
from parfocal.optimizers import Optimizer
from parfocal.space import Categorical, Float, Integer, Space

# a grid of more points than any run asks for: the same parameters at a fixed resolution
GRID = Space(
    {
        "sigma": Float(0.5, 8.0, log=True, levels=60),
        "threshold": Float(0.0, 1.0, levels=60),
        "window": Integer(3, 51, step=2),
        "method": Categorical(["otsu", "li", "triangle", "local"]),
    }
)


def no_op(**parameters: object) -> float:
    """Stand for an evaluation that costs nothing."""
    return 0.0


def ours(optimizer: str, space: Space, storage: str | None, n: int, batch: int) -> list[tuple[int, float]]:
    """Return (trials so far, microseconds a trial of the last part) at each tenth of ``n`` trials of one study."""
    study = parfocal.Study(space, "minimize loss", no_op, optimizer=optimizer, storage=storage, name="overhead")
    rows = []
    for part in range(1, 11):
        start = time.perf_counter()
        study.run(part * n // 10, batch=batch)
        rows.append((part * n // 10, (time.perf_counter() - start) / (n // 10) * 1e6))
    return rows


def optuna_trial(sampler: str, storage: str | None, n: int) -> float:
    """Return Optuna's microseconds a trial over ``n`` trials with its own loop."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    grid = {"sigma": list(np.geomspace(0.5, 8, 60)), "threshold": list(np.linspace(0, 1, 60))}
    samplers: dict[str, Callable[[], optuna.samplers.BaseSampler]] = {
        "random": lambda: optuna.samplers.RandomSampler(seed=0),
        "grid": lambda: optuna.samplers.GridSampler(grid, seed=0),
    }

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("sigma", 0.5, 8.0, log=True)
        trial.suggest_float("threshold", 0.0, 1.0)
        if sampler == "random":
            trial.suggest_int("window", 3, 51)
            trial.suggest_int("iterations", 1, 500, log=True)
            if trial.suggest_categorical("method", ["otsu", "li", "triangle", "local"]) == "local":
                trial.suggest_float("offset", -10.0, 10.0)
        return 0.0

    study = optuna.create_study(sampler=samplers[sampler](), storage=storage)
    start = time.perf_counter()
    study.optimize(objective, n_trials=n)
    return (time.perf_counter() - start) / n * 1e6


def smooth(configuration: dict[str, object]) -> float:
    """Return a smooth loss over SPACE, so that models have something to learn."""
    sigma, threshold = float(configuration["sigma"]), float(configuration["threshold"])  # type: ignore[arg-type]
    return (np.log(sigma) - 0.7) ** 2 + (threshold - 0.3) ** 2 + 0.1 * (configuration["method"] != "li")


def ask_ours(optimizer: str, history: int, repeats: int = 15) -> float:
    """Return the median milliseconds of one ask (and its tell) behind ``history`` trials."""
    space = SPACE
    machine = Optimizer(space, optimizer, seed=0)
    given = space.decode(space.sample(history, np.random.default_rng(0)))
    machine.tell(machine.add(given), [smooth(c) for c in given])
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        suggestion = machine.ask(1)[0]
        machine.tell([suggestion], [smooth(dict(suggestion.configuration))])
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3


def ask_optuna(history: int, multivariate: bool, repeats: int = 15) -> float:
    """Return the median milliseconds of Optuna's TPE for one ask behind ``history`` trials."""
    import warnings

    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    distributions = {
        "sigma": FloatDistribution(0.5, 8.0, log=True),
        "threshold": FloatDistribution(0.0, 1.0),
        "window": IntDistribution(3, 51),
        "iterations": IntDistribution(1, 500, log=True),
        "method": CategoricalDistribution(["otsu", "li", "triangle", "local"]),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler = optuna.samplers.TPESampler(multivariate=multivariate, seed=0)
        study = optuna.create_study(sampler=sampler)
        for configuration in SPACE.decode(SPACE.sample(history, np.random.default_rng(0))):
            params = {k: v for k, v in configuration.items() if k in distributions}
            study.add_trial(
                optuna.trial.create_trial(params=params, distributions=distributions, value=smooth(configuration))
            )
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            trial = study.ask(distributions)
            study.tell(trial, smooth(trial.params))
            times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 trials instead of 200,000, and fewer peers' trials")
    quick = parser.parse_args().quick
    n = 2_000 if quick else 200_000
    peer_n = 300 if quick else 2_000
    ours("random", SPACE, None, 100, batch=10)  # what is imported at first use
    with tempfile.TemporaryDirectory() as folder:
        print(f"cost of a trial, microseconds; ours over {n:,} in batches of 500, Optuna over {peer_n:,} or a tenth")
        print(f"{'':28}{'first tenth':>12}{'middle':>12}{'last tenth':>12}{'Optuna':>12}")
        for optimizer, space in (("random", SPACE), ("grid", GRID)):
            for where in ("memory", "SQLite"):
                durable = where == "SQLite"
                path = str(Path(folder, f"{optimizer}.db")) if durable else None
                rows = ours(optimizer, space, path, n, batch=500)
                peer_path = f"sqlite:///{folder}/optuna-{optimizer}.db" if durable else None
                # Optuna's grid sampler and its database grow dear quickly: fewer trials of them, in its favour
                peer = optuna_trial(optimizer, peer_path, peer_n // 10 if durable or optimizer == "grid" else peer_n)
                first, middle, last = rows[0][1], rows[4][1], rows[-1][1]
                print(f"{optimizer + ', ' + where:28}{first:12.1f}{middle:12.1f}{last:12.1f}{peer:12.1f}", flush=True)
    print("\nask and tell behind a history, milliseconds (median)")
    sizes = (100, 1_000) if quick else (100, 1_000, 3_000)
    print(f"{'':28}" + "".join(f"{size:>12,}" for size in sizes))
    for name in ("tpe", "cma-es", "smac-rf", "smac-xgboost"):
        print(f"{name:28}" + "".join(f"{ask_ours(name, size):12.1f}" for size in sizes), flush=True)
    for label, multivariate in (("Optuna TPE", False), ("Optuna TPE, multivariate", True)):
        print(f"{label:28}" + "".join(f"{ask_optuna(size, multivariate):12.1f}" for size in sizes), flush=True)


if __name__ == "__main__":
    main()
