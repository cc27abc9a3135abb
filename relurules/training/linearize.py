"""A trained network made one of few rules (Graph + rows -> Linearized)."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from relurules.errors import DataError, UnsupportedError
from relurules.ir import Graph, Network
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.local_tree import require_network
from relurules.training.front import (
    FrontPoint,
    FrontSettings,
    NetworkSize,
    RuleBudget,
    finetune_on_all_rows,
    is_within_budget,
    walk_front,
)
from relurules.training.linearize_result import Linearized, front_table
from relurules.training.objective import DataSplit
from relurules.training.relu_parameters import ReluParameters, to_network
from relurules.training.targets import (
    Standardisation,
    prepare_rows,
    read_targets,
    weigh_rows,
)
from relurules.training.task import TASKS, Rows
from relurules.training.terms import count_condition_terms, count_formula_terms

if TYPE_CHECKING:
    import networkx

Progress = Callable[[str], None]


class LinearizeSettings(NamedTuple):
    """How the front is walked down.

    method: saliency; parallel, which ties neurons to one direction too; force; freeze, the force
    with frozen slopes; l1: see `newton.refine`; seed: of splits and batches; steps: gradient steps
    of the force; reachable: see `forced.forced_points`; deadline: when training must end;
    chosen_by: see `split_rows`.
    """

    method: str = "saliency"
    l1: float = 3e-4
    validation_fraction: float = 0.2
    seed: int = 0
    steps: int = 100_000
    reachable: float | None = None
    deadline: Deadline = NEVER
    chosen_by: NDArray[np.bool_] | None = None


def linearize_network(
    graph: Graph,
    given: tuple[Any, Any, Any],
    budget: RuleBudget,
    settings: LinearizeSettings,
    count: Callable[[Network], NetworkSize],
    *,
    task: str | None = None,
    test: tuple[Any, Any] | None = None,
    progress: Progress | None = None,
) -> Linearized:
    """The front of a model, and the best point within the budget by validation rows.

    given: rows (N, d) in the model's coordinates, targets, weights or None; test: rows and targets
    that are only scored. Raises DataError where they don't fit, and where no point keeps the
    budget.
    """
    require_network(graph.network, "its linearisation")
    name, Y = read_targets(graph, given[1], task)
    rows = weigh_rows(given[0], Y, given[2])
    tested = None if test is None else _read_test_rows(graph, test, name)
    data, scale = prepare_rows(
        rows, settings.validation_fraction, settings.seed, name, settings.chosen_by
    )

    def counted(compact: ReluParameters) -> NetworkSize:
        return count(to_network(scale.restored(compact)))

    with threadpool_limits(1):  # small matrices; and the sums don't depend on the number of cores
        found = _compute_front(graph, data, name, budget, settings, counted, scale, progress)
        chosen = choose_point(found, budget)
        final = finetune_on_all_rows(
            found[chosen],
            data,
            TASKS[name],
            budget,
            counted,
            l1=settings.l1,
            deadline=settings.deadline,
        )
        found[chosen] = final

    network = to_network(scale.restored(final.compact))
    restored = replace(graph, network=network, layers=build_layers(network), identities=0)
    front = front_table(
        found, data.training, None if tested is None else scale.rows(tested), TASKS[name]
    )

    return Linearized(restored, front, chosen, name, TASKS[name].measure)


def build_layers(network: Network) -> "networkx.DiGraph[str]":
    """The levels of a network, each reading the inputs and levels before it, for pictures and
    people.
    """
    import networkx

    layers: networkx.DiGraph[str] = networkx.DiGraph()
    layers.add_node("input", operator="input", module="", size=network.A.shape[1])

    for i, level in enumerate(network.levels):
        layers.add_node(f"level {i}", operator="relu", module="linearized", size=len(level))
        before = [
            f"level {j}" for j in range(i) if network.L[np.ix_(level, network.levels[j])].any()
        ]
        layers.add_edges_from((name, f"level {i}") for name in ("input", *before))

    layers.add_node("scores", operator="linear", module="linearized", size=len(network.c))
    layers.add_edges_from((name, "scores") for name in [*layers.nodes][:-1])
    return layers


def _read_test_rows(graph: Graph, test: tuple[Any, Any], name: str) -> Rows:
    try:
        return weigh_rows(test[0], read_targets(graph, test[1], name)[1], None)
    except DataError as error:
        raise DataError(f"test rows: {error}") from error


def _compute_front(
    graph: Graph,
    data: DataSplit,
    name: str,
    budget: RuleBudget,
    settings: LinearizeSettings,
    count: Callable[[ReluParameters], NetworkSize],
    scale: Standardisation,
    progress: Progress | None,
) -> list[FrontPoint]:
    def told(neurons: int) -> None:
        if progress is not None:
            progress(f"{neurons} neurons")

    random = np.random.default_rng(settings.seed)
    if settings.method in ("saliency", "parallel"):
        start, ties = scale.standardised(graph.network, dense=True), settings.method == "parallel"
        return list(
            walk_front(
                start,
                data,
                TASKS[name],
                budget,
                count,
                FrontSettings(l1=settings.l1, random=random, ties=ties),
                told=told,
                deadline=settings.deadline,
            )
        )

    if settings.method in ("force", "freeze"):
        from relurules.training.force_training import (  # loads torch
            ForceSettings,
            train_by_force,
        )

        return train_by_force(
            graph.network,
            scale,
            data,
            TASKS[name],
            count,
            ForceSettings(
                seed=settings.seed,
                steps=settings.steps,
                freeze=settings.method == "freeze",
                reachable=settings.reachable,
            ),
            told=told,
            deadline=settings.deadline,
        )

    raise UnsupportedError(
        f"method {settings.method!r}; supported: saliency, parallel, force, freeze"
    )


def choose_point(found: list[FrontPoint], budget: RuleBudget) -> int:
    """The point of the best validation score within the budget; of equal ones that with fewer
    rules, then neurons.
    """
    fitting = [i for i, point in enumerate(found) if is_within_budget(point, budget)]
    if not fitting:
        least = {
            "rules": min(point.size.rules for point in found),
            "neurons": min(len(point.compact) for point in found),
            "inputs in a condition": min(
                count_condition_terms(point.compact).max(initial=0) for point in found
            ),
            "inputs in a formula": min(count_formula_terms(point.compact) for point in found),
        }
        each = ", ".join(f"{number} {name}" for name, number in least.items())
        raise DataError(
            f"no network on the front keeps the budget; the least found of each: {each}"
        )

    return max(
        fitting, key=lambda i: (found[i].score, -found[i].size.rules, -len(found[i].compact))
    )


__all__ = ["LinearizeSettings", "build_layers", "choose_point", "linearize_network"]
