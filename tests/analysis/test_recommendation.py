"""Noise: repeats as a pure function of seed and history, and a recommendation better than the luckiest trial."""

import json
from math import comb

import numpy as np
import pytest

from parfocal import Float, Integer, Space, Study
from parfocal.analysis import recommendation
from parfocal.cli.show import show_recommendation
from parfocal.errors import InvalidInput
from parfocal.optimizers import Optimizer, propose
from parfocal.optimizers.expected import expected, keys
from parfocal.testing.studies import told
from parfocal.trials import History, Objective, State

PLANE = Space({"x": Float(0, 1), "y": Float(0, 1)})
LOSS = Objective("loss")


def loss(**configuration):
    return sum(configuration.values())


def bowl(X):
    return ((X - [0.7, 0.3]) ** 2).sum(axis=1)


def noisy_run(optimizer, seed, repeats, trials=100, noise=0.2):
    history, rng = History(2), np.random.default_rng(1000 + seed)
    while len(history) < trials:
        X = propose(PLANE, optimizer, history, 1, seed=seed, repeats=repeats).X
        rows = history.append(X)
        history.tell(np.arange(rows.start, rows.stop), State.COMPLETE, bowl(X) + noise * rng.normal(size=len(X)))
    return history


def test_repeats_are_exact_copies_with_a_share_and_a_note():
    optimizer = Optimizer(PLANE, "random", seed=4, repeats=0.3)
    notes = []
    for _ in range(100):
        (suggestion,) = optimizer.ask()
        notes.append(suggestion.provenance.note)
        optimizer.tell(suggestion, sum(suggestion.configuration.values()))
    repeated = [
        (n, int(note.rsplit(" ", 1)[1])) for n, note in enumerate(notes) if note and note.startswith("repeat of")
    ]
    assert all(n >= 20 for n, _ in repeated) and 12 <= len(repeated) <= 36
    for number, first in repeated:
        assert np.array_equal(optimizer.history.X[number], optimizer.history.X[first])
        assert first < number
    again = propose(PLANE, "random", optimizer.history.at(50, 50), 40, seed=4, repeats=0.3)
    same = propose(PLANE, "random", optimizer.history.at(50, 50), 40, seed=4, repeats=0.3)
    assert np.array_equal(again.X, same.X) and again.shares == same.shares
    assert sum(share.count for share in again.shares) == 40
    assert len({share.note for share in again.shares if share.sampler == "repeat"}) > 1, "a batch spreads its repeats"


def test_without_repeats_nothing_changes():
    history = told(np.random.default_rng(0).random((30, 2)), np.arange(30.0))
    assert np.array_equal(propose(PLANE, "tpe", history, 3).X, propose(PLANE, "tpe", history, 3, repeats=0.0).X)
    with pytest.raises(InvalidInput, match=r"from 0 to below 1, for example 0.2; got 1"):
        propose(PLANE, "tpe", history, 3, repeats=1)


def test_a_resumed_study_repeats_what_the_uninterrupted_one_would(tmp_path):
    space = {"k": Integer(0, 40), "m": Integer(0, 40)}

    whole = Study(space, "minimize loss", loss, optimizer="random", repeats=0.4).run(60, batch=1)
    Study(space, "minimize loss", loss, optimizer="random", repeats=0.4, storage=tmp_path / "s.db").run(33, batch=1)
    parts = Study.open(tmp_path / "s.db")
    assert parts.repeats == 0.4
    parts.run(60, batch=1)
    assert [t.configuration for t in parts.trials()] == [t.configuration for t in whole.trials()]
    repeats = [t for t in whole.trials() if t.provenance.sampler == "repeat"]
    assert repeats and len({t.seed for t in whole.trials()}) == 60, "repeats have other seeds"


def test_repeats_are_averaged_and_the_luckiest_stands_beside():
    X = np.array([[0.1, 0.1], [0.5, 0.5], [0.5, 0.5], [0.1, 0.1]])
    found = recommendation(PLANE, told(X, [-1.0, 0.4, 0.6, 3.0]), LOSS)
    assert found.number == 1 and found.value == pytest.approx(0.5) and found.evaluations == 2
    assert found.luckiest_number == 0 and found.luckiest_value == -1.0 and found.luckiest_expected == 1.0
    assert found.noise == pytest.approx(np.sqrt((8.0 + 0.02) / 2))
    assert found.error == pytest.approx(found.noise / np.sqrt(2))
    upside = recommendation(PLANE, told(X, [1.0, -0.4, -0.6, -3.0]), Objective("f1", "maximize"))
    assert upside.luckiest_value == 3.0
    assert recommendation(PLANE, History(2), LOSS) is None
    one = recommendation(PLANE, told(X[:1], [2.0]), LOSS)
    assert one.value == 2.0 and np.isnan(one.error)


def test_the_luckiest_stands_beside_thousands_whose_mean_is_better():
    X = PLANE.sample(1200, np.random.default_rng(0))
    X[[50, 51]] = X[7]
    losses = bowl(X)
    losses[[7, 50, 51]] = 9.0, -1.0, 9.0
    found = recommendation(PLANE, told(X, losses), LOSS)
    assert found.luckiest_number == 50 and found.luckiest_value == -1.0
    assert found.luckiest_expected == pytest.approx(17 / 3)
    table = expected(PLANE, told(X, losses), np.random.default_rng(0), largest=30)
    assert len(table) == 30 and table.rows[-1] == 7 and table.count[-1] == 3
    others = np.delete(np.arange(1200), [7, 50, 51])
    assert set(table.rows[:-1].tolist()) == set(others[np.argsort(losses[others])][:29].tolist())


def test_keys_are_those_of_the_space_that_asks_and_of_all_rows():
    history = told(PLANE.sample(20, np.random.default_rng(0)), np.arange(20.0))
    levels = Space({"k": Integer(0, 3), "m": Integer(0, 3)})
    for space in (PLANE, levels, levels, PLANE):
        assert np.array_equal(keys(space, history), space.keys(history.X))
        history.append(PLANE.sample(3, np.random.default_rng(1)))
        assert np.array_equal(keys(space, history), space.keys(history.X))


def test_where_nothing_is_noisy_the_best_trial_is_recommended():
    X = PLANE.sample(150, np.random.default_rng(2))
    found = recommendation(PLANE, told(X, bowl(X)), LOSS)
    assert bowl(PLANE.encode([found.configuration]))[0] <= bowl(X).min() + 0.003
    assert found.noise < 0.02


def test_a_flat_optimum_is_preferred_where_that_is_wanted():
    X = PLANE.sample(400, np.random.default_rng(1))
    hole = ((X - [0.2, 0.2]) ** 2).sum(axis=1) < 0.02**2
    hole[np.argmin(((X - [0.2, 0.2]) ** 2).sum(axis=1))] = True
    values = np.where(hole, -0.2, bowl(X))
    sharp, flat = (recommendation(PLANE, told(X, values), LOSS, noisy=False, flat=flat) for flat in (False, True))
    assert sharp.value == -0.2
    assert flat.configuration["x"] == pytest.approx(0.7, abs=0.15)
    assert flat.around < 0.08 and flat.luckiest_value == -0.2


@pytest.mark.slow
def test_the_recommended_is_better_than_the_luckiest():
    """One-sided sign test over 60 pairs: with no effect it passes with a probability of at most 0.02."""
    won = lost = 0
    for repeats, trials, noise in [(0.0, 250, 0.2), (0.0, 250, 0.1), (0.3, 150, 0.1)]:
        for seed in range(20):
            history = noisy_run("random", seed, repeats, trials, noise)
            found = recommendation(PLANE, history, LOSS)
            ours, luckiest = bowl(history.X[[found.number, found.luckiest_number]])
            won, lost = won + int(ours < luckiest), lost + int(ours > luckiest)
    pairs = won + lost
    p_value = sum(comb(pairs, k) for k in range(won, pairs + 1)) / 2**pairs
    assert p_value <= 0.02, f"better in {won} of {pairs} runs that differ (p = {p_value:.3g})"


def test_the_command_line_shows_both(tmp_path, capsys):
    Study(PLANE, "maximize f1", loss, optimizer="random", storage=tmp_path / "s.db").run(40)
    show_recommendation(tmp_path / "s.db", None, True, False)
    said = capsys.readouterr().out
    for word in ("recommended", "luckiest trial", "expected f1", "f1 around it", "Noise of a single evaluation"):
        assert word in said
    show_recommendation(tmp_path / "s.db", None, False, True)
    assert set(json.loads(capsys.readouterr().out)) == {"configuration", "f1", "error", "evaluations"}
