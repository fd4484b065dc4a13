"""The commands that show what was found, and what there is to search with: `best`, `report`, `dashboard` and `zoo`.

Only options stand here; the work of each command is in a module of its own, imported when it is called.
"""

from pathlib import Path
from typing import Annotated

import typer

from parfocal.cli.root import Quiet, StudyName, Target, Workers, app
from parfocal.errors import InvalidInput


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
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write: *.html, or *.pdf for a PDF.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write a PDF beside the HTML file.")] = False,
    figures: Annotated[
        Path | None, typer.Option(help="Also write the figures as PNG, PDF and SVG into this folder.")
    ] = None,
) -> None:
    """Write one self-contained HTML report, or a PDF."""
    from parfocal.cli.report import report_study

    report_study(target, study, out, figures, pdf)


@app.command()
def dashboard(
    target: Annotated[
        str | None,
        typer.Argument(help="An experiment's YAML file, or a database: a file or a URL.", metavar="[TARGET]"),
    ] = None,
    storage: Annotated[str | None, typer.Option(help="The same, by name.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: a free one.", min=0, max=65535)] = 8050,
    prefix: Annotated[
        str, typer.Option(help="Path under which a proxy shows it: /user/me/proxy/8050/", metavar="PATH")
    ] = "/",
    edit: Annotated[
        bool, typer.Option("--edit", help="Let people change things (tags); otherwise it only shows.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Another name by which browsers call it, a proxy's; may be given several times.", metavar="NAME"
        ),
    ] = None,
) -> None:
    """Show studies in a browser, live while they run; it only reads, unless --edit is given."""
    from parfocal.cli.dashboard import show_dashboard

    if (target is None) == (storage is None):
        raise InvalidInput("Name what to show, once: `parfocal dashboard study.db`, or `--storage study.db`.")
    show_dashboard(target or storage or "", host, port, prefix, edit, not no_browser, allow_host or [])


@app.command()
def compare(
    targets: Annotated[
        list[str],
        typer.Argument(
            help="Databases of studies; with --optimizers: ready tasks and experiment files to run.",
            metavar="TARGET...",
        ),
    ],
    study: Annotated[
        list[str] | None,
        typer.Option(
            "--study", help="Only studies of this name; * stands for anything. May be repeated.", metavar="NAME"
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="Call the optimizer of these studies so; may be repeated.", metavar="STUDY=NAME"),
    ] = None,
    optimizers: Annotated[
        str | None, typer.Option(help="Run these first, with commas between: names or compositions of the zoo.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Runs of each optimizer (default: 5).")] = None,
    budget: Annotated[
        int | None, typer.Option(min=1, help="Trials of each run; of stored studies: compare after so many.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="Database of the runs (default: compare.db); what it holds is not run again.")
    ] = None,
    workers: Workers = None,
    optimum: Annotated[
        list[str] | None,
        typer.Option(
            help="Best possible value, where it is known; of several problems: PROBLEM=VALUE.", metavar="VALUE"
        ),
    ] = None,
    level: Annotated[float, typer.Option(help="Level of significance.")] = 0.05,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the page, and the tables as CSV and JSON.")
    ] = None,
    figures: Annotated[bool, typer.Option("--figures", help="With --out: also the figures for print.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON, for scripts.")] = False,
    quiet: Quiet = False,
) -> None:
    """Compare optimizers on the same problems: regret, ranks, tests of significance; run them first where wanted."""
    from parfocal.cli.compare import Runs, compare_studies

    runs = Runs(optimizers, seeds, storage, workers)
    compare_studies(targets, study or [], label or [], runs, budget, optimum or [], level, out, figures, json, quiet)


@app.command()
def separate(
    target: Target,
    study: StudyName = None,
    probe: Annotated[
        int, typer.Option(min=0, help="Evaluations to spend on verifying it, as trials of the study.", metavar="N")
    ] = 0,
    inner: Annotated[str, typer.Option(help="The optimizer that searches each block.")] = "smac-rf",
    tolerance: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Share of the gain that a pair may lose and still be split.")
    ] = 0.03,
    out: Annotated[Path, typer.Option("--out", "-o", help="The plan to write.")] = Path("plan.json"),
    figure: Annotated[Path | None, typer.Option(help="Also draw the matrix of pairs as PNG, PDF or SVG.")] = None,
) -> None:
    """Say which parameters can be optimized apart, and write the plan that does it."""
    from parfocal.cli.separate import separate_study

    separate_study(target, study, probe, inner, tolerance, out, figure)


@app.command()
def priors(
    earlier: Target,
    experiment: Annotated[Path, typer.Argument(help="The experiment's YAML file whose search they are to guide.")],
    study: StudyName = None,
    share: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Share of the trials, the best ones, to learn of.")
    ] = 0.1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The YAML file to write; default: print it.")] = None,
) -> None:
    """Write the space of an experiment with priors that a finished study suggests."""
    from parfocal.cli.separate import priors_for

    priors_for(earlier, study, experiment, share, out)


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
        Path | None,
        typer.Option("--out", "-o", help="The file to draw: *.png, or *.html to point at (default: zoo-matrix.png)."),
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
