"""Lines over two axes as a picture of plain LaTeX: no package is needed."""

from collections.abc import Callable
from itertools import pairwise

from relurules.documents.document import LinePlot, PlotLine
from relurules.files.templates import flatten_text

#: What makes a text LaTeX.
Escape = Callable[[str], str]
#: Size of the plot, and room for numbers and names, mm.
_WIDTH, _HEIGHT, _LEFT, _FOOT = 100.0, 55.0, 20.0, 12.0
_LEGEND = 5.0
#: How each line is drawn: its colour, and how thick it is, pt.
_STYLES = (("barpos", 1.0), ("barneg", 1.0), ("black", 0.6))


def draw_plot_picture(plot: LinePlot, escape: Escape) -> str:
    """A `picture` environment; lines are Bezier curves, which may have any slope.

    escape: what makes texts LaTeX.
    """
    named = [line for line in plot.lines if line.name]
    floor = _FOOT + _LEGEND * len(named)
    size = f"({_LEFT + _WIDTH + 8:g},{floor + _HEIGHT + 8:g})"
    parts = [
        r"{\setlength{\unitlength}{1mm}\footnotesize",
        rf"\begin{{picture}}{size}",
        *_draw_axes(plot, floor, escape),
    ]
    number = 0
    for line in plot.lines:
        number += not line.guide
        parts.append(_draw_line(line, number, floor))

    return "\n".join([*parts, *_write_legend(plot, floor, escape), r"\end{picture}}"])


def _draw_axes(plot: LinePlot, floor: float, escape: Escape) -> list[str]:
    parts = [
        rf"\linethickness{{0.3pt}}\put({_LEFT:g},{floor:.2f}){{\line(1,0){{{_WIDTH:g}}}}}",
        rf"\put({_LEFT:g},{floor:.2f}){{\line(0,1){{{_HEIGHT:g}}}}}",
    ]
    for place, words in plot.across:
        at = f"{_LEFT + place * _WIDTH:.2f},{floor - 1:.2f}"
        parts.append(rf"\put({at}){{\makebox(0,0)[t]{{{escape(words)}}}}}")
    for place, words in plot.up:
        at = f"{_LEFT - 1.5:g},{floor + place * _HEIGHT:.2f}"
        parts.append(rf"\put({at}){{\makebox(0,0)[r]{{{escape(words)}}}}}")
    across, up = (escape(name) for name in plot.axes)
    middle = _LEFT + _WIDTH / 2
    parts.append(rf"\put({middle:g},{floor - 6:.2f}){{\makebox(0,0)[t]{{{across}}}}}")
    parts.append(rf"\put({_LEFT:g},{floor + _HEIGHT + 3:.2f}){{\makebox(0,0)[bl]{{{up}}}}}")

    return parts


def _draw_line(line: PlotLine, number: int, floor: float) -> str:
    corners = [(_LEFT + x * _WIDTH, floor + y * _HEIGHT) for x, y in line.corners]
    drawn = "".join(_draw_straight(*ends) for ends in pairwise(corners)) * (not line.cloud)
    for side in (1, 2):
        ends = [(_LEFT + one[0] * _WIDTH, floor + one[side] * _HEIGHT) for one in line.area]
        drawn += "".join(_draw_straight(*pair) for pair in list(pairwise(ends))[::2])
    for x, low, high in line.spans:
        at = _LEFT + x * _WIDTH
        drawn += _draw_straight((at, floor + low * _HEIGHT), (at, floor + high * _HEIGHT))
    if line.cloud:
        kind = r"\circle" if number == 1 and not line.guide else r"\circle*"
        drawn += "".join(rf"\put({x:.2f},{y:.2f}){{{kind}{{0.9}}}}" for x, y in corners)
    elif line.dots:
        drawn += "".join(rf"\put({x:.2f},{y:.2f}){{\circle*{{1.4}}}}" for x, y in corners)
    colour, thick = ("rows", 0.4) if line.guide else _STYLES[(number - 1) % len(_STYLES)]

    return rf"{{\color{{{colour}}}\linethickness{{{thick}pt}}{drawn}}}"


def _draw_straight(start: tuple[float, float], end: tuple[float, float]) -> str:
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    return r"\qbezier" + "".join(f"({x:.2f},{y:.2f})" for x, y in (start, middle, end))


def _write_legend(plot: LinePlot, floor: float, escape: Escape) -> list[str]:
    parts, y, number = [], floor - _FOOT - 1.0, 0
    for line in plot.lines:
        number += not line.guide
        if line.name:
            colour = "rows" if line.guide else _STYLES[(number - 1) % len(_STYLES)][0]
            key = rf"\textcolor{{{colour}}}{{\rule{{8mm}}{{1pt}}}}"
            parts.append(rf"\put({_LEFT:g},{y:.2f}){{\makebox(0,0)[l]{{{key}}}}}")
            text = escape(flatten_text(line.name))
            parts.append(rf"\put({_LEFT + 10:g},{y:.2f}){{\makebox(0,0)[l]{{{text}}}}}")
            y -= _LEGEND

    return parts
