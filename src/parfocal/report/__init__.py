"""The report of a study: one self-contained HTML file, and figures for print."""

from parfocal.report.of_study import held_out, report_of
from parfocal.report.write import save_figures, write_report

__all__ = ["held_out", "report_of", "save_figures", "write_report"]
