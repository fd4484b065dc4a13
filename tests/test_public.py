"""The public namespace, and how little an import costs."""

import subprocess
import sys

import pytest

import parfocal

HEAVY = ("numpy", "scipy", "sklearn", "skimage", "sqlalchemy", "matplotlib", "plotly", "xgboost", "typer", "rich")


@pytest.mark.parametrize("name", parfocal.__all__)
def test_every_public_name_exists(name):
    assert getattr(parfocal, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = parfocal.nothing


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import parfocal", HEAVY),
        ("from parfocal import Space, Float, Optimizer", HEAVY[2:]),
        ("from parfocal import Study", HEAVY[2:]),
        ("import parfocal.cli.app", [name for name in HEAVY if name not in ("typer", "rich")]),
    ],
)
def test_imports_are_light(statement, absent):
    code = f"import sys; {statement}; print([name for name in {list(absent)!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
