"""The document as one HTML file: nothing loaded, charts as inline SVG, made to be printed too; with
scripts of its own only where its rules can be tried.
"""

from collections.abc import Callable, Mapping
from html import escape

from relurules.documents.anchors import make_anchor
from relurules.documents.curve_svg import draw_curve_svg
from relurules.documents.document import PART, RULE, Document
from relurules.documents.line_plot_svg import draw_plot_svg
from relurules.documents.page_heads import style_printed_pages
from relurules.documents.render import render_template
from relurules.documents.try_page import TryPage
from relurules.files.templates import flatten_text, render_file
from relurules.wording import phrases as p
from relurules.wording.numbers import split_exponent
from relurules.wording.phrases import Phrase, PhrasePart

#: Half the width of the plot of a chart, in SVG units: bars go so far to either side of zero.
_HALF = 100.0
#: Names of up to so many characters aren't broken.
_SHORT = 32
#: The space at which no line ends.
_TIED = "\u00a0"
#: Tints of a heat map to either side of 0.
_TINTS = 4


def read_style(document: Document) -> str:
    """The style of every document, as it stands in the file, and the heads of printed pages."""
    return "\n" + render_file("document/style.css", {}) + style_printed_pages(document)


def print_html(document: Document, page: TryPage | None = None, untried: str = "") -> str:
    """The file's text; page: what is needed to try the rules, None for a document without
    scripts; untried: why they can't be tried, where that is to be said.
    """
    return render_template(
        "rules.html.j2",
        document,
        {
            "page": page,
            "untried": untried,
            "style": read_style(document) if page is None else page.style,
        },
        say=print_phrase,
        plain=escape_text,
        bar=place_bar,
        curve=draw_curve_svg,
        plot=draw_plot_svg,
        tint=choose_tint,
        anchor=make_anchor,
    )


def escape_text(text: str) -> str:
    """Text that may stand anywhere in HTML, in attributes too; spaces that tie a number to its unit
    stay.
    """
    flat = _TIED.join(map(flatten_text, text.split(_TIED)))
    return escape(flat, quote=True)


def print_phrase(phrase: Phrase) -> str:
    """A phrase with its parts marked up."""
    return "".join(_print_part(piece) for piece in phrase)


def _print_part(piece: PhrasePart) -> str:
    return _MARKUP.get(piece.kind, str)(escape_text(piece.text))


def _print_name(text: str) -> str:
    """A short name stays on one line."""
    return f'<b class="name{" short" if len(text) <= _SHORT else ""}">{text}</b>'


def _print_number(text: str) -> str:
    mantissa, exponent = split_exponent(text)
    mantissa = mantissa.replace("-", "\u2212")
    if not exponent:
        return mantissa
    return f"{mantissa}\u00b710<sup>{exponent.replace('-', chr(0x2212))}</sup>"


def _print_part_link(anchor: str, name: str) -> str:
    return f'<a href="#{anchor}">{_print_name(name)}</a>'


#: Kind of a piece -> what makes markup of its escaped text; others stand as they are.
_MARKUP: Mapping[str, Callable[[str], str]] = {
    p.NAME: _print_name,
    p.VALUE: lambda text: f'<span class="value">{text}</span>',
    p.NUMBER: _print_number,
    p.SCORE: lambda text: f'<a class="sum" href="#{make_anchor(text)}">{text}</a>',
    p.TIE: lambda _: "&nbsp;",
    PART: lambda text: _print_part_link(*text.split(" ", 1)),
    RULE: lambda text: f'<a href="#rule-{text}">Rule&nbsp;{text}</a>',
}


def choose_tint(share: float) -> str:
    """The class of a cell's tint, `up3`: which way, and how far of the largest; nothing near 0."""
    level = round(abs(share) * _TINTS)
    return f"{'up' if share > 0 else 'down'}{level}" if level else ""


def place_bar(share: float) -> dict[str, str]:
    """Geometry of a bar: where it starts, how long it is, and which way it goes."""
    length = max(abs(share) * _HALF, 0.75 if share else 0.0)
    start = _HALF - length if share < 0 else _HALF
    return {"x": f"{start:.2f}", "width": f"{length:.2f}", "way": "down" if share < 0 else "up"}
