"""Properties of random spaces: mixed, deeply conditional, constrained, in any order of parents and children."""

import dataclasses
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from parfocal.errors import SpaceError
from parfocal.space import (
    Beta,
    Boolean,
    Categorical,
    Constant,
    Exponential,
    Float,
    Integer,
    LogNormal,
    LogUniform,
    Normal,
    Ordinal,
    Parameter,
    Space,
    Uniform,
)

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TEXTS = ["gauss", "median", "none", "k-means++", "it's", "é", "True"]
PRIORS = [Uniform(), LogUniform(), Normal(3.0, 2.0), LogNormal(0.5, 1.0), Exponential(2.0), Beta(2.0, 0.7)]


@st.composite
def parameters(draw: Any, discrete: bool) -> Parameter:
    kind = draw(st.sampled_from(["float", "integer", "categorical", "ordinal", "boolean", "constant"]))
    prior = draw(st.sampled_from(PRIORS))
    if kind == "float":
        low = draw(st.sampled_from([0.1, 0.5, 1.0, 1 / 3]))
        high = low + draw(st.sampled_from([0.5, 3.0, 7.25, 1e3]))
        resolution: dict[str, Any] = {"levels": draw(st.integers(2, 5))}
        if draw(st.booleans()):
            resolution = {"step": (high - low) / draw(st.sampled_from([1.0, 2.0, 3.5]))}
        if not discrete and draw(st.booleans()):
            resolution = {}
        return Float(low, high, prior=prior, default=draw(st.sampled_from([None, low, low + 0.25])), **resolution)
    if kind == "integer":
        low, count = draw(st.integers(1, 3)), draw(st.integers(1, 6))
        return Integer(low, low + count, prior=prior, step=draw(st.integers(1, count)))
    if kind == "categorical":
        choices = draw(st.lists(st.sampled_from([*TEXTS, 1, 2.5, True, None]), min_size=2, max_size=4, unique_by=repr))
        assume(all(a != b for a, b in itertools.combinations(choices, 2)))
        weights = draw(st.none() | st.just([1.0 + k for k in range(len(choices))]))
        return Categorical(choices, weights=weights)
    if kind == "ordinal":
        return Ordinal(draw(st.sampled_from([[1, 2, 4, 8], ["small", "medium", "large"], [0.5, 0.25]])))
    if kind == "boolean":
        return Boolean(probability=draw(st.sampled_from([0.5, 0.2])))
    return Constant(draw(st.sampled_from(["fixed", 3, 0.5, True])))


def atom(draw: Any, name: str, parameter: Any) -> str:
    """Return a comparison that the parameter may satisfy."""
    options = {"categorical": "choices", "ordinal": "values"}.get(parameter.kind)
    if parameter.kind == "constant":
        return f"{name} == {parameter.value!r}"
    if parameter.kind == "boolean":
        return draw(st.sampled_from([name, f"not {name}", f"{name} == False"]))
    if options:
        values = list(getattr(parameter, options))
        some = draw(st.lists(st.sampled_from(values), min_size=1, max_size=len(values) - 1, unique_by=repr))
        return draw(st.sampled_from([f"{name} in {some!r}", f"{name} == {some[0]!r}", f"not ({name} != {some[0]!r})"]))
    middle = (parameter.low + parameter.high) / 2
    return draw(st.sampled_from([f"{name} <= {middle!r}", f"{parameter.low} <= {name} < {middle!r} * 1.01"]))


@st.composite
def spaces(draw: Any, discrete: bool = False, constrained: bool = True) -> Space:
    count = draw(st.integers(1, 6))
    made = {f"p{k}": draw(parameters(discrete)) for k in range(count)}
    for k in range(1, count):
        if not draw(st.booleans()):
            continue
        parents = draw(st.lists(st.integers(0, k - 1), min_size=1, max_size=3, unique=True))
        texts = [atom(draw, f"p{parent}", made[f"p{parent}"]) for parent in parents]
        join = draw(st.sampled_from([" and ", " or "]))
        text = join.join(f"({text})" for text in texts)
        made[f"p{k}"] = dataclasses.replace(made[f"p{k}"], when=draw(st.sampled_from([text, f"not (not ({text}))"])))
    names = draw(st.permutations(list(made)))
    constraints = []
    numbers = [name for name in names if made[name].kind in ("float", "integer")]
    if constrained and len(numbers) > 1 and draw(st.booleans()):
        a, b, *_ = numbers
        weight = draw(st.sampled_from([1.0, 2.0, -1.0]))
        ends = [made[name].low + made[name].high for name in (a, b)]  # type: ignore[union-attr]
        constraints.append(f"{a} + {weight} * {b} <= {(ends[0] + weight * ends[1]) / 2 + 0.01!r}")
    if constrained and draw(st.booleans()):
        constraints.append(f"not ({atom(draw, names[0], made[names[0]])}) or {atom(draw, names[-1], made[names[-1]])}")
    try:
        space = Space({name: made[name] for name in names}, constraints)
        space.sample(1, np.random.default_rng(0))
    except SpaceError as error:
        # a space of constants, a rule that no value satisfies: refused, as it should be, and of no interest here
        assume("no parameter to tune" not in str(error) and "never" not in str(error))
        assume("satisf" not in str(error))
        raise
    return space


def same(X: Any, Y: Any) -> bool:
    return X.shape == Y.shape and bool(np.all((X == Y) | (np.isnan(X) & np.isnan(Y))))


def rows(X: Any) -> set[tuple[Any, ...]]:
    return {tuple(None if math.isnan(v) else v for v in row) for row in X.tolist()}


@EXAMPLES
@given(spaces(), st.integers(0, 2**32))
def test_draws_are_canonical_feasible_and_valid(space: Space, seed: int) -> None:
    X = space.sample(40, np.random.default_rng(seed))
    assert X.shape == (40, space.dimension)
    assert same(space.canonical(X), X)
    assert space.feasible(X).all()
    for configuration in space.decode(X):
        space.validate(configuration)
    assert space.contains(space.decode(X)).all()


@EXAMPLES
@given(spaces(), st.integers(0, 2**32))
def test_encode_decode_round_trip_bit_by_bit(space: Space, seed: int) -> None:
    configurations = space.decode(space.sample(40, np.random.default_rng(seed)))
    E = space.encode(configurations)
    assert same(space.canonical(E), E)
    assert space.decode(E) == configurations
    assert same(space.encode(space.decode(E)), E)
    types = [[type(value) for value in configuration.values()] for configuration in configurations]
    assert types == [[type(value) for value in configuration.values()] for configuration in space.decode(E)]


@EXAMPLES
@given(spaces(constrained=False), st.integers(0, 2**32))
def test_canonical_is_idempotent_on_any_points_of_the_cube(space: Space, seed: int) -> None:
    rng = np.random.default_rng(seed)
    U = rng.random((50, space.dimension))
    U[rng.random(U.shape) < 0.1] = np.nan
    U[0], U[1] = 0.0, 1.0
    before = U.copy()
    X = space.from_unit(U)
    assert same(U, before)
    assert same(space.canonical(X), X)
    assert np.nanmin(X, initial=0.0) >= 0 and np.nanmax(X, initial=1.0) <= 1
    assert not np.isnan(X[:, ~space.conditional]).any()
    assert space.contains(space.decode(X)).all()


@EXAMPLES
@given(spaces(discrete=True))
def test_the_grid_is_complete_unique_and_as_large_as_the_size(space: Space) -> None:
    grid = space.grid()
    X = grid.rows()
    assert len(grid) == space.size == len(X) == len(rows(X)) == len(np.unique(space.keys(X)))
    assert same(space.canonical(X), X) and space.feasible(X).all()
    draws = space.sample(300, np.random.default_rng(1))
    assert rows(draws) <= rows(X)
    middle = len(grid) // 2
    assert same(np.concatenate([grid.rows(0, middle), grid.rows(middle, len(grid) + 5)]), X)


@EXAMPLES
@given(spaces(discrete=True))
def test_the_grid_is_what_a_plain_loop_over_all_combinations_finds(space: Space) -> None:
    assume(math.prod(space.levels.tolist()) <= 4000)
    codes = []
    for name, count in zip(space.columns, space.levels.tolist(), strict=True):
        levels = space.layout.axes[name].codes
        assert levels is not None
        codes.append(levels.code(np.arange(count)).tolist())
    X = space.canonical(np.array(list(itertools.product(*codes))))
    assert rows(X[space.feasible(X)]) == rows(space.grid().rows())


@EXAMPLES
@given(spaces(), st.integers(1, 60))
def test_a_coarse_grid_stays_within_its_target(space: Space, target: int) -> None:
    try:
        grid = space.grid(target)
    except SpaceError as error:
        assume("raise the target" not in str(error))
        raise
    X = grid.rows()
    assert 1 <= len(X) <= target
    assert same(space.canonical(X), X) and space.feasible(X).all() and len(rows(X)) == len(X)


@EXAMPLES
@given(spaces(), st.integers(0, 2**32))
def test_neighbours_differ_in_one_active_parameter_and_its_consequences(space: Space, seed: int) -> None:
    rng = np.random.default_rng(seed)
    row = space.sample(1, rng)[0]
    found = space.neighbours(row, 20, rng)
    assert found.shape[1] == space.dimension and len(found) <= 20
    assert same(space.canonical(found), found) and space.feasible(found).all()
    for other in found:
        active = ~np.isnan(row) & ~np.isnan(other)
        moved = np.flatnonzero(active & (row != other))
        assert len(moved) == 1
        for position in np.flatnonzero(np.isnan(row) != np.isnan(other)):
            assert space.columns[moved[0]] in space.layout.ancestors([space.columns[position]])


@EXAMPLES
@given(spaces(), st.integers(0, 2**32))
def test_repair_moves_only_infeasible_rows(space: Space, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = space.from_unit(rng.random((60, space.dimension)))
    good = space.feasible(X)
    Y = space.repair(X, rng)
    assert same(Y[good], X[good])
    assert same(space.canonical(Y), Y) and space.feasible(Y).all()


@EXAMPLES
@given(spaces())
def test_yaml_json_dict_and_pickle_round_trip(space: Space) -> None:
    for again in (
        Space.from_yaml(space.to_yaml()),
        Space.from_json(space.to_json()),
        Space.from_dict(space.to_dict()),
        pickle.loads(pickle.dumps(space)),
    ):
        assert again == space
        assert repr(again) == repr(space)
        assert same(again.sample(5, np.random.default_rng(0)), space.sample(5, np.random.default_rng(0)))


@EXAMPLES
@given(spaces(), st.integers(0, 2**32))
def test_columns_tell_the_same_as_configurations(space: Space, seed: int) -> None:
    X = space.sample(30, np.random.default_rng(seed))
    columns, configurations = space.decode_columns(X), space.decode(X)
    assert tuple(columns) == space.columns
    for name, column in columns.items():
        for value, configuration in zip(column.tolist(), configurations, strict=True):
            if name in configuration:
                assert value == configuration[name]
            else:
                assert value is None or math.isnan(value)
    index = space.indices(X)
    assert np.array_equal(index == -1, np.isnan(X))
    assert np.all(index < np.maximum(space.levels, 1))


@EXAMPLES
@given(spaces(), st.integers(0, 2**32))
def test_keys_are_equal_exactly_where_configurations_are(space: Space, seed: int) -> None:
    X = space.sample(40, np.random.default_rng(seed))
    groups: dict[str, set[int]] = {}
    for key, configuration in zip(space.keys(X).tolist(), space.decode(X), strict=True):
        groups.setdefault(repr(configuration), set()).add(key)
    assert all(len(found) == 1 for found in groups.values())
    assert len(set.union(*groups.values())) == len(groups)


@EXAMPLES
@given(spaces())
def test_the_default_is_valid(space: Space) -> None:
    default = space.default()
    if default is not None:
        space.validate(default)


def test_an_unknown_seed_gives_other_draws() -> None:
    space = Space({"x": Float(0, 1)})
    assert not same(space.sample(5, np.random.default_rng(0)), space.sample(5, np.random.default_rng(1)))
    with pytest.raises(ValueError, match="shape"):
        space.decode(np.zeros((3, 2)))
