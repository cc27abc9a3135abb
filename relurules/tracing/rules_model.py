"""Rules as a model: the network that they stand for, over their own domain."""

import numpy as np

from relurules.domain import Domain
from relurules.errors import DomainError, UnsupportedError
from relurules.ir import AdditiveRules, Graph, RuleSet, Scorer
from relurules.ir.local_tree import require_network


def make_rules_graph(rules: Scorer) -> Graph:
    """The network of rules; UnsupportedError where they aren't their network."""
    if not isinstance(rules, RuleSet | AdditiveRules):
        raise UnsupportedError(f"rules of type {type(rules).__name__} have no network")
    if isinstance(rules, RuleSet):
        require_network(rules.network, "making another form of its rules")
    if isinstance(rules, RuleSet) and rules.simplified:
        what = "decide a class" if rules.decision is not None else "were simplified"
        raise UnsupportedError(
            f"these rules {what}, so their network isn't what they say; extract the other form "
            "from the model itself"
        )

    import networkx

    return Graph(
        features=rules.features,
        outputs=rules.outputs,
        network=rules.network,
        layers=networkx.DiGraph(),
        heads=rules.heads,
        columns=rules.domain.columns,
        labels=rules.labels,
        fitted=rules.provenance.fitted,
    )


def resolve_rules_domain(rules: Scorer, domain: Domain | None) -> Domain:
    """The domain of the rules, or the part of it that is given; DomainError for anything else."""
    own = rules.domain
    if domain is None:
        return own
    if domain.columns != own.columns:
        raise DomainError(
            f"the domain's columns are {', '.join(domain.names[:8])}, those of the rules "
            f"{', '.join(own.names[:8])}; both must be the same, in the same order"
        )

    kept = {
        (*row, bound) for row, bound in zip(domain.normals.tolist(), domain.bounds, strict=True)
    }
    cut = {(*row, bound) for row, bound in zip(own.normals.tolist(), own.bounds, strict=True)}
    wider = (domain.lower < own.lower) | (domain.upper > own.upper)
    if not wider.any() and cut <= kept and set(own.groups) <= set(domain.groups):
        return domain

    where = f" in {own.names[int(np.argmax(wider))]}" if wider.any() else ""
    raise DomainError(
        f"the domain goes beyond that of the rules{where}, where they say nothing; narrow it, or "
        "extract from the model itself"
    )


def bound_rules_error(rules: Scorer) -> float:
    """What the network of rules may be off from the one that they were traced from, in units of the
    scores, over their domain.
    """
    if not isinstance(rules, AdditiveRules):
        return rules.score_error
    return rules.score_error + sum(group.rules.score_error for group in rules.groups)
