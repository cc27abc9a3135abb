"""Planes through the domain: pieces fill it, lie where their rules apply, and meet on exact
boundaries.
"""

import numpy as np
import pandas as pd
import pytest
from explained_models import kinds, line
from handmade import graph, network, random_network, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.errors import DataError, DomainError, UnsupportedError
from relurules.explaining.score_view import list_features
from relurules.explaining.slices import Slice, choose_box, cut_slice


def cut(rules: rr.RuleSet, names: tuple[str, str], at: np.ndarray) -> Slice:
    pair = [feature for feature in list_features(rules.local_models) if feature.name in names]
    return cut_slice(rules, 0, names, at, choose_box(rules.local_models, pair, None))


def test_the_boundary_is_where_the_neuron_is_zero() -> None:
    rules, _, _ = line()
    found = cut(rules, ("a", "b"), np.array([0.0, 0.0]))
    assert [piece.share for piece in sorted(found.pieces, key=lambda p: p.share)] == pytest.approx(
        [0.25, 0.75]
    )
    for piece in found.pieces:
        low, high = piece.corners[:, 0].min(), piece.corners[:, 0].max()
        assert (low, high) in ((0.0, 1.0), (1.0, 4.0))
        assert piece.value == pytest.approx(rules.predict(piece.middle[None])[0, 0])


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_pieces_fill_the_plane_and_hold_their_rules(seed: int) -> None:
    random = np.random.default_rng(seed)
    domain = rr.Domain.box([-1] * 3, [1] * 3).where("x0 + x1 + x2 <= 1.5")
    rules = rules_of(random_network(seed, 3, 5, 1), domain)
    at = random.uniform(-0.9, 0.4, 3)
    found = cut(rules, ("x0", "x1"), at)
    assert sum(piece.share for piece in found.pieces) == pytest.approx(1.0)
    for piece in found.pieces:
        weights = random.dirichlet(np.ones(len(piece.corners)), 5)
        points = np.column_stack([weights @ piece.corners, np.full(5, at[2])])
        number = rules.apply(points)
        if piece.share > 1e-6:
            assert (number == piece.model).all()


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_patterns_of_a_network_fill_the_plane(seed: int) -> None:
    random = np.random.default_rng(seed)
    net = random_network(seed, 3, 8, 1)
    X = random.uniform(-1, 1, (60, 3))
    reached = rr.reached(graph(net), X)
    found = cut_slice(reached, 0, ("x0", "x1"), X[0], np.array([[-1.0, 1.0], [-1.0, 1.0]]))
    assert sum(piece.share for piece in found.pieces) == pytest.approx(1.0)
    assert reached.apply(X[:1])[0] in {piece.model for piece in found.pieces}
    middles = np.array([[*piece.middle, X[0, 2]] for piece in found.pieces])
    large = np.array([piece.share > 1e-6 for piece in found.pieces])
    assert (reached.apply(middles) == [piece.model for piece in found.pieces])[large].all()
    assert [piece.value for piece in found.pieces] == pytest.approx(
        net.evaluate(middles)[:, 0].tolist()
    )
    signs = {tuple(np.sign(net.preactivations(row[None]))[0]) for row in middles[large]}
    assert len(signs) == large.sum()  # one piece per pattern


def test_others_are_named_and_categories_stay_put() -> None:
    frame = pd.DataFrame({"kind": list("ab") * 5, "x": np.arange(10.0), "y": np.arange(10.0)})
    net = network([[5.0, 0.0, 1.0, 1.0]], [-9.0], [[1.0]])
    rules = rules_of(net, rr.Domain.from_data(frame))
    at = rules.domain.rows(frame)[0]
    found = cut(rules, ("x", "y"), at)
    assert found.others == ("kind = a",)
    assert len(found.pieces) == 2
    with pytest.raises(UnsupportedError, match="'kind' holds categories"):
        cut(rules, ("kind", "x"), at)
    at[:2] = 0.5
    with pytest.raises(DomainError, match="no row of the domain lies in the plane"):
        cut(rules, ("x", "y"), at)


def test_what_is_drawn() -> None:
    rules, X, _ = line()
    pair = list_features(rules.local_models)
    assert choose_box(rules.local_models, pair, None).tolist() == [[0.0, 4.0], [0.0, 1.0]]
    assert choose_box(rules.local_models, pair, X) == pytest.approx(
        np.quantile(X, [0.01, 0.99], axis=0).T
    )
    open_rules = rules_of(network([[1.0, 0.0]], [0.0], [[1.0]]))
    with pytest.raises(DataError, match="'x0' has no bounds in the domain; give data"):
        choose_box(open_rules.local_models, list_features(open_rules.local_models), None)
    with pytest.raises(DataError, match="two different columns"):
        cut_slice(rules, 0, ("a", "a"), np.zeros(2), choose_box(rules.local_models, pair, None))
    assert kinds()[0].domain.names[3] == "x"
