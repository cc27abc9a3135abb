"""The activation patterns that the rows of a table reach, and the affine maps of many patterns at
once.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir.grouping import group_equal_rows
from relurules.ir.layers import Layer, split_into_layers
from relurules.ir.local_models import LocalModels
from relurules.ir.network import AffineMap, Array, Network, Pattern
from relurules.ir.signs import SignReader
from relurules.links.heads import Head, make_identity_heads
from relurules.tables.names import make_default_names

if TYPE_CHECKING:
    import pandas

#: So many numbers are worked on at once: what a core's cache holds.
_BLOCK = 2**18


@dataclass(frozen=True)
class Reached:
    """What the rows of a table reach of a network's regions; R activation patterns.

    patterns: (R, K) int8, +1 where z >= 0 and -1 elsewhere, the most frequent first, of equally
    frequent ones the one met first; counts: (R,) int64 rows that have each; first: (R,) int64 the
    first of these rows, counted from 0 over the whole table; points: (R, d) that row in the
    network's coordinates, which may lie on the region's boundary; rows: all rows of the table;
    outside: those left out, for a value that is missing or lies outside the domain.

    domain: the coordinates, and where rows are taken from; outputs, heads: as a Graph has them.

    A pattern counts by its rows alone: one that rows reach on a boundary only may have no interior.
    """

    network: Network
    patterns: Pattern
    counts: NDArray[np.int64]
    first: NDArray[np.int64]
    points: Array
    rows: int
    outside: int
    domain: Domain | None = None
    outputs: tuple[str, ...] = ()
    heads: tuple[Head, ...] = ()

    def __post_init__(self) -> None:
        for name in ("patterns", "counts", "first", "points"):
            array = getattr(self, name).view()
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        """Number of patterns R."""
        return len(self.counts)

    @property
    def shares(self) -> Array:
        """(R,) share of the table's rows that each pattern has, those left out included in the
        whole.
        """
        return self.counts / max(1, self.rows)

    def apply(self, table: Any) -> NDArray[np.intp]:
        """(N, d) array or frame -> (N,) number of each row's pattern, from 1; 0 for a row outside
        or of no pattern.
        """
        return self.number_rows(self.local_models.domain.rows(table))

    def number_rows(self, X: Array) -> NDArray[np.intp]:
        """As `apply`, of rows in coordinates, (N, d)."""
        number = np.zeros(len(X), dtype=np.intp)
        inside = np.isfinite(X).all(axis=1) if self.domain is None else self.domain.contains(X)
        signs = SignReader.of(self.network)
        words = np.vstack([signs.packed_patterns(self.patterns), signs.packed(X[inside])])
        found = group_equal_rows(words)[1][len(self) :]
        number[inside] = np.where(found < len(self), 1 + found, 0)
        return number

    @cached_property
    def local_models(self) -> LocalModels:
        """The affine map of every pattern, with what is known of inputs and outputs."""
        d, m = self.network.A.shape[1], len(self.network.c)
        domain = Domain.unbounded(make_default_names(d)) if self.domain is None else self.domain
        heads = self.heads or make_identity_heads(m)
        outputs = self.outputs or make_default_names(len(heads), "y")
        return LocalModels(domain, outputs, heads, *self.maps(), "local model")

    def summary(self, data: Any, y: Any = None, *, typical: bool = True) -> "pandas.DataFrame":
        """One row per pattern: its rows in a table, the response there, and how well its map tells
        the response.

        data: (N, d) array or frame, or the path of a file, whose rows may be others than those that
        reached the patterns; y: (N,) the true values, of a file the name of their column. typical:
        whether columns tell a typical row of each. Columns: see `relurules.ir.summary`.
        """
        from relurules.statistics.summary import summarise_patterns

        return summarise_patterns(self, data, y, typical=typical)

    def maps(self, start: int = 0, stop: int | None = None) -> AffineMap:
        """What the network is on the patterns from `start` to `stop`, by default on all; see
        `affine_maps`.
        """
        return compute_affine_maps(self.network, self.patterns[start:stop])


def compute_affine_maps(network: Network, patterns: Pattern) -> AffineMap:
    """`Network.affine_map` of many patterns, (R, K) of +1 / -1 -> weights (R, m, d), constants (R,
    m).

    Beside the result it takes a few megabytes. Neurons are followed backwards from the m outputs or
    forwards from the d inputs and the constant, whichever are fewer; sums are the same but for
    rounding.
    """
    patterns = np.asarray(patterns)
    (m, K), d = network.U.shape, network.A.shape[1]
    order, layers = split_into_layers(network)
    slope = network.slope[order]
    weights, constants = np.empty((len(patterns), m, d)), np.empty((len(patterns), m))
    inputs = np.column_stack([network.A, network.b])[order]
    outputs = np.ascontiguousarray(network.U[:, order])
    backwards = m <= d + 1
    step = max(1, _BLOCK // max(1, K * min(m, d + 1)))

    for first in range(0, len(patterns), step):
        at = slice(first, first + step)
        positive = (patterns[at][:, order] > 0).astype(np.float64)
        factor = positive + (1.0 - positive) * slope
        if backwards:
            maps = _multiply_columns(_propagate_backwards(layers, factor, outputs), inputs)
        else:
            maps = _multiply_columns(
                _propagate_forwards(layers, factor, inputs.T), outputs.T
            ).transpose(0, 2, 1)
        np.add(maps[:, :, :-1], network.C, out=weights[at])
        np.add(maps[:, :, -1], network.c, out=constants[at])

    return AffineMap(weights, constants)


def _propagate_backwards(layers: list[Layer], factor: Array, outputs: Array) -> Array:
    """How the outputs (m, K) change with every neuron's z, given the slopes (R, K) in force: (R, m,
    K).
    """
    change = outputs * factor[:, None, :]
    for layer in reversed(layers):
        if layer.weights.size:
            read = _multiply_columns(change, layer.weights, layer.at)
            change[:, :, layer.reads] += read * factor[:, None, layer.reads]

    return change


def _propagate_forwards(layers: list[Layer], factor: Array, inputs: Array) -> Array:
    """Every neuron's value as forms of the inputs (d + 1, K), given the slopes (R, K) in force: (R,
    d + 1, K).
    """
    active = np.repeat(inputs[None], len(factor), axis=0)
    for layer in layers:
        if layer.weights.size:
            active[:, :, layer.at] += _multiply_columns(active, layer.weights.T, layer.reads)
        active[:, :, layer.at] *= factor[:, None, layer.at]

    return active


def _multiply_columns(forms: Array, weights: Array, columns: slice = slice(None)) -> Array:
    """The columns of forms (R, p, K), times weights: (R, p, q), as one product of two matrices."""
    R, p, K = forms.shape
    return np.asarray(forms.reshape(R * p, K)[:, columns] @ weights).reshape(R, p, weights.shape[1])
