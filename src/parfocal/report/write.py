"""The report: one HTML file that holds everything, and the same figures for print."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import parfocal
from parfocal import plots
from parfocal.analysis import Accessor, Histories, timeline
from parfocal.report import insights, sections
from parfocal.report.contents import Contents, contents
from parfocal.report.methods import methods
from parfocal.report.overlays import overlay_grid
from parfocal.report.page import page
from parfocal.report.tags import Html, paragraph, section
from parfocal.space import Space
from parfocal.storage import Times
from parfocal.trials import Objective, Trial
from parfocal.typing import Values


def write_report(
    path: str | Path,
    *,
    title: str,
    space: Space,
    history: Histories,
    objective: Objective,
    trials: Accessor | Sequence[Trial] | Sequence[Accessor] | None = None,
    default: Values | None = None,
    default_value: float = float("nan"),
    overlays: Sequence[tuple[str, str | Path]] = (),
    provenance: Mapping[str, Any] | None = None,
    members: Sequence[str] = (),
    times: Times | None = None,
) -> Path:
    """Write one self-contained HTML file and return its path.

    It works offline and loads nothing: style, scripts, figures and pictures are inside.

    Parameters
    ----------
    path
        The file; its folder is made. It is replaced only when the report is complete.
    title
        Heading of the page.
    space, objective
        What was searched, and for what.
    history
        One history, several of them (repetitions), or groups by name (for example by optimizer).
    trials
        Access to full trials, for messages and logs: ``trials(start, stop)`` or a list; for several histories a list of
        such functions, one each.
    default, default_value
        The default configuration and its value in the user's own units, to compare the best with.
    overlays
        Pictures as (caption, path), shown side by side in this order.
    provenance
        What else is known; all of it is listed. Sentences use ``optimizer`` (text), ``budget``, ``warmup`` (numbers of
        evaluations; 0: none), ``held_out`` (a sentence) and ``continue`` (the command that goes on); the methods
        paragraph also ``planned`` (the budget), ``seed``, ``study``, ``storage`` and ``images`` (a mapping: ``task``,
        and the numbers ``tuned_on`` and ``held_out``).
    members
        The members of a portfolio, in their order: then the report says who proposed what.
    times
        Who evaluated when (``storage.times(study)``); then the report shows the timeline of workers.
    """
    c = contents(
        space, history, objective, trials=trials, default=default, default_value=default_value,
        provenance={**(provenance or {}), "parfocal": parfocal.__version__, "python": platform.python_version()},
        members=members, timeline=None if times is None else timeline(times),
    )  # fmt: skip
    parts: dict[str, tuple[str, Html]] = {
        "summary": ("Summary", sections.summary(c)),
        "best": ("Best", sections.best(c)),
    }
    if overlays:
        parts["pictures"] = ("Pictures", section("pictures", "Pictures", overlay_grid(overlays)))
    parts["convergence"] = ("Convergence", sections.convergence(c))
    if c.members:
        parts["members"] = ("Who proposed what", sections.members(c))
    parts |= {
        "parameters": ("Parameters", insights.parameters(c)),
        "importance": ("Importance", insights.importance(c)),
        "surface": ("Surface and trails", sections.surface(c)),
        "slices": ("Evaluations", sections.slices(c)),
        "parallel": ("All trials", insights.parallel(c)),
        "images": ("Images", insights.images(c)),
        "failures": ("Failures", sections.failures(c, insights.where_trials_fail(c))),
        "timeline": ("Timeline", insights.timeline(c)),
        "method": ("Space and provenance", sections.method(c)),
        "methods": ("Methods", methods(c)),
    }
    parts = {key: part for key, part in parts.items() if part[1]}
    subtitle = paragraph(f"{objective.label} · written by parfocal {parfocal.__version__}", class_="soft")
    footer = paragraph("This file holds everything it shows and works without a network.")
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".part")
    draft.write_text(page(title, [subtitle], parts, footer), encoding="utf-8", newline="\n")
    draft.replace(target)
    return target


def save_figures(
    folder: str | Path,
    *,
    space: Space,
    history: Histories,
    objective: Objective,
    formats: Sequence[str] = ("png", "pdf", "svg"),
    width: plots.printed.Width = "two",
    provenance: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write the figures for print and return their paths: convergence, surfaces, slices, infimum projections.

    Parameters
    ----------
    folder
        Where to; it is made.
    space, history, objective, provenance
        As for :func:`write_report`.
    formats
        Any of png (300 dpi), pdf, svg.
    width
        ``one`` or ``two`` columns of a journal page.
    """
    return draw_figures(contents(space, history, objective, provenance=provenance), Path(folder), formats, width)


def draw_figures(c: Contents, folder: Path, formats: Sequence[str], width: plots.printed.Width) -> list[Path]:
    """Draw and save all figures of the contents of a report."""
    label = c.objective.label
    figures = {"convergence": plots.convergence.printed(c.convergence, label, c.warmup or None, width)}
    if c.surfaces:
        surface, trails = c.surfaces[0]
        leading = [trail for trail in trails if trail.leading]  # of repetitions the best: ten trails are a tangle
        figures["surface"] = plots.surface.printed(surface, label, leading, width)
    if len(c.surfaces) > 1:
        figures["infimum"] = plots.matrix.printed([plane for plane, _ in c.surfaces], c.slices, label, width)
    figures["slices"] = plots.slices.printed(c.slices, label, width)
    return [path for name, figure in figures.items() for path in plots.printed.save(figure, folder, name, formats)]
