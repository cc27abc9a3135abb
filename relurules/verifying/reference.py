"""What is due on the rows of a verification."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Head, Network
from relurules.ir.network import Array
from relurules.verifying.rounding import sum_live_terms

#: Rows whose neurons a core's cache holds; a block begins where a matrix product does anyway.
_BLOCK = 2**12


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The model on N rows, beside its traced network.

    outputs: (N, m) of the model; names: m. inside: (N,) rows in the domain. network, heads: the
    traced network and, for every output, the link of its scores. rows: (N, d) coordinates.
    tolerance: share of a score's live terms by which an artefact's arithmetic may round. numbers:
    (N,) rows that must have outputs; None: those with a rule. free: (N,) rows that may have any
    outputs; None: no row. undecided: (N,) rows which rounding may put on either side of the
    domain's bounds; None: no row. framework: the model itself in float64, (n, d) -> (n, m), None
    where it doesn't take coordinates. unit: share of itself by which an output may be off as it is
    a number of the artefact's type, whose epsilon this is. breadth: (m,) what the outputs span in
    the domain, for rows that span nothing; None where that isn't known. threshold: the
    probability above which the model tells the second of two classes; None for a half. all_terms:
    whether the terms of neurons that are off count too, as lines may be turned round: relu(z) = z +
    relu(-z).
    """

    outputs: Array
    names: Sequence[str]
    inside: NDArray[np.bool_]
    network: Network
    heads: Sequence[Head]
    rows: Array
    tolerance: float
    numbers: NDArray[np.bool_] | None = None
    free: NDArray[np.bool_] | None = None
    undecided: NDArray[np.bool_] | None = None
    framework: Callable[[Array], Array] | None = None
    unit: float = 8 * float(np.finfo(np.float64).eps)
    epsilon: float = float(np.finfo(np.float64).eps)
    breadth: Array | None = None
    threshold: float | None = None
    all_terms: bool = False

    @cached_property
    def scores(self) -> Array:
        """(N, s) of the traced network, in float64."""
        with np.errstate(over="ignore", invalid="ignore"):
            return _apply_by_blocks(self.network.evaluate, self.rows)

    @cached_property
    def terms(self) -> Array:
        """(N, s) sums of the absolute terms that the scores are made of."""
        with np.errstate(over="ignore", invalid="ignore"):
            return _apply_by_blocks(self._sum_terms, self.rows)

    def _sum_terms(self, rows: Array) -> Array:
        if self.all_terms:
            return self.network.magnitude(rows) + np.finfo(np.float64).tiny
        return sum_live_terms(self.network, rows, self.tolerance)

    def of_rows(self, rows: NDArray[np.bool_]) -> "Reference":
        """On some of the rows, (N,), which all have numbers."""
        if rows.all():
            return replace(self, numbers=None, free=None, undecided=None)
        return replace(
            self,
            outputs=self.outputs[rows],
            inside=self.inside[rows],
            rows=self.rows[rows],
            numbers=None,
            free=None,
            undecided=None,
        )

    def of_outputs(self, wanted: Sequence[str]) -> "Reference":
        """Of one output alone, where an artefact gives just that one of several that are known by
        name.
        """
        if not len(wanted) == 1 < len(self.names) or wanted[0] not in self.names:
            return self

        at, framework = list(self.names).index(wanted[0]), self.framework
        return replace(
            self,
            outputs=self.outputs[:, [at]],
            names=[wanted[0]],
            heads=[self.heads[at]],
            framework=None if framework is None else lambda rows: framework(rows)[:, [at]],
        )


def _apply_by_blocks(function: Callable[[Array], Array], rows: Array) -> Array:
    """What a function of rows (n, d) -> (n, s) gives of N rows; the last block is no short one."""
    cuts = [*range(0, max(1, len(rows) - _BLOCK + 1), _BLOCK), len(rows)]
    return np.concatenate([function(rows[start:end]) for start, end in pairwise(cuts)])
