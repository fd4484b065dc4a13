"""What a copy of a history inherits: only what cannot change, or says how to be copied."""

from dataclasses import dataclass

import numpy as np

from parfocal.samplers import give_back, inherit, notebook
from parfocal.trials import History


@dataclass(frozen=True)
class Constant:
    value: int


@dataclass
class Variable:
    value: int


class Forked:
    def __init__(self, value=0):
        self.value = value

    def fork(self):
        return Forked(self.value)


def test_constants_are_shared_forks_are_copied_and_all_else_is_left_behind():
    earlier, later = History(1), History(1)
    constant, forked = (3, "a", None, Constant(1)), Forked(7)
    notes = notebook(earlier)
    notes.update(constant=constant, forked=forked, list=[1], variable=(Variable(1),), array=(np.zeros(2),))
    inherit(later, earlier)
    assert set(notebook(later)) == {"constant", "forked"}
    assert notebook(later)["constant"] is constant
    assert notebook(later)["forked"] is not forked
    assert notebook(later)["forked"].value == 7


def test_what_was_noted_of_results_comes_back_and_nothing_that_can_change():
    earlier, later = History(1), History(1)
    notebook(later).update(constant=(4, Constant(2)), forked=Forked(1), list=[1])
    give_back(earlier, later)
    assert notebook(earlier) == {"constant": (4, Constant(2))}
