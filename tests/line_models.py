"""Small additive rules for tests of SQL: one layer, categories and several scores, groups."""

from dataclasses import replace
from typing import Any

import networkx
import numpy as np
import pandas as pd
from handmade import network

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import AdditiveRules, Graph, Head

NUMBERS = ("age", "debt", "late")
PURPOSE = (Category(("car",)), Category(("it's", "loan")), Category((), missing=True, other=True))
KIND = (Category(("a",)), Category(('say "b"',)))


def make_loan_domain() -> rr.Domain:
    """A number from -10 to 100, and two columns of categories."""
    free = rr.Domain.over((Column("income"), Column("purpose", PURPOSE), Column("kind", KIND)))
    lower, upper = free.lower.copy(), free.upper.copy()
    lower[0], upper[0] = -10.0, 100.0
    return replace(free, lower=lower, upper=upper)


def make_lines(net: Any, domain: rr.Domain, heads: tuple[Head, ...], **said: Any) -> AdditiveRules:
    names = said.pop("outputs", tuple(f"y{i}" for i in range(len(heads))))
    graph = Graph(
        domain.names, names, net, networkx.DiGraph(), heads=heads, columns=domain.columns, **said
    )
    return rr.extract(graph, domain=domain, form="additive")


def plain() -> AdditiveRules:
    """Lines of one and two columns, a slope below, an inequality; one score."""
    net = network(
        [[0.5, 0, 0], [0, -2, 0], [0, 0, 1], [1, 4, 0], [0, 0, -1]],
        [-2, 1, -1, -10, 3],
        [[3, 1, 0.58, -0.25, 0.125]],
        C=[[1, 0, -0.5]],
        c=[0.125],
        slope=[0, 0.25, 0, 0, 0],
    )
    domain = rr.Domain.box([0, -1, 0], [10, 1, 12], NUMBERS).where("age + 4*debt <= 12")
    return make_lines(net, domain, (Head("identity", (0,)),))


def chance() -> AdditiveRules:
    """The same behind a sigmoid, over all of R^3."""
    net = network(
        [[1, 0, 0], [0, 1, -2], [0, 0, 1]],
        [-30, 1, -1],
        [[0.02, 0.5, 0.58]],
        C=[[0.01, 0, 0]],
        c=[-1.5],
    )
    domain = rr.Domain.over(tuple(Column(name) for name in NUMBERS))
    return make_lines(net, domain, (Head("sigmoid", (0,)),), outputs=("p",))


def mixed() -> AdditiveRules:
    """A constant for missing values, categories that add points, categories that a line reads, and
    two scores with their softmax and class.
    """
    columns = (Column("income", fill=41.5), Column("purpose", PURPOSE), Column("kind", KIND))
    domain = rr.Domain.over(columns)
    net = network(
        [[0.25, 0, 0, 0, 1, 0], [-1, 0, 0, 0, 0, 2]],
        [-10, 3],
        [[1, 0.5], [-0.25, 2]],
        C=[[0, 0.5, -1, 0.25, 0, 0], [0.01, 0, 0.75, 0, 0, 0]],
        c=[0.5, 0],
    )
    heads = (Head("softmax", (0, 1), 0), Head("softmax", (0, 1), 1), Head("argmax", (0, 1)))
    return make_lines(net, domain, heads)


def grouped() -> AdditiveRules:
    """A group of two layers beside lines and points; one score."""
    columns = (*(Column(name) for name in NUMBERS), Column("kind", KIND))
    net = network(
        [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0.5, 1, 0, 0, 0], [0, 0, 1, 0, 0]],
        [-2, 0.5, 1, -1],
        [[0, 0.5, 2, 0.58]],
        L=[[0, 0, 0, 0], [0, 0, 0, 0], [-1, 0.5, 0, 0], [0, 0, 0, 0]],
        C=[[0, 0.125, 0, 0.5, -0.5]],
        c=[1],
    )
    domain = replace(
        rr.Domain.over(columns),
        lower=np.array([0.0, -4.0, 0.0, 0.0, 0.0]),
        upper=np.array([10.0, 4.0, 12.0, 1.0, 1.0]),
    )
    return make_lines(net, domain, (Head("identity", (0,)),))


MODELS = {"plain": plain, "chance": chance, "mixed": mixed, "grouped": grouped}


def rows_for(rules: AdditiveRules, count: int = 30) -> pd.DataFrame:
    """Rows inside and outside, then in one column at a time: bounds, kinks, far away, NULL, unknown
    texts.
    """
    random = np.random.default_rng(0)
    edges = [0.0, 1.0, -1.0, 3.0, 10.0, 12.0, 1e6, -1e90, 1e90, 1e-320, -0.0, None]
    rows, choices = list[list[Any]](), list[list[Any]]()
    for column in rules.domain.columns:
        known = [v for category in column.categories for v in category.values]
        choices.append([*known, "unknown", "'; --", "", None] if known else edges)

    for _ in range(count):
        rows.append(
            [
                own[random.integers(len(own) - 4)]
                if isinstance(own[0], str)
                else round(float(random.uniform(-1.0, 11.0)), 2)
                for own in choices
            ]
        )
    usual = [own[0] if isinstance(own[0], str) else 1.0 for own in choices]
    rows += [[*usual[:i], value, *usual[i + 1 :]] for i, own in enumerate(choices) for value in own]
    names = [column.name for column in rules.domain.columns]
    return pd.DataFrame(rows, columns=names, dtype=object)
