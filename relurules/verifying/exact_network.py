"""A network's scores in exact arithmetic: its float64 numbers as the rationals that they are."""

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
    """A sum of products: constant + inputs * x + neurons * phi(z), each as (index, weight), zeros
    left out.
    """

    constant: Dyadic
    inputs: list[tuple[int, Dyadic]]
    neurons: list[tuple[int, Dyadic]]


class ExactNetwork:
    """A canonical network that is evaluated without rounding; some milliseconds a row, for the few
    that need it.
    """

    def __init__(self, network: Network) -> None:
        self._slopes = [_to_dyadic(slope) for slope in network.slope.tolist()]
        self._neurons = _make_rows(network.b, network.A, network.L)
        self._scores = _make_rows(network.c, network.C, network.U)

    def scores(self, row: Array) -> tuple[Fraction, ...]:
        """(d,) finite coordinates -> the exact scores."""
        x = [_to_dyadic(value) for value in row.tolist()]
        active: list[Dyadic] = []

        for neuron, slope in zip(self._neurons, self._slopes, strict=True):
            z = _evaluate_row(neuron, x, active)
            active.append(z if z.numerator >= 0 else _multiply_dyadics(slope, z))

        sums = [_evaluate_row(score, x, active) for score in self._scores]
        return tuple(Fraction(numerator, 1 << places) for numerator, places in sums)


def _make_rows(constants: Array, inputs: Array, neurons: Array) -> list[SparseRow]:
    columns = zip(constants.tolist(), inputs.tolist(), neurons.tolist(), strict=True)
    return [
        SparseRow(_to_dyadic(constant), _list_nonzero(a), _list_nonzero(b))
        for constant, a, b in columns
    ]


def _list_nonzero(weights: Sequence[float]) -> list[tuple[int, Dyadic]]:
    return [(i, _to_dyadic(weight)) for i, weight in enumerate(weights) if weight != 0.0]


def _to_dyadic(value: float) -> Dyadic:
    numerator, denominator = value.as_integer_ratio()
    return Dyadic(numerator, denominator.bit_length() - 1)


def _multiply_dyadics(one: Dyadic, other: Dyadic) -> Dyadic:
    return Dyadic(one.numerator * other.numerator, one.places + other.places)


def _evaluate_row(row: SparseRow, x: Sequence[Dyadic], active: Sequence[Dyadic]) -> Dyadic:
    products = [row.constant]
    products += _list_products(row.inputs, x)
    products += _list_products(row.neurons, active)

    places = max(product.places for product in products)
    return Dyadic(sum(p.numerator << (places - p.places) for p in products), places)


def _list_products(weights: Iterable[tuple[int, Dyadic]], values: Sequence[Dyadic]) -> list[Dyadic]:
    return [_multiply_dyadics(weight, values[i]) for i, weight in weights if values[i].numerator]
