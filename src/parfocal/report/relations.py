"""The sections on what goes together: parameters that can be optimized apart, components, freedom, several objectives.

Each returns its section, or None where it has nothing to say of this study.
"""

from parfocal import plots
from parfocal.report.contents import Contents
from parfocal.report.page import plot
from parfocal.report.tables import shown
from parfocal.report.tags import Html, paragraph, section, table
from parfocal.report.words import listed, number, plural

_FRONT = 30


def freedom(c: Contents) -> Html | None:
    """Return how far each parameter may be moved."""
    if not c.found or not c.profiles:
        return None
    tolerance = f"{100 * c.profiles[0].tolerance:.3g} %"
    caption = f"Where each parameter may lie and lose less than {tolerance}; the star is the best trial."
    figure = plots.freedom.interactive(c.profiles, c.objective.label)
    return section("freedom", "How far each may be moved", plot("fig-freedom", figure, caption, caption))


def together(c: Contents) -> Html | None:
    """Return which parameters can be optimized apart, and the principal components."""
    if not c.found or c.pca is None:
        return None
    parts: list[object] = []
    if c.separability is not None:
        parts.append(paragraph(c.separability.sentence))
        if c.separability.gain > 0:
            caption = "What is lost when two parameters are set one after the other, in % of the gain of the search."
            parts.append(plot("fig-separability", plots.separability.interactive(c.separability), caption, caption))
    if c.pca.columns:
        caption = (
            "Principal components of parameters and objective over the complete trials: what varies together. The "
            "trials of an optimizer are no random sample, so that this is as much about the search as about the "
            "pipeline."
        )
        parts.append(plot("fig-pca", plots.pca.interactive(c.pca), "Principal components", caption, wide=True))
    return section("together", "What goes together", *parts) if parts else None


def fronts(c: Contents) -> Html | None:
    """Return the Pareto front of several objectives."""
    if not c.fronts or not any(len(front) for front in c.fronts):
        return None
    parts: list[object] = []
    names = [each.metric for each in c.objective.all]
    drawn = []
    for i, front in enumerate(c.fronts):
        run = f"{c.names[i]}: " if len(c.fronts) > 1 else ""
        drawn += [
            (f"{run}{names[0]} and {names[j]}", plots.pareto.interactive(front, (j, 0))) for j in range(1, len(names))
        ]
    caption = "Trials on the front are beaten by no other one in all objectives at once."
    parts.append(plot("fig-front", drawn, "Pareto front of " + listed(names), caption, chooser="Objectives:"))
    active = list(c.space.parameters)
    for i, front in enumerate(c.fronts):
        rows = [
            (
                int(front.number[k]),
                *(number(float(v)) for v in front.values[k]),
                *(shown(conf[n]) if n in conf else "–" for n in active),
            )
            for k, conf in enumerate(front.configurations[:_FRONT])
        ]
        cut = f", {_FRONT} of them" if len(front) > _FRONT else ""
        run = f" of {c.names[i]}" if len(c.fronts) > 1 else ""
        title = f"The {plural(len(front), 'trial')} on the front{run}{cut}"
        parts.append(
            table(
                title,
                ("trial", *(each.metric for each in front.objectives), *active),
                rows,
                numeric=range(1, len(names) + 1),
            )
        )
    return section("front", "Pareto front", *parts)
