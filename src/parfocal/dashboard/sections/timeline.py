"""Who evaluated what and when."""

from typing import Any

from parfocal.analysis import Spans, timeline
from parfocal.dashboard.chosen import chosen
from parfocal.dashboard.sections import Shown, follow, kept, place, waiting
from parfocal.dashboard.source import Source, View
from parfocal.dashboard.times import Times, only
from parfocal.plots import timeline as drawn

ID = "study-timeline"


def body(source: Source, view: View) -> list[Any]:
    """Return the place of the figure."""
    return place(ID)


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""

    def build(view: View, choice: Any) -> Shown:
        times = source.once(("times", view.record.id), Times)
        later = source.later(view, "spans", lambda: times.spans(source, view))
        if later.value is None:
            return waiting(later, "Reading the times of all trials …")
        which, board = chosen(source, view, choice), source.status()
        hosts = {worker.id: worker.host for worker in (board.workers if board is not None else ()) if worker.host}
        spans: Spans = only(later.value, which.mask)
        now = board.now if board is not None else None
        figure = drawn.interactive(timeline(spans, now=now, hosts=hosts))
        note = f"{kept(which)}{later.error}"
        return Shown(figure, None, note, "Workers over time", busy=later.busy)

    follow(app, source, ID, build)
