"""The page docs/interop.md: its examples run."""

import re
from pathlib import Path

import pytest

optuna = pytest.importorskip("optuna", reason="needs the extra 'interop'")

PAGE = Path(__file__).parents[2] / "docs" / "interop.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_run(example, capsys):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    exec(compile(example, str(PAGE), "exec"), {})
    assert capsys.readouterr().out


def test_there_are_examples():
    assert len(EXAMPLES) == 2
