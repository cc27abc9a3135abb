"""Sums of weights times columns that are the same to the last bit wherever a row stands.

A matrix product takes other steps for the rows that its kernels leave over, so that rows that are
alike may get sums a last digit apart. Here every product and every sum is an operation of its own
on each row, rounded as IEEE 754 says, in the order of the columns: equal rows give equal sums,
whatever rows stand beside them, on every machine.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: A column that a form reads, and its weight.
Term = tuple[int, float]

#: Of fewer rows, all forms at once take less time than one call of numpy for each term.
_FEW_ROWS = 64
#: Numbers of products that are made at once, and rows of a map that are multiplied at once.
_PRODUCTS, _ROWS = 2**17, 2**12


def list_terms(weights: Array, places: NDArray[np.intp] | None = None) -> list[Term]:
    """(d,) -> the columns that a form reads, with their weights; places: (d,) of the columns."""
    read = np.flatnonzero(weights)
    columns = read if places is None else places[read]
    return list(zip(columns.tolist(), weights[read].tolist(), strict=True))


def write_form(columns: Array, terms: Sequence[Term], found: Array, room: Array) -> None:
    """Of n rows, as columns (d, n): the values of a form, (n,). room: (n,) to be written over."""
    if not terms:
        found[:] = 0.0
        return

    first, weight = terms[0]
    np.multiply(columns[first], weight, out=found)
    for j, weight in terms[1:]:
        np.multiply(columns[j], weight, out=room)
        np.add(found, room, out=found)


def iterate_forms(
    columns: Array, weights: Array, terms: Sequence[Sequence[Term]] | None = None
) -> Iterator[Array]:
    """Of n rows, as columns (d, n), and K forms, weights (K, d): the values (n,) of every form,
    which its reader may change. terms: of every form, where they are known.
    """
    if columns.shape[1] < _FEW_ROWS:
        yield from _add_products(columns, weights)
        return

    room = np.empty(columns.shape[1])
    for known in map(list_terms, weights) if terms is None else terms:
        form = np.empty(columns.shape[1])
        write_form(columns, known, form, room)
        yield form


def evaluate_forms(columns: Array, weights: Array) -> Array:
    """The same as one array, (K, n), in which a zero has no sign."""
    found = np.empty((len(weights), columns.shape[1]))
    for form, values in zip(found, iterate_forms(columns, weights), strict=True):
        np.add(values, 0.0, out=form)

    return found


def combine_scores(scores: Array, forms: Array) -> Array:
    """(N, m) scores, and combinations of them, (F, m) -> (N, F)."""
    return evaluate_forms(scores.T, forms).T


def add_weighted(found: Array, values: Iterable[Array], weights: Array) -> None:
    """Add to m sums (m, n), in place, each of K values (n,) times its weights, of (K, m)."""
    if found.shape[1] < _FEW_ROWS:
        known = np.array(list(values)).reshape(len(weights), found.shape[1])
        for own, factors in zip(found, weights.T, strict=True):
            terms = np.concatenate([own[None], known * factors[:, None]])
            own[:] = np.add.accumulate(terms)[-1]

        return

    term = np.empty(found.shape[1])
    for value, factors in zip(values, weights, strict=True):
        for own, factor in zip(found, factors.tolist(), strict=True):
            np.multiply(value, factor, out=term)
            np.add(own, term, out=own)


def _add_products(columns: Array, weights: Array) -> Iterator[Array]:
    """The same by one call for many forms: a running sum adds from the first to the last."""
    d, n = columns.shape
    step = max(1, _PRODUCTS // max(1, d * n))

    for start in range(0, len(weights), step):
        some = weights[start : start + step]
        products = np.zeros((len(some), 1 + d, n))  # the first: what no column adds
        read = some[:, :, None] != 0.0
        np.multiply(some[:, :, None], columns, out=products[:, 1:], where=read)
        yield from np.add.accumulate(products, axis=1)[:, -1]


def apply_maps(X: Array, of: NDArray[np.integer], weights: Array, constants: Array) -> Array:
    """(N, d) rows, each by its own of R affine maps, of (N,), weights (R, m, d), constants (R, m)
    -> (N, m); NaN where a row has none, -1.
    """
    found = np.full((len(X), constants.shape[1]), np.nan)
    order = np.argsort(of, kind="stable")
    present, counts = np.unique(of, return_counts=True)
    ends = np.cumsum(counts).tolist()

    for which, end, count in zip(present.tolist(), ends, counts.tolist(), strict=True):
        for start in range(end - count, end if which >= 0 else 0, _ROWS):
            some = order[start : min(start + _ROWS, end)]
            forms = evaluate_forms(np.ascontiguousarray(X[some].T), weights[which])
            found[some] = forms.T + constants[which]

    return found
