"""The promises of the walk, on random networks: rules cover the domain and are the network, in
every language.

Every fourth module is exported too: the network must be the one that is read without an export,
which takes longer than all that is asked of it.
"""

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from networks import Array, Case, cases, float64_output, telling_points

import relurules as rr
from relurules.ir import Partition
from relurules.tracing.torch.torch_export import export_program
from relurules.verifying import run_artifact

PROMISE = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ENGINES = (
    ("python", None, "python"),
    ("c", None, "c"),
    ("sql", "sqlite", "sqlite"),
    ("sql", "duckdb", "duckdb"),
)


@settings(PROMISE, max_examples=200)
@given(cases())
def test_rules_are_the_network(case: Case) -> None:
    check(case)


@settings(PROMISE, max_examples=20)
@given(cases(halves=(np.inf,)))
def test_rules_are_the_network_on_all_of_space(case: Case) -> None:
    check(case)


@settings(PROMISE, max_examples=20)
@given(cases(halves=(1e-6, 1e6)))
def test_rules_are_the_network_on_very_small_and_large_boxes(case: Case) -> None:
    check(case)


def check(case: Case) -> None:
    """Rules cover the domain, equal what torch computes, and hold their interior points strictly
    inside.
    """
    if case.seed % 4 == 0:
        check_export(case)
    rules = rr.extract(case.model, domain=case.domain, guard_unread=True)
    partition = rr.partition(case.model, case.domain)
    check_regions(partition)
    X = telling_points(rules, partition, case.seed)
    assert (rules.apply(X) > 0).all(), "a point of the domain has no rule"
    scale = partition.network.magnitude(X)
    assert (np.abs(rules.predict(X) - float64_output(case.model, X)) <= 1e-9 * scale).all()
    for rule in rules:
        for condition in rule.conditions:
            at = condition.half_space.normal @ rule.point - condition.half_space.bound
            assert at > 0 if condition.holds else at < 0, (
                "an interior point lies on or outside its rule's boundary"
            )


def check_export(case: Case) -> None:
    """An export gives the same network, number by number."""
    plain, exported = rr.trace(case.model), rr.trace(export_program(case.model, None))
    assert plain.outputs == exported.outputs
    for name in ("A", "L", "b", "C", "U", "c", "slope"):
        found, expected = (getattr(graph.network, name) for graph in (plain, exported))
        np.testing.assert_array_equal(found, expected, err_msg=name)


def check_regions(partition: Partition) -> None:
    """Regions are distinct and hold their points."""
    assert len(np.unique(partition.patterns, axis=0)) == len(partition)
    z = partition.network.preactivations(partition.points)
    room = 1e-12 * np.abs(z).max(initial=1.0)
    assert (z * partition.patterns > -room).all()
    located = partition.locate(partition.points)
    apart = (
        partition.patterns[located] != partition.patterns
    )  # only where floats can't tell the two regions
    assert (np.abs(z)[apart] <= room).all()


@settings(PROMISE, max_examples=50)
@given(cases())
def test_every_artefact_is_the_rules(case: Case) -> None:
    rules = rr.extract(case.model, domain=case.domain, guard_unread=True)
    X = telling_points(rules, rr.partition(case.model, case.domain), case.seed, count=40)
    X = np.vstack([X, X[:1], X[:1]])
    X[-2, 0], X[-1, -1] = np.nan, 1e6
    expected = rules.predict(X)
    assert np.isnan(expected[-2:]).all()
    room = 1e-12 * np.maximum(rules.network.magnitude(X), terms(rules, X))
    for target, dialect, engine in ENGINES:
        for form in ("rules", "tree", "network"):
            if (target, form) == ("c", "rules") and sum(
                len(rule.conditions) for rule in rules
            ) > 4000:
                continue  # refused, since compilers would take minutes
            artifact = rr.emit(rules, target, dialect=dialect, form=form, outside="null")
            _, ran = run_artifact(artifact, X, engine)
            outputs, rule = ran.outputs, ran.rule
            given_ = ~np.isnan(expected)
            if form == "rules":
                given_ &= (rule > 0)[:, None] | ~at_seams(rules, X)[:, None]
            assert (np.isnan(outputs) == ~given_).all(), (target, form)
            assert (np.abs(outputs - expected)[given_] <= room[given_]).all(), (target, form)
            assert ((rule > 0) == given_.all(axis=1)).all(), (target, form)


def at_seams(rules: rr.RuleSet, X: Array) -> Array:
    """(N,) whether two boundaries of rules meet at a row, as far as floats can tell.

    Sides of merged rules are facets of their union, which meet there in exact arithmetic only.
    """
    spaces = {id(c.half_space): c.half_space for rule in rules for c in rule.conditions}
    near = np.zeros(len(X), dtype=int)
    for space in spaces.values():
        room = 1e-14 * (np.abs(X) @ np.abs(space.normal) + abs(space.bound))
        near += np.abs(X @ space.normal - space.bound) <= room
    return near >= 2


def terms(rules: rr.RuleSet, X: Array) -> Array:
    """Sum of the absolute terms of the map that each row's rule applies."""
    number = np.maximum(rules.apply(X), 1) - 1
    weights = np.stack([rule.map.weights for rule in rules])[number]
    constants = np.stack([rule.map.constants for rule in rules])[number]
    return np.einsum("nmd,nd->nm", np.abs(weights), np.abs(X)) + np.abs(constants)
