import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation.placeholders import problems
from parfocal.evaluation.templates import Arguments

TEXT = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]))


def fill(*arguments, **values):
    return Arguments.parse(arguments).fill(values)


@pytest.mark.parametrize(
    ("argument", "values", "expected"),
    [
        ("{sigma}", {"sigma": 1.5}, ["1.5"]),
        ("--sigma={sigma}", {"sigma": 1e-5}, ["--sigma=1e-05"]),
        ("{sigma:.2f}px", {"sigma": 2 / 3}, ["0.67px"]),
        ("{a}x{b}", {"a": 3, "b": 4}, ["3x4"]),
        ("{on}", {"on": True}, ["true"]),
        ("{method}", {"method": "otsu li"}, ["otsu li"]),
        ("{method}", {"method": None}, [""]),
        ("{nuclei.sigma}", {"nuclei.sigma": 1}, ["1"]),
        ("{{{a}}}", {"a": 1}, ["{1}"]),
        ("{on?--fill}", {"on": True}, ["--fill"]),
        ("{on?--fill}", {"on": False}, []),
        ("{on?--fill|--keep}", {"on": False}, ["--keep"]),
        ("{on?--fill|}", {"on": False}, [""]),
        ("; rm -rf {a} && $HOME `id`", {"a": "$(x)"}, ["; rm -rf $(x) && $HOME `id`"]),
    ],
)
def test_placeholders(argument, values, expected):
    assert fill(argument, **values) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "--offset", "{offset}", "in"], ["run", "in"]),
        (["run", "--offset={offset}", "in"], ["run", "in"]),
        (["run", "-v", "--offset", "{offset}"], ["run", "-v"]),
        (["run", "--o=1", "{offset}"], ["run", "--o=1"]),
        (["run", "in", "{offset}"], ["run", "in"]),
        (["run", "--", "{offset}"], ["run", "--"]),
        (["run", "-{x}", "{offset}"], ["run", "-1"]),
        (["run", "--pair", "{offset},{x}"], ["run", "--pair"]),
        (["run", "--size", "{offset}", "{x}"], ["run", "1"]),
        (["run", ["--size", "{x}", "{offset}"], "in"], ["run", "in"]),
        (["run", ["--size", "{x}", "{x}"], "in"], ["run", "--size", "1", "1", "in"]),
        (["run", "-v", ["{offset}"]], ["run", "-v"]),
        (["run", ["-v"], "{offset}"], ["run", "-v"]),
        (["run", "-a", "{offset}", "{offset}"], ["run"]),
        (["run", "-a", "-b", "{offset}", "{offset}"], ["run", "-a"]),
    ],
)
def test_inactive_parameters_take_their_option_with_them(arguments, expected):
    assert fill(*arguments, x=1) == expected


@given(st.lists(TEXT), st.dictionaries(TEXT, TEXT))
def test_text_without_placeholders_is_kept_as_it_is(texts, values):
    assert fill(*texts, **values) == texts


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_every_digit(number):
    assert float(fill("{x}", x=number)[0]) == number


@given(TEXT)
def test_a_doubled_brace_is_a_brace(text):
    assert fill("{{" + text + "}}") == ["{" + text + "}"]


@pytest.mark.parametrize("argument", ["{", "}", "{a", "a}", "{}", "{a{b}}", "{:3}", "awk '{ print $1 '"])
def test_a_single_brace_says_how_to_write_it(argument):
    with pytest.raises(InvalidInput, match=r"write \{\{ for a brace"):
        fill(argument, a=1)


@pytest.mark.parametrize("argument", [None, True, {"a": 1}, [["a"]]])
def test_an_argument_is_text(argument):
    with pytest.raises(InvalidInput, match="put it in quotes"):
        fill(argument)


def test_numbers_of_yaml_are_text():
    assert fill("run", 3, 0.5) == ["run", "3", "0.5"]


def test_a_format_that_does_not_fit():
    with pytest.raises(EvaluationError, match=r"The placeholder \{a:.2f\} does not fit 'otsu'"):
        fill("{a:.2f}", a="otsu")


def test_problems_name_what_has_no_partner():
    assert problems(("sigma", "seed", "folder"), ("sigma",)) == []
    assert problems(("config",), ("a", "b")) == []
    (typo,) = problems(("sigma", "sgima"), ("sigma",))
    assert "The placeholder '{sgima}' is no parameter; did you mean '{sigma}'?" in typo
    (unused,) = problems(("sigma",), ("sigma", "radius"))
    assert "The parameter 'radius' is never used: write '{radius}'" in unused
    (reserved,) = problems(("seed",), ("seed",))
    assert "rename it" in reserved
    (shell,) = problems(("print $1",), ())
    assert "{{ or }}" in shell
