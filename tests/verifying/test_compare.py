"""Verification of what ends in a link: rounding of the scores is granted as it shows in the
outputs, nothing else.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from handmade import network, rows_in, rules_of
from torch import Tensor, nn

import relurules as rr
from relurules.ir import Artifact, Graph, Head, Report, RuleSet

BOX = rr.Domain.box([-1, -1], [1, 1], ["a", "b"])
X = rows_in(BOX, 200)


def scored(*heads: Head, scale: float = 1.0) -> RuleSet:
    """Scores a, b and 0.5."""
    net = network(
        np.empty((0, 2)), [], np.empty((3, 0)), C=[[scale, 0], [0, scale], [0, 0]], c=[0, 0, 0.5]
    )
    return rules_of(net, BOX, heads=heads)


def verified(rules: RuleSet, old: str, new: str) -> Report:
    artifact = rr.emit(rules, "python")
    assert old in str(artifact)
    files = {name: text.replace(old, new) for name, text in artifact.files.items()}
    return rr.verify(replace(artifact, files=files), rules, X)


@pytest.mark.parametrize(
    ("heads", "old", "new"),
    [
        ([Head("sigmoid", (0,))], "else power)", "else power * 1.0000001)"),
        ([Head("sigmoid", (0,))], "_sigmoid(_s0)", "_sigmoid(_s0 + 1e-7)"),
        ([Head("sigmoid", (0,))], "_sigmoid(_s0)", "_sigmoid(_s1)"),
        ([Head("exp", (0,))], "math.exp(s)", "math.exp(s) + 1e-7"),
        ([Head("expm1", (0,))], "math.expm1(s)", "(math.exp(s + 1e-7) - 1)"),
        ([Head("softmax", (0, 1, 2))], "softmax_1[0]", "softmax_1[1]"),
        ([Head("softmax", (0, 1, 2))], "/ total", "/ (total + 1e-7)"),
        ([Head("log_softmax", (0, 1, 2))], "- log_total", "- log_total + 1e-7"),
        ([Head("log_softmax", (0, 1, 2))], "s - top", "math.nan"),
        ([Head("argmax", (0, 1, 2))], "scores.index(max", "scores.index(min"),
        ([Head("argmax", (0, 1, 2))], "scores.index(max(scores))", "scores.index(max(scores[:2]))"),
        ([Head("argmax", (0, 1, 2))], ": argmax_1,", ": argmax_1 + 1e-7,"),
    ],
)
def test_a_wrong_link_fails(heads: list[Head], old: str, new: str) -> None:
    rules = scored(*heads)
    assert verified(rules, old, old)
    report = verified(rules, old, new)
    assert not report
    assert not report.relative <= report.tolerance


def test_small_probabilities_count_too() -> None:
    """An absolute tolerance would let a probability of 1e-20 be anything below 1e-9."""
    rules = scored(Head("sigmoid", (0,)), scale=-1000.0)
    assert verified(rules, "else power)", "else power)")
    assert not verified(rules, "else power)", "else 0.0)")


class Twice(nn.Module):
    """Two scores that are the same number, summed in two ways."""

    def forward(self, x: Tensor) -> Tensor:
        terms = x * torch.tensor([0.1, 0.7, 1.3])
        forth = terms[:, 0] + terms[:, 1] + terms[:, 2]
        back = terms[:, 2].relu() - (-terms[:, 2]).relu() + terms[:, 1] + terms[:, 0]
        return torch.stack([back, forth, x[:, 0] - 3], 1).argmax(1)


@cache
def extract_twice() -> tuple[Graph, RuleSet]:
    """Once, for all engines."""
    graph = rr.trace(Twice(), input_shape=(3,))
    return graph, rr.extract(graph, domain=rr.Domain.box([-1] * 3, [1] * 3))


@pytest.mark.parametrize(
    ("target", "dialect"), [("python", None), ("c", None), ("sql", "sqlite"), ("sql", "duckdb")]
)
@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_ties_pass_and_only_ties(form: str, target: str, dialect: str | None) -> None:
    graph, rules = extract_twice()
    rows = rows_in(rules.domain, 500)
    artifact: Artifact = rr.emit(rules, target, form=form, dialect=dialect)
    assert rr.verify(artifact, graph, rows)
    raised = replace(graph.network, c=graph.network.c + np.array([0.0, 0.0, 3.5]))
    assert not rr.verify(artifact, replace(graph, network=raised), rows)


def test_the_bound_of_the_rules_goes_through_the_link() -> None:
    net = network([[1, 1]], [0], [[3]], slope=0.9996)
    heads = [Head("sigmoid", (0,))]
    rules, exact = rules_of(net, BOX, heads=heads), rules_of(net, BOX, heads=heads, threshold=1.0)
    artifact = rr.emit(rules, "python")
    assert rules.score_error == artifact.max_error == pytest.approx(0.0004 * 2 * 3, rel=1e-6)
    assert rules.max_error == pytest.approx(rules.score_error / 4, rel=1e-6)
    report = rr.verify(artifact, exact, X)
    assert report
    assert 0 < report.difference <= rules.max_error
    assert not rr.verify(replace(artifact, max_error=rules.score_error / 10), exact, X)


def test_an_argmax_may_differ_within_the_bound_of_the_rules() -> None:
    net = network([[1, 1]], [0], [[1], [0]], slope=0.9996)
    heads = [Head("argmax", (1, 0))]
    rules, exact = rules_of(net, BOX, heads=heads), rules_of(net, BOX, heads=heads, threshold=1.0)
    rows = np.vstack([X, [[-0.5, 0.5]]])
    assert rr.verify(rr.emit(rules, "python"), exact, rows)
    assert rr.verify(rr.emit(exact, "python"), exact, rows).difference == 0


@pytest.mark.parametrize(
    ("target", "dialect"), [("python", None), ("c", None), ("sql", "sqlite"), ("sql", "duckdb")]
)
def test_infinite_outputs_agree(target: str, dialect: str | None) -> None:
    rules = scored(Head("exp", (0,)), Head("expm1", (1,)), scale=2000.0)
    report = rr.verify(rr.emit(rules, target, dialect=dialect), rules, X)
    assert report
    assert np.isinf(rules.predict(X)).any()
    assert not verified(rules, "return math.inf", "return 1e308")
