"""Affine forms of neurons and outputs on given regions, every coefficient rounded about once.

Products of weights may cancel, and what is left may be far smaller than the terms. So they are
summed in pairs of floats (T. J. Dekker, "A floating-point technique for extending the available
precision", 1971; T. Ogita, S. M. Rump and S. Oishi, "Accurate sum and dot product", 2005), in
integers where even these may not be enough (`exact_forms`).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Normalisation
from relurules.ir.exact_forms import ExactForms
from relurules.ir.network import AffineMap, Array, Network, Pattern

#: Numbers in the largest array of a block of regions.
_BLOCK = 400_000
#: A coefficient that is less than this share of its terms is computed in integers: pairs keep some
#: 100 bits.
_CANCELLED = 2.0**-40
#: Outside this range of magnitudes, products of parts of floats may overflow or vanish.
_LARGEST, _SMALLEST = 1e140, 1e-140
#: Splits a float into two of 26 bits.
_SPLITTER = 2.0**27 + 1.0


class FloatPair(NamedTuple):
    """Unevaluated sums high + low, |low| at most half a unit in the last place of high."""

    high: Array
    low: Array


def add_pairs(one: FloatPair, other: FloatPair) -> FloatPair:
    """The sums, to some 2^-104 of the terms."""
    total = one.high + other.high
    part = total - one.high
    rest = (one.high - (total - part)) + (other.high - part) + (one.low + other.low)
    high = total + rest
    return FloatPair(high, rest - (high - total))


def multiply_pairs(factor: Array, value: FloatPair) -> FloatPair:
    """Products of floats and pairs."""
    product = factor * value.high
    a, b = _split_halves(factor), _split_halves(value.high)
    error = ((a.high * b.high - product) + a.high * b.low + a.low * b.high) + a.low * b.low
    rest = error + factor * value.low
    high = product + rest
    return FloatPair(high, rest - (high - product))


def _split_halves(value: Array) -> FloatPair:
    wide = _SPLITTER * value
    high = wide - (wide - value)
    return FloatPair(high, value - high)


class _PairForms(NamedTuple):
    """Forms of some neurons: pairs and sums of absolute terms, (B, n, d + 1) each."""

    value: FloatPair
    size: Array


def compute_accurate_forms(network: Network, patterns: Pattern) -> Array:
    """(R, K, d + 1) every neuron's z as an affine form of x, constants last, on regions with these
    patterns (R, K).

    A neuron's form depends on the signs of the neurons that it reads only; 0 for a sign that
    doesn't matter.
    """
    lifting = network.source_lifting
    blocks = [
        forms[:, lifting.origin]
        for forms, _ in _iterate_blocks(
            lifting.source, lifting.lift_patterns(patterns), outputs=False
        )
    ]
    shape = (0, len(network), network.A.shape[1] + 1)

    return np.concatenate(blocks) if blocks else np.empty(shape)


def compute_accurate_maps(network: Network, patterns: Pattern) -> AffineMap:
    """What the network is on regions with these patterns, (R, K): weights (R, m, d), constants (R,
    m).
    """
    return round_maps(compute_map_pairs(network, patterns))


def compute_map_pairs(network: Network, patterns: Pattern) -> FloatPair:
    """The same before it is rounded: (R, m, d + 1), constants last."""
    lifting = network.source_lifting
    m, d = network.C.shape
    blocks = [
        maps
        for _, maps in _iterate_blocks(
            lifting.source, lifting.lift_patterns(patterns), outputs=True
        )
    ]
    empty = np.empty((0, m, d + 1))

    return FloatPair(*(np.concatenate([empty, *(block[i] for block in blocks)]) for i in (0, 1)))


def round_maps(maps: FloatPair) -> AffineMap:
    """Maps (R, m, d + 1) as weights and constants."""
    return AffineMap(maps.high[:, :, :-1], maps.high[:, :, -1])


def express_in_frame(maps: FloatPair, frame: Normalisation) -> Array:
    """(R, m, f + 1) maps as forms of the frame's coordinates, rounded once: the shift to the frame
    may cancel.
    """
    shift = frame.shift
    total = FloatPair(maps.high[:, :, -1], maps.low[:, :, -1])
    for j in np.flatnonzero(shift).tolist():
        total = add_pairs(
            total,
            multiply_pairs(np.array(shift[j]), FloatPair(maps.high[:, :, j], maps.low[:, :, j])),
        )

    R, m, d1 = maps.high.shape
    rows, _ = frame.rows(maps.high[:, :, :-1].reshape(R * m, d1 - 1), np.zeros(R * m))
    return np.concatenate([rows.reshape(R, m, -1), total.high[:, :, None]], axis=2)


def compute_accurate_rows(network: Network, neurons: NDArray[np.intp], signs: Pattern) -> Array:
    """(S, d + 1) z of one neuron each as an affine form of x, where the signs of those before it
    are as told, (S, K).

    Splits of a search often share these signs: every form is computed once.
    """
    found = np.empty((len(neurons), network.A.shape[1] + 1))
    level_of = np.zeros(len(network), dtype=np.intp)
    for i, level in enumerate(network.levels):
        level_of[level] = i

    for i in range(len(network.levels)):
        at = np.flatnonzero(level_of[neurons] == i)
        if not len(at):
            continue
        if i == 0 and network.lifting is None:
            found[at] = np.column_stack([network.A, network.b])[neurons[at]]
            continue
        before = np.where(level_of < i, signs[at], 0).astype(np.int8)
        distinct, which = np.unique(before, axis=0, return_inverse=True)
        which = which.reshape(-1)
        order = np.argsort(which, kind="stable")
        step = max(1, _BLOCK // max(1, len(network) * found.shape[1]))
        for first in range(0, len(distinct), step):
            forms = compute_accurate_forms(network, distinct[first : first + step])
            part = order[
                np.searchsorted(which[order], first) : np.searchsorted(which[order], first + step)
            ]
            found[at[part]] = forms[which[part] - first, neurons[at[part]]]

    return found


def _iterate_blocks(
    network: Network, patterns: Pattern, *, outputs: bool
) -> Iterator[tuple[Array, FloatPair]]:
    """Forms (B, K, d + 1), and maps (B, m, d + 1) where wanted, of blocks of regions."""
    K, d = network.A.shape
    step = max(1, _BLOCK // max(1, (K + len(network.c)) * (d + 1)))
    exact = ExactForms(network)

    for first in range(0, len(patterns), step):
        signs = patterns[first : first + step]
        with np.errstate(over="ignore", invalid="ignore"):
            forms = _compute_neuron_forms(network, signs)
            maps = _compute_output_forms(network, signs, forms) if outputs else None
        for layer, of_outputs in ((forms, False), (maps, True)):
            if layer is not None:
                _recompute_exactly(layer, exact, signs, of_outputs)
        yield forms.value.high, forms.value if maps is None else maps.value


def _compute_neuron_forms(network: Network, signs: Pattern) -> _PairForms:
    inputs = np.column_stack([network.A, network.b])
    forms = _repeat_rows(inputs, len(signs))
    for level in network.levels:
        _add_terms(forms, level, network.L[level], network.slope, signs, forms)
    return forms


def _compute_output_forms(network: Network, signs: Pattern, forms: _PairForms) -> _PairForms:
    maps = _repeat_rows(np.column_stack([network.C, network.c]), len(signs))
    _add_terms(maps, np.arange(len(network.c)), network.U, network.slope, signs, forms)
    return maps


def _repeat_rows(rows: Array, count: int) -> _PairForms:
    value = np.repeat(rows[None], count, axis=0)
    return _PairForms(FloatPair(value, np.zeros_like(value)), np.abs(value))


def _add_terms(target: _PairForms, at: ("np.ndarray[tuple[int], "
                                       "np.dtype[np.intp]]"), weights: Array, slope: Array,
               signs: Pattern, forms: _PairForms) -> None:  # fmt: skip
    """Add weights (n, K) times phi(z) to the target's rows `at`, on every region."""
    value, size = FloatPair(target.value.high[:, at], target.value.low[:, at]), target.size[:, at]
    for j in np.flatnonzero(weights.any(axis=0)).tolist():
        factor = np.where(signs[:, j] > 0, 1.0, slope[j])[:, None]
        if not factor.any():
            continue
        own = FloatPair(forms.value.high[:, j], forms.value.low[:, j])
        active = own if slope[j] == 0.0 or (factor == 1.0).all() else multiply_pairs(factor, own)
        if slope[j] == 0.0:
            active = FloatPair(factor * own.high, factor * own.low)
        gain = weights[None, :, j, None]
        value = add_pairs(
            value, multiply_pairs(gain, FloatPair(active.high[:, None], active.low[:, None]))
        )
        size = size + np.abs(gain) * (np.abs(factor) * forms.size[:, j])[:, None]

    target.value.high[:, at], target.value.low[:, at], target.size[:, at] = (
        value.high,
        value.low,
        size,
    )


def _recompute_exactly(
    layer: _PairForms, exact: ExactForms, signs: Pattern, of_outputs: bool
) -> None:
    """Compute in integers what pairs may not tell."""
    value, size = layer.value.high, layer.size
    doubtful = (
        (np.abs(value) < _CANCELLED * size) | ~(size < _LARGEST) | ((size > 0) & (size < _SMALLEST))
    )
    for b, j in np.argwhere(doubtful.any(axis=1)).tolist():
        rows = np.flatnonzero(doubtful[b, :, j])
        numbers = exact.column(signs[b], j, rows, of_outputs=of_outputs)
        value[b, rows, j], layer.value.low[b, rows, j] = numbers
