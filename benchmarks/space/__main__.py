"""Sample and decode configurations of a 20-parameter conditional space, beside ConfigSpace in the same run.

Run as ``python -m benchmarks.space`` from the root of the repository.
"""

import argparse
import gc
import json
import math
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from parfocal.space import Boolean, Categorical, Float, Integer, Normal, Ordinal, Space


def build() -> Space:
    """Return the space: preprocessing, one of three segmentation methods with its own parameters, cleaning."""
    return Space(
        {
            "smooth": Categorical(["none", "gauss", "median", "bilateral"]),
            "sigma": Float(0.5, 8.0, log=True, when="smooth == 'gauss'"),
            "radius": Integer(1, 15, when="smooth == 'median'"),
            "sigma_color": Float(0.01, 1.0, log=True, when="smooth == 'bilateral'"),
            "sigma_space": Float(1.0, 20.0, when="smooth == 'bilateral'"),
            "background": Boolean(),
            "ball": Integer(5, 200, log=True, when="background == True"),
            "method": Categorical(["kmeans", "threshold", "watershed"]),
            "clusters": Integer(2, 12, when="method == 'kmeans'"),
            "init": Categorical(["random", "k-means++"], when="method == 'kmeans'"),
            "restarts": Integer(1, 20, when="method == 'kmeans' and init == 'random'"),
            "offset": Float(-3.0, 3.0, prior=Normal(0.0, 1.0), when="method == 'threshold'"),
            "local": Boolean(when="method == 'threshold'"),
            "window": Integer(11, 301, when="method == 'threshold' and local == True"),
            "compactness": Float(1e-4, 10.0, log=True, when="method == 'watershed'"),
            "distance": Integer(1, 40, when="method == 'watershed'"),
            "connectivity": Ordinal([1, 2, 3]),
            "area_min": Integer(5, 500, log=True),
            "solidity": Float(0.0, 1.0),
            "gamma": Float(0.2, 5.0, log=True),
        }
    )


def seconds(function: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the median time of some runs, and the last result."""
    times = []
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return float(np.median(times)), result


def main() -> None:
    """Print one table, and the figures as JSON where asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=100_000, help="configurations")
    parser.add_argument("--repeats", type=int, default=5, help="runs of parfocal; the median counts")
    parser.add_argument("--json", help="write the figures to this file")
    arguments = parser.parse_args()
    n, space = arguments.n, build()
    theirs: ConfigurationSpace = space.to_configspace()
    theirs.seed(0)
    rng = np.random.default_rng(0)

    sample, X = seconds(lambda: space.sample(n, rng), arguments.repeats)
    decode, ours = seconds(lambda: space.decode(X), arguments.repeats)
    columns, _ = seconds(lambda: space.decode_columns(X), arguments.repeats)
    encode, _ = seconds(lambda: space.encode(ours), 1)
    other, configurations = seconds(lambda: [dict(c) for c in theirs.sample_configuration(n)], 1)

    for name in space.names:  # the two must draw from the same distribution, or the figures say nothing
        ours_share = sum(name in c for c in ours) / n
        theirs_share = sum(name in c for c in configurations) / n
        if abs(ours_share - theirs_share) > 6 * math.sqrt(0.5 / n):
            raise SystemExit(f"'{name}' is active in {ours_share:.4f} here and in {theirs_share:.4f} of ConfigSpace's.")

    from importlib.metadata import version

    rows = [
        ("parfocal: sample to dicts", sample + decode),
        ("parfocal: sample to columns", sample + columns),
        ("  of it: sample", sample),
        ("  of it: decode to dicts", decode),
        ("  of it: decode to columns", columns),
        ("parfocal: encode from dicts", encode),
        (f"ConfigSpace {version('ConfigSpace')}: sample to dicts", other),
    ]
    print(f"{n:,} configurations of {space.dimension} parameters, {int(space.conditional.sum())} of them conditional")
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}\n")
    print(f"{'':44s}{'seconds':>9s}{'us each':>9s}{'times faster':>14s}")
    for label, time_ in rows:
        print(f"{label:44s}{time_:9.3f}{1e6 * time_ / n:9.2f}{other / time_:14.1f}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"n": n, "seconds": dict(rows), "speedup": other / (sample + decode)}, file, indent=2)


if __name__ == "__main__":
    main()
