import gc

import numpy as np
import pytest

from parfocal.errors import InvalidInput
from parfocal.samplers import EMPTY, Selection, best_first, notebook, of_best
from parfocal.trials import History, State


@pytest.fixture
def history():
    history = History(1)
    history.append(np.linspace(0, 1, 7)[:, None])
    history.tell([0, 1, 2, 3, 4], [2, 2, 4, 2, 5], [3.0, 1.0, np.nan, 1.0, np.nan])
    return history


def test_best_first_breaks_ties_by_number_and_puts_no_loss_last(history):
    assert best_first(history, np.array([3, 2, 0, 1])).tolist() == [1, 3, 0, 2]


def test_a_higher_fidelity_counts_first():
    history = History(1)
    history.append(np.zeros((3, 1)), fidelity=[1.0, 0.1, 1.0])
    history.tell([0, 1, 2], State.COMPLETE, [3.0, 1.0, 2.0])
    assert best_first(history, np.arange(3)).tolist() == [2, 0, 1]
    assert history.best == 2


def test_of_best(history):
    selection = of_best(history, 2, failed=True, pending=True)
    assert selection.rows.tolist() == [1, 3, 0, 2, 5, 6]
    assert selection.good_rows.tolist() == [1, 3]
    assert selection.swapped().good_rows.tolist() == [0, 2, 5, 6]
    assert (selection.generations == -1).all()
    assert of_best(history, 99).good.tolist() == [True] * 3


def test_lengths_must_agree():
    with pytest.raises(InvalidInput, match="one length"):
        Selection(rows=np.arange(3))
    assert len(EMPTY) == 0 and len(EMPTY.good_rows) == 0


def test_a_notebook_lives_as_long_as_its_history(history):
    notebook(history)["x"] = 1
    assert notebook(history) == {"x": 1} and notebook(History(1)) == {}
    from parfocal.samplers.memo import _BOOKS

    count = len(_BOOKS)
    other = History(1)
    notebook(other)
    assert len(_BOOKS) == count + 1
    del other
    gc.collect()
    assert len(_BOOKS) <= count
