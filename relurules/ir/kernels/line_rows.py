"""Lines along rows, compiled: the same operations in the same order as those of `ir.line_sums`, so
that the sums are the same bits.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.compilation import compile_at_once


class SparseForms(NamedTuple):
    """Linear forms: the k-th reads places[starts[k] : starts[k + 1]], times weights."""

    starts: NDArray[np.intp]
    places: NDArray[np.intp]
    weights: Array


class SparseLines(NamedTuple):
    """m sums: bases, constants (m,), and of K lines normals, bounds (K,), slopes (K, m)."""

    bases: SparseForms
    constants: Array
    lines: SparseForms
    bounds: Array
    slopes: Array


@compile_at_once
def evaluate_form(columns: Array, forms: SparseForms, which: int, values: Array) -> None:
    """Write one form's values, two terms at a time."""
    n, at, end = len(values), forms.starts[which], forms.starts[which + 1]
    if at == end:
        for i in range(n):
            values[i] = 0.0
        return

    one, weight = forms.places[at], forms.weights[at]
    for i in range(n):
        values[i] = weight * columns[one, i]
    at += 1

    while at + 1 < end:
        one, weight = forms.places[at], forms.weights[at]
        two, factor = forms.places[at + 1], forms.weights[at + 1]
        for i in range(n):
            values[i] = (values[i] + weight * columns[one, i]) + factor * columns[two, i]
        at += 2

    if at < end:
        one, weight = forms.places[at], forms.weights[at]
        for i in range(n):
            values[i] += weight * columns[one, i]


@compile_at_once
def add_pair(columns: Array, rows: SparseLines, line: int, found: Array) -> None:
    """What a line of two columns adds to its one sum, in one go."""
    at = rows.lines.starts[line]
    one, weight = rows.lines.places[at], rows.lines.weights[at]
    two, factor = rows.lines.places[at + 1], rows.lines.weights[at + 1]
    bound, slope = rows.bounds[line], rows.slopes[line, 0]
    for i in range(found.shape[1]):
        beyond = (weight * columns[one, i] + factor * columns[two, i]) - bound
        found[0, i] += slope * (0.0 if beyond <= 0.0 else beyond)


@compile_at_once
def add_line(columns: Array, rows: SparseLines, line: int, values: Array, found: Array) -> None:
    """What a line adds to its sums."""
    evaluate_form(columns, rows.lines, line, values)
    bound = rows.bounds[line]
    for s in range(rows.slopes.shape[1]):
        slope = rows.slopes[line, s]
        for i in range(len(values)):
            beyond = values[i] - bound
            # What isn't a number stays so.
            found[s, i] += slope * (0.0 if beyond <= 0.0 else beyond)


@compile_at_once
def add_line_rows(columns: Array, rows: SparseLines, values: Array, found: Array) -> None:
    """columns: (d, n). found: (m, n), to be filled with the sums; values: (n,) written over."""
    starts = rows.lines.starts
    for s in range(len(rows.constants)):
        evaluate_form(columns, rows.bases, s, values)
        constant = rows.constants[s]
        for i in range(len(values)):
            found[s, i] = (values[i] + 0.0) + constant

    for line in range(len(rows.bounds)):
        if starts[line + 1] - starts[line] == 2 and rows.slopes.shape[1] == 1:
            add_pair(columns, rows, line, found)
        else:
            add_line(columns, rows, line, values, found)
