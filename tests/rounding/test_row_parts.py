"""Rows are cut into parts that leave none out, where scores are worst the finest."""

from fractions import Fraction

import numpy as np

from relurules.rounding.analysis import RowInputs
from relurules.rounding.form_reaches import FormReaches
from relurules.rounding.forms import CategorySpan, Interval, NumberSpan, RealCurve, RealForm
from relurules.rounding.link_errors import EndScores
from relurules.rounding.row_parts import RowPart, cut_rows


def _measure(rows: RowInputs) -> RowPart:
    """Of the score max(0, x0 + 2 x1): its largest value is its size."""
    steep = [(rows.blocks[0], Fraction(1)), (rows.blocks[1], Fraction(2))]
    curves = {
        block.place: RealCurve(block.place, slope, {})
        for block, slope in steep
        if isinstance(block, NumberSpan)
    }
    form = RealForm(Fraction(0), curves).take_positive()
    high = float(FormReaches(rows.spans).measure(form).high)
    return RowPart(rows, EndScores(np.zeros(1), np.zeros(1), np.array([high])), [form], high)


def test_every_row_is_in_a_part_whose_largest_score_is_no_smaller_than_its_own() -> None:
    wide = Interval(Fraction(-1), Fraction(3))
    blocks = [NumberSpan(0, wide, False), NumberSpan(1, wide, True), CategorySpan((2, 3))]
    parts = cut_rows(_measure(RowInputs(blocks=blocks, words={})), _measure)
    assert len(parts) > 8
    assert all(part.inputs.blocks[2] == blocks[2] for part in parts)
    spans = np.array([
        [[float(end) for end in block.span] for block in part.inputs.blocks[:2]]
        for part in parts
    ])  # fmt: skip
    volume = np.prod(spans[:, :, 1] - spans[:, :, 0], axis=1)
    assert volume.sum() == 16.0
    assert volume[np.argmax([part.size for part in parts])] == volume.min()

    X = np.random.default_rng(0).uniform(-1, 3, size=(500, 2))
    for x in X:
        inside = ((spans[:, :, 0] <= x) & (x <= spans[:, :, 1])).all(axis=1)
        own = [part.bounds.highs[0] for part, is_own in zip(parts, inside, strict=True) if is_own]
        assert own
        assert min(own) >= max(0.0, x[0] + 2 * x[1])


def test_rows_of_a_score_that_reads_nothing_stay_whole() -> None:
    blocks = [NumberSpan(0, Interval(Fraction(0), Fraction(1)), False)]
    none = np.zeros(1)

    def measure(rows: RowInputs) -> RowPart:
        return RowPart(rows, EndScores(none, none, none), [RealForm(Fraction(1))], 0.0)

    assert len(cut_rows(measure(RowInputs(blocks=blocks, words={})), measure)) == 1
