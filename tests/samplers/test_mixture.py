import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.optimizers import compose
from parfocal.samplers import Selection, of_best
from parfocal.samplers.local import Local
from parfocal.samplers.mixture import Mixture, learned_shares
from parfocal.samplers.random import Random
from parfocal.testing.kinds import SPACES
from parfocal.testing.samplers import some_history

SPACE = SPACES["wide"]()
HISTORY = some_history(SPACE)
GOOD = of_best(HISTORY, 3, failed=True)


def near(X):
    """Return which rows are neighbours of good ones."""
    return (np.abs(X[:, None] - HISTORY.X[GOOD.good_rows][None]) > 0).sum(axis=2).min(axis=1) <= 1


def test_given_shares_are_kept():
    sampler = Mixture("random | local", "3 1")
    X = sampler.sample(SPACE, HISTORY, of_best(HISTORY, 3), 2000, np.random.default_rng(1))
    assert near(X).mean() == pytest.approx(0.25 * 0.9, abs=0.03)  # a tenth of local draws are restarts


def test_shares_follow_the_score_of_draws_made_now():
    members = (Random(), Local(restarts=0.0))
    for liked, winner in ((near, 1), (lambda X: ~near(X), 0)):
        judged = Selection(GOOD.rows, GOOD.good, GOOD.generations, lambda X, liked=liked: liked(X).astype(float))
        shares = learned_shares(SPACE, HISTORY, judged, members, np.random.default_rng(1))
        assert shares[winner] == pytest.approx(0.95) and shares.sum() == pytest.approx(1)


def test_without_a_score_nearness_to_good_trials_counts():
    shares = learned_shares(SPACE, HISTORY, GOOD, (Random(), Local(restarts=0.0)), np.random.default_rng(1))
    assert shares[1] > 0.9


def test_equal_judgement_gives_equal_shares():
    flat = Selection(GOOD.rows, GOOD.good, GOOD.generations, lambda X: np.zeros(len(X)))
    members = (Random(), Local())
    shares = np.mean(
        [learned_shares(SPACE, HISTORY, flat, members, np.random.default_rng(seed)) for seed in range(20)], axis=0
    )
    assert np.allclose(shares, 0.5, atol=0.08)


def test_it_has_a_text_form():
    text = 'mixture(samplers="halton | cauchy", shares="1 2") + random-forest'
    composition = compose(text)
    assert composition.sampler == Mixture("halton | cauchy", "1 2")
    assert str(composition) == text


@pytest.mark.parametrize(
    "options",
    [
        {"samplers": "random"},
        {"samplers": "random | random"},
        {"samplers": "random | nothing"},
        {"samplers": "random | grid"},
        {"samplers": "random | mixture"},
        {"shares": "1 2"},
        {"shares": "1 2 x"},
        {"shares": "0 0 0"},
        {"shares": "1 -1 1"},
        {"shares": "1 nan 1"},
    ],
)
def test_wrong_options(options):
    with pytest.raises(OptimizerError, match=next(iter(options))):
        Mixture(**options)
