"""Whether a state that was read from a file is one that compiled code, which checks no index, may
be given.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.lp.dictionary import Dictionary
from relurules.partitioning import state_layout
from relurules.partitioning.state import CellStack, SearchState

#: Arrays that grow, all along their first axis; `Stack.basic` grows along both.
_GROWING = {"cuts", "cut_error", "cut_of", "table", "basic", *CellStack._fields}


def is_sound(state: SearchState, fresh: SearchState) -> bool:
    """Whether arrays fit one another and every index is inside them. fresh: a new state of the same
    search.
    """
    alike = _is_alike(state, fresh) and np.array_equal(state.node.options, fresh.node.options)
    return alike and _fits_together(state) and _is_inside(state)


def _is_alike(state: SearchState, fresh: SearchState) -> bool:
    """Types as in the new state, and shapes but for what grows."""
    groups: list[tuple[Any, Any]] = list(zip(state[1:], fresh[1:], strict=True))
    return all(
        array.dtype == like.dtype
        and array.ndim == like.ndim
        and _has_shape(array, like, name in _GROWING)
        for group, other in groups
        for name, array, like in zip(group._fields, group, other, strict=True)
    )


def _has_shape(array: NDArray[Any], like: NDArray[Any], grows: bool) -> bool:
    if not grows:
        return array.shape == like.shape
    return len(array) >= len(like) and (like.dtype == np.int32 or array.shape[1:] == like.shape[1:])


def _fits_together(state: SearchState) -> bool:
    node, stack, rows, F = state.node, state.stack, len(state.work.basic), len(state.node.center)
    slots = len(stack.first)
    return bool(
        all(len(array) == slots for array in stack[1:])
        and stack.basic.shape[1] == rows
        and stack.nonbasic.shape[1] == F
        and all(D.table.shape[0] == len(D.basic) for D in (state.work, state.spare, state.ball))
        and len(state.spare.basic) == rows
        and len(state.ball.basic) >= rows + 2 * F
        and 0 <= node.counts[state_layout.TOP] <= slots
        and 0 <= node.counts[state_layout.POOLED] <= len(stack.pool)
    )


def _is_inside(state: SearchState) -> bool:
    node, stack, F = state.node, state.stack, len(state.node.center)
    top, variables = int(node.counts[state_layout.TOP]), F + len(node.cuts)
    used = stack.used[:top, 0]
    ends = stack.first[:top] + used * state.work.table.shape[1]
    return bool(
        _are_places(np.vstack([stack.at[:top], node.at[None]]), state)
        and not node.counts[[state_layout.LEAVES_OUT, state_layout.SPLITS_OUT]].any()
        and _is_between(node.counts, 0, 2**62)
        and _is_between(used, 0, len(state.work.basic) - 1)
        and _is_between(stack.first[:top], 0, len(stack.pool))
        and _is_between(ends, 0, len(stack.pool))
        and all(_is_dictionary(D, variables) for D in (state.work, state.spare))
        and all(_is_between(array, 0, variables - 1) for array in (stack.basic, stack.nonbasic))
    )


def _are_places(at: NDArray[np.int64], state: SearchState) -> bool:
    K, levels = len(state.net.slope), len(state.net.starts) - 1
    turned = at[at[:, state_layout.OTHER] != 0]
    return bool(
        _is_between(at[:, state_layout.LEVEL], -1, levels - 1)
        and _is_between(at[:, [state_layout.NEXT, state_layout.ASKED]], 0, K)
        and _is_between(at[:, state_layout.DEPTH], 0, len(state.node.cuts))
        and _is_between(
            turned[:, [state_layout.NEXT, state_layout.DEPTH]], 1, max(K, len(state.node.cuts))
        )
    )


def _is_dictionary(D: Dictionary, variables: int) -> bool:
    F, rows = len(D.low), len(D.basic)
    return bool(
        _is_between(D.used[0], 0, rows - 1)
        and _is_between(D.basic, 0, variables - 1)
        and _is_between(D.nonbasic, 0, variables - 1)
        and _is_between(D.place, -F, rows - 1)
    )


def _is_between(values: Any, low: int, high: int) -> bool:
    return bool((low <= np.asarray(values)).all() and (np.asarray(values) <= high).all())
