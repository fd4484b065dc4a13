import numpy as np
import PIL.Image
import pytest
from tests.report.test_trust import SCORE

from parfocal.analysis import paired
from parfocal.report.pictures import BYTES, MOST, caption, choose, smaller
from parfocal.report.unseen import Unseen
from parfocal.trials import Objective


def unseen(before, after, objective=SCORE):
    pair = paired(np.array(before), np.array(after), maximize=objective.direction == "maximize")
    return Unseen(tuple(f"i{k}" for k in range(len(before))), 0.0, 0.0, objective.metric, pair)


def reasons(table, objective=SCORE):
    return {each.image: each.why for each in choose(None, table, objective, most=2 * MOST)}


def test_who_is_shown_and_why():
    found = reasons(unseen([0.5, 0.5, 0.9, 0.2, 0.6], [0.9, 0.4, 0.95, 0.3, 0.7]))
    assert found["i0"] == ("gained most",)
    assert found["i1"] == ("lost most",)
    assert found["i3"] == ("worst under the best configuration",)
    assert found["i4"] == ("typical, the middle one under the best configuration",)
    assert found["i2"] == ("best under the best configuration",)


def test_lower_is_better():
    found = reasons(unseen([3.0, 3.0, 3.0], [1.0, 4.0, 2.0], Objective("rmse")), Objective("rmse"))
    assert found["i0"] == ("gained most", "best under the best configuration")
    assert found["i1"] == ("lost most", "worst under the best configuration")


def test_an_image_comes_once_and_one_without_a_score_not_at_all():
    assert reasons(unseen([0.5], [0.6])) == {"i0": ("the only one",)}
    assert reasons(unseen([0.5, np.nan], [0.6, 0.9])) == {"i0": ("the only one",)}
    assert reasons(unseen([np.nan], [0.6])) == {} and choose(None, None, SCORE) == ()
    assert len(choose(None, unseen(np.arange(9.0), np.arange(9.0)[::-1].copy()), SCORE)) == MOST // 2


def test_captions_name_use_reason_and_scores():
    first, second = choose(None, unseen([0.5, 0.6], [0.75, 0.55]), SCORE)
    assert caption(first, "f1") == (
        "i0 (held out): gained most, typical, the middle one under the best configuration and best under the best "
        "configuration. f1 0.5 by default, 0.75 tuned (0.25 better)."
    )
    assert "i1 (held out): lost most and worst under" in caption(second, "f1") and "(0.05 worse)" in caption(
        second, "f1"
    )


@pytest.mark.parametrize("noise", [False, True])
def test_pictures_are_small_and_of_the_smaller_format(noise, tmp_path):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1500, 3000, 3), dtype=np.uint8) if noise else np.zeros((1500, 3000, 3), np.uint8)
    PIL.Image.fromarray(pixels).save(tmp_path / "big.png")
    path = smaller(tmp_path / "big.png", tmp_path / "small")
    assert path.stat().st_size <= BYTES and path.suffix == (".jpg" if noise else ".png")
    with PIL.Image.open(path) as made:
        assert made.width <= 1600 and abs(made.width / made.height - 2) < 0.01
