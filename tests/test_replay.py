"""Every ask of a run with several workers can be made again, to the bit, whoever asks and however results came in."""

import numpy as np
import pytest

from parfocal import Categorical, Float, Integer, Study
from parfocal.errors import MissingPackage
from parfocal.optimizers import ZOO
from parfocal.search import Search
from parfocal.storage import MemoryStorage
from parfocal.trials import Outcome, Reason

SPACE = {
    "sigma": Float(0.5, 8.0, log=True),
    "threshold": Float(0.0, 1.0, levels=11),
    "method": Categorical(["otsu", "li", "local"]),
    "window": Integer(3, 31, when="method == 'local'"),
}
LEARNERS = [member.name for member in ZOO if not (member.package or member.baseline)]


def loss_of(configuration):
    if "x" in configuration:
        return (configuration["x"] - 0.3) ** 2 + (configuration["y"] - 0.6) ** 2
    return (
        abs(np.log(configuration["sigma"]) - 0.7) + configuration["threshold"] + 0.02 * configuration.get("window", 9)
    )


def study(optimizer, storage=None):
    return Study(SPACE, "minimize loss", optimizer=optimizer, storage=storage, warmup=8, seed=3)


def search_of(one, asker):
    """Return another process's view of a study."""
    search = Search(one.storage, one.record, one.space, one.objective, one.composition, one.seed, one.warmup)
    search.asker = asker
    return search


def in_parallel(one, trials, rng, most=3):
    """Evaluate as some workers would, in a random order; the lead goes from one asker to the other."""
    storage, record = one.storage, one.record.id
    storage.set_budget(record, trials)
    askers = [search_of(one, name) for name in ("a", "b")]
    claimed = []
    while (state := storage.state(record)).spent < trials:
        if rng.random() < 0.1:
            storage.resign(record)
        asker = askers[rng.integers(2)]
        asker._tried = -np.inf
        asker.fill(int(rng.integers(1, most + 1)))
        claimed += storage.claim(record, "w", int(rng.integers(1, most + 1)))
        for _ in range(int(rng.integers(0, most + 1))):
            if not claimed:
                break
            trial = claimed.pop(rng.integers(len(claimed)))
            loss = loss_of(trial.configuration)
            outcome = Outcome.complete({"loss": loss}, runtime=0.1 + loss)
            if rng.random() < 0.1:
                loss, outcome = np.nan, Outcome.failed(Reason.ERROR, "no luck")
            assert storage.report(record, "w", [(trial.number, trial.attempts, outcome, loss)]).all()
        assert state.counts.pending < 6 * most


@pytest.mark.parametrize("optimizer", LEARNERS)
def test_a_parallel_run_is_replayed_to_the_bit(optimizer):
    try:
        one = study(optimizer, MemoryStorage())
    except MissingPackage as error:
        pytest.skip(str(error))
    in_parallel(one, 40, np.random.default_rng(1))
    asks = list(one.replay())
    assert sum(ask.count for ask in asks) == one.counts.total >= 40
    assert len(asks) > 12 and max(ask.told for ask in asks) > 20
    assert [ask for ask in asks if ask.differing] == []


@pytest.mark.parametrize("seed", range(3))
def test_an_evolution_of_many_late_results_is_replayed(seed):
    """Large asks draw far beyond what a generation's results are looked for in; nothing may depend on how far."""
    one = Study({"x": Float(0, 1), "y": Float(0, 1)}, "minimize loss", optimizer="cma-es", storage=MemoryStorage())
    rng = np.random.default_rng(seed)
    in_parallel(one, 240, rng, most=30)
    assert [ask for ask in one.replay() if ask.differing] == []


def test_a_difference_is_found(tmp_path):
    one = study("tpe", MemoryStorage())
    in_parallel(one, 20, np.random.default_rng(1))
    other = Study(SPACE, "minimize loss", optimizer="gp", storage=MemoryStorage(), warmup=8, seed=3)
    other.storage, other.record = one.storage, one.record
    asks = list(other.replay())
    assert all(not ask.differing for ask in asks if ask.first + ask.count <= 8)
    assert any(ask.differing for ask in asks)


def test_a_part_is_replayed_and_given_trials_are_left_out():
    one = study("random", MemoryStorage())
    one.enqueue([{"sigma": 1.0}])
    in_parallel(one, 20, np.random.default_rng(2))
    whole = list(one.replay())
    assert whole[0].first == 1
    assert list(one.replay(start=5, stop=12)) == [ask for ask in whole if 5 <= ask.first < 12]


def test_a_finite_space_ends():
    one = Study({"k": Integer(0, 6)}, "minimize loss", optimizer="random", storage=MemoryStorage(), seed=1)
    search = search_of(one, "a")
    one.storage.set_budget(one.record.id, 50)
    for queue in (5, 50, 50):
        search.fill(queue)
    assert search.exhausted and one.counts.total == 7
    assert [(ask.count, ask.differing) for ask in one.replay()] == [(5, ()), (2, ())]
