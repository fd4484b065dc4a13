"""Warm start: what is carried from an earlier study to another space, and what it saves."""

from math import comb

import numpy as np
import pytest

from parfocal import Boolean, Categorical, Float, Integer, Ordinal, Space, Study
from parfocal.cli.run import run_experiment
from parfocal.errors import InvalidInput
from parfocal.storage import open_storage
from parfocal.warmstart import WarmStart, carried, diverse, translated

OLD = {
    "sigma": Float(0.5, 8.0, default=1.0),
    "size": Integer(1, 9),
    "mode": Categorical(["a", "b", "c"]),
    "old": Float(0, 1),
}


def quality(sigma, size, mode, old):
    return (sigma - 6) ** 2 + abs(size - 7) + (mode != "b") + old


def test_values_move_to_what_the_new_space_can_hold():
    space = Space(
        {
            "sigma": Float(0.0, 4.0, levels=5),
            "size": Integer(0, 6, step=2),
            "mode": Categorical(["a", "b"]),
            "power": Ordinal([1, 2, 4]),
            "flag": Boolean(),
            "new": Float(0, 1, default=0.3),
        }
    )
    old = {"sigma": 6.2, "size": 4.6, "mode": "c", "power": 2.0, "flag": 1, "old": 3}
    assert translated(space, old) == {"sigma": 4.0, "size": 5, "power": 2}
    assert translated(space, {"sigma": True, "mode": "b", "flag": False}) == {"mode": "b", "flag": False}
    X = space.encode([translated(space, old)])
    assert space.decode(X)[0] == {"sigma": 4.0, "size": 4, "mode": "a", "power": 2, "flag": False, "new": 0.3}


@pytest.fixture
def earlier(tmp_path):
    return Study(OLD, "minimize loss", quality, storage=tmp_path / "earlier.db", name="first", optimizer="random").run(
        120
    )


def test_the_best_different_ones_come_first_and_say_where_they_are_from(earlier, tmp_path):
    space = {"sigma": Float(0.5, 5.0), "mode": Categorical(["a", "b"]), "new": Float(0, 1)}

    def loss(sigma, mode, new):
        return abs(sigma - 5) + (mode == "a") + new

    for budget in (5, 30):  # going on queues nothing again
        study = Study(
            space, "minimize loss", loss, default={"sigma": 1.0, "mode": "a", "new": 0.0}, enqueue=[{"sigma": 2.0}],
            warm_start=WarmStart(tmp_path / "earlier.db", top=6), storage=tmp_path / "new.db", optimizer="random",
        ).run(budget)  # fmt: skip
    trials = study.trials()
    assert [t.provenance.note for t in trials[:2]] == ["default", "given"]
    ranks = np.argsort(earlier.history.loss, kind="stable").tolist()
    notes = [t.provenance.note for t in trials if (t.provenance.note or "").startswith("warm start")]
    assert len(notes) == 6 and trials[2].provenance.note == f"warm start: trial {ranks[0]} of study 'first'"
    places = [ranks.index(int(note.split()[3])) for note in notes]
    assert places == sorted(places) and max(places) < 60, "best first, of the better half"
    assert all(t.configuration["new"] == 0.5 for t in trials[2:8]), "new parameters stand at their median"
    assert len({tuple(t.configuration.items()) for t in trials[:8]}) == 8
    assert len(trials) == 30
    same = carried(study.space, WarmStart(earlier, top=6))
    assert [c for c, _ in same] == [dict(t.configuration) for t in trials[2:8]], "a study serves as well as its file"


def test_chosen_rows_differ():
    space = Space({"x": Float(0, 1), "c": Categorical(["a", "b"])})
    X = space.encode([{"x": x, "c": c} for x, c in [(0.5, "a"), (0.51, "a"), (0.52, "a"), (0.5, "b"), (0.0, "a")]])
    assert diverse(space, X, 3) == [0, 3, 4]
    assert diverse(space, X, 9) == [0, 1, 2, 3, 4]


def test_carried_configurations_keep_constraints(earlier):
    space = Space({"size": Integer(1, 9), "most": Integer(1, 9, default=3)}, ["size < most"])
    found = [configuration for configuration, _ in carried(space, WarmStart(earlier))]
    assert found and all(space.contains(found))


@pytest.mark.parametrize(
    ("start", "text"),
    [
        ("nowhere.db", "There is no database 'nowhere.db'"),
        ({"storage": "nowhere.db", "tpo": 3}, r"no key 'tpo' \(did you mean 'top'\?\)"),
        ({"study": "first"}, "'storage' is missing"),
        (7, "needs a path, a URL or a study"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(start, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match=text):
        Study({"x": Float(0, 1)}, warm_start=start)
    assert not list(tmp_path.iterdir())


def test_nothing_in_common_is_said(earlier, tmp_path):
    with pytest.raises(InvalidInput, match="it has sigma, size, mode, old, and this space has x, mode; parameters"):
        Study({"x": Float(0, 1), "mode": Categorical(["d", "e"])}, warm_start=earlier)
    empty = Study(OLD, name="empty", storage=tmp_path / "earlier.db")
    with pytest.raises(InvalidInput, match="no complete trial"):
        Study(OLD, warm_start=empty)
    with pytest.raises(InvalidInput, match=r"holds 2 studies \('first', 'empty'\): say which one \(warm_start:"):
        Study(OLD, warm_start=tmp_path / "earlier.db")


def test_an_experiment_starts_from_an_earlier_one(earlier, tmp_path, capsys):
    (tmp_path / "pipe.py").write_text("def score(sigma, size):\n    return abs(sigma - 6) + size / 10\n")
    text = """
space: {sigma: {type: float, low: 0.5, high: 8.0}, size: {type: integer, low: 1, high: 9}}
objective: loss
evaluation: {kind: python, function: 'pipe:score'}
optimizer: random
budget: 8
workers: 1
isolation: none
"""
    for name, more, option in [
        ("file", "warm_start: {storage: earlier.db, study: first, top: 4}\n", None),
        ("option", "", tmp_path / "earlier.db"),
    ]:
        path = tmp_path / f"{name}.yaml"
        path.write_text(text + more)
        run_experiment(path, None, None, False, option)
        assert f"{4 if option is None else 10} given configurations" in capsys.readouterr().err
        storage = open_storage(tmp_path / f"{name}.db")
        notes = [trial.provenance.note for trial in storage.trials(storage.studies()[0].id, 0, 4)]
        assert all(note.startswith("warm start: trial ") for note in notes)


def test_a_search_on_a_shifted_problem_needs_fewer_trials():
    """Sign test over 12 seeds, one-sided: with no effect it passes with a probability of at most 0.02."""
    space = {f"x{i}": Float(0, 1) for i in range(4)}

    def to_target(seed, warm_start):
        def shifted(**x):
            return sum((value - 0.75) ** 2 for value in x.values())

        study = Study(space, "minimize loss", shifted, optimizer="smac-rf", seed=seed, warm_start=warm_start).run(50)
        reached = np.flatnonzero(study.history.loss <= 0.05)
        return int(reached[0]) if reached.size else 50

    won = lost = 0
    for seed in range(12):
        before = Study(
            space, "minimize loss", lambda **x: 5 * sum((v - 0.7) ** 2 for v in x.values()), seed=100 + seed
        ).run(50)
        with_, without = to_target(seed, before), to_target(seed, None)
        won, lost = won + (with_ < without), lost + (with_ > without)
    pairs = won + lost
    p_value = sum(comb(pairs, k) for k in range(won, pairs + 1)) / 2**pairs
    assert p_value <= 0.02, f"fewer trials in {won} of {pairs} runs (p = {p_value:.3g})"
