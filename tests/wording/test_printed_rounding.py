"""What a reader works out from printed numbers is what rules predict, as near as is said."""

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from handmade import network, random_network, rows_in, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.ir import RuleSet
from relurules.wording import word_rules
from relurules.wording.half_spaces import SumTest
from relurules.wording.phrases import write_ascii
from relurules.wording.rounding import (
    bound_condition_error,
    bound_score_error,
    describe_rounding,
)

NAMES = ["x", "y", "z"]
NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?(?:e-?[0-9]+)?"


def compute_printed_sum(text: str, row: dict[str, Fraction]) -> Fraction:
    """A printed sum at a row; printed numbers are read as floats, what follows is exact."""
    total = Fraction(0)
    for sign, term in re.findall(r"(^-?|[+-] )([^ ]+(?: [*/] [^ ]+)?)", text.strip()):
        product = Fraction(1)
        for operator, factor in re.findall(r"(^|[*/] )([^ ]+)", term):
            is_number = re.fullmatch(NUMBER, factor)
            value = Fraction(float(factor.replace(",", ""))) if is_number else row[factor]
            product = product / value if "/" in operator else product * value
        total += -product if "-" in sign else product
    return total


def make_far_rules(seed: int) -> RuleSet:
    """Rules of a random network over columns of any size, far from 0 or near it."""
    random = np.random.default_rng(seed)
    width = 10.0 ** random.integers(-3, 8, 3)
    center = random.choice([0.0, 1.0, 30.0, 1e4, 1e7], 3) * width * random.choice([-1, 1], 3)
    domain = rr.Domain.box(center - width, center + width * random.uniform(0.5, 3, 3), NAMES)
    net = random_network(seed, d=3, K=2, m=1)
    A, C = net.A / width, net.C / width
    return rules_of(replace(net, A=A, C=C, b=net.b - A @ center, c=net.c - C @ center), domain)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_scores_from_printed_numbers_are_within_the_bound_that_is_said(seed: int) -> None:
    rules = make_far_rules(seed)
    reading = word_rules(rules)
    worst = bound_score_error(rules, reading)
    sizes = [f.form.size for read in reading.rules for f in read.formulas]
    assert worst <= 1.01e-4 * max(sizes)
    said = describe_rounding(rules, reading, "this page")
    if worst:
        (shown,) = re.findall(rf"by at most ({NUMBER}) in the domain", said)
        assert worst <= float(shown.replace(",", "")) <= 1.02 * worst

    corners = np.array(np.meshgrid(*zip(rules.domain.lower, rules.domain.upper, strict=True)))
    X = np.vstack([corners.reshape(3, -1).T, rows_in(rules.domain, 5, seed)])
    for rule, read in zip(rules, reading.rules, strict=True):
        weights = [Fraction(w) for w in rule.map.weights[0]]
        for x in X:
            row = {name: Fraction(v) for name, v in zip(NAMES, x, strict=True)}
            exact = Fraction(rule.map.constants[0])
            exact += sum(w * v for w, v in zip(weights, row.values(), strict=True))
            printed = compute_printed_sum(write_ascii(read.formulas[0].phrase), row)
            assert abs(printed - exact) <= Fraction(worst)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_printed_conditions_hold_but_for_rows_near_a_boundary(seed: int) -> None:
    rules = make_far_rules(seed)
    reading = word_rules(rules)
    share = bound_condition_error(rules, reading)
    assert share <= 1e-4
    sums = {named.name: write_ascii(named.phrase) for named in reading.sums}
    for read in reading.rules:
        for test in read.tests:
            about = test.about
            assert isinstance(about, SumTest)
            pieces = re.split(r" (<=|<|>=|>|=) ", write_ascii(test.symbols))
            for x in rows_in(rules.domain, 20, seed):
                row = {name: Fraction(v) for name, v in zip(NAMES, x, strict=True)}
                terms = {t.coordinates[0]: Fraction(t.coefficient) for t in about.form.terms}
                exact = sum(c * Fraction(x[j]) for j, c in terms.items())
                low, high = about.low, about.high
                true = (low is None or exact >= Fraction(low.bound)) and (
                    high is None or exact < Fraction(high.bound)
                )
                printed = True
                for left, sign, right in zip(pieces[::2], pieces[1::2], pieces[2::2], strict=False):
                    a, b = (compute_printed_sum(sums.get(s, s), row) for s in (left, right))
                    printed &= a <= b if "<" in sign else a >= b
                room = Fraction(share) * Fraction(about.form.size)
                near = any(
                    abs(exact - Fraction(limit.bound)) <= room
                    for limit in (low, high)
                    if limit is not None
                )
                assert printed == true or near


def test_milliseconds_have_the_digits_that_they_need() -> None:
    """y = (t - 1.7e12) / 1e9 + relu(...): the constant and the slope are 1.7e3 apart."""
    domain = rr.Domain.box([1.7e12, 0], [1.7003e12, 9], ["t", "b"])
    net = network(
        [[1e-9 / 3, 0.1]], [-1.7e3 / 3 - 0.05], [[2.0]], C=[[1e-8 / 7, 0]], c=[-1.7e4 / 7]
    )
    rules = rules_of(net, domain, ["y"])
    (text,) = rr.emit(rules, "text").files.values()
    said = re.sub(r"\s+", " ", text)
    (bound,) = re.findall(rf"by at most ({NUMBER})", said)
    assert 0 < float(bound) <= 1e-3
    for read in word_rules(rules).rules:
        printed = write_ascii(read.formulas[0].phrase)
        row = {"t": Fraction(1.7001e12), "b": Fraction(4.0)}
        rule = rules.rules[read.number - 1]
        exact = float(rule.map.weights[0] @ [1.7001e12, 4.0] + rule.map.constants[0])
        assert float(compute_printed_sum(printed, row)) == pytest.approx(exact, abs=1e-3)


def test_thresholds_of_large_whole_columns_are_whole() -> None:
    domain = rr.Domain.box([1.6e12, 0], [1.7e12, 9], ["t", "b"])
    domain = replace(domain, integer=np.array([True, False]))
    rules = rules_of(network([[1.0, 0]], [-1650000000123.0], [[1.0]]), domain)
    said = [write_ascii(test.symbols) for read in word_rules(rules).rules for test in read.tests]
    assert said == ["t < 1.650000000123e12", "t >= 1.650000000123e12"]


def test_open_domains_have_no_bound() -> None:
    rules = rules_of(network([[1 / 3, 0.1]], [1 / 7], [[1.0]]), rr.Domain.unbounded(["a", "b"]))
    said = describe_rounding(rules, word_rules(rules), "this page")
    assert "The domain is open, so no bound holds for an output" in said
    assert "no bound holds for the conditions" in said


def test_numbers_shown_in_full_need_no_bound() -> None:
    rules = rules_of(
        network([[1.0, 2.0]], [-1.0], [[1.0]]), rr.Domain.box([0, 0], [1, 1], ["a", "b"])
    )
    said = describe_rounding(rules, word_rules(rules), "this page")
    assert "at most" not in said
    assert "boundary" not in said
