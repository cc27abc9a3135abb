"""Bins of a column whose values come in blocks are those of all values at once."""

import numpy as np
import pytest

from relurules.statistics.histograms import ValueSpread, count_values

RANDOM = np.random.default_rng(0)
COLUMNS = {
    "normal": RANDOM.normal(size=20_000),
    "amounts": np.exp(3.0 * RANDOM.normal(size=20_000)).round(2),
    "falling": np.sort(RANDOM.normal(size=20_000))[::-1],
    "mostly one value": np.where(RANDOM.random(20_000) < 0.999, 0.5, RANDOM.random(20_000)),
    "constant": np.full(20_000, 7.5),
    "few whole numbers": RANDOM.integers(-3, 9, 20_000).astype(float),
    "many whole numbers": RANDOM.integers(-300, 900, 20_000).astype(float),
    "two": np.array([1.5, 2.0]),
    "one": np.array([1.5]),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("known", [1, 3])
def test_edges_from_blocks(name: str, known: int) -> None:
    """known: how many times as many rows were expected as there are."""
    values = COLUMNS[name]
    spread = ValueSpread(known * len(values))
    for start in range(0, len(values), 500):
        spread.add(values[start : start + 500])

    due = count_values(values)
    assert spread.choose_edges().tolist() == due.edges.tolist()
    assert due.counts.sum() == len(values)
