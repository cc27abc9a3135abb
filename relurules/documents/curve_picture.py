"""A curve as a picture of plain LaTeX, with the rows beneath it: no package is needed."""

from itertools import pairwise

from relurules.documents.document import CurvePlot
from relurules.wording.numbers import split_exponent

#: Size of the plot, how high the tallest bar of the rows is, and room for numbers, mm.
_WIDTH, _HEIGHT, _TALLEST, _LEFT, _FOOT = 80.0, 26.0, 7.0, 20.0, 5.0
#: How thick curves are, pt: that of the first score, the second, the third.
_THICK = (1.0, 0.7, 0.4)


def draw_curve_picture(plot: CurvePlot) -> str:
    """A `picture` environment; its straight pieces are Bezier curves, which may have any slope."""
    floor = _FOOT + _TALLEST + 1.0
    width, height = _LEFT + _WIDTH + 8.0, floor + _HEIGHT + 2.0
    parts = [
        r"{\setlength{\unitlength}{1mm}\footnotesize",
        rf"\begin{{picture}}({width:g},{height:g})",
    ]
    for low, high, share in plot.bars:
        size = f"{max(0.3, (high - low) * _WIDTH):.2f}mm}}{{{max(0.2, share * _TALLEST):.2f}mm"
        parts.append(
            rf"\put({_LEFT + low * _WIDTH:.2f},{_FOOT:g}){{\textcolor{{rows}}{{\rule{{{size}}}}}}}"
        )
    zero = floor + plot.zero * _HEIGHT
    parts += [
        rf"\linethickness{{0.3pt}}\put({_LEFT:g},{zero:.2f}){{\line(1,0){{{_WIDTH:g}}}}}",
        rf"\put({_LEFT:g},{_FOOT:g}){{\line(1,0){{{_WIDTH:g}}}}}",
    ]
    for number, curve in enumerate(plot.curves):
        corners = [(_LEFT + x * _WIDTH, floor + y * _HEIGHT) for x, y in curve]
        drawn = "".join(_draw_straight(*ends) for ends in pairwise(corners))
        parts.append(rf"{{\color{{barpos}}\linethickness{{{_THICK[number]}pt}}{drawn}}}")
    for place, words in plot.across:
        at = f"{_LEFT + place * _WIDTH:.2f},{_FOOT - 1.0:g}"
        parts.append(rf"\put({at}){{\makebox(0,0)[t]{{{_print_number(words)}}}}}")
    for place, words in plot.up:
        at = f"{_LEFT - 1.5:g},{floor + place * _HEIGHT:.2f}"
        parts.append(rf"\put({at}){{\makebox(0,0)[r]{{{_print_number(words)}}}}}")

    return "\n".join([*parts, r"\end{picture}}"])


def _draw_straight(start: tuple[float, float], end: tuple[float, float]) -> str:
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    return r"\qbezier" + "".join(f"({x:.2f},{y:.2f})" for x, y in (start, middle, end))


def _print_number(words: str) -> str:
    mantissa, exponent = split_exponent(words)
    if exponent:
        return rf"\ensuremath{{{mantissa}\cdot 10^{{{exponent}}}}}"
    return mantissa.replace("-", r"\ensuremath{-}")
