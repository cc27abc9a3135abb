"""Parts of what is let into a rule: sides of neurons, and single categories of a group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from relurules.ir.network import Array, Pattern


@dataclass(frozen=True)
class RegionPart:
    """{x : G x <= h}, and the network's pattern there. groups: coordinates of the columns of
    categories of which none is chosen yet; of those, shares of several count as rows.
    """

    G: Array
    h: Array
    pattern: Pattern
    groups: tuple[tuple[int, ...], ...]


def split_by_neuron(
    part: RegionPart, forms: Array, neuron: int, room: float
) -> Sequence[RegionPart]:
    """Both sides of a neuron that has either sign there, each with its pattern; room: how far they
    are moved outward.
    """
    other = part.pattern.copy()
    other[neuron] = -other[neuron]
    own = part.pattern[neuron] * forms[neuron]
    sides = [(-own, part.pattern), (own, other)]
    return [
        replace(_add_row(part, side[:-1], room - side[-1]), pattern=signs) for side, signs in sides
    ]


def split_by_category(part: RegionPart, forms: Array) -> Sequence[RegionPart]:
    """A part for every category of a column, of the one that these forms (n, d + 1) go with most.

    Rules speak of rows, which are of one category each; what lies between categories may be far
    from the network, and is no row.
    """
    group = max(part.groups, key=lambda own: float(np.ptp(forms[:, list(own)], axis=1).max()))
    left = tuple(own for own in part.groups if own != group)
    unit = -np.eye(part.G.shape[1])
    return [replace(_add_row(part, unit[k], -1.0), groups=left) for k in group]


def _add_row(part: RegionPart, row: Array, limit: float) -> RegionPart:
    G, h = scale_rows(np.vstack([part.G, row]), np.append(part.h, limit))
    return replace(part, G=G, h=h)


def scale_rows(G: Array, h: Array) -> tuple[Array, Array]:
    """Rows of about unit length; powers of two change nothing else."""
    sizes = np.abs(G).max(axis=1)
    powers = np.frexp(np.where(sizes > 0, sizes, 1.0))[1]

    return np.ldexp(G, -powers[:, None]), np.ldexp(h, -powers)
