"""Lines beside networks of any depth: compared as they are, without rules of the network."""

import networkx
import numpy as np
import pytest
from handmade import graph, layered

import relurules as rr
from relurules.documents.difference import print_difference_html
from relurules.domain.columns import Category, Column
from relurules.errors import ModelError
from relurules.ir import Graph, Head, Network

BOX = rr.Domain.box([-1, -2, -1], [1, 1, 3])


def fit_lines(net: Network, domain: rr.Domain, lines: int = 3) -> rr.AdditiveRules:
    rng = np.random.default_rng(0)
    X = rng.uniform(domain.lower, domain.upper, size=(400, len(domain)))
    return rr.extract(
        graph(net), domain=domain, data=X, form="additive", max_rules=lines, fidelity="rows"
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_bound_that_points_do_not_exceed(seed: int) -> None:
    net = layered(seed, 3, (4, 3), 1 + seed % 2)
    rules = fit_lines(net, BOX)
    for found in (rr.diff(rules, graph(net)), rr.diff(graph(net), rules)):
        X = np.random.default_rng(1).uniform(BOX.lower, BOX.upper, size=(20_000, 3))
        seen = np.abs(rules.predict_scores(X) - net.evaluate(X)).max(axis=0)
        for gap, most in zip(found.gaps, seen, strict=True):
            assert most <= gap.bound <= 1.5 * most
            assert gap.reached == pytest.approx(gap.bound, rel=1e-5)
        assert "neuron" in found.units
        assert "neurons" in str(found)
        assert "removed" not in str(found)
        assert "<html" in print_difference_html(found)


def test_a_network_of_too_many_regions() -> None:
    """Its rules could not be written; a bound there is, and a row near it."""
    net = layered(0, 3, (12, 12), 1)
    rules = fit_lines(net, BOX, 6)
    found = rr.diff(rules, graph(net), time_limit=5.0)
    X = np.random.default_rng(1).uniform(BOX.lower, BOX.upper, size=(5_000, 3))
    seen = float(np.abs(rules.predict_scores(X) - net.evaluate(X)).max())
    (gap,) = found.gaps
    assert seen <= gap.bound < np.inf
    assert gap.reached is not None
    assert 0.5 * seen <= gap.reached <= gap.bound
    with pytest.raises(ModelError, match="relurules diff RULES MODEL"):
        rr.prove(rules, graph(net))


def test_columns_that_only_one_of_the_two_reads() -> None:
    columns = (Column("kind", (Category(("a",)), Category(("b",), other=True))),
               *(Column(f"x{j}") for j in range(3)))  # fmt: skip
    domain = rr.Domain.over(columns).bounded({f"x{j}": (-1.0, 1.0) for j in range(3)})
    nets = [layered(seed, 5, (3, 3), 1) for seed in range(2)]
    nets[0].A.flags.writeable = True
    nets[0].A[:, 4] = 0.0
    models = [
        Graph(domain.names, ("p",), net, networkx.DiGraph(), columns=columns,
              heads=(Head("sigmoid", (0,)),))
        for net in nets
    ]  # fmt: skip
    rules = rr.extract(models[0], domain=domain, form="additive")
    assert "x2" not in rules.domain.names
    found = rr.diff(rules, models[1], domain=domain)
    X = np.random.default_rng(0).uniform(-1, 1, size=(20_000, 5))
    X[:, :2] = np.eye(2)[np.arange(len(X)) % 2]
    seen = float(np.abs(nets[0].evaluate(X) - nets[1].evaluate(X)).max())
    assert seen <= found.gaps[0].bound <= 1.5 * seen


@pytest.mark.parametrize("seed", range(3))
def test_the_same_deep_network_is_the_same_numbers(seed: int) -> None:
    """Neurons behind others are known again, over open columns too."""
    net = layered(seed, 3, (2, 2), 1)
    domain = rr.Domain.box([0.0] * 3, [np.inf] * 3)
    rules = rr.extract(graph(net), domain=domain, form="additive", guard_unread=True)
    found = rr.diff(rules, graph(net))
    assert found.same
    assert found.bound == 0.0
