"""The stage after emitting: an artefact beside the model that it comes from."""

from typing import Any

from relurules import tracing
from relurules.domain import Domain
from relurules.ir import AdditiveRules, Artifact, Report, RuleSet
from relurules.networks.inputs import narrow_graph
from relurules.tracing.model_domain import (
    fill_unread_columns,
    find_graph_columns,
)
from relurules.verifying.verification import ComparedModel, resolve_model, verify_artifact


def verify_model(
    artifact: Artifact | RuleSet | AdditiveRules, model: Any, X: Any, engine: str | None
) -> Report:
    """Run an artefact on rows beside the model, which is traced and run by its own framework; see
    `api.verify`.
    """
    return verify_artifact(artifact, compare_model(artifact, model), X, engine)


def compare_model(artifact: Artifact | RuleSet | AdditiveRules, model: Any) -> ComparedModel:
    """A model, traced, or rules, as what an artefact is compared with."""
    if isinstance(model, ComparedModel):
        return model
    everywhere = isinstance(artifact, Artifact) and artifact.outside == "exact"
    if isinstance(model, RuleSet | AdditiveRules):
        return resolve_model(model, everywhere=everywhere)
    return _trace_compared_model(artifact.domain, model)


def _trace_compared_model(domain: Domain, model: Any) -> ComparedModel:
    """A model as what rules over these columns are compared with, of which it may have more."""
    graph, function = tracing.trace(model)
    if domain.table_places is None or domain.table_places.coordinate_count != len(graph.features):
        return ComparedModel(names=graph, network=graph.network, function=function)

    narrow = narrow_graph(graph, graph.columns, find_graph_columns(graph, domain.table_places))
    return ComparedModel(
        names=narrow,
        network=narrow.network,
        function=lambda rows: function(fill_unread_columns(rows, graph, domain)),
    )
