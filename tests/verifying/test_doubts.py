"""What would be seen never passes: another class, a share of what an output spans; but for what
float64 itself does.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from executed_targets import needs_program
from handmade import Array, graph, network, random_network, rows_in, rules_of
from sqls import EXECUTED, need
from torch import nn

import relurules as rr
from relurules.cli.display import describe_report
from relurules.errors import UnsupportedError
from relurules.ir import Artifact, Graph, Head, Report, RuleSet

UNIT = rr.Domain.box([0], [1])
NODE = needs_program("node")
TARGETS = [
    ("python", None),
    ("numpy", None),
    ("c", None),
    pytest.param("javascript", None, marks=NODE),
    ("sql", "sqlite"),
    ("sql", "duckdb"),
]


def changed(artifact: Artifact, old: str, new: str) -> Artifact:
    name = list(artifact.files)[-1]
    assert old in artifact.files[name]
    return replace(artifact, files={**artifact.files, name: artifact.files[name].replace(old, new)})


def spike(width: float) -> Graph:
    """0 but for a spike of height 1 behind 0.25, twice `width` wide; terms of 1 / width."""
    steep = 1 / width
    return graph(
        network(
            [[1.0]] * 3, [-0.25, -0.25 - width, -0.25 - 2 * width], [[steep, -2 * steep, steep]]
        )
    )


def flat(heads: list[Head] | None = None, C: Any = 0.0) -> RuleSet:
    """0 everywhere, or C x."""
    return rules_of(
        network(np.empty((0, 1)), [], np.empty((1, 0)), C=[[C]]), UNIT, heads=heads or ()
    )


def shifted(heads: list[Head], domain: rr.Domain = UNIT) -> Graph:
    """The score x - 0.5 as it comes out of terms of 1e8, which float64 has to some 1e-8."""
    return graph(network([[1.0]], [1e8], [[1.0]], c=[-1e8 - 0.5]), heads=heads)


@pytest.mark.parametrize(("target", "dialect"), TARGETS)
@pytest.mark.parametrize("width", [3e-9, 3e-10])
def test_a_spike_that_is_missed_fails(width: float, target: str, dialect: str | None) -> None:
    """Terms of 1e10 once allowed anything up to 10."""
    model, artifact = spike(width), rr.emit(flat(), target, dialect=dialect)
    report = rr.verify(artifact, model, np.array([[0.25 + width]]))
    assert not report
    assert report.difference == pytest.approx(1.0, rel=1e-5)
    assert "row 0: y0 is 0" in report.remarks[0]
    assert rr.verify(artifact, model, np.array([[0.1], [0.2]]))


def test_a_spike_missed_by_rules_fails() -> None:
    model = spike(4e-10)
    X = np.array([[0.1], [0.25 + 4e-10], [0.9]])
    assert not rr.verify(flat(), model, X)


@pytest.mark.parametrize(("target", "dialect"), TARGETS)
def test_a_visible_share_fails_whatever_the_terms(target: str, dialect: str | None) -> None:
    """Terms of 2e8 would allow 2e-4."""
    model, X = shifted([Head("identity", (0,))]), np.linspace(0, 1, 40)[:, None]
    rules = rules_of(network(np.empty((0, 1)), [], np.empty((1, 0)), C=[[1.0]], c=[-0.5]), UNIT)
    artifact = rr.emit(rules, target, dialect=dialect)
    report = rr.verify(changed(artifact, "0.5", "0.50001"), model, X)
    assert not report
    assert report.relative < report.tolerance
    assert "moves by" in report.remarks[0]
    assert rr.verify(artifact, model, X)


@pytest.mark.parametrize(("target", "dialect"), TARGETS)
def test_another_class_fails_where_probabilities_agree(target: str, dialect: str | None) -> None:
    """Probabilities are apart by 1e-7 of what they span, scores by 1e-7, and float64 knows these to
    1e-8.
    """
    model = shifted([Head("sigmoid", (0,))])
    net = network(np.empty((0, 1)), [], np.empty((1, 0)), C=[[1.0]], c=[-0.5 - 4e-7])
    artifact = rr.emit(rules_of(net, UNIT, heads=[Head("sigmoid", (0,))]), target, dialect=dialect)
    clear, close = np.array([[0.0], [1.0], [0.7], [0.3]]), np.array([[0.5 + 2e-7]])
    assert rr.verify(artifact, model, clear).remarks == ()
    report = rr.verify(artifact, model, np.vstack([clear, close]))
    assert not report
    assert report.difference < 2e-7
    assert report.agreement == 0.8
    assert report.remarks[0].startswith("row 4: the class is 0 and not 1; the score is 2.0")


def test_a_tie_that_float64_does_not_tell_passes_and_is_told() -> None:
    model = shifted([Head("sigmoid", (0,))])
    net = network(np.empty((0, 1)), [], np.empty((1, 0)), C=[[1.0]], c=[-0.5])
    artifact = rr.emit(rules_of(net, UNIT, heads=[Head("sigmoid", (0,))]), "python")
    X = np.vstack([[[0.0], [1.0]], 0.5 + np.linspace(-1e-8, 1e-8, 21)[:, None]])
    report = rr.verify(artifact, model, X)
    assert report
    assert 0.5 < report.agreement < 1
    (remark,) = report.remarks
    assert "the class differs between scores that tie" in remark
    assert describe_report(report).endswith(f"\n{remark}")


@pytest.mark.parametrize("width", [3e-9, 2e-10])
def test_the_right_formula_of_a_steep_piece_passes_on_one_row(width: float) -> None:
    """Its terms are 1 / width, while the network itself subtracts without rounding: off by 1e-7 of
    its height.
    """
    model = spike(width)
    rules = rules_of(
        network(np.empty((0, 1)), [], np.empty((1, 0)), C=[[1 / width]], c=[-0.25 / width]), UNIT
    )
    rows = 0.25 + width * np.array([[0.25], [0.5], [0.75], [1.0]])
    for X in (*(row[None] for row in rows), rows):
        assert rr.verify(rr.emit(rules, "python"), model, X)
        assert not rr.verify(rr.emit(flat(), "python"), model, X)


def test_what_the_network_itself_cannot_tell_passes_and_is_told() -> None:
    """On rows that span 1e-3, the rounding of terms of 1e8 shows; a difference ten times as large
    isn't rounding.
    """
    model, X = shifted([Head("identity", (0,))]), np.linspace(0.5, 0.501, 30)[:, None]

    def verified(c: float) -> Report:
        net = network(np.empty((0, 1)), [], np.empty((1, 0)), C=[[1.0]], c=[c])
        return rr.verify(rr.emit(rules_of(net, UNIT), "python"), model, X)

    report = verified(-0.5)
    assert report
    assert "the network itself, run in float64, is off by as much" in report.remarks[0]
    assert not verified(-0.5 - 3e-7)


@pytest.mark.parametrize("scores", [2, 3])
def test_an_argmax_passes_between_ties_only(scores: int) -> None:
    heads = [Head("argmax", tuple(range(scores)))]
    C, c = np.ones((scores, 1)), np.arange(scores) * 1e-7

    def rules(offsets: Array) -> RuleSet:
        net = network([[1.0]], [1e8], np.ones((scores, 1)), C=0 * C, c=offsets - 1e8)
        return rules_of(net, UNIT, heads=heads)

    X = rows_in(UNIT, 20)
    model = graph(network([[1.0]], [1e8], np.ones((scores, 1)), C=0 * C, c=c - 1e8), heads=heads)
    assert rr.verify(rr.emit(rules(c), "python"), model, X)
    report = rr.verify(rr.emit(rules(-c), "python"), model, X)
    assert not report
    assert f"the class is 0 and not {scores - 1}; the scores are" in report.remarks[0]
    equal = graph(
        network([[1.0]], [1e8], np.ones((scores, 1)), C=0 * C, c=0 * c - 1e8), heads=heads
    )
    (remark,) = rr.verify(rr.emit(rules(c), "python"), equal, X).remarks
    assert remark.startswith("in 20 rows (row 0) the class differs between scores that tie")


@pytest.mark.parametrize("engine", EXECUTED)
def test_the_class_alone_fails(engine: str) -> None:
    """The probabilities are right, and so is the rule; the column `class` isn't."""
    need(engine)
    net = network([[1, 1], [1, -2]], [0, 0.1], [[3, -1]], c=[-1])
    rules = rules_of(net, rr.Domain.box([-1, -1], [1, 1]), heads=[Head("sigmoid", (0,))])
    X = rows_in(rules.domain, 40)
    assert 0 < (rules.predict(X) > 0.5).mean() < 1
    columns = ["outputs", "score", "class", "contributions", "reasons", "rule"]
    artifact = rr.emit(rules, "sql", dialect=engine, form="network", key=["id"], columns=columns)
    report = rr.verify(artifact, rules, X)
    assert report
    assert report.agreement == 1
    wrong = rr.verify(changed(artifact, "THEN 1 WHEN", "THEN 0 WHEN"), rules, X)
    assert not wrong
    assert wrong.difference == report.difference
    assert "the class is 0 and not 1" in wrong.remarks[0]


def test_a_class_that_there_is_not_fails() -> None:
    rules = flat([Head("sigmoid", (0,))], C=1.0)
    artifact = rr.emit(rules, "sql", columns=["outputs", "class", "rule"])
    report = rr.verify(
        changed(artifact, "THEN 1 WHEN", "THEN 7 WHEN"), rules, np.array([[0.5], [0.25]])
    )
    assert not report
    assert report.remarks == ("row 0: the class is 7 and not 1, and there is no such class",)


def test_classes_within_the_bound_of_simplified_rules_pass() -> None:
    net = network([[1, 1]], [0], [[1], [0]], slope=0.9996)
    heads, box = [Head("softmax", (0, 1), i) for i in range(2)], rr.Domain.box([-1, -1], [1, 1])
    rules, exact = rules_of(net, box, heads=heads), rules_of(net, box, heads=heads, threshold=1.0)
    X = np.vstack([rows_in(box, 50), [[-0.5, 0.5]]])
    assert rr.verify(rr.emit(rules, "python"), exact, X)


@pytest.mark.parametrize("seed", range(40))
def test_rounding_alone_never_fails(seed: int) -> None:
    """Single rows, rows that are all the same, and rows on corners: what rows span may be nothing
    at all.
    """
    rng = np.random.default_rng(seed)
    heads = [
        [],
        [Head("sigmoid", (0,)), Head("exp", (1,))],
        [Head("softmax", (0, 1), i) for i in range(2)],
    ][seed % 3]
    net = random_network(seed, d=3, K=5)
    model = graph(net, heads=heads)
    domain = rr.Domain.box([-1] * 3, [1] * 3)
    rules = rr.extract(model, domain=domain)
    one = rng.uniform(-1, 1, 3)
    for X in (
        one[None],
        np.tile(one, (3, 1)),
        np.zeros((1, 3)),
        rng.choice([-1.0, 1.0], (4, 3)),
        one + 0 * domain.lower,
    ):
        for artifact in (
            rules,
            *(rr.emit(rules, "python", form=form) for form in ("rules", "tree", "network")),
        ):
            assert rr.verify(artifact, model, np.atleast_2d(X)), (artifact, X)


def test_the_framework_judges_too() -> None:
    """A torch model whose own float64 sums are no better than the rules."""
    module = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    with torch.no_grad():
        module[0].weight[:] = 1.0
        module[0].bias[:] = torch.tensor([1e9, 2e9], dtype=torch.float64)
        module[2].weight[:] = torch.tensor([[2.0, -1.0]], dtype=torch.float64)
        module[2].bias[:] = 0.0
    rules = rr.extract(module, domain=UNIT)
    X = np.linspace(0.2, 0.21, 50)[:, None]
    assert rr.verify(rules, module, X)
    moved = changed(rr.emit(rules, "python", form="network"), "2000000000.0", "2000000000.00001")
    assert not rr.verify(moved, module, X)


def test_float_is_refused_where_a_column_is_too_large_for_its_width() -> None:
    net = network([[1e-6, 0], [1e-6, 0.01]], [-2.0240111e7, -2.0240111e7], [[1, -1]])
    domain = rr.Domain.box([20_240_110_000_000, 0], [20_240_112_235_959, 100], ["booked", "amount"])
    rules = rules_of(net, domain, heads=[Head("sigmoid", (0,))])
    with pytest.raises(UnsupportedError) as raised:
        rr.emit(rules, "c", form="network", number="float")
    assert "column 'booked' lies between 20240110000000 and 20240112235959" in str(raised.value)
    assert "use number='double'" in str(raised.value)
    assert rr.verify(rr.emit(rules, "c", form="network"), rules, rows_in(domain, 50))


@pytest.mark.parametrize(("low", "refused"), [(0.0, False), (10.0, False), (1990.0, True)])
def test_float_knows_which_columns_are_too_large(low: float, refused: bool) -> None:
    """34 years in thousands of years are 3.5e-6 of their width."""
    domain = rr.Domain.box([low, 0], [low + 34, 1], ["year", "share"])
    rules = rules_of(network([[1, 0.1]], [-low - 5], [[1.0]]), domain)
    if refused:
        with pytest.raises(UnsupportedError, match="column 'year' lies between 1990 and 2024"):
            rr.emit(rules, "c", number="float")
    else:
        assert rr.verify(rr.emit(rules, "c", number="float"), rules, rows_in(domain, 50))


def test_float_refuses_conditions_of_decisions_too() -> None:
    domain = rr.Domain.box([1e6, 0], [1e6 + 10, 1], ["large", "share"])
    rules = rules_of(
        network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[1.0, 1.0]], c=[-1e6]),
        domain,
        decision=5.0,
    )
    with pytest.raises(UnsupportedError, match="column 'large'"):
        rr.emit(rules, "c", number="float")
    ignored = rules_of(network([[0, 1]], [-0.5], [[1.0]]), domain)
    assert rr.verify(rr.emit(ignored, "c", number="float"), ignored, rows_in(domain, 20))


def test_float_fails_where_its_rounding_shows() -> None:
    """In an open domain nothing is known before there are rows, whose own rounding counts."""
    domain = rr.Domain.unbounded(["stamp"])
    net = network([[1e-4], [1e-4]], [-2.0240110e9, -2.0240111e9], [[1, -2]])
    rules = rules_of(net, domain, heads=[Head("sigmoid", (0,))])
    X = 2.0240110e13 + np.linspace(0, 2e4, 60)[:, None]
    assert rr.verify(rr.emit(rules, "c", form="network"), rules, X)
    report = rr.verify(rr.emit(rules, "c", form="network", number="float"), rules, X)
    assert not report
    assert report.difference > 0.1
    assert report.relative < report.tolerance
    assert "moves by" in report.remarks[0]


def test_float_is_no_better_at_a_single_row() -> None:
    rules = rules_of(random_network(1, K=4), rr.Domain.box([-1, -1], [1, 1]))
    artifact = rr.emit(rules, "c", form="network", number="float")
    for row in rows_in(rules.domain, 8):
        assert rr.verify(artifact, rules, row[None])
