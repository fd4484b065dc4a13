"""The whole zoo on every kind of space; the statistics are slow."""

import pytest

from parfocal.errors import SpaceError
from parfocal.optimizers import ZOO, parts
from parfocal.testing.optimizers import SPACES, avoids_failures, beats_random, conforms

OWN = [member for member in ZOO if not member.package]
LEARNERS = [member.name for member in OWN if not member.baseline]
ENDLESS = {"mixed", "conditional", "constrained", "wide"}


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("name", [member.name for member in OWN])
def test_conforms(name, kind):
    if name == "grid" and kind in ENDLESS:
        with pytest.raises(SpaceError, match="continuous, so its grid has no end"):
            conforms(name, SPACES[kind]())
        return
    conforms(name, SPACES[kind]())


@pytest.mark.parametrize("name", LEARNERS)
def test_learns_where_trials_fail(name):
    avoids_failures(name)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("strategy", parts.names("strategy"))
@pytest.mark.parametrize(
    "sampler", [*(name for name in parts.names("sampler") if name != "grid"), "grid(target=60, order=shuffled)"]
)
def test_every_pair_conforms(sampler, strategy, kind):
    conforms(f"{sampler} + {strategy}", SPACES[kind]())


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNERS)
def test_beats_random_search(name):
    beats_random(name)
