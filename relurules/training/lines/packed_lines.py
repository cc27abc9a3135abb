"""What lines add along all rows, by machine code: bit for bit what numpy gives, in less time."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.kernels import model_rows
from relurules.training.lines.row_views import RowViews


class PackableLine(Protocol):
    """What is read of a line, see `HingeLine`."""

    @property
    def atoms(self) -> Array:
        """(q, d)."""

    @property
    def weights(self) -> Array:
        """(q,)."""

    @property
    def bound(self) -> float:
        """Minus the threshold."""

    @property
    def sign(self) -> float:
        """1 or -1."""


class _PackedLines(NamedTuple):
    """Lines as arguments of `kernels.model_rows`, in their order."""

    projections: Array
    atoms: NDArray[np.intp]
    weights: Array
    bounds: Array
    signs: Array
    reach: Array


def add_lines(lines: Sequence[PackableLine], views: RowViews, scores: Array) -> None:
    """What the lines add is added to scores, (N,)."""
    if lines:
        model_rows.add_lines(*_pack(lines, views), scores)


def fill_hinges(lines: Sequence[PackableLine], views: RowViews, hinges: Array) -> None:
    """hinges: (K, N), to be filled with what each line adds."""
    if lines:
        model_rows.fill_hinges(*_pack(lines, views), hinges)


def fill_tangents(
    lines: Sequence[PackableLine], views: RowViews, tangents: NDArray[np.float32]
) -> None:
    """tangents: (Q, N), to be filled with derivatives by the weights and the bound of each line."""
    if lines:
        model_rows.fill_tangents(*_pack(lines, views), tangents)


def _pack(lines: Sequence[PackableLine], views: RowViews) -> _PackedLines:
    projections, places = views.project_all([line.atoms for line in lines])
    most = max(map(len, places))
    atoms = [[*each, *[-1] * (most - len(each))] for each in places]
    weights = [[*line.weights.tolist(), *[0.0] * (most - len(line.weights))] for line in lines]

    return _PackedLines(
        projections=projections,
        atoms=np.array(atoms, dtype=np.intp),
        weights=np.array(weights),
        bounds=np.array([line.bound for line in lines], dtype=float),
        signs=np.array([line.sign for line in lines], dtype=float),
        reach=np.empty(projections.shape[1]),
    )
