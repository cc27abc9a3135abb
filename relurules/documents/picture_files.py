"""Every picture of a document as an SVG file of its own, on white, with the words for those who
don't see it.
"""

from relurules.documents.curve_svg import draw_curve_svg
from relurules.documents.document import CurvePlot, LinePlot
from relurules.documents.line_plot_svg import draw_plot_file

#: Colours are those of the page's style, on paper.
_CURVE_STYLE = """
text { font: 12px "Libertinus Serif", system-ui, "DejaVu Sans", Arial, sans-serif; fill: #454d57; }
.axis { stroke: #6b7580; stroke-width: 1; } .rows { fill: #a9b7c6; }
.mark { stroke: #6b7580; stroke-width: 1; stroke-dasharray: 3 3; }
.line { fill: none; stroke: #1d6fb8; stroke-width: 2.2; stroke-linejoin: round; }
.line2 { stroke: #c2500a; stroke-dasharray: 7 3; }
.line3 { stroke: #1b1f24; stroke-dasharray: 2 3; }
.knot { fill: #ffffff; stroke: #1d6fb8; stroke-width: 1.6; }
"""
#: How the curves of several scores are told apart, in the order of their names.
CURVE_MARKS = ("a solid line", "dashes", "dots")
_OPEN = '<svg class="curve" '


def draw_picture_file(plot: CurvePlot | LinePlot) -> str:
    """The picture as SVG, without a legend of curves; LinePlots have theirs inside."""
    if isinstance(plot, LinePlot):
        return draw_plot_file(plot)
    drawn, _, _ = draw_curve_svg(plot).partition("</svg>")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {drawn.removeprefix(_OPEN)}'
    start, end, rest = head.partition(">")
    return f"{start}{end}\n<style>{_CURVE_STYLE}</style>{rest}</svg>\n"


def describe_picture(plot: CurvePlot | LinePlot) -> str:
    """What is drawn, in words; the numbers themselves stand in a table."""
    if isinstance(plot, LinePlot):
        named = ", ".join(line.name for line in plot.lines if line.name)
        return f"{plot.caption}. Across: {plot.axes[0]}; up: {plot.axes[1]}. Lines: {named}."
    ends = [ticks[0][1] + " to " + ticks[-1][1] for ticks in (plot.across, plot.up) if ticks]
    between = " over the range ".join(reversed(ends))
    said = f"What the column adds, {between}" if between else "What the column adds"
    rows = "; bars show how the rows are spread" if plot.bars else ""
    return f"{said}{rows}. The table has the same numbers."


def describe_curve_marks(plot: CurvePlot) -> str:
    """Which curve is whose: `approved: a solid line, refused: dashes`; "" where there is one."""
    return ", ".join(f"{name}: {mark}" for name, mark in zip(plot.names, CURVE_MARKS, strict=False))
