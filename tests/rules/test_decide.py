"""Rules that say which class, and nothing else."""

import numpy as np
import pytest
from grounds import box
from handmade import graph, network, random_network, rows_in, rules_of

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.ir import Decision, Head

SOFTMAX = tuple(Head("softmax", (2, 0, 1), i) for i in range(3))


@pytest.mark.parametrize("seed", range(4))
def test_the_largest_of_three_scores(seed: int) -> None:
    net = random_network(seed, d=2, K=5, m=3)
    X = rows_in(box(2), 3000, seed)
    scores = net.evaluate(X)
    rules = rules_of(net, box(2), decision="argmax")
    assert rules.decision == Decision(("y0", "y1", "y2"), None)
    assert rules.outputs == ("class",)
    assert (rules.predict(X)[:, 0] == scores.argmax(axis=1)).all()
    assert rules.max_error == 0.0
    shares = rules_of(net, box(2), heads=SOFTMAX, decision="argmax")
    assert (shares.predict(X)[:, 0] == scores[:, [2, 0, 1]].argmax(axis=1)).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("heads", "cut"),
    [
        ((Head("identity", (0,)),), 0.2),
        ((Head("sigmoid", (0,)),), 0.3),
        ((Head("complement", (0,)), Head("sigmoid", (0,))), 0.7),
        ((Head("complement", (0,)),), 0.6),
        ((Head("exp", (0,)),), 1.5),
        ((Head("expm1", (0,)),), -0.4),
    ],
)
def test_a_cut_off(seed: int, heads: tuple[Head, ...], cut: float) -> None:
    net = random_network(seed, d=2, K=5, m=1)
    X = rows_in(box(2), 2000, seed)
    outputs = graph(net, heads=heads).evaluate(X)[:, -1]
    rules = rules_of(net, box(2), heads=heads, decision=cut)
    clear = np.abs(outputs - cut) > 1e-9
    assert (rules.predict(X)[clear, 0] == (outputs >= cut)[clear]).all()
    assert rr.verify(rules, graph(net, heads=heads), X)


def test_pieces_that_decide_alike_are_one() -> None:
    # |x0| >= 0.5, where the score itself has two maps on each side
    net = network([[1, 0], [-1, 0]], [0, 0], [[1, 1]])
    rules = rules_of(net, box(2), decision=0.5)
    assert len(rules) == 3
    assert all(len(rule.conditions) <= 2 for rule in rules)
    constant = rules_of(net, box(2), decision=1.5)
    assert len(constant) == 1
    assert constant.predict([[0, 0]]).tolist() == [[0.0]]


def test_two_probabilities_of_one_score() -> None:
    net = network([[1, 0]], [0], [[2]], C=[[0, 1]])
    for heads in (
        (Head("complement", (0,)), Head("sigmoid", (0,))),
        (Head("sigmoid", (0,)), Head("complement", (0,))),
    ):
        X = rows_in(box(2), 500)
        expected = graph(net, heads=heads).evaluate(X).argmax(axis=1)
        assert (
            rules_of(net, box(2), heads=heads, decision="argmax").predict(X)[:, 0] == expected
        ).all()


def test_classes_come_one_after_the_other_the_rare_first() -> None:
    net = network([[1, 0], [-1, 0]], [0, 0], [[1, 1]])
    rules = rules_of(net, box(2), decision=0.5, data=rows_in(box(2), 100))
    assert [rules.predict(rule.point[None])[0, 0] for rule in rules] == [0.0, 1.0, 1.0]
    assert rules.rules[1].rows >= rules.rules[2].rows  # type: ignore[operator]


@pytest.mark.parametrize("decision", ["argmax", 0.4])
def test_every_artefact_decides_alike(decision: str | float) -> None:
    heads = SOFTMAX if decision == "argmax" else (Head("sigmoid", (0,)),)
    model = graph(random_network(5, d=2, K=5, m=3 if decision == "argmax" else 1), heads=heads)
    rules = rr.extract(model, domain=box(2), decision=decision)
    X = rows_in(box(2), 400)
    for form in ("rules", "tree", "network"):
        for target, engine in (("python", None), ("c", None), ("sql", "sqlite"), ("sql", "duckdb")):
            artifact = rr.emit(rules, target, form=form, dialect=engine)
            assert rr.verify(artifact, model, X, engine), (form, target)


def test_a_wrong_decision_is_noticed() -> None:
    model = graph(random_network(5, d=2, K=5, m=1), heads=(Head("sigmoid", (0,)),))
    rules = rr.extract(model, domain=box(2), decision=0.4)
    other = rr.extract(model, domain=box(2), decision=0.6)
    text = {**rr.emit(other, "python").files}
    artifact = rr.emit(rules, "python")
    assert not rr.verify(
        type(artifact)(**{**vars(artifact), "files": text}), model, rows_in(box(2), 400)
    )


@pytest.mark.parametrize(
    ("heads", "decision", "said"),
    [
        ((Head("sigmoid", (0,)),), "most", "supported: 'argmax', or a number"),
        ((Head("sigmoid", (0,)),), "argmax", "aren't the scores or shares"),
        ((Head("sigmoid", (0,)),), 1.0, "y0 never reaches it"),
        ((Head("sigmoid", (0,)),), -0.5, "y0 never reaches it"),
        ((Head("identity", (0,)), Head("identity", (1,))), 0.5, "several scores"),
    ],
)
def test_what_cannot_be_decided_is_said(
    heads: tuple[Head, ...], decision: str | float, said: str
) -> None:
    with pytest.raises(UnsupportedError, match=said):
        rules_of(random_network(0, d=2, K=3, m=2), box(2), heads=heads, decision=decision)


def test_decisions_are_exact() -> None:
    with pytest.raises(UnsupportedError, match="decisions are exact"):
        rules_of(random_network(0, d=2, K=3, m=2), box(2), decision="argmax", max_error=0.1)
