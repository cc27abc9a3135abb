"""Rules whose artefacts certificates claim of: with numbers that tables lack, and inequalities."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from handmade import graph, network
from line_models import PURPOSE

import relurules as rr
from relurules.domain.columns import Category, Column, make_missing_column
from relurules.ir import AdditiveRules, Graph, Head

JOB = (Category(("clerk",)), Category(("it",)), Category(missing=True), Category(other=True))


@cache
def make_gaps() -> tuple[Graph, AdditiveRules]:
    """Numbers that count as others where they are missing, one of whole numbers as half of one;
    whether they are missing, one of which nothing else is read; inequalities that come with these,
    and another one; categories that lines read, and one that only adds points.
    """
    columns = (
        Column("income", fill=41.5), make_missing_column("income"),
        Column("late", fill=2.5), make_missing_column("wealth"),
        Column("debt", fill=-3.25), Column("job", JOB), Column("purpose", PURPOSE), Column("age"),
    )  # fmt: skip
    free = rr.Domain.over(columns)
    at = {name: j for j, name in enumerate(free.names)}
    lower, upper, integer = free.lower.copy(), free.upper.copy(), free.integer.copy()
    for name, low, high in (("income", -10, 1e5), ("late", 0, 9), ("debt", -7, 1), ("age", 18, 90)):
        lower[at[name]], upper[at[name]] = low, high
    integer[[at["late"], at["age"]]] = True
    domain = replace(free, lower=lower, upper=upper, integer=integer)
    for text in (
        "`income` >= -10 + 51.5 * `income is missing`",
        "`income` <= 100000 - 99958.5 * `income is missing`",
        "`age` + 9.3 * `debt` <= 71.7",
    ):
        domain = domain.where(text)

    terms: list[dict[str, float]] = [
        {"income": 1e-4}, {"income": 3e-5, "income is missing": 2.7}, {"late": 0.3, "debt": 0.11},
        {"income is missing": 1, "job = 'it'": 1}, {"wealth is missing": 2, "age": 0.01},
        {"job is missing": 1.5, "late": -0.7}, {"age": -0.03, "late": 1}, {"debt": 1},
    ]  # fmt: skip
    A = np.zeros((len(terms), len(domain)))
    for k, own in enumerate(terms):
        for name, value in own.items():
            A[k, at[name]] = value
    rng = np.random.default_rng(5)
    b = [-3.1, -0.7, -0.9, -1, -2.2, 1.3, 0.4, 3.25]
    U, C = rng.normal(size=(1, len(terms))), rng.normal(size=(1, len(domain))) / 3
    C[0, at["income"]] = 1.7e-5
    made = graph(network(A, b, U, C=C, c=[0.3]))
    made = replace(made, columns=columns, features=domain.names)

    return made, rr.extract(made, domain=domain, form="additive")


@cache
def make_gap_shares() -> AdditiveRules:
    """The same columns and lines, for shares of three scores."""
    one, rules = make_gaps()
    net, rng = one.network, np.random.default_rng(2)
    U, C = rng.normal(size=(3, len(net))), rng.normal(size=(3, net.A.shape[1])) / 50
    several = network(net.A, net.b, U, C=C, c=[0.1, 0.2, 0.3])
    heads = tuple(Head("softmax", (0, 1, 2), i) for i in range(3))
    made = replace(graph(several, ("p_a", "p_b", "p_c"), heads), columns=one.columns)

    return rr.extract(replace(made, features=one.features), domain=rules.domain, form="additive")


def find_score(said: Any, row: dict[str, Any]) -> list[Fraction] | None:
    """What the file of additive rules says of a row of the table, exactly: the scores, None for a
    row outside the domain, by more than membership forgives or less.
    """
    values = dict[str, Fraction]()
    names = iter([feature["name"] for feature in said["features"]])
    for column in said["columns"]:
        value = row[column.get("missing_of", column["name"])]
        if not column.get("categories"):
            filled = column.get("fill") if value is None else value
            if filled is None:
                return None
            values[next(names)] = Fraction(filled)
            continue
        own = [
            value in c["values"] or bool(c.get("missing") if value is None else False)
            for c in column["categories"]
        ]
        if value is not None and not any(own):
            own = [bool(c.get("other")) for c in column["categories"]]
        for is_own in own:
            values[next(names)] = Fraction(is_own)
        if sum(own) != 1:
            return None

    def add(terms: dict[str, float], constant: float) -> Fraction:
        return sum((Fraction(w) * values[n] for n, w in terms.items()), Fraction(constant))

    if not all(f["lower"] <= values[f["name"]] <= f["upper"] for f in said["features"]) or any(
        add(wall["coefficients"], -wall["at_most"]) > 0 for wall in said["constraints"]
    ):
        return None

    scores = list[Fraction]()
    for name, base in said["base"].items():
        score = add(base["coefficients"], base["constant"])
        for line in said["lines"]:
            z = add(line["coefficients"], -line["above"])
            score += Fraction(line["slopes"][name]) * max(z, Fraction(0))
        scores.append(score)

    return scores
