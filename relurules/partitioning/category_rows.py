"""Points of a cell with one category of every column, compiled.

Once a category is chosen of every column, a cell is a polytope over the numbers alone: few
coordinates, whose dictionary is made anew within microseconds. What it finds is measured, so it is
a witness whatever the simplex method's arithmetic did.
"""

from relurules.lp.chebyshev import find_ball_center
from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import STUCK, Dictionary, append_half_space, maximise_form
from relurules.lp.tolerances import GOAL, RADIUS
from relurules.partitioning import state_layout
from relurules.partitioning.state import Array, CurrentCell, Int, SearchNetwork

#: A point this far from every row serves as a region's, with no program asked for a better one.
CLEAR = 1e-7


@compile_cached
def pick_categories(net: SearchNetwork, u: Array, picked: Int) -> bool:
    """The category of every column that has the largest share at u; whether that is other than what
    `picked` held.
    """
    changed = False
    for g in range(len(picked)):
        best, most, left = -1, 0.0, 1.0
        for i in range(net.firsts[g], net.firsts[g + 1]):
            j = net.indicators[i]
            left -= u[j]
            if u[j] > most:
                best, most = j, u[j]

        if left >= most:
            best = -1
        changed |= picked[g] != best
        picked[g] = best

    return changed


@compile_cached
def enter_row(net: SearchNetwork, node: CurrentCell, D: Dictionary) -> bool:
    """Make D the part of the current cell that has the categories picked; False where it seems to
    be empty.
    """
    n = len(net.numbers)
    D.used[:] = 0
    for j in range(n):
        D.nonbasic[j], D.place[j], D.flipped[j] = j, -1 - j, False

    for i in range(node.at[state_layout.DEPTH]):
        _express_numbers(net, node.cuts[i], node.picked, 1.0, D)
        out, largest = D.table[D.used[0]], 0.0
        for c in range(1, n + 1):
            largest = max(largest, abs(out[c]))
        if largest == 0.0:
            if out[0] < -RADIUS:
                return False
            continue
        if maximise_form(D, 0.0) == STUCK or out[0] < 0.0:
            return False
        append_half_space(D, n + i)

    return True


@compile_cached
def _express_numbers(
    net: SearchNetwork, row: Array, picked: Int, sign: float, D: Dictionary
) -> None:
    """A row times `sign` of the search, with the categories picked, as D's form in question."""
    n, out = len(net.numbers), D.table[D.used[0]]
    out[:] = 0.0
    out[0] = row[len(row) - 1]
    for g in range(len(picked)):
        if picked[g] >= 0:
            out[0] += row[picked[g]]

    for j in range(n):
        weight, at = row[net.numbers[j]], D.place[j]
        if D.flipped[j]:
            out[0] += weight * (D.low[j] + D.width[j])
            weight = -weight
        else:
            out[0] += weight * D.low[j]
        if at < 0:
            out[-at] += weight
        else:
            for c in range(n + 1):
                out[c] += weight * D.table[at, c]

    for c in range(n + 1):
        out[c] *= sign


@compile_cached
def reach_side(net: SearchNetwork, node: CurrentCell, D: Dictionary, k: int, sign: int) -> bool:
    """Whether D, which `enter_row` made, has a point clearly on a side of neuron k: that side's
    witness.
    """
    _express_numbers(net, node.rows[k], node.picked, float(sign), D)
    return maximise_form(D, GOAL) != STUCK and write_clear_vertex(net, node, D, k, sign)


@compile_cached
def write_clear_vertex(
    net: SearchNetwork, node: CurrentCell, D: Dictionary, k: int, sign: int
) -> bool:
    """Make D's vertex, with the categories picked, the witness of a side of neuron k; whether it is
    one.
    """
    u = node.witnesses[(sign + 1) // 2]
    _write_row(net, node.picked, D, u)
    if not is_clear(net, node, k, sign, u):
        return False

    for i in range(node.at[state_layout.DEPTH]):
        if evaluate_choice(net, node.picked, node.cuts[i], u) < -RADIUS:
            return False

    return True


@compile_cached
def is_clear(net: SearchNetwork, node: CurrentCell, k: int, sign: int, u: Array) -> bool:
    """Whether u, whose categories are those picked, is on a side of neuron k, whatever rounding
    did.
    """
    height = sign * evaluate_choice(net, node.picked, node.rows[k], u)
    return bool(height > RADIUS + node.error[k])


@compile_cached
def find_clear_point(net: SearchNetwork, node: CurrentCell, D: Dictionary, B: Dictionary) -> bool:
    """Make the cell's centre an admissible point that is clear of all cuts, with the categories of
    its witness; False where that isn't found.
    """
    pick_categories(net, node.witness, node.picked)
    if not enter_row(net, node, D) or find_ball_center(D, B, node.middle, 1.0) < 0.0:
        return False

    _write_choice(net, node.picked, node.spare)
    for j in range(len(net.numbers)):
        low = D.low[j]
        node.spare[net.numbers[j]] = min(max(node.middle[j], low), low + D.width[j])

    for i in range(node.at[state_layout.DEPTH]):
        least = CLEAR + node.cut_error[i] if node.cut_of[i] != 0 else 0.0
        if evaluate_choice(net, node.picked, node.cuts[i], node.spare) < least:
            return False

    for j in range(len(node.center)):
        node.center[j] = node.spare[j]

    return True


@compile_cached
def _write_row(net: SearchNetwork, picked: Int, D: Dictionary, u: Array) -> None:
    """The vertex of D and the categories picked as a point of the search."""
    _write_choice(net, picked, u)
    for j in range(len(net.numbers)):
        value = D.table[D.place[j], 0] if D.place[j] >= 0 else 0.0
        value = D.low[j] + (D.width[j] - value if D.flipped[j] else value)
        u[net.numbers[j]] = min(max(value, D.low[j]), D.low[j] + D.width[j])


@compile_cached
def _write_choice(net: SearchNetwork, picked: Int, u: Array) -> None:
    for j in net.indicators:
        u[j] = 0.0
    for g in range(len(picked)):
        if picked[g] >= 0:
            u[picked[g]] = 1.0


@compile_cached
def evaluate_choice(net: SearchNetwork, picked: Int, row: Array, u: Array) -> float:
    """A row of the search at u, whose categories are those picked."""
    total = row[len(u)]
    for g in range(len(picked)):
        if picked[g] >= 0:
            total += row[picked[g]]
    for j in net.numbers:
        total += row[j] * u[j]
    return float(total)
