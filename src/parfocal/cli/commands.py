"""Command classes of options that typer cannot express."""

from typing import Any

from typer.core import TyperCommand


class Watchable(TyperCommand):
    """A command whose option ``--watch`` may be given without its number of seconds."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default number behind a bare ``--watch``."""
        given = list(args)
        for index in reversed([i for i, word in enumerate(args) if word == "--watch"]):
            if index + 1 == len(args) or not _number(args[index + 1]):
                given.insert(index + 1, "2")
        return super().parse_args(ctx, given)


def _number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
