"""Many rows go where each goes by itself."""

import numpy as np
import pytest

from relurules.ir.partition import Tree
from relurules.ir.tree_routing import UNEXPLORED, find_tree_forms, route_many

#: Of fewer rows, each row's side is told by its own sum.
FEW, MANY = 100, 3000


def draw_tree(random: np.random.Generator, splits: int, forms: int, width: int) -> Tree:
    """A tree of splits that share few forms; some of its children were not looked into."""
    children = np.full((splits, 2), UNEXPLORED, dtype=np.int32)
    free = [(0, 0), (0, 1)]
    for split in range(1, splits):
        children[free.pop(random.integers(len(free)))] = split
        free += [(split, 0), (split, 1)]

    for leaf, place in enumerate(free[::2]):
        children[place] = ~leaf

    normals = random.normal(size=(forms, width)) * (random.random((forms, width)) < 0.6)
    normals, offsets = np.round(2 * normals), np.round(random.normal(size=forms))
    which = random.integers(0, forms, splits)
    none = np.full(splits, -1, dtype=np.intp)
    return Tree(none, normals[which] / 3, offsets[which] / 3, children)


def draw_rows(random: np.random.Generator, width: int) -> list[np.ndarray]:
    """Rows anywhere, on splits, and ones of which some are huge, tiny or no numbers."""
    anywhere = random.normal(size=(MANY, width))
    whole = random.integers(-2, 3, (MANY, width)).astype(float)
    near = whole * (1 + random.integers(-2, 3, (MANY, width)) * np.finfo(float).eps)
    odd = whole.copy()
    odd[::50, 0] = random.choice([1e300, -1e308, np.inf, np.nan, 1e-310], len(odd[::50]))
    return [anywhere, np.asfortranarray(whole), near, odd]


@pytest.mark.parametrize(("splits", "forms", "width"), [(1, 1, 1), (40, 4, 3), (60, 300, 5)])
def test_many_rows_go_where_each_goes(splits: int, forms: int, width: int) -> None:
    random = np.random.default_rng(splits)
    tree = draw_tree(random, splits, forms, width)
    for X in draw_rows(random, width):
        with np.errstate(all="ignore"):
            parts = [tree.route(X[at : at + FEW]) for at in range(0, MANY, FEW)]
            assert np.array_equal(tree.route(X), np.concatenate(parts))


def test_rows_on_splits_are_left_to_their_own_sums() -> None:
    """A value that rounding may turn has no side; others are told."""
    children = np.array([[-1, -2]], dtype=np.int32)
    forms = find_tree_forms(np.array([[0.1, 0.2]]), np.array([-0.3]), children)
    assert forms is not None
    ends = route_many(forms, np.array([[1.0, 1.0], [1.0, 1.0 + 1e-12], [1.0, 1.0 - 1e-12]]))
    assert ends[0] not in (-1, -2)
    assert ends[1:].tolist() == [-2, -1]


def test_trees_of_many_forms_have_none_in_common() -> None:
    random = np.random.default_rng(0)
    children = np.full((200, 2), UNEXPLORED, dtype=np.int32)
    assert find_tree_forms(random.normal(size=(200, 2)), np.zeros(200), children) is None
    assert find_tree_forms(np.zeros((0, 2)), np.zeros(0), children[:0]) is None
