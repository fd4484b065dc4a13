"""`parfocal report`: a study to one HTML file, or a PDF."""

import shlex
from pathlib import Path

from parfocal.cli.targets import Place, is_experiment, is_url, study_of
from parfocal.report import reports_of, save_figures


def report_study(target: Place, name: str | None, out: Path | None, figures: Path | None, pdf: bool = False) -> None:
    """Write the report, and figures for print where they are wanted."""
    study = study_of(target, name)
    command = f"parfocal run {shlex.quote(str(target))}" if is_experiment(target) else ""
    folder = Path() if is_url(target) else Path(target).parent
    first = out or folder / f"{study.name}-report.html"
    paths = [first, *([first.with_suffix(".pdf")] if pdf and first.suffix.lower() != ".pdf" else [])]
    for path in reports_of(study, paths, command=command):
        print(f"Report: {path}")
    if figures is not None:
        saved = save_figures(figures, space=study.space, history=study.history, objective=study.objective)
        print(f"Figures: {len(saved)} files in {figures}")
