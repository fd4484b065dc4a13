"""The sections of a report, each a heading with what belongs under it; an empty one says why it is empty."""

import json
import math
from collections.abc import Sequence

from parfocal import plots
from parfocal.report import trust, words
from parfocal.report.contents import MOST_PAIRED, MOST_SLICED, Contents
from parfocal.report.methods import copied
from parfocal.report.page import plot
from parfocal.report.repeat import FILE, command_of
from parfocal.report.tables import (
    best_table,
    failure_table,
    gain_table,
    improvement_table,
    member_table,
    provenance_table,
    space_table,
)
from parfocal.report.tags import Html, details, join, paragraph, screen, section, tag

_NOTHING = "No evaluation has succeeded yet."


def summary(c: Contents) -> Html:
    """Return the summary in plain words, with the three numbers that matter as tiles."""
    told = [
        words.searched(c.space, c.axes, c.objective, c.provenance),
        words.spent(c.summary, c.provenance),
        words.found(c.summary, c.objective),
        words.compared(c.gain, c.objective),
        c.provenance.get("held_out"),
        *trust.gains(c),
        *words.learned(c.improvement),
        words.failed(c.failures, c.summary),
    ]
    lines = [tag("li", sentence) for sentence in told if sentence]
    if c.provenance.get("continue"):
        lines.append(tag("li", "To continue: ", tag("code", c.provenance["continue"])))
    unit = f" {c.objective.unit}" if c.objective.unit else ""
    tiles = [
        (words.number(c.summary.best_value) + (unit if c.summary.best_trial else ""), f"best {c.objective.metric}"),
        (f"{c.summary.finished:,}", "evaluations" + (f" in {c.summary.runs} runs" if c.summary.runs > 1 else "")),
        (f"{c.summary.counts['failed']:,}", "failed"),
    ]
    if c.gain is not None and not math.isnan(c.gain.gain):
        tiles.insert(1, (f"{c.gain.gain:+.3g}".replace("-", "−") + unit, "gain over the default" + trust.interval(c)))
    grid = tag("div", *(tag("div", tag("b", a), tag("span", b), class_="tile") for a, b in tiles), class_="tiles")
    return section("summary", "Summary", grid, tag("ul", *lines, class_="words"))


def best(c: Contents) -> Html:
    """Return the best configurations, and the best against the default."""
    if not len(c.best):
        return section("best", "Best configurations", paragraph(_NOTHING))
    names = [name for name in c.space.parameters]
    parts: list[Html] = [gain_table(c.gain, names, c.objective)] if c.gain is not None else []
    parts.append(best_table(c.best, names, c.objective, c.names))
    copy = json.dumps(dict(c.best.configurations[0]), indent=2, ensure_ascii=False)
    parts.append(details("The best configuration as JSON, to copy", tag("pre", copy)))
    return section("best", "Best configurations", *parts)


def convergence(c: Contents) -> Html:
    """Return the convergence figure and the improvement after warm-up."""
    if c.summary.best_trial is None:
        return section("convergence", "Convergence", paragraph(_NOTHING))
    figure = plots.convergence.interactive(c.convergence, c.objective.label, c.warmup or None)
    cropped = max((table.cropped for table in c.convergence), default=0)
    caption = (
        "The best value known after each evaluation"
        + (", mean over runs with the band that holds the middle 80 % of them" if c.summary.runs > 1 else "")
        + ". Failed evaluations count and improve nothing."
        + (f" The first {words.plural(cropped, 'evaluation')} lie beyond the drawn range." if cropped else "")
    )
    told = "Convergence: " + words.found(c.summary, c.objective)
    table = improvement_table(c.improvement, c.objective.metric) if c.improvement else Html("")
    return section("convergence", "Convergence", plot("fig-convergence", figure, told, caption), table)


def members(c: Contents) -> Html:
    """Return who proposed what, where a portfolio searched."""
    return section("members", "Who proposed what", member_table(c.members, c.objective.metric))


def surface(c: Contents) -> Html:
    """Return the loss surface with trails, for each pair of parameters."""
    title = "Loss surface and optimizer trails"
    if not c.surfaces:
        return section("surface", title, paragraph("A surface needs at least two parameters."))
    if c.summary.best_trial is None:
        return section("surface", title, paragraph(_NOTHING))
    named = [
        (" × ".join(plane.projection.names), plots.surface.interactive(plane, c.objective.label, trail))
        for plane, trail in c.surfaces
    ]
    projected = bool(c.surfaces[0][0].others)
    everyone = len(c.surfaces[0][1]) == len(c.runs)
    whose = "a run" if everyone else "a run (of the best run of each optimizer, or of the first few runs)"
    exact = all(plane.projection.exact for plane, _ in c.surfaces)
    caption = (
        (
            "Infimum projection: the best that was found at each pair of values, whatever the other parameters were. "
            * projected
        )
        + ("Each cell is one pair of levels. " if exact else "Cells are narrow where many trials lie. ")
        + "Bright is better; blank cells were never visited; crosses failed; the star is the best. A trail connects "
        f"the best evaluations of {whose}, from the dot to its star."
    )
    left_out = (
        paragraph(
            f"Shown are all pairs of the {MOST_PAIRED} parameters that explain most on their own.",
            class_="soft",
        )
        if len(c.axes) > MOST_PAIRED
        else ""
    )
    told = f"Loss surface over {named[0][0]}. {words.found(c.summary, c.objective)}"
    return section(
        "surface",
        title,
        left_out,
        plot("fig-surface", named, told, join([caption, screen(" Click the legend to show and hide.")])),
    )


def slices(c: Contents) -> Html:
    """Return the slices."""
    if c.summary.best_trial is None or not c.slices:
        why = _NOTHING if c.slices else "The space has no parameter."
        return section("slices", "Parameters one by one", paragraph(why))
    figure = plots.slices.interactive(c.slices, c.objective.label)
    shares = [
        f"{name} {share:.0%}"
        for name, share in zip(c.influence.names, c.influence.share.tolist(), strict=True)
        if share
    ][:MOST_SLICED]
    outside = max((table.outside for table in c.slices), default=0)
    caption = (
        "Every evaluation against each parameter, most influential first; the line is the best in each range."
        + (f" {words.plural(outside, 'far outlier')} beyond the drawn range." if outside else "")
        + (
            f" Share of the variance of ranks that a parameter explains on its own: {', '.join(shares)}."
            if shares
            else ""
        )
    )
    told = "The objective against each parameter: " + ", ".join(c.influence.names)
    return section("slices", "Parameters one by one", plot("fig-slices", figure, told, caption, wide=True))


def failures(c: Contents, where: Sequence[Html] = ()) -> Html:
    """Return the failures with their messages and logs; ``where`` in the space they lie comes first."""
    if not c.failures:
        return section("failures", "Failures", paragraph("No evaluation failed."))
    return section("failures", "Failures", *where, failure_table(c.failures, c.names))


def repeat(c: Contents) -> Html | None:
    """Return the experiment file that repeats the search, and the command that runs it; None where there is none."""
    text = c.provenance.get("repeat")
    if not text:
        return None
    told = paragraph(
        "Save this as ", tag("code", FILE), " beside the images or programs that it names, and run the command below. "
        "One worker asks in the same order each time; with several, results come in another order, and so do the next "
        "questions.",
    )  # fmt: skip
    file = copied("repeat-file", "Copy the file", tag("pre", str(text), id="repeat-file", tabindex="0"))
    command = copied("repeat-command", "Copy the command", tag("pre", command_of(), id="repeat-command"))
    return section("repeat", "To repeat it", told, file, command)


def method(c: Contents) -> Html:
    """Return what was searched in detail, and how this came about."""
    continue_ = c.provenance.get("continue")
    parts: list[Html] = [space_table(c.space, c.axes), provenance_table(c.provenance)]
    if continue_:
        parts.append(join([paragraph("The same command continues the search:"), tag("pre", continue_)]))
    return section("method", "Space and provenance", *parts)
