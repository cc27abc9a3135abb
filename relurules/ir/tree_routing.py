"""The leaf of every row of a tree (-> numbers of leaves).

A row's side of a split is told by one sum per row, which takes the same steps wherever the row
stands. Of many rows, where splits share few forms, matrix products tell the sides instead: sums of
the same terms in two orders differ by no more than their rounding, so that a value further from 0
has the sign of the other. Rows with a value that isn't further, on their own way down, are left to
their own sums.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.intp]

#: A child that a stopped search has not looked into.
UNEXPLORED = int(np.iinfo(np.int32).min)
#: Where a product doesn't tell the side.
_DOUBT = UNEXPLORED + 1
#: Rows from which on, splits up to which, and forms up to which products take less time.
_MANY_ROWS, _SPLITS, _FORMS = 2**10, 2**14, 128
#: Values of forms that a core's cache holds.
_VALUES = 2**17
#: Two sums of n terms differ by at most n + 1 of these, as a share of their absolute terms; the
#: rest is for rounding of the bound itself.
_UNIT = 4 * float(np.finfo(np.float64).eps)


class TreeForms(NamedTuple):
    """F forms that the S splits of a tree are tests of.

    normals: (F, d); offsets: (F,); which: (S,) the form of each split; children: (S, 3) where a
    row goes that lies below 0, above, or where that isn't told.
    """

    normals: Array
    offsets: Array
    which: Numbers
    children: NDArray[np.int32]


def find_tree_forms(
    normals: Array, offsets: Array, children: NDArray[np.int32]
) -> TreeForms | None:
    """The forms of S splits, normals (S, d), offsets (S,), children (S, 2); None where there are
    too many.
    """
    if not 0 < len(offsets) <= _SPLITS:
        return None
    forms, which = np.unique(np.column_stack([normals, offsets]), axis=0, return_inverse=True)
    if len(forms) > _FORMS:
        return None
    doubt = np.full((len(children), 1), _DOUBT, dtype=np.int32)
    return TreeForms(
        normals=np.ascontiguousarray(forms[:, :-1]),
        offsets=forms[:, -1],
        which=which.reshape(-1),
        children=np.hstack([children, doubt]),
    )


def route_many(forms: TreeForms, X: Array) -> NDArray[np.int32]:
    """(N, d) -> (N,) child that ends each row's way: ~leaf, UNEXPLORED, or what
    `find_doubtful` finds.
    """
    found = np.empty(len(X), dtype=np.int32)
    step = max(1, _VALUES // len(forms.offsets))
    for start in range(0, len(X), step):
        at = slice(start, start + step)
        found[at] = _walk_down(forms, _tell_sides(forms, X[at]))
    return found


def is_many(rows: int) -> bool:
    """Whether it is worth the search for forms."""
    return rows >= _MANY_ROWS


def find_doubtful(ends: NDArray[np.int32]) -> Numbers:
    """Rows, by their ends, whose way wasn't told."""
    return np.flatnonzero(ends == _DOUBT)


def _tell_sides(forms: TreeForms, X: Array) -> NDArray[np.int8]:
    """(n, d) -> (F, n): 0 below 0, 1 above, 2 where rounding may be as much."""
    with np.errstate(over="ignore", invalid="ignore"):
        largest = np.abs(X).max(axis=0)
        terms = np.abs(forms.normals) @ largest + np.abs(forms.offsets)
        room = _UNIT * (X.shape[1] + 2) * terms + np.finfo(np.float64).tiny
        values = forms.normals @ X.T
        values += forms.offsets[:, None]
    sides = np.full(values.shape, 2, dtype=np.int8)
    sides -= values > room[:, None]
    sides -= 2 * (values < -room[:, None]).view(np.int8)
    return sides


def _walk_down(forms: TreeForms, sides: NDArray[np.int8]) -> NDArray[np.int32]:
    """(n,) where rows end by their sides of the forms, (F, n)."""
    n = sides.shape[1]
    children, flat = forms.children.reshape(-1), sides.reshape(-1)
    found, rows = np.empty(n, dtype=np.int32), np.arange(n)
    at = np.zeros(n, dtype=np.int32)
    starts = forms.which * n

    while len(rows):
        at = children[3 * at + flat[starts[at] + rows]]
        ends = at < 0
        if ends.any():
            found[rows[ends]] = at[ends]
            rows, at = rows[~ends], at[~ends]

    return found
