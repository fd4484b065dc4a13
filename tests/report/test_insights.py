"""What a report says was learned: parameters, importance, images, failures, workers."""

import re
from html import unescape

import numpy as np
import pytest

from parfocal.report import insights, report_of
from parfocal.report.contents import contents
from parfocal.report.insights import images, importance, parameters, timeline, where_trials_fail
from parfocal.report.trust import over_images
from parfocal.space import Categorical, Float, Space
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective, State

SCORE = Objective("f1", "maximize")


@pytest.fixture(scope="module")
def study():
    evaluator = TaskEvaluator("spots", {"shape": [90, 120], "particles": 14, "count": 6})
    task = evaluator.task
    return Study(task.space, task.objective, evaluator, optimizer="random", default=task.default, seed=1).run(30)


def _text(html):
    return re.sub(
        r"\s+", " ", unescape(re.sub(r"<script.*?</script>|<style.*?</style>|<[^>]+>", " ", html, flags=re.S))
    )


def test_a_study_with_images_tells_everything(study, tmp_path):
    page = report_of(study, tmp_path / "r.html").read_text()
    for identifier in ("parameters", "importance", "parallel", "images", "failures", "timeline"):
        assert f'<section id="{identifier}"' in page
    text = _text(page)
    assert re.search(r"Over the \d+ images it was tuned on, .* of an image gains .* \(95 % interval", text)
    assert "best at" in text and "of the variance (" in text
    assert re.search(r"From 30 trials\.", text)


def test_the_gain_is_that_of_the_scores(study):
    c = contents(study.space, study.history, study.objective, trials=study.trials, default=study.default)
    best = study.trials(study.best.number, study.best.number + 1)[0].outcome.scores
    default = study.trials(0, 1)[0].outcome.scores
    metric = c.per_image.scores.metric
    gain = np.mean([best[image][metric] - default[image][metric] for image in best])
    said = re.search(r"gains ([+−]\S+) on average", over_images(c))
    assert float(said[1].replace("−", "-")) == pytest.approx(gain, rel=5e-3)
    assert "so few images make it too narrow" in over_images(c), "fewer than ten images"


def test_each_parameter_has_its_sentence_and_its_share():
    space = mixed_space()
    c = contents(space, search(space, 120)[0], SCORE)
    text = _text(parameters(c))
    for name in space.columns:
        assert name in text
    assert text.count("of the variance (") == space.dimension


def test_where_trials_fail_is_said_before_the_messages():
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    X = space.sample(200, np.random.default_rng(0))
    bad = X[:, 0] > 0.8
    history = History(2)
    history.append(X)
    history.tell(np.arange(200), np.where(bad, State.FAILED, State.COMPLETE), np.where(bad, np.nan, X[:, 1]))
    said, _ = where_trials_fail(contents(space, history, SCORE))
    assert re.search(rf"{bad.sum()} of {bad.sum()} trials with x [>≥] 0\.8", _text(said))


def test_nothing_known_is_said_or_left_out():
    space = mixed_space()
    c = contents(space, History(space.dimension), SCORE, trials=[])
    assert "Nothing is known yet" in parameters(c)
    assert "At least 10 complete trials" in importance(c)
    assert images(c) == timeline(c) == over_images(c) == "" and where_trials_fail(c) == ()


def test_a_forest_that_knows_little_is_doubted():
    rng = np.random.default_rng(0)
    space = Space({f"x{i}": Float(0, 1) for i in range(4)})
    X = space.sample(60, rng)
    history = History(4)
    history.append(X)
    history.tell(np.arange(60), State.COMPLETE, rng.normal(size=60))
    c = contents(space, history, SCORE)
    assert c.importance[0].warning and c.importance[0].warning in unescape(importance(c))


def test_a_conditional_parameter_that_was_hardly_active_is_not_judged() -> None:
    rng = np.random.default_rng(1)
    space = Space({"on": Categorical((False, True)), "width": Float(0, 1, when="on == True"), "x": Float(0, 1)})
    X = space.sample(80, rng)
    held = np.flatnonzero(~np.isnan(X[:, list(space.columns).index("width")]))
    X = np.delete(X, held[4:], axis=0)
    c = contents(space, told(X, rng.random(len(X))), Objective("loss"))
    said = {profile.name: insights.share(c, profile) for profile in c.profiles}
    assert said["width"] == " It was active in 4 complete trials only: too few to tell how much it matters."
    assert said["x"].startswith(" It explains ")
