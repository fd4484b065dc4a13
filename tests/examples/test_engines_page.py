"""The YAML of docs/engines.md: each engine in it is one."""

import re
from pathlib import Path

import pytest
import yaml

from parfocal.engines import WorkerPlan, engine_from_dict

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(block)["engine"] for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("fields", BLOCKS, ids=lambda fields: fields["kind"])
def test_every_engine_on_the_page_can_be_shown(fields):
    if fields["kind"] == "dask":
        pytest.importorskip("dask_jobqueue")
    assert "parfocal worker" in engine_from_dict(fields).preview(WorkerPlan("nuclei.db", "nuclei")).replace("-m ", "")


def test_there_are_some():
    assert {fields["kind"] for fields in BLOCKS} == {"slurm", "dask"}
    assert len(BLOCKS) >= 5
