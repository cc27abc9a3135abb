"""So many rules that are close to the network on rows."""

import networkx
import numpy as np
import pandas as pd
import pytest
from grounds import box, first_pieces, ground_of
from handmade import Array, graph, network, random_network, rows_in

import relurules as rr
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Graph, Head, RuleSet
from relurules.rules import row_moments as module
from relurules.rules.pieces import AffinePiece
from relurules.rules.row_moments import drop_light_terms, make_row_cost, summarise_rows


def cloud(d: int, count: int = 2000, seed: int = 0) -> Array:
    """Rows in the middle of the box [-1, 1]^d."""
    return np.clip(np.random.default_rng(seed).normal(0.2, 0.15, (count, d)), -1, 1)


def off(rules: RuleSet, net: object, X: Array) -> float:
    return float(np.sqrt(np.mean((rules.predict(X) - net.evaluate(X)) ** 2)))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("seed", "count"), list(enumerate([2, 2, 4, 4] * 3)))
def test_close_on_rows_and_bounded_everywhere(seed: int, count: int) -> None:
    net = random_network(seed, d=3, K=6, m=1 + seed % 2)
    X, wide = (
        cloud(3),
        np.vstack([rows_in(box(3), 4000), np.array(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, -1).T]),
    )
    rules = rr.extract(graph(net), domain=box(3), data=X, max_rules=count, fidelity="rows")
    assert 1 <= len(rules) <= count
    assert rules.apply(X).min() > 0
    assert rules.reduction.rows == len(X)
    far = np.abs(rules.predict(wide) - net.evaluate(wide)).max()
    assert far <= rules.max_error * (1 + 1e-9)
    assert far >= 0.5 * rules.max_error  # a bound, and no more
    anywhere = rr.extract(graph(net), domain=box(3), data=X, max_rules=count)
    assert off(rules, net, X) < off(anywhere, net, X)
    assert rules.max_error >= anywhere.max_error * 0.98
    assert [step.rules for step in rules.tradeoffs] == sorted(
        (step.rules for step in rules.tradeoffs), reverse=True
    )
    assert rules.tradeoffs[-1].error == rules.max_error
    assert rules.provenance.settings["fidelity"] == "rows"


def test_a_bend_that_no_row_comes_near_costs_no_rule() -> None:
    net = network(
        [[1.0], [1.0]], [-0.2, 0.8], [[3.0, 50.0]]
    )  # bends at .2, where rows are, and at -.8
    X = np.linspace(-0.5, 1, 400)[:, None]
    rules = rr.extract(graph(net), domain=box(1), data=X, max_rules=2, fidelity="rows")
    assert len(rules) == 2
    assert off(rules, net, X) < 0.02
    assert rules.max_error > 5


def test_scores_that_are_affine_or_nothing_cost_nothing() -> None:
    net = random_network(4, d=2, K=5, m=1)
    U = np.vstack([net.U, np.zeros((2, 5))])
    several = network(
        net.A, net.b, U, L=net.L, C=[net.C[0], [1, 2], [0, 0]], c=[net.c[0], 3, 0], slope=net.slope
    )
    alone, all_three = (
        rr.extract(graph(one), domain=box(2), data=cloud(2), max_rules=3, fidelity="rows")
        for one in (net, several)
    )
    X = rows_in(box(2), 200)
    assert all_three.predict(X)[:, :1] == pytest.approx(alone.predict(X), rel=1e-9)
    assert all_three.predict(X)[:, 1:] == pytest.approx(several.evaluate(X)[:, 1:], abs=1e-3)


def test_few_enough_rules_are_left_as_they_are() -> None:
    net = random_network(3, d=2, K=3)
    exact = rr.extract(graph(net), domain=box(2), data=cloud(2))
    rules = rr.extract(
        graph(net), domain=box(2), data=cloud(2), max_rules=len(exact), fidelity="rows"
    )
    assert rules.max_error == 0.0
    assert rules.predict(cloud(2)) == pytest.approx(net.evaluate(cloud(2)), rel=1e-12)


def test_the_cost_of_a_union_is_what_least_squares_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_CENTER", "_AROUND", "_LEAST"):
        monkeypatch.setattr(module, name, 1e-9)
    net = random_network(5, d=2, K=4, m=2)
    ground, X = ground_of(net), rows_in(box(2), 5000)
    table = summarise_rows(ground, X)
    measure, spread = make_row_cost(table), table.spread
    region, Y = ground.partition.tree.route(X), net.evaluate(X)
    assert spread == pytest.approx(_residuals(X, Y), rel=1e-3)
    for one, other in ground.adjacent[:8]:
        pieces = first_pieces(ground)
        found = measure.fit(pieces[one], pieces[other])
        assert found is not None
        rows = (region == one) | (region == other)
        left = np.sqrt(_residuals(X[rows], Y[rows]) ** 2 * rows.sum() / len(X))
        assert found[0] == pytest.approx(((left / spread) ** 2).sum(), rel=1e-3, abs=1e-12)
        assert measure.least(pieces[one], pieces[other]) == found[0]


@pytest.mark.parametrize("rise", [0.0, 1e-3, 0.1, 1e6])
def test_terms_that_matter_least_on_rows_go(rise: float, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_CENTER", "_AROUND", "_LEAST"):
        monkeypatch.setattr(module, name, 1e-9)
    net, X = random_network(8, d=4, K=3, m=2), cloud(4, 4000)
    ground = ground_of(net, box(4))
    table, before = summarise_rows(ground, X), first_pieces(ground)
    after = drop_light_terms(table, before, rise)
    assert sum(piece.error for piece in after) <= rise
    terms = [np.count_nonzero(piece.forms[:, :-1]) for piece in after]
    assert sum(terms) == 8 * len(before) if rise == 0 else sum(terms) < 8 * len(before)
    assert rise < 1e6 or max(terms) == 0
    region = ground.partition.tree.route(X)
    U = np.column_stack([(X - ground.frame.origin) / ground.frame.scale, np.ones(len(X))])
    for i, piece in enumerate(after):
        rows = region == i
        if rows.sum() < 100:
            continue
        for m, form in enumerate(piece.forms):
            kept = np.append(np.flatnonzero(form[:-1]), 4)
            expected = np.linalg.lstsq(
                U[np.ix_(rows, kept)], net.evaluate(X[rows])[:, m], rcond=None
            )[0]
            assert U[np.ix_(rows, kept)] @ form[kept] == pytest.approx(
                U[np.ix_(rows, kept)] @ expected, abs=1e-4
            )


def test_pieces_of_many_regions() -> None:
    ground = ground_of(random_network(5, d=2, K=4))
    measure = make_row_cost(summarise_rows(ground, cloud(2)))
    three, one = (
        AffinePiece((), (2, 0, 1), ground.forms[0], 0.1),
        AffinePiece((), (3,), ground.forms[3], 0.0),
    )
    cost, found = measure.fit(three, one) or (0.0, None)
    assert found is not None
    assert cost > 0
    assert found.error == pytest.approx(cost + 0.1)


def _residuals(X: Array, Y: Array) -> Array:
    """(m,) root mean squares of what an affine map leaves."""
    U = np.column_stack([X, np.ones(len(X))])
    return np.asarray(np.sqrt(np.mean((Y - U @ np.linalg.lstsq(U, Y, rcond=None)[0]) ** 2, axis=0)))


def test_probabilities_categories_and_emitted_code() -> None:
    frame = pd.DataFrame({"age": np.linspace(18, 80, 300), "kind": ["a", "b", None] * 100})
    domain = rr.Domain.from_data(frame)
    net = random_network(7, d=len(domain.names), K=5)
    model = Graph(
        domain.names,
        ("p",),
        net,
        networkx.DiGraph(),
        heads=(Head("sigmoid", (0,)),),
        columns=domain.columns,
    )
    rules = rr.extract(model, domain=domain, data=frame, max_rules=3, fidelity="rows")
    assert len(rules) <= 3
    off_by = np.abs(rules.predict(frame) - model.evaluate(domain.rows(frame)))
    assert off_by.max() <= rules.max_error
    for form in ("rules", "tree"):
        assert rr.verify(rr.emit(rules, "sql", form=form, key=["id"]), rules, frame)


def test_what_cannot_be_asked_for() -> None:
    net = graph(random_network(1, d=2, K=6))
    with pytest.raises(UnsupportedError, match="supported: domain, rows"):
        rr.extract(net, domain=box(2), fidelity="data")
    with pytest.raises(UnsupportedError, match="give max_rules, and no max_error"):
        rr.extract(net, domain=box(2), data=cloud(2), fidelity="rows")
    with pytest.raises(UnsupportedError, match="give max_rules, and no max_error"):
        rr.extract(net, domain=box(2), data=cloud(2), fidelity="rows", max_rules=2, max_error=0.1)
    with pytest.raises(DataError, match="needs data"):
        rr.extract(net, domain=box(2), fidelity="rows", max_rules=2)
    with pytest.raises(DataError, match="no row of the data lies in the domain"):
        rr.extract(net, domain=box(2), data=9 + cloud(2), fidelity="rows", max_rules=2)
    with pytest.raises(UnsupportedError, match="decisions are exact"):
        rr.extract(net, domain=box(2), data=cloud(2), fidelity="rows", max_rules=2, decision=0.0)


def test_too_many_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 10)
    with pytest.raises(UnsupportedError, match="too many for fidelity='rows'"):
        rr.extract(
            graph(random_network(1, d=2, K=6)),
            domain=box(2),
            data=cloud(2),
            fidelity="rows",
            max_rules=2,
        )
