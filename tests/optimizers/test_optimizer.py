import math

import numpy as np
import pytest

from parfocal.errors import EvaluationError, InvalidInput, OptimizerError, SpaceError
from parfocal.optimizers import Optimizer, Suggestion
from parfocal.space import Constant, Float, Integer, Space
from parfocal.trials import Objective, Outcome, Reason, State

SPACE = Space({"x": Float(-1, 1), "k": Integer(1, 9), "fixed": Constant("c")})


def test_ask_gives_numbered_seeded_configurations():
    suggestions = Optimizer(SPACE, "random", seed=4).ask(3)
    assert [s.number for s in suggestions] == [0, 1, 2]
    assert len({s.seed for s in suggestions}) == 3
    for suggestion in suggestions:
        assert isinstance(suggestion, Suggestion)
        SPACE.validate(suggestion.configuration)
        assert suggestion.configuration["fixed"] == "c"
        assert suggestion.provenance.sampler == "random"


def test_tell_in_any_order_and_shape():
    optimizer = Optimizer(SPACE, "random", objective="maximize f1")
    a, b, c, d = optimizer.ask(4)
    optimizer.tell(c, 0.5)
    optimizer.tell([b, 0], [{"f1": 0.25, "other": 1}, Outcome.complete({"f1": 0.75}, runtime=2.0)])
    assert optimizer.history.finished_order.tolist() == [2, 1, 0]
    assert optimizer.history.loss[:3].tolist() == [-0.75, -0.25, -0.5]
    assert optimizer.history.runtime[0] == 2.0
    assert (optimizer.best.number, optimizer.best.value) == (0, 0.75)
    assert optimizer.best.configuration == a.configuration
    assert optimizer.history.pending.tolist() == [False, False, False, True]
    assert d.number == 3


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (None, Reason.ERROR),
        (math.nan, Reason.NOT_FINITE),
        (-math.inf, Reason.NOT_FINITE),
        ({"loss": math.nan}, Reason.NOT_FINITE),
        ({"loss": math.nan, "other": 1.0}, Reason.NOT_FINITE),
        (Outcome.failed("timeout", "slow"), Reason.TIMEOUT),
    ],
)
def test_failures_are_states(result, reason):
    optimizer = Optimizer(SPACE, "random")
    (suggestion,) = optimizer.ask()
    optimizer.tell(suggestion, result)
    assert optimizer.history.state.tolist() == [State.FAILED]
    assert optimizer.history.reason.tolist() == [reason.code]
    assert np.isnan(optimizer.history.loss).all()
    assert optimizer.best is None


def test_wrong_tells():
    optimizer = Optimizer(SPACE, "random", objective=Objective("rmse"))
    (suggestion,) = optimizer.ask()
    with pytest.raises(EvaluationError, match="'rmse'"):
        optimizer.tell(suggestion, {"f1": 1.0})
    with pytest.raises(InvalidInput, match="1 trials and 2 results"):
        optimizer.tell([suggestion], [1.0, 2.0])
    with pytest.raises(InvalidInput, match="numbered"):
        optimizer.tell(5, 1.0)
    optimizer.tell(suggestion, 1.0)
    with pytest.raises(InvalidInput, match="only once"):
        optimizer.tell(suggestion, 1.0)


def test_telling_nothing_changes_nothing():
    optimizer = Optimizer(SPACE, "random")
    optimizer.tell([], [])
    assert len(optimizer.history) == 0


def test_own_configurations_come_first():
    optimizer = Optimizer(SPACE, "random")
    (mine,) = optimizer.add([{"x": 0.5, "k": 3, "fixed": "c"}])
    assert (mine.number, mine.provenance.sampler, mine.configuration["k"]) == (0, "given", 3)
    assert optimizer.ask()[0].number == 1
    with pytest.raises(SpaceError):
        optimizer.add([{"x": 7, "k": 3, "fixed": "c"}])


@pytest.mark.parametrize("name", ["local", "tpe"])
def test_a_resumed_optimizer_goes_on_as_if_nothing_had_happened(name):
    straight, first = (Optimizer(SPACE, name, seed=8, warmup=6) for _ in range(2))

    def run(optimizer, steps):
        for _ in range(steps):
            for s in optimizer.ask(2):
                optimizer.tell(s, s.configuration["x"] ** 2 + s.configuration["k"])

    run(straight, 10)
    run(first, 5)
    past = first.history.at(len(first.history), len(first.history.finished_order))
    second = Optimizer(SPACE, name, seed=8, warmup=6, history=past)
    run(second, 5)
    assert np.array_equal(straight.history.X, second.history.X)


def test_default_and_errors_at_construction():
    assert str(Optimizer(SPACE).composition) == "auto"
    with pytest.raises(OptimizerError, match="did you mean 'tpe'"):
        Optimizer(SPACE, "tpee")
    assert "random" in repr(Optimizer(SPACE, "random"))
