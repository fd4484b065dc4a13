"""What every storage refuses, in the same words."""

import pytest

from parfocal.errors import StudyExistsError
from parfocal.storage.inputs import merged

OLD = {"seed": 1, "space": {"parameters": {"sigma": {"low": 0.5, "high": 5.0}}}, "evaluation": None, "budget": 10}


def test_free_keys_take_their_new_values():
    assert merged("s", OLD, {**OLD, "budget": 20}, ["budget"]) == {**OLD, "budget": 20}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 2}, "'seed' was 1, now 2"),
        (
            {"space": {"parameters": {"sigma": {"low": 0.5, "high": 6.0}}}},
            "'space' at parameters.sigma.high was 5.0, now 6.0",
        ),
        ({"space": {"parameters": {}}}, "'space' at parameters.sigma was {'low': 0.5, 'high': 5.0}, now absent"),
        ({"evaluation": {"path": "x" * 100}}, "'evaluation' was None, now {'path': 'xxx"),
        ({"more": True}, "'more' was absent, now True"),
    ],
)
def test_a_change_is_named_where_it_lies(change, said):
    with pytest.raises(StudyExistsError) as raised:
        merged("s", OLD, {**OLD, **change}, ["budget"])
    assert said in str(raised.value)
    assert "choose another name, or undo the change" in str(raised.value)
    assert len(str(raised.value)) < 300


def test_many_changes_are_counted():
    with pytest.raises(StudyExistsError, match="and 2 more"):
        merged("s", {}, dict.fromkeys("abcde", 1), [])
