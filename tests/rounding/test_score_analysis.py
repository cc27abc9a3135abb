"""Bounds of scores are kept for texts that compute the same, and for no others."""

from collections.abc import Iterator

import numpy as np
import pytest
from handmade import graph, layered

import relurules as rr
from relurules.links.heads import Head
from relurules.rounding import bound_rounding, score_analysis
from relurules.rounding.expression import Choice, ColumnValue, Comparison, Literal, Operation
from relurules.rounding.score_analysis import ScoreAnalysis, list_nodes

BOX = rr.Domain.box([-1, -1, -1], [1, 2, 5])
X0, X1 = ColumnValue(0), ColumnValue(1)
SUM = Operation("+", (X0, X1))


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Before and after, as `measured` stands in for what measures."""
    score_analysis._keep_analyses.cache_clear()
    yield
    score_analysis._keep_analyses.cache_clear()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    boxes, measure = list[object](), ScoreAnalysis._measure_anew
    monkeypatch.setattr(
        ScoreAnalysis, "_measure_anew", lambda own, box: boxes.append(box) or measure(own, box)
    )
    return boxes


@pytest.mark.parametrize("link", ["sigmoid", "exp"])
def test_another_language_has_the_bounds_without_work(link: str, measured: list[object]) -> None:
    rules = rr.extract(
        graph(layered(7, 3, [3], 1), heads=[Head(link, (0,), 0)]), domain=BOX, form="additive"
    )
    first = bound_rounding(rr.emit(rules, "python"), rules)
    count = len(measured)
    other = bound_rounding(rr.emit(rules, "javascript"), rules)
    assert count > 1
    assert len(measured) == count
    assert np.array_equal(first.scores, other.scores)

    score_analysis._keep_analyses.cache_clear()
    alone = bound_rounding(rr.emit(rules, "javascript"), rules)
    assert len(measured) > count
    assert np.array_equal(alone.scores, other.scores)
    assert np.array_equal(alone.outputs, other.outputs)


def test_another_format_or_domain_is_bounded_anew(measured: list[object]) -> None:
    net = graph(layered(7, 3, [3], 1))
    rules = rr.extract(net, domain=BOX, form="additive")
    wide = rr.extract(net, domain=rr.Domain.box([-9] * 3, [9] * 3), form="additive")
    largest = []
    for own, number in ((rules, "double"), (rules, "float"), (wide, "double")):
        before = len(measured)
        largest.append(bound_rounding(rr.emit(own, "c", number=number), own).largest)
        assert len(measured) > before
    double, single, far = largest
    assert double < far < single


def test_large_programs_are_not_kept(
    measured: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_analysis, "_MOST_NODES", 5)
    rules = rr.extract(graph(layered(7, 3, [3], 1)), domain=BOX, form="additive")
    artifact = rr.emit(rules, "python")
    counts = [len(measured)]
    for _ in range(2):
        bound_rounding(artifact, rules)
        counts.append(len(measured))

    assert counts[0] < counts[1] < counts[2]


def test_nodes_are_the_same_where_the_same_is_computed() -> None:
    copy = Operation("+", (ColumnValue(0), ColumnValue(1)))
    assert list_nodes([Operation("*", (SUM, SUM))]) == list_nodes([Operation("*", (SUM, copy))])


@pytest.mark.parametrize(
    "other",
    [
        [Operation("+", (X1, X0))],
        [Operation("-", (X0, X1))],
        [Operation("sum", (X0, X1))],
        [Operation("+", (X0, X0))],
        [SUM, SUM],
        [X0],
        [Operation("+", (X0, Literal(0.0)))],
        [Operation("+", (X0, Literal(-0.0)))],
        [Operation("+", (X0, Literal(5e-324)))],
        [Choice(Comparison("<", X0, X1), X0, X1)],
        [Choice(Comparison("<=", X0, X1), X0, X1)],
        [Choice(Comparison("<", X0, X1), X1, X0)],
    ],
)
def test_nodes_tell_apart_what_is_computed_otherwise(other: list[Operation]) -> None:
    assert list_nodes([SUM]) != list_nodes(other)
    others = [[Operation("+", (X0, Literal(value)))] for value in (0.0, -0.0, 5e-324)]
    assert len({list_nodes(one) for one in others}) == 3
