"""What a space does on worked examples: activity, grids, neighbours, sizes, defaults, imports."""

import math
import subprocess
import sys

import numpy as np
import pytest

from parfocal.errors import InvalidInput, SpaceError
from parfocal.space import Boolean, Categorical, Constant, Float, Integer, LogNormal, Normal, Ordinal, Space

NESTED = Space(
    {
        "window": Integer(3, 9, when="local"),
        "local": Boolean(when="method == 'threshold'"),
        "method": Categorical(["threshold", "kmeans"]),
        "clusters": Integer(2, 4, when="not method == 'threshold'"),
        "note": Constant("small window", when="window < 5"),
        "restarts": Integer(1, 2, when="clusters > 2 or window > 8"),
    }
)


def test_conditions_on_conditional_parameters_in_any_order() -> None:
    cases = [
        ({"method": "kmeans", "clusters": 2}, True),
        ({"method": "kmeans", "clusters": 3, "restarts": 1}, True),
        ({"method": "kmeans", "clusters": 3}, False),
        ({"method": "threshold", "local": False}, True),
        ({"method": "threshold", "local": True, "window": 3, "note": "small window"}, True),
        ({"method": "threshold", "local": True, "window": 3}, False),
        ({"method": "threshold", "local": True, "window": 5}, True),
        ({"method": "threshold", "local": True, "window": 9, "restarts": 2}, True),
        ({"method": "threshold", "local": False, "window": 9, "restarts": 2}, False),
    ]
    assert NESTED.contains([configuration for configuration, _ in cases]).tolist() == [right for _, right in cases]
    assert NESTED.size == (1 + 2 * 2) + (1 + 6 + 2)
    assert NESTED.conditional.tolist() == [True, True, False, True, True]
    assert NESTED.names == ("window", "local", "method", "clusters", "note", "restarts")
    assert NESTED.columns == ("window", "local", "method", "clusters", "restarts")


def test_negation_of_an_inactive_parameter_is_false_too() -> None:
    space = Space(
        {"a": Boolean(), "b": Boolean(when="a"), "c": Boolean(when="not b"), "d": Boolean(when="not (b or a)")}
    )
    assert space.contains([{"a": False}, {"a": False, "c": True}]).tolist() == [True, False]
    assert space.contains([{"a": True, "b": False, "c": True}]).all()


def test_a_constraint_on_an_inactive_parameter_holds() -> None:
    space = Space({"on": Boolean(), "x": Integer(1, 9, when="on"), "y": Integer(1, 9)}, ["x < y"])
    assert space.contains([{"on": False, "y": 1}, {"on": True, "x": 2, "y": 1}]).tolist() == [True, False]
    assert space.size == 9 + 36


def test_ordinals_of_texts_compare_by_rank_and_of_numbers_by_value() -> None:
    sizes = ["small", "medium", "large"]
    space = Space(
        {"size": Ordinal(sizes), "x": Boolean(when="size >= 'medium'"), "y": Boolean(when="not size < 'large'")}
    )
    active = {c["size"]: set(c) for c in space.decode(space.grid().rows())}  # type: ignore[misc]
    assert active == {"small": {"size"}, "medium": {"size", "x"}, "large": {"size", "x", "y"}}
    space = Space({"size": Ordinal([8, 4, 2]), "x": Boolean(when="size > 3")})
    assert space.size == 5


def test_true_is_not_one() -> None:
    space = Space({"a": Categorical([0, 1]), "b": Categorical(["x", True])})
    assert space.contains([{"a": 1, "b": True}, {"a": True, "b": True}, {"a": 1, "b": 1}]).tolist() == [
        True,
        False,
        False,
    ]


def test_none_is_a_choice() -> None:
    space = Space({"filter": Categorical([None, "gauss"]), "sigma": Float(0, 1, when="filter != None")})
    space.validate({"filter": None})
    space.validate({"filter": "gauss", "sigma": 0.5})
    assert space.decode(space.encode([{"filter": None}])) == [{"filter": None}]


def test_a_parameter_that_became_constant_still_rules() -> None:
    fixed = Space(
        {"mode": Constant("a"), "low": Constant(3), "high": Integer(1, 9), "x": Boolean(when="mode == 'a'"),
         "y": Boolean(when="mode == 'b'")}, ["low < high"],
    )  # fmt: skip
    assert fixed.size == 12
    assert fixed.decode(fixed.sample(1, np.random.default_rng(0)))[0].keys() == {"mode", "low", "high", "x"}


def test_the_last_parameter_of_a_grid_runs_fastest() -> None:
    space = Space({"a": Integer(1, 2), "b": Categorical(["x", "y", "z"]), "c": Boolean()})
    rows = [tuple(c.values()) for c in space.decode(space.grid().rows())]
    assert rows == [(a, b, c) for a in (1, 2) for b in "xyz" for c in (False, True)]
    assert np.array_equal(np.concatenate(list(space.grid().chunks(5))), space.grid().rows(), equal_nan=True)


def test_a_grid_larger_than_any_memory_is_made_lazily() -> None:
    space = Space({f"p{k}": Float(0, 1, levels=1000) for k in range(20)} | {"seed": Integer(0, 2**32 - 1)})
    grid = space.grid()
    assert grid.size == space.size == 10**60 * 2**32
    last = space.decode(grid.rows(grid.size - 2, grid.size))
    assert [c["seed"] for c in last] == [2**32 - 2, 2**32 - 1]
    assert all(c[f"p{k}"] == 1.0 for c in last for k in range(20))
    first = space.decode(grid.rows(2**32 - 1, 2**32 + 1))
    assert [(c["p19"], c["seed"]) for c in first] == [(0.0, 2**32 - 1), (pytest.approx(1 / 999), 0)]


def test_many_conditional_branches_are_counted_without_their_product() -> None:
    methods = [f"m{k}" for k in range(12)]
    children = {f"{method}_{k}": Integer(1, 10, when=f"method == '{method}'") for method in methods for k in range(3)}
    space = Space({"method": Categorical(methods)} | children)
    assert space.size == 12 * 1000
    X = space.sample(500, np.random.default_rng(0))
    assert all(len(c) == 4 for c in space.decode(X))
    assert len(space.grid(500)) <= 500


def test_rows_with_many_different_patterns_decode_alike() -> None:
    space = Space({f"on{k}": Boolean() for k in range(40)} | {f"x{k}": Float(0, 1, when=f"on{k}") for k in range(40)})
    X = space.sample(100, np.random.default_rng(0))
    together = [space.decode(row[None, :])[0] for row in X]
    assert space.decode(X) == together
    assert space.decode(np.repeat(X, 40, axis=0)) == [c for c in together for _ in range(40)]


def test_a_coarse_grid_spreads_its_levels_over_the_prior() -> None:
    space = Space({"x": Float(0, 1), "n": Integer(1, 100), "k": Categorical(["a", "b"])})
    grid = space.grid(40)
    columns = space.decode_columns(grid.rows())
    assert len(grid) == 40
    assert sorted(set(columns["x"])) == [0.1, 0.3, 0.5, 0.7, 0.9]
    assert sorted(set(columns["n"])) == [13, 38, 63, 88]
    assert set(columns["k"]) == {"a", "b"}
    assert len(Space({"x": Float(0, 1)}).grid(7)) == 7
    normal = Space({"x": Float(-5, 5, prior=Normal(0, 1))})
    assert normal.decode_columns(normal.grid(3).rows())["x"] == pytest.approx([-0.967, 0, 0.967], abs=1e-3)


def test_neighbours_reach_every_option_and_stay_near() -> None:
    space = Space(
        {"k": Categorical(list("abcd")), "n": Integer(1, 100), "x": Float(0, 1), "o": Ordinal([1, 2, 3, 4, 5])}
    )
    rng = np.random.default_rng(0)
    row = space.encode([{"k": "b", "n": 50, "x": 0.5, "o": 1}])[0]
    found = space.decode(space.neighbours(row, 4000, rng, scale=0.05))
    start = space.decode(row[None, :])[0]
    moved = {name: [c[name] for c in found if c[name] != start[name]] for name in space.names}
    assert sum(len(values) for values in moved.values()) == 4000
    assert set(moved["k"]) == {"a", "c", "d"} and min(moved["k"].count(v) for v in "acd") > 250  # type: ignore[arg-type]
    assert set(moved["o"]) == {2}
    assert 3 < np.std(moved["n"]) < 7 and 50 not in moved["n"]  # type: ignore[arg-type]
    assert 0.04 < np.std(moved["x"]) < 0.06  # type: ignore[arg-type]
    ends = space.encode([{"k": "a", "n": 100, "x": 1.0, "o": 5}])[0]
    for configuration in space.decode(space.neighbours(ends, 500, rng)):
        space.validate(configuration)


def test_a_configuration_without_neighbours() -> None:
    space = Space({"a": Integer(1, 2), "b": Integer(1, 2)}, ["a < b"])
    assert space.size == 1
    assert space.neighbours(space.grid().rows()[0], 5, np.random.default_rng(0)).shape == (0, 2)
    asleep = Space({"c": Constant("x"), "a": Boolean(when="c == 'y'")})
    assert asleep.neighbours(np.array([np.nan]), 3, np.random.default_rng(0)).shape == (0, 1)


def test_defaults() -> None:
    space = Space(
        {"x": Float(0.5, 5, levels=10, default=1.3), "k": Categorical(["a", "b"], weights=[1, 2]), "c": Constant(1)}
    )
    assert space.default() == {"x": 1.5, "k": "b", "c": 1}
    assert Space({"x": Float(0, 1)}).default() is None
    assert Space({"x": Float(0, 1, default=0.9), "y": Float(0, 1, default=0.1)}, ["x < y"]).default() is None
    assert Space({"f": Boolean(default=False), "n": Integer(0, 8)}).default() == {"f": False, "n": 4}


def test_values_read_as_they_were_written() -> None:
    space = Space({"x": Float(0, 1), "y": Float(1e-8, 1e3, log=True), "z": Float(-1e6, 1e6)})
    written = [
        {"x": 0.1, "y": 0.3, "z": -0.7},
        {"x": 1 / 8, "y": 1e-8, "z": 1e6},
        {"x": 0.7, "y": 123.456, "z": 99999.1},
    ]
    assert space.decode(space.encode(written)) == written
    edge = Space({"x": Float(0, 1), "on": Boolean(when="x >= 0.1"), "y": Float(0.01, 3, log=True)}, ["x <= y"])
    assert edge.contains([{"x": 0.1, "on": True, "y": 0.1}]).all()


def test_constraints_across_scales_are_drawn() -> None:
    space = Space({"sigma": Float(0.5, 20, log=True), "patch": Integer(16, 64, step=16)}, ["sigma * 3 < patch / 2"])
    columns = space.decode_columns(space.sample(2000, np.random.default_rng(0)))
    assert np.all(columns["sigma"] * 3 < columns["patch"] / 2)
    assert set(columns["patch"]) == {16.0, 32.0, 48.0, 64.0}


def test_many_tight_constraints_at_once() -> None:
    pairs = {f"{end}{k}": Float(0, 1) for k in range(12) for end in ("low", "high")}
    space = Space(pairs, [f"low{k} < high{k}" for k in range(12)])  # one in 4096 draws satisfies all
    X = space.sample(1000, np.random.default_rng(0))
    assert space.feasible(X).all()
    rare = Space({"a": Float(0, 1), "b": Float(0, 1)}, ["abs(a - b) < 0.001"])
    assert rare.feasible(rare.sample(200, np.random.default_rng(0))).all()


def test_views_are_frozen_and_inputs_untouched() -> None:
    space = Space({"x": Float(0, 1), "k": Boolean()})
    for array in (space.levels, space.categorical, space.conditional):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError):
        space.parameters["y"] = Boolean()  # type: ignore[index]
    assert space.levels.tolist() == [0, 2] and space.categorical.tolist() == [False, True]
    assert space.size == math.inf
    with pytest.raises(InvalidInput, match=r"must have the shape \(n, 2\)"):
        space.canonical(np.zeros(2))


@pytest.mark.parametrize(
    "parameter",
    [
        Integer(1, 2**40 - 2, log=True),
        Integer(0, 2**40 - 2),
        Integer(7, 10**7, log=True, step=3),
        Float(0.5, 1e5, step=1e-4),
        Float(1e-3, 1e5, log=True, step=1e-3),
        Integer(0, 2**20 - 1, prior=Normal(0, 10)),
        Integer(1, 2**19, prior=LogNormal(3, 0.1)),
    ],
    ids=repr,
)
def test_a_level_among_very_many_comes_back(parameter: Integer | Float) -> None:
    space = Space({"x": parameter})
    count = int(space.levels[0])
    index = np.unique(
        np.concatenate([np.arange(50), count - 1 - np.arange(50), np.geomspace(1, count - 1, 500).astype(int)])
    )
    levels = space.layout.axes["x"].codes
    assert levels is not None
    codes = levels.code(index)
    assert np.array_equal(levels.index(codes), index)
    assert np.all(np.diff(codes) > 0) and codes[0] > 0 and codes[-1] < 1
    assert np.array_equal(space.encode(space.decode(codes[:, None]))[:, 0], codes)


def test_nothing_is_asked_for_and_nothing_comes() -> None:
    rng = np.random.default_rng(0)
    none = NESTED.sample(0, rng)
    assert none.shape == (0, 5) and NESTED.decode(none) == [] and NESTED.keys(none).shape == (0,)
    assert NESTED.repair(none, rng).shape == NESTED.encode([]).shape == NESTED.grid().rows(3, 3).shape == (0, 5)
    assert all(len(column) == 0 for column in NESTED.decode_columns(none).values())
    assert NESTED.neighbours(NESTED.sample(1, rng)[0], 0, rng).shape == (0, 5)


def test_a_parameter_may_be_called_like_a_function() -> None:
    space = Space({"min": Integer(1, 9), "max": Integer(1, 9)}, ["min < max", "max(min, max) < 8"])
    assert space.size == 7 * 6 / 2


def test_a_seed_is_no_generator() -> None:
    with pytest.raises(InvalidInput, match="rng must be a generator such as"):
        NESTED.sample(3, 0)  # type: ignore[arg-type]


def test_draws_depend_on_the_generator_alone() -> None:
    space = Space({"a": Integer(1, 20), "b": Integer(1, 20)}, ["a * b == 20"])
    first = space.sample(50, np.random.default_rng(5))
    assert np.array_equal(first, space.sample(50, np.random.default_rng(5)))  # the list of rare rows is made by now
    again = Space(dict(space.parameters), space.constraints)
    assert np.array_equal(first, again.sample(50, np.random.default_rng(5)))


def test_a_size_beyond_the_cap_is_an_upper_bound() -> None:
    space = Space({f"p{k}": Float(0, 1, levels=100) for k in range(4)}, ["p0 + p1 + p2 + p3 < 1"])
    assert space.size == 10**8
    assert len(space.grid(1000)) <= 1000
    with pytest.raises(SpaceError, match="more than 2000000 rows"):
        space.grid()


def test_import_is_light() -> None:
    heavy = ["scipy", "yaml", "ConfigSpace", "optuna", "json.tool", "pandas", "sklearn"]
    code = f"import sys, parfocal.space; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
