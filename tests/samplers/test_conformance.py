"""Every sampler of the table on every kind of space."""

import pytest

from parfocal.optimizers import parts
from parfocal.optimizers.catalogue import SAMPLERS
from parfocal.optimizers.text import Part
from parfocal.testing.samplers import SPACES, conforms

OPTIONS = {"grid": {"target": 40}}


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("name", SAMPLERS)
def test_conforms(name, kind):
    conforms(parts.sampler(Part(name, OPTIONS.get(name, {}))), SPACES[kind]())
