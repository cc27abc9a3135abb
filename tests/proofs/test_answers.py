"""Certificates of ranges: what they claim is true, and a false claim is refused."""

import copy
from functools import cache
from typing import Any

import numpy as np
import pytest
from answer_cases import (
    CASES,
    change_number,
    draw_points,
    evaluate,
    is_within,
    list_numbers,
    make_answer,
    stamp,
)
from handmade import graph, network, random_network

import relurules as rr
from relurules import checker
from relurules.checker import describe_answer
from relurules.errors import DomainError, RulesError, UnsupportedError

_make = cache(make_answer)


def get_case(kind: str) -> tuple[Any, Any, Any]:
    found, said, rules = _make(kind)
    return copy.deepcopy(found), copy.deepcopy(said), rules


def is_true(found: Any, said: Any, rules: Any, points: list[list[float]]) -> bool:
    """Whether no row of many is beyond the range that is claimed."""
    return all(
        found["low"] <= evaluate(said, x, found["weights"]) <= found["high"]
        for x in points
        if is_within(said, found["given"], x)
    )


@pytest.mark.parametrize("kind", CASES)
def test_a_range_holds_and_rows_come_near_its_ends(kind: str) -> None:
    found, said, rules = get_case(kind)
    verdict = checker.check_answer(found, said)
    assert verdict, verdict.why
    assert is_true(found, said, rules, draw_points(rules, found, 60))

    low, high = found["low"], found["high"]
    values = [
        evaluate(said, found[end]["point"], found["weights"]) for end in ("lowest", "highest")
    ]
    assert values[0] <= found["lowest"]["reached"]
    assert values[1] >= found["highest"]["reached"]
    assert values[0] - low <= 1e-8 * max(high - low, abs(low))
    assert high - values[1] <= 1e-8 * max(high - low, abs(high))


@pytest.mark.parametrize("kind", CASES)
def test_a_claim_that_is_a_billionth_too_tight_is_refused(kind: str) -> None:
    found, said, _ = get_case(kind)
    for end, row, sign in (("low", "lowest", 1), ("high", "highest", -1)):
        claim = dict(found)
        claim[end] = found[end] + sign * 1e-9 * max(1.0, abs(found[end]))
        verdict = checker.check_answer(stamp(claim, said), said)
        assert not verdict
        assert "shown" in verdict.why or "add up" in verdict.why

        claim = copy.deepcopy(found)
        claim[row]["reached"] = found[end] - sign * 1e-9 * max(1.0, abs(found[end]))
        verdict = checker.check_answer(stamp(claim, said), said)
        assert not verdict
        assert "a row doesn't reach" in verdict.why


@pytest.mark.parametrize("kind", CASES)
def test_a_changed_number_is_refused_or_leaves_a_true_claim(kind: str) -> None:
    found, said, rules = get_case(kind)
    points, refused = draw_points(rules, found, 30), 0
    rng = np.random.default_rng(1)
    places = list(list_numbers(found))
    for _ in range(150):
        changed = copy.deepcopy(found)
        change_number(changed, places[int(rng.integers(len(places)))], rng)
        if checker.check_answer(stamp(changed, said), said):
            assert is_true(changed, said, rules, points)
        else:
            refused += 1
    assert refused > 30


@pytest.mark.parametrize("kind", CASES)
def test_a_certificate_of_changed_rules_is_refused_or_true(kind: str) -> None:
    found, said, rules = get_case(kind)
    points, refused = draw_points(rules, found, 30), 0
    rng = np.random.default_rng(2)
    keys = ("base", "lines") if "lines" in said else ("rules", "splits")
    places = [
        path
        for path in list_numbers({key: said[key] for key in keys})
        if not {"point", "id", "split", "rule", "count"} & set(path)
    ]
    for _ in range(100):
        changed = copy.deepcopy(said)
        change_number(changed, places[int(rng.integers(len(places)))], rng)
        assert not checker.check_answer(found, changed) or changed == said
        if checker.check_answer(stamp(found, changed), changed):
            assert is_true(found, changed, rules, points)
        else:
            refused += 1
    assert refused > 10


def test_a_row_outside_the_part_is_refused() -> None:
    found, said, _ = get_case("lines 2")
    at = found["highest"]["point"]
    at[2] = -0.5  # of x2 >= 0
    verdict = checker.check_answer(stamp(found, said), said)
    assert not verdict
    assert "isn't in the part of the domain" in verdict.why


def test_parts_hold_every_line_and_column_once() -> None:
    found, said, _ = get_case("lines 0")
    for key in ("columns", "lines"):
        for change in ("lost", "twice", "unknown"):
            changed = copy.deepcopy(found)
            own = changed["parts"][0][key]
            if change == "lost":
                own.pop()
            else:
                own.append(own[0] if change == "twice" else 99)
            verdict = checker.check_answer(stamp(changed, said), said)
            assert not verdict
            assert "just once" in verdict.why


def test_lines_apart_are_parts_of_their_own() -> None:
    A = np.zeros((4, 4))
    A[0, 0], A[1, 1], A[2, 1], A[3, 2] = 1.0, 1.0, -0.5, 2.0
    net = network(A, [0.5, 0.25, 1.0, -1.0], [[1.0, -2.0, 3.0, 0.5]], C=[[0.5, 0.0, 0.0, -1.0]])
    rules: Any = rr.extract(graph(net), domain=rr.Domain.box([-2] * 4, [2] * 4), form="additive")
    found = rr.prove_answer(rules)
    parts = [part["columns"] for part in found.found["parts"]]
    assert sorted(parts) == [[0], [1], [2], [3]]
    answer = rr.ask(rules, "range")
    assert found.low == pytest.approx(answer.values["score"]["low"], rel=1e-9)
    assert found.high == pytest.approx(answer.values["score"]["high"], rel=1e-9)
    assert found.reached[1] == pytest.approx(found.high, rel=1e-9)


def test_files_are_written_read_and_judged(tmp_path: Any) -> None:
    _, _, rules = get_case("rules 5")
    path, own = tmp_path / "range.json", tmp_path / "rules.json"
    rules.save(own)
    rr.prove_answer(own).save(path)
    verdict = rr.check_answer(path, own)
    assert verdict
    assert describe_answer(verdict).startswith("proven: ")

    other = tmp_path / "other.json"
    get_case("rules 0")[2].save(other)
    assert "other rules" in rr.check_answer(path, other).why
    with pytest.raises(RulesError, match="no certificate of an answer"):
        rr.check_answer(own, own)


def test_what_has_no_certificate_is_refused() -> None:
    flat = graph(network([[1.0, 2.0]], [0.5], [[1.0]]))
    domain = rr.Domain.unbounded(["x0", "x1"])
    open_rules = rr.extract(flat, domain=domain, form="additive")
    with pytest.raises(DomainError, match="has no two bounds"):
        rr.prove_answer(open_rules)

    box = rr.Domain.box([-1, -1, -1], [1, 1, 1])
    deep = rr.extract(graph(random_network(0, 3, 5, 1)), domain=box, form="additive")
    assert deep.groups
    with pytest.raises(UnsupportedError, match="groups of neurons"):
        rr.prove_answer(deep)
    deciding = rr.extract(graph(random_network(0, 2, 2, 2)), domain=rr.Domain.box([0, 0], [1, 1]),
                          decision="argmax")  # fmt: skip
    with pytest.raises(UnsupportedError, match="tell classes only"):
        rr.prove_answer(deciding)
