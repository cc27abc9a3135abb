"""Choices between two values by a comparison: continuous, and then one PReLU each, or refused.

where(u > v, y, n) is continuous if y - n is a multiple k of u - v: then it is n + k * relu(u - v).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.tracing.affine import AffineTensor, Array, Basis, add_weighted, join_spans
from relurules.tracing.relu_blocks import Refuse, as_float64

#: How far y - n may be from a multiple of u - v, as a share of their largest coefficient: rounding
#: of weights.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Switch:
    """A tensor of conditions: lead > 0, or lead >= 0 where `closed`."""

    lead: AffineTensor
    closed: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.lead.shape

    def negated(self) -> "Switch":
        """True where this is false."""
        return Switch(add_weighted((-1.0, self.lead)), not self.closed)


def compare_values(u: Any, v: Any, sign: float, closed: bool) -> Switch:
    """Whether u > v (sign 1) or u < v (sign -1), at least one of them affine; closed: or equal."""
    terms = [item if isinstance(item, AffineTensor) else as_float64(item) for item in (u, v)]
    return Switch(add_weighted((sign, terms[0]), (-sign, terms[1])), closed)


def select_by_switch(
    basis: Basis, switch: Switch, yes: Any, no: Any, refuse: Refuse, layer: str
) -> AffineTensor:
    """`yes` where the switch is on, else `no`, shapes broadcast; refused where that jumps."""
    terms = [item if isinstance(item, AffineTensor) else as_float64(item) for item in (yes, no)]
    yes, no = (add_weighted((1.0, item), (0.0, switch.lead)) for item in terms)
    lead = add_weighted((1.0, switch.lead), (0.0, yes), (0.0, no))
    fixed = (lead.columns == 0).all(axis=0)  # entries whose condition never turns need no neuron
    on = (lead.constant >= 0 if switch.closed else lead.constant > 0).astype(np.float64)
    kink = basis.activate(lead, fixed.astype(np.float64), layer)
    turning = _scale_tensor(np.where(fixed, 0.0, _find_factor(lead, yes, no, fixed, refuse)), kink)
    settled = _scale_tensor(np.where(fixed, on, 0.0), add_weighted((1.0, yes), (-1.0, no)))

    return add_weighted((1.0, no), (1.0, turning), (1.0, settled))


def _find_factor(
    lead: AffineTensor,
    yes: AffineTensor,
    no: AffineTensor,
    fixed: NDArray[np.bool_],
    refuse: Refuse,
) -> Array:
    """The k with yes - no = k * lead, for every entry whose lead isn't `fixed`."""
    span = join_spans((lead, yes, no)) or range(1)  # of constants, a column of zeros
    turn, one, two = (
        np.concatenate([item.widen_columns(span), item.constant[None]]) for item in (lead, yes, no)
    )
    at = np.abs(turn[:-1]).argmax(axis=0)[None]
    change, rise = (np.take_along_axis(rows, at, axis=0)[0] for rows in (one - two, turn))
    factor = change / np.where(fixed, 1.0, rise)
    off = np.abs(one - two - factor * turn).max(axis=0)
    size = np.maximum(np.abs(one), np.abs(two)).max(axis=0)

    if bool((~fixed & (off > _ROUNDING * size)).any()):
        raise refuse("what it chooses from isn't equal where its condition turns, so it jumps")
    return np.asarray(factor)


def _scale_tensor(factor: Array, tensor: AffineTensor) -> AffineTensor:
    return replace(tensor, constant=factor * tensor.constant, columns=factor * tensor.columns)
