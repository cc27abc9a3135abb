"""Which regions share a facet: the dual graph of a partition."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relurules import lp
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array, Pattern
from relurules.lp.lengths import row_lengths

if TYPE_CHECKING:
    import networkx

    from relurules.ir.partition import Partition, Region

#: Rows, of unit length, that differ by no more than this are one hyperplane.
_SAME = 1e-9
#: How far across a facet a point is looked for, as shares of the largest ball in the facet.
_STEPS = (0.5, 0.1, 0.01)


def build_adjacency_graph(
    partition: "Partition", deadline: Deadline = NEVER
) -> "networkx.Graph[int]":
    """Regions as nodes, and an edge, with the `neuron` that changes sign, for every facet that two
    of them share.

    Across a facet the neurons that vanish on it change their signs and no others, since all are
    continuous. Where several vanish, the neighbour is where a point just across the facet lies.
    Regions that touch in less than a facet aren't joined; neither are regions across what a stopped
    search has not looked at. At the deadline the edges found so far are given.
    """
    import networkx

    graph: networkx.Graph[int] = networkx.Graph()
    graph.add_nodes_from(range(len(partition)))
    known = {pattern.tobytes(): i for i, pattern in enumerate(partition.patterns)}

    for i in range(len(partition)):
        if deadline.is_over():
            break
        region = partition.region(i)
        forms = _compute_unit_forms(partition, region.pattern)
        for place, (split, _) in enumerate(region.splits):
            neuron = int(partition.tree.neurons[split])
            vanish = _find_parallel_neurons(forms, neuron)
            j = (
                known.get(_flip_signs(region.pattern, vanish))
                if len(vanish) == 1
                else _find_region_across(partition, region, place)
            )
            if j is not None and j != i:
                graph.add_edge(i, j, neuron=neuron)

    return graph


def _compute_unit_forms(partition: "Partition", pattern: Pattern) -> Array:
    """(K, f + 1) the neurons' forms on a region in normalised coordinates, of unit length; NaN
    where constant.
    """
    forms = partition.network.forms(pattern)
    rows, offsets = partition.frame.rows(forms[:, :-1], forms[:, -1])
    length = row_lengths(rows)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.column_stack([rows, offsets]) / length)


def _find_parallel_neurons(forms: Array, neuron: int) -> NDArray[np.intp]:
    """The neurons that vanish where this one does, itself among them."""
    apart = [np.abs(forms - sign * forms[neuron]).max(axis=1) for sign in (1.0, -1.0)]
    return np.flatnonzero(np.fmin(*apart) <= _SAME)


def _flip_signs(pattern: Pattern, neurons: NDArray[np.intp]) -> bytes:
    other = pattern.copy()
    other[neurons] *= -1
    return other.tobytes()


def _find_region_across(partition: "Partition", region: "Region", place: int) -> int | None:
    """The region that a point just across one of the region's facets lies in."""
    frame = partition.frame
    rows, offsets = frame.rows(region.normals, -region.bounds)
    length = row_lengths(rows)
    others = np.arange(len(rows)) != place
    G, h = partition.walls.cut(-(rows / length[:, None])[others], (offsets / length)[others])
    normal, offset = rows[place] / length[place], offsets[place] / length[place]
    ball = lp.find_facet_ball(G, h, normal, -offset)

    if ball is None:
        return None

    for share in _STEPS:
        x = frame.to_user(ball.center - share * ball.radius * normal)
        if (found := int(partition.locate(x[None])[0])) >= 0:
            return found

    return None
