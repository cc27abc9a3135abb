"""Affine forms of neurons and outputs on a region, in exact integers: float64 weights are binary
fractions.
"""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array, Network, Pattern

#: Arrays of Python integers.
Integers = NDArray[Any]


def scale_to_integers(values: Array) -> tuple[Integers, int]:
    """Integers and one shift s with values = integers / 2^s, exactly. Values must be finite."""
    mantissa, exponent = np.frexp(values)
    whole = np.asarray(np.ldexp(mantissa, 53)).astype(np.int64).astype(object)
    nonzero = np.asarray(values) != 0
    shift = max(0, 53 - int(exponent[nonzero].min())) if nonzero.any() else 0
    moves = np.where(nonzero, exponent.astype(np.int64) - 53 + shift, 0).astype(object)
    if not whole.size:
        return whole, shift

    return np.asarray(np.left_shift(whole, moves), dtype=object), shift


class ExactForms:
    """A network's numbers as integers.

    Forms on a region are integers over a power of two that depends on the level.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._ready = False

    def _prepare(self) -> None:
        network = self.network
        inputs, self._input_shift = scale_to_integers(np.column_stack([network.A, network.b]))
        self._inputs = inputs
        self._L, self._L_shift = scale_to_integers(network.L)
        slopes, self._slope_shift = scale_to_integers(network.slope)
        self._slopes = slopes
        self._U, self._U_shift = scale_to_integers(network.U)
        self._outputs, self._output_shift = scale_to_integers(
            np.column_stack([network.C, network.c])
        )
        depth = np.zeros(len(network), dtype=np.int64)

        for level, neurons in enumerate(network.levels):
            depth[neurons] = level

        self._depth = depth
        self._ready = True

    def shift_of(self, k: int) -> int:
        """Neuron k's form is the integers of `form` over two to this power."""
        if not self._ready:
            self._prepare()
        return self._input_shift + int(self._depth[k]) * (self._L_shift + self._slope_shift)

    def form(self, k: int, signs: Pattern, cache: dict[int, Integers]) -> Integers:
        """(d + 1,) z of neuron k on a region with these signs, (K,); the constant last.

        cache: forms on this region by neuron, filled on the way.
        """
        return self._form(k, signs, slice(None), cache)

    def column(
        self, signs: Pattern, j: int, rows: NDArray[np.intp], *, of_outputs: bool
    ) -> tuple[Array, Array]:
        """The coefficients of column j (d for the constant) of some neurons' or outputs' forms, and
        rests.
        """
        cache: dict[int, Integers] = {}
        if not of_outputs:
            exact = [
                Fraction(
                    int(self._form(int(k), signs, slice(j, j + 1), cache)[0]),
                    1 << self.shift_of(int(k)),
                )
                for k in rows
            ]
        else:
            if not self._ready:
                self._prepare()
            exact = [self._output(int(o), j, signs, cache) for o in rows]

        high = [_to_float(value) for value in exact]
        rest = [
            _to_float(value - Fraction(h)) if np.isfinite(h) else 0.0
            for value, h in zip(exact, high, strict=True)
        ]

        return np.array(high), np.array(rest)

    def _form(self, k: int, signs: Pattern, columns: slice, cache: dict[int, Integers]) -> Integers:
        own = self.shift_of(k)
        if k in cache:
            return cache[k]

        form = self._inputs[k, columns] * (1 << (own - self._input_shift))
        for i in np.flatnonzero(self.network.L[k]).tolist():
            factor = self._factor(i, signs)
            if factor != 0:
                read = self._form(i, signs, columns, cache)
                gain = int(self._L[k, i]) * factor
                form = form + read * (
                    gain << (own - self.shift_of(i) - self._L_shift - self._slope_shift)
                )

        cache[k] = form
        return form

    def _output(self, o: int, j: int, signs: Pattern, cache: dict[int, Integers]) -> Fraction:
        total = Fraction(int(self._outputs[o, j]), 1 << self._output_shift)
        for i in np.flatnonzero(self.network.U[o]).tolist():
            factor = self._factor(i, signs)
            if factor != 0:
                read = int(self._form(i, signs, slice(j, j + 1), cache)[0])
                shift = self.shift_of(i) + self._U_shift + self._slope_shift
                total += Fraction(int(self._U[o, i]) * factor * read, 1 << shift)
        return total

    def _factor(self, i: int, signs: Pattern) -> int:
        return 1 << self._slope_shift if signs[i] > 0 else int(self._slopes[i])


def _to_float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
