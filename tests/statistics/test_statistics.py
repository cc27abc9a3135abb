"""What rows say about rules and local models, against loops and scikit-learn."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from handmade import graph, random_network, rows_in, rules_of
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score, roc_auc_score

import relurules as rr
from relurules.ir import Head
from relurules.statistics.evidence_statistics import add_evidence, gather_evidence

BOX = rr.Domain.box([-1, -1], [1, 1])
BINARY = (Head("complement", (0,)), Head("sigmoid", (0,)))


def case(
    heads: Sequence[Head] = (), m: int = 1, outputs: Sequence[str] | None = None
) -> tuple[rr.RuleSet, np.ndarray]:
    """Some rules, and rows of which a few lie outside."""
    rules = rules_of(random_network(3, 2, 4, m), BOX, outputs, heads)
    X = np.vstack([rows_in(BOX, 200), [[2.0, 0.0], [np.nan, 0.0]]])
    assert len(rules) > 3
    return rules, X


def test_counts_means_and_the_typical_row() -> None:
    rules, X = case()
    y = np.random.default_rng(1).normal(size=len(X))
    found = gather_evidence(rules, X, pd.Series(y, name="price"))
    number = rules.apply(X)
    assert (found.rows, found.outside, found.response, found.task) == (
        202,
        2,
        "price",
        "regression",
    )
    assert found.digest == hashlib.sha256(X.astype("<f8").tobytes()).hexdigest()
    assert found.means == pytest.approx(X[:200].mean(axis=0))
    assert found.deviations == pytest.approx(X[:200].std(axis=0))
    for i, facts in enumerate(found.rules):
        rows = number == i + 1
        assert (facts.rows, facts.share) == (rows.sum(), rows.sum() / 200)
        if not rows.any():
            assert (facts.mean, facts.deviation, facts.typical) == (None, None, None)
            continue
        assert facts.mean == pytest.approx(y[rows].mean())
        assert facts.deviation == pytest.approx(y[rows].std())
        distance = ((X[rows] - X[rows].mean(axis=0)) ** 2 / found.deviations**2).sum(axis=1)
        assert facts.typical.tolist() == X[rows][distance.argmin()].tolist()


def test_regression_scores() -> None:
    rules, X = case([Head("exp", (0,))])
    y = np.random.default_rng(1).lognormal(size=len(X))
    found, number, p = gather_evidence(rules, X, y), rules.apply(X), rules.predict(X)[:, 0]
    inside = number > 0
    assert found.metrics == pytest.approx(
        {"R2": r2_score(y[inside], p[inside]), "MSE": mean_squared_error(y[inside], p[inside])}
    )
    for i, (rule, facts) in enumerate(zip(rules, found.rules, strict=True)):
        rows = number == i + 1
        if rows.sum() > 1:
            assert facts.local["R2"] == pytest.approx(r2_score(y[rows], p[rows]))
        everywhere = np.exp(X[inside] @ rule.map.weights[0] + rule.map.constants[0])
        assert facts.whole["MSE"] == pytest.approx(mean_squared_error(y[inside], everywhere))
        assert facts.whole["R2"] == pytest.approx(r2_score(y[inside], everywhere))


def test_binary_scores_by_class_names() -> None:
    rules, X = case(BINARY, outputs=["p_no", "p_yes"])
    p = rules.predict(X)[:, 1]
    yes = np.random.default_rng(1).random(len(X)) < np.nan_to_num(p)
    found, number = gather_evidence(rules, X, np.where(yes, "yes", "no")), rules.apply(X)
    inside = number > 0
    expected = {
        "AUC": roc_auc_score(yes[inside], p[inside]),
        "accuracy": accuracy_score(yes[inside], p[inside] > 0.5),
        "log loss": log_loss(yes[inside], p[inside]),
    }
    assert found.metrics == pytest.approx(expected)
    for i, (rule, facts) in enumerate(zip(rules, found.rules, strict=True)):
        rows = number == i + 1
        assert ("AUC" in facts.local) == (len(set(yes[rows])) == 2)
        if rows.any():
            assert facts.mean == pytest.approx(yes[rows].mean())
            assert facts.local["log loss"] == pytest.approx(
                log_loss(yes[rows], p[rows], labels=[False, True])
            )
        scores = X[inside] @ rule.map.weights[0] + rule.map.constants[0]
        assert facts.whole["AUC"] == pytest.approx(roc_auc_score(yes[inside], scores))


def test_multiclass_scores() -> None:
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    rules, X = case(heads, 3, ["p_a", "p_b", "p_c"])
    p = np.nan_to_num(rules.predict(X))
    y = np.array(list("abc"))[np.random.default_rng(1).integers(0, 3, len(X))]
    found, inside = gather_evidence(rules, X, y), rules.apply(X) > 0
    right = np.array(list("abc"))[p.argmax(axis=1)] == y
    assert found.task == "multiclass"
    assert found.metrics == pytest.approx(
        {"accuracy": right[inside].mean(), "log loss": log_loss(y[inside], p[inside])}
    )
    assert all(facts.mean is None for facts in found.rules)


def test_a_score_that_is_no_log_odds_has_an_auc_alone() -> None:
    rules, X = case()
    found = gather_evidence(rules, X, (X[:, 0] > 0).astype(int))
    assert (found.task, set(found.metrics)) == ("binary", {"AUC"})


def test_without_a_response_and_without_rows() -> None:
    rules, X = case()
    found = gather_evidence(rules, X)
    assert (found.response, found.task, found.metrics) == (None, None, {})
    empty = gather_evidence(rules, X[200:], [1.0, 2.0])
    assert (empty.rows, empty.outside, empty.metrics) == (2, 2, {})
    assert empty.means.tolist() == [0.0, 0.0]
    assert add_evidence(rules, None) is rules


def test_extract_keeps_the_evidence() -> None:
    X = rows_in(BOX, 50)
    net = random_network(3, 2, 4, 1)
    y = net.evaluate(X)[:, 0]
    found = rr.extract(graph(net), data=X, y=y).evidence
    assert found is not None
    assert found.metrics["R2"] == pytest.approx(1.0)
    assert sum(facts.rows for facts in found.rules) == 50


@pytest.mark.parametrize("seed", range(5))
def test_local_models_of_rows_are_those_of_their_patterns(seed: int) -> None:
    net, X = random_network(seed, 3, 6, 1), np.random.default_rng(seed).normal(size=(300, 3))
    reached = rr.reached(graph(net), X)
    number = reached.apply(X)
    patterns = np.where(net.preactivations(X) >= 0, 1, -1)
    assert (reached.patterns[number - 1] == patterns).all()
    assert np.bincount(number - 1).tolist() == reached.counts.tolist()
    y = net.evaluate(X)[:, 0]
    frame = reached.summary(X, y)
    assert frame["count"].tolist() == reached.counts.tolist()
    assert frame["local MSE"].max() < 1e-20
    assert reached.apply(np.full((1, 3), np.nan)).tolist() == [0]


def test_rows_of_no_pattern_that_was_reached() -> None:
    net = random_network(0, 2, 6, 1)
    reached = rr.reached(graph(net), np.zeros((1, 2)))
    X = np.random.default_rng(0).normal(size=(50, 2)) * np.logspace(-3, 1, 50)[:, None]
    same = (np.where(net.preactivations(X) >= 0, 1, -1) == reached.patterns[0]).all(axis=1)
    assert 0 < same.sum() < 50
    assert reached.apply(X).tolist() == same.astype(int).tolist()
