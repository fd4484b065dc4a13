"""The page docs/space.md: its Python examples run, and its YAML examples are spaces."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

from parfocal.space import Space

PAGE = Path(__file__).parents[2] / "docs" / "space.md"
YAML = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_python_examples_give_what_they_show() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 15
    assert failed == 0


@pytest.mark.parametrize("text", YAML)
def test_the_yaml_examples_are_spaces(text: str) -> None:
    space = Space.from_yaml(text)
    assert space.contains(space.decode(space.sample(50, np.random.default_rng(0)))).all()
    assert Space.from_yaml(space.to_yaml()) == space


def test_there_are_yaml_examples() -> None:
    assert len(YAML) >= 4
