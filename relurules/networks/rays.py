"""Whether a program has no largest value: a direction in which an open domain goes on, and in which
the goal rises for ever.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from relurules.ir.network import Array
from relurules.networks.programs import PiecewiseProgram, to_rationals

#: Random directions that are tried, and the seed of their choice.
_TRIED, _SEED = 200, 7
#: Directions are rounded to so many binary digits, so that they meet walls exactly.
_DIGITS = 2.0**20


def has_rising_ray(program: PiecewiseProgram) -> bool:
    """Whether, from every row, some ray stays in the domain along which the goal has no end; False
    where none was found. What is said True of is exact.
    """
    far = _make_recession(program)
    if far is None:
        return False

    return any(_rises(far, ray) for ray in _list_directions(far))


def _make_recession(program: PiecewiseProgram) -> PiecewiseProgram | None:
    """The program far outside: without constants, over directions; None where nothing is open."""
    d = program.columns
    low = np.where(np.isfinite(program.low[:d]), 0.0, -1.0)
    high = np.where(np.isfinite(program.high[:d]), 0.0, 1.0)
    if program.extras or len(program.rows) or (low == high).all():
        return None
    walls = program.walls.copy()
    walls[:, -1] = 0.0
    goal = program.goal.copy()
    goal[-1] = Fraction(0)

    return replace(
        program, b=np.zeros(len(program.b)), low=low, high=high, walls=walls, groups=(),
        room=np.zeros(len(walls)), whole=np.zeros(d, dtype=np.bool_), goal=goal,
    )  # fmt: skip


def _list_directions(far: PiecewiseProgram) -> list[Array]:
    """Along columns and neurons, then at random."""
    d = far.columns
    found = [sign * row for row in (*np.eye(d), *far.A) for sign in (1.0, -1.0)]
    found += list(np.random.default_rng(_SEED).normal(size=(_TRIED, d)))
    rays = []
    least, most = np.where(far.low < 0, -np.inf, 0), np.where(far.high > 0, np.inf, 0)
    for way in found:
        one = np.clip(way, least, most)
        size = float(np.abs(one).max(initial=0.0))
        if 0.0 < size < np.inf:
            rays.append(np.round(one / size * _DIGITS) / _DIGITS)

    return rays


def _rises(far: PiecewiseProgram, ray: Array) -> bool:
    """Whether the goal rises without end along a ray that stays in the domain; exact."""
    own = to_rationals(ray)
    for wall in far.walls:
        if sum((a * b for a, b in zip(to_rationals(wall[:-1]), own, strict=True)), Fraction(0)) < 0:
            return False

    return far.evaluate(ray) > 0.0 and far.evaluate_exactly(ray) > 0
