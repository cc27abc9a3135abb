"""Artefacts beside the model they come from: what is due on every row, and what an engine gives (-> Report)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from relurules import tracing
from relurules.domain import Domain
from relurules.domain.columns import is_plain
from relurules.ir import Artifact, Decision, Graph, Network, Report, RuleSet
from relurules.ir.link import linked
from relurules.ir.network import Array
from relurules.rules import deciding
from relurules.tables import column_names
from relurules.verifying import FLOAT_TOLERANCE, Ran, Reference, as_read, compare, due, run, undecided

#: Outside the domain, rows with numbers beyond this aren't compared: products overflow, and some engines take none.
_ABSURD = 1e100


def verified(artifact: Artifact | RuleSet, model: Any, X: Any, engine: str | None) -> Report:
    """See `pipeline.verify`."""
    rows, named = artifact.domain.rows(X), column_names(X) is not None
    given = rows
    outside = artifact.outside if isinstance(artifact, Artifact) else "null"
    if isinstance(artifact, Artifact):
        rows = as_read(artifact, rows)
    traced, network, function = _judge(model, everywhere=outside == "exact")
    inside = due(artifact, given) if isinstance(artifact, Artifact) else artifact.domain.contains(rows)
    raw = named and isinstance(traced, Graph) and not is_plain(traced.columns) and rows is given
    with np.errstate(invalid="ignore", over="ignore"):  # rows outside any domain may be infinite
        scores, magnitude = network.evaluate(rows), network.magnitude(rows)
        reference = Reference(function(X if raw else rows), inside, traced.heads, scores, magnitude)
        if isinstance(traced, Graph):
            reference = _decided(reference, traced, rows, artifact)
        reference = reference.of(artifact.outputs, traced.outputs)
        if outside == "exact":
            takes = Domain.over(artifact.domain.columns).contains(rows)
            free = takes & ((np.abs(rows) > _ABSURD).any(axis=1) | np.isnan(reference.outputs).any(axis=1))
            reference = reference._replace(numbers=takes & ~free, free=free, undecided=free)
        if isinstance(artifact, Artifact) and artifact.number == "float":
            reference = _in_float(reference, traced, given, artifact)
    if isinstance(artifact, RuleSet):
        ran, name, place = Ran(artifact.predict(rows), artifact.apply(rows)), "rules", "relurules"
    else:
        place, ran = run(artifact, X if named else given, engine)
        name = list(artifact.files)[-1]
    bound = artifact.score_error if isinstance(artifact, RuleSet) else artifact.max_error
    return compare(ran, reference, bound, artifact.complete, name, place)


def _judge(model: Any, *, everywhere: bool) -> tuple[Graph | RuleSet, Network, Callable[[Any], Array]]:
    """What an artefact is compared with: what names the outputs, the network, and what gives the outputs of rows."""
    if not isinstance(model, RuleSet):
        graph, function = tracing.trace(model)
        return graph, graph.network, function
    traced = model.traced
    if not everywhere or traced is None:
        return model, model.network, model.predict
    return model, traced, lambda rows: linked(model.heads, traced.evaluate(model.domain.rows(rows)))


def _in_float(reference: Reference, traced: Graph | RuleSet, given: Array, artifact: Artifact) -> Reference:
    """What is due where an artefact rounds to float; given: the rows, (N, d)."""
    outputs = reference.outputs
    if isinstance(traced, RuleSet):  # its own outputs end at the domain
        outputs = np.where(np.isnan(outputs), linked(traced.heads, reference.scores), outputs)
    either = undecided(artifact, given) | (reference.free if reference.free is not None else False)
    return reference._replace(outputs=outputs, undecided=either, tolerance=FLOAT_TOLERANCE)


def _decided(reference: Reference, traced: Graph, rows: Array, artifact: Artifact | RuleSet) -> Reference:
    """What the model decides, where that is what the artefact says."""
    decision = artifact.decision.wanted if isinstance(artifact.decision, Decision) else artifact.decision
    if decision is None:
        return reference
    network, head, _ = deciding(traced.network, traced.heads, traced.outputs, decision)
    found = reference.outputs
    if not isinstance(decision, str):
        found = np.where(np.isnan(found[:, -1:]), np.nan, found[:, -1:] >= decision)
    elif found.shape[1] > 1:
        found = np.where(np.isnan(found).any(axis=1), np.nan, found.argmax(axis=1))[:, None]
    scores, magnitude = network.evaluate(rows), network.magnitude(rows)
    return reference._replace(outputs=found, heads=(head,), scores=scores, magnitude=magnitude)
