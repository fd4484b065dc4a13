import io

import numpy as np
import pytest
from tests.plots.test_figures import as_json, drawn

from parfocal.analysis import Spans, spans, timeline
from parfocal.plots import timeline as figures
from parfocal.trials import State


def busy(workers: int, n: int) -> Spans:
    rng = np.random.default_rng(0)
    start = np.sort(rng.uniform(0, 5000, n))
    state = rng.choice([int(s) for s in State if s > State.RUNNING], n)
    finished = start + rng.gamma(2, 30, n)
    finished[-workers:] = np.nan
    names = [f"w{i}-<b>$-{i}-b4628e-27b8a7-{i:06x}" for i in rng.integers(0, workers, n)]
    return spans(range(n), names, start - 3, start, finished, state)


@pytest.mark.parametrize(("workers", "n"), [(1, 1), (2, 30), (40, 900), (300, 9000)])
def test_every_timeline_is_drawn_twice(workers: int, n: int) -> None:
    table = timeline(busy(workers, n))
    figure = as_json(figures.interactive(table))
    assert figure["layout"]["xaxis2"]["title"]["text"].startswith("time [")
    for width in ("one", "two"):
        drawn(figures.printed(table, width))  # type: ignore[arg-type]
    assert "waited" in figures.note(table)


def test_nothing_is_said() -> None:
    table = timeline([])
    assert "No trial" in as_json(figures.interactive(table))["layout"]["annotations"][0]["text"]
    drawn(figures.printed(table))
    assert figures.note(table).startswith("No trial")


def test_each_trial_has_one_bar_of_its_state() -> None:
    table = timeline(busy(8, 200))
    bars = [t for t in as_json(figures.interactive(table))["data"] if t["type"] == "bar"]
    assert sum(len(t["x"]) for t in bars) == 200
    assert {t["name"] for t in bars} == {"complete", "pruned", "failed", "lost", "running"}
    numbers = sorted(row[0] for t in bars for row in t["customdata"])
    assert numbers == list(range(200))


def test_the_largest_figures_stay_small() -> None:
    table = timeline(busy(1000, 175_000))
    assert table.bars is None and "too many" in figures.note(table).lower()
    assert len(figures.interactive(table).to_json()) < 2_000_000
    written = io.BytesIO()
    figures.printed(table).savefig(written, format="svg")
    assert len(written.getvalue()) < 2_000_000
    assert len(figures.interactive(timeline(busy(30, 4000))).to_json()) < 2_000_000
