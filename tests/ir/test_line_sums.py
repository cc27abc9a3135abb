"""Sums by machine code beside those by numpy, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line_models import MODELS

from relurules.ir import AffineMap, line_sums
from relurules.ir.line_sums import LineSum, add_up_lines

seeds = st.integers(0, 2**32 - 1)


def draw_numbers(random: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of all sizes, zeros of both signs among them."""
    sizes = 10.0 ** random.choice([-320, -160, -3, 0, 0, 0, 2, 155, 300], shape)
    signs = random.choice([0.0, -0.0, 1.0, 1.0, 1.0], shape)
    return signs * sizes * random.normal(size=shape)


def draw_sum(random: np.random.Generator) -> LineSum:
    """Lines of no column up to all of them."""
    d, m, lines = int(random.integers(1, 9)), int(random.integers(1, 4)), int(random.integers(12))
    normals = draw_numbers(random, lines, d)
    for row in normals:
        row[random.permutation(d)[int(random.integers(d + 1)) :]] = 0.0
    return LineSum(
        base=AffineMap(draw_numbers(random, m, d), draw_numbers(random, m)),
        normals=normals,
        bounds=draw_numbers(random, lines),
        slopes=draw_numbers(random, lines, m),
        groups=[],
    )


def read_bits(values: np.ndarray) -> bytes:
    """All bits, but of one NaN for every NaN."""
    return np.where(np.isnan(values), np.nan, values).tobytes("C")


@settings(max_examples=150, deadline=None)
@given(seed=seeds)
@np.errstate(all="ignore")
def test_machine_code_gives_the_bits_of_numpy(seed: int) -> None:
    random = np.random.default_rng(seed)
    lines = draw_sum(random)
    columns = draw_numbers(random, lines.normals.shape[1], int(random.integers(1, 300)))
    columns[:, ::5] = random.choice([np.nan, np.inf, -np.inf, 1.0], columns[:, ::5].shape)
    for given_columns in (columns, np.asfortranarray(columns), columns[:, ::2]):
        found = line_sums._add_up_by_machine(lines, given_columns)
        assert read_bits(found) == read_bits(line_sums._add_up_by_numpy(lines, given_columns))


@pytest.mark.parametrize("name", list(MODELS))
def test_rules_score_alike_by_either(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rules, random = MODELS[name](), np.random.default_rng(5)
    X = random.uniform(-3.0, 11.0, (900, len(rules.domain.names)))
    for group in rules.domain.groups:
        X[:, list(group)] = np.eye(len(group))[random.integers(len(group), size=len(X))]
    X[3, 0], X[7, -1], X[9, 0] = np.nan, np.inf, -np.inf
    monkeypatch.setattr(line_sums, "_MANY", 16)
    called = list[int]()
    by_machine = line_sums._add_up_by_machine
    monkeypatch.setattr(
        line_sums,
        "_add_up_by_machine",
        lambda lines, columns: called.append(1) or by_machine(lines, columns),
    )

    for table in (X, X.astype(np.float32), np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
        monkeypatch.setattr(line_sums._PATIENCE, "spent", 0.0)
        due = rules.predict_scores(table)
        assert not called
        monkeypatch.setattr(line_sums._PATIENCE, "spent", np.inf)
        assert rules.predict_scores(table).tobytes() == due.tobytes()
        assert called
        called.clear()


def test_numpy_counts_its_time_and_few_rows_are_always_its(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = draw_sum(np.random.default_rng(1))
    columns = np.ones((lines.normals.shape[1], 255))
    monkeypatch.setattr(line_sums._PATIENCE, "spent", 0.0)
    with np.errstate(all="ignore"):
        add_up_lines(lines, columns)
        assert line_sums._PATIENCE.spent == 0.0
        add_up_lines(lines, np.ones((lines.normals.shape[1], 256)))
        assert line_sums._PATIENCE.spent > 0.0
        monkeypatch.setattr(line_sums, "_add_up_by_machine", None)
        monkeypatch.setattr(line_sums._PATIENCE, "spent", np.inf)
        add_up_lines(lines, columns)
        with pytest.raises(TypeError):
            add_up_lines(lines, np.ones((lines.normals.shape[1], 256)))
