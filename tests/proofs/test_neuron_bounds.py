"""Neurons behind other neurons: whatever multipliers a certificate has, a bound is one."""

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from handmade import graph, layered, network, random_network

import relurules as rr
from relurules import checker
from relurules.checker import LineProof, RefusedError
from relurules.codec.additive_json import additive_to_json
from relurules.ir import AdditiveRules, Network
from relurules.proofs.neuron_bounds import propose_multipliers
from relurules.proofs.proving import read_model_numbers

BOX = rr.Domain.box([-1, -2, -1], [1, 1, 3])


def extract_lines(net: Network, domain: Any) -> AdditiveRules:
    rules = rr.extract(graph(net), domain=domain, form="additive", guard_unread=True)
    assert isinstance(rules, AdditiveRules)
    return rules


def make_proof(net: Network, domain: rr.Domain) -> LineProof:
    """One in which nothing is known of any neuron."""
    said = json.loads(json.dumps(additive_to_json(extract_lines(net, domain))))
    proof = LineProof(said, read_model_numbers(graph(net)))
    for _ in proof.neurons:
        proof.tell(["group", 0])
    return proof


def evaluate_neurons(net: Network, X: Any) -> list[Any]:
    found, active = [], np.zeros((len(X), len(net)))
    for k in range(len(net)):
        z = X @ net.A[k] + active @ net.L[k] + net.b[k]
        active[:, k] = np.where(z >= 0, z, net.slope[k] * z)
        found.append(z)
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("domain", [BOX, BOX.where("x0 + x1 <= 0.5")])
def test_any_multipliers_give_a_bound(seed: int, domain: rr.Domain) -> None:
    """Those of a solver, others, and none: never below what is seen at points."""
    net = random_network(seed, 3, 5, 1, slopes=(0.0, 0.25, -1.0, 1.5))
    proof, rng = make_proof(net, domain), np.random.default_rng(seed)
    X = rng.uniform(domain.lower, domain.upper, size=(4000, 3))
    seen = evaluate_neurons(net, X[domain.contains(X)])
    for k, z in enumerate(proof.z):
        for sign in (1, -1):
            most = float((sign * seen[k]).max())
            given = propose_multipliers(proof, z, sign)
            drawn = [
                part
                for row in range(-3 * k, len(domain.normals))
                for part in (row, float(rng.exponential() * rng.integers(2)))
            ]
            for pairs in ([], given, drawn):
                bound = proof.bound(z, sign, pairs)
                assert bound is not None
                assert bound >= Fraction(most) - Fraction(1, 10**9), (k, sign, pairs)


def test_programs_show_more_than_lines_alone() -> None:
    """That relu(x) + relu(1 - x) >= 1 is seen by neither ends nor the lines that are nearest."""
    net = network(
        [[1.0], [-1.0], [0.0]], [0.0, 1.0, -0.75], [[0.0, 0.0, 1.0]],
        L=[[0, 0, 0], [0, 0, 0], [1, 1, 0]],
    )  # fmt: skip
    domain = rr.Domain.box([-3.0], [2.0])
    proof = make_proof(net, domain)
    z = proof.z[2]
    assert proof.bound(z, -1) == Fraction(3, 4)
    pairs = propose_multipliers(proof, z, -1)
    assert proof.bound(z, -1, pairs) == Fraction(-1, 4)

    rules = extract_lines(net, domain)
    certificate = rr.prove(rules, graph(net))
    assert certificate.found["neurons"][2][0] == "fixed"
    assert certificate.bound == 0.0
    assert rr.check(certificate, rules, graph(net))


@pytest.mark.parametrize(
    "pairs",
    [[-1, -0.5], [-100, 1.0], [-1, 1e300], [7, 1.0], [-1, float("nan")], [-1.5, 1.0], [-1]],
)
def test_wrong_multipliers_are_refused(pairs: Any) -> None:
    net = layered(0, 3, (2, 2), 1)
    proof = make_proof(net, BOX)
    with pytest.raises((RefusedError, ValueError, TypeError)):
        proof.bound(proof.z[-1], 1, pairs)


def test_changed_multipliers_are_refused() -> None:
    """A sign without its multipliers, or by others, isn't what the certificate says."""
    refused = 0
    for seed in range(24):
        net = random_network(seed, 3, 5, 1, slopes=(0.0, 0.25))
        domain = BOX.where("x0 + x1 <= 0.5") if seed % 2 else BOX
        rules = extract_lines(net, domain)
        model = read_model_numbers(graph(net))
        said = json.loads(json.dumps(additive_to_json(rules)))
        found = json.loads(json.dumps(rr.prove(rules, graph(net)).found))
        assert checker.check(found, said, model)
        for kind in found["neurons"]:
            if kind[0] == "fixed" and any(kind[2:]):
                kind[2:] = [[], []]
                found["digest"] = checker.hash_json(
                    {name: value for name, value in found.items() if name != "digest"}
                )
                assert not checker.check(found, said, model)
                refused += 1
                break
    assert refused


def test_ranges_are_read_where_they_are_said() -> None:
    """Certificates of before have none."""
    net = layered(1, 3, (3, 2), 1)
    rules = extract_lines(net, BOX)
    model = graph(net)
    found = dict(rr.prove(rules, model).found)
    said, numbers = json.loads(json.dumps(additive_to_json(rules))), read_model_numbers(model)
    assert checker.check(found, said, numbers)
    found.pop("ranges", None)
    found["digest"] = checker.hash_json({k: v for k, v in found.items() if k != "digest"})
    assert checker.check(found, said, numbers)
