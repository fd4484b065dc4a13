from collections.abc import Callable

import numpy as np
import pytest

from parfocal.analysis import infimum, modelled
from parfocal.errors import InvalidInput
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective
from parfocal.typing import Floats

LOSS = Objective("rmse")
SCORE = Objective("f1", "maximize")
UNIT = Space({"x": Float(0, 1), "y": Float(0, 1), "z": Float(0, 1)})
Function = Callable[[Floats, Floats, Floats], Floats]


def valley(x: Floats, y: Floats, z: Floats) -> Floats:
    return 4 * (x - 0.3) ** 2 + 3 * (y - x) ** 2 + 0.5 * np.sin(5 * z) + z


def waves(x: Floats, y: Floats, z: Floats) -> Floats:
    return np.sin(6 * x) * np.cos(4 * y) + 0.5 * z**2 - 0.3 * x * z


def truth(f: Function, x: Floats) -> Floats:
    fine = np.linspace(0, 1, 201)
    return np.array([f(at, fine[:, None], fine[None]).min() for at in x])


@pytest.mark.parametrize("surrogate", ["gaussian-process", "random-forest"])
@pytest.mark.parametrize("f", [valley, waves])
def test_the_truth_lies_within_the_band_at_the_stated_rate(f: Function, surrogate: str) -> None:
    inside, better = [], []
    for seed in range(10):
        X = UNIT.sample(60, np.random.default_rng(seed))
        table = modelled(UNIT, told(X, f(*X.T)), LOSS, ("x",), surrogate=surrogate, level=0.8, cells=12, seed=seed)
        wanted = truth(f, table.cells[0].centres)
        inside += ((table.low - 1e-3 <= wanted) & (wanted <= table.high + 1e-3)).tolist()
        better.append(np.nanmean(np.abs(table.value - wanted)) < np.nanmean(np.abs(table.observed.value - wanted)))
    assert np.mean(inside) >= 0.8
    if surrogate == "gaussian-process":
        assert np.mean(better) >= 0.8  # nearer to the truth than what was seen, and no band without end
        assert np.mean(table.high - table.low) < np.ptp(f(*X.T)) / 2


def test_two_parameters_and_what_was_not_visited() -> None:
    X = UNIT.sample(50, np.random.default_rng(0))
    X[:, 0] *= 0.5  # nobody has been beyond
    table = modelled(UNIT, told(X, valley(*X.T)), SCORE, ("x", "y"), cells=6)
    assert table.value.shape == table.low.shape == table.far.shape == table.observed.value.shape
    assert (table.low <= table.value + 1e-9).all() and (table.value <= table.high + 1e-9).all()
    assert table.predicted.any() and (table.predicted == np.isnan(table.observed.value)).all()
    np.testing.assert_array_equal(
        table.observed.value, infimum(UNIT, told(X, valley(*X.T)), SCORE, ("x", "y"), cells=6).value
    )
    assert table.far[-1].mean() > 0.9 > 0.3 > table.far[:2].mean()
    assert table.std[-1].mean() > 2 * table.std[:2].mean() and table.doubt[-1].min() > table.doubt[:-1].max()
    assert ((table.doubt >= 0) & (table.doubt <= 1)).all()


def test_both_directions_mirror_each_other_and_a_seed_repeats() -> None:
    X = UNIT.sample(40, np.random.default_rng(1))
    history = told(X, valley(*X.T))
    down, up = (modelled(UNIT, history, objective, ("x",), seed=3) for objective in (LOSS, SCORE))
    np.testing.assert_array_equal(down.value, -up.value)
    np.testing.assert_array_equal(down.low, -up.high)
    np.testing.assert_array_equal(down.std, up.std)
    worst, best = down.limits
    assert worst > best and up.limits[0] < up.limits[1]
    assert down.quality > 0.8 and down.trials == 40 and down.surrogate == "gaussian-process"


def test_conditions_choices_and_levels() -> None:
    space = mixed_space()
    history = search(space, 150)[0]
    table = modelled(space, history, SCORE, ("width", "smooth"))
    gauss = table.cells[1].labels.index("gauss")
    active = ~np.isnan(table.value)
    assert active[:-1, gauss].all() and not active[-1, gauss]  # width is active with gauss, and only then
    assert not np.delete(active[:-1], gauss, axis=1).any() and np.delete(active[-1], gauss).all()
    assert (
        np.isnan(table.std[~active]).all() and np.isnan(table.far[~active]).all() and not table.predicted[~active].any()
    )
    for name in ("area_min", "watershed", "threshold"):
        line = modelled(space, history, SCORE, (name,))
        assert np.isfinite(line.value).all() and abs(np.nanmax(line.value) - 0.85) < 0.05


def test_constraints_are_kept() -> None:
    space = Space({"a": Integer(0, 9), "b": Integer(0, 9), "c": Categorical(("p", "q"))}, constraints=["a + b <= 9"])
    X = space.sample(80, np.random.default_rng(0))
    a, b = (np.array([row[name] for row in space.decode(X)], dtype=float) for name in ("a", "b"))
    table = modelled(space, told(X, -a - 0.1 * b), LOSS, ("a", "b"))
    values = [cells.axis.levels if cells.exact else cells.centres for cells in table.cells]
    possible = values[0][:, None] + values[1][None] <= 9
    if table.observed.exact:
        np.testing.assert_array_equal(np.isfinite(table.value), possible)
    assert np.isnan(table.value[-1, -1])


@pytest.mark.parametrize("losses", [[], [np.nan] * 20, [1.0] * 5])
def test_too_few_trials_are_no_model(losses: list[float]) -> None:
    X = UNIT.sample(len(losses), np.random.default_rng(0)) if losses else np.empty((0, 3))
    table = modelled(UNIT, told(X, losses), LOSS, ("x",))
    assert not table.known and np.isnan(table.value).all() and not table.predicted.any()
    assert np.isnan(table.quality)


def test_equal_losses_are_a_plane() -> None:
    X = UNIT.sample(30, np.random.default_rng(0))
    table = modelled(UNIT, told(X, np.full(30, 2.0)), LOSS, ("x", "y"))
    np.testing.assert_allclose(table.value, 2.0, atol=0.05)
    assert table.limits[0] == pytest.approx(table.limits[1], abs=0.1)


@pytest.mark.parametrize(
    ("names", "options", "word"),
    [
        (("x", "y", "z"), {}, "one or two"),
        (("x",), {"surrogate": "crystal-ball"}, "crystal-ball"),
        (("x",), {"level": 1.0}, "level"),
        (("w",), {}, "'w'"),
    ],
)
def test_wrong_arguments_are_one_sentence(names: tuple[str, ...], options: dict[str, object], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        modelled(UNIT, History(3), LOSS, names, **options)  # type: ignore[arg-type]
