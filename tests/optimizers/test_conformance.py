"""The whole zoo on every kind of space; the statistics are slow."""

import pytest

from parfocal.errors import SpaceError
from parfocal.optimizers import ZOO, parts
from parfocal.optimizers.catalogue import SAMPLERS
from parfocal.testing.optimizers import SPACES, avoids_failures, beats_random, conforms

OWN = [member for member in ZOO if not member.package]
LEARNERS = [member.name for member in OWN if not member.baseline]
ENDLESS = {"mixed", "conditional", "constrained", "wide"}
DRAWN = [name if name != "grid" else "grid(target=60, order=shuffled)" for name in SAMPLERS]
KINDS = list(SPACES)
PAIRS = [  # each pair on one kind of space, so that each part meets every kind several times
    (sampler, strategy, KINDS[(i + 3 * j) % len(KINDS)])
    for i, sampler in enumerate(DRAWN)
    for j, strategy in enumerate(parts.names("strategy"))
]


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
@pytest.mark.parametrize(("sampler", "strategy", "kind"), PAIRS)
def test_every_pair_conforms(sampler, strategy, kind):
    conforms(f"{sampler} + {strategy}", SPACES[kind]())


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNERS)
def test_beats_random_search(name):
    beats_random(name)
