"""From a traced network to its rules: collapse, search, settle, merge (Graph + Domain -> RuleSet)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from relurules.activations import LINEAR_THRESHOLD
from relurules.collapse import collapse, settle
from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.errors import DataError, ModelError, UnsupportedError
from relurules.ir import Graph, Network, Partition, Reduction, RuleSet
from relurules.ir.network import Array
from relurules.rules import Asked, build_rules, deciding
from relurules.tables import check_finite

#: Where rules that are fewer than the network's are to be close to it.
FIDELITIES = ("domain", "rows")


class Wanted(NamedTuple):
    """What rules are to be like; see `pipeline.extract`."""

    max_error: float = 0.0
    max_rules: int | None = None
    decision: str | float | None = None
    threshold: float = LINEAR_THRESHOLD
    fidelity: str = "domain"


def checked(wanted: Wanted) -> Wanted:
    """The same; UnsupportedError for what makes no sense."""
    if not 0.0 <= wanted.max_error < np.inf:
        raise UnsupportedError(
            f"max_error={wanted.max_error!r}; supported: 0.0 or a finite number above, in the outputs' units"
        )
    if wanted.max_rules is not None and wanted.max_rules < 1:
        raise UnsupportedError(f"max_rules={wanted.max_rules!r}; supported: 1 or more, or None for any number")
    if wanted.fidelity not in FIDELITIES:
        raise UnsupportedError(f"fidelity={wanted.fidelity!r}; supported: {', '.join(FIDELITIES)}")
    if wanted.fidelity == "rows" and (wanted.max_rules is None or wanted.max_error):
        raise UnsupportedError("fidelity='rows' chooses so many rules by the data: give max_rules, and no max_error")
    if wanted.decision is not None and (wanted.max_error or wanted.max_rules is not None):
        raise UnsupportedError("decisions are exact; leave out max_error and max_rules, or decision")
    if isinstance(wanted.decision, float | int):
        check_finite(decision=wanted.decision)
    return wanted


def extracted(
    graph: Graph,
    domain: Domain,
    rows: Array | None,
    wanted: Wanted,
    search: Callable[[Network], Partition],
    merging: Callable[[int], None] | None = None,
) -> RuleSet:
    """The rules of a network on a domain. rows: (N, d) to count; merging: is told how many rules are left."""
    if wanted.fidelity == "rows" and rows is None:
        raise DataError("fidelity='rows' needs data, which the rules are to be close on")
    _check_range(graph, domain)
    collapsed = collapse(graph.network, domain, wanted.threshold)
    outputs, heads, decision, network = graph.outputs, graph.heads, None, collapsed.network
    if wanted.decision is not None:
        network, head, decision = deciding(network, heads, outputs, wanted.decision)
        outputs, heads = (_free("class", graph.columns),), (head,)
    cells = search(network)
    settled = settle(cells)
    removed = {**collapsed.removed, "linear": collapsed.removed["linear"] + graph.identities}
    removed["settled"] = len(cells.network) - len(settled.network)
    reduction = Reduction(
        neurons_traced=len(graph.network) + graph.identities,
        neurons_left=len(settled.network),
        removed={name: count for name, count in removed.items() if count},
        regions=len(cells),
        rows=None if rows is None else len(rows),
    )
    asked = Asked(float(wanted.max_error), wanted.max_rules, wanted.fidelity == "rows")
    rules = build_rules(settled, outputs, reduction, collapsed.max_change, rows, heads, asked, decision, merging)
    _check_maps(rules)
    return rules if decision else replace(rules, traced=graph.network)


def _check_range(graph: Graph, domain: Domain) -> None:
    """Refuse a network whose own sums leave float64 in the domain: its outputs there are infinite, or nothing."""
    with np.errstate(over="ignore", invalid="ignore"):
        size = graph.network.magnitude(domain.reach[None])[0]
    if not np.isfinite(size).all():
        raise ModelError(
            f"the terms of the network's sums reach {np.finfo(float).max:.2g}, the largest number of float64, in the "
            "domain, so its outputs can't be computed there; scale the weights or the columns, or narrow the domain"
        )


def _check_maps(rules: RuleSet) -> None:
    """Refuse rules whose coefficients, which are products of weights, are infinite."""
    for rule in rules:
        if not (np.isfinite(rule.map.weights).all() and np.isfinite(rule.map.constants).all()):
            raise ModelError(
                f"rule {rule.number} has coefficients beyond {np.finfo(float).max:.2g}, the largest number of float64: "
                "weights of several layers multiply to more; scale the columns or the layers"
            )


def _free(name: str, columns: Sequence[Column]) -> str:
    """The name, with more underscores if a column has it."""
    while any(column.name.lower() == name for column in columns):
        name += "_"
    return name
