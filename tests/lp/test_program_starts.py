"""Starts of programs that are kept: as if each were computed anew."""

import numpy as np
import pytest

from relurules.lp import program_starts
from relurules.lp.maxima import bound_maxima


def draw_polytope(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(9, 3))
    G = np.vstack([np.eye(3), -np.eye(3), rows / np.linalg.norm(rows, axis=1)[:, None]])
    return G, np.concatenate([np.ones(6), rng.uniform(0.2, 0.8, 9)])


@pytest.mark.parametrize("seed", range(4))
def test_answers_dont_depend_on_what_was_asked_before(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    G, h = draw_polytope(seed)
    forms = np.random.default_rng(seed + 9).normal(size=(8, 4))
    kept = [bound_maxima(G, h, forms[i : i + 2]) for i in (0, 2, 4, 6, 0, 2)]
    monkeypatch.setattr(program_starts, "_LARGEST", 0)
    for i, found in zip((0, 2, 4, 6, 0, 2), kept, strict=True):
        anew = bound_maxima(G, h, forms[i : i + 2])
        assert np.array_equal(found.bounds, anew.bounds)
        assert np.array_equal(found.points, anew.points)


def test_what_is_kept_is_of_the_numbers_themselves() -> None:
    G, h = draw_polytope(0)
    form = np.array([[1.0, 0.0, 0.0, 0.0]])
    before = bound_maxima(G, h, form).bounds[0]
    h[0] = 0.01  # in place
    assert bound_maxima(G, h, form).bounds[0] == pytest.approx(0.01)
    assert before > 0.02
    assert bound_maxima(G.astype(int).astype(float), h, form).bounds[0] == pytest.approx(0.01)
    whole = np.vstack([np.eye(3, dtype=int), -np.eye(3, dtype=int)])
    assert bound_maxima(whole, np.full(6, 2), form).bounds[0] == pytest.approx(2.0)  # type: ignore[arg-type]


def test_a_vertex_is_not_moved() -> None:
    G, h = draw_polytope(1)
    start = program_starts.find_program_start(G, h)
    assert start.vertex is not None
    assert start.vertex.dictionary is not None
    before = program_starts.clone_dictionary(start.vertex.dictionary)
    bound_maxima(G, h, np.random.default_rng(0).normal(size=(5, 4)))
    assert program_starts.find_program_start(G, h) is start
    for one, other in zip(before, start.vertex.dictionary, strict=True):
        assert np.array_equal(one, other)
