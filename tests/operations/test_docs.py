"""The page docs/operations.md: what it names exists."""

import re
from pathlib import Path

import typer

from parfocal.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
GROUP = typer.main.get_command(app)
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE, flags=re.DOTALL)


def options(command):
    return {option for parameter in command.params for option in parameter.opts}


def test_commands_of_examples_are_understood():
    lines = [line for block in BLOCKS for line in block.splitlines()]
    assert len(lines) >= 10
    for line in lines:
        words = line.split()[1:]
        while words[0].startswith("--"):
            assert words[0] in options(GROUP), line
            words = words[1:] if words[0] == "--log-json" else words[2:]
        command = GROUP.commands[words[0]]
        assert {word for word in words[1:] if word.startswith("-")} <= options(command), line


def test_options_and_commands_in_the_text_exist():
    known = options(GROUP).union(*(options(command) for command in GROUP.commands.values()))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE)) <= known
    assert set(re.findall(r"parfocal ([a-z]+) ", PAGE)) - {"goes"} <= set(GROUP.commands)
    for command in ("status", "workers", "retry", "cancel", "export", "import", "backup", "restore"):
        assert f"| [`parfocal {command} " in PAGE
