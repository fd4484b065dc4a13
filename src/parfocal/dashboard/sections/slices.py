"""Every trial's value against each parameter."""

from typing import Any

from parfocal.analysis import slices
from parfocal.dashboard.chosen import chosen
from parfocal.dashboard.sections import Shown, follow, kept, place, sliced
from parfocal.dashboard.source import Source, View
from parfocal.plots import slices as drawn

ID = "study-slices"
_POINTS = 500


def body(source: Source, view: View) -> list[Any]:
    """Return the controls and the place of the figure."""
    return [sliced(source, view, "study-sliced"), *place(ID)]


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""

    def build(view: View, choice: Any, names: list[str] | None, width: int | None) -> Shown:
        which, names = chosen(source, view, choice), names or []
        columns = 1 if width and width < 700 else 3
        table = source.table(
            view,
            ("slices", which.key, tuple(names)),
            lambda: slices(view.space, which.only, view.objective, names, points=_POINTS),
        )
        figure = drawn.interactive(table, view.objective.label, columns)
        return Shown(figure, None, kept(which), "Value against each parameter", f"{names}{columns}")

    follow(app, source, ID, build, [("study-sliced", "value"), ("width", "data")])
