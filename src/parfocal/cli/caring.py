"""The commands that look after a study: `status`, `workers`, `replay`, `retry`, `cancel`, `export`, `import`, copies.

Only options stand here; the work of each command is in a module of its own, imported when it is called.
"""

from pathlib import Path
from typing import Annotated

import typer

from parfocal.cli.commands import Watchable
from parfocal.cli.root import StudyName, Target, app


@app.command(cls=Watchable)
def status(
    target: Target,
    study: StudyName = None,
    watch: Annotated[
        float | None,
        typer.Option(help="Stay, and show it again every so many seconds (2 unless given).", metavar="[SECONDS]"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for scripts.")] = False,
) -> None:
    """Show how far each study is, how fast, who asks, who works; it only reads."""
    from parfocal.cli.status import show_status

    show_status(target, study, watch, json)


@app.command()
def workers(
    target: Target,
    study: StudyName = None,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON, for scripts.")] = False,
) -> None:
    """Show the workers: where they run, whether they live, and what they evaluate; it only reads."""
    from parfocal.cli.status import show_workers

    show_workers(target, study, json)


@app.command()
def replay(
    target: Target,
    study: StudyName = None,
    start: Annotated[int, typer.Option(min=0, help="Only asks from this trial on.")] = 0,
    stop: Annotated[int | None, typer.Option(min=1, help="Only asks before this trial.")] = None,
) -> None:
    """Make every ask of a study again, from what it had seen, and compare to the bit; exit code 1 where one differs."""
    from parfocal.cli.replay import replay_study

    replay_study(target, study, start, stop)


@app.command()
def retry(
    target: Target,
    study: StudyName = None,
    failed: Annotated[bool, typer.Option("--failed", help="All trials that failed.")] = False,
    reason: Annotated[
        list[str] | None, typer.Option(help="Of the failed ones, those with this reason: timeout, memory, error, ...")
    ] = None,
    lost: Annotated[bool, typer.Option("--lost", help="All trials that are lost, cancelled ones too.")] = False,
    trial: Annotated[list[int] | None, typer.Option(min=0, help="This trial; may be given several times.")] = None,
) -> None:
    """Queue failed or lost trials once more, as new trials with the same configuration and seed."""
    from parfocal.cli.queue import retry_trials

    retry_trials(target, study, failed, reason or [], lost, trial or [])


@app.command()
def cancel(
    target: Target,
    study: StudyName = None,
    trial: Annotated[
        list[int] | None, typer.Option(min=0, help="Take back this trial only; may be given several times.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """End a search: ask for nothing more and take back what waits or runs; or take back single trials."""
    from parfocal.cli.queue import cancel as work

    work(target, study, trial or [], yes)


@app.command()
def export(
    target: Target,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    study: StudyName = None,
    format: Annotated[
        str | None, typer.Option(help="csv, parquet, json or optuna; else the file's suffix says it.")
    ] = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="Also the scores of single images, in a second file beside it.")
    ] = False,
) -> None:
    """Write all trials of a study to a table, or to a database that Optuna opens."""
    from parfocal.cli.transfer import export_study

    export_study(target, study, out, format, scores)


@app.command("import")
def import_(
    target: Target,
    file: Annotated[
        str,
        typer.Argument(help="A table (.csv, .parquet, .json), or a storage of Optuna: its file, or optuna:///FILE."),
    ],
    study: StudyName = None,
    from_study: Annotated[
        str | None, typer.Option(help="Name of Optuna's study, where its storage holds several.", metavar="NAME")
    ] = None,
) -> None:
    """Enter earlier results into a study, as finished trials that its optimizer learns from."""
    from parfocal.cli.transfer import import_table

    import_table(target, file, study, from_study)


@app.command()
def backup(
    target: Target, out: Annotated[Path, typer.Option("--out", "-o", help="The new database file.", metavar="FILE.db")]
) -> None:
    """Copy a database with all its studies into one file, at one moment, while others go on writing."""
    from parfocal.cli.copies import back_up

    back_up(target, out)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A database file, of `parfocal backup` for example.")],
    target: Annotated[str, typer.Argument(help="A new file, or an empty database: postgresql://...", metavar="TARGET")],
) -> None:
    """Copy a database file into a new file or an empty database."""
    from parfocal.cli.copies import bring_back

    bring_back(file, target)
