"""The search and the rules beside the exact reference, on drawn arrangements."""

import pytest

from exact.arrangement import regions
from exact.draws import KINDS, Draw, arrangement
from exact.judging import assert_holds, judge_partition, judge_rules

#: Draws of each kind here; `benchmarks/soundness.py` takes as many as one likes.
EACH = 25


def draws_of(kind: str) -> list[Draw]:
    kinds = list(KINDS)
    return [arrangement(kinds.index(kind) + i * len(kinds)) for i in range(EACH)]


@pytest.mark.parametrize("kind", KINDS)
def test_draws_are_of_some_size(kind: str) -> None:
    counts = [len(regions(draw.network, draw.domain)) for draw in draws_of(kind)]
    assert max(counts) <= 250
    assert sum(counts) >= 3 * EACH


@pytest.mark.parametrize("kind", KINDS)
def test_every_region_is_found(kind: str) -> None:
    assert_holds(draws_of(kind), judge_partition)


@pytest.mark.parametrize("kind", KINDS)
def test_rules_are_the_network_to_rounding(kind: str) -> None:
    assert_holds(draws_of(kind), lambda draw: judge_rules(draw, 60))
