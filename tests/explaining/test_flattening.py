"""Merged models as one hidden layer: values in exact rationals, the fit by normal equations."""

from fractions import Fraction

import numpy as np
import pytest
from explained_models import line
from handmade import random_network, rows_in, rules_of

import relurules as rr
from relurules.explaining import sample_rows
from relurules.explaining.flattening import flatten_models, score_model_counts
from relurules.explaining.merging import LocalModelClusters, merge_models
from relurules.ir import Graph, Head
from relurules.ir.local_models import Sample
from relurules.statistics.response import Response, read_response

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])


def prepare(seed: int, heads: list[Head] | None = None) -> tuple[Sample, Response]:
    rules = rules_of(random_network(seed, 2, 5, 1), BOX, ["y"], heads or [])
    X = rows_in(BOX, 400, seed)
    scores = rules.predict_scores(X)[:, 0]
    noise = np.random.default_rng(seed).normal(size=len(X))
    y = scores + 0.1 * noise if not heads else (scores + noise > np.median(scores)).astype(float)
    return sample_rows(rules, X)[0], read_response(rules.local_models, y, len(y))


def flatten(seed: int, models: int) -> tuple[Sample, Response, LocalModelClusters, Graph]:
    sample, response = prepare(seed)
    merged = merge_models(sample, response, models)
    return sample, response, merged, flatten_models(sample, response, merged)


def to_fractions(values: np.ndarray) -> list[Fraction]:
    return [Fraction(float(value)) for value in values]


@pytest.mark.parametrize("power", [-200, -20, 0, 20, 200])
@pytest.mark.parametrize("seed", range(3))
def test_the_network_is_what_its_numbers_say_at_every_magnitude(seed: int, power: int) -> None:
    """C x + U relu(A x + b) + c in exact rationals, far outside the data too."""
    *_, merged, graph = flatten(seed, 4)
    net = graph.network
    assert len(net.b) == len(merged.neighbours()) > 0
    X = np.random.default_rng(seed).normal(size=(20, 2)) * 10.0**power
    found, room = net.evaluate(X)[:, 0], 1e-12 * net.magnitude(X)[:, 0]
    for x, value, slack in zip(X, found, room, strict=True):
        total = Fraction(float(net.c[0])) + sum(
            w * v for w, v in zip(to_fractions(net.C[0]), to_fractions(x), strict=True)
        )
        for k in range(len(net.b)):
            z = Fraction(float(net.b[k])) + sum(
                w * v for w, v in zip(to_fractions(net.A[k]), to_fractions(x), strict=True)
            )
            total += Fraction(float(net.U[0, k])) * max(z, Fraction(0))
        assert abs(Fraction(float(value)) - total) <= Fraction(float(slack))


@pytest.mark.parametrize("seed", range(4))
def test_neurons_bend_where_neighbouring_models_are_equal(seed: int) -> None:
    *_, merged, graph = flatten(seed, 5)
    for k, (i, j) in enumerate(merged.neighbours()):
        rng = np.random.default_rng(k)
        normal = merged.weights[i] - merged.weights[j]
        gap = merged.constants[i] - merged.constants[j]
        start = rng.normal(size=2)
        x = start - normal * (normal @ start + gap) / (normal @ normal)
        one, other = (merged.weights[m] @ x + merged.constants[m] for m in (i, j))
        assert one == pytest.approx(other, abs=1e-9)
        bend = graph.network.A[k] @ x + graph.network.b[k]
        assert bend == pytest.approx(0.0, abs=1e-9)
    assert not graph.network.L.any()
    assert not graph.network.slope.any()


@pytest.mark.parametrize("seed", range(4))
def test_the_output_is_fitted_by_ridge(seed: int) -> None:
    """Normal equations of standardised columns, weight 1 on squared coefficients."""
    sample, response, _, graph = flatten(seed, 4)
    net = graph.network
    Z = np.hstack([sample.X, np.maximum(sample.X @ net.A.T + net.b, 0.0)])
    scales = np.where(np.ptp(Z, axis=0) > 0, Z.std(axis=0), 1.0)
    S, y = (Z - Z.mean(axis=0)) / scales, response.values
    weights = np.linalg.solve(S.T @ S + np.eye(S.shape[1]), S.T @ (y - y.mean()))
    assert net.evaluate(sample.X)[:, 0] == pytest.approx(S @ weights + y.mean(), abs=1e-7)


def test_what_bends_once_is_found_again() -> None:
    """y = 2 relu(a - 1) + b + 3 with noise of 0.1: two models, and rules of the flat network."""
    rules, X, y = line()
    sample, _ = sample_rows(rules, X)
    response = read_response(rules.local_models, y, len(y))
    graph = flatten_models(sample, response, merge_models(sample, response, 2))
    flat = rr.extract(graph, domain=rules.domain)
    assert len(flat) == 2
    assert graph.heads == (Head("identity", (0,)),)
    off = np.abs(flat.predict(X)[:, 0] - rules.predict(X)[:, 0])
    assert off.max() < 0.35
    assert 1 - off.var() / rules.predict(X)[:, 0].var() > 0.99


def rank_pairs(scores: np.ndarray, true: np.ndarray) -> float:
    """The share of pairs of a 1 and a 0 that are in order, ties counting half."""
    one, zero = scores[true > 0.5][:, None], scores[true <= 0.5][None]
    return float(((one > zero) + 0.5 * (one == zero)).mean())


@pytest.mark.parametrize("binary", [False, True])
def test_scores_of_fewer_models_are_those_of_rows_held_back(binary: bool) -> None:
    sample, response = prepare(1, [Head("sigmoid", (0,))] if binary else None)
    found = score_model_counts(sample, response, (1, 3, 500))
    held = np.arange(len(sample)) % 5 == 4
    assert found.held == held.sum() == 80
    assert found.measure == ("AUC" if binary else "R2")
    assert found.models == len(set(sample.of[~held].tolist()))
    assert found.counts == (1, 3, found.models)
    true = response.values[held]

    def judge(scores: np.ndarray) -> float:
        if binary:
            return rank_pairs(scores, true)
        return float(1 - ((scores - true) ** 2).sum() / ((true - true.mean()) ** 2).sum())

    assert found.network == pytest.approx(judge(sample.predictions[held, 0]))
    train = Sample(sample.models, sample.X[~held], sample.of[~held], int((~held).sum()))
    for count, merged_score, flat_score in zip(
        found.counts, found.merged, found.flattened, strict=True
    ):
        taught = response.part(~held)
        merged = merge_models(train, taught, count)
        flat = flatten_models(train, taught, merged)
        assert merged_score == pytest.approx(judge(merged.predict(sample.X[held])))
        assert flat_score == pytest.approx(judge(flat.network.evaluate(sample.X[held])[:, 0]))
        assert flat.heads == (Head("sigmoid" if binary else "identity", (0,)),)
