"""What importance costs and how near it comes to the truth, beside Optuna's evaluators.

    python -m benchmarks.seeing.importance [--quick]

Costs are seconds of processor time of one thread for all parameters, from random trials of one function, by the number
of trials and of parameters. Those of parfocal include intervals and, with functional ANOVA, the ten strongest pairs;
Optuna has neither. Above 4,000 trials parfocal looks at 4,000 of them at random; Optuna looks at all, so that its
functional ANOVA is timed up to 2,000 trials only.

Errors are the largest deviation from the first-order Sobol indices, which Ishigami's function and Sobol's g-function
have in closed form, mean over the same five samples; coverage is the share of the intervals of parfocal, made for 90 %,
that hold the index or miss it by at most 0.01.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from parfocal.analysis import importance
from parfocal.space import Float, Space
from parfocal.testing.studies import told
from parfocal.trials import History, Objective
from parfocal.typing import Floats

LOSS = Objective("loss")
METHODS = ("fanova", "ped-anova", "permutation")
TRIALS, PARAMETERS = (200, 2_000, 20_000), (5, 25)
THEIRS = 2_000
"""Trials up to which Optuna's functional ANOVA is timed."""


def problem(d: int, n: int) -> tuple[Space, Floats, Floats]:
    """Return a space with d parameters, and n random trials of a function with effects of one, two and none of them."""
    space = Space({f"x{i:02d}": Float(0, 1) for i in range(d)})
    rng = np.random.default_rng([d, n])
    X = space.sample(n, rng)
    return space, X, 3 * X[:, 0] + 4 * (X[:, 1] - 0.5) * (X[:, 2] - 0.5) + X[:, 3] ** 2 + rng.normal(0, 0.1, n)


def study_of(space: Space, X: Floats, loss: Floats) -> Any:
    """Return the trials as a study of Optuna."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, known = optuna.create_study(), space.to_optuna()
    rows = zip(space.decode(X), loss.tolist(), strict=True)
    study.add_trials([optuna.trial.create_trial(params=p, distributions=known, value=v) for p, v in rows])
    return study


def evaluator(method: str) -> Any:
    """Return Optuna's evaluator of a method."""
    from optuna import importance as theirs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return theirs.FanovaImportanceEvaluator(seed=0) if method == "fanova" else theirs.PedAnovaImportanceEvaluator()


def of_optuna(study: Any, method: str) -> Mapping[str, float]:
    """Return Optuna's importances, as they come out of its evaluator."""
    from optuna.importance import get_param_importances

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Mapping[str, float] = get_param_importances(study, evaluator=evaluator(method), normalize=False)
    return found


def seconds(function: Callable[[], Any]) -> float:
    """Return the processor time of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def costs(quick: bool) -> None:
    """Print seconds by method, trials and parameters."""
    space, X, loss = problem(PARAMETERS[0], TRIALS[0])
    importance(space, told(X, loss), LOSS)  # the first call imports what it needs
    print(f"{'seconds':34s} " + " ".join(f"{f'{n:,} trials':>14s}" for n in TRIALS))
    for d in PARAMETERS:
        problems = {n: problem(d, n) for n in TRIALS[: 2 if quick else 3]}
        for method in METHODS:
            for region in ("all", "best"):
                took = []
                for space, X, loss in problems.values():
                    history = told(X, loss)
                    took.append(seconds(partial(importance, space, history, LOSS, method=method, region=region)))
                row(f"{d} parameters, {method}, {region}", took)
        for method in METHODS[:2]:
            took = []
            for n, (space, X, loss) in problems.items():
                if method == "ped-anova" or n <= (200 if quick else THEIRS):
                    study = study_of(space, X, loss)
                    took.append(seconds(partial(of_optuna, study, method)))
            row(f"{d} parameters, Optuna's {method}", took)


def row(name: str, took: list[float]) -> None:
    """Print one row of seconds."""
    print(f"{name:34s} " + " ".join(f"{each:14.2f}" for each in took), flush=True)


def ishigami(X: Floats) -> Floats:
    """Return Ishigami's function at points of the unit cube."""
    a, b, c = (2 * X - 1).T * np.pi
    return np.asarray(np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a))


def g_function(X: Floats) -> Floats:
    """Return Sobol's g-function at points of the unit cube."""
    return np.asarray(np.prod((np.abs(4 * X - 2) + _A) / (1 + _A), axis=1))


_A = np.array([0.0, 1.0, 4.5, 9.0, 99.0])
_PART = 1 / (3 * (1 + _A) ** 2)
TRUTHS: dict[str, tuple[Callable[[Floats], Floats], Floats]] = {
    "Ishigami": (ishigami, np.array([0.3139, 0.4424, 0.0])),
    "Sobol's g": (g_function, _PART / (np.prod(1 + _PART) - 1)),
}


def errors(quick: bool) -> None:
    """Print how far functional ANOVA is from closed forms, and how often its intervals hold them."""
    print(f"\n{'functional ANOVA':34s} {'trials':>7s} {'R2':>6s} {'error':>6s} {'covered':>8s} {'Optuna, error':>14s}")
    for name, (function, truth) in TRUTHS.items():
        space = Space({f"x{i}": Float(0, 1) for i in range(len(truth))})
        for n in (100,) if quick else (100, 300):
            found = [one(space, function, truth, n, seed) for seed in range(2 if quick else 5)]
            quality, error, covered, other = np.mean(np.array(found), axis=0).tolist()
            print(f"{name:34s} {n:7d} {quality:6.2f} {error:6.2f} {covered:8.0%} {other:14.2f}", flush=True)


def one(
    space: Space, function: Callable[[Floats], Floats], truth: Floats, n: int, seed: int
) -> tuple[float, float, float, float]:
    """Return R2, error and coverage of one sample, and the error of Optuna on it."""
    X = space.sample(n, np.random.default_rng([9, seed]))
    loss = function(X)
    history: History = told(X, loss)
    table = importance(space, history, LOSS, seed=seed, pairs=0)
    where = [table.names.index(name) for name in space.columns]
    held = (table.low[where] - 0.01 <= truth) & (truth <= table.high[where] + 0.01)
    said = of_optuna(study_of(space, X, loss), "fanova")
    other = float(np.abs(np.array([said[name] for name in space.columns]) - truth).max())
    return table.quality, float(np.abs(table.share[where] - truth).max()), float(held.mean()), other


def main() -> None:
    parser = argparse.ArgumentParser(description="What importance costs and how near it comes to the truth.")
    parser.add_argument("--quick", action="store_true", help="fewer trials and seeds")
    quick = parser.parse_args().quick
    costs(quick)
    errors(quick)


if __name__ == "__main__":
    main()
