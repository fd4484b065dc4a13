"""Configurations are immutable mappings of native values."""

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import InvalidInput
from parfocal.trials import Configuration

VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
ITEMS = st.dictionaries(st.text(), VALUES, max_size=6)


@given(ITEMS)
def test_json_brings_every_value_back_with_type_and_order(items):
    back = Configuration.from_json(Configuration(items).to_json())
    assert list(back.items()) == list(items.items())
    assert [type(value) for value in back.values()] == [type(value) for value in items.values()]


@given(ITEMS, st.randoms())
def test_equality_and_hash_ignore_the_order(items, random):
    names = list(items)
    random.shuffle(names)
    one, two = Configuration(items), Configuration({name: items[name] for name in names})
    assert one == two
    assert hash(one) == hash(two)
    assert one == items
    assert pickle.loads(pickle.dumps(one)) == one
    assert Configuration({**items, "more": 1, "\0": 2}) != one


def test_it_is_a_mapping_that_cannot_be_changed():
    values = {"a": 1}
    configuration = Configuration(values)
    values["a"] = 2
    configuration.to_dict()["a"] = 3
    assert configuration["a"] == 1
    assert (len(configuration), "a" in configuration, "b" in configuration) == (1, True, False)
    assert repr(configuration) == "Configuration({'a': 1})"
    assert configuration != 1
    with pytest.raises(AttributeError):
        configuration._values = {}
    with pytest.raises(TypeError):
        configuration["a"] = 2


class Named(str):
    __slots__ = ()


def test_numpy_scalars_become_native():
    given_ = {"f": np.float32(0.5), "i": np.int64(3), "b": np.bool_(True), "s": np.str_("x"), "n": Named("y")}
    configuration = Configuration(given_)
    assert [type(value) for value in configuration.values()] == [float, int, bool, str, str]
    assert json.loads(configuration.to_json()) == {"f": 0.5, "i": 3, "b": True, "s": "x", "n": "y"}


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float64("nan"), [1], (1,), {"a": 1}, b"x", 1j, object])
def test_other_values_are_refused_by_name(value):
    with pytest.raises(InvalidInput, match="'sigma' must be a finite number"):
        Configuration({"sigma": value})


def test_names_must_be_text():
    with pytest.raises(InvalidInput, match="names must be text; got 1"):
        Configuration({1: 2})
