"""The report: one HTML file that holds everything, or a PDF, and the same figures for print."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import parfocal
from parfocal import plots
from parfocal.analysis import Accessor, Histories, timeline
from parfocal.report import insights, relations, sections
from parfocal.report.contents import Contents, contents
from parfocal.report.figures import PRINTED, printed
from parfocal.report.methods import methods
from parfocal.report.overlays import overlay_grid
from parfocal.report.page import page
from parfocal.report.pdf import write_pdf
from parfocal.report.tags import Html, paragraph, section
from parfocal.space import Space
from parfocal.storage import Times
from parfocal.trials import Objective, Trial
from parfocal.typing import Values

Overlays = Sequence[tuple[str, str | Path]]
"""Pictures as (caption, path)."""


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
    overlays: Overlays = (),
    provenance: Mapping[str, Any] | None = None,
    members: Sequence[str] = (),
    times: Times | None = None,
) -> Path:
    """Write one self-contained HTML file, or a PDF where the suffix is ``.pdf``, and return its path.

    The HTML works offline and loads nothing: style, scripts, figures and pictures are inside.

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
        and the numbers ``tuned_on`` and ``held_out``). ``repeat`` is an experiment file that makes the same search.
    members
        The members of a portfolio, in their order: then the report says who proposed what.
    times
        Who evaluated when (``storage.times(study)``); then the report shows the timeline of workers.
    """
    c = contents(
        space, history, objective, trials=trials, default=default, default_value=default_value,
        provenance=versioned(provenance), members=members, timeline=None if times is None else timeline(times),
    )  # fmt: skip
    return write(path, title, c, overlays)


def write(path: str | Path, title: str, c: Contents, overlays: Overlays = (), remark: str = "") -> Path:
    """Write the contents of a report as HTML, or as PDF where the suffix says so, and return the path.

    ``remark`` says why pictures are missing.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".part")
    if target.suffix.lower() == ".pdf":
        write_pdf(draft, title, c, assembled(c, overlays, remark))
    else:
        draft.write_text(_html(title, c, assembled(c, overlays, remark)), encoding="utf-8", newline="\n")
    draft.replace(target)
    return target


def assembled(c: Contents, overlays: Overlays = (), remark: str = "") -> dict[str, tuple[str, Html]]:
    """Return the sections by identifier, each with its name in the navigation; those with nothing to say are out."""
    parts: dict[str, tuple[str, Html | None]] = {
        "summary": ("Summary", sections.summary(c)),
        "best": ("Best", sections.best(c)),
        "front": ("Pareto front", relations.fronts(c)),
        "pictures": ("Pictures", _pictures(overlays, remark)),
        "images": ("Images", insights.images(c)),
        "parameters": ("Parameters", insights.parameters(c)),
        "importance": ("Importance", insights.importance(c)),
        "freedom": ("Freedom", relations.freedom(c)),
        "convergence": ("Convergence", sections.convergence(c)),
        "members": ("Who proposed what", sections.members(c) if c.members else None),
        "surface": ("Surface and trails", sections.surface(c)),
        "slices": ("Evaluations", sections.slices(c)),
        "parallel": ("All trials", insights.parallel(c)),
        "together": ("Together", relations.together(c)),
        "failures": ("Failures", sections.failures(c, insights.where_trials_fail(c))),
        "timeline": ("Timeline", insights.timeline(c)),
        "methods": ("Methods", methods(c)),
        "repeat": ("To repeat it", sections.repeat(c)),
        "method": ("Space and provenance", sections.method(c)),
    }
    return {identifier: (name, content) for identifier, (name, content) in parts.items() if content}


def _pictures(overlays: Overlays, remark: str) -> Html | None:
    if not overlays and not remark:
        return None
    told = [paragraph(remark, class_="soft")] if remark else []
    return section("pictures", "Pictures", *told, *([overlay_grid(overlays)] if overlays else []))


def _html(title: str, c: Contents, parts: Mapping[str, tuple[str, Html]]) -> str:
    subtitle = paragraph(subtitle_of(c), class_="soft")
    footer = paragraph("This file holds everything it shows and works without a network.")
    return page(title, [subtitle], parts, footer)


def versioned(provenance: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is known, with the versions of parfocal and Python."""
    return {**(provenance or {}), "parfocal": parfocal.__version__, "python": platform.python_version()}


def subtitle_of(c: Contents) -> str:
    """Return the line under the title."""
    return f"{' · '.join(each.label for each in c.objective.all)} · written by parfocal {parfocal.__version__}"


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
    """Write the figures for print and return their paths, each named after what it shows.

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
    figures = {name: figure for name in PRINTED if (figure := printed(c, name, width)) is not None}
    return [path for name, figure in figures.items() for path in plots.printed.save(figure, folder, name, formats)]
