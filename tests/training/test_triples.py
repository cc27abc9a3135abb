"""Lines of three columns: found where three are needed, and taken by everything afterwards."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import relurules as rr
from relurules import ReLURulesRegressor
from relurules.training.lines.candidates import DirectionOptions, list_directions
from relurules.training.lines.fit_lines import LineSettings, LinesFit, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.line_columns import describe_columns
from relurules.training.lines.line_model import LineRows
from relurules.training.lines.triples import make_triple_grower
from relurules.training.lines.walk import WalkOptions
from relurules.training.targets import weigh_rows
from relurules.training.task import TASKS

NAMES = ["a", "b", "c", "red", "green", "blue", "flag"]
GROUPS = {"colour": [3, 4, 5]}


def make_table(n: int = 900) -> tuple[Any, Any]:
    """What is planted: a line of a among the green rows with the flag, and one of three numbers."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(n, 3))
    colour, flag = np.eye(3)[rng.integers(0, 3, n)], rng.integers(0, 2, n)
    y = 4 * np.maximum(X[:, 0] - 0.3, 0) * colour[:, 1] * flag
    y += 3 * np.maximum(X[:, 0] + X[:, 1] - X[:, 2] - 0.8, 0)
    return np.column_stack([X, colour, flag]), y + rng.normal(size=n) * 0.05


@cache
def fit_planted(
    condition_columns: int, apart: frozenset[tuple[int, ...]] = frozenset()
) -> LinesFit:
    X, y = make_table()
    settings = LineSettings(
        budget=LineBudget(lines=4, condition_columns=condition_columns),
        options=WalkOptions(apart=apart),
        chosen_by=np.arange(len(y)) % 5 == 0,
    )
    columns = describe_columns(X, NAMES, GROUPS)
    return fit_lines(weigh_rows(X, y[:, None], None), columns, "regression", settings)


def score_planted(found: LinesFit) -> float:
    X, y = make_table()
    return TASKS["regression"].score(found.network.evaluate(X), y[:, None], np.ones(len(y)))


def count_columns(normal: Any) -> int:
    return len({"colour" if 3 <= place < 6 else NAMES[place] for place in np.flatnonzero(normal)})


def test_three_columns_are_found_where_three_are_needed() -> None:
    pairs, triples = fit_planted(2), fit_planted(3)
    assert max(count_columns(normal) for normal in pairs.network.A) == 2
    assert max(count_columns(normal) for normal in triples.network.A) == 3
    assert score_planted(triples) > 0.97
    assert score_planted(pairs) < score_planted(triples) - 0.03


def test_pairs_apart_are_in_no_triple() -> None:
    """Columns 0 and 1, a and b."""
    found = fit_planted(3, frozenset({(0, 1)}))
    for normal in found.network.A:
        assert not (normal[0] and normal[1])


@pytest.mark.parametrize("apart", [frozenset(), frozenset({(0, 4)})])
def test_grown_directions_hold_within_the_set(apart: frozenset[tuple[int, ...]]) -> None:
    """A pair within a set of rows is the pair there, and 0 elsewhere."""
    X, y = make_table(300)
    columns = describe_columns(X, NAMES, GROUPS)
    rows = LineRows(X=X.T.copy(), y=y, weights=np.ones(len(y)), task=TASKS["regression"])
    options = DirectionOptions(condition_columns=3, read=np.ones(5, dtype=np.bool_), apart=apart)
    pairs = [one for one in list_directions(rows, columns, options) if one.columns == (0, 1)]
    grown = make_triple_grower(rows, columns, options).grow(pairs)
    within = [one for one in grown if one.columns == (0, 1, 4)]
    assert bool(within) is not bool(apart)
    for one in within:
        reach = (one.weights @ one.atoms @ rows.X)[:, None] + one.bounds
        pair = (one.weights[:2] @ one.atoms[:2] @ rows.X)[:, None]
        inside = (reach > 1e-9).any(axis=1)
        assert len(set(X[inside, 6])) <= 1
        shifts = (reach - pair)[X[:, 6] == X[inside.argmax(), 6]]
        np.testing.assert_allclose(shifts, shifts[:1] + 0 * shifts, atol=1e-9)


def test_a_model_with_triples_is_written_and_run() -> None:
    """As SQL, as a document, as contributions: against the estimator's own predictions."""
    X, y = make_table()
    frame = pd.DataFrame(X[:, [0, 1, 2, 6]], columns=["a", "b", "c", "flag"])
    model = ReLURulesRegressor(form="additive", max_rules=3, max_condition_columns=3)
    model._chosen_by = np.arange(len(y)) % 5 == 0  # no cross-validation, which takes longer
    model.fit(frame, y)
    rules = rr.extract(model, data=frame, form="additive")
    triples = [part for part in rules.parts if len(part.columns) == 3]
    assert triples
    assert triples[0].name.count(" & ") == 2

    told = rules.contributions(frame)
    np.testing.assert_allclose(told.sum(axis=1), model.predict(frame), atol=1e-9)
    assert triples[0].name in told.columns
    assert triples[0].name in str(rr.emit(rules, "html")).replace("&amp;", "&")
    assert rr.verify(rr.emit(rules, "sql", dialect="sqlite"), model, frame.head(100))
    assert rr.verify(rr.emit(rules, "python"), model, frame.head(100))
    assert rr.explain(rules, frame.iloc[0])
