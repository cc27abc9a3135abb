"""Domains that are open in numbers and have categories: exact arithmetic decides sides there in
homogeneous coordinates, in which an indicator of 1 is no coordinate of 1.
"""

import networkx
import numpy as np
import pytest
from handmade import layered

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Graph
from relurules.pipeline.partition_stages import build_plain_rules


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("categories", "sizes"), [(2, [3, 2]), (3, [3, 2]), (2, [4, 3])])
def test_rules_are_the_network(seed: int, categories: int, sizes: list[int]) -> None:
    kinds = tuple(Category((name,)) for name in "uvw"[:categories])
    columns = (Column("a"), Column("b"), Column("kind", kinds))
    domain = rr.Domain.over(columns)
    net = layered(seed, len(domain), sizes, 1)
    model = Graph(domain.names, ("y",), net, networkx.DiGraph(), columns=columns)

    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, len(domain))) * 10.0 ** rng.integers(-1, 4, size=(4000, 1))
    X[:, 2:] = np.eye(categories)[rng.integers(categories, size=4000)]

    cells = rr.partition(model, domain)
    assert cells.complete
    seen = {tuple(row) for row in np.where(net.preactivations(X) > 0, 1, -1).tolist()}
    assert seen <= {tuple(region.pattern.tolist()) for region in cells.regions()}
    assert len(cells) <= len(seen) + 12  # no more than a few that are too small to be drawn

    found = build_plain_rules(cells).predict_scores(X)
    assert (np.abs(found - net.evaluate(X)) <= 1e-12 * net.magnitude(X)).all()
