"""Answers are never contradicted by rows, and their witnesses are what they say."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import network, random_network, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.errors import DataError, DomainError, UnsupportedError
from relurules.ir import Head, RuleSet
from relurules.ir.answers import Witness
from relurules.lp import certified, highs, polytope, program_starts
from relurules.lp.programs import Outcome, ProgramAnswer

BOX = rr.Domain.box([-1, -1, 0], [2, 2, 1], ["a", "b", "c"])
SOFTMAX = [Head("softmax", (0, 1, 2), i) for i in range(3)]
CLASSES = [Head("complement", (0,)), Head("sigmoid", (0,))]


def sampled(seed: int, count: int = 4000) -> Any:
    X = np.random.default_rng(seed).uniform(BOX.lower, BOX.upper, (count, 3))
    X[: count // 2] = np.round(X[: count // 2])  # corners and edges
    return X


def rules_for(seed: int, m: int = 1, **options: Any) -> RuleSet:
    return rules_of(random_network(seed, 3, 4, m), BOX, **options)


def row(rules: RuleSet, witness: Witness) -> Any:
    """The row of a witness, checked to be what it says."""
    x = rules.domain.rows(pd.DataFrame([witness.row], dtype=object))
    assert rules.domain.contains(x).all()
    assert rules.apply(x)[0] == witness.rule
    assert rules.predict(x)[0] == pytest.approx(list(witness.outputs.values()), rel=1e-12)
    return x[0]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 2.0]))
def test_ranges_and_effects_hold_for_all_rows(seed: int, max_error: float) -> None:
    rules, X = rules_for(seed, max_error=max_error), sampled(seed)
    y = rules.predict(X)[:, 0]
    found = rr.ask(rules, "range")
    assert -np.inf < found.values["low"] <= y.min()
    assert np.inf > found.values["high"] >= y.max()
    shown = [rules.predict(row(rules, w)[None])[0, 0] for w in found.witnesses]
    if found.exact:
        assert shown == pytest.approx(
            [found.values["low"], found.values["high"]], rel=1e-5, abs=1e-5
        )
    other = X.copy()
    other[:, 1] = np.random.default_rng(seed).permutation(X[:, 1])
    change = np.abs(rules.predict(other)[:, 0] - y).max()
    effect = rr.ask(rules, "effect", feature="b")
    assert np.inf > effect.values["largest"] >= change
    before, after = (row(rules, w) for w in effect.witnesses)
    assert np.flatnonzero(before != after).tolist() in ([1], [])
    reached = abs(float(np.diff(rules.predict(np.array([before, after]))[:, 0])[0]))
    assert reached == pytest.approx(effect.values["reached"], abs=1e-12)
    fixed = rr.ask(rules, "effect", feature="b", values=(0, 1)).values
    at = [
        rules.predict(np.column_stack([X[:, 0], np.full(len(X), b), X[:, 2]]))[:, 0]
        for b in (0.0, 1.0)
    ]
    assert np.inf > fixed["rise"] >= (at[1] - at[0]).max()
    assert np.inf > fixed["fall"] >= (at[0] - at[1]).max()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 2.0]))
def test_monotone_is_proven_or_refuted(seed: int, max_error: float) -> None:
    rules, X = rules_for(seed, max_error=max_error), sampled(seed)
    found = rr.ask(rules, "monotone", feature="a")
    higher = X.copy()
    higher[:, 0] = np.random.default_rng(seed).uniform(X[:, 0], 2.0)
    change = (rules.predict(higher) - rules.predict(X))[:, 0]
    small = 1e-9 * np.abs(rules.predict(X)).max()
    ways = {"rises": (1,), "falls": (-1,), "both": (1, -1), "doesn't matter": ()}[
        found.values["direction"]
    ]
    assert (change <= small).all() or 1 in ways
    assert (change >= -small).all() or -1 in ways
    assert found.holds is (len(ways) < 2)
    if not max_error:
        assert len(found.witnesses) == 2 * len(ways)
        for way, pair in zip(ways, np.reshape(np.arange(2 * len(ways)), (-1, 2)), strict=True):
            one, two = (row(rules, found.witnesses[i]) for i in pair)
            assert one[0] < two[0]
            assert (one[1:] == two[1:]).all()
            assert way * np.diff(rules.predict(np.array([one, two]))[:, 0])[0] > 0


def test_a_network_that_is_monotone_by_construction() -> None:
    rng = np.random.default_rng(3)
    net = network(
        rng.uniform(0, 1, (6, 3)),
        rng.normal(size=6),
        rng.uniform(0, 1, (1, 6)),
        C=[[0.1, 0.2, 0.0]],
    )
    rules = rules_of(net, BOX)
    for name in "abc":
        found = rr.ask(rules, "monotone", feature=name)
        assert found.holds is True
        assert found.values["direction"] == "rises"
        assert "never falls" in found.statement
    turned = rules_of(network(net.A * [1, -1, 1], net.b, net.U), BOX)
    assert rr.ask(turned, "monotone", feature="b").values["direction"] == "falls"
    bent = rules_of(network([[1.0, 0, 0], [-1.0, 0, 0]], [0.0, 0.0], [[1.0, 1.0]]), BOX)  # |a|
    assert rr.ask(bent, "monotone", feature="a").holds is False
    assert rr.ask(bent, "monotone", feature="a", given="a >= 0").values["direction"] == "rises"
    assert rr.ask(bent, "monotone", feature="b").values["direction"] == "doesn't matter"
    assert [line[:2] for line in rr.ask(bent, "monotone").grid.rows] == [
        ("a", "both"), ("b", "doesn't matter"), ("c", "doesn't matter")
    ]  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_slopes_are_never_passed(seed: int) -> None:
    rules, X = rules_for(seed), sampled(seed)
    found = rr.ask(rules, "lipschitz").values
    assert all(np.isfinite(found[norm]["constant"]) for norm in ("l1", "l2", "linf"))
    Y = np.random.default_rng(seed).permutation(X)
    change, step = np.abs(rules.predict(X) - rules.predict(Y))[:, 0], np.abs(X - Y) / [3, 3, 1]
    room = 1e-9 * (1 + change.max())
    assert (change <= found["l1"]["constant"] * step.sum(axis=1) + room).all()
    assert (change <= found["l2"]["constant"] * np.linalg.norm(step, axis=1) + room).all()
    assert (change <= found["linf"]["constant"] * step.max(axis=1) + room).all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["l1", "linf"]), st.booleans())
def test_classes_are_reached_or_not_and_how_near(seed: int, distance: str, decided: bool) -> None:
    options: dict[str, Any] = {"decision": "argmax"} if decided else {}
    rules, X = (
        rules_for(seed, 3, heads=SOFTMAX, outputs=["p_x", "p_y", "p_z"], **options),
        sampled(seed),
    )
    told = rules.predict(X)[:, 0].astype(int) if decided else rules.predict(X).argmax(axis=1)
    start = X[-1]
    for number, name in enumerate("xyz"):
        found = rr.ask(rules, "reach", target=name)
        assert found.holds is not False or (told != number).all()
        for witness in found.witnesses:
            y = rules.predict(row(rules, witness)[None])[0]
            assert (y[0] if decided else y.argmax()) == number
        if told[-1] == number:
            continue
        near = rr.ask(
            rules, "counterfactual", row=start, target=name, distance=distance, keep=["c"]
        )
        same = X[told == number].copy()
        same[:, 2] = start[2]
        again = rules.predict(same)
        same = same[(again[:, 0] == number) if decided else (again.argmax(axis=1) == number)]
        steps = np.abs(same - start) / [3, 3, 1]
        apart = steps.sum(axis=1) if distance == "l1" else steps.max(axis=1)
        if near.holds is False:
            assert not len(same)
            continue
        assert (apart >= near.values["distance"]["at_least"] - 1e-9).all()
        if len(near.witnesses) == 2:
            end = row(rules, near.witnesses[1])
            assert end[2] == start[2]
            assert near.values["distance"]["reached"] >= near.values["distance"]["at_least"] - 1e-9


def test_through_links_and_limits() -> None:
    rules = rules_of(
        network([[1.0, 0, 0]], [0.0], [[2.0]], c=[-1.0]), BOX, ["p_no", "p_yes"], CLASSES
    )
    high = 1 / (1 + np.exp(-3.0))
    found = rr.ask(rules, "range", output="p_no").values
    assert [found["low"], found["high"]] == pytest.approx([1 - high, 1 / (1 + np.exp(-1.0))])
    assert rr.ask(rules, "bounded", at_most=0.96).holds is True
    refuted = rr.ask(rules, "bounded", at_most=0.95)
    assert refuted.holds is False
    assert refuted.witnesses[0].outputs["p_yes"] > 0.95
    assert rr.ask(rules, "bounded", at_most=0.5, given=["a <= 0.25"]).holds is True
    assert rr.ask(rules, "reach", at_least=0.96).holds is False
    assert rr.ask(rules, "reach", target="yes", given="a <= 0.4").holds is False
    near = rr.ask(rules, "counterfactual", row={"a": 0.0, "b": 0.0, "c": 0.0})
    assert near.values["distance"]["reached"] == pytest.approx(0.5 / 3, rel=1e-4)
    assert near.values["changes"]["a"][1] == pytest.approx(0.5, rel=1e-4)
    assert list(near.values["changes"]) == ["a"]
    kept = rr.ask(rules, "counterfactual", row=[0.0, 0.0, 0.0], keep="a")
    assert kept.holds is False
    assert "No row gets to class yes" in kept.statement
    assert "log odds of p_yes" in str(rr.ask(rules, "range", output="p_yes"))


def test_open_domains_and_everything_at_once() -> None:
    rules = rules_of(network([[1.0]], [0.0], [[1.0]]), rr.Domain.box([-np.inf], [np.inf], ["a"]))
    found = rr.ask(rules, "range")
    assert found.values["low"] == pytest.approx(0.0, abs=1e-9)
    assert found.values["high"] == np.inf
    assert found.to_json()["values"]["high"] is None
    assert rr.ask(rules, "bounded", at_most=5.0).holds is False
    many = rules_for(1, 3, heads=SOFTMAX)
    assert set(rr.ask(many, "range").values) == {"y0", "y1", "y2"}
    with pytest.raises(UnsupportedError, match="no function of one score"):
        rr.ask(many, "effect", output="y0", feature="a")
    assert rr.ask(many, "effect", output="score_1", feature="a").values["largest"] > 0


def table(count: int = 300) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "age": rng.integers(18, 80, count), "job": rng.choice(["clerk", "cook", "none"], count),
        "pay": rng.uniform(0, 9, count), "sex": rng.choice(["f", "m"], count),
    })  # fmt: skip
    return frame, frame.age / 40 + frame.pay * (frame.job != "none") / 5 + (frame.sex == "m") > 2.3


@pytest.fixture(scope="module")
def mixed() -> tuple[RuleSet, pd.DataFrame]:
    from sklearn.compose import make_column_transformer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame, y = table()
    columns = make_column_transformer(
        (StandardScaler(), ["age", "pay"]), (OneHotEncoder(), ["job", "sex"])
    )
    model = make_pipeline(
        columns, MLPClassifier((4,), max_iter=300, random_state=0, learning_rate_init=0.02)
    )
    return rr.extract(model.fit(frame, y), data=frame), frame


def test_categories_change_one_at_a_time(mixed: tuple[RuleSet, pd.DataFrame]) -> None:
    rules, frame = mixed
    scores = {sex: rules.predict_scores(frame.assign(sex=sex))[:, 0] for sex in "fm"}
    found = rr.ask(rules, "effect", feature="sex")
    (change,) = found.values["changes"].values()
    observed = scores["m"] - scores["f"]
    assert change["low"] <= observed.min()
    assert change["high"] >= observed.max()
    before, after = found.witnesses
    assert {k for k in before.row if before.row[k] != after.row[k]} == {"sex"}
    assert abs(after.score - before.score) == pytest.approx(found.values["largest"], rel=1e-5)  # type: ignore[operator]
    assert rr.ask(rules, "monotone", feature="sex").question == "monotone"
    low = rr.ask(rules, "range", given=["job = none", "age <= 40"], output=rules.outputs[1])
    part = rules.predict(frame[(frame.job == "none") & (frame.age <= 40)])[:, 1]
    assert low.values["low"] <= part.min()
    assert low.values["high"] >= part.max()
    assert all(w.row["job"] == "none" for w in low.witnesses)
    wider = rr.ask(rules, "range", given="job = none|cook", output=rules.outputs[1])
    assert wider.values["high"] >= low.values["high"] - 1e-9


def test_the_nearest_row_keeps_whole_numbers_and_categories(
    mixed: tuple[RuleSet, pd.DataFrame],
) -> None:
    rules, frame = mixed
    start = frame[rules.predict(frame)[:, 1] < 0.4].iloc[[0]]
    found = rr.ask(rules, "counterfactual", row=start, keep=["sex"])
    end = found.witnesses[1].row
    assert end["age"] == round(float(end["age"]))  # type: ignore[arg-type]
    assert end["sex"] == start["sex"].item()
    assert rules.predict(pd.DataFrame([end]))[0, 1] >= 0.5
    told = frame[(rules.predict(frame)[:, 1] >= 0.5) & (frame.sex == end["sex"])]
    apart = sum((told[c] - start[c].item()).abs() / np.ptp(frame[c]) for c in ("age", "pay"))
    assert (
        apart + (told.job != start.job.item()) >= found.values["distance"]["at_least"] - 1e-9
    ).all()


@pytest.mark.parametrize(
    ("question", "options", "error", "match"),
    [
        ("rnage", {}, UnsupportedError, "supported: range"),
        ("range", {"output": "z"}, DataError, "no output 'z'"),
        ("monotone", {"feature": "z"}, DataError, "no column 'z'"),
        ("effect", {}, DataError, "say which feature"),
        ("effect", {"feature": "a", "values": (0, 9)}, DomainError, "goes from -1 to 2"),
        ("bounded", {}, DataError, "which limit"),
        ("reach", {}, DataError, "what is to be reached"),
        ("reach", {"target": "x"}, UnsupportedError, "no classes"),
        ("counterfactual", {"at_least": 1.0}, DataError, "which row"),
        ("counterfactual", {"row": [9.0, 0, 0], "at_least": 1.0}, DataError, "outside"),
        ("range", {"given": "a = 7"}, DomainError, "nowhere in the domain"),
        ("range", {"given": "z = 7"}, DomainError, "no column 'z'"),
        ("range", {"given": ["a >= 1", "a <= 0"]}, DataError, "no row"),
    ],
)
def test_what_cant_be_asked(
    question: str, options: Any, error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        rr.ask(rules_for(0), question, **options)


def _no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS calls everything infeasible, and the compiled simplex method gives up."""
    infeasible = ProgramAnswer(Outcome.INFEASIBLE, "infeasible")
    monkeypatch.setattr(highs, "solve_program", lambda *_, **__: infeasible)
    monkeypatch.setattr(program_starts, "_LARGEST", 0)  # no start is known from before
    monkeypatch.setattr(
        program_starts, "find_feasible_vertex", lambda _: polytope.FeasibilityResult(None, None)
    )


@pytest.mark.parametrize(
    "domain", [BOX, rr.Domain.unbounded(["a", "b", "c"])], ids=["bounded", "open"]
)
def test_answers_hold_where_solvers_lie(domain: rr.Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]], [0.5, -0.25], [[-1.0, -2.0]], c=[3.0])
    rules = rules_of(net, domain)
    _no_answer(monkeypatch)
    found = rr.ask(rules, "range").values
    y = rules.predict(sampled(0))[:, 0]
    assert found["low"] <= y.min()
    assert np.isfinite(found["low"]) or domain is not BOX
    assert y.max() <= found["high"] <= 3.0 + 1e-9
    assert rr.ask(rules, "bounded", at_most=2.5).holds is not True
    assert rr.ask(rules, "bounded", at_most=3.5).holds is True


def test_a_class_is_out_of_reach_only_where_that_is_certified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = rules_for(5, 3, heads=SOFTMAX)
    reached = [name for name in rules.outputs if rr.ask(rules, "reach", target=name).holds]
    assert reached
    _no_answer(monkeypatch)
    monkeypatch.setattr(certified, "_MOST_EXACT", 0)
    for name in reached:
        assert rr.ask(rules, "reach", target=name).holds is not False


def is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(is_plain, [*value, *value.values()]))
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return type(value) in (str, bool, int, float, type(None))


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.array])
def test_answers_are_plain_values_whatever_numbers_come_in(kind: Any) -> None:
    rules, one = rules_for(1), kind(1)
    for question, options in (
        ("bounded", {"at_most": one, "at_least": one}),
        ("reach", {"at_least": one}),
        ("effect", {"feature": "a", "values": (kind(0), one)}),
        ("lipschitz", {"scales": {"a": one}}),
        ("counterfactual", {"row": [kind(0)] * 3, "at_least": one, "scales": {"a": one}}),
    ):
        found = rr.ask(rules, question, **options)
        assert is_plain([found.holds, found.values, found.exact, *map(vars, found.witnesses)])


def test_limits_are_compared_as_the_numbers_that_they_are() -> None:
    """numpy would round the bound to the limit's float32 first."""
    limit = np.float32(0.1)
    above = float(limit) + 2e-9
    rules = rules_of(network([[1.0]], [0.0], [[1.0]]), rr.Domain.box([0], [above], ["a"]))
    assert np.float32(above) == limit
    assert rr.ask(rules, "bounded", at_most=limit).holds is False
    assert rr.ask(rules, "bounded", at_most=above + 1e-9).holds is True
