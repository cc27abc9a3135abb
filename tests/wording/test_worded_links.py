"""What outputs are of the scores, in words that can be computed with."""

import math

import numpy as np
import pytest
from handmade import network, random_network, rows_in, rules_of

import relurules as rr
from relurules.ir import Head, RuleSet
from relurules.links.table import LINKS
from relurules.wording.links import explain_outputs, find_class, has_links, write_signature

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])


def rules_for(outputs: list[str], heads: list[Head], m: int) -> RuleSet:
    return rules_of(random_network(5, 2, 4, m), BOX, outputs, heads)


CASES = [
    (["y"], [Head("exp", (0,))], 1, [("y", "exp(score)")]),
    (
        ["no", "yes"],
        [Head("complement", (0,)), Head("sigmoid", (0,))],
        1,
        [("no", "complement(score)"), ("yes", "sigmoid(score)")],
    ),
    (
        ["x", "y"],
        [Head("softmax", (1, 0), 0), Head("softmax", (1, 0), 1)],
        2,
        [
            ("x", "softmax(score_2 among score_2, score_1)"),
            ("y", "softmax(score_1 among score_2, score_1)"),
        ],
    ),
    (["c"], [Head("argmax", (0, 1))], 2, [("c", "argmax(score_1, score_2)")]),
    (
        ["x", "y"],
        [Head("identity", (1,)), Head("identity", (0,))],
        2,
        [("x", "score_2"), ("y", "score_1")],
    ),
]


@pytest.mark.parametrize(("outputs", "heads", "m", "said"), CASES)
def test_outputs_are_told_by_their_scores(
    outputs: list[str], heads: list[Head], m: int, said: list[tuple[str, str]]
) -> None:
    rules = rules_for(outputs, heads, m)
    assert has_links(rules)
    found = explain_outputs(rules)
    assert list(found.outputs) == said
    links = dict.fromkeys(head.link for head in heads)
    assert [name.partition("(")[0] for name, _ in found.definitions] == [
        link for link in links if LINKS[link].meaning
    ]


@pytest.mark.parametrize(
    ("outputs", "heads", "m", "said"), [*CASES[1:2], (["y"], [Head("expm1", (0,))], 1, None)]
)
def test_what_is_said_gives_the_outputs(
    outputs: list[str], heads: list[Head], m: int, said: object
) -> None:
    """The definitions as they are printed, computed."""
    rules = rules_for(outputs, heads, m)
    found = explain_outputs(rules)
    X = rows_in(BOX, 20)
    scores, y = rules.predict_scores(X)[:, 0], rules.predict(X)
    for i, (_, formula) in enumerate(found.outputs):
        link = formula.partition("(")[0]
        meaning = dict(found.definitions)[write_signature(link)].partition(", which")[0]
        values = [eval(meaning, {"exp": math.exp, "s": s}) for s in scores.tolist()]
        assert values == pytest.approx(y[:, i].tolist())


def test_signatures() -> None:
    assert write_signature("sigmoid") == "sigmoid(s)"
    assert write_signature("softmax") == "softmax(s among s, t, ...)"
    assert write_signature("argmax") == "argmax(s, t, ...)"


def test_plain_scores_have_no_links() -> None:
    rules = rules_for(["x", "y"], [], 2)
    assert not has_links(rules)
    assert explain_outputs(rules).outputs == (("x", "x"), ("y", "y"))
    assert explain_outputs(rules).definitions == ()


def test_the_class_of_a_rule_is_what_it_predicts() -> None:
    net = network([[1, 2], [0.5, -1]], [-1, 0.3], [[1, 1], [-1, 2]], C=np.ones((2, 2)))
    rules = rules_of(net, BOX, ["good", "bad"], decision="argmax")
    X = rows_in(BOX, 300)
    told, number = rules.predict(X)[:, 0], rules.apply(X)
    assert len(set(told.tolist())) == 2
    for rule in rules:
        found, name = find_class(rules, rule)
        assert set(told[number == rule.number].tolist()) <= {found}
        assert name == ("good", "bad")[int(found)]
    plain = rules_for(["c"], [Head("argmax", (0, 1))], 2)
    constant = find_class(plain, plain.rules[0])
    assert constant == (float(plain.rules[0].map.constants.argmax()), "")
