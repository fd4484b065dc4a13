import io
from typing import Any

import numpy as np
import pytest
from tests.analysis.test_per_image import SCORE, SPACE, study
from tests.plots.test_figures import as_json, drawn

from parfocal.analysis import as_runs, per_image
from parfocal.plots import gains, image_groups
from parfocal.plots import per_image as heat
from parfocal.trials import History, Objective

ERROR = Objective("rmse", unit="px")


def made(m: int, objective: Objective = SCORE, default: bool = True, groups: str | None = r"(<b>\$\d)") -> Any:
    rng = np.random.default_rng(0)
    score = rng.random((30, m)) + rng.random(30)[:, None]
    if m > 1:
        score[3, 0] = np.nan
    history, trials = study(score, objective, [f"<b>${i % 4}$_{i}" for i in range(m)])
    where = {"x": 0.0} if default else None
    return per_image(SPACE, as_runs(history, trials), objective, default=where, groups=groups)


@pytest.mark.parametrize("m", [1, 2, 45, 2000])
@pytest.mark.parametrize("objective", [SCORE, ERROR])
def test_every_table_is_drawn_twice_and_small(m: int, objective: Objective) -> None:
    table = made(m, objective)
    for module in (heat, gains, image_groups):
        figure = module.interactive(table)
        assert len(figure.to_json()) < 2_000_000
        for width in ("one", "two"):
            page = module.printed(table, width)  # type: ignore[arg-type]
            drawn(page)
        written = io.BytesIO()
        page.savefig(written, format="svg")
        assert len(written.getvalue()) < 2_000_000
    assert "gain" in gains.note(table)


@pytest.mark.parametrize("kind", ["nothing", "no default", "no groups"])
def test_what_is_missing_is_said(kind: str) -> None:
    table = made(3, default=kind != "no default", groups=None)
    if kind == "nothing":
        table = per_image(SPACE, History(1), SCORE)
    for module in (heat, gains, image_groups):
        drawn(module.printed(table))
        said = as_json(module.interactive(table))["layout"].get("annotations", [])
        assert bool(said) == (kind == "nothing" or module is image_groups or (module is gains and kind == "no default"))


@pytest.mark.parametrize(("objective", "reverse"), [(SCORE, False), (ERROR, True)])
def test_the_heat_map_shows_the_scores_with_the_hardest_on_top(objective: Objective, reverse: bool) -> None:
    table = made(9, objective)
    left, right = as_json(heat.interactive(table))["data"]
    assert right["reversescale"] is reverse and left["zmin"] == right["zmin"]
    expected = table.scores.score[np.ix_(table.top, table.shown)].T
    np.testing.assert_allclose(np.array(right["z"], dtype=float), expected, atol=1e-4)
    np.testing.assert_allclose(np.array(left["z"], dtype=float)[:, 2], table.own[table.shown], atol=1e-4)
    assert right["y"][0] == f"&lt;b&gt;${table.shown[0] % 4}$_{table.shown[0]}"


def test_gains_join_default_and_best() -> None:
    table = made(9)
    data = {t["name"]: t for t in as_json(gains.interactive(table))["data"]}
    np.testing.assert_allclose(data["best"]["x"], table.chosen[table.by_gain], rtol=1e-5)
    np.testing.assert_allclose(data["default"]["x"], table.scores.score[table.default][table.by_gain], rtol=1e-5)
    assert sum(len(data[name]["x"]) // 3 for name in ("gain", "loss") if name in data) == 9
