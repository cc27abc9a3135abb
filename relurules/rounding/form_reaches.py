"""How far exact forms reach over the rows of a box."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from relurules.rounding.forms import Interval, RealCurve, RealForm


class FormReaches:
    """Smallest and largest values, each worked out once; spans: place of a column of numbers ->
    where it lies.
    """

    def __init__(self, spans: Mapping[int, Interval]) -> None:
        self._spans = spans
        self._known: dict[int, tuple[RealForm, Interval]] = {}

    def measure(self, form: RealForm) -> Interval:
        """Wider than the values are where something reads several columns."""
        known = self._known.get(id(form))
        if known is None:
            known = self._known[id(form)] = (form, self._work_out(form))
        return known[1]

    def _work_out(self, form: RealForm) -> Interval:
        constant = form.constant.as_integer_ratio()
        lows, highs = [constant], [constant]
        for part in form.parts.values():
            if isinstance(part, RealCurve):
                low, high = part.find_reach(self._spans[part.place])
            else:
                low, high = part.reach
            lows.append(low.as_integer_ratio())
            highs.append(high.as_integer_ratio())

        for one, coef in form.beyond.values():
            factor, below = coef.as_integer_ratio()
            ends = [end.as_integer_ratio() for end in self.measure(one)]
            own = [(factor * max(0, top), below * bottom) for top, bottom in ends]
            lows.append(own[factor < 0])
            highs.append(own[factor >= 0])

        return Interval(add_exactly(lows), add_exactly(highs))


def add_exactly(ratios: Sequence[tuple[int, int]]) -> Fraction:
    """The sum of numerators over denominators, which is brought to lowest terms once."""
    top, bottom = 0, 1
    for own, below in ratios:
        if below == bottom:
            top += own
        elif not bottom % below:
            top += own * (bottom // below)
        elif not below % bottom:
            top, bottom = top * (below // bottom) + own, below
        else:
            top, bottom = top * below + own * bottom, bottom * below

    return Fraction(top, bottom)
