"""What merged and dropped hinges change all together: certified by branch and bound, where the sum
of what each step changes is far above it.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from relurules.domain import Domain
from relurules.ir import Network, Neuron
from relurules.ir.limits import Deadline
from relurules.networks.maximum import maximise_program
from relurules.networks.programs import Rationals, make_program
from relurules.rules.hinge_moves import MoveBound
from relurules.rules.line_ledger import LineNumbers

#: Hinges up to which they are looked at together, and parts that one search looks at: a number, so
#: that the same call gives the same rules on any machine.
_MOST_HINGES, _NODES = 60, 150


def tighten_moves(
    domain: Domain,
    before: Sequence[LineNumbers],
    after: Sequence[LineNumbers],
    moves: MoveBound,
    deadline: Deadline,
) -> tuple[Rationals, Rationals]:
    """(m,) each: between which values lie lines before - lines after - the moves' affine rest.

    No wider than the moves' own interval.
    """
    low, high = moves.low.copy(), moves.high.copy()
    if len(before) + len(after) > _MOST_HINGES or not domain.is_bounded:
        return low, high
    lines = [*before, *after]
    network = _make_network(lines, domain)
    for score in range(len(low)):
        gains = [Fraction(float(line.slopes[score])) for line in before]
        gains += [-Fraction(float(line.slopes[score])) for line in after]
        rest = moves.affine[score]
        goal = np.concatenate([-rest[:-1], np.array(gains, dtype=object), -rest[-1:]])
        for sign in (1, -1):
            program = make_program(network, domain, goal * sign)
            left = 2 * len(low) - (2 * score + (sign < 0))
            bound = maximise_program(program, deadline.share(0.5 / left), _NODES).bound
            if not np.isfinite(bound):
                continue
            if sign > 0:
                high[score] = min(high[score], Fraction(bound))
            else:
                low[score] = max(low[score], -Fraction(bound))

    return low, high


def _make_network(lines: Sequence[LineNumbers], domain: Domain) -> Network:
    """A neuron for every line, which no output reads."""
    K, d = len(lines), len(domain.names)
    return Network(
        A=np.array([line.normal for line in lines]).reshape(K, d),
        L=np.zeros((K, K)),
        b=np.array([-line.bound for line in lines]),
        C=np.zeros((1, d)),
        U=np.zeros((1, K)),
        c=np.zeros(1),
        slope=np.zeros(K),
        neurons=tuple(Neuron("line", k) for k in range(K)),
    )
