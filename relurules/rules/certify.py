"""How far rules are from the function they stand for, over the whole domain: a bound, by linear programs."""

import numpy as np

from relurules.ir import Tree
from relurules.ir.network import Array
from relurules.lp import RADIUS
from relurules.lp.maxima import maxima
from relurules.rules.pieces import Ground, unit_rows


def certified(ground: Ground, tree: Tree, forms: Array) -> float:
    """Bound on |function - rules| over the domain, for a tree whose leaf i gives forms[i], (n, m, f + 1).

    Every region is cut by the tree, along whatever hyperplanes that has; on each part both are affine. A part thinner
    than RADIUS is widened to that, which can only raise the bound.
    """
    rows = unit_rows(ground.frame, tree.normals, tree.offsets)
    worst = 0.0
    for own, cell in zip(ground.forms, ground.cells, strict=True):
        stack = [(0 if len(tree.children) else -1, cell.G, cell.h)]
        while stack:
            at, G, h = stack.pop()
            if at < 0:
                gap = own - forms[~at]
                worst = max(worst, float(maxima(G, h, np.vstack([gap, -gap])).bounds.max()))
                continue
            row = rows[at]
            high, low = maxima(G, h, np.array([row, -row])).bounds
            for side, most, sign in ((1, high, 1.0), (0, low, -1.0)):
                if most >= 0.0:  # sign * row >= min(0, most - RADIUS) there
                    limit = sign * row[-1] - min(0.0, most - RADIUS)
                    stack.append((int(tree.children[at, side]), np.vstack([G, -sign * row[:-1]]), np.append(h, limit)))
    return worst
