"""Which parameters matter: computed behind the page when it is opened, and again when one asks for it."""

from typing import Any

from parfocal.analysis import importance
from parfocal.dashboard import parts
from parfocal.dashboard.chosen import rows
from parfocal.dashboard.sections import Shown, follow, place, waiting
from parfocal.dashboard.source import Source, View
from parfocal.plots import importance as drawn

ID = "study-importance"
AGAIN = "study-importance-again"
METHODS = {
    "fanova": "functional ANOVA: variance explained over the space",
    "ped-anova": "PED-ANOVA: where the best trials lie (fastest)",
    "permutation": "permutation: what is lost when it is shuffled",
}


def body(source: Source, view: View) -> list[Any]:
    """Return the controls and the place of the figure."""
    from dash import dcc, html

    options = [{"label": text, "value": method} for method, text in METHODS.items()]
    return [
        html.Div(
            [
                html.Label("Method", htmlFor="study-method"),
                dcc.Dropdown(options, "fanova", id="study-method", clearable=False, searchable=False, className="wide"),
                html.Button("Compute again", id=AGAIN),
            ],
            className="controls",
        ),
        *place(ID),
    ]


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    from dash import ctx

    def build(view: View, choice: Any, method: Any, _: int | None) -> Shown:
        every = rows(source, view)
        later = source.later(
            view,
            ("importance", method),
            lambda: (importance(view.space, every, view.objective, method=method),),
            again=ctx.triggered_id == AGAIN,
        )
        if later.value is None:
            return waiting(later, "Computing the importance of all parameters …")
        new = len(view.history.finished_order) - later.trials
        age = f"From {later.trials:,} finished trials" + (f"; {parts.counted(new, 'trial')} since" if new else "")
        note = f"{age}{', computing again …' if later.busy else '.'} {later.error}"
        return Shown(drawn.interactive(later.value), None, note, "Importance of parameters", method, later.busy)

    follow(app, source, ID, build, [("study-method", "value"), (AGAIN, "n_clicks")], matters=lambda choice: None)
