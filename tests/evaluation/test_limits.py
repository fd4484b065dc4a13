import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import InvalidInput
from parfocal.evaluation import Limits


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60 s", 60),
        ("60", 60),
        (60, 60),
        ("5 min", 300),
        ("1.5 h", 5400),
        ("500ms", 0.5),
        ("2 d", 172_800),
        (".5 s", 0.5),
    ],
)
def test_times(text, seconds):
    assert Limits.from_dict({"time": text}).seconds == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [("2 GiB", 2**31), ("300MiB", 300 * 2**20), ("1 GB", 10**9), ("4096", 4096), (4096, 4096), ("1.5 kB", 1500)],
)
def test_sizes(text, size):
    assert Limits.from_dict({"memory": text}).memory == size


@pytest.mark.parametrize("value", ["", "soon", "5 weeks", -1, 0, "0 s", True, None, [], float("nan"), "1e3 s", "2 GiB"])
def test_a_wrong_time_is_one_sentence_with_examples(value):
    if value is None:
        assert not Limits.from_dict({"time": None})
        return
    with pytest.raises(InvalidInput, match=r"'60 s', '5 min' or '2 h'; got"):
        Limits.from_dict({"time": value})


@pytest.mark.parametrize("value", ["2 gib", "much", "5 min", -3])
def test_a_wrong_size_is_one_sentence_with_examples(value):
    with pytest.raises(InvalidInput, match=r"'500 MB' or '2 GiB'; got"):
        Limits.from_dict({"memory": value})


def test_an_unknown_limit_names_the_known_ones():
    with pytest.raises(InvalidInput, match="did you mean 'memory'"):
        Limits.from_dict({"memroy": "2 GiB"})


@given(st.none() | st.floats(1e-3, 1e6), st.none() | st.integers(1, 2**50))
def test_limits_survive_json(seconds, memory):
    limits = Limits(seconds, memory)
    assert Limits.from_dict(limits.to_dict()) == limits
    assert bool(limits) == (seconds is not None or memory is not None)
