"""Which coordinates of a search are indicators, and the memory that witnesses over them take."""

import numpy as np

from relurules.domain import Normalisation
from relurules.lp.chebyshev import allocate_ball_dictionary
from relurules.lp.dictionary import start_at_corner
from relurules.lp.polytope import Box
from relurules.partitioning.state import Int, SearchState


def list_coordinates(frame: Normalisation, box: Box) -> dict[str, Int]:
    """Coordinates that are numbers, and those that are indicators, group by group.

    None where there are no groups, nor where a coordinate is homogeneous: what holds of categories
    there is told outside of compiled code.
    """
    place = {int(column): i for i, column in enumerate(frame.free)}
    groups = [[place[int(j)] for j in tie[:-1]] for tie in frame.ties if len(tie) > 1]
    groups = [] if box.cone else groups
    indicators = [j for group in groups for j in group]
    numbers = sorted(set(range(len(box.low))) - set(indicators)) if groups else []
    return {
        "numbers": np.array(numbers, dtype=np.int64),
        "indicators": np.array(indicators, dtype=np.int64),
        "firsts": np.cumsum([0, *map(len, groups)]).astype(np.int64),
    }


def with_category_memory(state: SearchState) -> SearchState:
    """A state with dictionaries for parts of a cell over categories, of the sizes that it needs."""
    net, D = state.net, state.work
    if not len(net.indicators):
        return state

    low, width = D.low[net.numbers], D.width[net.numbers]
    rows = len(state.node.cuts)
    return state._replace(
        part=start_at_corner(D.low.copy(), D.width.copy(), len(D.basic)),
        row=start_at_corner(low, width, rows),
        trial=start_at_corner(low.copy(), width.copy(), rows),
        row_ball=allocate_ball_dictionary(len(low), rows),
    )
