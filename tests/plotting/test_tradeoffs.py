"""How many rules are enough for which error."""

import numpy as np
import pytest
from handmade import random_network, rules_of

import relurules as rr
from relurules.errors import DataError
from relurules.plotting.tradeoffs import list_tradeoffs

SQUARE = rr.Domain.box([-1, -1], [1, 1])


def test_from_all_rules_to_those_that_are_left() -> None:
    net = random_network(1, d=2, K=5, m=1)
    rules = rules_of(net, SQUARE, max_rules=3)
    found = list_tradeoffs(rules)
    assert found.rules[0] == len(rules_of(net, SQUARE)) or found.errors[0] == 0.0
    assert found.rules[-1] == len(rules) <= 3
    assert (np.diff(found.rules) < 0).all()
    assert (np.diff(found.errors) >= 0).all()
    assert found.reached == rules.max_error


def test_rules_as_they_came_have_none() -> None:
    with pytest.raises(DataError, match="extract with max_error or max_rules"):
        list_tradeoffs(rules_of(random_network(1, d=2, K=3), SQUARE))
