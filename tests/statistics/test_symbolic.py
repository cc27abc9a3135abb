"""Rules as sympy expressions: the same numbers as predict, on random rows, on boundaries, and
outside.
"""

import numpy as np
import pytest
import sympy
from handmade import Array, network, random_network, rows_in, rules_of

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Graph, Head, RuleSet
from relurules.links.table import LINKS


def evaluated(rules: RuleSet, X: Array, **options: bool) -> Array:
    """Every output by sympy itself, row by row."""
    found = rules.to_sympy(**options)
    symbols = [sympy.Symbol(name, real=True) for name in rules.features]
    functions = [sympy.lambdify(symbols, found[name], "mpmath") for name in rules.outputs]
    return np.array([[float(f(*row)) for f in functions] for row in X.tolist()])


def on_boundaries(rules: RuleSet, count: int) -> Array:
    """Rows of the domain moved onto a split; what rounding leaves of the distance may be on either
    side.
    """
    random = np.random.default_rng(1)
    X = rows_in(rules.domain, count)
    split = random.integers(len(rules.tree.neurons), size=count)
    normals, offsets = rules.tree.normals[split], rules.tree.offsets[split]
    X = (
        X
        - ((X * normals).sum(axis=1) + offsets)[:, None]
        * normals
        / (normals**2).sum(axis=1)[:, None]
    )
    return X[rules.domain.contains(X)]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_numbers(seed: int, exact: bool) -> None:
    domain = rr.Domain.box([-2, -2], [2, 2], ["a b", "lambda"]).where("`a b` + 2 * `lambda` <= 3")
    rules = rules_of(random_network(seed), domain)
    assert len(rules) > 3
    X = np.vstack([rows_in(domain, 30), on_boundaries(rules, 30), [[3, 0], [2, 2], [0, -2.1]]])
    assert np.allclose(
        evaluated(rules, X, exact=exact), rules.predict(X), rtol=1e-12, atol=1e-12, equal_nan=True
    )
    assert np.isnan(rules.predict(X)).any()


def test_exact_coefficients_are_the_numbers_themselves() -> None:
    rules = rules_of(
        network([[0.1, 1]], [0.3], [[0.7]], C=[[1 / 3, 0]]), rr.Domain.box([-1, -1], [1, 1])
    )
    numbers = {n for e in rules.to_sympy(exact=True).values() for n in e.atoms(sympy.Number)}
    assert sympy.Rational(1 / 3) in numbers
    assert not {n for n in numbers if n.is_Float}


def test_links() -> None:
    heads = [Head(name, (1, 0, 2) if link.joint else (0,), 0) for name, link in LINKS.items()]
    net = random_network(2, m=3)
    rules = rules_of(net, rr.Domain.box([-2, -2], [2, 2]), heads=heads)
    X = rows_in(rules.domain, 20)
    assert np.allclose(evaluated(rules, X), rules.predict(X), rtol=1e-11)


def test_large_scores_do_not_overflow_on_their_way() -> None:
    rules = rules_of(
        network([[1.0]], [0], [[1]], C=[[1.0]], c=[5000]), heads=[Head("sigmoid", (0,))]
    )
    (expression,) = rules.to_sympy().values()
    function = sympy.lambdify(sorted(expression.free_symbols, key=str), expression, "mpmath")
    assert float(function(-5000.0)) == pytest.approx(0.5)


def test_one_rule_everywhere_is_its_formula() -> None:
    rules = rules_of(network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[2, 0]], c=[1]))
    (expression,) = rules.to_sympy(exact=True).values()
    assert expression == 2 * sympy.Symbol(rules.features[0], real=True) + 1


def test_categories_are_symbols_that_are_0_or_1() -> None:
    columns = (Column("age"), Column("sex", (Category(("m",)), Category(("f",)))))
    domain = rr.Domain.over(columns).bounded({"age": (0.0, 9.0)})
    import networkx

    graph = Graph(
        domain.names, ("y",), random_network(1, d=3, m=1), networkx.DiGraph(), columns=columns
    )
    rules = rr.extract(graph, domain=domain)
    X = np.array([[3, 1, 0], [8, 0, 1], [8, 1, 1], [8, 0, 0], [10, 0, 1], [4, 0.5, 0.5]])
    assert np.allclose(evaluated(rules, X), rules.predict(X), equal_nan=True)
    assert np.isnan(rules.predict(X))[2:].all()


def test_latex_of_rules() -> None:
    rules = rules_of(network([[1, 1]], [-1], [[1]]), rr.Domain.box([0, 0], [1, 1], ["x", "y"]))
    (expression,) = rules.to_sympy(exact=True, domain=False).values()
    assert r"\begin{cases}" in sympy.latex(expression)
    assert r"x + y \geq 1" in sympy.latex(expression)


def test_decisions() -> None:
    rules = rules_of(random_network(4, m=3), rr.Domain.box([-2, -2], [2, 2]), decision="argmax")
    assert len(rules) > 2
    X = np.vstack([rows_in(rules.domain, 60), [[3.0, 0.0]]])
    assert np.allclose(evaluated(rules, X), rules.predict(X), equal_nan=True)
