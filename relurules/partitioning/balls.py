"""Balls inside the two sides of a split of the compiled search."""

from relurules.lp.chebyshev import find_ball_center
from relurules.lp.compilation import compile_cached, compile_inline
from relurules.lp.dictionary import Dictionary, append_half_space, copy_vector, write_vertex
from relurules.lp.tolerances import ROOMY, THIN, TRUSTED, UNIT
from relurules.partitioning import state_layout
from relurules.partitioning.cells import load_dictionary
from relurules.partitioning.state import Array, CurrentCell, SearchState


@compile_inline
def find_side_balls(s: SearchState, k: int) -> int:
    """A ball on each side, between the cell's own and the vertex there; which sides have one that
    is large enough.

    Moving the ball of radius r from its centre c towards a vertex v by the share t leaves a ball of
    radius (1 - t) r in the cell; t is chosen so that this ball touches the hyperplane from the
    right side. Where it is 0, the cell's own ball, which was measured, is the side's.
    """
    node = s.node
    here = node.at[state_layout.HERE]
    across = evaluate_row(node.rows[k], node.center)
    found = 0

    for sign in (-1, 1):
        i = (sign + 1) // 2
        height = node.radii[i]
        lacks = node.radius[0] - sign * across
        if lacks <= -node.error[k] and node.radius[0] >= TRUSTED:
            copy_vector(node.center, node.sides[i])
            node.radii[i] = node.radius[0]
            found += side_bit(sign)
            continue
        share = lacks / (lacks + height) if lacks > 0.0 else 0.0
        if sign == here:
            write_vertex(s.work, node.sides[i])
        else:
            copy_vector(node.spare, node.sides[i])
        for j in range(len(node.center)):
            node.sides[i, j] = (1.0 - share) * node.center[j] + share * node.sides[i, j]

    for sign in (-1, 1):
        i = (sign + 1) // 2
        if found & side_bit(sign):
            continue
        node.radii[i] = recentre_ball(s, k, sign)
        if node.radii[i] > THIN:
            found += side_bit(sign)

    return found


@compile_inline
def recentre_ball(s: SearchState, k: int, sign: int) -> float:
    """The side's ball, measured; where it is small, the largest one takes its place.

    The radius is always measured.
    """
    node = s.node
    i = (sign + 1) // 2
    known = _measure_ball(s.work, node, k, sign, node.sides[i])
    if known >= TRUSTED:
        return known

    node.counts[state_layout.BALLS] += 1
    center, enough = node.middle, ROOMY
    if sign == node.at[state_layout.HERE]:
        D = s.work
        append_half_space(D, len(D.low) + node.at[state_layout.DEPTH])
        find_ball_center(D, s.ball, center, enough)
        D.used[0] -= 1
    else:
        load_dictionary(
            s.stack,
            node.counts[state_layout.TOP],
            node.counts[state_layout.POOLED],
            s.work.used[0] + 1,
            s.spare,
        )
        find_ball_center(s.spare, s.ball, center, enough)

    best = _measure_ball(s.work, node, k, sign, center)
    if best > known:
        copy_vector(center, node.sides[i])
    return max(best, known)


@compile_cached
def _measure_ball(D: Dictionary, node: CurrentCell, k: int, sign: int, u: Array) -> float:
    """How far u is at least from every wall of the cell and from the hyperplane, on the side
    `sign`; negative outside.

    What rounding may have done to the rows is taken off.
    """
    least = sign * evaluate_row(node.rows[k], u) - node.error[k]
    for i in range(node.at[state_layout.DEPTH]):
        least = min(least, evaluate_row(node.cuts[i], u) - node.cut_error[i])
    for j in range(len(u)):
        least = min(least, u[j] - D.low[j], D.low[j] + D.width[j] - u[j])
    return float(least - 8.0 * UNIT)


@compile_cached
def evaluate_row(row: Array, u: Array) -> float:
    total = row[len(u)]
    for j in range(len(u)):
        total += row[j] * u[j]
    return float(total)


@compile_cached
def side_bit(sign: int) -> int:
    return state_layout.POSITIVE if sign > 0 else state_layout.NEGATIVE
