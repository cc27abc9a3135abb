"""Which pieces make a convex one."""

import numpy as np
import pytest
from grounds import box, first_pieces, ground_of, largest_of
from handmade import lines, random_network, rows_in

from relurules.ir.partition import Side
from relurules.ir.rule_table import Sides
from relurules.rules.convex_unions import drop_implied_sides, find_convex_union, find_convex_whole
from relurules.rules.pieces import PiecewiseFunction


def inside(ground: PiecewiseFunction, sides: Sides, X: np.ndarray) -> np.ndarray:
    G, h = ground.polytope(sides)
    return np.asarray((h >= X @ G.T).all(axis=1))


def test_quarters_of_a_square() -> None:
    ground = ground_of(lines([[1, 0], [0, 1]], [0, 0]))
    pieces = [piece.splits for piece in first_pieces(ground)]  # --, -+, +-, ++
    assert find_convex_union(ground, pieces[0], pieces[3]) is None
    left = find_convex_union(ground, pieces[0], pieces[1])
    right = find_convex_union(ground, pieces[2], pieces[3])
    assert left is not None
    assert right is not None
    assert len(left) == len(right) == 1
    assert find_convex_union(ground, left, right) == ()
    assert find_convex_union(ground, left, pieces[3]) is None
    assert find_convex_whole(ground, pieces, range(4)) == ()
    assert find_convex_whole(ground, pieces[:3], range(3)) is None
    assert find_convex_whole(ground, pieces[:2], range(2)) == left


def test_needed_leaves_out_what_others_imply() -> None:
    ground = ground_of(lines([[1, 0], [1, 0]], [0, -0.5]))
    (first, second) = range(2)
    assert drop_implied_sides(ground, [Side(first, 1), Side(second, 1)]) in {
        (Side(second, 1),),
        (Side(first, 1),),
    }
    X = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    kept = drop_implied_sides(ground, [Side(first, 1), Side(second, 1)])
    assert (inside(ground, kept, X) == inside(ground, (Side(first, 1), Side(second, 1)), X)).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_union_holds_just_the_points_of_both(seed: int) -> None:
    ground = ground_of(random_network(seed, d=2, K=4, m=1))
    pieces = [piece.splits for piece in first_pieces(ground)]
    X = rows_in(box(2), 1500, seed)
    found = 0
    for i in range(len(pieces)):
        for j in range(i):
            union = find_convex_union(ground, pieces[i], pieces[j])
            both = inside(ground, pieces[i], X) | inside(ground, pieces[j], X)
            if union is not None:
                found += 1
                assert (inside(ground, union, X) == both).all()
    assert found > 1


def test_all_of_a_map_where_no_two_parts_go_together() -> None:
    rng = np.random.default_rng(2)
    net = largest_of(rng.normal(size=(8, 3)), rng.normal(size=8) * 0.3)
    ground = ground_of(net)
    pieces = first_pieces(ground)
    for i, piece in enumerate(pieces):
        alike = [j for j in range(len(pieces)) if ground.same(pieces[j].forms, piece.forms)]
        if alike[0] != i:
            continue
        regions = {region for j in alike for region in pieces[j].regions}
        whole = find_convex_whole(ground, [pieces[j].splits for j in alike], regions)
        assert whole is not None  # where one affine function is the largest, the points are convex


def test_a_strip_between_two_nearly_equal_lines_is_nobodys_to_give_away() -> None:
    """Left of x = 0 and right of x = 2e-10 make no convex piece: between them the function is
    another one.
    """
    ground = ground_of(lines([[1, 0], [1, 0]], [0, -2e-10]))
    planes = ground.partition.tree.offsets
    if len(planes) < 2:  # a search that takes the strip for none has one line only
        assert len(ground.partition) == 2
        return
    first, second = int(np.argmax(planes)), int(np.argmin(planes))
    assert find_convex_union(ground, (Side(first, 0),), (Side(second, 1),)) is None
    assert not ground.same_plane(first, np.array([second])).any()
    assert find_convex_union(ground, (Side(first, 0),), (Side(first, 1),)) == ()


def test_no_word_of_a_solver_makes_a_union(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the simplex method proposes, pieces that make no convex one are never joined."""
    from relurules.lp import maxima as module

    ground = ground_of(lines([[1, 0], [0, 1]], [0, 0]))
    pieces = [piece.splits for piece in first_pieces(ground)]

    def garbage(D, unit, points, multipliers, done) -> None:  # type: ignore[no-untyped-def]
        done[:] = True
        multipliers[:] = np.random.default_rng(0).exponential(size=multipliers.shape)

    monkeypatch.setattr(module, "maximise_forms", garbage)
    assert find_convex_union(ground, pieces[0], pieces[3]) is None
    assert find_convex_whole(ground, pieces[:3], range(3)) is None


def test_what_holds_is_the_same_when_asked_again() -> None:
    ground = ground_of(random_network(5, d=2, K=4))
    sides = [Side(split, positive) for split in range(4) for positive in (0, 1)]
    asked = [([one, other], sides) for one in sides for other in sides if one[0] != other[0]]
    for each in asked:
        ground.holds(*each)[:] = True  # the asker's own
    again = [ground.holds(*each) for each in asked]
    ground.held.clear()
    anew = [ground.holds(*each) for each in asked]
    assert all(np.array_equal(*each) for each in zip(anew, again, strict=True))
    assert not np.concatenate(anew).all()
