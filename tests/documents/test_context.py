"""What all parts of a document look up: rounded outwards, and the same counts as the rules'."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from documents.stand_ins import people, sums
from handmade import network, rules_of
from hypothesis import given
from hypothesis import strategies as st

from relurules.documents.context import (
    build_context,
    describe_observation,
    phrase_coverage,
    phrase_interval,
    phrase_names,
    phrase_output_range,
    phrase_output_value,
)
from relurules.wording.numbers import format_count
from relurules.wording.phrases import Phrase, write_ascii


def read_ends(phrase: Phrase) -> list[float]:
    return [float(part.replace(",", "")) for part in write_ascii(phrase).split(" to ")]


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12), st.integers(2, 4))
def test_intervals_are_rounded_outwards(one: float, other: float, digits: int) -> None:
    low, high = sorted([one, other])
    ends = read_ends(phrase_interval(low, high, digits))
    slack = Fraction(1, 10**9)
    assert Fraction(ends[0]) <= Fraction(low) + slack * abs(Fraction(low))
    assert Fraction(ends[-1]) >= Fraction(high) - slack * abs(Fraction(high))
    for end, exact in ((ends[0], low), (ends[-1], high)):
        assert abs(end - exact) <= 10.0 ** (1 - digits) * abs(exact) * 1.001


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.12, 0.4, "0.12 to 0.4"),
        (0.1201, 0.3999, "0.12 to 0.4"),
        (0.12, np.inf, "at least 0.12"),
        (-np.inf, 0.4, "at most 0.4"),
        (-np.inf, np.inf, "any number"),
        (2.0, 2.0, "2"),
    ],
)
def test_intervals_in_words(low: float, high: float, said: str) -> None:
    assert write_ascii(phrase_interval(low, high)) == said


def test_shares_near_an_end_are_said_to_be_that_near() -> None:
    context = build_context(people())
    said = [
        write_ascii(phrase_output_value(context, 1, value))
        for value in (0.0, 0.00005, 0.5, 0.99995, 1.0)
    ]
    assert said == ["0", "below 0.0001", "0.5", "above 0.9999", "1"]
    assert write_ascii(phrase_output_value(context, 1, 0.0005, 2)) == "below 0.001"


@pytest.mark.parametrize("seed", range(4))
def test_ranges_hold_every_row_of_the_rule(seed: int) -> None:
    rules = people(seed)
    context, rng = build_context(rules), np.random.default_rng(0)
    X = np.zeros((3000, 5))
    X[:, 0], X[:, 4] = rng.integers(18, 81, 3000), rng.uniform(0, 10, 3000)
    X[np.arange(3000), 1 + rng.integers(0, 3, 3000)] = 1
    number, y = rules.apply(X), rules.predict(X)
    for rule in range(1, len(rules) + 1):
        for i in range(2):
            said = write_ascii(phrase_output_range(context, rule, i))
            first, last = said.split(" to ")[0], said.split(" to ")[-1]
            own = y[number == rule, i]
            if not len(own):
                continue
            if "below" not in first:
                assert own.min() >= float(first.removeprefix("above ")) * (1 - 1e-9)
            if "above" not in last:
                assert own.max() <= float(last.removeprefix("below ")) * (1 + 1e-9)


def test_coverage_is_counted() -> None:
    rules = people()
    evidence = rules.evidence
    assert evidence is not None
    context = build_context(rules)
    inside = evidence.rows - evidence.outside
    assert sum(facts.rows for facts in evidence.rules) == inside
    for number, facts in enumerate(evidence.rules, start=1):
        share = f"{100 * facts.rows / inside:.1f}"
        assert write_ascii(phrase_coverage(context, number)) == (
            f"{share}\u00a0% of the rows ({facts.rows} of {inside})"
        )
        assert context.rows(number) == facts.rows
        assert context.share(number) == facts.rows / inside
    counted = replace(sums(), reduction=sums().reduction._replace(rows=50))
    counted = replace(
        counted, rules=tuple(replace(rule, rows=10 * i) for i, rule in enumerate(counted))
    )
    context = build_context(counted)
    assert context.share(2) == 10 / 50
    assert write_ascii(phrase_coverage(context, 2)) == "20.0\u00a0% of the rows (10 of 50)"
    plain = build_context(sums())
    assert (plain.share(1), plain.rows(1), plain.facts(1)) == (None, None, None)
    assert write_ascii(phrase_coverage(plain, 1)) == ""


def test_words() -> None:
    assert [format_count(n, "rule") for n in (0, 1, 2, 1234)] == [
        "0 rules",
        "1 rule",
        "2 rules",
        "1,234 rules",
    ]
    assert write_ascii(phrase_names(["a"])) == "a"
    assert write_ascii(phrase_names(list("abcdef"))) == "a, b, c, d and 2 more"
    evidence = people().evidence
    assert evidence is not None
    assert describe_observation(evidence) == ("default = 1", "share")
    assert describe_observation(replace(evidence, positive="late")) == ("default = late", "share")
    assert describe_observation(replace(evidence, task="regression", response=None)) == (
        "response",
        "mean",
    )
    ages = network([[1, 0, 0, 0, 0]], [-30.5], [[1]])
    assert build_context(rules_of(ages, people().domain)).whole
    assert not build_context(sums()).whole
