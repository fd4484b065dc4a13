"""The sentences on what was gained, and how far it can be trusted."""

import re

import numpy as np

from parfocal.analysis import paired
from parfocal.report.contents import contents
from parfocal.report.trust import gains, interval
from parfocal.report.unseen import Unseen, warnings
from parfocal.space import Float, Space
from parfocal.testing.studies import mixed_space, told
from parfocal.trials import FULL, GIVEN, Configuration, Objective, Outcome, State, Trial

SCORE = Objective("f1", "maximize")
SPACE = mixed_space()


def unseen(default, best, n=4, sign=1.0):
    before = np.full(n, default)
    return Unseen(
        tuple("abcdefghijklmnop"[:n]), default, best, "f1", paired(before, np.full(n, best), maximize=sign > 0)
    )


def test_the_best_of_many_on_few_images_is_said_to_be_too_good():
    (said,) = warnings(unseen(0.6, 0.8), SCORE, 3, 500, 0.9, 0.65)
    assert said.startswith("The best of 500 trials was chosen by the 3 images that it was scored on (0.9)")
    assert "on 4 held-out images it scores 0.8, 0.1 worse" in said
    assert "the default, which was not chosen by them, does 0.05 worse there" in said
    assert "believe the held-out score. 4 images are few to judge by." in said


def test_what_is_no_worse_on_others_is_not_called_too_good():
    (said,) = warnings(unseen(0.6, 0.95, 12), SCORE, 3, 500, 0.9, 0.65)
    assert "no worse, so that nothing speaks of overfitting." in said and "few to judge" not in said
    lower = Objective("rmse")
    (said,) = warnings(unseen(2.0, 1.0, 12, -1.0), lower, 3, 500, 0.9, 2.0)
    assert "scores 1, 0.1 worse (the default, which was not chosen by them, does the same there)" in said


def test_without_held_out_images_it_is_said_that_there_are_none():
    (said,) = warnings(None, SCORE, 3, 500, 0.9, 0.65)
    assert "none was held out" in said and "Hold some out" in said
    assert warnings(None, SCORE, 0, 500, 0.9, 0.65) == warnings(None, SCORE, 3, 1, 0.9, 0.65) == []


def with_images(n=30, images=12):
    """A study whose images gain by different amounts."""
    rng = np.random.default_rng(0)
    space = Space({"x": Float(0, 1)})
    X = space.sample(n, rng)
    X[0], X[1] = 0.0, 0.9
    hard = rng.random(images) * 0.2
    score = [0.5 + 0.4 * x - hard * (1 - 0.5 * x) for x in X[:, 0].clip(max=0.9)]
    history = told(X, [-float(row.mean()) for row in score])
    trials = [
        Trial(
            i, Configuration(space.decode(X[i : i + 1])[0]), FULL, 0, State.COMPLETE, 1, GIVEN,
            Outcome.complete({"f1": float(row.mean())}, scores={f"im{k}": {"f1": float(v)} for k, v in enumerate(row)}),
        )
        for i, row in enumerate(score)
    ]  # fmt: skip
    return space, history, trials


def test_the_gain_has_an_interval_over_images():
    space, history, trials = with_images()
    c = contents(space, history, SCORE, trials=trials, default={"x": 0.0}, default_value=0.4)
    said = gains(c)
    found = re.match(
        r"Over the 12 images it was tuned on, f1 of an image gains \+(\S+) on average \(95 % interval \+(\S+)", said[0]
    )
    assert found is not None and float(found[2]) < float(found[1])
    assert "12 of 12 are better" in said[0] and "too narrow" not in said[0]
    assert interval(c).startswith("; over images 95 % in +")
    assert "chosen by the 12 images" in said[1] and "none was held out" in said[1]


def test_repeated_evaluations_give_an_interval_too():
    space = Space({"x": Float(0, 1)})
    X = np.array([[0.0]] * 4 + [[0.5]] * 4 + [[0.7]])
    loss = [1.0, 1.1, 0.9, 1.05, 0.4, 0.5, 0.45, 0.42, 0.8]
    c = contents(space, told(X, loss), Objective("rmse"), default={"x": 0.0}, default_value=1.0)
    (said,) = gains(c)
    assert interval(c).startswith("; over repeats 95 % in +0.4")
    assert said.startswith("Over repeated evaluations (4 of the default, 4 of the best): +0.57 (95 % interval +0.4")
