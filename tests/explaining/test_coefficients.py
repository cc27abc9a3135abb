"""Effects, importance, what parallel coordinates and violins show, against arithmetic by hand."""

import numpy as np
import pytest
from explained_models import kinds, line, request
from handmade import graph, random_network

import relurules as rr
from relurules.errors import DataError, UnsupportedError
from relurules.explaining.coefficients import collect_coefficients, measure_importance
from relurules.explaining.score_view import scale_effects
from relurules.ir import Head
from relurules.ir.local_models import LocalModels
from relurules.reasons.score_choice import choose_view
from relurules.statistics.evidence_statistics import add_evidence


def test_importance_is_the_share_of_the_terms_variance() -> None:
    rules, X, _ = line()
    asked = request(rules, X)
    found = measure_importance(asked.models, asked.view, asked.spread())
    high = (X[:, 0] >= 1).mean()
    moved = {"a": high * (2 * X[:, 0].std()) ** 2, "b": X[:, 1].std() ** 2}
    assert found.names == ("a", "b")
    assert found.shares == pytest.approx(
        [moved[name] / sum(moved.values()) for name in found.names]
    )
    assert found.label == "cost"
    assert measure_importance(asked.models, asked.view, asked.spread(), 1).names == ("a",)


def test_a_category_counts_by_what_its_rows_have() -> None:
    """The importance of a column of categories is the variance of its term, whatever constant its
    indicators share.
    """
    rules, frame = kinds()
    asked = request(rules, frame)
    terms = frame["kind"].map({"u": 0.0, "v": 1.0, "w": 3.0})
    found = measure_importance(asked.models, asked.view, asked.spread())
    moved = {"kind": terms.var(ddof=0), "x": frame["x"].var(ddof=0)}
    assert dict(zip(found.names, found.shares, strict=True)) == pytest.approx(
        {name: value / sum(moved.values()) for name, value in moved.items()}
    )
    assert scale_effects(asked.models, asked.view, asked.spread())[0, :3] == pytest.approx(
        np.array([0, 1, 3]) - terms.mean()
    )


def test_nothing_moves_a_constant() -> None:
    rules = rr.extract(graph(random_network(0, 2, 0, 1)), domain=rr.Domain.box([0, 0], [1, 1]))
    asked = request(rules, np.full((3, 2), 0.5))
    assert measure_importance(asked.models, asked.view, asked.spread()).shares.tolist() == [
        0.0,
        0.0,
    ]


def test_coefficients_of_the_top_columns_and_models() -> None:
    rules, X, _ = line()
    asked = request(rules, X)
    found = collect_coefficients(asked.models, asked.view, asked.spread(), 2, 1)
    assert (found.names, found.labels, found.kind, found.categories) == (
        ("a", "b"),
        ("rule 2",),
        "rule",
        False,
    )
    weights = rules.rules[1].map.weights[0]
    assert found.values[0] == pytest.approx([weights[0] * X[:, 0].std(), X[:, 1].std()])
    rules, frame = kinds()
    asked = request(rules, frame)
    found = collect_coefficients(asked.models, asked.view, asked.spread(), 3)
    assert found.categories
    assert set(found.names) == {"x", "kind = w", "kind = u"}


def test_figures_that_rules_have_kept_are_enough() -> None:
    rules, X, y = line()
    kept = add_evidence(rules, X, y)
    from_data, from_evidence = request(rules, X), request(kept, None)
    one = measure_importance(from_data.models, from_data.view, from_data.spread())
    other = measure_importance(kept.local_models, from_evidence.view, from_evidence.spread())
    assert one.names == other.names
    assert one.shares == pytest.approx(other.shares)
    with pytest.raises(DataError, match="needs rows"):
        request(rules, None).spread()


def some(outputs: list[str], heads: list[Head], m: int) -> LocalModels:
    weights = np.arange(2.0 * m).reshape(1, m, 2)
    return LocalModels(
        rr.Domain.unbounded(["a", "b"]),
        tuple(outputs),
        tuple(heads),
        weights,
        np.ones((1, m)),
        "rule",
    )


def test_views_of_links() -> None:
    binary = some(["p_0", "p_1"], [Head("complement", (0,)), Head("sigmoid", (0,))], 1)
    assert choose_view(binary).label == "log odds of p_1"
    assert choose_view(binary, "p_0").weights.tolist() == [[0.0, -1.0]]
    two = some(["p_0", "p_1"], [Head("softmax", (0, 1), i) for i in range(2)], 2)
    assert choose_view(two).weights.tolist() == [[2.0, 2.0]]
    assert choose_view(two, "p_0").weights.tolist() == [[-2.0, -2.0]]
    three = some(["p", "q", "r"], [Head("softmax", (0, 1, 2), i) for i in range(3)], 3)
    assert choose_view(three, "r").weights == pytest.approx(np.array([[2.0, 2.0]]))
    assert choose_view(three, "r").label == "score of r, minus the mean of all classes"
    with pytest.raises(DataError, match="no output 's'; there are 'p', 'q', 'r'"):
        choose_view(three, "s")
    with pytest.raises(UnsupportedError, match="number of a class"):
        choose_view(some(["c"], [Head("argmax", (0, 1))], 2))
