"""What is to be reached, as scores that may not be negative: just where the rules' own outputs are
there.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from brute_force import restrict
from handmade import graph, random_network, rows_in, rules_of

import relurules as rr
from relurules.analysis.goals import classify_rows, list_class_names, make_goal
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Head, RuleSet
from relurules.ir.class_labels import make_labels

BOX = rr.Domain.box([-1, -1, 0], [2, 2, 1], ["a", "b", "c"])
THREE = ["p_x", "p_y", "p_z"]
KINDS: dict[str, tuple[int, list[str], list[Head]]] = {
    "softmax": (3, THREE, [Head("softmax", (0, 1, 2), i) for i in range(3)]),
    "turned softmax": (3, THREE, [Head("softmax", (2, 0, 1), i) for i in (1, 0, 2)]),
    "log_softmax": (3, THREE, [Head("log_softmax", (0, 1, 2), i) for i in range(3)]),
    "part of a softmax": (3, THREE[:2], [Head("softmax", (0, 1, 2), i) for i in (2, 0)]),
    "argmax": (3, ["class"], [Head("argmax", (1, 2, 0))]),
    "step": (1, ["class"], [Head("step", (0,))]),
    "sigmoid": (1, ["p"], [Head("sigmoid", (0,))]),
    "both": (1, ["no", "yes"], [Head("complement", (0,)), Head("sigmoid", (0,))]),
    "both, turned": (1, ["yes", "no"], [Head("sigmoid", (0,)), Head("complement", (0,))]),
    "scores": (3, ["x", "y", "z"], []),
    "scores, turned": (3, ["x", "y", "z"], [Head("identity", (i,)) for i in (2, 0, 1)]),
}
NAMES = {
    "softmax": ("x", "y", "z"),
    "turned softmax": ("x", "y", "z"),
    "log_softmax": ("x", "y", "z"),
    "part of a softmax": ("x", "y"),
    "argmax": ("0", "1", "2"),
    "step": ("0", "1"),
    "sigmoid": ("0", "1"),
    "both": ("no", "yes"),
    "both, turned": ("yes", "no"),
    "scores": ("x", "y", "z"),
    "scores, turned": ("x", "y", "z"),
}


def rules_for(kind: str, seed: int, **options: Any) -> RuleSet:
    m, outputs, heads = KINDS[kind]
    return rules_of(random_network(seed, 3, 4, m), BOX, outputs, heads, **options)


def told(rules: RuleSet, X: Any) -> Any:
    """The class of every row, from the outputs alone."""
    y = rules.predict(X)
    if y.shape[1] > 1:
        return y.argmax(axis=1)
    return y[:, 0].astype(int) if rules.heads[0].link != "sigmoid" else (y[:, 0] >= 0.5).astype(int)


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_is_told_just_where_its_scores_are_not_negative(kind: str) -> None:
    seen = set()
    for seed in range(4):
        seen |= check_classes(rules_for(kind, seed), NAMES[kind])
    assert seen == set(range(len(NAMES[kind])))


def check_classes(rules: RuleSet, names: tuple[str, ...]) -> set[int]:
    """Goals of all classes against rows; which classes there are."""
    ground, seen = restrict(rules), set()
    X = rows_in(BOX, 400)
    number, leaf = told(rules, X), rules.apply(X) - 1
    assert list_class_names(ground) == names
    assert classify_rows(ground, X).tolist() == number.tolist()
    for i, name in enumerate(names):
        goal = make_goal(ground, None, name, None, None)
        assert goal.label == f"class {name}"
        margins = (np.einsum("nkd,nd->nk", goal.weights[leaf], X) + goal.constants[leaf]).min(
            axis=1
        )
        clear = np.abs(margins) > 1e-9
        assert ((margins > 0) == (number == i))[clear].all()
        assert goal.met(X).tolist() == (number == i).tolist()
        seen |= {i} if (number == i).any() else set()
    return seen


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_is_reached_just_where_classify_tells_it(kind: str) -> None:
    m, outputs, heads = KINDS[kind]
    labels = ("a", "b", "c")[: max(2, m)]
    X, seen = rows_in(BOX, 400), set()
    for seed in range(4):
        model = graph(random_network(seed, 3, 4, m), outputs, heads)
        labelled = replace(model, labels=make_labels(labels))
        rules: Any = rr.extract(labelled, domain=BOX, guard_unread=True)
        ground, leaf, classes = restrict(rules), rules.apply(X) - 1, rules.classify(X)
        for label in labels:
            goal = make_goal(ground, None, label, None, None)
            forms = np.einsum("nkd,nd->nk", goal.weights[leaf], X) + goal.constants[leaf]
            margins = forms.min(axis=1)
            clear = np.abs(margins) > 1e-9
            assert ((margins > 0) == (classes == label))[clear].all()
            assert goal.met(X).tolist() == (classes == label).tolist()
        seen |= set(classes)
    assert seen == set(labels)


@pytest.mark.parametrize("kind", ["softmax", "both"])
def test_rules_that_decide_tell_which_of_them_have_a_class(kind: str) -> None:
    rules = rules_for(kind, 1, decision="argmax" if kind == "softmax" else 0.5)
    ground = restrict(rules)
    X = rows_in(BOX, 400)
    number, leaf = rules.predict(X)[:, 0].astype(int), rules.apply(X) - 1
    assert len(set(number.tolist())) > 1
    for i, name in enumerate(list_class_names(ground)):
        goal = make_goal(ground, None, name, None, None)
        assert goal.decided is not None
        assert goal.decided[leaf].tolist() == (number == i).tolist()
        assert goal.weights.shape == (len(rules), 0, 3)


def test_rows_without_a_rule_have_no_class() -> None:
    ground = restrict(rules_for("softmax", 0))
    outside = np.array([[9.0, 0, 0], [0, 0, np.nan]])
    assert classify_rows(ground, outside).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("outputs", "heads"),
    [
        (
            ["a0", "a1", "b0", "b1"],
            [Head("softmax", (s, s + 1), i) for s in (0, 2) for i in (0, 1)],
        ),
        (["a", "b"], [Head("step", (0,)), Head("step", (1,))]),
        (["a", "b"], [Head("argmax", (0, 1)), Head("argmax", (2, 3))]),
        (["a", "b"], [Head("complement", (0,)), Head("sigmoid", (1,))]),
        (["a", "b", "c"], [Head("complement", (0,)), Head("sigmoid", (0,)), Head("sigmoid", (1,))]),
        (["a", "b"], [Head("softmax", (0, 1), 0), Head("log_softmax", (0, 1), 1)]),
        (["a"], [Head("softmax", (0, 1, 2), 1)]),
        (["a", "b"], [Head("softmax", (0, 1, 2), 1)] * 2),
        (["a", "b"], [Head("sigmoid", (0,)), Head("sigmoid", (1,))]),
        (["a", "b"], [Head("exp", (0,)), Head("identity", (1,))]),
    ],
)
def test_outputs_that_are_several_choices_are_no_classes(
    outputs: list[str], heads: list[Head]
) -> None:
    """The largest of all outputs is no choice that a model of several makes."""
    rules = rules_of(random_network(3, 3, 4, 4), BOX, outputs, heads)
    assert list_class_names(restrict(rules)) == ()
    with pytest.raises(UnsupportedError, match="the outputs are no classes"):
        make_goal(restrict(rules), None, outputs[0], None, None)


LIMITS = {
    "identity": (-1.0, 0.0, 0.7),
    "sigmoid": (-1.0, 0.0, 0.2, 0.5, 0.9, 1.0, 2.0),
    "complement": (-1.0, 0.0, 0.2, 0.5, 0.9, 1.0, 2.0),
    "exp": (-1.0, 0.0, 0.5, 1.0, 3.0),
    "expm1": (-2.0, -1.0, -0.5, 0.0, 3.0),
}


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(("link", "limit"), [(k, v) for k, vs in LIMITS.items() for v in vs])
def test_a_limit_is_met_just_where_its_score_is_not_negative(
    link: str, limit: float, up: bool
) -> None:
    """Limits that every output meets, or none, included; seldom is a score so large that an output
    rounds to the end of its range.
    """
    net = random_network(5, 3, 4, 1)
    for size in (1.0, 1000.0):
        scaled = type(net)(**{**vars(net), "U": size * net.U, "C": size * net.C, "c": size * net.c})
        rules = rules_of(scaled, BOX, ["y"], [Head(link, (0,))])
        ground = restrict(rules)
        X = rows_in(BOX, 300)
        with np.errstate(over="ignore"):
            y = rules.predict(X)[:, 0]
            goal = make_goal(ground, None, None, *((limit, None) if up else (None, limit)))
            assert goal.met(X).tolist() == (y >= limit if up else y <= limit).tolist()
        assert goal.label == f"y {'>=' if up else '<='} {limit:g}"
        assert np.isfinite(goal.weights).all()
        assert np.isfinite(goal.constants).all()
        if goal.decided is not None:
            assert not goal.met(X).any()
            assert not goal.decided.any()
            continue
        leaf = rules.apply(X) - 1
        margins = (goal.weights[leaf, 0] * X).sum(axis=1) + goal.constants[leaf, 0]
        clear = (np.abs(margins) > 1e-9) | ~goal.weights.any()
        assert ((margins >= 0) == goal.met(X))[clear].all()
        assert clear.mean() > 0.9


def test_one_thing_is_to_be_reached() -> None:
    ground = restrict(rules_for("softmax", 0))
    for wanted in ((None, None, None), ("x", 0.5, None), (None, 0.1, 0.5)):
        with pytest.raises(DataError, match="what is to be reached: one of target"):
            make_goal(ground, None, *wanted)
    with pytest.raises(DataError, match="no class 'w'; there are 'x', 'y', 'z'"):
        make_goal(ground, None, "w", None, None)
