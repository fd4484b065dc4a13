from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import DataError, InvalidInput, SpaceError
from parfocal.metrics import overlap
from parfocal.space import Float, Space
from parfocal.tasks.base import Instance, Task, split
from parfocal.trials import Objective


def instance(name, value=1):
    return Instance(name, np.full((4, 4), value), np.arange(16).reshape(4, 4) > 7)


def threshold_task(train=("a", "b"), held_out=("c",), default=None):
    """A task that keeps the lowest rows: the level is the number of rows that are background."""

    def score(each, values):
        return overlap(each.truth, np.arange(4)[:, None].repeat(4, axis=1) >= values["level"])

    def draw(each, configurations, path):
        path.write_text(f"{each.name}: {configurations}")
        return path

    return Task(
        name="rows",
        title="Rows",
        space=Space({"level": Float(0.0, 4.0, default=1.0)}),
        objective=Objective("dice", "maximize"),
        default={"level": 1.0} if default is None else default,
        train=tuple(instance(name) for name in train),
        held_out=tuple(instance(name) for name in held_out),
        score=score,
        draw=draw,
    )


def test_evaluate_pools_the_training_images_and_keeps_each_score():
    result = threshold_task().evaluate({"level": 2.0})
    assert result.metrics["dice"] == result.metrics["mean_dice"] == 1.0
    assert set(result.scores) == {"a", "b"}
    assert threshold_task().evaluate({"level": 0.0}).metrics["dice"] == pytest.approx(2 * 8 / (8 + 16))


def test_the_test_sees_only_held_out_images():
    assert set(threshold_task().test({"level": 2.0}).scores) == {"c"}
    with pytest.raises(DataError, match="none is held out"):
        threshold_task(held_out=()).test({"level": 2.0})


def test_what_a_configuration_leaves_out_is_the_default_and_what_it_invents_is_refused():
    task = threshold_task()
    assert task.evaluate({}).metrics == task.evaluate({"level": 1.0}).metrics
    with pytest.raises(SpaceError, match=r"no parameter \['levle'\]"):
        task.evaluate({"levle": 1.0})


def test_a_task_checks_itself():
    with pytest.raises(InvalidInput, match="no image to tune on"):
        threshold_task(train=())
    with pytest.raises(InvalidInput, match="different names"):
        threshold_task(train=("a", "c"))
    with pytest.raises(SpaceError, match="level"):
        threshold_task(default={"level": 9.0})


def test_overlays_show_the_held_out_image_first(tmp_path: Path):
    task = threshold_task()
    assert task.overlay({}, tmp_path / "one.png").read_text() == "c: {'one': {'level': 1.0}}"
    both = task.compare({"default": {}, "best": {"level": 2.0}}, tmp_path / "two.png", "b")
    assert both.read_text() == "b: {'default': {'level': 1.0}, 'best': {'level': 2.0}}"
    with pytest.raises(InvalidInput, match="no image 'x': it has c, a, b"):
        task.overlay({}, tmp_path / "no.png", "x")


@given(st.integers(1, 80), st.integers(0, 2**31 - 1))
def test_a_quarter_is_held_out_and_every_image_is_on_one_side(count, seed):
    instances = [instance(str(number)) for number in range(count)]
    train, held_out = split(instances, seed)
    assert sorted(int(each.name) for each in (*train, *held_out)) == list(range(count))
    assert len(train) >= 1
    assert abs(len(held_out) - count / 4) <= 0.75
    assert (len(held_out) > 0) == (count > 1)
    again = split(instances, seed)
    assert [each.name for each in again[0]] == [each.name for each in train]


def test_seeds_give_different_splits():
    instances = [instance(str(number)) for number in range(40)]
    chosen = {tuple(each.name for each in split(instances, seed)[1]) for seed in range(20)}
    assert len(chosen) == 20
