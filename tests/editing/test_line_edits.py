"""Edits of additive rules: curves, points, lines, the base, and what they leave alone."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive

import relurules as rr
from relurules.domain.columns import Column
from relurules.errors import DataError, InputError, UnsupportedError
from relurules.ir import AdditiveRules

SIGNED = {"author": "A. Name", "reason": "policy 12", "date": "2026-11-28"}


def edit(rules: Any, *edits: Any, **options: Any) -> Any:
    return rr.edit(rules, list(edits), **SIGNED, **options)


def sum_column(rules: AdditiveRules, j: int, score: int, x: Fraction) -> Fraction:
    """What the base and the lines of one number column add at x, exactly."""
    total = Fraction(float(rules.base.weights[score, j])) * x
    for line in rules.lines:
        normal, bound = line.condition.half_space[:2]
        if np.flatnonzero(normal).tolist() == [j]:
            beyond = Fraction(float(normal[j])) * x - Fraction(bound)
            total += Fraction(float(line.slopes[score])) * max(Fraction(0), beyond)
    return total


def sum_curve(rules: AdditiveRules, name: str, x: float, score: int = 0) -> Fraction:
    """The curve of the documents: beside the reference."""
    j = rules.domain.names.index(name)
    at = Fraction(float(rules.reference.values[j]))
    return sum_column(rules, j, score, Fraction(x)) - sum_column(rules, j, score, at)


def sum_score(rules: AdditiveRules, row: np.ndarray, score: int = 0) -> Fraction:
    total = Fraction(float(rules.base.constants[score]))
    x = [Fraction(float(v)) for v in row]
    for w, v in zip(rules.base.weights[score], x, strict=True):
        total += Fraction(float(w)) * v
    for line in rules.lines:
        normal, bound = line.condition.half_space[:2]
        beyond = sum(Fraction(float(n)) * v for n, v in zip(normal, x, strict=True))
        total += Fraction(float(line.slopes[score])) * max(Fraction(0), beyond - Fraction(bound))
    return total


@pytest.fixture(scope="module")
def made() -> tuple[AdditiveRules, pd.DataFrame]:
    return make_additive("two")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("where", ["low", "high", "breakpoint", "between"])
def test_a_curve_changes_at_one_place_alone(seed: int, where: str) -> None:
    """Elsewhere it is what interpolation between the places beside it gives."""
    rules, _ = make_additive("score", seed=seed)
    name = max(rules.curves, key=lambda one: len(rules.curves[one].breakpoints))
    known, j = rules.curves[name].breakpoints.tolist(), rules.domain.names.index(name)
    inner, at = known[1:-1] or [known[0]], float(rules.reference.values[j])
    x = {
        "low": known[0],
        "high": known[-1],
        "breakpoint": inner[0],
        "between": (inner[0] + known[-1]) / 2,
    }[where]
    after = edit(rules, f"curve {name} at {x!r} = 0.7").rules

    size = max(1.0, float(np.abs(rules.curves[name].values).max()))
    room = 1e-14 * size
    assert abs(sum_curve(after, name, x) - Fraction(0.7)) <= room
    places = sorted({*known, at, x})
    i = places.index(x)
    for y in places:
        if y != x:
            assert abs(sum_curve(after, name, y) - sum_curve(rules, name, y)) <= room, y
    for low, high in pairwise(places):
        middle = (low + high) / 2
        ends = [sum_curve(after, name, end) for end in (low, high)]
        share = (Fraction(middle) - Fraction(low)) / (Fraction(high) - Fraction(low))
        wanted = ends[0] + share * (ends[1] - ends[0])
        assert abs(sum_curve(after, name, middle) - wanted) <= room, (low, high)
        if low >= places[min(i + 1, len(places) - 1)] or high <= places[max(i - 1, 0)]:
            moved = sum_curve(after, name, middle) - sum_curve(rules, name, middle)
            assert abs(moved) <= room


def test_no_curve_bends_within_the_last_digit(made: Any) -> None:
    beside = float(np.nextafter(57.0, np.inf))
    with pytest.raises(DataError, match="can't bend"):
        edit(made[0], f"curve age at {beside!r} = 0.7")


def test_slopes_beyond_the_tent_stay_to_the_last_digit(made: Any) -> None:
    rules, _ = made
    after = edit(rules, "curve age at 35 = 0.2").rules
    for low, high in ((58, 64), (66, 79)):
        slopes = [
            sum_curve(one, "age", high) - sum_curve(one, "age", low) for one in (rules, after)
        ]
        assert slopes[0] == slopes[1]


def test_points_of_a_category_leave_other_rows_alone(made: Any) -> None:
    rules, frame = made
    after = edit(rules, "points purpose at car = 0.1").rules
    car = rules.domain.columns[[c.name for c in rules.domain.columns].index("purpose")]
    place = [category.values for category in car.categories].index(("car",))
    assert after.points["purpose"][place, 0] == pytest.approx(0.1, abs=1e-15)
    others = frame[frame.purpose != "car"]
    np.testing.assert_array_equal(after.predict(others), rules.predict(others))
    cars = frame[frame.purpose == "car"]
    assert (after.predict_scores(cars) > rules.predict_scores(cars)).all()


def test_lines_go_and_change(made: Any) -> None:
    rules, frame = made
    result = edit(rules, "drop line 2", "line 4 slope = 0.5", "line 1 threshold = 30")
    X = rules.domain.rows(frame)
    lines = {line.number: line for line in rules.lines}

    def add(line: Any, bound: float, slope: float) -> np.ndarray:
        return slope * np.maximum(0.0, X @ line.condition.half_space.normal - bound)

    wanted = rules.predict_scores(frame)[:, 0]
    for number, line in lines.items():
        bound, slope = line.condition.half_space.bound, line.slopes[0]
        now = {2: (bound, 0.0), 4: (bound, 0.5), 1: (-30.0, slope)}.get(number, (bound, slope))
        assert number != 1 or line.condition.half_space.normal.sum() < 0
        wanted = wanted - add(line, bound, slope) + add(line, *now)
    np.testing.assert_allclose(result.rules.predict_scores(frame)[:, 0], wanted, atol=1e-12)
    assert [line.number for line in result.rules.lines] == list(range(1, len(rules)))
    assert len(result.rules) == len(rules) - 1


def test_the_base_and_where_the_score_starts(made: Any) -> None:
    rules, _ = made
    after = edit(rules, "start = -1.25").rules
    assert after.reference.values.tolist() == rules.reference.values.tolist()
    assert abs(sum_score(after, after.reference.values) + Fraction(1.25)) < 1e-15
    after = edit(rules, "base income = -0.25", "base = 2").rules
    assert after.base.constants[0] == 2.0
    assert after.base.weights[0, rules.domain.names.index("income")] == -0.25


def test_edits_follow_one_another(made: Any) -> None:
    rules, _ = made
    after = edit(rules, "curve age at 35 = 0.2", "curve age at 40 = -0.3").rules
    assert abs(sum_curve(after, "age", 35.0) - Fraction(0.2)) < 1e-14
    assert abs(sum_curve(after, "age", 40.0) + Fraction(0.3)) < 1e-14


def test_a_column_that_no_curve_had(made: Any) -> None:
    rules, _ = made
    wider = rules.domain.extended((*rules.domain.columns, Column("late")))
    bounded = wider.bounded({"late": (0.0, 10.0)})
    from dataclasses import replace

    def widen(normal: np.ndarray) -> np.ndarray:
        return np.append(normal, 0.0)

    lines = tuple(
        replace(
            line,
            condition=line.condition._replace(
                half_space=line.condition.half_space._replace(
                    normal=widen(line.condition.half_space.normal)
                )
            ),
        )
        for line in rules.lines
    )
    base = rules.base._replace(weights=np.array([widen(row) for row in rules.base.weights]))
    values = replace(rules.reference, values=widen(rules.reference.values))
    bare = replace(
        rules, domain=bounded, lines=lines, base=base, traced=None, evidence=None,
        chosen_reference=values,
    )  # fmt: skip
    after = edit(bare, "curve late at 5 = 1").rules
    assert [float(sum_curve(after, "late", x)) for x in (0.0, 2.5, 5.0, 7.5, 10.0)] == [
        0.0, 0.5, 1.0, 0.5, 0.0,
    ]  # fmt: skip


def test_an_open_column_moves_along_beyond_its_last_place() -> None:
    from line_models import chance

    rules = chance()
    at = rules.reference.values[0]
    after = edit(rules, "curve age at 50 = 2").rules
    was = sum_curve(rules, "age", 50.0)
    for x in (60.0, 1000.0):
        assert sum_curve(after, "age", x) - sum_curve(rules, "age", x) == pytest.approx(2 - was)
    assert sum_curve(after, "age", float(at)) == 0
    assert sum_curve(after, "age", 30.0) == pytest.approx(float(sum_curve(rules, "age", 30.0)))


def test_several_scores_are_named() -> None:
    rules, frame = make_additive("softmax")
    name = rules.scores[1]
    with pytest.raises(DataError, match="no score is named"):
        edit(rules, "curve age at 35 = 0.2")
    after = edit(rules, f"curve age at 35 of `{name}` = 0.2").rules
    assert abs(sum_curve(after, "age", 35.0, 1) - Fraction(0.2)) < 1e-14
    same = [0, 2]
    np.testing.assert_array_equal(
        after.predict_scores(frame)[:, same], rules.predict_scores(frame)[:, same]
    )


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("curve age at 35", InputError, "sets nothing"),
        ("curve age = 3", InputError, "can't be read"),
        ("bend age at 3 = 3", InputError, "can't be read"),
        ("curve age at 35 = nan", InputError, "no finite number"),
        ("curve age at 35 = much", InputError, "no finite number"),
        ("curve age at 200 = 1", DataError, "from 18 to 79"),
        ("curve agee at 35 = 1", DataError, "no column 'agee'"),
        ("curve purpose at 1 = 1", DataError, "has categories"),
        ("points age at 35 = 1", DataError, "holds numbers"),
        ("points purpose at boat = 1", DataError, "no category 'boat'"),
        ("line 99 slope = 1", DataError, "lines 1 to"),
        ("drop line 0", DataError, "lines 1 to"),
        ("line 1 threshold = 1e9", DataError, "the rules say nothing beyond"),
        ("rule 1 constant = 1", UnsupportedError, "of partition rules"),
        ("base purpose = 1", DataError, "has categories"),
    ],
)
def test_what_cannot_be_done_is_said(made: Any, text: str, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        edit(made[0], text)


def test_the_reference_stays_at_nothing(made: Any) -> None:
    rules, _ = made
    at = float(rules.reference.values[rules.domain.names.index("age")])
    with pytest.raises(DataError, match="is the reference"):
        edit(rules, f"curve age at {at!r} = 1")


def test_a_line_is_dropped_once(made: Any) -> None:
    with pytest.raises(DataError, match="was dropped before"):
        edit(made[0], "drop line 2", "line 2 slope = 1")


def test_the_lines_that_there_are_are_told(made: Any) -> None:
    rules, _ = made
    last = len(rules.lines)
    with pytest.raises(DataError, match=f"no line 99; the rules have lines 1 to {last}"):
        edit(rules, "drop line 99")
    none = edit(rules, *(f"drop line {k + 1}" for k in range(last))).rules
    with pytest.raises(DataError, match="no line 1; the rules have no lines"):
        edit(none, "drop line 1")


@pytest.mark.parametrize("missing", ["author", "reason"])
def test_nothing_is_edited_unsigned(made: Any, missing: str) -> None:
    with pytest.raises(InputError, match=missing):
        rr.edit(made[0], "drop line 2", **{**SIGNED, missing: " "})
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        rr.edit(made[0], "drop line 2", **{**SIGNED, "date": "today"})
    with pytest.raises(InputError, match="no edit"):
        rr.edit(made[0], [], **SIGNED)


@pytest.mark.parametrize(
    "text", ["curve income at 40 = 1e308", "line 1 slope = 1e308", "base income = 1e307"]
)
def test_scores_that_could_overflow_are_refused(made: Any, text: str) -> None:
    with pytest.raises(UnsupportedError, match="beyond the largest float64"):
        edit(made[0], text)
