"""The commands and their options; each one's work is in a module of its own, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

import parfocal
from parfocal.cli.commands import Watchable
from parfocal.errors import InvalidInput

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


@app.command()
def best(
    target: Target,
    study: StudyName = None,
    top: Annotated[int, typer.Option(min=1, help="How many configurations to show.")] = 5,
    json: Annotated[bool, typer.Option("--json", help="Print the best configuration as JSON, for scripts.")] = False,
    likely: Annotated[
        bool, typer.Option("--likely", help="The configuration with the best expected value, where results are noisy.")
    ] = False,
    flat: Annotated[
        bool, typer.Option("--flat", help="Like --likely, and small changes of it cost little, too.")
    ] = False,
    front: Annotated[
        bool, typer.Option("--front", help="The Pareto front of all objectives; of one, against the runtime.")
    ] = False,
) -> None:
    """Show the best configurations found so far, the recommended one where results are noisy, or the Pareto front."""
    from parfocal.cli.show import show_best, show_front, show_recommendation

    if front:
        show_front(target, study, json)
    elif likely or flat:
        show_recommendation(target, study, flat, json)
    else:
        show_best(target, study, top, json)


@app.command()
def report(
    target: Target,
    study: StudyName = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The HTML file to write.")] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Also write the figures as PNG, PDF and SVG into this folder.")
    ] = None,
) -> None:
    """Write one self-contained HTML report."""
    from parfocal.cli.report import report_study

    report_study(target, study, out, figures)


@app.command()
def zoo(
    name: Annotated[str | None, typer.Argument(help="A member, part or composition to show in full.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Run each sampler with each strategy; draw the map.")
    ] = False,
    task: Annotated[str | None, typer.Option(help="Ready task that the matrix is run on.")] = None,
    problem: Annotated[str | None, typer.Option(help="Small problem that it is run on (default: mixed).")] = None,
    samplers: Annotated[str | None, typer.Option(help="Only these, with commas between.")] = None,
    strategies: Annotated[str | None, typer.Option(help="Only these, with commas between.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Evaluations of one run (default: 60).")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Runs of each pair (default: 3).")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The PNG file to draw (default: zoo-matrix.png).")
    ] = None,
) -> None:
    """List the optimizers: their parts, sources, and when to choose which; show one in full; measure all pairs."""
    of_matrix = {
        "--task": task, "--problem": problem, "--samplers": samplers, "--strategies": strategies, "--trials": trials,
        "--seeds": seeds, "--out": out,
    }  # fmt: skip
    _refuse_ignored(name, markdown, matrix, [option for option, value in of_matrix.items() if value is not None])
    if matrix:
        from parfocal.cli.zoo import run_matrix

        run_matrix(task, problem, samplers, strategies, trials or 60, seeds or 3, out or Path("zoo-matrix.png"))
    elif name is not None:
        from parfocal.cli.zoo import show_entry

        show_entry(name)
    elif markdown:
        from parfocal.optimizers.table import markdown as written

        print(written())
    else:
        from parfocal.cli.show import show_zoo

        show_zoo()


def _refuse_ignored(name: str | None, markdown: bool, matrix: bool, of_matrix: list[str]) -> None:
    """Raise when `zoo` is given what it would not look at."""
    if of_matrix and not matrix:
        raise InvalidInput(f"{of_matrix[0]} is an option of the matrix: add --matrix, or leave it out.")
    if matrix and name is not None:
        raise InvalidInput(f"A matrix is not made of one name: write --samplers and --strategies instead of '{name}'.")
    if markdown and (matrix or name is not None):
        rest = "--matrix" if matrix else f"'{name}'"
        raise InvalidInput(f"--markdown prints the table of all optimizers: leave out {rest}, or --markdown.")
