"""The score behind an output: its weights give what the outputs are made of, in every rule."""

import math

import numpy as np
import pytest
from brute_force import restrict
from handmade import random_network, rows_in, rules_of

import relurules as rr
from relurules.analysis.targets import find_target
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Head

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])
BOTH = (["no", "yes"], [Head("complement", (0,)), Head("sigmoid", (0,))])
TWO = (["no", "yes"], [Head("softmax", (1, 0), i) for i in range(2)])
FORMULAS = {
    "identity": lambda s: s,
    "sigmoid": lambda s: 1 / (1 + np.exp(-s)),
    "exp": np.exp,
    "expm1": np.expm1,
}


@pytest.mark.parametrize(
    ("heads", "output", "label", "link", "rises"),
    [
        ((["y", "z"], []), "z", "", "identity", lambda s: s[:, 1]),
        (BOTH, "no", "log odds of no", "sigmoid", lambda s: -s[:, 0]),
        (BOTH, None, "log odds of yes", "sigmoid", lambda s: s[:, 0]),
        (TWO, None, "log odds of yes", "sigmoid", lambda s: s[:, 0] - s[:, 1]),
        (TWO, "no", "log odds of no", "sigmoid", lambda s: s[:, 1] - s[:, 0]),
        ((["y"], [Head("exp", (1,))]), None, "logarithm of y", "exp", lambda s: s[:, 1]),
        ((["y"], [Head("expm1", (0,))]), None, "logarithm of 1 + y", "expm1", lambda s: s[:, 0]),
        (BOTH, "score_2", "", "identity", lambda s: s[:, 1]),
    ],
)
def test_targets_give_outputs_and_scores(
    heads: tuple[list[str], list[Head]], output: str | None, label: str, link: str, rises: object
) -> None:
    rules = rules_of(random_network(4, 2, 4, 2), BOX, *heads)
    target = find_target(restrict(rules), output)
    X = rows_in(BOX, 100)
    scores, leaf = rules.predict_scores(X), rules.apply(X) - 1
    wanted = rises(scores)  # type: ignore[operator]
    assert (target.score, target.head) == (label, link)
    assert target.of(scores) == pytest.approx(wanted)
    assert (target.weights[leaf] * X).sum(axis=1) + target.constants[leaf] == pytest.approx(wanted)
    if target.name in rules.outputs:
        y = rules.predict(X)[:, rules.outputs.index(target.name)]
        assert FORMULAS[link](wanted) == pytest.approx(y)
        assert [target.through(score) for score in wanted.tolist()] == pytest.approx(y)


@pytest.mark.parametrize("link", FORMULAS)
def test_the_inverse_comes_back(link: str) -> None:
    rules = rules_of(random_network(4, 2, 1, 1), BOX, ["y"], [Head(link, (0,))])
    target = find_target(restrict(rules), None)
    for score in np.random.default_rng(0).uniform(-20, 20, 200).tolist():
        assert target.through(score) == pytest.approx(float(FORMULAS[link](np.float64(score))))
        assert target.inverse(target.through(score)) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize(
    ("link", "value", "score"),
    [
        ("sigmoid", 1.0, math.inf),
        ("sigmoid", 7.0, math.inf),
        ("sigmoid", 0.0, -math.inf),
        ("exp", 0.0, -math.inf),
        ("exp", -3.0, -math.inf),
        ("expm1", -1.0, -math.inf),
        ("identity", -3.0, -3.0),
    ],
)
def test_values_that_no_score_has(link: str, value: float, score: float) -> None:
    rules = rules_of(random_network(4, 2, 1, 1), BOX, ["y"], [Head(link, (0,))])
    assert find_target(restrict(rules), None).inverse(value) == score


def test_infinite_scores_go_through() -> None:
    for link, ends in {
        "identity": (-math.inf, math.inf),
        "sigmoid": (0, 1),
        "exp": (0, math.inf),
        "expm1": (-1, math.inf),
    }.items():
        rules = rules_of(random_network(4, 2, 1, 1), BOX, ["y"], [Head(link, (0,))])
        target = find_target(restrict(rules), None)
        assert (target.through(-math.inf), target.through(math.inf)) == ends


def test_what_has_no_one_score() -> None:
    net = random_network(4, 2, 4, 3)
    three = rules_of(net, BOX, ["x", "y", "z"], [Head("softmax", (0, 1, 2), i) for i in range(3)])
    with pytest.raises(
        UnsupportedError, match=r"'y' is no function of one score; .* score_1, score_2"
    ):
        find_target(restrict(three), "y")
    with pytest.raises(DataError, match="no output 'w'; there are 'x', 'y', 'z', 'score_1'"):
        find_target(restrict(three), "w")
    step = rules_of(net, BOX, ["x"], [Head("step", (0,))])
    with pytest.raises(UnsupportedError, match="no function of one score"):
        find_target(restrict(step), "x")
    decided = rules_of(net, BOX, decision="argmax")
    with pytest.raises(UnsupportedError, match="these rules tell classes only"):
        find_target(restrict(decided), None)
