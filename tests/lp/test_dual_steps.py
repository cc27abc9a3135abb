"""The dual simplex method: maxima where half-spaces have moved."""

import numpy as np
import pytest
from vertices import at, cut, unit_rows

from relurules import lp
from relurules.lp.dictionary import Dictionary, express_form, maximise_form
from relurules.lp.dual_steps import repair_vertex


def move_half_spaces(D: Dictionary, moved: np.ndarray) -> None:
    """Add to the constants of the half-spaces, with the same variables being 0."""
    f, end = len(D.low), D.used[0]
    for i in range(end):
        if D.basic[i] >= f:
            D.table[i, 0] += moved[D.basic[i] - f]
    for c in range(f):
        if D.nonbasic[c] >= f:
            D.table[: end + 1, 0] -= moved[D.nonbasic[c] - f] * D.table[: end + 1, 1 + c]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("inward", [0.05, 0.4])
def test_maxima_are_those_of_highs(seed: int, inward: float) -> None:
    f, rng = 1 + seed % 5, np.random.default_rng(seed)
    P = cut(unit_rows(seed, 9, f, whole=False), f)
    form = rng.normal(size=f + 1)
    express_form(P.D, form, P.D.table[P.D.used[0]])
    maximise_form(P.D, np.inf)
    moved = rng.uniform(-inward, 0.5 * inward, size=len(P.rows))
    move_half_spaces(P.D, moved)
    h = P.h.copy()
    h[2 * f :] += moved
    most = form[-1] - lp.minimise_form(-form[:-1], P.G, h)

    found = repair_vertex(P.D, -np.inf)
    assert found == np.isfinite(most)
    if found:
        assert P.D.table[P.D.used[0], 0] == pytest.approx(most, abs=1e-8)
        assert form @ np.append(at(P.D), 1.0) == pytest.approx(most, abs=1e-8)
        assert (P.G @ at(P.D) <= h + 1e-9).all()
        assert repair_vertex(P.D, most - 1e-6)
        assert not repair_vertex(P.D, most + 1e-6)
