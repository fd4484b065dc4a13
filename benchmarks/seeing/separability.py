"""Which parameters can be optimized apart: how often the verdict is right, and what it saves.

    python -m benchmarks.seeing.separability problems [--quick]
        three times twenty problems: structure found from 200 random trials, and from these and at most 40 probes
    python -m benchmarks.seeing.separability errors [--quick]
        how often the verdicts on pairs of these problems are wrong, held against what the exact functions lose
    python -m benchmarks.seeing.separability spots FOLDER [--quick]
        the structure of the task spots-background from its dense grid (FOLDER/spots-background.json and .npy), and the
        evaluations to 99 % of the optimum: one joint search against a sequence of blocks, with the same inner optimizer
    python -m benchmarks.seeing.separability prior FOLDER [--quick]
        the same evaluations with and without priors that were learned on the task spots

A pair counts as split wrongly where it is of one block and the verdict puts it into two, and as merged wrongly the
other way round.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from benchmarks.seeing.problems import Problem, first, second, third

from parfocal.analysis import priors, separability, separate
from parfocal.analysis.transfer import CONTEXTS, STARTS, Believed, different, lost
from parfocal.errors import SpaceExhausted
from parfocal.optimizers import propose
from parfocal.space import Space
from parfocal.testing.studies import told
from parfocal.trials import History, Objective, State
from parfocal.typing import Floats

TRIALS, PROBES = 200, 40
LOSS = Objective("loss")
Loss = Callable[[Floats], Floats]


def pairs_of(blocks: Sequence[Sequence[str]]) -> set[frozenset[str]]:
    """Return the pairs that are of one block."""
    return {frozenset(pair) for block in blocks for pair in combinations(sorted(block), 2)}


def decided(problem: Problem, seed: int, trials: int = TRIALS, probes: int = PROBES) -> list[tuple[int, int, int, int]]:
    """Return (right, wrong splits, wrong merges, probes spent) before and after the probes."""
    rng = np.random.default_rng([problem.seed, seed])
    X = problem.space.sample(trials, rng)
    history = told(X, problem.loss(X, rng))
    before = separability(problem.space, history, LOSS)

    def evaluate(configurations: Sequence[object]) -> list[float]:
        return problem.loss(problem.space.encode(list(configurations)), rng).tolist()  # type: ignore[arg-type]

    after, _ = separate(problem.space, history, LOSS, evaluate, budget=probes)
    truth = pairs_of([tuple(block) for block in problem.blocks])
    found = []
    for table in (before, after):
        said = pairs_of(table.blocks)
        found.append((int(said == truth), len(truth - said), len(said - truth), table.probes))
    return found


def of_problems(quick: bool) -> None:
    """Print both sets."""
    sets = {
        "first (thresholds were chosen on it)": first(),
        "second (two thresholds were compared on it)": second(),
        "third (drawn at random, no part in any choice)": third(),
    }
    for name, problems in sets.items():
        print(f"\n{name}: {TRIALS} random trials, at most {PROBES} probes")
        print(f"{'problem':40s} {'before':>7s} {'after':>7s} {'probes':>7s} {'seconds':>8s}")
        totals, pairs = np.zeros((2, 4)), np.zeros(2)
        chosen = problems[:4] if quick else problems
        for seed, problem in enumerate(chosen):
            start = time.perf_counter()
            both = decided(problem, 4000 + seed)
            totals += np.array(both)
            truth, d = len(pairs_of([tuple(b) for b in problem.blocks])), problem.space.dimension
            pairs += [truth, d * (d - 1) // 2 - truth]
            words = ["right" if each[0] else "WRONG" for each in both]
            took = time.perf_counter() - start
            print(f"{problem.name:40s} {words[0]:>7s} {words[1]:>7s} {both[1][3]:7d} {took:8.1f}", flush=True)
        for when, row in zip(("before", "after"), totals, strict=True):
            print(
                f"{when}: {row[0]:.0f} of {len(chosen)} right; wrong splits {row[1]:.0f} of {pairs[0]:.0f} pairs, "
                f"wrong merges {row[2]:.0f} of {pairs[1]:.0f} pairs; {row[3] / len(chosen):.0f} probes each"
            )


def truly_lost(problem: Problem, seed: int) -> dict[frozenset[str], float]:
    """Return what each pair loses on the exact function, as a share of the gain."""
    D = problem.space.sample(4000, np.random.default_rng(seed))
    y = problem.exact(D)
    order = np.argsort(y)
    good, half = order[: len(y) // 10], order[: len(y) // 2]
    exact = Believed(lambda X: problem.exact(X)[None], problem.exact, 0.0)
    contexts = np.concatenate([D[order[:1]], D[good[different(problem.space, D[good], CONTEXTS - 1)]]])
    starts = D[half[np.linspace(0, len(half) - 1, STARTS).astype(int)]]
    gone = lost(problem.space, exact, D, y, contexts, starts).draws[:, :, 0].min(axis=1)
    names = combinations(problem.space.columns, 2)
    return dict(zip(map(frozenset, names), (gone / (np.median(y) - y.min())).tolist(), strict=True))


def of_errors(quick: bool) -> None:
    """Print how many verdicts on pairs are wrong by the measure that they speak of."""
    for name, problems in (("first", first()), ("second", second()), ("third", third())):
        said = {"apart": [0, 0], "together": [0, 0], "open": [0, 0]}
        weak, bound = 0, 0
        for seed, problem in enumerate(problems[:4] if quick else problems):
            truth = truly_lost(problem, seed)
            rng = np.random.default_rng([problem.seed, 4000 + seed])
            X = problem.space.sample(TRIALS, rng)
            table = separability(problem.space, told(X, problem.loss(X, rng)), LOSS)
            for pair in table.pairs:
                more = truth[frozenset(pair.names)] > table.tolerance
                wrong = (pair.verdict == "apart" and more) or (pair.verdict == "together" and not more)
                said[pair.verdict] = [said[pair.verdict][0] + 1, said[pair.verdict][1] + wrong]
            of_one = pairs_of([tuple(block) for block in problem.blocks])
            bound, weak = bound + len(of_one), weak + sum(truth[pair] <= table.tolerance for pair in of_one)
        words = "; ".join(f"{verdict}: {count}, {wrong} wrong" for verdict, (count, wrong) in said.items())
        print(f"{name}: {words}; of {bound} pairs of one block {weak} lose no more than the tolerance", flush=True)


def table_of(folder: Path, name: str) -> tuple[Space, Loss, float]:
    """Return space, loss and lowest loss of a dense grid."""
    space = Space.from_dict(json.loads((folder / f"{name}.json").read_text()))
    losses = np.load(folder / f"{name}.npy")
    return space, lambda X: losses[tuple(space.indices(X).T)], float(np.nanmin(losses))


def reached(space: Space, loss: Loss, optimizer: str, target: float, most: int, seed: int, warmup: int = 20) -> float:
    """Return the evaluations to a loss of ``target`` or below; infinite where ``most`` do not suffice."""
    history = History(space.dimension)
    while len(history) < most:
        try:
            rows = propose(space, optimizer, history, 1, seed=seed, warmup=warmup).enter(history)
        except SpaceExhausted:
            break
        value = loss(history.X[rows])
        history.tell(np.arange(rows.start, rows.stop), State.COMPLETE, value)
        if value[0] <= target:
            return float(len(history))
    return float("inf")


def compared(rows: dict[str, Callable[[int], float]], seeds: int, most: int) -> None:
    """Print medians, quartiles and means (of what was cut off: ``most``) of several ways."""
    print(f"{'':44s} {'median':>7s} {'quartiles':>12s} {'mean':>7s} {'reached':>8s}")
    for name, way in rows.items():
        found = np.array([way(seed) for seed in range(seeds)])
        cut = np.minimum(found, most)
        low, middle, high = np.quantile(cut, [0.25, 0.5, 0.75])
        done = int(np.isfinite(found).sum())
        print(f"{name:44s} {middle:7.0f} {low:5.0f} {high:6.0f} {cut.mean():7.0f} {done:4d}/{seeds}", flush=True)


def of_spots(folder: Path, quick: bool) -> None:
    """Print how often the structure of spots-background is found, and what a sequence saves."""
    space, loss, best = table_of(folder, "spots-background")
    truth = pairs_of([("sigma_log", "c"), ("sigma_gauss",)])
    score = Objective("f1", "maximize")
    seeds, most = (2 if quick else 12), (120 if quick else 400)
    right = []
    for seed in range(seeds):
        X = space.sample(TRIALS, np.random.default_rng([7, seed]))
        history = told(X, loss(X))
        evaluate = lambda given: (-loss(space.encode(list(given)))).tolist()  # noqa: E731
        before = separability(space, history, score)
        after, _ = separate(space, history, score, evaluate, budget=PROBES)
        right.append((pairs_of(before.blocks) == truth, pairs_of(after.blocks) == truth, after.probes))
    said = np.array(right).astype(int)
    print(
        f"{{sigma_gauss}} and {{sigma_log, c}} found from {TRIALS} random trials: {said[:, 0].sum()} of {seeds} runs;"
    )
    print(f"with at most {PROBES} probes: {said[:, 1].sum()} of {seeds} runs, {said[:, 2].mean():.0f} probes a run")
    for text, value in by_grids(space, folder).items():
        print(f"{text}: {value:.4f}, {value / -best:.1%} of the optimum")
    print(f"\nEvaluations to 99 % of the optimum ({-best:.4f}), {seeds} runs, at most {most}:")
    ways: dict[str, Callable[[int], float]] = {}
    for inner in ("smac-rf", "gp", "tpe", "cma-es", "random"):
        ways[f"{inner}, joint"] = lambda seed, o=inner: reached(space, loss, o, 0.99 * best, most, seed)
        for blocks in ("sigma_log, c | sigma_gauss", "sigma_gauss | sigma_log, c"):
            text = f'sequence(optimizer={inner}, blocks="{blocks}", trials=100, passes=2)'
            ways[f"{inner}, {blocks}"] = lambda seed, o=text: reached(space, loss, o, 0.99 * best, most, seed)
    compared(ways, seeds, most)


def by_grids(space: Space, folder: Path) -> dict[str, float]:
    """Return the score that dense grids reach: jointly, and block by block from the default."""
    losses = np.load(folder / "spots-background.npy")
    gauss, log, c = losses.shape
    default = space.default()
    start = space.indices(space.encode([default] if default else []))[0]
    at = np.unravel_index(int(losses[start[0]].argmin()), (log, c))
    first_gauss = int(losses[:, start[1], start[2]].argmin())
    return {
        f"joint grid, {losses.size} evaluations": -float(losses.min()),
        f"grid of sigma_log, c, then of sigma_gauss, {log * c + gauss} evaluations": -float(losses[:, *at].min()),
        f"grid of sigma_gauss, then of sigma_log, c, {log * c + gauss} evaluations": -float(losses[first_gauss].min()),
    }


def of_prior(folder: Path, quick: bool) -> None:
    """Print the evaluations to 99 % of the optimum of spots-background, with and without what spots taught."""
    space, loss, best = table_of(folder, "spots-background")
    earlier, known, _ = table_of(folder, "spots")
    seeds, most = (2 if quick else 20), (120 if quick else 400)
    grid = np.load(folder / "spots-background.npy")

    def of(guided: Space) -> Loss:
        return lambda X: grid[tuple(guided.indices(X).T)]  # its rows are codes of its own priors

    learned = {}
    for seed in range(seeds):
        history = History(earlier.dimension)
        for _ in range(100):
            rows = propose(earlier, "smac-rf", history, 1, seed=seed).enter(history)
            history.tell(np.arange(rows.start, rows.stop), State.COMPLETE, known(history.X[rows]))
        learned[seed] = priors(space, earlier, history)
    print(learned[0].sentence)
    print(f"\nEvaluations to 99 % of the optimum ({-best:.4f}), {seeds} runs, at most {most}:")
    ways: dict[str, Callable[[int], float]] = {}
    for optimizer in ("random", "tpe", "cma-es", "smac-rf", "gp"):
        ways[f"{optimizer}, without"] = lambda seed, o=optimizer: reached(space, loss, o, 0.99 * best, most, seed)
        ways[f"{optimizer}, with priors of spots"] = lambda seed, o=optimizer: reached(
            learned[seed].space, of(learned[seed].space), o, 0.99 * best, most, seed
        )
    compared(ways, seeds, most)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("problems", "errors", "spots", "prior"))
    parser.add_argument("folder", type=Path, nargs="?", default=Path("grids"))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.what == "problems":
        of_problems(options.quick)
    elif options.what == "errors":
        of_errors(options.quick)
    elif options.what == "spots":
        of_spots(options.folder, options.quick)
    else:
        of_prior(options.folder, options.quick)


if __name__ == "__main__":
    main()
