"""What an ask costs, and how that grows with the history.

    python -m benchmarks.zoo                              every member behind 1,000 trials of ten parameters
    python -m benchmarks.zoo auto gp --trials 1000 10000 200000

Processor milliseconds of one ask and tell, median; the first ask, which pays for what a restart pays for (imports, and
replaying the history), stands in brackets. The column "table" is what `parfocal zoo` says.
"""

import argparse
import time

import numpy as np

from parfocal.errors import MissingPackage
from parfocal.optimizers import ZOO, compose, propose
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.trials import History, State
from parfocal.typing import Floats

SPACE = Space(
    {
        **{f"x{index}": Float(0.0, 1.0) for index in range(5)},
        "sigma": Float(1e-3, 1e3, prior="log-uniform"),
        "size": Integer(1, 100),
        "passes": Integer(0, 9),
        "method": Categorical(["otsu", "li", "yen", "local"]),
        "window": Float(0.0, 1.0, when="method == 'local'"),
    }
)


def loss(X: Floats) -> Floats:
    return np.asarray(((np.nan_to_num(X) - 0.4) ** 2).sum(axis=1))


def measure(optimizer: str, trials: int, repeats: int = 9) -> tuple[float, float]:
    """Return milliseconds of the first ask and tell behind ``trials``, and the median of those that follow."""
    rng = np.random.default_rng(0)
    X = SPACE.sample(trials, rng)
    composed = compose(optimizer)
    members = len(getattr(composed, "members", ())) or 1
    history = History(SPACE.dimension, trials + repeats + 1)
    history.append(X, member=np.arange(trials) % members if members > 1 else -1)
    noise = 0.01 * rng.standard_normal(trials)
    history.tell(np.arange(trials), State.COMPLETE, loss(X) + noise, runtime=1.0 + X[:, 0])
    times = []
    for _ in range(repeats + 1):
        start = time.process_time()
        proposal = propose(SPACE, composed, history, 1)
        rows = proposal.enter(history)
        history.tell([rows.start], State.COMPLETE, loss(proposal.X), runtime=1.0)
        times.append((time.process_time() - start) * 1e3)
    return times[0], float(np.median(times[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own = [member.name for member in ZOO if not member.package and member.name != "grid"]  # its space is endless
    parser.add_argument("optimizers", nargs="*", default=own, help="names or compositions")
    parser.add_argument("--trials", nargs="+", type=int, default=[1_000], help="lengths of the history")
    options = parser.parse_args()
    known = {member.name: f"{member.milliseconds:g}" for member in ZOO}
    print(f"{'':26}{'table':>8}" + "".join(f"{trials:>12,} (first)" for trials in options.trials))
    for name in options.optimizers:
        print(f"{name:26}{known.get(name, ''):>8}", end="", flush=True)
        for trials in options.trials:
            try:
                first, median = measure(name, trials)
                print(f"{median:12.1f} {f'({first:,.0f})':>7}", end="", flush=True)
            except MissingPackage as error:
                print(f"   {error}", end="")
        print(flush=True)


if __name__ == "__main__":
    main()
