"""Priors from a finished study: centred where its best were, wide, and silent where it knows nothing."""

import numpy as np
import pytest

from parfocal.analysis import priors
from parfocal.errors import InvalidInput
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.testing.studies import told
from parfocal.trials import History

EARLIER = Space(
    {
        "sigma": Float(0.1, 10.0, prior="log-uniform"),
        "c": Float(0.0, 8.0),
        "n": Integer(1, 20),
        "method": Categorical(["otsu", "li", "yen"]),
        "invert": Boolean(),
        "gone": Float(0, 1),
    }
)


def _history(n=300):
    X = EARLIER.sample(n, np.random.default_rng(0))
    values = EARLIER.decode_columns(X)
    loss = np.log(values["sigma"] / 2.0) ** 2 + (values["c"] - 5) ** 2 / 4 + (values["method"] != "li") * 2.0
    return told(X, loss)


def test_numbers_are_centred_at_the_best_and_choices_weighted():
    new = Space(
        {
            "c": Float(1.0, 9.0, levels=81, default=3.0, unit="px"),
            "sigma": Float(0.1, 10.0, prior="log-uniform"),
            "method": Categorical(["li", "otsu", "triangle"]),
            "fresh": Float(0, 1),
        },
        ["c > sigma / 100"],
    )
    found = priors(new, EARLIER, _history())
    c, sigma, method = (found.space.parameters[name] for name in ("c", "sigma", "method"))
    assert c.prior.mean == pytest.approx(5, abs=0.5) and c.prior.std >= 0.1 * 8
    assert np.exp(sigma.prior.mean) == pytest.approx(2, rel=0.3) and sigma.prior.name == "log-normal"
    assert method.weights[0] > 0.5 and min(method.weights) >= 0.5 / 3 - 1e-9
    assert sum(method.weights) == pytest.approx(1)
    assert (c.levels, c.default, c.unit) == (81, 3.0, "px") and found.space.constraints == new.constraints
    assert found.kept == ("fresh",) and found.space.parameters["fresh"] == new.parameters["fresh"]
    assert "c around" in found.sentence and "as before: fresh" in found.sentence
    assert Space.from_yaml(found.space.to_yaml()) == found.space


def test_a_prior_excludes_nothing_and_levels_keep_their_place():
    new = Space({"c": Float(0.0, 8.0, levels=33)})
    guided = priors(new, EARLIER, _history()).space
    rows = guided.grid().rows()
    assert guided.decode(rows) == new.decode(new.grid().rows())


def test_what_lies_outside_or_is_of_another_kind_teaches_nothing():
    new = Space(
        {"c": Float(100.0, 200.0), "sigma": Categorical(["a", "b"]), "method": Float(0, 1), "invert": Boolean()}
    )
    found = priors(new, EARLIER, _history())
    assert found.kept == ("c", "sigma", "method")
    assert 0.25 <= found.space.parameters["invert"].probability <= 0.75


def test_inactive_values_are_left_out_and_a_share_is_taken():
    tree = Space({"k": Categorical(["x", "y"]), "w": Float(0, 1, when="k == 'x'")})
    X = tree.sample(200, np.random.default_rng(0))
    found = priors(tree, tree, told(X, np.where(np.isnan(X[:, 1]), 0.0, 1 + X[:, 1])), share=0.05)
    assert [each.name for each in found.learned] == ["k"] and found.kept == ("w",)
    assert found.space.parameters["w"].when == "k == 'x'"


def test_refuses_what_is_impossible():
    with pytest.raises(InvalidInput, match="no complete trial"):
        priors(EARLIER, EARLIER, History(EARLIER.dimension))
    with pytest.raises(InvalidInput, match="share must be above 0"):
        priors(EARLIER, EARLIER, _history(), share=0)
