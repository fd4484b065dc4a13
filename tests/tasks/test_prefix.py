import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import InvalidInput
from parfocal.tasks.prefix import Prefix


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(0, 5))
def test_results_do_not_depend_on_the_cache_and_its_size_is_bounded(keys, size):
    prefix = Prefix(size)
    assert [prefix.get(key, lambda key=key: key**2) for key in keys] == [key**2 for key in keys]
    assert len(prefix) <= size


def test_the_one_used_longest_ago_is_dropped():
    computed = []

    def get(prefix, key):
        return prefix.get(key, lambda: computed.append(key))

    prefix = Prefix(2)
    for key in "abacab":
        get(prefix, key)
    assert computed == ["a", "b", "c", "b"]


def test_none_is_kept_like_any_result():
    prefix, calls = Prefix(1), []
    for _ in range(3):
        assert prefix.get("x", lambda: calls.append(1)) is None
    assert len(calls) == 1


def test_a_negative_size_is_refused():
    with pytest.raises(InvalidInput, match="at least 0"):
        Prefix(-1)
