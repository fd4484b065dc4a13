import numpy as np
import pytest

from parfocal import Float, Study
from parfocal.analysis import members
from parfocal.analysis.members import OTHERS
from parfocal.trials import History, Objective, State


def test_trials_records_and_the_best_are_counted_for_each_member():
    history = History(1)
    history.append(np.linspace(0, 1, 7)[:, None], member=[-1, 0, 1, 1, 0, 0, 2])
    history.tell([0, 2, 1, 3], State.COMPLETE, [-0.5, -0.7, -0.6, -0.9])
    history.tell([4], State.FAILED, np.nan)
    rows = members(history, Objective("f1", "maximize"), ("gp", "forest", "tpe", "never"))
    assert [row.name for row in rows] == ["gp", "forest", "tpe", OTHERS]
    assert [(r.trials, r.complete, r.failed, r.records) for r in rows] == [
        (3, 1, 1, 0), (2, 2, 0, 2), (1, 0, 0, 0), (1, 1, 0, 1),
    ]  # fmt: skip
    assert [rows[0].best, rows[1].best, rows[3].best] == pytest.approx([0.6, 0.9, 0.5])
    assert np.isnan(rows[2].best)
    assert all(row.why == "" for row in rows)
    assert members(History(1), Objective("f1"), ("gp",)) == ()


def test_reasons_are_read_from_the_latest_trial_of_each():
    study = Study({"x": Float(0, 1)}, evaluator=lambda x: x, optimizer="portfolio(members='tpe | local')").run(40)
    rows = members(study.history, study.objective, study.composition.policy.texts, lambda i: study.trials(i, i + 1)[0])
    assert {row.name for row in rows} == {"tpe", "local", OTHERS}
    assert all("share" in row.why for row in rows if row.name != OTHERS)
    assert sum(row.trials for row in rows) == 40
