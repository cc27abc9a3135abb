"""Weights from 5e-324 to 1e100: numbers are written exactly, and nothing becomes infinite without a
word.
"""

import ast
import re
from functools import cache

import numpy as np
import pytest
from executed_targets import needs_program
from handmade import Array, network, rules_of
from sqls import QUICK, need

import relurules as rr
from relurules.emitting.sql.dialects import DIALECTS
from relurules.errors import CheckError, UnsupportedError
from relurules.ir import Artifact, Head, Network, RuleSet

BOX = rr.Domain.box([-1, -1], [1, 1])
NETWORKS = {
    "1e20": network([[1e20, 1], [1, -1e20]], [0.5, 1e10], [[1e20, 1]], C=[[1, 1e-30]], c=[-0.0]),
    "1e-30": network(
        [[1e-30, 2e-30], [1, -1]], [5e-31, 0.1], [[1e-30, 1]], C=[[1e-30, 0]], c=[1e-30]
    ),
    "mixed": network(
        [[1e30, 1e-30], [1e-30, 1e30]],
        [1e30, -1e-30],
        [[1e-30, 1e30]],
        C=[[1e20, -1e-20]],
        c=[1e20],
    ),
    "denormal": network(
        [[1, 1], [1, -1]], [0.1, 0.1], [[5e-324, 1]], C=[[5e-324, 1e-310]], c=[5e-324]
    ),
    "1e100": network(
        [[1e100, 1], [1, 1]], [0, 0.5], [[1e30, 1e100]], C=[[1e100, -1e100]], c=[1e100]
    ),
    "minus 0": network([[1, -0.0], [-0.0, 1]], [-0.0, -0.0], [[1, -1]], C=[[-0.0, -0.0]], c=[-0.0]),
}
NODE = needs_program("node")
CODE = ["python", "numpy", "c", pytest.param("javascript", marks=NODE)]


def rows() -> Array:
    tiny = [[0, 0], [-0.0, 0.0], [1, 1], [-1, -1], [1e-300, 0], [5e-324, -5e-324], [1e-25, 1e-20]]
    return np.vstack([np.random.default_rng(0).uniform(-1, 1, (60, 2)), tiny])


@pytest.fixture(scope="module", params=NETWORKS)
def net(request: pytest.FixtureRequest) -> Network:
    return NETWORKS[request.param]


@cache
def extract_linked(name: str, linked: bool) -> RuleSet:
    """Once, for all languages."""
    return rules_of(NETWORKS[name], BOX, heads=[Head("sigmoid", (0,))] if linked else [])


def check(net: Network, target: str, dialect: str | None = None, X: Array | None = None) -> None:
    """Every form gives what the rules give."""
    name = next(name for name, known in NETWORKS.items() if known is net)
    for linked in (False, True):
        rules = extract_linked(name, linked)
        for form in ("tree", "network") if target == "numpy" else ("rules", "tree", "network"):
            report = rr.verify(
                rr.emit(rules, target, form=form, dialect=dialect),
                rules,
                rows() if X is None else X,
            )
            assert report, (form, linked, report)


@pytest.mark.parametrize("target", CODE)
def test_code_of_extreme_weights(target: str, net: Network) -> None:
    check(net, target)


@pytest.mark.parametrize("dialect", QUICK)
def test_sql_of_extreme_weights(dialect: str, net: Network) -> None:
    """PostgreSQL ends a query where a product vanishes, so that its coordinates below 1e-100 count
    as 0.
    """
    need(dialect)
    if dialect == "postgres" and net is NETWORKS["denormal"]:
        with pytest.raises(CheckError, match="value out of range: underflow"):
            check(net, "sql", dialect)
        return
    small = np.abs(rows()) < DIALECTS[dialect].tiny
    check(net, "sql", dialect, np.where(small, 0.0, rows()))


def test_python_writes_every_number_exactly(net: Network) -> None:
    rules = rules_of(net, BOX)
    tree = ast.parse(str(rr.emit(rules, "python", form="rules")))
    written = {
        abs(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and is_number(node.value)
    }
    wanted = [abs(v) for rule in rules for v in (*rule.map.weights.ravel(), *rule.map.constants)]
    assert {v for v in wanted if v not in (0.0, 1.0)} <= written


def test_c_writes_every_number_exactly(net: Network) -> None:
    rules = rules_of(net, BOX)
    text = rr.emit(rules, "c", form="rules").files["score.c"]
    written = {
        float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d*)?(?:e[-+]?\d+)?", text)
    }
    wanted = [abs(v) for rule in rules for v in (*rule.map.weights.ravel(), *rule.map.constants)]
    assert {v for v in wanted if v not in (0.0, 1.0)} <= written


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("target", ["text", "markdown", "html", "latex"])
def test_documents_of_extreme_weights(target: str, net: Network) -> None:
    text = str(rr.emit(rules_of(net, BOX), target, script=False))
    assert not re.search(
        r"(?<![\w-])(inf|nan)(?![\w-])", re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    )


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "bigquery", "oracle"])
def test_other_dialects_have_no_infinity(dialect: str, net: Network) -> None:
    for form in ("rules", "network"):
        assert not re.search(
            r"\b(inf|nan)e?0?\b",
            str(rr.emit(rules_of(net, BOX), "sql", dialect=dialect, form=form)),
        )


@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_float_is_refused_where_sums_would_be_infinite(form: str) -> None:
    def emitted(rules: RuleSet) -> Artifact:
        return rr.emit(rules, "c", form=form, number="float")

    for scale, said in ((1e20, "1e+40"), (1e19, None)):
        layers = network([[scale, 0], [0, 1]], [0, 0.1], [[scale, 1]])
        if said is None:
            rules = rules_of(layers, BOX)
            assert rr.verify(emitted(rules), rules, rows())
            continue
        with pytest.raises(
            UnsupportedError,
            match=rf"reach {re.escape(said)} in the domain, and float holds 3.4e\+38",
        ):
            emitted(rules_of(layers, BOX))
