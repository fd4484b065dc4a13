from typing import Any

import numpy as np
import pytest
from tests.analysis.test_failure_map import SPACE, failing, memory
from tests.plots.test_figures import CASES, as_json, drawn

from parfocal.analysis import failure_map
from parfocal.plots import failure_map as shares
from parfocal.plots import failure_plane as plane


@pytest.mark.parametrize("name", list(CASES))
def test_every_map_is_drawn_twice(name: str) -> None:
    space, histories = CASES[name]
    for table in failure_map(space, histories):
        for module in (shares, plane):
            assert as_json(module.interactive(table))["layout"]
            for width in ("one", "two"):
                drawn(module.printed(table, width))  # type: ignore[arg-type]


def test_shares_and_intervals_are_those_of_the_table() -> None:
    (table,) = failure_map(SPACE, failing(300, memory)[0])
    figure = as_json(shares.interactive(table))
    traces: list[dict[str, Any]] = figure["data"]
    assert len(traces) == 6 and figure["layout"]["yaxis"]["title"]["text"] == "failed (memory) [%]"
    for share, trace in zip(table.parameters, traces, strict=True):
        some = share.trials > 0
        np.testing.assert_allclose(trace["y"], 100 * share.share[some], rtol=1e-5)
        top = np.array(trace["y"]) + np.array(trace["error_y"]["array"])
        np.testing.assert_allclose(top, 100 * share.high[some], rtol=1e-4, atol=1e-4)


def test_the_plane_has_every_failed_trial() -> None:
    (table,) = failure_map(SPACE, failing(300, memory)[0])
    heat, points = as_json(plane.interactive(table))["data"]
    assert len(points["x"]) == table.failed and sorted(points["customdata"]) == points["customdata"]
    assert np.nansum([cell[1] for row in heat["customdata"] for cell in row]) == table.trials


def test_many_failures_make_small_figures() -> None:
    tables = failure_map(SPACE, failing(60_000, memory)[0])
    assert all(len(module.interactive(tables[0]).to_json()) < 200_000 for module in (shares, plane))
