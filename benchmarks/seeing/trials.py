"""What pictures of all trials cost: seconds of the table and of the figure, and the figure's size.

Parallel coordinates, timeline of workers, scores of images and failure map of studies with 25 parameters, of which one
is conditional and two are categories; some trials fail.

python -m benchmarks.seeing.trials [--quick]
"""

import argparse
import io
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parfocal import plots
from parfocal.analysis import Spans, as_runs, failure_map, parallel, per_image, rows_of, timeline
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.space.parameters import Parameter
from parfocal.trials import (
    FULL,
    GIVEN,
    Configuration,
    History,
    Objective,
    Outcome,
    Reason,
    State,
    Trial,
)

SIZES = ((20, 2, 2), (20_000, 64, 45), (175_000, 1_000, 2_000))
"""Trials, workers and images."""
ERROR = Objective("rmse", unit="px")


def space() -> Space:
    parameters: dict[str, Parameter] = {f"size_{i}": Integer(1, 500, prior="log-uniform") for i in range(8)}
    parameters |= {f"rate_{i}": Float(1e-5, 1, prior="log-uniform") for i in range(6)}
    parameters |= {f"width_{i}": Float(0, 10, unit="px") for i in range(8)}
    parameters |= {"method": Categorical(("a", "b", "c")), "filter": Categorical(tuple("pqrstu"))}
    return Space(parameters | {"momentum": Float(0, 1, when="method == 'a'")})


def study(where: Space, n: int) -> History:
    rng = np.random.default_rng(0)
    history = History(where.dimension, n)
    history.append(where.sample(n, rng))
    u = np.nan_to_num(history.X, nan=0.5)
    loss = np.square(u[:, :6] - 0.4).sum(axis=1) + 0.1 * rng.random(n)
    memory, error = (u[:, 0] > 0.8) & (u[:, 1] > 0.6), rng.random(n) < 0.02
    reason = np.select([memory, error], [Reason.MEMORY.code, Reason.ERROR.code], -1)
    state = np.where(reason >= 0, int(State.FAILED), int(State.COMPLETE))
    history.tell(np.arange(n), state, np.where(reason >= 0, np.nan, loss), runtime=1.0, reason=reason)
    return history


def times(n: int, workers: int) -> Spans:
    rng = np.random.default_rng(1)
    who = rng.integers(0, workers, n)
    took = rng.gamma(2, 30, n)
    order = np.argsort(who, kind="stable")
    started = np.empty(n)
    reach = np.cumsum(took[order] * 1.1)
    base = np.concatenate([[0.0], reach])[np.searchsorted(who[order], np.arange(workers))]
    started[order] = reach - took[order] - base[who[order]]
    state = rng.choice([int(State.COMPLETE), int(State.PRUNED), int(State.FAILED)], n, p=[0.8, 0.1, 0.1])
    ids = tuple(f"w{i}-node-{i % 40:02d}-{4000 + i}-b4628e-27b8a7-{i:06x}" for i in range(workers))
    return Spans(np.arange(n), who, started - 5, started, started + took, state, ids, took * 0.9)


def trials(where: Space, history: History, images: int) -> Callable[[int, int], Sequence[Trial]]:
    """Return an access that makes trials as a storage does: each has a mapping of all its images."""
    hardness = np.random.default_rng(2).random(images)

    def access(start: int, stop: int) -> list[Trial]:
        found = []
        for number in range(start, min(stop, len(history))):
            if history.state[number] != State.COMPLETE:
                continue
            values = hardness + history.loss[number] * (0.5 + hardness[::-1])
            scores = {f"im_{i:04d}": {"rmse": float(value)} for i, value in enumerate(values)}
            outcome = Outcome.complete({"rmse": float(history.loss[number])}, scores=scores)
            row = Configuration(where.decode(history.X[number : number + 1])[0])
            found.append(Trial(number, row, FULL, 0, State.COMPLETE, 1, GIVEN, outcome))
        return found

    return access


def measured(name: str, make: Callable[[], Any], draw: Callable[[Any], Any], page: Callable[[Any], Any]) -> str:
    start = time.perf_counter()
    table = make()
    made = time.perf_counter() - start
    start = time.perf_counter()
    size = len(draw(table).to_json())
    drawn = time.perf_counter() - start
    start = time.perf_counter()
    written = io.BytesIO()
    page(table).savefig(written, format="svg")
    printed = time.perf_counter() - start
    svg = len(written.getvalue())
    return f"{name:<14} {made:>6.2f} s {drawn:>6.2f} s {size / 1e3:>7.0f} kB {printed:>6.2f} s {svg / 1e3:>7.0f} kB"


def figures(where: Space, n: int, workers: int, images: int) -> list[str]:
    """Return one line a figure of a study of ``n`` trials."""
    history = study(where, n)
    rows, spans, runs = rows_of(where, history), times(n, workers), as_runs(history, trials(where, history, images))
    default = where.decode(history.X[history.complete][:1])[0]
    return [
        measured("parallel", lambda: parallel(where, rows, ERROR), *_both(plots.parallel, ERROR.label)),
        measured("timeline", lambda: timeline(spans), *_both(plots.timeline)),
        measured("per image", lambda: per_image(where, runs, ERROR, default=default), *_both(plots.per_image)),
        measured("failure map", lambda: failure_map(where, history)[0], *_both(plots.failure_map)),
        measured("failure plane", lambda: failure_map(where, history)[0], *_both(plots.failure_plane)),
    ]


def _both(module: Any, *label: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    return lambda table: module.interactive(table, *label), lambda table: module.printed(table, *label)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without the largest size")
    sizes = SIZES[:2] if parser.parse_args().quick else SIZES
    where = space()
    figures(where, *SIZES[0])  # imports and fonts are not counted
    for n, workers, images in sizes:
        print(f"\n{n:,} trials, {workers:,} workers, {images:,} images")
        print(f"{'':<14} {'table':>8} {'drawn':>8} {'JSON':>10} {'printed':>8} {'SVG':>10}")
        print("\n".join(figures(where, n, workers, images)), flush=True)


if __name__ == "__main__":
    main()
