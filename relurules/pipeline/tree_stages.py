"""Partition rules of a model that is a tree of affine maps: its leaves, and no search."""

import numpy as np

from relurules.domain import Normalisation
from relurules.errors import UnsupportedError
from relurules.ir import CollapseStats, Partition, RuleSet
from relurules.ir.local_tree import LocalTree, require_network
from relurules.ir.network import Array
from relurules.partitioning.admissible_points import AdmissiblePoints
from relurules.pipeline.tasks import ExtractTask
from relurules.rules.tree_leaves import TreeLeaves, make_tree_rules, prune_tree


def run_tree_stages(task: ExtractTask, model: LocalTree) -> RuleSet:
    """A rule for each leaf that holds a part of the domain. UnsupportedError for what needs a
    network: fewer rules within a bound, decisions.
    """
    options = task.options
    if options.merging:
        require_network(model, "fewer rules of it (max_rules, max_error)")
    if options.decision is not None:
        require_network(model, "rules that decide (decision)")

    leaves = prune_tree(model, task.domain)
    rules = make_tree_rules(
        leaves,
        _find_points(leaves, task),
        None if task.rows is None else task.rows[task.domain.contains(task.rows)],
    )
    stats = CollapseStats(0, 0, {}, len(rules), None if task.rows is None else len(task.rows))
    return RuleSet(
        task.graph.outputs,
        task.domain,
        rules,
        rules.tree,
        rules.network,
        0.0,
        True,
        stats,
        task.graph.heads,
        labels=task.graph.labels,
    )


def _find_points(leaves: TreeLeaves, task: ExtractTask) -> Array:
    """(R, d) a row of the domain inside each leaf, as clear of its splits as was found."""
    domain, tree = task.domain, leaves.tree
    frame = domain.frame(_measure_units(tree.normals))
    count = len(leaves.maps.constants)
    cells = Partition(
        network=LocalTree.make(tree, leaves.maps),
        domain=domain,
        frame=frame,
        tree=tree,
        patterns=np.zeros((count, 0), dtype=np.int8),
        points=np.zeros((count, len(domain))),
        complete=True,
    )
    admitted = AdmissiblePoints(frame, cells.walls)
    found = np.array([_find_point(cells, admitted, frame, i) for i in range(count)])
    wrong = np.flatnonzero(~domain.contains(found) | (tree.route(found) != np.arange(count)))
    for leaf in wrong.tolist():
        rows = np.empty((0, len(domain))) if task.rows is None else task.rows
        inside = rows[domain.contains(rows)]
        inside = inside[tree.route(inside) == leaf]
        if not len(inside):
            raise UnsupportedError(
                f"leaf {leaf + 1} of {count} of this tree has too little room in the domain for a "
                "rule with a point inside; give data with rows there, or a wider domain"
            )
        found[leaf] = inside[0]

    return found


def _find_point(
    cells: Partition, admitted: AdmissiblePoints, frame: Normalisation, leaf: int
) -> Array:
    part = cells.cell(leaf).polytope
    return frame.to_user(admitted.inside(part.G, part.h, part.ball().center))


def _measure_units(normals: Array) -> Array:
    """(d,) length scale of columns without two bounds: where the steepest split changes by one."""
    steepest = np.abs(normals).max(axis=0, initial=0.0)
    return np.where(steepest > 0, 1.0 / np.where(steepest > 0, steepest, 1.0), 1.0)
