"""The best that each parameter's value allows, and how far it may be moved at little loss."""

from typing import Any

from parfocal.analysis import profiles
from parfocal.dashboard.chosen import chosen
from parfocal.dashboard.sections import Shown, follow, kept, place, sliced
from parfocal.dashboard.source import Source, View
from parfocal.plots import profiles as drawn

ID = "study-profiles"


def body(source: Source, view: View) -> list[Any]:
    """Return the controls and the place of the figure."""
    return [sliced(source, view, "study-profiled"), *place(ID)]


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""

    def build(view: View, choice: Any, names: list[str] | None, width: int | None) -> Shown:
        which, names = chosen(source, view, choice), names or []
        columns = 1 if width and width < 700 else 3
        table = source.table(
            view, ("profiles", which.key, tuple(names)), lambda: profiles(view.space, which.only, view.objective, names)
        )
        figure = drawn.interactive(table, view.objective.label, columns)
        return Shown(figure, None, kept(which), "Best value that each parameter's value allows", f"{names}{columns}")

    follow(app, source, ID, build, [("study-profiled", "value"), ("width", "data")])
