"""Lines over two axes as SVG: inline in a page, whose colours they have, or a file of its own."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from relurules.documents.document import LinePlot, PlotLine
from relurules.files.templates import flatten_text

#: Width of the picture, and where its plot lies in it, in SVG units; more room on the left, and
#: more height, where numbers or names at ticks need it.
_WIDTH = 520.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 504.0, 14.0, 270.0
#: Below the plot: where numbers and the name of the axis across are written, and what each entry of
#: the legend needs.
_NUMBERS, _TITLE, _FOOT, _ENTRY = 18.0, 42.0, 60.0, 20.0
#: A character's width, and how far ticks are apart at least that have names.
_CHARACTER, _APART = 6.6, 21.0
#: Lines that are told apart by colour and dashes, and marks that do so without colour.
STYLES = 3
_MARK = 4.0
#: Colours of a file of its own, in light and dark; those of the page's style.
_OWN_STYLE = """
text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", Arial, sans-serif; fill: #454d57; }
.title { fill: #1b1f24; } .grid { stroke: #d5dae0; } .axis { stroke: #6b7580; }
.guide { fill: none; stroke: #6b7580; stroke-width: 1.2; stroke-dasharray: 4 4; }
.series { fill: none; stroke-width: 2.2; stroke-linejoin: round; } .span { stroke-width: 1.4; }
.s1 { stroke: #1d6fb8; } .s2 { stroke: #c2500a; stroke-dasharray: 7 3; }
.s3 { stroke: #1b1f24; stroke-dasharray: 2 3; }
.dot { stroke-width: 2; stroke-dasharray: none; fill: #ffffff; }
.area { stroke: none; fill-opacity: .2; } .area.s1 { fill: #1d6fb8; } .area.s2 { fill: #c2500a; }
.area.s3 { fill: #1b1f24; }
.cloud { fill: none; stroke-width: 5; stroke-linecap: round; stroke-dasharray: none; }
.cloud.guide { stroke-width: 3; } .hollow { stroke-width: 2.6; stroke: #ffffff; }
.ground { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
text { fill: #b4bdc7; } .title { fill: #e6e9ed; } .grid { stroke: #333b45; }
.axis, .guide { stroke: #8a95a1; } .s1 { stroke: #5aa6ea; } .s2 { stroke: #f0904d; }
.s3 { stroke: #e6e9ed; } .dot { fill: #14181d; } .ground { fill: #14181d; }
.area.s1 { fill: #5aa6ea; } .area.s2 { fill: #f0904d; } .area.s3 { fill: #e6e9ed; }
.hollow { stroke: #14181d; } }
"""


class _Frame(NamedTuple):
    """Where the plot lies in the picture, whose height is below it."""

    left: float
    bottom: float
    height: float

    def reach(self, share: float) -> float:
        """How far across a share of the width is."""
        return self.left + share * (_RIGHT - self.left)

    def rise(self, share: float) -> float:
        """How far down a share of the height is."""
        return self.bottom - share * (self.bottom - _TOP)


def _choose_frame(plot: LinePlot) -> _Frame:
    longest = max((len(flatten_text(words)) for _, words in plot.up), default=0)
    left = min(max(_LEFT, 34.0 + _CHARACTER * longest), _WIDTH / 2)
    bottom = max(_BOTTOM, _TOP + _APART * len(plot.up))
    named = sum(bool(line.name) for line in plot.lines)
    return _Frame(left, bottom, bottom + _FOOT + _ENTRY * named)


def draw_plot_svg(plot: LinePlot) -> str:
    """The picture with its caption, as a figure; the same is in a table for those who don't see
    it.
    """
    caption, height = escape(flatten_text(plot.caption)), _choose_frame(plot).height
    return "\n".join(
        [
            '<figure class="figure">',
            f"<figcaption>{caption}</figcaption>",
            f'<svg viewBox="0 0 {_WIDTH:g} {height:g}" role="img" aria-label="{caption}">',
            *_draw_content(plot),
            "</svg>",
            "</figure>",
        ]
    )


def draw_plot_file(plot: LinePlot) -> str:
    """The picture as a file of its own, light or dark as the reader has it."""
    caption, size = escape(flatten_text(plot.caption)), f"{_WIDTH:g} {_choose_frame(plot).height:g}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}">',
            f"<title>{caption}</title>",
            f"<style>{_OWN_STYLE}</style>",
            '<rect class="ground" width="100%" height="100%"/>',
            *_draw_content(plot),
            "</svg>\n",
        ]
    )


def _draw_content(plot: LinePlot) -> list[str]:
    frame = _choose_frame(plot)
    parts = _draw_axes(plot, frame)
    number = 0
    for line in plot.lines:
        number += not line.guide
        if line.cloud:
            places = [(frame.reach(x), frame.rise(y)) for x, y in line.corners]
            parts += _draw_dots(places, _name_style(line, number))
        else:
            parts += _draw_guide(line, frame) if line.guide else _draw_series(line, number, frame)

    return [*parts, *_draw_legend(plot, frame)]


def _name_style(line: PlotLine, number: int) -> str:
    return "guide" if line.guide else f"s{(number - 1) % STYLES + 1}"


def _draw_axes(plot: LinePlot, frame: _Frame) -> list[str]:
    found = []
    for place, words in plot.up:
        y = frame.rise(place)
        found.append(_draw_segment("grid", (frame.left, y), (_RIGHT, y)))
        found.append(_write(frame.left - 8, y + 4, "end", words))
    for place, words in plot.across:
        x = frame.reach(place)
        found.append(_draw_segment("axis", (x, frame.bottom), (x, frame.bottom + 4)))
        beside = min(x, _WIDTH - len(words) * _CHARACTER / 2)  # within the picture
        found.append(_write(beside, frame.bottom + _NUMBERS, "middle", words))
    found.append(_draw_segment("axis", (frame.left, frame.bottom), (_RIGHT, frame.bottom)))
    across, up = (escape(flatten_text(name)) for name in plot.axes)
    middle = (_TOP + frame.bottom) / 2
    found.append(
        f'<text class="title" x="{(frame.left + _RIGHT) / 2:g}" y="{frame.bottom + _TITLE:g}" '
        f'text-anchor="middle">{across}</text>'
    )
    found.append(
        f'<text class="title" x="16" y="{middle:g}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle:g})">{up}</text>'
    )

    return found


def _draw_segment(kind: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    return (
        f'<line class="{kind}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" '
        f'x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'
    )


def _draw_guide(line: PlotLine, frame: _Frame) -> list[str]:
    corners = " ".join(f"{frame.reach(x):.1f},{frame.rise(y):.1f}" for x, y in line.corners)
    return [f'<polyline class="guide" points="{corners}"/>']


def _draw_series(line: PlotLine, number: int, frame: _Frame) -> list[str]:
    style = _name_style(line, number)
    found = []
    if line.area:
        upper = [(x, high) for x, _, high in line.area]
        lower = [(x, low) for x, low, _ in reversed(line.area)]
        ends = " ".join(f"{frame.reach(x):.1f},{frame.rise(y):.1f}" for x, y in upper + lower)
        found.append(f'<polygon class="area {style}" points="{ends}"/>')
    corners = [(frame.reach(x), frame.rise(y)) for x, y in line.corners]
    found += [
        _draw_segment(
            f"span {style}", (frame.reach(x), frame.rise(low)), (frame.reach(x), frame.rise(high))
        )
        for x, low, high in line.spans
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    found.append(f'<polyline class="series {style}" points="{points}"/>')
    if line.dots:
        found += [_draw_mark(x, y, number) for x, y in corners]

    return found


def _draw_dots(places: Sequence[tuple[float, float]], style: str) -> list[str]:
    """Dots as one path, which is short; the first style's are hollow, so that no colour is needed
    to tell them.
    """
    at = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
    found = [f'<path class="cloud {style}" d="{at}"/>']
    return [*found, f'<path class="cloud hollow" d="{at}"/>'] if style == "s1" else found


def _draw_mark(x: float, y: float, number: int) -> str:
    """A circle, a square, a triangle: told apart without colour."""
    style = f"dot s{(number - 1) % STYLES + 1}"
    if number % STYLES == 1:
        return f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="{_MARK:g}"/>'
    if number % STYLES == 2:
        side = 2 * _MARK - 1
        return (
            f'<rect class="{style}" x="{x - side / 2:.1f}" y="{y - side / 2:.1f}" '
            f'width="{side:g}" height="{side:g}"/>'
        )
    corners = f"{x:.1f},{y - 5:.1f} {x - 4.5:.1f},{y + 3.5:.1f} {x + 4.5:.1f},{y + 3.5:.1f}"

    return f'<polygon class="{style}" points="{corners}"/>'


def _write(x: float, y: float, anchor: str, words: str) -> str:
    shown = words.replace("-", "\u2212", 1) if words.startswith("-") else words
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(shown)}</text>'


def _draw_legend(plot: LinePlot, frame: _Frame) -> list[str]:
    """A line with its mark, or a dot, and its name, one under another."""
    found, y, number = list[str](), frame.bottom + _TITLE + _ENTRY, 0
    for line in plot.lines:
        number += not line.guide
        if line.name:
            found += _draw_key(line, number, frame, y)
            found.append(_write(frame.left + 42, y + 4, "start", flatten_text(line.name)))
            y += _ENTRY

    return found


def _draw_key(line: PlotLine, number: int, frame: _Frame, y: float) -> list[str]:
    style, middle = _name_style(line, number), frame.left + 17
    if line.cloud:
        return _draw_dots([(middle, y)], style)
    kind = style if line.guide else f"series {style}"
    found = [_draw_segment(kind, (frame.left, y), (frame.left + 34, y))]
    return [*found, _draw_mark(middle, y, number)] if line.dots and not line.guide else found
