"""Columns beside the outputs that emitted SQL returns, in its engines, on many rows: a part of
scoring.py.
"""

import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import relurules as rr
from relurules.ir import RuleSet
from relurules.verifying.databases import OPEN

Array = NDArray[np.float64]
COLUMNS = ("score", "probability", "class", "contributions", "reasons", "rule")
TOP = 2


class Agreement(NamedTuple):
    """off: how far scores, probabilities and contributions are, as a share of a row's absolute
    terms, at most.

    ruled, decided: the share of rows of the same rule; of those, of the same class and reasons.
    """

    off: float
    ruled: float
    decided: float
    speed: float


def agree(rules: RuleSet, X: Array, engine: str, form: str) -> Agreement:
    """All columns against the rules'. rules: of one score behind a sigmoid, over a box around 0; X:
    (N, d).

    Raises AssertionError where a row outside the domain has a contribution or a reason.
    """
    sql = str(
        rr.emit(rules, "sql", dialect=engine, form=form, columns=COLUMNS, top=TOP, key=["id"])
    )
    rows, seconds = _scored(sql, rules, X, engine)
    number, inside = rules.apply(X), rules.apply(X) > 0

    for row in (rows[i] for i in np.flatnonzero(~inside)):
        assert set(row[4:-1]) == {None}, f"{engine}, {form}: a row outside has contributions"  # noqa: S101

    kept = inside & (number == [row[-1] for row in rows])
    maps = [rules.rules[n - 1].map for n in number[kept]]
    terms = np.array([map_.weights[0] for map_ in maps]) * X[kept]
    size = (
        np.abs(terms).sum(axis=1)
        + np.abs([map_.constants[0] for map_ in maps])
        + np.finfo(np.float64).tiny
    )
    found = np.array([rows[i][1:-3] for i in np.flatnonzero(kept)], dtype=np.float64)
    expected = np.column_stack([rules.predict(X[kept]), rules.predict_scores(X[kept]), terms])
    off = np.abs(np.delete(found, 2, axis=1) - expected) / np.column_stack(
        [np.ones_like(size), *[size] * (len(X[0]) + 1)]
    )
    same = (found[:, 2] == (expected[:, 1] > 0)) & _reasons(
        [rows[i] for i in np.flatnonzero(kept)], terms, rules
    )

    return Agreement(
        float(off.max()), float(kept.sum() / inside.sum()), float(same.mean()), len(X) / seconds
    )


def _scored(sql: str, rules: RuleSet, X: Array, engine: str) -> tuple[list[Any], float]:
    """What the statement gives, in the order of X, and the seconds that it took."""
    with OPEN[engine]() as database:
        columns = [(database.quoted(name), False) for name in (*rules.features, "id")]
        given = [
            (*(None if math.isnan(v) else v for v in row), float(i))
            for i, row in enumerate(X.tolist())
        ]
        database.load(database.quoted("input_data"), columns, given)
        start = time.perf_counter()
        rows = database.execute(sql)
        seconds = time.perf_counter() - start

    return sorted(rows, key=lambda row: float(row[0])), seconds


def _reasons(rows: Sequence[Any], terms: Array, rules: RuleSet) -> NDArray[np.bool_]:
    """(N,) whether the reasons name adverse terms as large as the largest ones, up to rounding."""
    place = {name: i for i, name in enumerate(rules.features)}
    adverse = np.maximum(terms, 0.0)
    largest = -np.sort(-adverse, axis=1)[:, :TOP]
    right = []
    for row, own, most in zip(rows, adverse, largest, strict=True):
        named = [own[place[name]] if name is not None else 0.0 for name in row[-1 - TOP : -1]]
        # Contributions are compared by thirty bits.
        right.append(bool(np.allclose(named, most, rtol=2.0**-29, atol=2.0**-30 * most[0])))
    return np.array(right)
