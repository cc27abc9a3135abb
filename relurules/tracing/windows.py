"""Convolutions and pooling in numpy, of many tensors at once: (..., channels, *size), windows as
`relu_blocks.index_windows` numbers them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relurules.tracing.affine import Array

#: (places, windows): which entry stands at each place of each window, -1 in the padding.
Windows = NDArray[np.intp]


def convolve(x: Array, weights: Array, index: Windows, groups: int, out: Sequence[int]) -> Array:
    """The sum over each window, times the kernel (O, channels of a group, *size)."""

    def run(flat: Array, kernel: Array) -> Array:
        found = np.zeros((*flat.shape[:-2], len(kernel), index.shape[1]))
        for i, place in enumerate(index):
            found += kernel[:, :, i] @ (flat[..., np.maximum(place, 0)] * (place >= 0))
        return found

    kernels = np.split(weights.reshape(*weights.shape[:2], -1), groups)
    parts = zip(np.split(_flatten(x, len(out)), groups, axis=-2), kernels, strict=True)
    joined = np.concatenate([run(flat, kernel) for flat, kernel in parts], axis=-2)
    return joined.reshape(*joined.shape[:-1], *out)


def spread(x: Array, weights: Array, index: Windows, groups: int, out: Sequence[int]) -> Array:
    """Every entry times the kernel (channels, O of a group, *size), added to the window of the
    output that it makes.
    """

    def run(flat: Array, kernel: Array) -> Array:
        found = np.zeros((*flat.shape[:-2], kernel.shape[1], int(np.prod(out))))
        for i, place in enumerate(index):
            inside = place >= 0
            found[..., place[inside]] += kernel[:, :, i].T @ flat[..., inside]
        return found

    kernels = np.split(weights.reshape(*weights.shape[:2], -1), groups)
    parts = zip(np.split(_flatten(x, len(out)), groups, axis=-2), kernels, strict=True)
    joined = np.concatenate([run(flat, kernel) for flat, kernel in parts], axis=-2)
    return joined.reshape(*joined.shape[:-1], *out)


def sum_windows(x: Array, index: Windows, share: Array | float, out: Sequence[int]) -> Array:
    """For every window the sum over its places, times its share."""
    flat = _flatten(x, len(out))
    total = np.zeros((*flat.shape[:-1], index.shape[1]))
    for place in index:
        total += flat[..., np.maximum(place, 0)] * (place >= 0)
    return np.asarray((total * share).reshape(*flat.shape[:-1], *out))


def take_window_maxima(x: Array, index: Windows, out: Sequence[int]) -> Array:
    """The largest entry of every window, none of which lies in the padding alone."""
    flat = _flatten(x, len(out))
    found = np.full((*flat.shape[:-1], index.shape[1]), -np.inf)
    for place in index:
        found = np.maximum(found, np.where(place >= 0, flat[..., np.maximum(place, 0)], -np.inf))
    return found.reshape(*flat.shape[:-1], *out)


def _flatten(x: Array, rank: int) -> Array:
    return x.reshape(*x.shape[: x.ndim - rank], -1)
