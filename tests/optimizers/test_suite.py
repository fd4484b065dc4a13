"""The conformance suites must catch what they are there for."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from parfocal.optimizers import Composition
from parfocal.samplers import Random, Selection
from parfocal.strategies import AcceptAll
from parfocal.testing import samplers, strategies
from parfocal.testing.optimizers import SPACES, avoids_failures, beats_random, conforms


@dataclass(frozen=True)
class Careless:
    """Forgets the constraints."""

    name: ClassVar[str] = "careless"
    learns: ClassVar[bool] = False

    def sample(self, space, history, selection, n, rng):
        return space.from_unit(rng.random((n, space.dimension)))


@dataclass(frozen=True)
class Stateful:
    """Remembers its last draw."""

    calls: list = field(default_factory=list)
    name: ClassVar[str] = "stateful"
    learns: ClassVar[bool] = False

    def sample(self, space, history, selection, n, rng):
        self.calls.append(n)
        return space.sample(n, np.random.default_rng(len(self.calls)))


@dataclass(frozen=True)
class Global:
    """Uses the global random state."""

    name: ClassVar[str] = "global"
    learns: ClassVar[bool] = False

    def sample(self, space, history, selection, n, rng):
        np.random.random()  # noqa: NPY002
        return space.sample(n, rng)


@dataclass(frozen=True)
class Stubborn:
    """Draws one point again and again."""

    name: ClassVar[str] = "stubborn"
    learns: ClassVar[bool] = False

    def sample(self, space, history, selection, n, rng):
        return np.repeat(space.sample(1, rng), n, axis=0)


@dataclass(frozen=True)
class Doubling(AcceptAll):
    """Chooses its first candidate twice."""

    def choose(self, space, history, candidates, n, rng):
        return np.zeros(min(n, len(candidates)), dtype=np.int64)


@dataclass(frozen=True)
class Hopeful(AcceptAll):
    """Takes failed trials for good ones."""

    def select(self, space, history, rng):
        rows = np.flatnonzero(history.failed)
        return Selection(rows, np.ones(len(rows), dtype=np.bool_), np.full(len(rows), -1))


@pytest.mark.parametrize(
    ("sampler", "kind", "message"),
    [
        (Careless(), "constrained", "constraints"),
        (Stateful(), "mixed", "differs after a restart"),
        (Global(), "mixed", "global random state"),
        (Stubborn(), "wide", "same point"),
    ],
)
def test_bad_samplers_are_caught_in_an_optimizer(sampler, kind, message):
    with pytest.raises(AssertionError, match=message):
        conforms(Composition(sampler), SPACES[kind]())


def test_repetitions_of_a_sampler_are_mended_by_the_optimizer():
    conforms(Composition(Stubborn()), SPACES["tiny"]())


@pytest.mark.parametrize(("sampler", "message"), [(Careless(), "constraints"), (Stateful(), "same arguments")])
def test_bad_samplers_are_caught_alone(sampler, message):
    with pytest.raises(AssertionError, match=message):
        samplers.conforms(sampler, SPACES["constrained"]())


@pytest.mark.parametrize(("strategy", "message"), [(Doubling(), "chosen twice"), (Hopeful(), "finished rows are good")])
def test_bad_strategies_are_caught(strategy, message):
    with pytest.raises(AssertionError, match=message):
        strategies.conforms(strategy, SPACES["mixed"]())


def test_random_search_neither_learns_nor_beats_itself():
    with pytest.raises(AssertionError, match="half-space"):
        avoids_failures(Composition(Random()))
    with pytest.raises(AssertionError, match="wins only"):
        beats_random("latin-hypercube(block=7)", seeds=range(2), trials=30)
