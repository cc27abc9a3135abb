"""Polytopes for tests of the compiled simplex method: a box cut by rows, kept as a dictionary."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.dictionary import (
    ABOVE,
    Dictionary,
    append_half_space,
    express_form,
    maximise_form,
    start_at_corner,
    write_vertex,
)

Array = NDArray[np.float64]


class Cut(NamedTuple):
    """A polytope as a dictionary, and as G u <= h; rows: (n, f + 1), row·(u, 1) >= 0."""

    D: Dictionary
    rows: Array
    G: Array
    h: Array


def cut(rows: Array, f: int, width: float = 2.0, room: int = 2) -> Cut:
    """The box [-1, width - 1]^f cut by rows that leave it an interior; a row that doesn't is left
    out.
    """
    rows = np.asarray(rows, dtype=float).reshape(-1, f + 1)
    D = start_at_corner(np.full(f, -1.0), np.full(f, width), len(rows) + room)
    kept = []
    for row in rows:
        express_form(D, row, D.table[D.used[0]])
        if maximise_form(D, 1e-3) == ABOVE:
            append_half_space(D, f + len(kept))
            kept.append(row)
    used = np.array(kept).reshape(-1, f + 1)
    G = np.vstack([np.eye(f), -np.eye(f), -used[:, :-1]])
    return Cut(D, used, G, np.concatenate([np.full(f, width - 1.0), np.ones(f), used[:, -1]]))


def unit_rows(seed: int, count: int, f: int, whole: bool) -> Array:
    """Random half-spaces of unit length; with `whole`, small integers, some rows equal, many
    through one point.
    """
    rng = np.random.default_rng(seed)
    if not whole:
        rows = rng.normal(size=(count, f + 1)) * np.append(np.ones(f), 0.5)
    else:
        rows = rng.integers(-2, 3, (count, f + 1)).astype(float)
        rows[:, -1] *= rng.random() < 0.5
        rows[rng.random(count) < 0.2] = rows[:1]
    length = np.linalg.norm(rows[:, :-1], axis=1)
    return rows[length > 0] / length[length > 0, None]


def at(D: Dictionary) -> Array:
    """The vertex."""
    point = np.zeros(len(D.low))
    write_vertex(D, point)
    return point
