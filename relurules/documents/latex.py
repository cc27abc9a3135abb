"""The document as LaTeX, for pdflatex, xelatex and lualatex, with no package outside a basic
installation.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence

from relurules.documents.curve_picture import draw_curve_picture
from relurules.documents.document import PART, RULE, Document
from relurules.documents.line_plot_picture import draw_plot_picture
from relurules.documents.render import mark_phrase, render_template
from relurules.files.templates import flatten_text
from relurules.wording import phrases as p
from relurules.wording.numbers import split_exponent
from relurules.wording.phrases import Phrase

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": "{-}",
    "[": "{[}",
    "]": "{]}",
    "\u2265": r"\ensuremath{\geq}",
    "\u2264": r"\ensuremath{\leq}",
    "\u2212": r"\ensuremath{-}",
    "\u00b7": r"\ensuremath{\cdot}",
    "\u00d7": r"\ensuremath{\times}",
    "\u00f7": r"\ensuremath{\div}",
    "\u00b2": r"\textsuperscript{2}",
    "\u00a0": "~",
    "\u201c": "``",
    "\u201d": "''",
}
#: Width of the longest bar of a chart, mm.
_LONGEST = 20.0
#: Characters that a column of numbers and one of text may ask for, and those that a line has.
_NUMBER, _TEXT, _LINE = 26, 60, 92
#: A chart of so many cells has its working in the third.
_FEW_CELLS = 4


def print_latex(document: Document) -> str:
    """The file's text."""
    return render_template(
        "rules.tex.j2",
        document,
        say=print_phrase,
        plain=escape_text,
        bar=draw_bar,
        chart=choose_chart_columns,
        curve=draw_curve_picture,
        plot=lambda plot: draw_plot_picture(plot, escape_text),
        columns=choose_column_types,
        wrapped=break_lines,
    )


def escape_text(text: str) -> str:
    """Text as it is; of characters that pdflatex doesn't know, the nearest letters, or their
    number.
    """
    return "".join(_escape_character(c) for c in flatten_text(text))


def _escape_character(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if ord(c) < 128 or 0xC0 <= ord(c) <= 0xFF:  # T1 has the letters of Latin-1
        return c
    nearest = unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
    return escape_text(nearest) if nearest else f"[U+{ord(c):04X}]"


def print_phrase(phrase: Phrase) -> str:
    """A phrase with its parts marked up."""
    return mark_phrase(phrase, _MARKUP, escape_text)


def _print_number(text: str) -> str:
    mantissa, exponent = split_exponent(text)
    if exponent:
        return rf"\ensuremath{{{mantissa}\cdot 10^{{{exponent}}}}}"
    shown = mantissa.replace("%", r"\%").replace("\u00a0", "~")
    return shown.replace("-", r"\ensuremath{-}")


def _print_part_link(anchor: str, name: str) -> str:
    return rf"\hyperref[{anchor}]{{\textbf{{{escape_text(name)}}}}}"


#: Kind of a piece -> what makes markup of its text; others are escaped.
_MARKUP: Mapping[str, Callable[[str], str]] = {
    p.NAME: lambda text: rf"\textbf{{{escape_text(text)}}}",
    p.VALUE: lambda text: rf"\textit{{{escape_text(text)}}}",
    p.NUMBER: _print_number,
    p.SCORE: lambda text: rf"\hyperref[sum-{text}]{{{escape_text(text)}}}",
    p.TIE: lambda _: "~",
    PART: lambda text: _print_part_link(*text.split(" ", 1)),
    RULE: lambda text: rf"\hyperref[rule-{text}]{{Rule~{text}}}",
}


def draw_bar(share: float) -> str:
    """A bar as a rule, dark for positive numbers and light for negative ones."""
    length = max(abs(share) * _LONGEST, 0.3 if share else 0.0)
    colour = "barneg" if share < 0 else "barpos"
    return rf"\textcolor{{{colour}}}{{\rule{{{length:.1f}mm}}{{1.8mm}}}}"


def choose_chart_columns(header: Sequence[str]) -> str:
    """Column types of a chart: names, cells flush right of equal width, one of working where there
    are few, and the bar.
    """
    widths = [0.515 / (len(header) - 1)] * (len(header) - 1)
    if len(header) == _FEW_CELLS:
        widths = [0.14, 0.28, 0.11]
    cells = "".join(
        rf">{{\raggedleft\arraybackslash}}p{{{width:.3f}\linewidth}}" for width in widths
    )
    return rf">{{\raggedright\arraybackslash}}p{{0.22\linewidth}}{cells}p{{0.125\linewidth}}"


def choose_column_types(
    header: Sequence[str], rows: Sequence[Sequence[Phrase]], numeric: Sequence[bool]
) -> str:
    """Column types of a table: as wide as their texts ask for, up to a point; numbers are flush
    right.
    """
    cells = [[p.name(name) for name in header], *rows]
    longest = [max(_measure_length(row[i]) for row in cells) for i in range(len(header))]
    wanted = [
        min(max(length, 8), _NUMBER if flag else _TEXT)
        for length, flag in zip(longest, numeric, strict=True)
    ]
    room = 1.0 - 0.03 * (len(wanted) - 1)
    widths = [room * width / _LINE for width in _shrink_texts(wanted, numeric)]

    return "".join(
        rf">{{\{'raggedleft' if flag else 'raggedright'}\arraybackslash}}p{{{width:.3f}\linewidth}}"
        for width, flag in zip(widths, numeric, strict=True)
    )


def _shrink_texts(wanted: Sequence[int], numeric: Sequence[bool]) -> Sequence[float]:
    """Widths that fit a line: numbers keep theirs, unless they take more than half of it."""
    numbers = sum(width for width, flag in zip(wanted, numeric, strict=True) if flag)
    if numbers > _LINE / 2 or sum(wanted) <= _LINE:
        return [width * _LINE / max(sum(wanted), _LINE) for width in wanted]
    factor = (_LINE - numbers) / (sum(wanted) - numbers)
    return [width if flag else width * factor for width, flag in zip(wanted, numeric, strict=True)]


def _measure_length(phrase: Phrase) -> int:
    """Characters of a phrase, those of names being wide ones."""
    return round(sum(len(piece.text) * (1.35 if piece.kind == p.NAME else 1.2) for piece in phrase))


def break_lines(text: str) -> str:
    """Code as lines that may break at spaces."""
    return r"\\".join(escape_text(line) for line in text.splitlines())
