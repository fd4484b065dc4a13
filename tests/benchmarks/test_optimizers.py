"""The comparison of optimizers: its numbers, its store and its conversation, without any peer."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.optimizers import store
from benchmarks.optimizers.__main__ import runs_of
from benchmarks.optimizers.runs import PATIENCE, Own, Run, play
from benchmarks.optimizers.scores import ranking, regrets, score
from benchmarks.optimizers.task import INITIAL, Reference, Task
from benchmarks.optimizers.wire import Inexpressible, describe, to_row, to_values

from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.testing import kinds


def task(evaluations: int = 30, optimum: float | None = None) -> Task:
    space = Space({"low": Integer(0, 9, levels=10), "high": Integer(0, 9, levels=10)}, ["low < high"])
    return Task("toy", "Toy", "development", space, lambda X: X.sum(axis=1), evaluations, optimum)


class Stubborn:
    """Asks for the same row for ever."""

    def __init__(self, row: np.ndarray) -> None:
        self.row, self.told, self.spent = row, [], (0.0, 0.0)

    def ask(self) -> np.ndarray:
        return self.row

    def tell(self, row: np.ndarray, loss: float, failed: bool) -> None:
        self.told.append((loss, failed))


def test_regret_is_one_at_the_median_and_zero_at_the_optimum():
    curve = regrets([5.0, 9.0, 3.0, 1.0], Reference(1.0, 5.0, True), 6)
    assert curve.tolist() == [1.0, 1.0, 0.5, 0.0, 0.0, 0.0]
    assert regrets([0.5], Reference(1.0, 5.0, True), 2).tolist() == [0.0, 0.0]


def test_a_better_loss_moves_an_estimated_optimum_only():
    assert Reference(1.0, 5.0, False).below(0.5).optimum == 0.5
    assert Reference(1.0, 5.0, False).below(2.0).optimum == 1.0
    assert Reference(1.0, 5.0, True).below(0.5).optimum == 1.0


def test_ranking_shares_ranks_and_names_the_tied():
    table = {"bad": [3.0] * 12, "good": [0.0] * 12, "same": [0.0] * 12}
    found = ranking(table)
    assert found.test.optimizers[2] == "bad"
    assert found.test.ranks.tolist() == [1.5, 1.5, 3.0]
    assert set(found.test.tied) == {"good", "same"}
    assert found.test.p_chi2 < 0.001
    assert found.means.tolist() == [0.0, 0.0, 3.0]


def test_score_averages_after_the_initial_trials():
    runs = [
        Run("toy", "", "random", seed, "1", [4.0] * INITIAL + [0.0] * 10, [9.0, 2.0, 4.0], [1.0]) for seed in (0, 1)
    ]
    found = score(task(), Reference(0.0, 4.0, True), runs)
    assert (found.anytime, found.at(0.5), found.at(1.0)) == (0.0, 1.0, 0.0)
    assert found.reached == 1.0
    assert found.milliseconds == 3.0  # the first ask is left out


def test_initial_trials_depend_on_task_and_seed_alone():
    assert np.array_equal(task().initial(3), task(50).initial(3))
    assert not np.array_equal(task().initial(3), task().initial(4))


def test_own_optimizers_play_to_the_end_and_stop_at_the_optimum():
    toy = task()
    rows = toy.initial(0)
    losses = toy.loss(rows)
    found, cpu, wall, rejected = play(toy, Own.start(toy, "random", 0, rows, losses), losses)
    assert (len(found), len(cpu), len(wall), rejected) == (30, 10, 10, 0)
    done = task(optimum=float(losses.min()))
    assert play(done, Own.start(done, "random", 0, rows, losses), losses)[0] == losses.tolist()


def test_infeasible_configurations_are_told_as_failed_and_count_only_when_there_are_many():
    toy = task()
    rows = toy.initial(0)
    losses = toy.loss(rows)
    player = Stubborn(toy.space.canonical(np.array([[0.95, 0.05]]))[0])
    found, cpu, _, rejected = play(toy, player, losses)
    assert len(found) == 30 and len(cpu) == 10
    assert rejected == PATIENCE + 10
    assert set(player.told) == {(losses.max(), True)}
    assert set(found[INITIAL:]) == {losses.max()}


def test_plain_values_come_back_as_the_same_rows():
    rng = np.random.default_rng(0)
    tree = Space(
        {
            "rate": Float(1e-5, 0.1, log=True),
            "sigma": Float(0.0, 5.0, levels=21),
            "model": Categorical(["a", "b", "c"]),
            "flag": Boolean(when="model in ['a', 'c']"),
            "depth": Integer(1, 30, when="flag == True"),
        }
    )
    plain = {item["name"]: item for item in json.loads(json.dumps(describe(tree)))["parameters"]}
    assert plain["rate"] == {"name": "rate", "kind": "float", "low": 1e-5, "high": 0.1, "log": True, "when": None}
    assert plain["sigma"]["count"] == 21 and plain["flag"]["when"] == ["model", [0, 2]]
    assert plain["depth"]["when"] == ["flag", [1]]
    for space in (tree, kinds.mixed(), kinds.categorical(), task().space):
        for row in space.sample(30, rng):
            values = json.loads(json.dumps(to_values(space, row)))
            assert np.allclose(to_row(space, values), row, rtol=0, atol=1e-12, equal_nan=True)


def test_what_peers_cannot_express_is_refused():
    assert describe(task().space)["below"] == [["low", "high"]]
    with pytest.raises(Inexpressible, match="constraint"):
        describe(kinds.constrained())
    with pytest.raises(Inexpressible, match="condition"):
        describe(kinds.conditional())


def test_the_store_goes_on_after_a_crash(tmp_path: Path):
    path = tmp_path / "runs.jsonl"
    first, again = (Run("toy", "f", "random", 0, "1", [loss], [], []) for loss in (2.0, 1.0))
    store.append(path, first)
    with path.open("a") as lines:
        lines.write('{"task": "toy", "los\n')
    store.append(path, again)
    assert [run.losses for run in store.read(path).values()] == [[1.0]]
    assert store.read(path, [("toy", "other")]) == {}


def test_seeds_for_all_and_for_one():
    assert runs_of(["5", "smac3=2"], ["smac3", "tpe"]) == {"smac3": 2, "tpe": 5}
    assert runs_of(["smac3=2"], ["smac3", "tpe"]) == {"smac3": 2, "tpe": 20}
