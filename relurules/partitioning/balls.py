"""Balls inside the two sides of a split of the compiled search."""

from relurules.lp.chebyshev import center_of
from relurules.lp.compiled import compiled, inlined
from relurules.lp.dictionary import Dictionary, add, copy, vertex
from relurules.lp.tolerances import ROOMY, THIN, TRUSTED, UNIT
from relurules.partitioning import key
from relurules.partitioning.cells import load
from relurules.partitioning.state import Array, Node, State


@inlined
def balls(s: State, k: int) -> int:
    """A ball on each side, between the cell's own and the vertex there; which sides have one that is large enough.

    Moving the ball of radius r from its centre c towards a vertex v by the share t leaves a ball of radius (1 - t) r in
    the cell; t is chosen so that this ball touches the hyperplane from the right side. Where it is 0, the cell's own
    ball, which was measured, is the side's.
    """
    node = s.node
    here = node.at[key.HERE]
    across = value_at(node.rows[k], node.center)
    found = 0
    for sign in (-1, 1):
        i = (sign + 1) // 2
        height = node.radii[i]
        lacks = node.radius[0] - sign * across
        if lacks <= -node.error[k] and node.radius[0] >= TRUSTED:
            copy(node.center, node.sides[i])
            node.radii[i] = node.radius[0]
            found += side_bit(sign)
            continue
        share = lacks / (lacks + height) if lacks > 0.0 else 0.0
        if sign == here:
            vertex(s.work, node.sides[i])
        else:
            copy(node.spare, node.sides[i])
        for j in range(len(node.center)):
            node.sides[i, j] = (1.0 - share) * node.center[j] + share * node.sides[i, j]
    for sign in (-1, 1):
        i = (sign + 1) // 2
        if found & side_bit(sign):
            continue
        node.radii[i] = recentred(s, k, sign)
        if node.radii[i] > THIN:
            found += side_bit(sign)
    return found


@inlined
def recentred(s: State, k: int, sign: int) -> float:
    """The side's ball, measured; where it is small, the largest one takes its place. The radius is always measured."""
    node = s.node
    i = (sign + 1) // 2
    known = _measured(s.work, node, k, sign, node.sides[i])
    if known >= TRUSTED:
        return known
    node.counts[key.BALLS] += 1
    center, enough = node.middle, ROOMY
    if sign == node.at[key.HERE]:
        D = s.work
        add(D, len(D.low) + node.at[key.DEPTH])
        center_of(D, s.ball, center, enough)
        D.used[0] -= 1
    else:
        load(s.stack, node.counts[key.TOP], node.counts[key.POOLED], s.work.used[0] + 1, s.spare)
        center_of(s.spare, s.ball, center, enough)
    best = _measured(s.work, node, k, sign, center)
    if best > known:
        copy(center, node.sides[i])
    return max(best, known)


@compiled
def _measured(D: Dictionary, node: Node, k: int, sign: int, u: Array) -> float:
    """How far u is at least from every wall of the cell and from the hyperplane, on the side `sign`; negative outside.

    What rounding may have done to the rows is taken off.
    """
    least = sign * value_at(node.rows[k], u) - node.error[k]
    for i in range(node.at[key.DEPTH]):
        least = min(least, value_at(node.cuts[i], u) - node.cut_error[i])
    for j in range(len(u)):
        least = min(least, u[j] - D.low[j], D.low[j] + D.width[j] - u[j])
    return float(least - 8.0 * UNIT)


@compiled
def value_at(row: Array, u: Array) -> float:
    total = row[len(u)]
    for j in range(len(u)):
        total += row[j] * u[j]
    return float(total)


@compiled
def side_bit(sign: int) -> int:
    return key.POSITIVE if sign > 0 else key.NEGATIVE
