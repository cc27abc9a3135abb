"""Rules as arrays are the same rules."""

import numpy as np
import pytest
from handmade import random_network, rows_in, rules_of

import relurules as rr
from relurules.codec.rule_list_json import tabulate_rules
from relurules.ir import Rule
from relurules.ir.rule_table import RuleTable, pack_sides

BOX = rr.Domain.box([-1, -1], [1, 1])


def test_sides_come_back_from_where_they_are_packed() -> None:
    sides = [((0, 1), (3, 0)), None, (), ((7, 1),)]
    found = pack_sides(sides)
    assert found.starts.tolist() == [0, 2, 2, 2, 3]
    assert found.sides.tolist() == [1, -4, 8]
    assert found.whole.tolist() == [False, True, False, False]


@pytest.mark.parametrize("seed", range(4))
def test_a_table_and_a_list_of_rules_say_the_same(seed: int) -> None:
    rules = rules_of(random_network(seed), BOX, data=rows_in(BOX, 40, seed))
    assert isinstance(rules.rules, RuleTable)
    listed = [Rule(**vars(rule)) for rule in rules]
    again = tabulate_rules(rr.RuleSet(**{**vars_of(rules), "rules": tuple(listed)}))
    for one, other in zip(rules, again, strict=True):
        assert [(c.half_space.split, c.holds) for c in one.conditions] == [
            (c.half_space.split, c.holds) for c in other.conditions
        ]
        assert np.array_equal(one.map.weights, other.map.weights)
        assert np.array_equal(one.pattern, other.pattern)
        assert one.rows == other.rows


def vars_of(rules: rr.RuleSet) -> dict[str, object]:
    from dataclasses import fields

    return {field.name: getattr(rules, field.name) for field in fields(rules)}


@pytest.mark.parametrize("seed", range(8))
def test_points_tell_the_patterns(seed: int) -> None:
    rules = rules_of(random_network(seed, K=7), BOX)
    table = tabulate_rules(rules)
    assert table.given is not None
    thin = np.abs(rules.network.preactivations(table.points)) < 1e-9
    assert ((table.told == table.given) | thin).all()


def test_a_slice_is_a_tuple_of_rules() -> None:
    rules = rules_of(random_network(1), BOX)
    assert [rule.number for rule in rules.rules[1:3]] == [2, 3]
    assert rules.rules[-1].number == len(rules)
    with pytest.raises(IndexError):
        rules.rules[len(rules)]


@pytest.mark.parametrize("seed", range(4))
def test_a_rule_without_sides_of_its_own_has_its_branch(seed: int) -> None:
    rules = rules_of(random_network(seed, K=6), BOX)
    table = tabulate_rules(rules)
    everything = RuleTable(
        tree=table.tree,
        network=table.network,
        bounds=pack_sides([None] * len(table)),
        maps=table.maps,
        points=table.points,
    )
    if (np.bincount(~table.tree.children[table.tree.children < 0]) > 1).any():
        pytest.fail("this network was to have one branch for every rule")
    for i, rule in enumerate(rules):
        whole = set(everything.sides(i))
        assert {(c.half_space.split, int(c.holds)) for c in rule.conditions} <= whole
        sides = np.array(
            [
                table.tree.normals[s] @ rule.point + table.tree.offsets[s] >= 0
                for s, _ in sorted(whole)
            ]
        )
        assert sides.tolist() == [bool(side) for _, side in sorted(whole)]
