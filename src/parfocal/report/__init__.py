"""The report of a study: one self-contained HTML file, and figures for print."""

from parfocal.report.write import save_figures, write_report

__all__ = ["save_figures", "write_report"]
