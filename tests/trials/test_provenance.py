"""Provenance travels as a dictionary, also between versions."""

from parfocal.trials import Provenance


def test_a_provenance_goes_and_comes_as_a_dictionary():
    one = Provenance("halton", "all", ask=3, seen=7, row=1, note="warm-up", member=2, wanted=4)
    assert Provenance.from_dict(one.to_dict()) == one


def test_what_a_newer_version_adds_is_left_out():
    assert Provenance.from_dict({"sampler": "a", "strategy": "b", "temperature": 0.5}) == Provenance("a", "b")


def test_what_an_older_version_lacks_has_its_default():
    assert Provenance.from_dict({"sampler": "a", "strategy": "b"}).member == -1
