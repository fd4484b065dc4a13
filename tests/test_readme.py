"""The README's own blocks: Python runs, YAML is read, commands exist, links lead somewhere."""

import re
from pathlib import Path

import pytest
import yaml

from parfocal.cli.app import app
from parfocal.optimizers import compose
from parfocal.optimizers.table import with_table
from parfocal.space import Space

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_python_runs(capsys):
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    assert "sigma" in capsys.readouterr().out


def test_yaml_is_read():
    documents = [yaml.safe_load(block) for block in blocks("yaml")]
    spaces = [
        Space.from_dict({"parameters": d["space"], "constraints": d["constraints"]}) for d in documents if "space" in d
    ]
    assert len(spaces) == 1
    for document in documents:
        if "optimizer" in document:
            compose(document["optimizer"])


def test_the_table_of_optimizers_is_the_zoo():
    assert with_table(README) == README, "run: python scripts/make_zoo_table.py"


def test_commands_exist():
    known = {command.callback.__name__ for command in app.registered_commands}
    named = set(re.findall(r"parfocal (\w+)", "\n".join(blocks("bash"))))
    assert named <= known
    assert {"demo", "run", "check", "status", "best", "report"} <= named


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not target.startswith("http"):
            assert (ROOT / page).parent.joinpath(target).exists(), target
