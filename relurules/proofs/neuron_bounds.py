"""Multipliers that bound neurons behind other neurons: proposals by linear programs over triangles.

Nothing here has to be right: the checker finds out what the multipliers show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from relurules.checker import Expression, LineProof
from relurules.ir.network import Array
from relurules.lp.highs import propose_maximum
from relurules.lp.lengths import row_lengths, vector_length

#: Programs of more neurons aren't solved: their lines are chosen by the ranges alone.
_MOST_NEURONS = 128


@dataclass(frozen=True, kw_only=True, eq=False)
class TriangleProgram:
    """Rows G (x, p, 1) <= 0 that columns x in units of their boxes, and p = phi(z), meet.

    low, high: (n,) of the variables; walls: numbers of the domain's inequalities, whose rows are
    first; neurons: in order, three rows each, the sides of their triangles.
    """

    G: Array
    low: Array
    high: Array
    walls: list[int]
    neurons: list[int]


def propose_multipliers(proof: LineProof, z: Expression, sign: int) -> list[Any]:
    """Multipliers that show what sign * z is at most, as `LineProof.bound` takes them; none where
    a solver has no answer.
    """
    neurons = _find_neurons(proof, z)
    walls = _find_closed_walls(proof)
    if len(neurons) > _MOST_NEURONS or not (neurons or walls):
        return []

    program = _make_program(proof, neurons, walls)
    form = sign * _convert(proof, z, neurons)
    size = vector_length(form[:-1])
    lengths = row_lengths(program.G[:, :-1])
    if size == 0.0 or not np.isfinite(program.G).all():
        return []
    lengths = np.where(lengths > 0, lengths, 1.0)
    rows = program.G / lengths[:, None]
    found = propose_maximum(form[:-1] / size, rows[:, :-1], -rows[:, -1], program.low, program.high)
    if found is None or not np.isfinite(found.multipliers).all():
        return []

    return _list_proposals(program, found.multipliers * size / lengths)


def _list_proposals(program: TriangleProgram, multipliers: Array) -> list[Any]:
    sides = [~(3 * k + side) for k in program.neurons for side in range(3)]
    pairs = zip([*program.walls, *sides], multipliers.tolist(), strict=False)
    return [part for row, y in pairs if y > 0 for part in (row, y)]


def _find_neurons(proof: LineProof, z: Expression) -> list[int]:
    """Those that it reads, and that these read."""
    found, open_ = set[int](), [~j for j, value in z.terms.items() if j < 0 and value]
    while open_:
        k = open_.pop()
        if k not in found:
            found.add(k)
            open_ += [~j for j, value in proof.z[k].terms.items() if j < 0 and value]
    return sorted(found)


def _find_closed_walls(proof: LineProof) -> list[int]:
    """Inequalities of bounded columns alone: others show nothing."""
    domain = proof.domain
    return [
        i
        for i, (terms, _) in enumerate(domain.limits)
        if all(domain.low[j] is not None and domain.high[j] is not None for j in terms)
    ]


def _make_program(proof: LineProof, neurons: Sequence[int], walls: list[int]) -> TriangleProgram:
    domain, d = proof.domain, len(proof.domain.names)
    rows = [
        _convert(proof, Expression(dict(domain.limits[i][0]), -domain.limits[i][1]), neurons)
        for i in walls
    ]
    for at, k in enumerate(neurons, start=d):
        rows += _list_triangle(proof, k, _convert(proof, proof.z[k], neurons), at)

    low, high = (np.full(d + len(neurons), end) for end in (-np.inf, np.inf))
    for j, (below, above) in enumerate(zip(domain.low, domain.high, strict=True)):
        middle, half = _find_units(proof, j)
        low[j] = -np.inf if below is None else (float(below) - middle) / half
        high[j] = np.inf if above is None else (float(above) - middle) / half

    for group, allowed in zip(domain.groups, domain.allowed, strict=True):
        one = np.zeros(d + len(neurons) + 1)
        one[group], one[-1] = 1.0, -1.0
        rows += [one, -one]
        low[group], high[group] = 0.0, np.isin(group, allowed)

    return TriangleProgram(
        G=np.array(rows).reshape(-1, d + len(neurons) + 1), low=low, high=high, walls=walls,
        neurons=list(neurons),
    )  # fmt: skip


def _list_triangle(proof: LineProof, k: int, z: Array, at: int) -> list[Array]:
    """Three rows <= 0 around phi(z), the variable `at`."""
    slope, convex = proof.neurons[k].slope, proof.neurons[k].slope <= 1
    p = np.zeros(len(z))
    p[at] = 1.0
    side = 1.0 if convex else -1.0
    rows = [side * (z - p), side * (float(slope) * z - p)]
    line = proof.relax(k, upper=convex)
    chord = np.zeros(len(z))
    if line is not None:
        chord = side * (p - float(line[0]) * z)
        chord[-1] -= float(line[1])

    return [*rows, chord]


def _find_units(proof: LineProof, j: int) -> tuple[float, float]:
    """Middle and half width of a column, 0 and 1 where it is open or tied."""
    low, high = proof.domain.low[j], proof.domain.high[j]
    if low is None or high is None or j in proof.domain.tied:
        return 0.0, 1.0
    return float((low + high) / 2), float((high - low) / 2) or 1.0


def _convert(proof: LineProof, z: Expression, neurons: Sequence[int]) -> Array:
    """(d + n + 1,) an expression of columns in units of their boxes, of neurons, and its
    constant.
    """
    d = len(proof.domain.names)
    place = {~k: d + i for i, k in enumerate(neurons)}
    form = np.zeros(d + len(neurons) + 1)
    form[-1] = float(z.constant)
    for j, value in z.terms.items():
        if not value:
            continue
        if j < 0:
            form[place[j]] += float(value)
            continue
        middle, half = _find_units(proof, j)
        form[j] += float(value) * half
        form[-1] += float(value) * middle

    return form
