"""Certificates of ranges: what they claim is true, and a false claim is refused."""

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from answer_cases import (
    CASES,
    RANGES,
    AnswerCase,
    change_number,
    draw_points,
    evaluate_claim,
    is_within,
    list_numbers,
    make_answer,
    stamp,
)
from file_copies import copy_content
from handmade import graph, network, random_network
from refused_answers import ACCEPTED, REFUSED

import relurules as rr
from relurules import checker
from relurules.checker import describe_answer
from relurules.errors import CheckError, DataError, DomainError, RulesError, UnsupportedError
from relurules.ir.answer_certificate import AnswerCertificate
from relurules.proofs.answering import read_statement
from relurules.proofs.given_words import describe_given

_make = cache(make_answer)


def get_case(kind: str) -> AnswerCase:
    case = _make(kind)
    return case._replace(found=copy_content(case.found), said=copy_content(case.said))


def is_true(case: AnswerCase, points: list[list[float]]) -> bool:
    """Whether no row of many is beyond the range that is claimed."""
    low, high = case.found["low"], case.found["high"]
    values = [evaluate_claim(case, x) for x in points if is_within(case, x)]
    return all(
        (low is None or low <= value) and (high is None or value <= high) for value in values
    )


def list_ends(found: Any) -> list[tuple[str, str, int]]:
    """Ends that are claimed, their rows, and the sign of what is tighter."""
    ends = (("low", "lowest", 1), ("high", "highest", -1))
    return [end for end in ends if found[end[0]] is not None]


@pytest.mark.parametrize("kind", CASES)
def test_a_range_holds(kind: str) -> None:
    case = get_case(kind)
    verdict = checker.check_answer(*case.files)
    assert verdict, verdict.why
    assert is_true(case, draw_points(case, 60))
    for _, row, sign in list_ends(case.found):
        if case.found[row] is not None:
            value = evaluate_claim(case, case.found[row]["point"])
            assert sign * value <= sign * case.found[row]["reached"]


@pytest.mark.parametrize("kind", RANGES)
def test_rows_come_near_the_ends_of_a_range(kind: str) -> None:
    case = get_case(kind)
    found = case.found
    low, high = found["low"], found["high"]
    values = [evaluate_claim(case, found[end]["point"]) for end in ("lowest", "highest")]
    assert values[0] - low <= 1e-8 * max(high - low, abs(low))
    assert high - values[1] <= 1e-8 * max(high - low, abs(high))


@pytest.mark.parametrize("kind", CASES)
def test_a_claim_that_is_a_billionth_too_tight_is_refused(kind: str) -> None:
    case = get_case(kind)
    found, *files = case.files
    for end, row, sign in list_ends(found):
        claim = dict(found)
        claim[end] = found[end] + sign * 1e-9 * max(1.0, abs(found[end]))
        verdict = checker.check_answer(stamp(claim, *files), *files)
        assert not verdict
        words = ("shown", "add up", "more than its high")
        assert any(word in verdict.why for word in words), verdict.why

        if found[row] is None:
            continue
        claim = copy_content(found)
        claim[row]["reached"] = found[end] - sign * 1e-9 * max(1.0, abs(found[end]))
        verdict = checker.check_answer(stamp(claim, *files), *files)
        assert not verdict
        assert "a row doesn't reach" in verdict.why


@pytest.mark.parametrize("kind", CASES)
def test_a_changed_number_is_refused_or_leaves_a_true_claim(kind: str) -> None:
    case = get_case(kind)
    found, *files = case.files
    points, refused = draw_points(case, 30), 0
    rng = np.random.default_rng(1)
    places = list(list_numbers(found))
    for _ in range(100):
        changed = copy_content(found)
        change_number(changed, places[int(rng.integers(len(places)))], rng)
        if checker.check_answer(stamp(changed, *files), *files):
            assert is_true(case._replace(found=changed), points)
        else:
            refused += 1

    assert refused > 20


@pytest.mark.parametrize("kind", CASES)
def test_a_certificate_of_changed_rules_is_refused_or_true(kind: str) -> None:
    case = get_case(kind)
    found, said, *others = case.files
    points, refused = draw_points(case, 30), 0
    rng = np.random.default_rng(2)
    keys = ("base", "lines") if "lines" in said else ("rules", "splits")
    places = [
        path
        for path in list_numbers({key: said[key] for key in keys})
        if not {"point", "id", "split", "rule", "count"} & set(path)
    ]
    for _ in range(60):
        changed = copy_content(said)
        change_number(changed, places[int(rng.integers(len(places)))], rng)
        assert not checker.check_answer(found, changed, *others) or changed == said
        again = stamp(found, changed, *others)
        if checker.check_answer(again, changed, *others):
            assert is_true(case._replace(found=again, said=changed), points)
        else:
            refused += 1

    assert refused > 5


def test_a_row_outside_the_part_is_refused() -> None:
    found, said = get_case("lines 2").files
    at = found["highest"]["point"]
    at[2] = -0.5  # of x2 >= 0
    verdict = checker.check_answer(stamp(found, said), said)
    assert not verdict
    assert "isn't in the part of the domain" in verdict.why


def test_parts_hold_every_line_and_column_once() -> None:
    found, said = get_case("lines 0").files
    for key in ("columns", "lines"):
        for change in ("lost", "twice", "unknown"):
            changed = copy_content(found)
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
    rules = get_case("rules 5").rules
    path, own = tmp_path / "range.json", tmp_path / "rules.json"
    rules.save(own)
    rr.prove_answer(own).save(path)
    verdict = rr.check_answer(path, own)
    assert verdict
    assert describe_answer(verdict).startswith("proven: ")

    other = tmp_path / "other.json"
    get_case("rules 0").rules.save(other)
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


@pytest.mark.parametrize(
    ("kind", "change", "why"),
    [
        ("lines 0", {"question": "monotone"}, "layed out"),
        ("lines 0", {"question": "steepness"}, "no question"),
        ("lines 0", {"low": None, "high": None}, "claims nothing"),
        ("lines 0", {"low": True}, "is no number"),
        ("lines 0", {"parts": []}, "just once"),
        ("lines 0", {"question": "difference"}, "two files of rules"),
        ("difference lines", {"question": "range"}, "one file of rules"),
        ("monotone lines 1", {"column": "x9"}, "no number column"),
        ("monotone categories", {"column": "job=cook"}, "no number column"),
        ("decision three", {"ahead": 2}, "isn't there"),
        ("decision three", {"ahead": 0}, "weights"),
        ("decision three", {"class": 1}, "isn't there"),
        ("decision lines 3", {"class": 0}, "weights"),
        ("decision lines 3", {"class": True}, "isn't there"),
        ("decision lines 3", {"low": -1.0}, "doesn't show that no row is of class"),
    ],
)  # fmt: skip
def test_what_a_certificate_does_not_show_is_refused(kind: str, change: Any, why: str) -> None:
    case = get_case(kind)
    found, *files = case.files
    verdict = checker.check_answer(stamp({**found, **change}, *files), *files)
    assert not verdict
    assert why in verdict.why.replace("aren't laid out", "layed out")


@pytest.mark.parametrize("kind", REFUSED)
def test_an_answer_that_proves_less_than_it_seems_to_is_refused(kind: str) -> None:
    make, why = REFUSED[kind]
    verdict = checker.check_answer(*make())
    assert not verdict
    assert why in verdict.why


@pytest.mark.parametrize("kind", ACCEPTED)
def test_the_answers_beside_these_hold(kind: str) -> None:
    verdict = checker.check_answer(*ACCEPTED[kind]())
    assert verdict, verdict.why


def test_names_that_are_no_plain_words_are_quoted() -> None:
    said = describe_answer(checker.check_answer(*ACCEPTED["a name of several words"]()))
    assert said.startswith(
        'proven: 5 <= "y <= 0 for every row of the domain (1 pieces)\\nproven: z" '
    )
    assert "\n" not in said


def test_a_statement_says_the_part_of_the_domain_that_it_is_about(tmp_path: Any) -> None:
    case = get_case("lines 2")
    AnswerCertificate(case.found).save(tmp_path / "range.json")
    said = read_statement(tmp_path / "range.json", case.rules).text
    assert "row of the part of the domain where x2 >= 0.0 and x0 + -1.0 x2 <= 0.25 (" in said
    given = {"bounds": {"a": [0, 1], "b c": [2.5, 2.5], "d": [None, 1]}, "constraints": []}
    assert describe_given(given) == '0 <= a <= 1 and "b c" = 2.5 and d <= 1'


def test_a_row_of_an_end_that_is_not_claimed_is_refused() -> None:
    found, said = get_case("decision lines 3").files
    found["highest"] = found["lowest"]
    assert "doesn't claim" in checker.check_answer(stamp(found, said), said).why


def test_the_rules_of_a_difference_are_not_exchanged() -> None:
    found, said, other = get_case("difference lines").files
    assert "differs" in checker.check_answer(found, other, said).why
    assert not checker.check_answer(stamp(found, other, said), other, said)


def test_a_class_of_a_row_of_which_there_is_one_has_no_certificate() -> None:
    rules = get_case("decision lines 3").rules
    with pytest.raises(CheckError, match="no other class is shown to be ahead"):
        rr.prove_answer(rules, "decision", target="y1")


def test_options_of_other_questions_are_refused() -> None:
    rules = get_case("lines 0").rules
    with pytest.raises(DataError, match="needs feature="):
        rr.prove_answer(rules, "monotone")
    with pytest.raises(DataError, match="no use for old="):
        rr.prove_answer(rules, old=rules)
    with pytest.raises(DataError, match="no answers to 'effect' are proven"):
        rr.prove_answer(rules, "effect")


def test_columns_that_differ_or_are_tied_have_no_certificate(tmp_path: Any) -> None:
    domain = rr.Domain.box([0, 0], [1, 1], ["x0", "(x0)^2"])
    whole: Any = rr.extract(graph(network([[1.0, 2.0]], [0.5], [[1.0]])), domain=domain)
    whole.save(tmp_path / "whole.json")
    said = json.loads((tmp_path / "whole.json").read_text())
    argument = {"column": "x0", "scale": 1.0, "shift": 0.0}
    derived = {"function": "square", "arguments": [argument], "constants": []}

    def save(name: str, first: Any, second: Any) -> Any:
        columns = [{"name": "x0", **first}, {"name": "(x0)^2", **second}]
        (tmp_path / name).write_text(json.dumps({**said, "columns": columns}))
        return tmp_path / name

    one, other = save("one.json", {"fill": 0.0}, {}), save("other.json", {"fill": 1.0}, {})
    with pytest.raises(DataError, match="isn't the same in the two"):
        rr.prove_answer(one, "difference", old=other)

    with pytest.raises(UnsupportedError, match="can't change alone"):
        rr.prove_answer(save("tied.json", {}, {"derived": derived}), "monotone", feature="x0")


def test_simplified_rules_are_as_near_as_they_say() -> None:
    model = graph(random_network(2, 3, 6, 1))
    domain = rr.Domain.box([-1, -1, -1], [1, 1, 1])
    whole = rr.extract(model, domain=domain)
    short = rr.extract(model, domain=domain, max_error=0.2)
    assert isinstance(short, rr.RuleSet)
    assert len(short) < len(whole)
    found = rr.prove_answer(short, "difference", old=whole)
    assert found.low is not None
    assert found.high is not None
    most = max(-found.low, found.high)
    assert 0.0 < most <= 0.2 + 1e-9
    assert most <= short.score_error + 1e-9


def _make_thin_rules(least: float) -> Any:
    """Rules of which the first holds where x = 2 alone, or nowhere if `least` is more than -2."""
    features = [{"name": "x", "lower": 0.0, "upper": 4.0, "integer": False}]
    ends = ({"rule": 1}, {"rule": 2}, {"rule": 3})
    splits = [
        {"coefficients": {"x": 1.0}, "at_least": 2.0, "then": {"split": 1}, "otherwise": ends[2]},
        {"coefficients": {"x": -1.0}, "at_least": least, "then": ends[0], "otherwise": ends[1]},
    ]
    sides = ([(0, True), (1, True)], [(0, True), (1, False)], [(0, False)])
    rules = [
        {
            "conditions": [{"split": split, "holds": holds} for split, holds in own],
            "outputs": {"y": {"constant": value, "coefficients": {}}},
            "point": [2.0],
        }
        for own, value in zip(sides, (5.0, 1.0, 0.0), strict=True)
    ]
    return {
        "format": "relurules.rules", "version": 2, "outputs": ["y"], "complete": True,
        "features": features, "constraints": [], "splits": splits, "rules": rules,
    }  # fmt: skip


def _claim_at_most_1(said: Any, trees: Any) -> Any:
    found = {
        "format": "relurules.answer", "version": 1, "question": "range", "weights": [1.0],
        "given": {"bounds": {}, "constraints": []}, "low": None, "high": 1.0, "rules": trees,
        "paths": [], "lowest": None, "highest": None,
    }  # fmt: skip
    return checker.check_answer(stamp(found, said), said)


def test_only_sides_that_exclude_each_other_are_empty_at_a_boundary() -> None:
    leaf = [[], "leaf"]
    both = [[], "empty", [0, 1, 1, 1]]
    said = _make_thin_rules(-2.0)
    assert "said to be empty" in _claim_at_most_1(said, [both, leaf, leaf]).why
    assert "rule 1" in _claim_at_most_1(said, [leaf, leaf, leaf]).why
    assert _claim_at_most_1(_make_thin_rules(-1.5), [both, leaf, leaf])

    swapped = _make_thin_rules(-2.0)  # rule 1 where x >= 2 and -x < -2, rule 2 where x = 2
    swapped["splits"][1] |= {"then": {"rule": 2}, "otherwise": {"rule": 1}}
    swapped["rules"][0]["conditions"][1]["holds"] = False
    swapped["rules"][1]["conditions"][1]["holds"] = True
    swapped["splits"][0]["coefficients"] = {"x": -1.0}
    swapped["splits"][0]["at_least"] = -2.0  # now rule 1 is where x <= 2 and x > 2
    assert _claim_at_most_1(swapped, [both, leaf, leaf])
    nothing = [[], "empty", [0, 1, 1, 0]]
    assert "said to be empty" in _claim_at_most_1(swapped, [nothing, leaf, leaf]).why
