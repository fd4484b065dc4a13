"""Random streams: the same for the same name, independent for others."""

import numpy as np

from parfocal.seeds import generator, trial_seeds

FIRST_DRAW = 661844821
FIRST_SEEDS = [1896895516, 926699317, 56766092]


def test_a_stream_is_its_name():
    assert generator(1, "ask", 5).integers(2**63) == generator(1, "ask", 5).integers(2**63)
    draws = {
        int(generator(*name).integers(2**63)) for name in [(1, "ask", 5), (1, "ask", 6), (2, "ask", 5), (1, "a", 5)]
    }
    assert len(draws) == 4


def test_the_numbers_are_fixed_for_all_time():
    """Stored studies are continued by later versions: these must never change."""
    assert generator(0, "ask", 0).integers(2**31) == FIRST_DRAW
    assert trial_seeds(0, np.arange(3)).tolist() == FIRST_SEEDS


def test_trial_seeds_do_not_repeat_early():
    seeds = trial_seeds(42, np.arange(20_000))
    assert seeds.min() >= 0
    assert seeds.max() < 2**31
    # birthday bound: 20,000 draws of 2**31 give 0.09 expected pairs; more than 4 happen with probability below 1e-6
    assert 20_000 - len(np.unique(seeds)) <= 4
    assert abs(seeds.mean() / 2**31 - 0.5) < 5 * (1 / 12 / 20_000) ** 0.5
