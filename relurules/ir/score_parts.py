"""What a column, a pair of columns or a larger set of them adds to scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir.network import Array
from relurules.tables.names import find_free_name


@dataclass(frozen=True, kw_only=True, eq=False)
class ScorePart:
    """What reads exactly these columns.

    columns: their indices in `domain.columns`, ascending; name: of the column, or of all joined by
    ` & `; coordinates: (c,) indices of theirs that are read; weights: (m, c) of the base, zero
    unless the part is of one column; lines, groups: indices of those that read these columns.
    """

    columns: tuple[int, ...]
    name: str
    coordinates: NDArray[np.intp]
    weights: Array
    lines: NDArray[np.intp]
    groups: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """What a column of numbers adds, in itself: a piecewise linear function, measured from the
    reference.

    column: its name; breakpoints: (k,) ascending: the ends of its range where it has any, and what
    lies between them where a line begins or ends (the reference's value where there are none);
    values: (k, m) of every score there; below, above: (m,) slopes beyond the first and the last
    breakpoint, for columns that are open there.
    """

    column: str
    breakpoints: Array
    values: Array
    below: Array
    above: Array

    @property
    def slopes(self) -> Array:
        """(k - 1, m) per unit between breakpoints."""
        return np.asarray(np.diff(self.values, axis=0) / np.diff(self.breakpoints)[:, None])

    def evaluate(self, x: Array) -> Array:
        """(n,) values of the column -> (n, m) what they add."""
        first, last = self.breakpoints[0], self.breakpoints[-1]
        inner = np.column_stack(
            [np.interp(x, self.breakpoints, values) for values in self.values.T]
        )
        before, beyond = np.minimum(0.0, x - first), np.maximum(0.0, x - last)
        return np.asarray(inner + np.outer(before, self.below) + np.outer(beyond, self.above))


def find_columns(domain: Domain, coordinates: NDArray[np.bool_]) -> tuple[int, ...]:
    """The columns that have one of the coordinates, (d,), ascending."""
    if len(domain.columns) == len(coordinates):  # a coordinate each
        return tuple(np.flatnonzero(coordinates).tolist())
    return tuple(
        i for i, place in enumerate(domain.places) if coordinates[place.start : place.stop].any()
    )


def split_into_parts(
    domain: Domain, weights: Array, lines: Array, groups: Sequence[NDArray[np.bool_]]
) -> tuple[ScorePart, ...]:
    """Every column that is read, then pairs, then larger sets, each in the order of the columns.

    weights: (m, d) of the base; lines: (K, d) normals; groups: (d,) what each reads.
    """
    of_lines = _group_by_columns(domain, [normal != 0 for normal in lines])
    of_groups = _group_by_columns(domain, groups)
    alone = [(i,) for i in find_columns(domain, np.asarray(weights.any(axis=0)))]
    found = sorted({*alone, *of_lines, *of_groups} - {()}, key=lambda own: (len(own), own))

    parts, names = list[ScorePart](), set[str]()
    for columns in found:
        at = np.array([j for i in columns for j in domain.places[i]], dtype=np.intp)
        own = weights[:, at] if len(columns) == 1 else np.zeros((len(weights), len(at)))
        name = find_free_name(" & ".join(domain.columns[i].name for i in columns), names)
        names.add(name)
        parts.append(
            ScorePart(
                columns=columns,
                name=name,
                coordinates=at,
                weights=own,
                lines=np.array(of_lines.get(columns, ()), dtype=np.intp),
                groups=tuple(of_groups.get(columns, ())),
            )
        )
    return tuple(parts)


def _group_by_columns(
    domain: Domain, reads: Sequence[NDArray[np.bool_]]
) -> dict[tuple[int, ...], list[int]]:
    """Columns -> what reads exactly these, by its index."""
    found: dict[tuple[int, ...], list[int]] = {}
    for i, read in enumerate(reads):
        found.setdefault(find_columns(domain, read), []).append(i)
    return found
