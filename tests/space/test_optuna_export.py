"""Every value of a space lies in the distribution that stands for its parameter."""

import numpy as np
import pytest

from parfocal.space import Boolean, Categorical, Constant, Float, Integer, Ordinal, Space
from parfocal.space.priors import Normal

optuna = pytest.importorskip("optuna", reason="needs the extra 'interop'")

SPACE = Space(
    {
        "plain": Float(-1, 2.5),
        "log": Float(1e-5, 10, log=True),
        "step": Float(0, 1, step=0.1),
        "short": Float(0, 1, step=0.3),
        "thirds": Float(0, 1, levels=7),
        "geometric": Float(0.1, 10, levels=9, log=True),
        "normal": Float(0, 10, prior=Normal(5, 2)),
        "whole": Integer(-3, 12),
        "even": Integer(2, 13, step=4),
        "whole_log": Integer(1, 4096, log=True),
        "few": Integer(1, 100, levels=5),
        "mode": Categorical(("a", None, True, 2.5)),
        "order": Ordinal((1, 2, 4, 8)),
        "flag": Boolean(),
        "fixed": Constant("x"),
    }
)


def test_every_draw_lies_within():
    distributions = SPACE.to_optuna()
    assert list(distributions) == list(SPACE.names)
    for configuration in SPACE.decode(SPACE.sample(500, np.random.default_rng(0))):
        for name, value in configuration.items():
            distribution = distributions[name]
            assert distribution._contains(distribution.to_internal_repr(value)), (name, value)


def test_what_can_be_said_is_said():
    found = SPACE.to_optuna()
    assert found["log"].log and found["whole_log"].log and not found["plain"].log
    assert found["step"].step == 0.1 and found["even"].step == 4
    assert (found["short"].low, found["even"].high) == (0, 10)
    assert found["mode"].choices == ("a", None, True, 2.5)
    assert Space.from_optuna({"x": found["log"], "n": found["even"]}) == Space(
        {"x": Float(1e-5, 10, log=True), "n": Integer(2, 10, step=4)}
    )
