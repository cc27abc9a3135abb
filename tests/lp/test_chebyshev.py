"""The largest ball from a vertex's dictionary: as large as HiGHS says, inside, and the dictionary
stays as it was.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vertices import Cut, cut, unit_rows

from relurules import lp
from relurules.lp.chebyshev import allocate_ball_dictionary, find_ball_center
from relurules.lp.dictionary import express_form, maximise_form


def ball(P: Cut, enough: float = np.inf) -> tuple[float, np.ndarray]:
    """Radius in the program, and centre."""
    center = np.zeros(len(P.D.low))
    radius = find_ball_center(
        P.D, allocate_ball_dictionary(len(center), len(P.D.basic)), center, enough
    )
    return radius, center


def gap(P: Cut, center: np.ndarray) -> float:
    return float((P.h - P.G @ center).min())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 14), st.integers(1, 7), st.booleans())
def test_the_ball_is_the_one_that_highs_finds(seed: int, count: int, f: int, whole: bool) -> None:
    P = cut(unit_rows(seed, count, f, whole), f)
    express_form(P.D, np.random.default_rng(seed).normal(size=f + 1), P.D.table[P.D.used[0]])
    maximise_form(P.D, np.inf)  # from any vertex
    table, basic = P.D.table[: P.D.used[0]].copy(), P.D.basic.copy()
    radius, center = ball(P)
    assert radius == pytest.approx(lp.find_inscribed_ball(P.G, P.h).radius, abs=1e-8)
    assert gap(P, center) == pytest.approx(radius, abs=1e-10)
    assert (table == P.D.table[: P.D.used[0]]).all()
    assert (basic == P.D.basic).all()


@pytest.mark.parametrize(
    ("rows", "radius", "center"),
    [
        (np.empty((0, 3)), 1.0, [0, 0]),
        ([[1, 0, -0.5]], 0.25, None),
        ([[1, 0, -0.5], [0, 1, -0.5]], 0.25, [0.75, 0.75]),
        ([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]], 0.5, [0.5, 0.5]),
        ([[-1, -1, 0]], 2 - np.sqrt(2), [1 - np.sqrt(2)] * 2),
    ],
    ids=["box", "half", "quarter", "rows twice", "triangle"],
)
def test_balls_known_from_geometry(
    rows: list[list[float]], radius: float, center: list[float] | None
) -> None:
    table = np.array(rows, dtype=float)
    table /= np.linalg.norm(table[:, :-1], axis=1)[:, None]
    P = cut(table, 2)
    found, at = ball(P)
    assert found == pytest.approx(radius, abs=1e-12)
    if center is not None:
        assert at == pytest.approx(np.array(center), abs=1e-12)


@pytest.mark.parametrize("width", [1e-2, 1e-6, 1e-8])
@pytest.mark.parametrize("f", [1, 2, 6])
def test_thin_slices(f: int, width: float) -> None:
    normal = np.random.default_rng(f).normal(size=f)
    normal /= np.linalg.norm(normal)
    # a slice is thinner than the step that `cut` asks of a row, so it is laid between two rows by
    # hand
    P = cut(np.array([[*normal, 0.0]]), f)
    express_form(P.D, np.array([*-normal, width]), P.D.table[1])
    maximise_form(P.D, width / 2)
    P.D.basic[1], P.D.used[0] = f + 1, 2
    center = np.zeros(f)
    radius = find_ball_center(P.D, allocate_ball_dictionary(f, len(P.D.basic)), center, np.inf)
    assert radius == pytest.approx(width / 2, rel=1e-6)
    assert normal @ center == pytest.approx(width / 2, rel=1e-6)


def test_a_ball_that_is_large_enough_ends_the_search() -> None:
    P = cut(unit_rows(4, 10, 6, whole=False), 6)
    best = ball(P)[0]
    radius, center = ball(P, best / 10)
    assert best / 10 < radius <= best
    assert gap(P, center) == pytest.approx(radius, abs=1e-12)
