"""Continuous piecewise linear preprocessing as ReLU units in front of the network, so that rules
speak of the raw columns.

A curve with knots t_0 < ... < t_n is v_0 + a (x - t_0) plus, at every knot, the change of its slope
times max(0, x - t_i).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Column
from relurules.errors import ModelError
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import AffineMap, Network, Neuron
from relurules.tracing.network_size import check_network_size
from relurules.tracing.sklearn.forms import (
    CategoryTable,
    FeatureForm,
    Hinge,
    Signal,
    combine_signals,
    lay_out_columns,
    list_hinges,
    to_feature_form,
)
from relurules.tracing.sklearn.score_maps import prepend_affine_map

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BentLine:
    """A continuous piecewise linear function of one number.

    knots, values: (k,) where its slope changes, rising, and what it is there.
    left, right: its slopes outside the knots.
    """

    knots: Array
    values: Array
    left: float = 0.0
    right: float = 0.0

    def at(self, x: float) -> float:
        """Its value; NaN of NaN."""
        below = min(x - float(self.knots[0]), 0.0) * self.left
        above = max(x - float(self.knots[-1]), 0.0) * self.right
        return float(np.interp(x, self.knots, self.values)) + below + above

    @property
    def bends(self) -> Array:
        """(k,) how much its slope changes at every knot."""
        slopes = np.diff(self.values) / np.diff(self.knots)
        return np.diff(np.concatenate([[self.left], slopes, [self.right]]))


def apply_curve(step: str, signal: Signal, curves: Sequence[BentLine]) -> list[Signal]:
    """Curves with the same knots, each of the same signal; the units that they share are made once.
    step: whose curves they are.
    """
    form = to_feature_form(signal)
    if (alone := _find_one_table(form)) is not None:
        column, table = alone
        return [
            _map_table(column, table, lambda x, curve=curve: curve.at(form.constant + x))  # type: ignore[misc]
            for curve in curves
        ]
    if not form.numbers and not form.tables and form.is_simple:
        return [FeatureForm(curve.at(form.constant), {}, {}) for curve in curves]

    bent = np.any([curve.bends != 0.0 for curve in curves], axis=0)
    hinges = {
        place: Hinge(step, form._replace(constant=form.constant - float(curves[0].knots[place])))
        for place in np.flatnonzero(bent).tolist()
    }

    return [_sum_curve(form, curve, hinges) for curve in curves]


def _find_one_table(form: FeatureForm) -> tuple[int, CategoryTable] | None:
    """The table that alone tells the form, and its column."""
    if form.numbers or not form.is_simple or len(form.tables) != 1:
        return None
    ((column, table),) = form.tables.items()

    return column, table


def _map_table(column: int, table: CategoryTable, curve: Callable[[float], float]) -> FeatureForm:
    """What a function makes of each value's number; NaN, which may still be filled, is left so."""

    def move(number: float | None) -> float | None:
        return number if number is None or np.isnan(number) else curve(number)

    numbers = {value: move(number) for value, number in table.values.items()}

    return FeatureForm(0.0, {}, {column: CategoryTable(numbers, move(table.other), table.mark)})


def _sum_curve(form: FeatureForm, curve: BentLine, hinges: dict[int, Hinge]) -> FeatureForm:
    bends = curve.bends
    start = float(curve.values[0]) - curve.left * float(curve.knots[0])
    (line,) = combine_signals(np.array([[curve.left]]), np.array([start]), [form])
    found = to_feature_form(line)
    # A column that the curve doesn't read is one that must have a value all the same.
    numbers = {**dict.fromkeys(form.numbers, 0.0), **found.numbers}
    added = {hinge: float(bends[place]) for place, hinge in hinges.items() if bends[place]}
    total = {**found.hinges}
    for hinge, bend in added.items():
        total[hinge] = total.get(hinge, 0.0) + bend

    return found._replace(numbers=numbers, hinges=total)


def lay_out_features(
    signals: Sequence[Signal], names: Sequence[str]
) -> tuple[tuple[Column, ...], AffineMap | Network]:
    """The columns of the table that `signals` read, and the signals as functions of their
    coordinates: a network where some are bent.
    """
    forms = [to_feature_form(signal) for signal in signals]
    hinges = list_hinges(forms)
    columns, rows = lay_out_columns([*forms, *(hinge.form for hinge in hinges)], names)
    if not hinges:
        return columns, rows

    n = len(forms)
    steps = Counter(hinge.step for hinge in hinges)
    check_network_size(len(hinges), rows.weights.shape[1], steps)
    reads = np.array(
        [
            [form.hinges.get(hinge, 0.0) for hinge in hinges]
            for form in (*forms, *(hinge.form for hinge in hinges))
        ]
    )
    units = [hinge.step for hinge in hinges]

    return columns, Network(
        rows.weights[n:],
        reads[n:],
        rows.constants[n:],
        rows.weights[:n],
        reads[:n],
        rows.constants[:n],
        np.zeros(len(hinges)),
        tuple(Neuron(step, units[:k].count(step)) for k, step in enumerate(units)),
    )


def prepend_preprocessing(before: AffineMap | Network, network: Network) -> Network:
    """The network of what the steps before it make, in the inputs of these.

    ModelError for a tree of linear models behind units.
    """
    if not isinstance(before, Network):
        return prepend_affine_map(before, network)
    if isinstance(network, LocalTree):
        raise ModelError(
            "a tree of linear models can't stand behind a step that clips or bends "
            f"({before.neurons[0].layer!r}); supported: affine steps and encoders before it"
        )
    return _chain_networks(before, network)


def _chain_networks(first: Network, second: Network) -> Network:
    """second(first(x)) as one network."""
    K, k = len(second), len(first)
    layers = Counter(neuron.layer for neuron in (*first.neurons, *second.neurons))
    check_network_size(K + k, first.A.shape[1], layers)
    return Network(
        np.vstack([first.A, second.A @ first.C]),
        np.block([[first.L, np.zeros((k, K))], [second.A @ first.U, second.L]]),
        np.concatenate([first.b, second.b + second.A @ first.c]),
        second.C @ first.C,
        np.hstack([second.C @ first.U, second.U]),
        second.c + second.C @ first.c,
        np.concatenate([first.slope, second.slope]),
        (*first.neurons, *second.neurons),
    )
