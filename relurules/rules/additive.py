"""Network -> AdditiveRules: lines of the neurons that stand alone, turned and scaled so that they
read well.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import (
    AdditiveRules,
    Adjustment,
    AffineMap,
    ClassLabels,
    CollapseStats,
    Condition,
    HalfSpace,
    Head,
    Network,
    Neuron,
    RuleGroup,
    RuleSet,
)
from relurules.ir.compensated_forms import FloatPair, multiply_pairs
from relurules.ir.network import Array, make_read_only
from relurules.ir.score_parts import find_columns
from relurules.links.heads import make_identity_heads
from relurules.rules.additive_error import bound_additive_output


@dataclass(frozen=True, kw_only=True)
class AdditiveRequest:
    """What additive rules are to be."""

    #: Names of the outputs.
    outputs: tuple[str, ...]
    #: Links of the outputs; none for the scores as they are.
    heads: tuple[Head, ...] = ()
    #: What the model calls its classes.
    labels: ClassLabels | None = None
    #: What the collapse removed.
    stats: CollapseStats
    #: What the network is off already, in units of the scores.
    score_error: float = 0.0
    #: (N, d) rows of the domain to count, None without any.
    rows: Array | None = None
    #: Neuron -> (d,) a normal that its line is to have the direction of, where that is known.
    directions: Mapping[Neuron, Array] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class HingeTable:
    """h lines: normals (h, d), bounds (h,), slopes (h, m); neurons: that each is left of, None of
    several.
    """

    normals: Array
    bounds: Array
    slopes: Array
    neurons: tuple[Neuron | None, ...]


def build_additive_rules(
    network: Network,
    hinges: NDArray[np.intp],
    groups: Sequence[RuleSet],
    domain: Domain,
    request: AdditiveRequest,
) -> AdditiveRules:
    """The rules of a network whose neurons `hinges` stand alone, (h,), and whose others are
    `groups`.
    """
    sides = _choose_sides(network, hinges, domain, request.rows)
    sides = _keep_directions(network, hinges, sides, request.directions)
    base = _sum_base(network, hinges, sides)
    table = _scale_hinges(network, hinges, sides, domain)
    table, base = fold_categories(table, base, domain)

    heads = request.heads or make_identity_heads(len(network.c))
    return AdditiveRules(
        outputs=request.outputs,
        domain=domain,
        base=base,
        lines=number_lines(table, domain, request.rows),
        groups=tuple(
            RuleGroup(number=i, rules=rules, columns=_name_columns(domain, rules.read_coordinates))
            for i, rules in enumerate(groups, 1)
        ),
        reduction=request.stats,
        heads=heads,
        labels=request.labels,
        score_error=request.score_error,
        output_error=bound_additive_output(heads, network, domain, request.score_error),
    )


def _choose_sides(
    network: Network, hinges: NDArray[np.intp], domain: Domain, rows: Array | None
) -> Array:
    """(h,) the sign of z on which every line applies: that of fewer rows; without rows, that where
    the middle of the box doesn't lie, and on open sides the one that is positive.
    """
    A, b = network.A[hinges], network.b[hinges]
    if rows is not None and len(rows):
        step = max(1, 2**22 // max(1, len(hinges)))
        above = np.zeros(len(hinges))
        for start in range(0, len(rows), step):
            above += (rows[start : start + step] @ A.T + b > 0).sum(axis=0)
        return np.where(above > len(rows) / 2, -1.0, 1.0)

    if not domain.is_bounded:
        return np.ones(len(hinges))
    middle = domain.lower / 2 + domain.upper / 2
    return np.where(A @ middle + b > 0, -1.0, 1.0)


def _keep_directions(
    network: Network,
    hinges: NDArray[np.intp],
    sides: Array,
    directions: Mapping[Neuron, Array],
) -> Array:
    """The sides, (h,), but those of neurons whose line has a direction."""
    kept = sides.copy()
    for at, k in enumerate(hinges.tolist()):
        normal = directions.get(network.neurons[k])
        if normal is not None and (along := float(network.A[k] @ normal)):
            kept[at] = np.sign(along)

    return kept


def _sum_base(network: Network, hinges: NDArray[np.intp], sides: Array) -> AffineMap:
    """What is affine of the network once every hinge is a line on its side; every number is
    rounded once.

    phi_a(z) = a z + (1 - a) max(0, z) = z + (1 - a) max(0, -z).
    """
    factor = np.where(sides > 0, network.slope[hinges], 1.0)
    gains = network.U[:, hinges] * factor
    forms = np.column_stack([network.A[hinges], network.b[hinges]])
    own = np.column_stack([network.C, network.c])
    total = np.array(
        [
            [_sum_products(gain, form, first) for form, first in zip(forms.T, row, strict=True)]
            for gain, row in zip(gains, own, strict=True)
        ]
    ).reshape(own.shape)

    return AffineMap(make_read_only(total[:, :-1]), make_read_only(total[:, -1]))


def _sum_products(one: Array, other: Array, first: float) -> float:
    """First + sum of one * other, (h,) each, rounded once: products as two numbers each, by
    T. J. Dekker, "A floating-point technique for extending the available precision", 1971.
    """
    used = np.flatnonzero(one * other)
    with np.errstate(over="ignore", invalid="ignore"):
        pairs = multiply_pairs(one[used], FloatPair(other[used], np.zeros(len(used))))

    # The parts of the largest floats overflow: their products stay as float64 has them.
    exact = np.isfinite(pairs.high) & np.isfinite(pairs.low)
    high = np.where(exact, pairs.high, one[used] * other[used])
    low = np.where(exact, pairs.low, 0.0)
    return math.fsum([first, *high.tolist(), *low.tolist()])


def _scale_hinges(
    network: Network, hinges: NDArray[np.intp], sides: Array, domain: Domain
) -> HingeTable:
    """Every line scaled so that the column that moves it most has coefficient 1 or -1.

    A column's influence is |coefficient| times its width in the domain.
    """
    A, b = network.A[hinges], network.b[hinges]
    at = np.arange(len(hinges))
    lead = np.abs(A[at, np.argmax(np.abs(A) * domain.widths, axis=1)])
    lead = np.where(lead > 0, lead, 1.0)
    gains = (1.0 - network.slope[hinges]) * network.U[:, hinges] * lead

    return HingeTable(
        # Divided, not multiplied by an inverse: the coefficient that leads is 1 to the last digit.
        normals=A * sides[:, None] / lead[:, None] + 0.0,
        bounds=-b * sides / lead + 0.0,
        slopes=gains.T + 0.0,
        neurons=tuple(network.neurons[k] for k in hinges.tolist()),
    )


def fold_categories(
    table: HingeTable, base: AffineMap, domain: Domain
) -> tuple[HingeTable, AffineMap]:
    """Lines that read the categories of one column alone are points of these categories."""
    weights, constants = base.weights.copy(), base.constants.copy()
    kept = np.ones(len(table.bounds), dtype=np.bool_)
    for group in map(list, domain.groups):
        others = np.ones(len(domain.names), dtype=np.bool_)
        others[group] = False
        own = ~table.normals[:, others].any(axis=1)
        own &= table.normals.any(axis=1) & kept
        beyond = np.maximum(0.0, table.normals[own][:, group] - table.bounds[own, None])
        weights[:, group] += table.slopes[own].T @ beyond
        kept &= ~own

    constant = kept & ~table.normals.any(axis=1)
    constants += table.slopes[constant].T @ np.maximum(0.0, -table.bounds[constant])
    kept &= ~constant & table.slopes.any(axis=1)
    left = HingeTable(
        normals=table.normals[kept],
        bounds=table.bounds[kept],
        slopes=table.slopes[kept],
        neurons=tuple(one for one, is_kept in zip(table.neurons, kept, strict=True) if is_kept),
    )
    return left, AffineMap(make_read_only(weights), make_read_only(constants))


def number_lines(table: HingeTable, domain: Domain, rows: Array | None) -> tuple[Adjustment, ...]:
    """Column by column, pair by pair, by their bounds; with the rows that each applies to."""
    reads = [find_columns(domain, normal != 0) for normal in table.normals]
    order = sorted(
        range(len(reads)),
        key=lambda k: (len(reads[k]), reads[k], table.normals[k].sum() < 0, table.bounds[k]),
    )
    counts: Sequence[int | None] = [None] * len(order)
    if rows is not None:
        counts = [int(((rows @ table.normals[k]) > table.bounds[k]).sum()) for k in order]

    return tuple(
        Adjustment(
            number=number,
            condition=Condition(
                HalfSpace(
                    normal=make_read_only(table.normals[k]),
                    bound=float(table.bounds[k]),
                    neuron=table.neurons[k],
                    split=-1,
                ),
                holds=True,
            ),
            slopes=make_read_only(table.slopes[k]),
            columns=tuple(domain.columns[i].name for i in reads[k]),
            rows=count,
        )
        for number, (k, count) in enumerate(zip(order, counts, strict=True), 1)
    )


def _name_columns(domain: Domain, read: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(domain.columns[i].name for i in find_columns(domain, read))
