"""Training with what it needs of the walk: models linearised to a number of rules over the range of
their data.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import is_plain
from relurules.errors import DataError
from relurules.ir import Network
from relurules.ir.limits import SearchLimits
from relurules.ir.network import Array
from relurules.networks.collapse import collapse
from relurules.partitioning import count_regions, search_regions
from relurules.partitioning import make_budget as limits_of
from relurules.pipeline.partition_stages import build_plain_rules
from relurules.tracing import trace
from relurules.tracing.model_domain import derive_domain

if TYPE_CHECKING:
    from relurules.training.front import NetworkSize
    from relurules.training.linearize_result import Linearized

#: Regions are counted up to this number, or past the budget, and built as rules where there are at
#: most so many.
_MOST_COUNTED, _MOST_BUILT = 20_000, 300


def linearize(
    model: Any, X: Any, y: Any, *, max_rules: int | None = None, max_neurons: int | None = None,
    max_terms: int | None = None, max_condition_terms: int | None = None, method: str = "saliency",
    task: str | None = None, sample_weight: Any = None, test: tuple[Any, Any] | None = None,
    l1: float = 3e-4, validation_fraction: float = 0.2, random_state: int = 0, steps: int = 100_000,
    reachable_error: float | None = None, progress: Callable[[str], None] | None = None,
    labels: Sequence[Any] | None = None, positive: Any = None,
) -> "Linearized":  # fmt: skip
    """Make a trained network one of few rules, with the least loss of accuracy.

    model: what `trace` takes. X: (N, d) array or frame in the model's columns; y: targets, in the
    units of the model's output; of classes the model's own labels, or their numbers where it has
    none. labels, positive: as in `extract`. task: regression, binary or multiclass,
    else told by the model's link and by y. The budget: max_rules over the range of X, max_neurons,
    max_terms, the inputs that any condition or formula speaks of, and max_condition_terms, those
    that any condition does; at least one of the first two. The point of the best score (R2, AUC,
    accuracy) on a share of the rows, validation_fraction, is chosen; test, rows and targets, is
    only scored. Rows are counted over the box of their ranges: with categories, fewer rules may be
    left.

    method: saliency: neurons whose best affine stand-in changes the loss least become affine, with
    training in between. parallel: the same, and a second way down on which neurons are also tied to
    one direction, since parallel hyperplanes cut fewer regions; it takes three to four times as
    long. force: E. P. Csirmaz, "Interpreting Neural Networks by Reducing Nonlinearities during
    Training", 2020, so many steps of it; freeze: the same, with slopes that count as linear frozen.
    As published, the force does nothing while the mean loss of standardised targets is above 0.01;
    reachable_error is a loss to be taken for 0.001 instead. l1: penalty of standardised weights.
    Deterministic for a random_state. Returns `Linearized`: .model, .graph, .front, .save(folder).
    Raises DataError where rows don't fit, where the model is worse than chance on them, or no
    network on the front keeps the budget.
    """
    from relurules.training.front import RuleBudget, check_budget
    from relurules.training.linearize import LinearizeSettings, linearize_network
    from relurules.training.targets import check_better_than_chance, read_targets, weigh_rows

    budget = check_budget(RuleBudget(max_rules, max_neurons, max_terms, max_condition_terms))

    for name, value in (("l1", l1), ("steps", steps)):
        if not value >= 0:
            raise DataError(f"{name} is {value}; expected at least 0")

    graph = trace(model, None, labels, positive)[0]
    domain = derive_domain(graph, X)
    if len(domain) != len(graph.features):
        raise DataError(f"X has {len(domain)} columns, the model reads {len(graph.features)}")
    if not graph.named and is_plain(domain.columns):
        graph = replace(graph, features=domain.names, columns=domain.columns)

    settings = LinearizeSettings(
        method, l1, validation_fraction, random_state, steps, reachable_error
    )
    rows, tested = (
        _read_rows(domain, X),
        None
        if test is None
        else (_read_rows(domain, test[0], "test rows: X"), np.asarray(test[1])),
    )
    name, Y = read_targets(graph, np.asarray(y), task)
    check_better_than_chance(graph, weigh_rows(rows, Y, sample_weight), name)
    given = (rows, np.asarray(y), sample_weight)
    counter = make_size_counter(rows, max_rules)

    return linearize_network(
        graph, given, budget, settings, counter, task=task, test=tested, progress=progress
    )


def make_size_counter(X: Array, rules: int | None = None) -> "Callable[[Network], NetworkSize]":
    """Counts the regions, further than so many rules, and the rules of networks over the box of the
    rows, (N, d).
    """
    from relurules.training.front import NetworkSize

    most = max(_MOST_COUNTED, (rules or 0) + 1)
    lower, upper = X.min(axis=0), X.max(axis=0)
    constant = upper <= lower
    margin = np.where(constant, np.maximum(np.abs(lower), 1.0) * 1e-3, 0.0)
    domain = Domain.box(lower - margin, upper + margin)

    def count(network: Network) -> NetworkSize:
        network = collapse(network, domain).network
        regions = count_regions(
            network, domain, None, limits_of(SearchLimits(regions=most), 1)
        ).regions
        if regions > _MOST_BUILT:
            return NetworkSize(regions, regions)

        return NetworkSize(regions, len(build_plain_rules(search_regions(network, domain))))

    return count


def _read_rows(domain: Domain, X: Any, name: str = "X") -> Array:
    rows = domain.rows(X)
    missing = ~np.isfinite(rows).all(axis=1)
    if missing.any():
        raise DataError(
            f"{name}, row {int(np.flatnonzero(missing)[0])}: a value is missing or not finite, "
            "and can't be trained on"
        )

    return rows
