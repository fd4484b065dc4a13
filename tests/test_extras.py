"""Optional packages: found, missing, or broken inside."""

import json
import sys

import pytest

from parfocal.errors import MissingPackage, ParfocalError
from parfocal.extras import require


def test_what_is_there_is_imported():
    assert require("json", "boost") is json


@pytest.mark.parametrize("module", ["parfocal_no_such_package", "parfocal_no_such_package.inner"])
def test_what_is_missing_is_named_with_its_install_line(module):
    with pytest.raises(MissingPackage, match=r"'parfocal_no_such_package' .* pip install 'parfocal") as raised:
        require(module, "interop")
    assert "'parfocal[interop]'" in str(raised.value)
    assert isinstance(raised.value, ParfocalError)
    assert isinstance(raised.value, ImportError)


def test_what_a_present_package_itself_lacks_is_not_blamed_on_the_extra(tmp_path, monkeypatch):
    (tmp_path / "parfocal_broken.py").write_text("import parfocal_needed_by_broken\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError) as raised:
        require("parfocal_broken", "boost")
    assert not isinstance(raised.value, MissingPackage)
    assert raised.value.name == "parfocal_needed_by_broken"
    assert "parfocal_broken" not in sys.modules
