"""The commands that search: `demo`, `run`, `check`, `worker`, `ask`, `evaluate`, `tell` and `serve`.

Only options stand here; the work of each command is in a module of its own, imported when it is called.
"""

from pathlib import Path
from typing import Annotated

import typer

from parfocal.cli.root import Budget, Quiet, StudyName, Target, Workers, app


@app.command()
def demo(
    task: Annotated[str, typer.Argument(help="Ready pipeline: nuclei, spots or spots-background.")] = "nuclei",
    folder: Annotated[Path, typer.Option(help="Where the study, the overlays and the report are written.")] = Path(
        "parfocal-demo"
    ),
    budget: Budget = None,
    optimizer: Annotated[str, typer.Option(help="A name or composition that `parfocal zoo` lists.")] = "auto",
    workers: Workers = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Tune a ready pipeline on real images; ends with the path of a report."""
    from parfocal.cli.demo import run_demo

    run_demo(task, folder, budget, optimizer, workers, seed, quiet)


@app.command()
def run(
    experiment: Annotated[Path, typer.Argument(help="The experiment's YAML file.")],
    budget: Budget = None,
    workers: Workers = None,
    quiet: Quiet = False,
    warm_start: Annotated[
        Path | None, typer.Option(help="Database of an earlier study, whose best are evaluated first.", metavar="DB")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log who proposed which trials, and why.")] = False,
    engine: Annotated[
        str | None, typer.Option(help="What starts the workers: local, dask or slurm.", metavar="KIND")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print what the engine would start, such as the job script; start nothing."),
    ] = False,
) -> None:
    """Run an experiment, or go on with it where it was: finished trials are never evaluated again."""
    from parfocal.cli.run import preview, run_experiment

    if dry_run:
        preview(experiment, workers, engine)
        return
    if verbose:
        import logging

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    run_experiment(experiment, budget, workers, quiet, warm_start, engine)


@app.command()
def check(experiment: Annotated[Path, typer.Argument(help="The experiment's YAML file.")]) -> None:
    """Say in plain words what is wrong with an experiment, before a single evaluation."""
    from parfocal.cli.check import check_experiment

    check_experiment(experiment)


@app.command()
def worker(
    target: Target,
    study: StudyName = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay and wait for new trials when the queue is empty.")] = False,
    idle: Annotated[
        str | None, typer.Option(help="With --wait: leave when no trial came for so long, '10 min'.", metavar="TIME")
    ] = None,
    parent: Annotated[int | None, typer.Option(help="Leave when this process has ended.", hidden=True)] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="The experiment's folder on this machine, if it lies elsewhere.", metavar="DIR"),
    ] = None,
) -> None:
    """Help a running study: claim and evaluate its queued trials from another process or terminal."""
    from parfocal.cli.worker import help_study

    help_study(target, study, wait, idle, parent, folder)


@app.command()
def ask(
    target: Target,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Trials to hand out, fewer where the budget ends.")],
    study: StudyName = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A folder for one file a trial, or one file *.json; default: print them."),
    ] = None,
    lease: Annotated[
        str, typer.Option(help="How long they are out before they may be handed out again.", metavar="TIME")
    ] = "7 d",
    worker: Annotated[
        str | None,
        typer.Option(help="Name of this hand-out: asking again under it gives the same trials.", metavar="NAME"),
    ] = None,
    budget: Budget = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 when there was nothing to hand out, for loops.")
    ] = False,
) -> None:
    """Hand out trials as files, for a workflow engine that evaluates them itself."""
    from parfocal.cli.files import ask_study

    ask_study(target, n, study, out, lease, worker, budget, exit_code)


@app.command()
def evaluate(
    trial: Annotated[Path, typer.Argument(help="The file of one trial, written by `parfocal ask`.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The outcome's file; default: print it.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where the trial's work folder is kept; default: temporary.")
    ] = None,
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 1 when the trial fails.")] = False,
) -> None:
    """Evaluate one trial that was handed out as a file; no database is needed."""
    from parfocal.cli.files import evaluate_trial

    evaluate_trial(trial, out, folder, fail)


@app.command()
def tell(
    target: Target,
    outcomes: Annotated[
        list[Path], typer.Argument(help="Files of outcomes, or folders of them.", metavar="OUTCOME...")
    ],
    study: StudyName = None,
) -> None:
    """Enter outcomes that came back as files, in any order and any number of times."""
    from parfocal.cli.files import tell_study

    tell_study(target, outcomes, study)


@app.command()
def serve(
    target: Annotated[
        str, typer.Argument(help="An experiment's YAML file, a database, or a postgresql:// url.", metavar="TARGET")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on; others reach it through a proxy.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one.")] = 8753,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token (default: PARFOCAL_TOKEN, else a new token).")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the database if it does not exist.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Ask for the studies, so that workers only evaluate.")] = False,
    open_metrics: Annotated[bool, typer.Option("--open-metrics", help="Show /metrics without the token.")] = False,
    root_path: Annotated[str, typer.Option(help="Path under which a proxy shows the server.")] = "",
    log_json: Annotated[bool, typer.Option("--log-json", help="Log one JSON object a line.")] = False,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Serve studies over HTTP, for workers that cannot reach the database."""
    from parfocal.cli.serve import serve_studies

    serve_studies(target, host, port, token_file, create, ask, open_metrics, root_path, log_json, log_level)
