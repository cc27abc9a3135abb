"""Programs in whole numbers: values are those of vertices, worked out in fractions."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from relurules.lp.rational_simplex import is_empty, solve_supremum

Numbers = list[Fraction]


def solved(rows: list[Numbers], ends: Numbers) -> Numbers | None:
    """The point where as many equations as unknowns hold, by elimination; None where that is no
    single point.
    """
    table = [[*row, end] for row, end in zip(rows, ends, strict=True)]
    f = len(rows)
    for j in range(f):
        at = next((i for i in range(j, f) if table[i][j]), None)
        if at is None:
            return None
        table[j], table[at] = table[at], table[j]
        table[j] = [x / table[j][j] for x in table[j]]
        for i in range(f):
            if i != j:
                table[i] = [x - table[i][j] * y for x, y in zip(table[i], table[j], strict=True)]
    return [row[-1] for row in table]


def by_vertices(A: np.ndarray, b: np.ndarray, form: np.ndarray) -> Fraction | None:
    """The largest value at a vertex of a bounded polytope, None where it has none: all of them are
    looked at.
    """
    rows = [[Fraction(x) for x in row] for row in A.tolist()]
    ends, goal = [Fraction(x) for x in b.tolist()], [Fraction(x) for x in form.tolist()]
    best = None
    for chosen in combinations(range(len(rows)), A.shape[1]):
        u = solved([rows[i] for i in chosen], [ends[i] for i in chosen])
        if u is None or any(
            sum(x * y for x, y in zip(r, u, strict=True)) > end
            for r, end in zip(rows, ends, strict=True)
        ):
            continue
        value = sum(x * y for x, y in zip(goal[:-1], u, strict=True)) + goal[-1]
        best = value if best is None or value > best else best
    return best


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A box cut by rows of any scale, many of them through one vertex, equal or opposite; and a
    form.
    """
    random = np.random.default_rng(seed)
    f, w = int(random.integers(1, 4)), int(random.integers(0, 6))
    rows = random.integers(-3, 4, (w, f)).astype(float) if seed % 2 else random.normal(size=(w, f))
    ends = random.integers(-1, 4, w).astype(float) if seed % 2 else random.normal(size=w) + 0.5
    if w > 1:
        rows[1], ends[1] = -rows[0], -ends[0] + random.choice([0.0, 1e-12, -1e-12])
    scale = 10.0 ** random.integers(-9, 13, f)
    A = np.vstack([np.eye(f), -np.eye(f), rows / scale])
    return (
        A,
        np.concatenate([scale, scale, ends]),
        random.integers(-3, 4, f + 1) / np.append(scale, 1.0),
    )


@pytest.mark.parametrize("seed", range(120))
def test_values_are_those_of_the_vertices(seed: int) -> None:
    A, b, form = drawn(seed)
    found, expected = solve_supremum(A.tolist(), b.tolist(), form.tolist()), by_vertices(A, b, form)
    assert found.value == expected
    assert is_empty(A.tolist(), b.tolist()) is (expected is None)
    if found.value is not None and len(found.rows) == A.shape[1]:
        u = solved(
            [[Fraction(x) for x in A[i]] for i in found.rows], [Fraction(b[i]) for i in found.rows]
        )
        if u is not None:
            goal = [Fraction(x) for x in form.tolist()]
            assert sum(x * y for x, y in zip(goal[:-1], u, strict=True)) + goal[-1] == found.value


def test_forms_without_an_end_and_polytopes_without_a_point() -> None:
    assert not solve_supremum([[1.0, 0.0]], [2.0], [0.0, 1.0, 0.0]).bounded
    assert solve_supremum([[1.0, 0.0]], [2.0], [3.0, 0.0, 1.0]).value == 7
    assert solve_supremum([[1.0], [-1.0]], [0.0, -1e-300], [1.0, 0.0]).empty
    assert is_empty([[1.0], [-1.0]], [0.0, -1e-300]) is True
    assert is_empty([[1.0], [-1.0]], [1e-300, 0.0]) is False
    assert solve_supremum([], [], [4.0]).value == 4


def test_a_cone_whose_rows_all_meet_in_one_point() -> None:
    """Every step is degenerate; the method must end all the same."""
    angles = np.linspace(0.1, 1.4, 30)
    A = np.column_stack([np.cos(angles), np.sin(angles), -np.ones(30)])
    found = solve_supremum(A.tolist(), [0.0] * 30, [1.0, 1.0, -1.5, 0.25])
    assert found.value == Fraction(1, 4)
