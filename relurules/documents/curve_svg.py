"""A curve as inline SVG, with the rows beneath it; colours are those of the page's style."""

from html import escape

from relurules.documents.document import CurvePlot
from relurules.files.templates import flatten_text

#: Size of the picture, and where its plot lies in it, in SVG units.
_WIDTH, _HEIGHT = 340.0, 176.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 328.0, 8.0, 118.0
#: Where the bars of the rows stand, how high the tallest is, and where numbers are written.
_FLOOR, _TALLEST, _TEXT = 150.0, 26.0, 168.0


def draw_curve_svg(plot: CurvePlot) -> str:
    """The picture; readers that don't see it have the same in the table."""
    parts = [
        f'<svg class="curve" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
        'aria-hidden="true" focusable="false">',
        *_draw_bars(plot),
        _draw_line("axis", (_LEFT, _rise(plot.zero)), (_RIGHT, _rise(plot.zero))),
        _draw_line("axis", (_LEFT, _FLOOR), (_RIGHT, _FLOOR)),
    ]
    if plot.reference is not None:
        x = _reach(plot.reference)
        parts.append(_draw_line("mark", (x, _TOP), (x, _FLOOR)))
    for number, curve in enumerate(plot.curves, 1):
        corners = " ".join(f"{_reach(x):.1f},{_rise(y):.1f}" for x, y in curve)
        parts.append(f'<polyline class="line line{number}" points="{corners}"/>')
        parts += [
            f'<circle class="knot" cx="{_reach(x):.1f}" cy="{_rise(y):.1f}" r="2.6"/>'
            for x, y in curve[1:-1]
        ]
    parts += [*_write_ticks(plot), "</svg>"]
    if plot.names:
        parts.append(_write_legend(plot.names))

    return "\n".join(parts)


def _reach(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)


def _rise(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _draw_line(kind: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    return (
        f'<line class="{kind}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" '
        f'x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'
    )


def _draw_bars(plot: CurvePlot) -> list[str]:
    found = []
    for low, high, share in plot.bars:
        height = max(0.6, share * _TALLEST)
        width = max(0.8, _reach(high) - _reach(low) - 0.5)
        found.append(
            f'<rect class="rows" x="{_reach(low):.1f}" y="{_FLOOR - height:.1f}" '
            f'width="{width:.1f}" height="{height:.1f}"/>'
        )

    return found


def _write_ticks(plot: CurvePlot) -> list[str]:
    found = []
    for place, words in plot.across:
        anchor = "start" if place < 0.05 else "end" if place > 0.95 else "middle"
        found.append(_write_number(_reach(place), _TEXT, anchor, words))
    found += [
        _write_number(_LEFT - 6.0, _rise(place) + 4.0, "end", words) for place, words in plot.up
    ]
    return found


def _write_number(x: float, y: float, anchor: str, words: str) -> str:
    shown = words.replace("-", "\u2212", 1) if words.startswith("-") else words
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(shown)}</text>'


def _write_legend(names: tuple[str, ...]) -> str:
    shown = ", ".join(
        f'{escape(flatten_text(name))} <span class="dash dash{number}"></span>'
        for number, name in enumerate(names, 1)
    )
    return f'<p class="legend">{shown}</p>'
