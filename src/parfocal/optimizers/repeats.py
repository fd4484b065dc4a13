"""Repeated evaluation where the objective is noisy: which trials repeat an earlier one, and which one.

Racing of the leaders (after Birattari et al., GECCO 2002): of the configurations that may well be the best, the one
that is known least is evaluated once more.
"""

import numpy as np

from parfocal.errors import InvalidInput
from parfocal.optimizers.expected import expected, keys
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Ints

LEADERS = 5
"""Configurations among which the least known is repeated."""
FOLDS = 4
LARGEST = 500
"""Models, and configurations, that suffice to find the leaders at each ask; a recommendation takes more."""


def checked(share: float) -> float:
    """Return the share of trials that repeat an earlier one, or raise :class:`InvalidInput`."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise InvalidInput(f"The share of repeats is a number from 0 to below 1, for example 0.2; got {share!r}.")
    return float(share)


def due(seed: int, numbers: range, share: float) -> int:
    """Return how many trials of these numbers repeat an earlier one: each with probability ``share``, by its number."""
    return sum(generator(seed, "repeat", number).random() < share for number in numbers)


def worth_repeating(space: Space, history: History, count: int, seed: int) -> Ints:
    """Return ``count`` rows of the history to evaluate once more, the same one several times if need be; or none.

    The leaders are those with the smallest expected loss less its standard error; of them, the one with the largest
    error comes next. Trials in flight and failures count as evaluations, so that they are not repeated endlessly.
    """
    rng = generator(seed, "repeat", "model", len(history))
    table = expected(space, history, rng, folds=FOLDS, largest=LARGEST)
    if not len(table):
        return np.empty(0, dtype=np.int64)
    leaders = np.argsort(table.mean - table.error, kind="stable")[:LEADERS]
    leaders = leaders[np.argsort(table.mean[leaders], kind="stable")]
    used = keys(space, history)
    made = np.array([np.count_nonzero((used == key) & ~history.lost) for key in used[table.rows[leaders]].tolist()])
    chosen = []
    for _ in range(count):
        row = int(np.argmin(made))  # the noise is one and the same, so that the least evaluated is the least known
        made[row] += 1
        chosen.append(int(table.rows[leaders[row]]))
    return np.array(chosen, dtype=np.int64)
