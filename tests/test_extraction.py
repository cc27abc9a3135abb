"""A traced network -> rules: what can't be rules of float64, and arguments that mean nothing."""

import math

import pytest
from handmade import graph, network, random_network

import relurules as rr
from relurules.errors import ModelError, UnsupportedError

BOX = rr.Domain.box([-1, -1], [1, 1])


def test_sums_beyond_float64_in_the_domain() -> None:
    for net in (
        network([[1e200, 1], [1, 1]], [0, 0.5], [[1e200, 1]]),
        network([[1, 1]], [0], [[1]], C=[[1e308, 1e308]], c=[1e308]),
        network([[1e300, 1]], [0], [[1e20]]),
    ):
        with pytest.raises(
            ModelError,
            match=(
                r"sums in the domain, or the products of its weights, pass 1.8e\+308, the "
                r"largest number"
            ),
        ):
            rr.extract(graph(net), domain=BOX)


def test_coefficients_beyond_float64() -> None:
    """On so narrow a domain outputs are ordinary numbers, but the rules' coefficients aren't."""
    net = network([[1e200, 1], [1, 1]], [0.1, 0.5], [[1e200, 1]])
    with pytest.raises(ModelError, match=r"the products of its weights, pass 1.8e\+308"):
        rr.extract(graph(net), domain=rr.Domain.box([-1e-200, -1], [1e-200, 1]))
    assert len(rr.extract(graph(network([[1e100, 1]], [0], [[1e100]])), domain=BOX)) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_arguments_that_are_no_numbers(value: float) -> None:
    net, rules = (
        graph(random_network(0, m=1)),
        rr.extract(graph(random_network(0, m=1)), domain=BOX),
    )
    with pytest.raises(UnsupportedError, match=r"max_error="):
        rr.extract(net, domain=BOX, max_error=value)
    with pytest.raises(UnsupportedError, match=r"decision=(nan|-?inf); supported: a finite number"):
        rr.extract(net, domain=BOX, decision=value)
    for limit in ("at_least", "at_most"):
        with pytest.raises(
            UnsupportedError, match=rf"{limit}=(nan|-?inf); supported: a finite number"
        ):
            rr.ask(rules, "bounded", **{limit: value})
    with pytest.raises(
        UnsupportedError, match=r"tolerance=(nan|-?inf); supported: a finite number"
    ):
        rr.diff(rules, rules, tolerance=value)
