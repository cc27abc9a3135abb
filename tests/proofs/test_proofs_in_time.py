"""Part of a proof is none: at a time limit there is an error that says how far it came.

And proofs of saved rules.
"""

from pathlib import Path

import pytest
from handmade import graph, random_network, rules_of
from instances import instance
from winding import winding

import relurules as rr
from relurules import checker
from relurules.codec.rules_json import to_json
from relurules.errors import OutOfTimeError
from relurules.files.writing import read_json
from relurules.ir.limits import Deadline
from relurules.proofs import make_certificate
from relurules.proofs.proving import read_model_numbers

OLD = Path(__file__).parents[1] / "data" / "rules_v1.json"


def test_at_the_limit_it_says_which_rule_it_was_at() -> None:
    model, rules = instance(201)
    said, numbers = to_json(rules), read_model_numbers(model)
    with pytest.raises(OutOfTimeError, match=r"while (reading|proving|checking) rule 1 of \d+"):
        make_certificate(said, numbers, deadline=Deadline.after(3.0, winding()))
    with pytest.raises(OutOfTimeError, match="time limit of 0 s"):
        rr.prove(rules, model, time_limit=0.0)


def test_with_time_enough_it_is_the_same_proof() -> None:
    model, rules = instance(202)
    assert rr.prove(rules, model, time_limit=1e6).found == rr.prove(rules, model).found


def test_the_check_has_its_share_of_the_time() -> None:
    """The search was quick, and then the clock went on: a check now, and another one later, would
    be too late.
    """
    model, rules = instance(201)
    said, numbers, now = to_json(rules), read_model_numbers(model), [0.0]

    def searched(done: int) -> None:
        now[0] = 80.0 if done == len(rules) else 1.0

    with pytest.raises(OutOfTimeError, match=r"while checking rule 1 of \d+"):
        make_certificate(said, numbers, searched, deadline=Deadline.after(100.0, lambda: now[0]))


def test_a_rule_without_conditions_has_those_of_its_branch() -> None:
    net = random_network(5, d=2, K=5)
    model, rules = graph(net), rules_of(net, rr.Domain.box([-1, -1], [1, 1]))
    said, numbers = to_json(rules), read_model_numbers(model)
    bare = {
        **said,
        "rules": [{k: v for k, v in rule.items() if k != "conditions"} for rule in said["rules"]],
    }
    found = make_certificate(bare, numbers)
    assert checker.check(found, bare, numbers)
    for own, whole in zip(
        checker.read_conditions(said), checker.read_conditions(bare), strict=True
    ):
        assert set(own) <= set(whole)


def test_no_branch_is_no_condition() -> None:
    _, rules = instance(203)
    said = to_json(rules)
    bare = {
        **said,
        "rules": [{k: v for k, v in rule.items() if k != "conditions"} for rule in said["rules"]],
    }
    bare["rules"].append(bare["rules"][0])
    with pytest.raises(checker.RefusedError, match="not just one way down the tree leads to it"):
        checker.read_conditions(bare)


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
