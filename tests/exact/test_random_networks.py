"""Random networks of one to six columns on boxes up to 1e12 wide: values, bounds and decisions."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from exact.arrangement import regions
from exact.draws import Draw, arrangement, random_layers, repeated_layers
from exact.judging import assert_holds, judge_rules
from exact.judging_claims import judge_bound, judge_decision
from relurules.networks.bounds import bound_preactivations

#: Networks here, in groups of so many; `benchmarks/soundness.py` takes as many as one likes.
NETWORKS, TOGETHER = 60, 6
GROUPS = range(0, NETWORKS, TOGETHER)


def networks(start: int) -> list[Draw]:
    return [random_layers(seed) for seed in range(start, start + TOGETHER)]


@pytest.mark.parametrize("start", GROUPS)
def test_rules_are_the_network_to_rounding(start: int) -> None:
    assert_holds(networks(start), lambda draw: judge_rules(draw, 60))


@pytest.mark.parametrize("start", GROUPS)
def test_claimed_bounds_hold(start: int) -> None:
    assert_holds(networks(start), lambda draw: judge_bound(draw, 0.05, 40))


@pytest.mark.parametrize("start", GROUPS)
def test_decisions_hold(start: int) -> None:
    assert_holds(networks(start), lambda draw: judge_decision(draw, 40))


@pytest.mark.parametrize("draw_of", [arrangement, random_layers, repeated_layers])
@pytest.mark.parametrize("start", range(0, 60, 12))
def test_bounds_of_neurons_hold_on_every_region(draw_of: Callable[[int], Draw], start: int) -> None:
    wrong = [line for seed in range(start, start + 12) for line in wrong_bounds(draw_of(seed))]
    assert not wrong, "\n".join(wrong)


def wrong_bounds(draw: Draw) -> list[str]:
    """Neurons whose argument passes its bounds somewhere in the domain, computed exactly."""
    net = draw.network
    arguments = replace(net, C=net.A, U=net.L, c=net.b)
    bounds = bound_preactivations(net, draw.domain, exact=True).tolist()
    found = regions(arguments, draw.domain)
    values = [region.outputs(vertex.point) for region in found for vertex in region.cell.vertices]
    wrong = []
    for k, ((low, high), reached) in enumerate(zip(bounds, zip(*values, strict=True), strict=True)):
        if min(reached) < low or max(reached) > high:
            ends = f"[{float(min(reached)):.4g}, {float(max(reached)):.4g}]"
            wrong.append(f"{draw}: neuron {k} reaches {ends}, bounds [{low:.4g}, {high:.4g}]")
    return wrong
