"""Lines over two axes as SVG: inline in a page, whose colours they have, or a file of its own."""

from html import escape

from relurules.documents.document import LinePlot, PlotLine
from relurules.files.templates import flatten_text

#: Size of the picture, and where its plot lies in it, in SVG units.
_WIDTH, _HEIGHT = 520.0, 330.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 504.0, 14.0, 270.0
#: Where numbers and the name of the axis across are written.
_NUMBERS, _TITLE = 288.0, 312.0
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
.ground { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
text { fill: #b4bdc7; } .title { fill: #e6e9ed; } .grid { stroke: #333b45; }
.axis, .guide { stroke: #8a95a1; } .s1 { stroke: #5aa6ea; } .s2 { stroke: #f0904d; }
.s3 { stroke: #e6e9ed; } .dot { fill: #14181d; } .ground { fill: #14181d; } }
"""


def draw_plot_svg(plot: LinePlot) -> str:
    """The picture with its caption, as a figure; the same is in a table for those who don't see
    it.
    """
    caption = escape(flatten_text(plot.caption))
    return "\n".join(
        [
            '<figure class="figure">',
            f"<figcaption>{caption}</figcaption>",
            f'<svg viewBox="0 0 {_WIDTH:g} {_height(plot):g}" role="img" aria-label="{caption}">',
            *_draw_content(plot),
            "</svg>",
            "</figure>",
        ]
    )


def draw_plot_file(plot: LinePlot) -> str:
    """The picture as a file of its own, light or dark as the reader has it."""
    caption, size = escape(flatten_text(plot.caption)), f"{_WIDTH:g} {_height(plot):g}"
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


def _height(plot: LinePlot) -> float:
    named = [line for line in plot.lines if line.name]
    return _HEIGHT + 20.0 * len(named)


def _draw_content(plot: LinePlot) -> list[str]:
    parts = _draw_axes(plot)
    number = 0
    for line in plot.lines:
        if not line.guide:
            number += 1
        parts += _draw_guide(line) if line.guide else _draw_series(line, number)
    return [*parts, *_draw_legend(plot)]


def _reach(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)


def _rise(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _draw_axes(plot: LinePlot) -> list[str]:
    found = []
    for place, words in plot.up:
        y = _rise(place)
        found.append(_draw_segment("grid", (_LEFT, y), (_RIGHT, y)))
        found.append(_write(_LEFT - 8, y + 4, "end", words))
    for place, words in plot.across:
        x = _reach(place)
        found.append(_draw_segment("axis", (x, _BOTTOM), (x, _BOTTOM + 4)))
        found.append(_write(x, _NUMBERS, "middle", words))
    found.append(_draw_segment("axis", (_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)))
    across, up = (escape(flatten_text(name)) for name in plot.axes)
    middle = (_TOP + _BOTTOM) / 2
    found.append(
        f'<text class="title" x="{(_LEFT + _RIGHT) / 2:g}" y="{_TITLE:g}" '
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


def _draw_guide(line: PlotLine) -> list[str]:
    corners = " ".join(f"{_reach(x):.1f},{_rise(y):.1f}" for x, y in line.corners)
    return [f'<polyline class="guide" points="{corners}"/>']


def _draw_series(line: PlotLine, number: int) -> list[str]:
    style = f"s{(number - 1) % STYLES + 1}"
    corners = [(_reach(x), _rise(y)) for x, y in line.corners]
    found = [
        _draw_segment(f"span {style}", (_reach(x), _rise(low)), (_reach(x), _rise(high)))
        for x, low, high in line.spans
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    found.append(f'<polyline class="series {style}" points="{points}"/>')
    if line.dots:
        found += [_draw_mark(x, y, number) for x, y in corners]

    return found


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


def _draw_legend(plot: LinePlot) -> list[str]:
    """A line with its mark and its name, one under another."""
    found, y, number = [], _TITLE + 20.0, 0
    for line in plot.lines:
        if not line.guide:
            number += 1
        if not line.name:
            continue
        ends = (_LEFT, y), (_LEFT + 34, y)
        kind = "guide" if line.guide else f"series s{(number - 1) % STYLES + 1}"
        found.append(_draw_segment(kind, *ends))
        if line.dots and not line.guide:
            found.append(_draw_mark(_LEFT + 17, y, number))
        found.append(_write(_LEFT + 42, y + 4, "start", flatten_text(line.name)))
        y += 20.0

    return found
