"""A network's scores in exact arithmetic: its float64 numbers taken as the rationals that they are."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from relurules.ir import Network
from relurules.ir.network import Array


class Dyadic(NamedTuple):
    """numerator / 2^places, which every float64 is; sums and products stay of this kind."""

    numerator: int
    places: int


class SparseRow(NamedTuple):
    """A sum of products: constant + inputs * x + neurons * phi(z), each as (index, weight), zeros left out."""

    constant: Dyadic
    inputs: list[tuple[int, Dyadic]]
    neurons: list[tuple[int, Dyadic]]


class ExactNetwork:
    """A canonical network that is evaluated without rounding; some milliseconds a row, for the few that need it."""

    def __init__(self, network: Network) -> None:
        self._slopes = [_dyadic(slope) for slope in network.slope.tolist()]
        self._neurons = _rows(network.b, network.A, network.L)
        self._scores = _rows(network.c, network.C, network.U)

    def scores(self, row: Array) -> tuple[Fraction, ...]:
        """(d,) finite coordinates -> the exact scores."""
        x = [_dyadic(value) for value in row.tolist()]
        active: list[Dyadic] = []

        for neuron, slope in zip(self._neurons, self._slopes, strict=True):
            z = _sum(neuron, x, active)
            active.append(z if z.numerator >= 0 else _product(slope, z))

        sums = [_sum(score, x, active) for score in self._scores]
        return tuple(Fraction(numerator, 1 << places) for numerator, places in sums)


def _rows(constants: Array, inputs: Array, neurons: Array) -> list[SparseRow]:
    columns = zip(constants.tolist(), inputs.tolist(), neurons.tolist(), strict=True)
    return [SparseRow(_dyadic(constant), _sparse(a), _sparse(b)) for constant, a, b in columns]


def _sparse(weights: Sequence[float]) -> list[tuple[int, Dyadic]]:
    return [(i, _dyadic(weight)) for i, weight in enumerate(weights) if weight != 0.0]


def _dyadic(value: float) -> Dyadic:
    numerator, denominator = value.as_integer_ratio()
    return Dyadic(numerator, denominator.bit_length() - 1)


def _product(one: Dyadic, other: Dyadic) -> Dyadic:
    return Dyadic(one.numerator * other.numerator, one.places + other.places)


def _sum(row: SparseRow, x: Sequence[Dyadic], active: Sequence[Dyadic]) -> Dyadic:
    products = [row.constant]
    products += _products(row.inputs, x)
    products += _products(row.neurons, active)

    places = max(product.places for product in products)
    return Dyadic(sum(p.numerator << (places - p.places) for p in products), places)


def _products(weights: Iterable[tuple[int, Dyadic]], values: Sequence[Dyadic]) -> list[Dyadic]:
    return [_product(weight, values[i]) for i, weight in weights if values[i].numerator]
