import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from parfocal.errors import InvalidInput
from parfocal.metrics import Confusion, confusion, f1

samples = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 4), min_size=n, max_size=n), st.lists(st.integers(0, 4), min_size=n, max_size=n)
    )
)


@given(samples)
@settings(deadline=None)
def test_agrees_with_sklearn(pair):
    truth, predicted = pair
    table = confusion(truth, predicted)
    zero = {"zero_division": 0.0}
    assert table.macro_f1 == pytest.approx(sk.f1_score(truth, predicted, average="macro", **zero))
    assert table.micro_f1 == pytest.approx(sk.f1_score(truth, predicted, average="micro", **zero))
    assert table.macro_precision == pytest.approx(sk.precision_score(truth, predicted, average="macro", **zero))
    assert table.macro_recall == pytest.approx(sk.recall_score(truth, predicted, average="macro", **zero))
    np.testing.assert_array_equal(
        confusion(truth, predicted, range(5)).matrix, sk.confusion_matrix(truth, predicted, labels=range(5))
    )
    np.testing.assert_allclose(table.f1, sk.f1_score(truth, predicted, average=None, **zero))
    support = table.support
    assert table.balanced_accuracy == pytest.approx(
        float(np.mean((np.diagonal(table.matrix) / np.maximum(support, 1))[support > 0]))
    )


@given(samples, st.permutations(range(5)))
def test_names_and_order_of_classes_do_not_matter(pair, order):
    truth, predicted = pair
    names = [f"class {i}" for i in order]
    renamed = confusion([names[i] for i in truth], [names[i] for i in predicted])
    plain = confusion(truth, predicted)
    for name in Confusion.rates:
        assert getattr(plain, name) == pytest.approx(getattr(renamed, name))
        assert 0 <= getattr(plain, name) <= 1


@given(samples)
def test_classes_absent_from_both_take_no_part(pair):
    plain, wide = confusion(*pair), confusion(*pair, classes=range(9))
    assert plain.scores() == pytest.approx(wide.scores())
    assert np.isnan(wide.f1[5:]).all()


def test_a_class_that_is_only_predicted_or_only_true_counts_as_zero():
    assert confusion([0, 0], [0, 1]).f1.tolist() == [pytest.approx(2 / 3), 0]
    assert f1([0, 0], [0, 1]) == pytest.approx(1 / 3)
    assert f1([0, 1], [0, 0]) == pytest.approx(1 / 3)
    assert f1([0, 1], [0, 0], average="micro") == 0.5


def test_folds_pool():
    folds = [confusion(["a", "b"], ["a", "a"], classes=["a", "b"]), confusion(["b"], ["b"], classes=["a", "b"])]
    pooled = sum(folds)
    assert pooled.matrix.tolist() == [[1, 0], [1, 1]]
    assert pooled.micro_f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "one length"),
        (([0, 1], [0]), "one length"),
        (([0.2, 0.8], [0, 1]), "highest score"),
        (([0, 1], [0, 2], "macro", [0, 1]), "not among"),
        (([0, 1], [0, 1], "weighted"), "'macro' or 'micro'"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        f1(*arguments)
