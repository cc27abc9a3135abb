"""Outputs behind links: what is executed stays below the bound, judged in 60 digits."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from handmade import graph, layered, network
from rounding_search import RowSearch

import relurules as rr
from relurules.ir import AdditiveRules, RuleSet
from relurules.links.heads import Head
from relurules.rounding import bound_rounding, bound_score_rounding
from relurules.verifying.engines import run_artifact
from relurules.verifying.exact_network import ExactNetwork

_BOX = rr.Domain.box([-1, -1, -1], [1, 2, 5])
#: Every bound is at most so many times an error that was found.
_LOOSE = 30.0
_TEXTS = [
    ("python", {}),
    ("c", {}),
    ("javascript", {}),
    ("sql", {"dialect": "sqlite"}),
    ("sql", {"dialect": "duckdb"}),
]


def make_rules(link: str, form: str) -> RuleSet | AdditiveRules:
    """Of a single score, or of three behind a softmax."""
    count = 3 if link == "softmax" else 1
    heads = [Head(link, tuple(range(count)), i) for i in range(count)]
    net = layered(7, 3, [5], count)
    return rr.extract(graph(net, heads=heads), domain=_BOX, form=form)


def apply_precisely(head: Head, scores: list[mpmath.mpf]) -> mpmath.mpf:
    """The output in 60 digits."""
    own = [scores[i] for i in head.scores]
    if head.link == "exp":
        return mpmath.exp(own[0])
    if head.link == "softmax":
        return mpmath.exp(own[head.component]) / sum(map(mpmath.exp, own))
    sign = -1 if head.link == "sigmoid" else 1
    return 1 / (1 + mpmath.exp(sign * own[0]))


def measure_outputs(rules: RuleSet | AdditiveRules, X: np.ndarray, found: np.ndarray) -> float:
    """The largest error of any output."""
    exact, worst = ExactNetwork(rules.network), 0.0
    with mpmath.workdps(60):
        for x, row in zip(X, found.tolist(), strict=True):
            scores = [mpmath.mpf(s.numerator) / s.denominator for s in exact.scores(x)]
            for head, output in zip(rules.heads, row, strict=True):
                worst = max(worst, float(abs(apply_precisely(head, scores) - output)))
    return worst


@pytest.mark.parametrize("form", ["rules", "additive"])
@pytest.mark.parametrize(("target", "kwargs"), _TEXTS)
@pytest.mark.parametrize("link", ["sigmoid", "complement", "exp", "softmax"])
def test_outputs_are_below_their_bound(
    link: str, target: str, kwargs: dict[str, str], form: str
) -> None:
    rules = make_rules(link, "partition" if form == "rules" else form)
    artifact = rr.emit(rules, target, **kwargs)
    bound = bound_rounding(artifact, rules)
    assert bound.is_stated, bound.refusal
    if (target, link) == ("sql", "softmax"):
        assert bound.largest_output == np.inf
        return
    X = RowSearch(rules.network, rules.domain).draw(400, np.random.default_rng(0))
    outputs = np.asarray(run_artifact(artifact, X)[1].outputs)
    found = measure_outputs(rules, X, outputs)
    assert 0 < found <= bound.largest_output
    if link != "exp":  # whose errors are largest where scores are, which few rows drawn are near
        assert bound.largest_output <= _LOOSE * found


class PowerSearch(RowSearch):
    """Of what is behind `exp`: rows whose outputs are far off."""

    def solve(self, X: np.ndarray) -> np.ndarray:
        return np.exp(super().solve(X))


@pytest.mark.parametrize("target", ["python", "c"])
def test_exp_is_as_far_off_as_the_largest_scores_of_a_rule_let_it(target: str) -> None:
    """Not as those that its formula would have far from its own rows, 11,000 times as large."""
    rules = make_rules("exp", "partition")
    artifact = rr.emit(rules, target)
    bound = bound_rounding(artifact, rules).largest_output

    def run(X: np.ndarray) -> np.ndarray:
        return np.asarray(run_artifact(artifact, X)[1].outputs)

    search, rng = PowerSearch(rules.network, rules.domain), np.random.default_rng(0)
    X, errors = search.collect(run, rng, search.draw_pool(1000, rng), 500, 5)
    worst = X[np.argsort(-errors)[:10]]
    found = measure_outputs(rules, worst, run(worst))
    assert found <= bound <= _LOOSE * found


@pytest.mark.parametrize("seed", [2, 7])
def test_exp_is_as_far_off_as_the_largest_scores_of_lines_let_it(seed: int) -> None:
    """Lines of all columns, of which no row has the largest value of each."""
    net = layered(seed, 3, [5], 1)
    rules = rr.extract(graph(net, heads=[Head("exp", (0,), 0)]), domain=_BOX, form="additive")
    artifact = rr.emit(rules, "python")
    bound = bound_rounding(artifact, rules)

    def run(X: np.ndarray) -> np.ndarray:
        return np.asarray(run_artifact(artifact, X)[1].outputs)

    search, rng = PowerSearch(rules.network, rules.domain), np.random.default_rng(0)
    X, errors = search.collect(run, rng, search.draw_pool(1000, rng), 500, 5)
    worst = X[np.argsort(-errors)[:10]]
    found = measure_outputs(rules, worst, run(worst))
    assert found <= bound.largest_output <= _LOOSE * found
    assert bound.largest == bound_score_rounding(artifact, rules).largest


def test_a_changed_formula_has_no_bound() -> None:
    rules = make_rules("sigmoid", "additive")
    for target, kwargs, old, new in (
        ("python", {}, "(1.0 + power)", "(1.5 + power)"),
        ("c", {}, "exp(-fabs(s))", "exp(fabs(s))"),
        ("javascript", {}, "sigmoid(_s0)", "sigmoid(-_s0)"),
        ("sql", {"dialect": "sqlite"}, "exp(-", "exp("),
        ("python", {}, "_sigmoid(_s0),", "_sigmoid(_s0) * 2.0,"),
        ("c", {}, "sigmoid(s[0]);", "sigmoid(s[0]) * 2.0;"),
        ("javascript", {}, "sigmoid(_s0),", "sigmoid(_s0) * 2.0,"),
        ("sql", {"dialect": "sqlite"}, "SELECT 1E0 / (", "SELECT 2E0 * 1E0 / ("),
    ):
        artifact = rr.emit(rules, target, **kwargs)
        assert old in str(artifact), (target, old)
        files = {name: text.replace(old, new) for name, text in artifact.files.items()}
        changed = replace(artifact, files=files)
        assert bound_rounding(artifact, rules).largest_output < 1e-12
        assert bound_rounding(changed, rules).largest_output == np.inf


def test_scores_as_they_are_have_the_bound_of_the_scores() -> None:
    rules = rr.extract(graph(network([[1.0]], [0.1], [[0.3]])), domain=rr.Domain.box([-1], [1]))
    bound = bound_rounding(rr.emit(rules, "python"), rules)
    assert bound.largest_output == bound.largest


def make_mixed() -> RuleSet | AdditiveRules:
    """Of one output that is a score, and one behind a link."""
    heads = [Head("identity", (0,), 0), Head("sigmoid", (1,), 0)]
    net = layered(7, 3, [5], 2)
    return rr.extract(graph(net, heads=heads), domain=_BOX, form="additive")


@pytest.mark.parametrize(
    ("target", "given", "old", "new"),
    [
        ("python", {}, "'y0': _s0,", "'y0': _s0 * 2.0,"),
        ("c", {}, "y[0] = s[0];", "y[0] = s[0] * 2.0;"),
        ("javascript", {}, '"y0": _s0,', '"y0": _s0 * 2.0,'),
        ("sql", {"dialect": "sqlite"}, 'rr_s0 AS "y0"', '2E0 * rr_s0 AS "y0"'),
        ("sql", {"dialect": "tsql"}, "rr_s0 AS [y0]", "2E0 * rr_s0 AS [y0]"),
    ],
)
def test_outputs_beside_links_are_scores_as_they_are(
    target: str, given: dict[str, str], old: str, new: str
) -> None:
    rules = make_mixed()
    artifact = rr.emit(rules, target, **given)
    assert bound_rounding(artifact, rules).outputs[0] == bound_rounding(artifact, rules).scores[0]
    name, text = list(artifact.texts.items())[-1]
    assert old in text
    changed = replace(artifact, files={**artifact.files, name: text.replace(old, new)})
    assert bound_rounding(changed, rules).outputs[0] == np.inf


def test_outputs_beside_links_that_are_not_read_have_no_bound() -> None:
    rules = make_mixed()
    found = bound_rounding(rr.emit(rules, "numpy"), rules)
    assert found.is_stated
    assert (found.outputs == np.inf).all()


def test_links_that_stand_in_a_comment_have_no_bound() -> None:
    rules = make_rules("sigmoid", "additive")
    artifact = rr.emit(rules, "c")
    name, text = list(artifact.texts.items())[-1]
    start = text.index("static double sigmoid(")
    source = text[start : text.index("\n}\n", start) + 3]
    other = "static double sigmoid (double s)\n{\n    return s;\n}\n"
    commented = text.replace(source, f"/*\n{source}*/\n{other}")
    changed = replace(artifact, files={**artifact.files, name: commented})
    assert bound_rounding(artifact, rules).largest_output < 1e-12
    assert bound_rounding(changed, rules).largest_output == np.inf
