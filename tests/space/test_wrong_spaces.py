"""What people write by mistake: each gets one clear sentence that names the parameter, what was got, and the remedy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from parfocal.errors import SpaceError
from parfocal.space import Beta, Boolean, Categorical, Constant, Exponential, Float, Integer, Normal, Ordinal, Space

NAN = float("nan")
SIGMA = Float(0.5, 5.0)
MODE = Categorical(["gauss", "median"])

WRONG_PARAMETERS: list[tuple[Callable[[], Any], str]] = [
    (lambda: Float(5, 0.5), "'low' must be below 'high'; got low=5.0 and high=0.5: swap them"),
    (lambda: Float(1, 1), "are both 1.0: for a fixed value use a constant"),
    (lambda: Integer(3, 3), "are both 3: for a fixed value use a constant"),
    (lambda: Float(0, 1, log=True), "needs 'low' above 0; got low=0.0"),
    (lambda: Float(-1, 1, prior="log-uniform"), "needs 'low' above 0"),
    (lambda: Integer(0, 9, log=True), "needs 'low' above 0; got low=0"),
    (lambda: Float(NAN, 1), "'low' must be a finite number; got nan"),
    (lambda: Float(0, float("inf")), "'high' must be a finite number; got inf"),
    (lambda: Float(-1.7e308, 1.7e308), "too wide"),
    (lambda: Float("1e-3", 1), "got the text '1e-3' \\(YAML reads 1e-3 as text: write 1.0e-3\\)"),  # type: ignore[arg-type]
    (lambda: Float("0.5", 1), "got the text '0.5': remove the quotes"),  # type: ignore[arg-type]
    (lambda: Float("low", 1), "'low' must be a number; got 'low'"),  # type: ignore[arg-type]
    (lambda: Float(True, 3), "'low' must be a number; got True"),
    (lambda: Float(None, 3), "'low' must be a number; got None"),  # type: ignore[arg-type]
    (lambda: Integer(0.5, 3), "'low' must be a whole number; got 0.5"),  # type: ignore[arg-type]
    (lambda: Integer(0, 2**60), "must lie within"),
    (lambda: Integer(False, 3), "'low' must be a number; got False"),
    (lambda: Float(0, 1, default=2), "'default' must lie between low=0.0 and high=1.0; got 2.0"),
    (lambda: Float(0, 1, default="a"), "'default' must be a number"),  # type: ignore[arg-type]
    (lambda: Integer(1, 9, default=0), "'default' must lie between low=1 and high=9; got 0"),
    (lambda: Integer(1, 9, default=1.5), "'default' must be a whole number"),  # type: ignore[arg-type]
    (lambda: Float(0, 1, step=2), "'step' must be above 0 and at most high - low = 1; got 2"),
    (lambda: Float(0, 1, step=0), "'step' must be above 0"),
    (lambda: Float(0, 1, step=-0.1), "'step' must be above 0"),
    (lambda: Float(0, 1, step=1e-15), "use a larger step"),
    (lambda: Integer(0, 9, step=0.5), "'step' must be a whole number"),  # type: ignore[arg-type]
    (lambda: Integer(0, 9, step=0), "'step' must be above 0"),
    (lambda: Float(0, 1, levels=1), "'levels' must be a whole number of at least 2; got 1"),
    (lambda: Float(0, 1, levels=2.5), "'levels' must be a whole number of at least 2"),  # type: ignore[arg-type]
    (lambda: Float(0, 1, levels=True), "'levels' must be a whole number of at least 2"),
    (lambda: Float(0, 1, levels=3, step=0.1), "two ways to say the resolution"),
    (lambda: Integer(0, 9, levels=3, step=2), "two ways to say the resolution"),
    (lambda: Float(0, 1, prior="unifrom"), "'prior' must be one of .* \\(did you mean 'uniform'\\?\\)"),
    (lambda: Float(0, 1, prior=3), "'prior' must be one of"),  # type: ignore[arg-type]
    (
        lambda: Float(0, 1, prior="normal"),
        "needs the arguments mean, std, as in {normal: {mean: 1, std: 1}}; got 'none'",
    ),
    (lambda: Float(0, 1, prior={"normal": {"mean": 1}}), "needs the arguments mean, std"),  # type: ignore[arg-type]
    (lambda: Float(0, 1, prior={"uniform": {"mean": 1}}), "needs no arguments"),  # type: ignore[arg-type]
    (lambda: Float(0, 1, prior=Normal(0, 1), log=True), "cannot be joined with the prior 'normal'"),
    (lambda: Normal(0, 0), "needs 'std' above 0; got 0"),
    (lambda: Normal(NAN, 1), "needs a finite number as 'mean'"),
    (lambda: Normal("0", 1), "needs a finite number as 'mean'"),  # type: ignore[arg-type]
    (lambda: Exponential(-1), "needs 'scale' above 0"),
    (lambda: Beta(1, True), "needs a finite number as 'b'"),
    (lambda: Categorical([]), "'choices' is empty"),
    (lambda: Categorical(["a"]), "holds only 'a': for a fixed value use a constant"),
    (lambda: Categorical(["a", "b", "a"]), "holds 'a' twice"),
    (lambda: Categorical([1, True]), "holds True twice"),
    (lambda: Categorical([1, 1.0]), "holds 1.0 twice"),
    (lambda: Categorical("abc"), "'choices' must be a list such as \\[a, b\\]; got 'abc'"),
    (lambda: Categorical({"a": 1, "b": 2}), "'choices' must be a list"),  # type: ignore[arg-type]
    (lambda: Categorical(["a", ["b"]]), "must hold texts, numbers, true, false or null; got \\['b'\\]"),  # type: ignore[list-item]
    (lambda: Categorical([0.5, NAN]), "must hold finite numbers"),
    (lambda: Categorical([2**70, 1]), "at most 2\\*\\*63"),
    (lambda: Categorical(["a", "b"], default="c"), "'default' must be one of 'choices' \\['a', 'b'\\]; got 'c'"),
    (lambda: Categorical([0, 1], default=True), "'default' must be one of 'choices'"),
    (lambda: Categorical(["a", "b"], weights=[1]), "'weights' must be a list of 2 numbers"),
    (lambda: Categorical(["a", "b"], weights=[1, 0]), "'weights' must be above 0"),
    (lambda: Categorical(["a", "b"], weights=["1", 2]), "'weights' must be a number; got the text '1'"),  # type: ignore[list-item]
    (lambda: Ordinal([1, 1]), "'values' holds 1 twice"),
    (lambda: Ordinal([1, 2], default=3), "'default' must be one of 'values'"),
    (lambda: Boolean(probability=1), "'probability' must lie between 0 and 1"),
    (lambda: Boolean(probability="half"), "'probability' must be a number"),  # type: ignore[arg-type]
    (lambda: Boolean(default=1), "'default' must be true or false; got 1"),  # type: ignore[arg-type]
    (lambda: Constant([1, 2]), "'value' must hold texts"),  # type: ignore[arg-type]
]

WRONG_SPACES: list[tuple[Callable[[], Any], str]] = [
    (lambda: Space({}), "has no parameter"),
    (lambda: Space([SIGMA]), "a mapping from names to parameters; got a list"),  # type: ignore[arg-type]
    (lambda: Space({"c": Constant(1)}), "no parameter to tune"),
    (lambda: Space({"sigma": (0, 1)}), "'sigma' must be one of Float, Integer"),  # type: ignore[dict-item]
    (lambda: Space({"sigma px": SIGMA}), "'sigma px' must be letters, digits and '_'.*such as 'sigma_px'"),
    (lambda: Space({"2d": SIGMA}), "such as '_2d'"),
    (lambda: Space({"lambda": SIGMA}), "'lambda' \\(a reserved word\\).*such as 'lambda_'"),
    (lambda: Space({"": SIGMA}), "parameter name ''"),
    (lambda: Space({3: SIGMA}), "parameter name 3"),  # type: ignore[dict-item]
    (lambda: Space({"µ": SIGMA}), "must be written as 'μ'"),
    (
        lambda: Space({"s": Float(0, 1, when="mood == 'a'"), "mode": MODE}),
        "'s': the condition 'mood == 'a'' names 'mood'.*did you mean 'mode'",
    ),
    (
        lambda: Space({"s": Float(0, 1, when="mode == gauss"), "mode": MODE}),
        "did you mean the text 'gauss'\\? Then write it in quotes",
    ),
    (lambda: Space({"s": Float(0, 1, when="f == true"), "f": Boolean()}), "did you mean True"),
    (
        lambda: Space({"s": Float(0, 1, when="mode == 'gaus'"), "mode": MODE}),
        "compares 'mode' with 'gaus', but it is one of .*did you mean 'gauss'",
    ),
    (lambda: Space({"s": Float(0, 1, when="mode in ['gauss', 'box']"), "mode": MODE}), "compares 'mode' with 'box'"),
    (
        lambda: Space({"s": Float(0, 1, when="n == 12"), "n": Integer(1, 9)}),
        "compares 'n' with 12, but it lies between 1 and 9",
    ),
    (
        lambda: Space({"s": Float(0, 1, when="n == 'a'"), "n": Integer(1, 9)}),
        "compares 'n' with 'a', which is no number",
    ),
    (lambda: Space({"s": Float(0, 1, when="n > 9"), "n": Integer(1, 9)}), "is never true"),
    (lambda: Space({"s": Float(0, 1, when="n + 1"), "n": Integer(1, 9)}), "must be true or false"),
    (lambda: Space({"s": Float(0, 1, when="n"), "n": Integer(1, 9)}), "compare it with something"),
    (lambda: Space({"s": Float(0, 1, when="mode > 3"), "mode": MODE}), "compares 'mode' with 3.0"),
    (
        lambda: Space({"s": Float(0, 1, when="mode > s2"), "mode": MODE, "s2": SIGMA}),
        "text stands where a number is needed",
    ),
    (lambda: Space({"s": Float(0, 1, when="True"), "n": Integer(1, 9)}), "names no parameter"),
    (lambda: Space({"s": Float(0, 1, when="n = 3"), "n": Integer(1, 9)}), "write '==' to compare"),
    (lambda: Space({"s": Float(0, 1, when=3)}), "must be a text"),  # type: ignore[arg-type]
    (lambda: Space({"s": Float(0, 1, when="s > 0.5")}), "'s': its condition 's > 0.5' names the parameter itself"),
    (lambda: Space({"a": Boolean(when="b"), "b": Boolean(when="a")}), "form a circle: 'a' needs 'b', 'b' needs 'a'"),
    (
        lambda: Space({"a": Boolean(when="c"), "b": Boolean(when="a"), "c": Boolean(when="b or d"), "d": Boolean()}),
        "form a circle",
    ),
    (lambda: Space({"s": SIGMA}, conditions={"t": "s > 1"}), "given for 't', which is no parameter"),
    (
        lambda: Space({"area_min": SIGMA, "area_max": SIGMA}, ["area_min < areamax"]),
        "Constraint 1: .*did you mean 'area_max'",
    ),
    (lambda: Space({"a": SIGMA}, ["a < 1", "a <"]), "Constraint 2: The constraint 'a <' cannot be read"),
    (lambda: Space({"a": Integer(1, 5)}, ["a > 5"]), "is never true"),
    (lambda: Space({"a": SIGMA, "c": Constant(3)}, ["c < 2"]), "never holds"),
    (lambda: Space({"a": SIGMA, "c": Constant("x")}, ["c < a"]), "text stands where a number is needed"),
    (lambda: Space({"a": Integer(0, 5_000_000, prior=Normal(0, 1e6))}), "'a': The resolution gives 5000001 levels"),
    (
        lambda: Space({"x": Float(-50, 50, prior=Normal(0, 1), default=20)}),
        "'x': 'default' is 20.0, where its prior is so thin",
    ),
    (lambda: Space({"x": Float(1e6, 1e6 + 1e-7, levels=50)}), "'x': The levels near 1e\\+06 lie too close"),
    (lambda: Space({"x": Float(1, 1 + 1e-11, levels=50, log=True)}), "'x': The levels near 1 lie too close"),
    (lambda: Space({"x": Float(1e6, 1e6 + 1, step=1e-9)}), "'x': The levels near 1e\\+06 lie too close"),
    (lambda: Space({"k": Categorical([1, 2, 3, "a"]), "x": SIGMA}, ["k < x"]), "text stands where a number is needed"),
    (lambda: Space({"x": SIGMA}).grid(), "'x' is continuous, so its grid has no end: give it 'levels' or 'step'"),
    (lambda: Space({"x": SIGMA}).grid(0), "target size of a grid must be a whole number of at least 1; got 0"),
    (lambda: Space({"x": SIGMA}).grid(2.5), "must be a whole number"),  # type: ignore[arg-type]
    (lambda: Space({"x": Integer(1, 3)}).grid().rows(-1), "counted from 0"),
    (
        lambda: Space({f"p{k}": Float(0, 1, levels=100) for k in range(4)}, ["p0 + p1 + p2 + p3 < 3"]).grid(),
        "more than 2000000 rows",
    ),
]

SPACE = Space(
    {
        "smooth": MODE,
        "sigma": Float(0.5, 5.0, when="smooth == 'gauss'"),
        "size": Integer(3, 9, step=2, when="smooth == 'median'"),
        "low": Integer(1, 9),
        "high": Integer(1, 9),
        "kind": Constant("spots"),
    },
    ["low < high"],
)
GOOD = {"smooth": "gauss", "sigma": 1.0, "low": 1, "high": 3, "kind": "spots"}

WRONG_CONFIGURATIONS: list[tuple[dict[str, Any], str]] = [
    (GOOD | {"simga": 1.0}, "'simga' is no parameter of the space \\(did you mean 'sigma'\\?\\)"),
    (
        GOOD | {"smooth": "gaus"},
        "'smooth' must be one of \\['gauss', 'median'\\]; got 'gaus' \\(did you mean 'gauss'\\?\\)",
    ),
    (GOOD | {"smooth": ["gauss"]}, "'smooth' must be one of"),
    (GOOD | {"sigma": 7}, "'sigma' must lie between 0.5 and 5.0; got 7"),
    (GOOD | {"sigma": "1"}, "'sigma' must be a number; got '1'"),
    (GOOD | {"sigma": True}, "'sigma' must be a number; got True"),
    (GOOD | {"sigma": None}, "'sigma' must be a number; got None"),
    (GOOD | {"sigma": 10**350}, "'sigma' must lie between 0.5 and 5.0"),
    (GOOD | {"sigma": NAN}, "'sigma' must lie between 0.5 and 5.0; got nan"),
    (GOOD | {"low": 1.5}, "'low' must be one of its 9 levels; got 1.5: the nearest is"),
    (GOOD | {"size": 3}, "'size' is given, but it is inactive here \\(it needs smooth == 'median'\\): leave it out"),
    (GOOD | {"smooth": "median"}, "'sigma' is given, but it is inactive here"),
    ({k: v for k, v in GOOD.items() if k != "sigma"}, "'sigma' is missing"),
    ({k: v for k, v in GOOD.items() if k != "kind"}, "'kind' is missing"),
    (GOOD | {"kind": "nuclei"}, "'kind' is constant and must be 'spots'; got 'nuclei'"),
    (GOOD | {"low": 5}, "breaks the constraint 'low < high'"),
]


def sentence(error: BaseException) -> None:
    text = str(error)
    assert "\n" not in text and text.rstrip("'\"").endswith((".", "?")), text
    assert len(text) < 420


@pytest.mark.parametrize(("make", "message"), WRONG_PARAMETERS, ids=[m[:40] for _, m in WRONG_PARAMETERS])
def test_wrong_parameters(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SpaceError, match=message) as caught:
        make()
    sentence(caught.value)


@pytest.mark.parametrize(("make", "message"), WRONG_SPACES, ids=[m[:40] for _, m in WRONG_SPACES])
def test_wrong_spaces(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SpaceError, match=message) as caught:
        make()
    sentence(caught.value)


@pytest.mark.parametrize(
    ("configuration", "message"), WRONG_CONFIGURATIONS, ids=[m[:40] for _, m in WRONG_CONFIGURATIONS]
)
def test_wrong_configurations(configuration: dict[str, Any], message: str) -> None:
    with pytest.raises(SpaceError, match=message) as caught:
        SPACE.validate(configuration)
    sentence(caught.value)
    assert SPACE.contains([GOOD, configuration]).tolist() == [True, False]


@pytest.mark.parametrize(
    ("configuration", "message"),
    [({"simga": 1.0}, "did you mean 'sigma'"), ({"sigma": 7}, "must lie between"), ({"smooth": 3}, "must be one of")],
)
def test_encode_refuses_what_cannot_be(configuration: dict[str, Any], message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        SPACE.encode([GOOD, configuration])
    with pytest.raises(SpaceError, match="put it in a list"):
        SPACE.encode(configuration)  # type: ignore[arg-type]


def test_encode_completes_and_moves_to_levels() -> None:
    X = SPACE.encode([{"smooth": "median", "size": 4.2, "sigma": 1.0, "high": 9}])
    assert SPACE.decode(X) == [{"smooth": "median", "size": 5, "low": 5, "high": 9, "kind": "spots"}]
    assert SPACE.encode([]).shape == (0, 5)
    assert SPACE.decode(np.empty((0, 5))) == []


def test_numbers_of_numpy_are_numbers() -> None:
    space = Space({"x": Float(np.float32(0), np.int64(1)), "k": Integer(np.int32(1), 3.0)})  # type: ignore[arg-type]
    assert space == Space({"x": Float(0, 1), "k": Integer(1, 3)})
    assert type(space.parameters["k"].high) is int  # type: ignore[union-attr]
    space.validate({"x": np.float64(0.5), "k": np.int8(2)})


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        (["x + y < 1e-9"], "Of \\d+ draws from the prior none satisfy the constraint 'x \\+ y < 1e-9': loosen"),
        (["n * m > 100"], "No configuration satisfies the constraint 'n \\* m > 100'"),
        (["n < m", "m < n"], "No configuration satisfies the constraints 'n < m', 'm < n' together"),
    ],
)
def test_a_region_that_is_practically_empty_is_said_to_be_so(constraints: list[str], message: str) -> None:
    space = Space({"x": Float(0, 1), "y": Float(0, 1), "n": Integer(1, 9), "m": Integer(1, 9)}, constraints)
    with pytest.raises(SpaceError, match=message) as caught:
        space.sample(3, np.random.default_rng(0))
    sentence(caught.value)
