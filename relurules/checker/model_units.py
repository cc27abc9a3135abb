"""The model's layers -> its neurons and scores, composed in exact rationals."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.json_values import RefusedError, read_number, read_numbers, shorten_text

Sparse = dict[int, Fraction]  # columns as j, neurons as ~k
#: One, which is told by being this object: most products of a model are with it.
UNIT = Fraction(1)


class Unit(NamedTuple):
    """A neuron's z, or a score: what it is of the columns and of earlier neurons, exactly. slope:
    of its PReLU.
    """

    inputs: Sparse
    constant: Fraction
    reads: Sparse
    slope: Fraction


def build_units(model: Mapping[str, Any]) -> tuple[list[Unit], list[Unit]]:
    """All neurons in order, and the scores."""
    neurons: list[Unit] = []
    signals: list[tuple[Sparse, Fraction]] = [
        ({j: UNIT}, Fraction(0)) for j in range(len(model["features"]))
    ]
    for layer in model["layers"]:
        signals = _LAYERS[layer["kind"]](layer, signals, neurons)
    return neurons, [_make_unit(*signal, Fraction(1)) for signal in signals]


def keep_read_inputs(
    units: Iterable[Unit], places: Sequence[int], model: Mapping[str, Any]
) -> list[Unit]:
    """The same units of the rules' columns, given where these stand among the model's; RefusedError
    where one reads a column that the rules leave out.
    """
    number = {j: i for i, j in enumerate(places)}
    kept = []
    for unit in units:
        for j in unit.inputs:
            if j not in number:
                name = shorten_text(str(model["features"][j]))
                raise RefusedError(
                    f"the model reads the column {name!r}, which the rules leave out"
                )
        kept.append(unit._replace(inputs={number[j]: v for j, v in unit.inputs.items()}))

    return kept


def _make_unit(terms: Sparse, constant: Fraction, slope: Fraction) -> Unit:
    inputs = {j: value for j, value in terms.items() if j >= 0 and value}
    return Unit(
        inputs, constant, {~j: value for j, value in terms.items() if j < 0 and value}, slope
    )


def _sum_signals(
    signals: Sequence[tuple[Sparse, Fraction]], weights: Sequence[Any], constant: Any
) -> tuple[Sparse, Fraction]:
    if len(weights) != len(signals):
        raise RefusedError(f"a row of {len(weights)} weights for {len(signals)} values")

    total, terms = read_number(constant), Sparse()
    for given, (own, plus) in zip(read_numbers(weights), signals, strict=True):
        if given:
            weight = Fraction(given)
            if plus:
                total += weight * plus
            add_terms(terms, own, weight)

    return terms, total


def add_terms(terms: Sparse, others: Sparse, weight: Fraction) -> None:
    """Add a multiple of other terms to terms."""
    for j, value in others.items():
        more = weight if value is UNIT else weight * value
        terms[j] = terms[j] + more if j in terms else more


def _expand_affine(layer: Any, signals: Any, _: list[Unit]) -> Any:
    return [
        _sum_signals(signals, row, c)
        for row, c in zip(layer["weights"], layer["constants"], strict=True)
    ]


def _expand_scale(layer: Any, signals: Any, _: list[Unit]) -> Any:
    """(x - minus) / over * times + plus, column by column."""
    count = len(signals)
    parts = [map(read_number, layer.get(name, [default] * count)) for name, default in
             (("minus", 0), ("over", 1), ("times", 1), ("plus", 0))]  # fmt: skip
    found = []

    for (terms, constant), minus, over, times, plus in zip(signals, *parts, strict=True):
        factor = times / over
        found.append(
            ({j: factor * value for j, value in terms.items()}, (constant - minus) * factor + plus)
        )

    return found


def _append_neuron(
    terms: Sparse, constant: Fraction, slope: Any, neurons: list[Unit]
) -> tuple[Sparse, Fraction]:
    neurons.append(_make_unit(terms, constant, read_number(slope)))
    return {~(len(neurons) - 1): UNIT}, Fraction(0)


def _expand_prelu(layer: Any, signals: Any, neurons: list[Unit]) -> Any:
    pairs = zip(signals, read_numbers(layer["slopes"]), strict=True)
    return [
        (terms, c) if slope == 1 else _append_neuron(terms, c, slope, neurons)
        for (terms, c), slope in pairs
    ]


def _expand_canonical(layer: Any, signals: Any, neurons: list[Unit]) -> Any:
    """The neurons z = A x + L phi(z) + b, and the scores f = C x + U phi(z) + c."""
    given, count = list(signals), len(layer["slope"])
    if any(len(through) != count for through in (*layer["L"], *layer["U"])):
        raise RefusedError(f"weights of other neurons than the {count} that there are")
    for k, (row, through, constant, slope) in enumerate(
        zip(layer["A"], layer["L"], layer["b"], layer["slope"], strict=True)
    ):
        if any(read_numbers(through)[k:]):
            raise RefusedError(f"neuron {k} reads later ones")
        given.append(
            _append_neuron(*_sum_signals(given, [*row, *through[:k]], constant), slope, neurons)
        )

    rows = zip(layer["C"], layer["U"], layer["c"], strict=True)
    return [_sum_signals(given, [*row, *through], constant) for row, through, constant in rows]


_LAYERS: Mapping[str, Any] = {
    "affine": _expand_affine,
    "scale": _expand_scale,
    "prelu": _expand_prelu,
    "canonical": _expand_canonical,
}
