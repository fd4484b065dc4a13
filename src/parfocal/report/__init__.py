"""The report of a study: one self-contained HTML file, and figures for print."""

from parfocal.report.comparison import document, save_comparison, write_comparison
from parfocal.report.contest import Contest, contest
from parfocal.report.of_study import report_of, reports_of
from parfocal.report.unseen import held_out
from parfocal.report.write import save_figures, write_report

__all__ = [
    "Contest",
    "contest",
    "document",
    "held_out",
    "report_of",
    "reports_of",
    "save_comparison",
    "save_figures",
    "write_comparison",
    "write_report",
]
