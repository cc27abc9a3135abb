"""Whether a state that was read from a file is one that compiled code, which checks no index, may be given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.lp.dictionary import Dictionary
from relurules.partitioning import key
from relurules.partitioning.state import Stack, State

#: Arrays that grow, all along their first axis; `Stack.basic` grows along both.
_GROWING = {"cuts", "cut_error", "cut_of", "table", "basic", *Stack._fields}


def is_sound(state: State, fresh: State) -> bool:
    """Whether arrays fit one another and every index is inside them. fresh: a new state of the same search."""
    alike = _is_alike(state, fresh) and np.array_equal(state.node.options, fresh.node.options)
    return alike and _fits_together(state) and _is_inside(state)


def _is_alike(state: State, fresh: State) -> bool:
    """Types as in the new state, and shapes but for what grows."""
    groups: list[tuple[Any, Any]] = list(zip(state[1:], fresh[1:], strict=True))
    return all(
        array.dtype == like.dtype and array.ndim == like.ndim and _has_shape(array, like, name in _GROWING)
        for group, other in groups
        for name, array, like in zip(group._fields, group, other, strict=True)
    )


def _has_shape(array: NDArray[Any], like: NDArray[Any], grows: bool) -> bool:
    if not grows:
        return array.shape == like.shape
    return len(array) >= len(like) and (like.dtype == np.int32 or array.shape[1:] == like.shape[1:])


def _fits_together(state: State) -> bool:
    node, stack, rows, F = state.node, state.stack, len(state.work.basic), len(state.node.center)
    slots = len(stack.first)
    return bool(
        all(len(array) == slots for array in stack[1:])
        and stack.basic.shape[1] == rows
        and stack.nonbasic.shape[1] == F
        and all(D.table.shape[0] == len(D.basic) for D in (state.work, state.spare, state.ball))
        and len(state.spare.basic) == rows
        and len(state.ball.basic) >= rows + 2 * F
        and 0 <= node.counts[key.TOP] <= slots
        and 0 <= node.counts[key.POOLED] <= len(stack.pool)
    )


def _is_inside(state: State) -> bool:
    node, stack, F = state.node, state.stack, len(state.node.center)
    top, variables = int(node.counts[key.TOP]), F + len(node.cuts)
    used = stack.used[:top, 0]
    ends = stack.first[:top] + used * state.work.table.shape[1]
    return bool(
        _are_places(np.vstack([stack.at[:top], node.at[None]]), state)
        and not node.counts[[key.LEAVES_OUT, key.SPLITS_OUT]].any()
        and _between(node.counts, 0, 2**62)
        and _between(used, 0, len(state.work.basic) - 1)
        and _between(stack.first[:top], 0, len(stack.pool))
        and _between(ends, 0, len(stack.pool))
        and all(_is_dictionary(D, variables) for D in (state.work, state.spare))
        and all(_between(array, 0, variables - 1) for array in (stack.basic, stack.nonbasic))
    )


def _are_places(at: NDArray[np.int64], state: State) -> bool:
    K, levels = len(state.net.slope), len(state.net.starts) - 1
    turned = at[at[:, key.OTHER] != 0]
    return bool(
        _between(at[:, key.LEVEL], -1, levels - 1)
        and _between(at[:, [key.NEXT, key.ASKED]], 0, K)
        and _between(at[:, key.DEPTH], 0, len(state.node.cuts))
        and _between(turned[:, [key.NEXT, key.DEPTH]], 1, max(K, len(state.node.cuts)))
    )


def _is_dictionary(D: Dictionary, variables: int) -> bool:
    F, rows = len(D.low), len(D.basic)
    return bool(
        _between(D.used[0], 0, rows - 1)
        and _between(D.basic, 0, variables - 1)
        and _between(D.nonbasic, 0, variables - 1)
        and _between(D.place, -F, rows - 1)
    )


def _between(values: Any, low: int, high: int) -> bool:
    return bool((low <= np.asarray(values)).all() and (np.asarray(values) <= high).all())
