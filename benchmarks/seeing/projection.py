"""What projections, profiles and convergence cost, and how large their figures are; beside Optuna's contour plot.

python -m benchmarks.seeing.projection [--quick]

Optuna's plot of 10,000 trials, a grid of all their values, takes some gigabytes of memory.
"""

import argparse
import io
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from parfocal import plots
from parfocal.analysis import (
    convergence,
    infimum,
    modelled,
    pairs,
    profiles,
    rows_of,
    slices,
    surface,
    volume,
)
from parfocal.space import Float, Space
from parfocal.storage import MemoryStorage
from parfocal.testing.studies import grid_of, told
from parfocal.trials import Objective
from parfocal.typing import Floats

LOSS = Objective("rmse")


def seconds(work: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """Return the shortest processor time of several, and the result; what others do on the machine is not in it."""
    best, result = np.inf, None
    for _ in range(repeats):
        begin = time.process_time()
        result = work()
        best = min(best, time.process_time() - begin)
    return best, result


def row(name: str, first: str, second: str = "") -> None:
    print(f"{name:58} {first:>12} {second:>12}", flush=True)


def table(name: str, work: Callable[[], Any], repeats: int = 3) -> Any:
    """Print the time of a table and return it."""
    spent, result = seconds(work, repeats)
    row(name, f"{1000 * spent:.0f} ms")
    return result


def figure(name: str, work: Callable[[], Any], paper: Callable[[], Any] | None = None) -> None:
    """Print time and size of a figure: JSON on the screen, SVG on paper."""
    spent, made = seconds(lambda: work().to_json(), 1)
    row(name, f"{1000 * spent:.0f} ms", f"{len(made) / 1e6:.2f} MB")
    if paper is not None:
        buffer = io.BytesIO()
        spent, _ = seconds(lambda: paper().savefig(buffer, format="svg", dpi=300), 1)
        row(f"{name}, printed", f"{1000 * spent:.0f} ms", f"{len(buffer.getvalue()) / 1e6:.2f} MB")


def cube(d: int) -> Space:
    return Space({f"p{i}": Float(0, 1) for i in range(d)})


def loss_of(X: Floats, rng: np.random.Generator) -> Floats:
    return ((X - 0.4) ** 2)[:, :5].sum(axis=1) + 0.05 * rng.random(len(X))


def projections(rng: np.random.Generator, scattered: int) -> None:
    space = Space({"g": Float(0, 5, levels=50), "s": Float(0.5, 4, levels=50), "c": Float(0, 7, levels=70)})
    history = grid_of(space, rng.normal(size=(50, 50, 70)))
    rows = table("rows of a grid of 175,000", lambda: rows_of(space, history))
    for names in (("g",), ("g", "s"), ("g", "s", "c")):
        table(f"grid of 175,000 onto {len(names)}", lambda names=names: infimum(space, rows, LOSS, names))  # type: ignore[misc]
    wide = cube(6)
    X = wide.sample(scattered, rng)
    runs = told(X, loss_of(X, rng))
    many = table(f"rows of {scattered:,} scattered trials, 6 parameters", lambda: rows_of(wide, runs))
    for k in (1, 2, 3):
        table(f"{scattered:,} scattered trials onto {k}", lambda k=k: infimum(wide, many, LOSS, wide.columns[:k]))  # type: ignore[misc]


def figures(rng: np.random.Generator, n: int, d: int) -> None:
    space, label = cube(d), LOSS.label
    X = space.sample(n, rng)
    history = told(X, loss_of(X, rng), runtime=1.0)
    head = f"{n:,} trials, {d} parameters: "
    rows = table(f"{head}rows", lambda: rows_of(space, history))
    lines = table(f"{head}{d} profiles", lambda: profiles(space, rows, LOSS), 1)
    figure(
        f"{head}profiles",
        lambda: plots.profiles.interactive(lines, label),
        lambda: plots.profiles.printed(lines, label),
    )
    figure(
        f"{head}freedom", lambda: plots.freedom.interactive(lines, label), lambda: plots.freedom.printed(lines, label)
    )
    clouds = table(f"{head}{d} slices", lambda: slices(space, rows, LOSS), 1)
    figure(
        f"{head}slices", lambda: plots.slices.interactive(clouds, label), lambda: plots.slices.printed(clouds, label)
    )
    plane = table(f"{head}surface", lambda: surface(space, rows, LOSS, "p0", "p1"))
    figure(
        f"{head}surface", lambda: plots.surface.interactive(plane, label), lambda: plots.surface.printed(plane, label)
    )
    block = table(f"{head}three parameters", lambda: volume(space, rows, LOSS, ("p0", "p1", "p2")))
    figure(
        f"{head}three parameters",
        lambda: plots.volume.interactive(block, label),
        lambda: plots.volume.printed(block, label),
    )
    planes = [surface(space, rows, LOSS, a, b) for a, b in pairs(space.columns[:5])]
    buffer = io.BytesIO()
    spent, _ = seconds(lambda: plots.matrix.printed(planes, clouds, label).savefig(buffer, format="svg", dpi=300), 1)
    row(f"{head}matrix of 5, printed", f"{1000 * spent:.0f} ms", f"{len(buffer.getvalue()) / 1e6:.2f} MB")
    for names in (("p0",), ("p0", "p1")):
        found = table(f"{head}model over {len(names)}", lambda names=names: modelled(space, history, LOSS, names), 1)  # type: ignore[misc]
        figure(f"{head}model over {len(names)}", lambda found=found: plots.modelled.interactive(found, label))  # type: ignore[misc]


def bootstrap(rng: np.random.Generator, sizes: tuple[tuple[int, int], ...]) -> None:
    for runs, n in sizes:
        histories = [told(np.full((n, 1), 0.5), rng.random(n), runtime=rng.random(n)) for _ in range(runs)]
        head = f"convergence of {runs} runs of {n:,}"
        table(head, lambda histories=histories: convergence(histories, LOSS, resamples=1))  # type: ignore[misc]
        table(f"{head}, 1,000 resamples", lambda histories=histories: convergence(histories, LOSS))  # type: ignore[misc]
        cost = table(f"{head}, along cost", lambda histories=histories: convergence(histories, LOSS, along="cost"))  # type: ignore[misc]
        figure(head, lambda cost=cost: plots.convergence.interactive(cost, LOSS.label))  # type: ignore[misc]


def times(n: int) -> None:
    storage = MemoryStorage()
    study = storage.create_study("times", {}).id
    storage.add(study, [{}] * n, range(n))
    table(f"times of {n:,} trials in memory", lambda: storage.times(study))


def beside_optuna(rng: np.random.Generator, n: int) -> None:
    """Print our surface and Optuna's contour plot of the same trials."""
    try:
        import optuna
    except ImportError:
        row("Optuna is not installed", "-")
        return
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = cube(6)
    X = space.sample(n, rng)
    loss = loss_of(X, rng)
    history = told(X, loss)
    spent, ours = seconds(
        lambda: plots.surface.interactive(
            surface(space, rows_of(space, history), LOSS, "p0", "p1"), LOSS.label
        ).to_json()
    )
    row(f"surface of {n:,} trials, parfocal", f"{1000 * spent:.0f} ms", f"{len(ours) / 1e6:.2f} MB")
    distributions: dict[str, Any] = {name: optuna.distributions.FloatDistribution(0, 1) for name in space.columns}
    study = optuna.create_study()
    study.add_trials([
        optuna.trial.create_trial(params=dict(zip(space.columns, x, strict=True)), distributions=distributions, value=y)
        for x, y in zip(X.tolist(), loss.tolist(), strict=True)
    ])  # fmt: skip
    spent, theirs = seconds(lambda: optuna.visualization.plot_contour(study, params=["p0", "p1"]).to_json(), 1)
    name = f"plot_contour of {n:,} trials, Optuna {optuna.__version__}"
    row(name, f"{1000 * spent:.0f} ms", f"{len(theirs) / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, some seconds")
    quick = parser.parse_args().quick
    rng = np.random.default_rng(0)
    row("what", "time", "size")
    projections(rng, 20_000 if quick else 400_000)
    for n, d in ((20, 3), (2000, 6)) if quick else ((20, 3), (10_000, 6), (175_000, 25)):
        figures(rng, n, d)
    bootstrap(rng, ((5, 200),) if quick else ((5, 200), (20, 10_000), (5, 175_000)))
    times(5000 if quick else 175_000)
    for n in (500,) if quick else (500, 2000, 10_000):
        beside_optuna(rng, n)


if __name__ == "__main__":
    main()
