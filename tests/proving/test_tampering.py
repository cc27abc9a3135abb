"""Whoever changes anything is found out; whoever forges the digests too can't make a false claim hold."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from instances import files, instance
from tampering import SURE, TAMPERINGS, InapplicableError, stamped, tampered

import relurules as rr
from relurules import checker

#: Instances with splits inside rules, decisions, an inequality, nearly linear slopes; benchmarks/proofs.py takes more.
SEEDS = (3, 7, 12, 25, 62, 71)


@cache
def given(seed: int) -> tuple[Any, Any, Any, Any]:
    model, rules = instance(seed)
    return *files(model, rules, rr.prove(rules, model)), rr.trace(model)


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_every_tampering_is_refused(kind: str) -> None:
    done = 0
    for seed in SEEDS:
        *triple, _ = given(seed)
        try:
            changed = tampered(kind, tuple(triple), np.random.default_rng(seed))  # type: ignore[arg-type]
        except InapplicableError:
            continue
        done += 1
        verdict = checker.check(*changed)
        assert not verdict
        assert verdict.why
        forged = checker.check(*stamped(changed)) if kind != "the version" else verdict
        assert not forged or kind not in SURE, (kind, seed, forged)
    assert done, f"no instance has anything to tamper with: {kind}"


def test_what_is_untouched_holds() -> None:
    for seed in SEEDS:
        *triple, _ = given(seed)
        assert checker.check(*triple), seed
        assert checker.check(*stamped(tuple(triple))), seed  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_forged_certificates_that_hold_are_true(kind: str) -> None:
    """Of score rules: what a forged certificate still shows is never contradicted by points of the domain."""
    for seed in SEEDS:
        *triple, graph = given(seed)
        rng = np.random.default_rng(seed + 1)
        try:
            found, rules, model = stamped(tampered(kind, tuple(triple), rng))  # type: ignore[arg-type]
        except InapplicableError:
            continue
        if rules.get("decision") is not None or not checker.check(found, rules, model):
            continue
        assert model == triple[2], "another model has another bound, which would have been told"
        assert_never_contradicted(rules, graph, found["bound"], rng)


def assert_never_contradicted(rules: Any, graph: rr.Domain, bound: float, rng: np.random.Generator) -> None:
    from relurules.ir.rules_json import from_json

    read: Any = from_json(rules)
    domain, network = read.domain, graph.network  # type: ignore[attr-defined]
    X = rng.uniform(domain.lower, domain.upper, size=(2000, len(domain)))
    X = X[domain.contains(X)]
    off = np.abs(read.predict_scores(X) - network.evaluate(X)) - 1e-12 * network.magnitude(X)
    assert off.max(initial=0.0) <= bound
