"""Tables of points and lines in words: what a reader works out is off by no more than is stated."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from additive_models import make_additive
from handmade import graph, network

import relurules as rr
from relurules.ir import AdditiveRules, Network
from relurules.wording.additive import word_additive_rules
from relurules.wording.forms import round_coefficient
from relurules.wording.line_wording import LineWording
from relurules.wording.phrases import write_ascii
from relurules.wording.point_scale import choose_unit, read_number, round_slope
from relurules.wording.point_tables import PointList, StretchTable, find_stretch


def extract(net: Network, low: float, high: float, *, whole: bool = False) -> AdditiveRules:
    domain = replace(rr.Domain.box([low], [high], ["x"]), integer=np.array([whole]))
    traced = replace(graph(net), features=("x",), columns=domain.columns)
    rules = rr.extract(traced, domain=domain, form="additive")
    assert isinstance(rules, AdditiveRules)
    return rules


def hinges(starts: list[float], slopes: list[float], base: float = 0.0) -> Network:
    K = len(starts)
    return network(np.ones((K, 1)), -np.array(starts), [slopes], C=[[base]])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("link", ["two", "softmax"])
def test_points_are_off_by_no_more_than_stated(link: str, seed: int) -> None:
    rules, _ = make_additive(link, seed=seed, hidden=(12,))
    wording, seen = word_additive_rules(rules), 0
    random = np.random.default_rng(seed)
    for part in wording.parts:
        table, own = part.table, rules.parts[part.index]
        if isinstance(table, PointList):
            exact = rules.points[own.name]
            for choice in table.choices:
                off = np.abs(np.array(choice.points) - exact[list(choice.members)])
                assert (off <= np.array(table.errors) + 1e-12).all()
        if not isinstance(table, StretchTable):
            continue
        j = own.coordinates[0]
        at = random.uniform(rules.domain.lower[j], rules.domain.upper[j], 300)
        at = at.round() if rules.domain.integer[j] else at
        at = np.concatenate([at, rules.domain.lower[[j]], rules.domain.upper[[j]]])
        exact = rules.curves[own.name].evaluate(at)
        for score, stretches in enumerate(table.stretches):
            for x, value in zip(at.tolist(), exact[:, score].tolist(), strict=True):
                shown = find_stretch(stretches, x).evaluate(Fraction(x))
                seen += 1
                assert abs(float(shown) - value) <= table.errors[score] + 1e-12
    assert seen


def evaluate_line(line: LineWording, row: np.ndarray, score: int) -> float:  # type: ignore[type-arg]
    """A line from the numbers that are shown alone."""
    total = Fraction(0)
    for term in line.form.terms:
        factor = round_coefficient(term, line.step)
        size = read_number(factor.factor)
        size = 1 / size if factor.divides else size
        value = Fraction(sum(row[list(term.coordinates)].tolist()))
        total += (size if term.coefficient > 0 else -size) * value
    bound = next(
        case.bound for case in line.cases
        if not case.members or any(row[j] == 1 for j in case.members)
    )  # fmt: skip
    beyond = total - read_number(bound)
    beyond = max(Fraction(0), -beyond if line.below else beyond)
    return float(read_number(line.slopes[score]) * beyond / read_number(line.unit))


@pytest.mark.parametrize("seed", range(6))
def test_lines_are_off_by_no_more_than_stated(seed: int) -> None:
    rules, frame = make_additive("softmax", seed=seed, hidden=(12,), reads=3)
    X = rules.domain.rows(frame)
    for part in word_additive_rules(rules).parts:
        for line in part.lines:
            own = rules.lines[line.number - 1]
            space = own.condition.half_space
            exact = np.maximum(0.0, X @ space.normal - space.bound)[:, None] * own.slopes
            shown = [[evaluate_line(line, row, i) for i in range(3)] for row in X]
            assert (np.abs(exact - shown) <= np.array(line.errors) + 1e-12).all()


def test_bounds_of_all_are_small() -> None:
    rules, _ = make_additive("two", seed=1, hidden=(16,))
    wording = word_additive_rules(rules)
    assert wording.scale.decimals == (4,) or wording.scale.decimals == (5,)
    assert 0 < wording.errors[0] < 0.005


@pytest.mark.parametrize(
    ("slopes", "unit"),
    [
        ([0.5], 1.0),
        ([0.0], 1.0),
        ([], 1.0),
        ([9e-4], 1000.0),
        ([2e-5, -3e-4], 1000.0),
        ([1e-9], 1e8),
    ],
)
def test_units_by_the_largest_slope(slopes: list[float], unit: float) -> None:
    assert choose_unit(slopes) == unit


def test_slopes_keep_their_room() -> None:
    for slope in (1.23456789e-5, -0.98765, 1e-12, 123.456):
        for room in (1e-7, 1e-4):
            shown = round_slope(slope, choose_unit([slope]), room)
            assert abs(shown / choose_unit([slope]) - slope) <= room * (1 + 1e-9)
    assert round_slope(1e-12, 1.0, 1e-4) == 0.0


def test_a_pinned_column_is_one_number() -> None:
    rules = extract(hinges([1.0], [2.0], 1.0), 3.0, 3.0)
    (part,) = word_additive_rules(rules).parts or [None]
    if part is not None:
        assert isinstance(part.table, StretchTable)
        assert [one.slope for one in part.table.stretches[0]] == [0.0]


def test_bounds_that_are_nothing_are_0() -> None:
    net = hinges([1e-19], [1.0])
    rules = extract(net, -3.0, 5.0)
    (part,) = word_additive_rules(rules).parts
    (line,) = part.lines
    assert [case.bound for case in line.cases] == [0.0]


def test_whole_ends_say_the_same_of_whole_numbers() -> None:
    rules = extract(hinges([2.25, 7.5], [1.0, -3.0], 0.5), 0.0, 20.0, whole=True)
    (part,) = word_additive_rules(rules).parts
    assert isinstance(part.table, StretchTable)
    assert part.table.moved
    (stretches,) = part.table.stretches
    assert [(one.low, one.high) for one in stretches] == [(0, 2), (2, 3), (3, 7), (7, 8), (8, 20)]
    exact = rules.curves["x"].evaluate(np.arange(21.0))[:, 0]
    shown = [float(find_stretch(stretches, x).evaluate(Fraction(x))) for x in range(21)]
    assert shown == pytest.approx(exact.tolist(), abs=1e-4)


def test_lines_of_a_number_and_categories_are_told_case_by_case() -> None:
    rules, _ = make_additive("two", seed=0, hidden=(14,))
    told = [
        write_ascii(line.beyond)
        for part in word_additive_rules(rules).parts
        for line in part.lines if len(line.cases) > 1
    ]  # fmt: skip
    assert told
    assert all("elsewhere" in one and "where purpose is" in one for one in told)
