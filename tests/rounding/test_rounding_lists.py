"""Inner products of lists, in which DuckDB has dense levels of form network: read back, and bounded
in any order of their sums.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from handmade import graph, layered, search_one_region
from rounding_search import RowSearch, run_by
from sqls import need

import relurules as rr
from relurules.ir import RuleSet
from relurules.proofs.read_back import read_operations
from relurules.rounding import bound_rounding


@cache
def dense() -> RuleSet:
    domain = rr.Domain.box([-1] * 8, [1] * 7 + [5])
    return search_one_region(graph(layered(1, 8, [8, 8], 1)), domain)


def test_lists_are_read_back_and_their_rounding_is_bounded() -> None:
    need("duckdb")
    artifact = rr.emit(dense(), "sql", dialect="duckdb", form="network")
    assert read_operations(artifact, dense()) == ("", "")
    bound = bound_rounding(artifact, dense())
    search = RowSearch(dense().network, dense().domain)
    found = search.climb(run_by(artifact), np.random.default_rng(0), 200, 3)
    assert 0 < found <= bound.largest
    in_order = bound_rounding(rr.emit(dense(), "sql", form="network"), dense())
    assert bound.largest <= 3 * in_order.largest


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('coalesce("x1", 0E0), coalesce("x2"', 'coalesce("x2", 0E0), coalesce("x1"', "score 0"),
        ("[1E0, ", "[2E0, ", "score 0"),
        ("[1E0, rr_a0, ", "[1E0, rr_a1, ", "score 0"),
        ('[1E0, coalesce("x0", 0E0), ', "[1E0, ", "one length"),
    ],
)
def test_changed_lists_are_told(old: str, new: str, why: str) -> None:
    artifact = rr.emit(dense(), "sql", dialect="duckdb", form="network")
    name, text = list(artifact.files)[-1], str(artifact)
    assert old in text
    changed = replace(artifact, files={name: text.replace(old, new, 1)})
    assert any(why in told for told in read_operations(changed, dense()))
