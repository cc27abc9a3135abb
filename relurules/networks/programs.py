"""Piecewise linear programs: the largest value of a sum of columns and neurons over a domain.

A program is data; `maximise` solves it. Its goal and its own inequalities are exact rational
numbers, so that differences of two networks, or of two outputs, cancel exactly where they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Network
from relurules.ir.network import Array

#: Entries of all programs of a search, about half a minute's worth; programs in any case.
_ENTRIES, _FEWEST = 60_000_000, 50
#: Arrays of fractions.
Rationals = NDArray[np.object_]
_ZERO = Fraction(0)


@dataclass(frozen=True, kw_only=True)
class PiecewiseProgram:
    """The largest goal (x, e, p, 1) where p = phi(z), z = A x + L p + b and all rows are >= 0.

    x are d columns, e further variables, p the K neurons, in this order; n = d + e + K.
    """

    #: (K, d).
    A: Array
    #: (K, K), strictly lower triangular.
    L: Array
    #: (K,).
    b: Array
    #: (K,) of phi.
    slope: Array
    #: (d + e,) what columns and further variables are no less than, and (d + e,) no more than.
    low: Array
    high: Array
    #: (c, d + 1) walls (x, 1) >= 0 as rows are tested.
    walls: Array
    #: (c,) what rounding may forgive them beside.
    room: Array
    #: Columns of which exactly one is 1 and the others are 0.
    groups: tuple[tuple[int, ...], ...]
    #: (d,) which columns hold nothing but whole numbers.
    whole: NDArray[np.bool_]
    #: (n + 1,) the constant last.
    goal: Rationals
    #: (r, n + 1) rows (x, e, p, 1) >= 0.
    rows: Rationals

    @property
    def columns(self) -> int:
        """Number of columns d."""
        return int(self.A.shape[1])

    @property
    def extras(self) -> int:
        """Number of further variables e."""
        return len(self.low) - self.columns

    @property
    def variables(self) -> int:
        """Their number n."""
        return len(self.low) + len(self.b)

    def limit_nodes(self, most: int) -> int:
        """How many linear programs a search may solve: fewer where one takes long."""
        rows = len(self.walls) + len(self.rows) + 3 * len(self.b) + 1
        return max(_FEWEST, min(most, _ENTRIES // (rows * (self.variables + 1))))

    @cached_property
    def arguments(self) -> Array:
        """(K, n + 1) every neuron's z as a form of all variables, exact."""
        nothing = np.zeros((len(self.b), self.extras))
        return np.column_stack([self.A, nothing, self.L, self.b])

    @cached_property
    def goal_form(self) -> Array:
        """(n + 1,) the goal, every number rounded to the nearest float."""
        return np.array([float(value) for value in self.goal])

    @cached_property
    def constraints(self) -> Array:
        """(c + r + 2 g, n + 1) forms >= 0 beside the neurons, each number rounded once at most."""
        n, d, c = self.variables, self.columns, len(self.walls)
        walls = np.zeros((c, n + 1))
        walls[:, :d], walls[:, -1] = self.walls[:, :-1], self.walls[:, -1] + self.room
        own = np.array([[float(v) for v in row] for row in self.rows]).reshape(-1, n + 1)
        sums = np.zeros((len(self.groups), n + 1))
        for i, group in enumerate(self.groups):
            sums[i, list(group)], sums[i, -1] = 1.0, -1.0

        return np.vstack([walls, own, sums, -sums])

    def contains(self, x: Array) -> bool:
        """Whether a row (d,) is in the domain; whole numbers don't count."""
        d = self.columns
        inside = bool(((x >= self.low[:d]) & (x <= self.high[:d])).all())
        for group in self.groups:
            at = list(group)
            inside &= bool((x[at] == 1).sum() == 1 and (x[at] == 0).sum() == len(at) - 1)

        return inside and bool((self.walls[:, :-1] @ x + self.walls[:, -1] >= 0).all())

    def evaluate_exactly(self, x: Array) -> Fraction:
        """The goal at a row, (d,), of a program without further variables."""
        row = [Fraction(value) for value in x.tolist()]
        p = list[Fraction]()
        for k in range(len(self.b)):
            z = Fraction(float(self.b[k])) + _sum_terms(self.A[k], row) + _sum_terms(self.L[k], p)
            p.append(z if z >= 0 else Fraction(float(self.slope[k])) * z)

        values = [*row, *p, Fraction(1)]

        return sum((g * v for g, v in zip(self.goal.tolist(), values, strict=True) if g), _ZERO)

    def evaluate(self, x: Array) -> float:
        """The goal at a row, (d,), in float64."""
        p = np.zeros(len(self.b))
        z = self.A @ x + self.b
        for k in range(len(p)):
            z[k] += self.L[k, :k] @ p[:k]
            p[k] = z[k] if z[k] >= 0 else self.slope[k] * z[k]

        d = self.columns

        return float(self.goal_form[:d] @ x + self.goal_form[d:-1] @ p + self.goal_form[-1])


def _sum_terms(weights: Array, values: Sequence[Fraction]) -> Fraction:
    used = np.flatnonzero(weights).tolist()
    return sum((Fraction(float(weights[i])) * values[i] for i in used), _ZERO)


def to_rationals(array: Array) -> Rationals:
    """The same numbers as fractions."""
    found = np.array([_ZERO if v == 0 else Fraction(v) for v in array.ravel().tolist()] or [_ZERO])
    found = np.asarray(found, dtype=object)[: array.size]
    return found.reshape(array.shape)


def stack_forms(forms: Sequence[Rationals]) -> Rationals:
    """(r, n + 1) forms, one below the other."""
    found = to_rationals(np.zeros((len(forms), len(forms[0]))))
    for i, form in enumerate(forms):
        found[i] = form
    return found


def combine_outputs(network: Network, weights: Array) -> Rationals:
    """(d + K + 1,) the sum of a network's outputs times weights (m,): of columns, neurons, 1."""
    total: Any = to_rationals(np.zeros(network.C.shape[1] + len(network) + 1))
    for i in np.flatnonzero(weights).tolist():
        own = np.concatenate([network.C[i], network.U[i], network.c[i : i + 1]])
        total = total + to_rationals(own) * Fraction(float(weights[i]))

    return np.asarray(total, dtype=object)


def make_program(
    network: Network, domain: Domain, goal: Rationals, *, integers: bool = False
) -> PiecewiseProgram:
    """The largest value of a goal, (d + K + 1,) over a domain.

    integers: whether columns of whole numbers hold nothing else.
    """
    own = {i for group in domain.groups for i in group}
    whole = np.array([integers and w and j not in own for j, w in enumerate(domain.integer)])

    return PiecewiseProgram(
        A=network.A,
        L=network.L,
        b=network.b,
        slope=network.slope,
        low=domain.lower.copy(),
        high=domain.upper.copy(),
        walls=np.column_stack([-domain.normals, domain.limits]),
        room=domain.rounding(domain.normals, domain.limits),
        groups=domain.groups,
        whole=whole.astype(np.bool_),
        goal=goal,
        rows=to_rationals(np.zeros((0, len(goal)))),
    )


def drop_unused_neurons(program: PiecewiseProgram) -> PiecewiseProgram:
    """The same program without neurons that neither the goal nor a row reads."""
    first = len(program.low)
    used = np.array([g != 0 for g in program.goal[first:-1]], dtype=np.bool_)
    for row in program.rows:
        used |= np.array([g != 0 for g in row[first:-1]], dtype=np.bool_)
    for k in reversed(range(len(used))):
        if used[k]:
            used |= program.L[k] != 0

    return program if used.all() else _select_neurons(program, np.flatnonzero(used))


def _select_neurons(program: PiecewiseProgram, kept: NDArray[np.intp]) -> PiecewiseProgram:
    first = len(program.low)
    at = np.concatenate([np.arange(first), first + kept, [program.variables]])
    return replace(
        program,
        A=program.A[kept],
        L=program.L[np.ix_(kept, kept)],
        b=program.b[kept],
        slope=program.slope[kept],
        goal=program.goal[at],
        rows=program.rows[:, at],
    )


@dataclass(frozen=True)
class ProgramPart:
    """A program of some of the columns, by their places; the goal is the sum of all parts'."""

    program: PiecewiseProgram
    columns: NDArray[np.intp]


def split_program(program: PiecewiseProgram) -> tuple[list[ProgramPart], Fraction]:
    """Programs of columns that no neuron, inequality or group ties to others, and the constant.

    A program with further variables, or rows of its own, is one part.
    """
    program = drop_unused_neurons(program)
    constant = program.goal[-1]
    if program.extras or len(program.rows):
        return [ProgramPart(program, np.arange(program.columns))], _ZERO

    d = program.columns
    label = _label_components(program)
    parts = []
    for one in sorted(set(label[:d].tolist()), key=label.tolist().index):
        columns = np.flatnonzero(label[:d] == one)
        neurons = np.flatnonzero(label[d:] == one)
        parts.append(ProgramPart(_select_columns(program, columns, neurons), columns))

    # neurons that read no column at all are constants
    alone = np.flatnonzero(~np.isin(label[d:], label[:d]))
    piece = _select_columns(program, np.zeros(0, dtype=np.intp), alone)

    return parts, constant + piece.evaluate_exactly(np.zeros(0))


def _label_components(program: PiecewiseProgram) -> NDArray[np.intp]:
    """(d + K,) one number for every column and neuron that are tied together."""
    d = program.columns
    label = np.arange(d + len(program.b))
    ties = [
        np.concatenate([np.flatnonzero(a), d + np.flatnonzero(links), [d + k]])
        for k, (a, links) in enumerate(zip(program.A, program.L, strict=True))
    ]
    ties += [np.flatnonzero(wall[:-1]) for wall in program.walls]
    ties += [np.array(group) for group in program.groups]
    for tie in ties:
        if len(tie):
            label[np.isin(label, label[tie])] = label[tie].min()

    return np.asarray(label, dtype=np.intp)


def _select_columns(
    program: PiecewiseProgram, columns: NDArray[np.intp], neurons: NDArray[np.intp]
) -> PiecewiseProgram:
    """The part of a program that these columns and neurons are, without a constant."""
    d = program.columns
    number = {int(j): i for i, j in enumerate(columns)}
    own = program.walls[:, :-1][:, columns].any(axis=1)
    goal = np.concatenate(
        [program.goal[columns], program.goal[d + neurons], to_rationals(np.zeros(1))]
    )

    return replace(
        program,
        A=program.A[np.ix_(neurons, columns)],
        L=program.L[np.ix_(neurons, neurons)],
        b=program.b[neurons],
        slope=program.slope[neurons],
        low=program.low[columns],
        high=program.high[columns],
        walls=program.walls[own][:, [*columns.tolist(), d]],
        room=program.room[own],
        groups=tuple(
            tuple(number[j] for j in group) for group in program.groups if group[0] in number
        ),
        whole=program.whole[columns],
        goal=goal,
        rows=to_rationals(np.zeros((0, len(goal)))),
    )
