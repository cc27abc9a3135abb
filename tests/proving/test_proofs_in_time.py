"""Part of a proof is none: at a time limit there is an error that says how far it came. And proofs of saved rules."""

from pathlib import Path
from typing import Any

import pytest
from handmade import graph, random_network, rules_of
from instances import instance
from winding import winding

import relurules as rr
from relurules import checker
from relurules.errors import OutOfTimeError
from relurules.files import read_json
from relurules.ir.rules_json import to_json
from relurules.limits import Deadline
from relurules.proofs import numbers_of
from relurules.proving import certificate

OLD = Path(__file__).parents[1] / "data" / "rules_v1.json"


def test_at_the_limit_it_says_which_rule_it_was_at() -> None:
    model, rules = instance(201)
    said, numbers = to_json(rules), numbers_of(model)
    with pytest.raises(OutOfTimeError, match=r"while (proving|checking) rule 1 of \d+"):
        certificate(said, numbers, deadline=Deadline.after(3.0, winding()))
    with pytest.raises(OutOfTimeError, match="time limit of 0 s"):
        rr.prove(rules, model, time_limit=0.0)


def test_with_time_enough_it_is_the_same_proof() -> None:
    model, rules = instance(202)
    assert rr.prove(rules, model, time_limit=1e6).found == rr.prove(rules, model).found


def test_the_check_has_its_share_of_the_time() -> None:
    """Of limits that are longer and longer, some end the search, then some the check, and the others nothing."""
    model, rules = instance(201)
    said, numbers = to_json(rules), numbers_of(model)
    ends = [_ended(said, numbers, float(looks)) for looks in range(2, 400, 7)]
    assert [end for i, end in enumerate(ends) if i == 0 or end != ends[i - 1]] == ["proving", "checking", ""]


def _ended(said: dict[str, Any], numbers: dict[str, Any], looks: float) -> str:
    """What was being done at the deadline; nothing where it didn't come."""
    try:
        certificate(said, numbers, deadline=Deadline.after(looks, winding()))
    except OutOfTimeError as error:
        return "checking" if "while checking" in str(error) else "proving"
    return ""


def test_a_rule_without_conditions_has_those_of_its_branch() -> None:
    net = random_network(5, d=2, K=5)
    model, rules = graph(net), rules_of(net, rr.Domain.box([-1, -1], [1, 1]))
    said, numbers = to_json(rules), numbers_of(model)
    bare = {**said, "rules": [{k: v for k, v in rule.items() if k != "conditions"} for rule in said["rules"]]}
    found = certificate(bare, numbers)
    assert checker.check(found, bare, numbers)
    for own, whole in zip(checker.conditions(said), checker.conditions(bare), strict=True):
        assert set(own) <= set(whole)


def test_no_branch_is_no_condition() -> None:
    _, rules = instance(203)
    said = to_json(rules)
    bare = {**said, "rules": [{k: v for k, v in rule.items() if k != "conditions"} for rule in said["rules"]]}
    bare["rules"].append(bare["rules"][0])
    with pytest.raises(checker.RefusedError, match="no way of its own leads to it"):
        checker.conditions(bare)


def test_an_old_file_is_proven_as_it_stands() -> None:
    rules = rr.RuleSet.load(OLD)
    certificate_ = rr.prove(OLD, model_of(rules))
    verdict = rr.check(certificate_, OLD, model_of(rules))
    assert verdict, verdict.why
    assert read_json(OLD)["version"] == 1


def model_of(rules: rr.RuleSet) -> object:
    """The network of the old file, as it was traced."""
    assert rules.traced is not None
    return graph(rules.traced, rules.outputs, rules.heads)
