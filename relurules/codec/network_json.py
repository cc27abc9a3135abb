"""Networks <-> plain JSON values; rows of matrices that are nearly all 0 hold their other entries
by number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from relurules.ir.network import Array, Network, Neuron

#: Up to so many columns, rows are written in full.
_FEW = 8

#: Larger matrices are refused: a few bytes may stand for them, and no search ever gets through with
#: such a network.
_LARGEST = 2**28

_MATRICES, _VECTORS = ("A", "L", "C", "U"), ("b", "c", "slope")


def network_to_json(network: Network) -> dict[str, Any]:
    """The arrays of a network, and its neurons."""
    return {
        **{name: [_row_to_json(row) for row in getattr(network, name)] for name in _MATRICES},
        **{name: getattr(network, name).tolist() for name in _VECTORS},
        "neurons": [{"layer": neuron.layer, "unit": neuron.unit} for neuron in network.neurons],
    }


def _row_to_json(row: Array) -> list[float] | dict[str, float]:
    places = np.flatnonzero(row)
    if len(row) <= _FEW or 2 * len(places) >= len(row):
        return row.tolist()  # type: ignore[no-any-return]
    return {str(j): value for j, value in zip(places.tolist(), row[places].tolist(), strict=True)}


def network_from_json(found: Mapping[str, Any], d: int, m: int) -> Network:
    """The network of a validated file that reads d columns and gives m scores; ValueError where
    sizes don't fit.
    """
    K = len(found["neurons"])
    if K * max(K, d) > _LARGEST:
        raise ValueError(
            f"network has {K} neurons and {d} columns, a matrix of more than {_LARGEST} numbers"
        )

    widths = {"A": (K, d), "L": (K, K), "C": (m, d), "U": (m, K)}
    arrays = {name: _read_matrix(found[name], name, shape) for name, shape in widths.items()}
    for name, length in (("b", K), ("c", m), ("slope", K)):
        arrays[name] = np.array(found[name], dtype=np.float64)
        _check_shape(name, arrays[name].shape, (length,))

    if any(row[k:].any() for k, row in enumerate(arrays["L"])):
        raise ValueError("network.L isn't strictly lower triangular")
    return Network(
        **arrays,
        lifting=None,
        neurons=tuple(Neuron(item["layer"], item["unit"]) for item in found["neurons"]),
    )


def _read_matrix(rows: Sequence[Any], name: str, shape: tuple[int, int]) -> Array:
    if 0 not in shape:
        _check_shape(name, (len(rows), shape[1]), shape)

    matrix = np.zeros(shape)
    for i, row in enumerate(rows[: shape[0]]):
        if isinstance(row, dict):
            places = [int(place) for place in row]
            if any(place >= shape[1] for place in places):
                raise ValueError(
                    f"network.{name}[{i}] names column {max(places)} of {shape[1]}, counted from 0"
                )
            matrix[i, places] = list(row.values())
        else:
            _check_shape(f"{name}[{i}]", (len(row),), (shape[1],))
            matrix[i] = row

    return matrix


def _check_shape(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ValueError(f"network.{name} has shape {shape}, expected {expected}")
