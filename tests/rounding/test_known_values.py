"""Values that parts of the rows share: the same as those that are worked out anew."""

from fractions import Fraction
from itertools import product

from relurules.rounding.analysis import ErrorAnalysis, RowInputs, Value
from relurules.rounding.expression import Choice, ColumnValue, Comparison, Literal, Operation
from relurules.rounding.floats import DOUBLE
from relurules.rounding.forms import Block, Interval, NumberSpan
from relurules.rounding.known_values import KnownValues
from relurules.rounding.shared_forms import SharedForms


def make_span(place: int, low: float, high: float) -> Block:
    return NumberSpan(place, Interval(Fraction(low), Fraction(high)), integer=False)


def test_values_are_those_of_an_analysis_of_its_own() -> None:
    first, second = ColumnValue(0), ColumnValue(1)
    double, half = (Operation("*", (Literal(x), first)) for x in (2.1, 0.7))
    bent = Choice(Comparison(">", first, Literal(0.0)), double, half)
    told = Operation("+", (bent, Operation("*", (Literal(0.3), second))))
    spans = [[make_span(i, -1.0, 3.0), make_span(i, 0.5, 3.0)] for i in (0, 1)]
    known, forms = KnownValues[Value](), SharedForms()
    found = set[tuple[Fraction, Interval]]()
    for blocks in product(*spans):
        rows = RowInputs(blocks=blocks, words={})
        shared = ErrorAnalysis(rows, DOUBLE, known, forms).analyse(told)
        alone = ErrorAnalysis(rows, DOUBLE).analyse(told)
        assert (shared.error, shared.reach) == (alone.error, alone.reach)
        assert shared.form.key == alone.form.key
        found.add((alone.error, alone.reach))

    assert len(found) == 4


def test_an_expression_is_told_by_the_columns_that_it_reads() -> None:
    known, other = KnownValues[str](), make_span(1, 0.0, 1.0)
    one, half = make_span(0, 0.0, 1.0), make_span(0, 0.0, 0.5)
    test = Comparison(">", ColumnValue(0), Literal(0.0))
    chosen = Choice(test, Literal(1.0), Literal(0.0))
    known.add_value(known.make_key(chosen, [one, other]), [one, other], "whole")
    assert known.find_value(known.make_key(chosen, [one, make_span(1, 0.0, 0.5)])) == "whole"
    assert known.find_value(known.make_key(chosen, [half, other])) is None
