"""The command line, put together: the groups of commands, in the order in which ``--help`` lists them."""

from importlib import import_module

from parfocal.cli.root import app

for _group in ("searching", "caring", "showing"):
    import_module(f"parfocal.cli.{_group}")

__all__ = ["app"]
