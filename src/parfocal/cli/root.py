"""The command line's root: its own options, and those that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

import parfocal

app = typer.Typer(
    name="parfocal",
    help="Tune the hyperparameters of bioimage-analysis pipelines.",
    epilog="Start with:  parfocal demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Target = Annotated[
    str,
    typer.Argument(help="An experiment's YAML file, or the database of a study: a file or a URL.", metavar="TARGET"),
]
StudyName = Annotated[str | None, typer.Option("--study", help="Name of the study, where the database holds several.")]
Workers = Annotated[
    str | None, typer.Option(help="Processes that evaluate: a number, or 'auto' for all cores.", metavar="N|auto")
]
Budget = Annotated[int | None, typer.Option(min=1, help="Trials in total, those of earlier runs included.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the result.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"parfocal {parfocal.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    log: Annotated[Path | None, typer.Option(help="Log what happens to the end of this file.", metavar="FILE")] = None,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log it as JSON, an object a line; without --log to standard error.")
    ] = False,
) -> None:
    """Tune the hyperparameters of bioimage-analysis pipelines."""
    from parfocal import logs

    if log is not None or log_json:
        logs.configure("json" if log_json else "text", log)
    else:
        logs.from_environment()
