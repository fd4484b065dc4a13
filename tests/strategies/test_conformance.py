"""Every strategy of the table on every kind of space."""

import pytest

from parfocal.optimizers import parts
from parfocal.optimizers.text import Part
from parfocal.testing.strategies import SPACES, conforms


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("name", parts.names("strategy"))
def test_conforms(name, kind):
    conforms(parts.strategy(Part(name)), SPACES[kind]())
