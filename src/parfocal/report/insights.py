"""The sections that say what was learned: what each parameter did, what is important, images, and where trials fail."""

from parfocal import plots
from parfocal.analysis import Importance, Profile, profile_sentence
from parfocal.report import trust, words
from parfocal.report.contents import MOST_SLICED, Contents
from parfocal.report.figures import still
from parfocal.report.page import plot
from parfocal.report.tags import Html, join, paragraph, screen, section, tag

_FEW = 10


def parameters(c: Contents) -> Html:
    """Return what each parameter did, a sentence each, and the profiles."""
    title = "What each parameter did"
    if not c.profiles or c.summary.best_trial is None:
        return section("parameters", title, paragraph("Nothing is known yet: no evaluation has succeeded."))
    lines = [
        tag("li", tag("b", profile.name), profile_sentence(profile).removeprefix(profile.name), share(c, profile))
        for profile in c.profiles
    ]
    figure = plots.profiles.interactive(c.profiles[:MOST_SLICED], c.objective.label)
    caption = (
        "The best value in each range of a parameter, whatever the others were; shaded: what loses less than "
        f"{100 * c.profiles[0].tolerance:.3g} %. Only what was tried counts, nothing is interpolated."
    )
    told = "Profiles of " + ", ".join(profile.name for profile in c.profiles[:MOST_SLICED])
    return section(
        "parameters", title, tag("ul", *lines, class_="words"), plot("fig-profiles", figure, told, caption, wide=True)
    )


def active(profile: Profile) -> int:
    """Return in how many complete trials a parameter was active."""
    counts = profile.infimum.counts
    return int(counts.sum() - (counts[-1] if profile.cells.inactive else 0))


def share(c: Contents, profile: Profile) -> str:
    """Say how much of the variance a parameter explains; nothing where that is not known."""
    table = c.importance[0] if c.importance else None
    if table is None or not table.share.any():
        return ""
    tried = active(profile)
    if tried < _FEW:
        return f" It was active in {words.plural(tried, 'complete trial')} only: too few to tell how much it matters."
    j = table.names.index(profile.name)
    low, high = 100 * table.low[j], 100 * table.high[j]
    return f" It explains {_percent(100 * table.share[j])} of the variance ({low:.0f} to {high:.0f} %)."


def importance(c: Contents) -> Html:
    """Return the importance of parameters, over all of the space and among the best."""
    title = "Which parameters matter"
    table = c.importance[0] if c.importance else None
    if table is None or not table.share.any():
        why = f"At least {_FEW} complete trials with different results are needed to tell what matters."
        return section("importance", title, paragraph(why))
    figure = plots.importance.interactive(c.importance)
    caption = (
        "Share of the variance of the objective over the space, by its prior, that a parameter explains on its own "
        "(functional ANOVA of a random forest), and that a pair explains beyond its two parameters; with 90 % "
        "intervals. Among the best: what is left to decide once results worse than the best tenth count as equal."
    )
    told = "Importance: " + ", ".join(
        f"{name} {_percent(100 * value)}"
        for name, value in zip(table.names[:6], table.share[:6].tolist(), strict=False)
    )
    return section("importance", title, doubt(table), plot("fig-importance", figure, told, caption))


def doubt(table: Importance) -> Html:
    """Say how far the forest can be trusted, and what was looked at."""
    seen = words.plural(table.trials, "trial") + (f" of {table.of:,}" if table.of > table.trials else "")
    return paragraph(f"From {seen}. {table.warning}", class_=None if table.warning else "soft")


def parallel(c: Contents) -> Html:
    """Return all trials as lines across the parameters."""
    title = "All trials at once"
    if c.summary.best_trial is None:
        return section("parallel", title, paragraph("Nothing is known yet: no evaluation has succeeded."))
    figure = plots.parallel.interactive(c.parallel, c.objective.label)
    drag = screen("Drag along an axis to keep the trials that pass there; click it to let go. ")
    caption = join(["One line is a trial. ", drag, plots.parallel.note(c.parallel)])
    picture = still(plots.parallel.printed(c.parallel, c.objective.label, "two"))
    told = "Parallel coordinates: one line a trial across all parameters, coloured by the objective"
    return section("parallel", title, plot("fig-parallel", figure, told, caption, wide=True, fallback=picture))


def images(c: Contents) -> Html:
    """Return what the scores of single images say; nothing at all where trials have none."""
    table = c.per_image
    if table is None or len(table.images) < 2 or table.best is None:
        return Html("")
    parts: list[Html] = []
    if table.paired is not None and len(table.paired):
        parts.append(paragraph(trust.over_images(c)))
        told = "Score of each image under the default and the best configuration"
        parts.append(plot("fig-gains", plots.gains.interactive(table), told, plots.gains.note(table), wide=True))
    odd = [table.images[i] for i in table.disagreeing[:5].tolist()]
    if odd:
        more = len(table.disagreeing) - len(odd)
        names = f"{', '.join(odd)} and {more} more" if more else words.listed(odd)
        parts.append(
            paragraph(
                f"Images that hardly follow the others, or go against them: {names}. Look at them: their "
                "annotation may differ, or they need settings of their own."
            )
        )
    told = "Score of each image in the best trials, hardest image first"
    caption = "One column a trial, best first; one line an image, hardest first. Bright is better."
    parts.append(plot("fig-images", plots.per_image.interactive(table), told, caption, wide=True))
    return section("images", "Image by image", *parts)


def where_trials_fail(c: Contents) -> tuple[Html, ...]:
    """Return where in the space failures lie; nothing without failures."""
    maps = [table for table in c.failure_maps if table.failed]
    if not maps:
        return ()
    parts: list[Html] = [tag("ul", *(tag("li", table.sentence) for table in maps), class_="words")]
    drawn = [table for table in maps if table.parameters and table.failed < table.trials]
    if drawn:
        named = [(plots.failure_map.label(table), plots.failure_map.interactive(table)) for table in drawn]
        caption = "Share of trials that failed in each range, with 95 % intervals; the most telling parameters first."
        told = "Where failures lie: " + " ".join(table.sentence for table in maps)
        parts.append(plot("fig-failures", named, told, caption, wide=True, chooser="Reason:"))
    return tuple(parts)


def timeline(c: Contents) -> Html:
    """Return who evaluated what and when; nothing where times are not known."""
    if c.timeline is None or not c.timeline.lanes:
        return Html("")
    told = "Timeline of workers: one bar a trial, or how busy they were"
    caption = plots.timeline.note(c.timeline)
    return section(
        "timeline", "Who evaluated when", plot("fig-timeline", plots.timeline.interactive(c.timeline), told, caption)
    )


def _percent(value: float) -> str:
    return "less than 1 %" if value < 1 else f"{value:.0f} %"
