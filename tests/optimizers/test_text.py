import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import OptimizerError
from parfocal.optimizers.text import Part, parse

WORDS = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)?", fullmatch=True)
OPTIONS = st.dictionaries(
    st.from_regex(r"[a-z][a-z_0-9]*", fullmatch=True),
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    max_size=3,
)
PARTS = st.builds(Part, WORDS, OPTIONS)


@given(st.lists(PARTS, min_size=1, max_size=2))
def test_round_trip(parts):
    assert parse(" + ".join(map(str, parts))) == tuple(parts)


def test_every_kind_of_value():
    (part,) = parse('p(a=1, b=-2.5e-3, c=true, d=None, e=random-forest, f=\'x y\', g="\\"", h-i=2)')
    assert dict(part.options) == {
        "a": 1, "b": -2.5e-3, "c": True, "d": None, "e": "random-forest", "f": "x y", "g": '"', "h_i": 2,
    }  # fmt: skip
    assert type(part.options["a"]) is int and type(part.options["c"]) is bool


def test_blanks_do_not_matter():
    assert parse(" random+random-forest( acquisition = ei ,trees=20 ) ") == parse(
        "random + random-forest(acquisition=ei, trees=20)"
    )


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 1, "a name"),
        ("random +", 9, "a name"),
        ("random ++ x", 9, "a name"),
        ("random random", 8, "'+' or the end"),
        ("a + b + c", 7, "the end"),
        ("grid(target)", 12, "'='"),
        ("grid(target=)", 13, "a value"),
        ("grid(target=5", 14, "',' or ')'"),
        ("grid(target=5,)", 15, "the name of an option"),
        ("grid(target=5, target=6)", 16, "twice"),
        ("grid(5=5)", 6, "the name of an option"),
        ("grid(target='5)", 13, "a value"),
        ("a; import os", 2, "'+' or the end"),
        ('a(b="\\x")', 5, "quotes"),
    ],
)
def test_errors_name_position_and_expectation(text, position, words):
    with pytest.raises(OptimizerError) as caught:
        parse(text)
    assert f"at character {position}:" in str(caught.value)
    assert words in str(caught.value)


def test_not_text_and_too_long():
    with pytest.raises(OptimizerError, match="named by text"):
        parse(5)
    with pytest.raises(OptimizerError, match="2000 characters"):
        parse("a" * 3000)


@given(st.text(max_size=30))
def test_any_text_parses_or_raises_one_error(text):
    try:
        parts = parse(text)
    except OptimizerError:
        return
    assert 1 <= len(parts) <= 2
