from dataclasses import replace

import numpy as np
import pytest

from parfocal.errors import InvalidInput, OptimizerError
from parfocal.samplers import of_best
from parfocal.samplers.region import GAIN, LONGEST, Region, trials_by
from parfocal.samplers.trust_region import TrustRegion, boxed
from parfocal.samplers.variation import numbers, widths
from parfocal.space import Categorical, Float, Space
from parfocal.testing.kinds import SPACES
from parfocal.testing.samplers import some_history
from parfocal.trials import History, State

PLANE = Space({"a": Float(0, 1), "b": Float(0, 1)})
BOX = TrustRegion(side=0.4, shortest=0.1, successes=2, patience=3, initial=2)


def told(*results):
    """Return a history of ``(a, loss)``; b is 0.5, and a loss of None is a failure."""
    history = History(2)
    history.append(np.array([[a, 0.5] for a, _ in results]))
    history.tell(
        np.arange(len(results)),
        [State.FAILED if loss is None else State.COMPLETE for _, loss in results],
        [np.nan if loss is None else loss for _, loss in results],
    )
    return history


START = ((0.2, 9.0), (0.5, 5.0))


def test_the_first_results_find_the_centre():
    region = BOX.region(PLANE, told(*START))
    assert (region.centre, region.side, region.wins, region.losses) == (1, 0.4, 0, 0)


def test_it_grows_after_successes():
    region = BOX.region(PLANE, told(*START, (0.52, 4.0), (0.54, 3.0)))
    assert (region.centre, region.side, region.wins) == (3, 0.8, 0)


def test_it_shrinks_after_failures_of_both_kinds():
    region = BOX.region(PLANE, told(*START, (0.51, 6.0), (0.49, None), (0.52, 7.0)))
    assert (region.centre, region.side, region.losses) == (1, 0.2, 0)


def test_a_success_ends_a_row_of_failures():
    region = BOX.region(PLANE, told(*START, (0.51, 6.0), (0.49, 6.0), (0.5, 4.0), (0.5, 6.0)))
    assert (region.side, region.wins, region.losses) == (0.4, 0, 1)


def test_what_lies_outside_is_no_failure_but_may_be_the_centre():
    region = BOX.region(PLANE, told(*START, (0.9, 6.0), (0.95, 7.0), (0.1, 8.0)))
    assert (region.side, region.losses) == (0.4, 0)
    assert BOX.region(PLANE, told(*START, (0.9, 1.0))).centre == 2


def test_a_hardly_better_trial_is_the_centre_but_no_success():
    region = BOX.region(PLANE, told(*START, (0.51, 4.999)))
    assert (region.centre, region.wins, region.losses) == (2, 0, 1)


def test_a_collapsed_box_is_given_up_and_the_next_one_looks_elsewhere():
    results = (*START, *[(0.5, 6.0)] * 9)  # 0.4 -> 0.2 -> 0.1 -> 0.05
    region = BOX.region(PLANE, told(*results))
    assert (region.number, region.centre, region.seen, region.side) == (1, -1, 0, 0.4)
    history = told(*results, (0.9, 8.0), (0.8, 7.0))
    region = BOX.region(PLANE, history)
    assert history.X[region.centre, 0] == 0.8  # worse than the first box, and yet its centre
    X = BOX.sample(PLANE, history, of_best(history, 1), 50, np.random.default_rng(0))
    assert (np.abs(X[:, 0] - 0.8) <= 0.2).all() and X[:, 0].std() > 0.05


def test_while_it_searches_all_comes_from_the_prior():
    history = told(*START, *[(0.5, 6.0)] * 9)
    X = BOX.sample(PLANE, history, of_best(history, 1), 500, np.random.default_rng(0))
    assert X.min() < 0.02 and X.max() > 0.98


def test_step_by_step_and_at_once_are_the_same():
    rng = np.random.default_rng(3)
    results = [(a, loss) for a, loss in zip(rng.random(60), rng.random(60), strict=True)]
    whole = told(*results)
    history = History(2)
    for row, (_, loss) in enumerate(results):
        history.append(whole.X[row])
        history.tell(row, State.COMPLETE, loss)
        region = BOX.region(PLANE, history)
    assert region == BOX.region(PLANE, whole)


def test_another_space_or_other_rules_start_afresh():
    history = told(*START, (0.51, 6.0), (0.49, 6.0), (0.52, 7.0))
    wide = Space({"a": Float(0, 1), "b": Float(0, 1)})
    assert BOX.region(PLANE, history).side == 0.2
    options = Space({"a": Categorical(["p", "q"]), "b": Categorical(["p", "q"])})
    other = TrustRegion(side=0.4, shortest=0.1)
    for space in (wide, options, PLANE):
        for sampler in (BOX, other):
            fresh = history.at(len(history), len(history.finished_order))
            assert sampler.region(space, history) == sampler.region(space, fresh)


@pytest.mark.parametrize("late", [12, 13, 14])
def test_what_was_asked_for_before_a_restart_is_not_the_next_centre(late):
    history = History(2)
    history.append(np.full((15, 2), 0.5), ask=np.maximum(np.arange(15) - 3, 0))  # four in flight, all the time
    history.tell([3, 0, 1, 2, *range(4, 12)], State.COMPLETE, [6.0, 9.0, 5.0, *[6.0] * 9])
    region = BOX.region(PLANE, history)
    assert (region.number, region.since) == (1, 15)
    history.append([[0.9, 0.5], [0.8, 0.5]], ask=15)
    history.tell([late, 15, 16], State.COMPLETE, [1.0, 8.0, 7.0])
    assert BOX.region(PLANE, history).centre == 16


def test_a_batch_asked_for_before_a_restart_is_of_the_old_box():
    history = told(*START, *[(0.5, 6.0)] * 8)
    history.append(np.full((4, 2), 0.5), ask=10)
    history.tell(10, State.COMPLETE, 6.0)
    assert BOX.region(PLANE, history).since == 11
    history.tell([13, 12], State.COMPLETE, [1.0, 2.0])
    assert BOX.region(PLANE, history).seen == 0
    history.append([[0.9, 0.5]], ask=0)  # given by the user
    history.tell(14, State.COMPLETE, 8.0)
    assert BOX.region(PLANE, history).centre == 14


def one_by_one(space, history, rules):
    """Return the region by the rules as they are read, one result after the other."""
    here, count, half = Region(rules.side), numbers(space), widths(space)[numbers(space)]
    existing = trials_by(history)
    for place, row in enumerate(history.finished_order.tolist()):
        if not (history.complete[row] or history.failed[row]) or (history.ask[row] or row) < here.since:
            continue
        loss, fidelity, old = float(history.loss[row]), float(history.fidelity[row]), here
        better = np.isfinite(loss) and (old.centre < 0 or (-fidelity, loss) < (-old.fidelity, old.loss))
        here = replace(here, seen=old.seen + 1)
        if better:
            here = replace(here, centre=row, loss=loss, fidelity=fidelity)
        if here.seen <= rules.initial or old.centre < 0:
            continue
        gap = np.abs(history.X[row] - history.X[old.centre])[count]
        inside = (np.isnan(gap) | (gap <= np.maximum(old.side / 2, 1.5 * half) + 1e-9)).all()
        if better and old.loss - loss > GAIN * abs(old.loss):
            here = replace(here, wins=old.wins + 1, losses=0)
        elif inside and (not np.isfinite(loss) or fidelity >= old.fidelity):
            here = replace(here, wins=0, losses=old.losses + 1)
        if here.wins >= rules.successes:
            here = replace(here, side=min(LONGEST, 2 * old.side), wins=0)
        if here.losses >= rules.patience:
            here = replace(here, side=old.side / 2, losses=0)
        if here.side < rules.shortest:
            here = Region(rules.side, number=old.number + 1, since=int(existing[place]))
    return here


@pytest.mark.parametrize("kind", ["mixed", "conditional", "categorical", "wide", "single"])
def test_blocks_of_results_are_the_same_as_one_by_one(kind):
    space = SPACES[kind]()
    for seed in range(6):
        rng, size = np.random.default_rng(seed), 700
        history = History(space.dimension)
        X, near = space.sample(size, rng), rng.random(size) < 0.7
        X[near] = X[rng.integers(3)]  # many in one box, whatever its size
        fidelity = rng.choice([0.5, 1.0], size) if seed % 2 else np.ones(size)
        history.append(X, ask=np.maximum(np.arange(size) - rng.integers(4, size=size), 0), fidelity=fidelity)
        order = np.argsort(np.arange(size) + 5 * rng.random(size))
        state = rng.choice([State.COMPLETE, State.FAILED, State.LOST], size, p=[0.8, 0.15, 0.05])
        loss = np.where(state == State.COMPLETE, rng.normal(size=size) - np.arange(size) * 1e-4, np.nan)
        sampler = TrustRegion(patience=2, initial=4)
        for stop in (5, 60, size - 20, size):
            start = len(history.finished_order)
            history.tell(order[start:stop], state[start:stop], loss[start:stop])
            region = sampler.region(space, history)
            assert region == one_by_one(space, history, sampler.rules(space))
        assert region.number > 0


def test_draws_lie_in_the_box_and_move_few_columns_in_high_dimension():
    space = SPACES["wide"]()
    centre = np.full((400, 50), 0.5)
    X = boxed(space, centre, 0.2, np.random.default_rng(0))
    assert (np.abs(X - 0.5) <= 0.1 + 1e-12).all()
    moved = (X != 0.5).sum(axis=1)
    assert moved.mean() == pytest.approx(20, abs=1) and moved.min() >= 1


def test_options_change_the_more_rarely_the_smaller_the_box_is():
    space = SPACES["categorical"]()
    centre = np.repeat(space.sample(1, np.random.default_rng(0)), 2000, axis=0)
    rates = [
        (space.canonical(boxed(space, centre, side, np.random.default_rng(1))) != centre).mean()
        for side in (0.01, 0.7, 1.6)
    ]
    assert np.allclose(rates, [0.25, 0.35, 0.5], atol=0.03)


def test_levels_can_always_be_left():
    space = SPACES["mixed"]()
    history = some_history(space)
    centre = np.repeat(history.X[[0]], 500, axis=0)
    X = space.canonical(boxed(space, centre, 1e-3, np.random.default_rng(0)))
    column = space.columns.index("threshold")
    gaps = np.abs(space.indices(X) - space.indices(centre))[:, column]
    assert set(gaps.tolist()) <= {0, 1} and gaps.mean() > 0.2


@pytest.mark.parametrize(
    "options",
    [{"side": 1.5}, {"shortest": 0.0}, {"shortest": 0.9}, {"successes": 0}, {"patience": -1}, {"initial": -2}],
)
def test_wrong_options(options):
    with pytest.raises((OptimizerError, InvalidInput), match=next(iter(options))):
        TrustRegion(**options)
