"""Where linear programs over one polytope start: its box, and a vertex of it. Those asked of last
are kept, as fits and merges of rules ask many questions of each polytope, one at a time.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.dictionary import Dictionary
from relurules.lp.polytope import Box, FeasibilityResult, find_feasible_vertex, make_box

Array = NDArray[np.float64]

#: So many are kept, of polytopes with at most so many coefficients: some 20 MB.
_KEPT, _LARGEST = 512, 1000


class ProgramStart(NamedTuple):
    """A polytope's box and where its programs start; None where a coordinate has no two bounds, or
    where the box alone has no point. Both are shared: see `clone_dictionary`.
    """

    box: Box
    vertex: FeasibilityResult | None


def find_program_start(G: Array, h: Array) -> ProgramStart:
    """Where programs over {u : G u <= h} start; G: (c, f), h: (c,)."""
    if G.size > _LARGEST or not G.dtype == h.dtype == np.float64:
        return _compute_start(G, h)
    return _keep_start(G.tobytes(), h.tobytes(), G.shape)


def clone_dictionary(D: Dictionary) -> Dictionary:
    """The same vertex for programs that move on from it: the box alone is shared."""
    return D._replace(
        table=D.table.copy(), basic=D.basic.copy(), nonbasic=D.nonbasic.copy(),
        place=D.place.copy(), flipped=D.flipped.copy(), used=D.used.copy(),
    )  # fmt: skip


@lru_cache(maxsize=_KEPT)
def _keep_start(G: bytes, h: bytes, shape: tuple[int, int]) -> ProgramStart:
    return _compute_start(np.frombuffer(G).reshape(shape).copy(), np.frombuffer(h).copy())


def _compute_start(G: Array, h: Array) -> ProgramStart:
    box = make_box(G, h)
    empty = box.cone or bool((box.width < 0.0).any())
    return ProgramStart(box, None if empty else find_feasible_vertex(box))
