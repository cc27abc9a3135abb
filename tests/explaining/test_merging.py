"""Local models merged, refitted, flattened."""

import numpy as np
import pytest
from explained_models import kinds, line, request
from handmade import graph, network, rows_in

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.explaining.flattening import flatten_models, score_model_counts
from relurules.explaining.merging import merge_models
from relurules.ir import Head
from relurules.plotting.plot_kinds import PlotRequest

BOX = rr.Domain.box([-1, -1], [1, 1])


def bends() -> tuple[PlotRequest, np.ndarray, np.ndarray]:
    """y = |a| with small bends along b: many local models, of which two differ much; y has no
    noise.
    """
    cuts = np.linspace(-0.9, 0.9, 9)
    A = np.vstack([[[1.0, 0.0]], np.tile([0.0, 1.0], (9, 1))])
    net = network(A, np.append(0.0, -cuts), [np.append(2.0, np.full(9, 1e-3))], C=[[-1.0, 0.0]])
    X = rows_in(BOX, 1500)
    y = net.evaluate(X)[:, 0]
    return PlotRequest(rr.reached(graph(net), X), X, y), X, y


def test_neighbours_with_like_coefficients_become_one() -> None:
    asked, X, y = bends()
    assert len(asked.models) == 20
    merged = merge_models(*asked.judged(), 2)
    assert len(merged) == 2
    assert sorted(merged.weights[:, 0].round(1).tolist()) == [-1.0, 1.0]
    assert merged.rows.sum() == 1500
    of = merged.of[asked.rules.apply(X) - 1]
    assert np.corrcoef(of, X[:, 0] > 0)[0, 1] ** 2 == pytest.approx(1.0)
    assert np.abs(merged.predict(X) - y).mean() < 0.02
    assert (merged.locate(merged.centres) == merged.members).all()


def test_as_many_as_there_are_stay_apart() -> None:
    asked, _, _ = bends()
    merged = merge_models(*asked.judged(), 50)
    assert sorted(merged.of.tolist()) == list(range(20))


def test_rules_of_two_classes_and_flattening() -> None:
    net = network([[1.0, 0.0]], [0.0], [[8.0]], C=[[-4.0, 0.0]], c=[-2.0])  # 4 |a| - 2
    rules = rr.extract(graph(net, ["p"], [Head("sigmoid", (0,))]), domain=BOX)
    X = rows_in(BOX, 600)
    y = (np.random.default_rng(0).random(600) < rules.predict(X)[:, 0]).astype(int)
    asked = PlotRequest(rules, X, y)
    sample, response = asked.judged()
    merged = merge_models(sample, response, 2)
    assert sorted(np.sign(merged.weights[:, 0]).tolist()) == [-1.0, 1.0]
    flat = flatten_models(sample, response, merged)
    assert (len(flat.network), flat.heads) == (1, (Head("sigmoid", (0,)),))
    assert merged.neighbours() == [(0, 1)]
    assert flat.features == rules.features
    again = rr.extract(flat, data=X[:, :1], y=y)
    assert again.evidence is not None
    assert rules.summary(X, y)["local AUC"].notna().all()
    assert again.evidence.metrics["AUC"] > 0.65


def test_what_fewer_cost_is_scored_on_rows_held_back() -> None:
    asked, _, _ = bends()
    found = score_model_counts(*asked.judged(), (1, 2, 64))
    assert (found.counts, found.models, found.measure, found.held) == ((1, 2, 20), 20, "R2", 300)
    assert found.network == pytest.approx(1.0)
    assert found.merged[0] < 0.2 < 0.9 < found.merged[1]
    assert found.flattened[1] > 0.9


def test_more_than_two_classes_are_refused() -> None:
    rules, frame = kinds()
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    net = network([[1.0, 0.0]], [0.0], np.ones((3, 1)))
    three = rr.extract(graph(net, ["p", "q", "r"], heads), domain=BOX)
    X = rows_in(BOX, 30)
    asked = request(three, X, np.arange(30) % 3)
    with pytest.raises(
        UnsupportedError, match="this is for a number, or for the log odds of two classes"
    ):
        merge_models(*asked.judged(), 2)
    assert len(frame) == 5
    assert len(line()[0]) == len(rules) + 1
