"""Additive rules are answered as the partition rules of the same network, and never contradicted by
rows.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from handmade import additive_of, network, rules_of

import relurules as rr
from relurules.errors import DataError, OutOfTimeError, UnsupportedError
from relurules.ir import AdditiveRules, Head, Network, RuleSet
from relurules.ir.answers import Answer

CLASSES = [Head("softmax", (0, 1, 2), i) for i in range(3)]
#: Not compared: rows and their numbers, and margins where something is reached.
LOOSE = {"reached", "rules", "rule", "outputs", "margin", "changes"}


def make_lines(seed: int, d: int, categories: int, m: int) -> Network:
    """Lines on at most two coordinates each."""
    rng = np.random.default_rng(seed)
    D, K = d + categories, 6
    A = np.zeros((K, D))
    for k in range(K):
        at = rng.choice(D, min(D, rng.integers(1, 3)), replace=False)
        A[k, at] = rng.normal(size=len(at))
    b = -(A * rng.uniform(-0.8, 0.8, (K, D))).sum(axis=1)
    return network(A, b, rng.normal(size=(m, K)), C=rng.normal(size=(m, D)), c=rng.normal(size=m))


def make_domain(seed: int, d: int, categories: int) -> rr.Domain:
    rng = np.random.default_rng(seed + 1)
    D = d + categories
    names = [f"c{i}" for i in range(d)] + [f"k{i}" for i in range(categories)]
    low, high = (
        np.append(-np.ones(d), np.zeros(categories)),
        np.append(np.full(d, 2.0), np.ones(D - d)),
    )
    domain = rr.Domain.box(low, high, names)
    groups = (tuple(range(d, D)),) if categories else ()
    domain = replace(domain, groups=groups, integer=np.arange(D) >= d)
    if d > 1 and seed % 3 == 0:
        domain = domain.where(f"{rng.normal():.3f}*c0 + {rng.normal():.3f}*c1 <= 0.4")
    return domain


def make_rows(domain: rr.Domain, seed: int, count: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.uniform(domain.lower, domain.upper, (count, len(domain)))
    for group in domain.groups:
        X[:, list(group)] = np.eye(len(group))[rng.integers(len(group), size=count)]
    return X[domain.contains(X)]


def compare_values(one: Any, other: Any, size: float, path: str = "") -> None:
    if isinstance(one, dict):
        for key in one:
            if key not in LOOSE and key in other:
                compare_values(one[key], other[key], size, f"{path}/{key}")
    elif isinstance(one, float | int) and not isinstance(one, bool):
        assert other == pytest.approx(one, rel=1e-6, abs=1e-6 * size), path
    else:
        assert one == other, path


def list_questions(rules: AdditiveRules, X: np.ndarray, seed: int) -> list[tuple[str, dict]]:
    score = rules.scores[-1]
    y = rules.predict_scores(X)[:, -1]
    at = float(np.quantile(y, 0.3 + 0.1 * (seed % 5)))
    goal = {"at_least": at} if y[0] < at else {"at_most": at - 0.05}
    ends = (float(np.round(X[0, 0], 2)), float(np.round(X[-1, 0], 2)))
    asked: list[tuple[str, dict]] = [
        ("range", {}),
        ("range", {"given": ["c0 >= 0.25"]}),
        ("bounded", {"at_most": at}),
        ("bounded", {"at_least": float(y.min()) - 10.0}),
        ("monotone", {}),
        ("monotone", {"feature": "c0"}),
        ("effect", {"feature": "c0"}),
        ("effect", {"feature": "c0", "values": ends}),
        ("lipschitz", {}),
        ("reach", {"at_least": at}),
        ("reach", {"at_most": float(y.min()) - 20.0}),
        ("counterfactual", {"row": X[0], **goal}),
        ("counterfactual", {"row": X[0], "distance": "linf", **goal}),
    ]
    if rules.domain.groups:
        asked += [("effect", {"feature": "k0"}), ("monotone", {"feature": "k0"})]
    return [(question, {"output": score, **given}) for question, given in asked]


def check_witnesses(rules: AdditiveRules, answer: Answer) -> None:
    for witness in answer.witnesses:
        x = rules.domain.rows(pd.DataFrame([witness.row], dtype=object))
        assert rules.domain.contains(x).all()
        assert rules.predict(x)[0].tolist() == list(witness.outputs.values())
        assert witness.rule is None
    assert "(rule" not in str(answer)
    answer.to_json()


@pytest.mark.parametrize("seed", range(9))
def test_answers_are_those_of_the_partition_rules(seed: int) -> None:
    d, categories, m = 1 + seed % 3, (0, 3, 2)[seed // 3], 1 + seed % 2
    net, domain = make_lines(seed, d, categories, m), make_domain(seed, d, categories)
    parts, lines = rules_of(net, domain), additive_of(net, domain)
    X = make_rows(domain, seed)
    size = float(net.magnitude(domain.reach[None]).max())
    for question, given in list_questions(lines, X, seed):
        old, new = rr.ask(parts, question, **given), rr.ask(lines, question, **given)
        assert new.holds is old.holds, (question, given)
        assert new.exact or not old.exact, (question, given)
        compare_values(dict(old.values), dict(new.values), size, question)
        check_witnesses(lines, new)


@pytest.mark.parametrize("seed", range(6))
def test_classes_are_reached_as_by_the_partition_rules(seed: int) -> None:
    net, domain = make_lines(seed, 2, 2, 3), make_domain(seed, 2, 2)
    names = ["p_x", "p_y", "p_z"]
    parts = rules_of(net, domain, names, CLASSES)
    lines = additive_of(net, domain, names, CLASSES)
    X = make_rows(domain, seed)
    told = lines.predict(X).argmax(axis=1)
    for number, name in enumerate("xyz"):
        old, new = rr.ask(parts, "reach", target=name), rr.ask(lines, "reach", target=name)
        assert new.holds is old.holds
        assert new.holds or (told != number).all()
        check_witnesses(lines, new)
        if told[0] == number:
            continue
        one = rr.ask(parts, "counterfactual", row=X[0], target=name)
        other = rr.ask(lines, "counterfactual", row=X[0], target=name)
        assert other.holds is one.holds
        if one.holds:
            near = one.values["distance"]["reached"]
            assert other.values["distance"]["reached"] == pytest.approx(near, rel=1e-4)
            assert other.values["distance"]["at_least"] <= near * (1 + 1e-9)
            check_witnesses(lines, other)
    bounds = rr.ask(lines, "range").values
    y = lines.predict(X)
    for i, name in enumerate(names):
        assert bounds[name]["low"] <= y[:, i].min()
        assert bounds[name]["high"] >= y[:, i].max()


@pytest.mark.parametrize("seed", range(4))
def test_groups_of_neurons_are_asked_too(seed: int) -> None:
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3), torch.nn.LeakyReLU(0.2),
        torch.nn.Linear(3, 2),
    ).double()  # fmt: skip
    domain = rr.Domain.box([-1, -1, -1], [1, 1, 1], ["c0", "c1", "c2"])
    parts, lines = (
        rr.extract(model, domain=domain, form=form) for form in ("partition", "additive")
    )
    assert isinstance(parts, RuleSet)
    assert isinstance(lines, AdditiveRules)
    assert lines.groups
    X = make_rows(domain, seed)
    for question, given in list_questions(lines, X, seed):
        old, new = rr.ask(parts, question, **given), rr.ask(lines, question, **given)
        assert new.holds is old.holds, (question, given)
        compare_values(dict(old.values), dict(new.values), 1.0, question)


def test_yes_is_never_said_of_what_rows_contradict() -> None:
    """Lines that cancel but for a few last digits, in columns far from 0."""
    rng = np.random.default_rng(4)
    for _ in range(10):
        low = 10.0 ** rng.integers(0, 7, 2)
        domain = rr.Domain.box(low, low + 10.0 ** rng.integers(-3, 3, 2), ["a", "b"])
        A = rng.normal(size=(4, 2)) / domain.widths
        b = -(A * rng.uniform(domain.lower, domain.upper, (4, 2))).sum(axis=1)
        slope = rng.normal(size=4)
        slope[1] = -slope[0] * (1 + 1e-9)
        A[1], b[1] = A[0], b[0]
        lines = additive_of(network(A, b, slope[None]), domain)
        X = make_rows(domain, 1, 2000)
        y = lines.predict(X)[:, 0]
        found = rr.ask(lines, "range").values
        assert found["low"] <= y.min()
        assert found["high"] >= y.max()
        assert rr.ask(lines, "bounded", at_most=float(y.max())).holds in (False, None)
        Z = X.copy()
        Z[:, 0] = rng.permutation(X[:, 0])
        assert (
            rr.ask(lines, "effect", feature="a").values["largest"]
            >= np.abs(lines.predict(Z)[:, 0] - y).max()
        )
        rising = rr.ask(lines, "monotone", feature="a").values["direction"]
        change = np.where(Z[:, 0] > X[:, 0], 1, -1) * (lines.predict(Z)[:, 0] - y)
        room = 1e-11 * float(lines.network.magnitude(domain.reach[None])[0, 0])
        assert rising in ("rises", "both") or (change <= room).all()
        assert rising in ("falls", "both") or (change >= -room).all()


def test_open_columns() -> None:
    net = network([[1.0, 0.0], [1.0, 0.0]], [0.0, -1.0], [[1.0, -1.0]], C=[[0.0, 1.0]])
    domain = rr.Domain.box([-np.inf, -1], [np.inf, 1], ["a", "b"])
    lines = additive_of(net, domain)
    found = rr.ask(lines, "range")
    assert [found.values["low"], found.values["high"]] == pytest.approx([-1.0, 2.0])
    assert rr.ask(lines, "bounded", at_most=2.1).holds is True
    steep = additive_of(network([[1.0, 0.0]], [0.0], [[1.0]]), domain)
    assert rr.ask(steep, "bounded", at_most=10.0).holds is False
    assert "without an upper bound" in rr.ask(steep, "range").statement
    assert rr.ask(steep, "reach", at_least=1e6).holds is True
    near = rr.ask(steep, "counterfactual", row=[0.0, 0.0], at_least=3.0)
    assert near.values["distance"]["reached"] == pytest.approx(3.0)


def test_what_cannot_be_asked() -> None:
    lines = additive_of(make_lines(0, 2, 0, 1), make_domain(1, 2, 0))
    with pytest.raises(UnsupportedError, match="no question 'shape'"):
        rr.ask(lines, "shape")
    with pytest.raises(DataError, match="no column 'z'"):
        rr.ask(lines, "effect", feature="z")
    with pytest.raises(DataError, match="no row of the domain meets these conditions"):
        rr.ask(lines, "range", given=["c0 >= 1", "c0 <= 0.5"])
    with pytest.raises(DataError, match="no row of the domain meets these conditions"):
        rr.ask(lines, "monotone", given=["c0 >= 1", "c0 <= 0.5"])


def test_the_time_limit_leaves_bounds_that_hold() -> None:
    rng = np.random.default_rng(0)
    net = network(rng.normal(size=(24, 6)), rng.normal(size=24), rng.normal(size=(1, 24)))
    names = [f"c{i}" for i in range(6)]
    lines = additive_of(net, rr.Domain.box(-np.ones(6), np.ones(6), names))
    early, full = rr.ask(lines, "range", time_limit=0.0), rr.ask(lines, "range")
    assert early.values["low"] <= full.values["low"]
    assert early.values["high"] >= full.values["high"]
    assert not early.exact
    assert any("ended before the bounds met" in note for note in early.notes)
    most = full.values["high"]
    assert rr.ask(lines, "bounded", at_most=most + 0.01, time_limit=0.0).holds is not False
    for question in ("monotone", "lipschitz"):
        hurried = rr.ask(lines, question, time_limit=0.0)
        assert not hurried.exact
    with pytest.raises(OutOfTimeError, match="looking for a row"):
        rr.ask(lines, "reach", at_least=most - 1e-7, time_limit=0.0)


def test_rows_of_the_data_are_shown() -> None:
    net = network([[1.0, 0.0]], [-0.5], [[2.0]], C=[[0.0, 1.0]])
    lines = additive_of(net, rr.Domain.box([0, 0], [1, 1], ["a", "b"]))
    found = rr.ask(lines, "range", data=np.array([[0.2, 0.3], [1.0, 1.0], [0.0, 0.0]]))
    assert [witness.data_row for witness in found.witnesses] == [2, 1]
    assert "(row 1 of the data)" in str(found)


def test_slopes_that_count_as_none_are_shown_as_none() -> None:
    """0.3 - 0.1 - 0.2 isn't 0 in float64, and no fall."""
    net = network([[1.0], [1.0], [1.0]], [0.0, 0.0, -1.0], [[-0.1, -0.2, 1.0]], C=[[0.3]])
    rules = additive_of(net, rr.Domain.box([-1.0], [2.0], ["a"]))
    found = rr.ask(rules, "monotone")
    assert found.grid is not None
    assert found.grid.rows == (("a", "rises", "0", "1"),)
    assert "its slope goes from 0 to 1 " in rr.ask(rules, "monotone", feature="a").statement
