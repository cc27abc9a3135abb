"""Boxes that together are all rows, bounded each by itself: behind a link an error counts most
where the link is steepest, and is rarely largest there.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count

from relurules.rounding.analysis import RowInputs
from relurules.rounding.forms import Interval, NumberSpan, RealCurve, RealForm
from relurules.rounding.link_errors import EndScores

#: Parts that rows are cut into at most.
_PARTS = 64
#: Terms of scores that are bounded anew, in all parts together: about two seconds' worth.
_TERMS = 3_500


@dataclass(frozen=True)
class RowPart:
    """Rows of a box. bounds: of their scores; forms: what these are exactly; size: what the bounds
    are judged by.
    """

    inputs: RowInputs
    bounds: EndScores
    forms: Sequence[RealForm]
    size: float


def cut_rows(whole: RowPart, measure: Callable[[RowInputs], RowPart]) -> list[RowPart]:
    """Parts that together are all rows, of the size of the largest one as small as cuts make it.

    The largest part is cut in two, at the middle of the column that its scores go with most.
    """
    ticket = count()
    heap = [(-whole.size, next(ticket), whole)]
    most = min(_PARTS, _TERMS // max(1, sum(map(_count_terms, whole.forms))))
    kept: list[RowPart] = []
    while heap and len(heap) + len(kept) < most:
        _, _, largest = heapq.heappop(heap)
        halves = _cut_in_two(largest)
        if not halves:
            kept.append(largest)
            break  # none gets smaller than this one
        for half in halves:
            part = measure(half)
            heapq.heappush(heap, (-part.size, next(ticket), part))

    return [*kept, *(part for _, _, part in heap)]


def _count_terms(form: RealForm) -> int:
    return len(form.parts) + sum(1 + _count_terms(one) for one, _ in form.beyond.values())


def _cut_in_two(part: RowPart) -> list[RowInputs]:
    """The rows on either side of the middle of a column; none where no column is left."""
    blocks = part.inputs.blocks
    swings = {
        i: sum((_measure_swing(form, block) for form in part.forms), start=Fraction(0))
        for i, block in enumerate(blocks)
        if isinstance(block, NumberSpan)
    }
    at = max(swings, key=swings.__getitem__, default=None)
    if at is None or not swings[at]:
        return []

    block = blocks[at]
    assert isinstance(block, NumberSpan)  # noqa: S101  # so it was chosen
    middle = (block.span.low + block.span.high) / 2
    spans = (Interval(block.span.low, middle), Interval(middle, block.span.high))
    return [
        replace(part.inputs, blocks=[*blocks[:at], replace(block, span=span), *blocks[at + 1 :]])
        for span in spans
    ]


def _measure_swing(form: RealForm, block: NumberSpan) -> Fraction:
    """What a column may change a form by, at most."""
    total = Fraction(0)
    for part in form.parts.values():
        if isinstance(part, RealCurve) and part.place == block.place:
            reach = part.find_reach(block.span)
            total += reach.high - reach.low
    for one, coef in form.beyond.values():
        total += abs(coef) * _measure_swing(one, block)
    return total
