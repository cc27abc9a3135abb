"""Networks, columns and rows drawn at random, in form network: SQL gives what rational numbers say,
and nothing for a row that lacks a number.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from handmade import Array, graph, network, search_one_region
from sqls import need

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Network, RuleSet
from relurules.verifying.databases import OPEN

NAMES = (
    "a", "b c", "d.e", "select", 'x"y', "ü", "order by", "Group", "1st", "it's", "k`t", "p;--",
    "rr_in1", "rr_a0", "rr_input", "t.*", "日本", "%s", "[z]", "{q}", "null", "a\\b", "--", "\ta",
)  # fmt: skip
TEXTS = ("a", "A", "it's", '"', "", "7", "007", "ü", " x", "NULL", "-")
NUMBERS = (0.0, 1.0, -2.0, 2.5, 7.0)
ODD = (None, math.nan, math.inf, -math.inf, 1e200, -1e200, 5e-324, 0.0, -0.0, 1.0, -1.0)
#: Nets of a test, each of which has the next seed.
BATCH = 25


def draw_columns(rng: np.random.Generator) -> tuple[Column, ...]:
    """Numbers, some with a value for a missing one, and categories; about 8 coordinates."""
    columns = list[Column]()
    names = [str(name) for name in rng.permutation(NAMES)]
    while sum(column.width for column in columns) < rng.integers(1, 10):
        name = names.pop()
        if rng.random() < 0.7:
            columns.append(Column(name, fill=rng.normal() if rng.random() < 0.3 else None))
            continue
        values = rng.permutation(TEXTS if rng.random() < 0.7 else NUMBERS)[: rng.integers(2, 5)]
        categories = [Category((value,)) for value in values.tolist()]
        categories[0] = categories[0]._replace(missing=bool(rng.random() < 0.4))
        categories[-1] = categories[-1]._replace(other=bool(rng.random() < 0.4))
        columns.append(Column(name, tuple(categories)))

    return tuple(columns)


def draw_network(rng: np.random.Generator, d: int) -> Network:
    """One to three layers, dense or not, some with slopes, gaps and weights of any size."""
    sizes = [int(size) for size in rng.integers(1, 11, size=rng.integers(1, 4))]
    K, m, first = sum(sizes), int(rng.integers(1, 4)), 0
    spread = float(rng.choice([0.0, 0.0, 3.0, 12.0])) if K < 6 else 0.0
    share = float(rng.choice([1.0, 1.0, 0.8, 0.4]))

    def draw(*shape: int) -> Array:
        sizes_of = 10.0 ** rng.uniform(-spread, spread, size=shape)
        return rng.normal(size=shape) * sizes_of * (rng.random(shape) < share)

    A, L = np.zeros((K, d)), np.zeros((K, K))
    for i, size in enumerate(sizes):
        rows = slice(first, first + size)
        if not i or rng.random() < 0.3:
            A[rows] = draw(size, d)
        if i:
            L[rows, first - sizes[i - 1] : first] = draw(size, sizes[i - 1])
        first += size
    slope = rng.choice([0.0, 0.25, -1.0, 1.5], size=K) if rng.random() < 0.4 else 0.0
    C = draw(m, d) if rng.random() < 0.4 else None

    return network(A, draw(K), draw(m, K), L=L, C=C, c=draw(m), slope=slope)


def draw_rows(rng: np.random.Generator, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    def draw(column: Column) -> Any:
        known = [value for category in column.categories for value in category.values]
        if not known:
            odd = rng.random() < 0.06
            return ODD[rng.integers(len(ODD))] if odd else float(rng.uniform(-1.2, 1.2))
        strange = 99.0 if isinstance(known[0], float) else "zz"
        return [*known * 4, None, strange][rng.integers(4 * len(known) + 2)]

    return [tuple(draw(column) for column in columns) for _ in range(16)]


def encode(columns: Sequence[Column], row: Sequence[Any]) -> list[float] | None:
    """Coordinates, as the manual has them; None where a column has no value."""
    found = list[float]()
    for column, given in zip(columns, row, strict=True):
        value = None if given is None or given != given else given
        if not column.categories:
            number = column.fill if value is None else value
            if number is None or math.isinf(number):
                return None
            found.append(number)
            continue
        at = column.lookup.get(value, None if value is None else column.other)
        if at is None:
            return None
        found += np.eye(column.width)[at].tolist()

    return found


def evaluate(net: Network, x: Sequence[float]) -> list[tuple[Fraction, Fraction]]:
    """Every output, and what its terms come to in size."""
    terms = [(Fraction(value), abs(Fraction(value))) for value in x]

    def add_up(constant: float, weights: Sequence[float]) -> tuple[Fraction, Fraction]:
        total, size = Fraction(constant), abs(Fraction(constant))
        for weight, (value, whole) in zip(weights, terms, strict=False):
            total += Fraction(weight) * value
            size += abs(Fraction(weight)) * whole
        return total, size

    for k in range(len(net)):
        z, size = add_up(float(net.b[k]), [*net.A[k].tolist(), *net.L[k].tolist()])
        slope = Fraction(float(net.slope[k]))
        terms.append((z if z >= 0 else slope * z, size * max(Fraction(1), abs(slope))))

    rows = zip(net.c.tolist(), net.C.tolist(), net.U.tolist(), strict=True)
    return [add_up(constant, [*C, *U]) for constant, C, U in rows]


def make_rules(net: Network, columns: tuple[Column, ...]) -> RuleSet:
    domain = rr.Domain.over(columns)
    numbers = [not column.categories for column in columns for _ in range(column.width)]
    lower, upper = (
        np.where(numbers, end, ends) for end, ends in ((-1, domain.lower), (1, domain.upper))
    )
    domain = replace(domain, lower=lower, upper=upper)
    made = replace(graph(net), columns=columns, features=domain.names)
    return search_one_region(made, domain, guard_unread=True)


def run(engine: str, text: str, columns: Sequence[Column], rows: Sequence[Any]) -> dict[Any, Any]:
    """Outputs by the number of the row."""
    with OPEN[engine]() as database:
        kinds = [isinstance(c.categories and c.categories[0].values[0], str) for c in columns]
        named = [(database.quoted(c.name), kind) for c, kind in zip(columns, kinds, strict=True)]
        given = [(float(i), *row) for i, row in enumerate(rows)]
        database.load("input_data", [(database.quoted("id"), False), *named], given)
        return {int(row[0]): row[1:] for row in database.execute(text)}


class Drawn(NamedTuple):
    """Rules of a drawn network, rows, and what is due: None for a row without outputs."""

    columns: tuple[Column, ...]
    rules: RuleSet
    rows: list[tuple[Any, ...]]
    due: list[list[tuple[Fraction, Fraction]] | None]


@cache
def draw_case(seed: int) -> Drawn:
    """Once, for all engines."""
    rng = np.random.default_rng(seed)
    columns = draw_columns(rng)
    net = draw_network(rng, sum(column.width for column in columns))
    rows = draw_rows(rng, columns)
    coordinates = [encode(columns, row) for row in rows]
    due = [None if x is None else evaluate(net, x) for x in coordinates]
    return Drawn(columns, make_rules(net, columns), rows, due)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("batch", range(4))
def test_drawn_networks_score_as_rationals_do(engine: str, batch: int) -> None:
    need(engine)
    lists = 0
    for seed in range(BATCH * batch, BATCH * (batch + 1)):
        columns, rules, rows, due = draw_case(seed)
        options: dict[str, Any] = {"dialect": engine, "key": ["id"], "columns": ["outputs"]}
        text = str(rr.emit(rules, "sql", form="network", outside="exact", **options))
        lists += "list_inner_product" in text
        got = run(engine, text, columns, rows)
        assert len(got) == len(rows)

        for i, row in enumerate(rows):
            if due[i] is None:
                assert set(got[i]) == {None}, (seed, row)
                continue
            for found, (value, size) in zip(got[i], due[i], strict=True):
                room = size / 10**13 + Fraction(1, 10**300)
                assert abs(Fraction(found) - value) <= room, (seed, row)

    assert (lists > 0) == (engine == "duckdb")
