"""The Parzen sampler: drawn to the good rows, the better the more; options checked."""

import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.samplers import Selection, of_best
from parfocal.samplers.parzen import Parzen
from parfocal.space import Float, Space
from parfocal.trials import History, State

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})


def _history(X, loss) -> History:
    history = History(SPACE.dimension)
    history.append(X)
    history.tell(np.arange(len(X)), State.COMPLETE, loss)
    return history


def test_draws_gather_around_the_good_rows():
    rng = np.random.default_rng(0)
    X = SPACE.sample(100, rng)
    history = _history(X, np.abs(X - 0.3).sum(axis=1))
    drawn = Parzen().sample(SPACE, history, of_best(history, 10), 500, rng)
    assert np.median(np.abs(drawn - 0.3).sum(axis=1)) < 0.5 * np.median(np.abs(X - 0.3).sum(axis=1))
    assert np.abs(drawn - 0.3).max() > 0.4, "the prior keeps its share"


def test_the_best_row_weighs_most_and_the_bad_ones_alike():
    X = np.array([[0.1, 0.1], [0.9, 0.9], [0.1, 0.9], [0.9, 0.1]])
    history = _history(X, [0.0, 1.0, 2.0, 3.0])
    selection = of_best(history, 2)
    ranked = Parzen().log_density(SPACE, history, selection, X)
    assert ranked[0] > ranked[1] > ranked[2]
    level = Parzen(ranked=False).log_density(SPACE, history, selection, X)
    assert level[0] == pytest.approx(level[1])
    bad = Parzen().log_density(SPACE, history, selection.swapped(), X)
    assert bad[2] == pytest.approx(bad[3])


def test_what_goes_together_is_kept_together():
    X = np.repeat([[0.1, 0.1], [0.9, 0.9]], 10, axis=0)
    history = _history(X, np.arange(20.0))
    selection = Selection(np.arange(20), np.ones(20, dtype=np.bool_), np.full(20, -1))
    together = Parzen().sample(SPACE, history, selection, 400, np.random.default_rng(1))
    apart = Parzen(multivariate=False).sample(SPACE, history, selection, 400, np.random.default_rng(1))
    assert np.corrcoef(together.T)[0, 1] > 0.4
    assert abs(np.corrcoef(apart.T)[0, 1]) < 0.2


@pytest.mark.parametrize("options", [{"scale": 0.0}, {"prior_weight": -1.0}, {"scale": float("nan")}])
def test_impossible_options_are_named(options):
    with pytest.raises(OptimizerError, match=f"{next(iter(options))} must be above 0"):
        Parzen(**options)
