"""The document as Typst, which makes PDF of it: tagged, with its own fonts and vector pictures."""

from collections.abc import Callable, Mapping

from relurules.documents.anchors import make_anchor
from relurules.documents.document import PART, RULE, CurvePlot, Document, LinePlot
from relurules.documents.html import choose_tint
from relurules.documents.picture_files import (
    describe_curve_marks,
    describe_picture,
    draw_picture_file,
)
from relurules.documents.render import mark_phrase, render_template
from relurules.files.templates import flatten_text
from relurules.wording import phrases as p
from relurules.wording.numbers import split_exponent
from relurules.wording.phrases import Phrase


def print_typst(document: Document) -> str:
    """The file's text."""
    return render_template(
        "rules.typ.j2",
        document,
        say=print_phrase,
        plain=escape_text,
        quoted=quote_text,
        code=lambda text: quote_text(text, flat=False),
        bar=lambda share: f"{abs(share):.4f}",
        picture=place_picture,
        tint=choose_tint,
        anchor=make_anchor,
    )


def quote_text(text: str, *, flat: bool = True) -> str:
    """A text as a string in code, where nothing but quotes and backslashes is special."""
    told = flatten_text(text) if flat else "".join(_flatten_code(c) for c in text)
    escaped = told.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _flatten_code(character: str) -> str:
    return character if character.isprintable() or character == "\n" else " "


def escape_text(text: str) -> str:
    """A text as it is, in markup."""
    return f"#{quote_text(text)};"


def print_phrase(phrase: Phrase) -> str:
    """A phrase with its parts marked up."""
    return mark_phrase(phrase, _MARKUP, escape_text)


def _print_number(text: str) -> str:
    mantissa, exponent = split_exponent(text)
    shown = mantissa.replace("-", "\u2212")
    if not exponent:
        return f"#number({quote_text(shown)});"
    power = quote_text(exponent.replace("-", "\u2212"))
    return f"#number({quote_text(shown + chr(0xB7) + '10')});#super({power});"


def _print_reference(anchor: str, words: str) -> str:
    return f"#refer({quote_text(anchor)}, strong({quote_text(words)}));"


#: Kind of a piece -> what makes markup of its text; others stand as they are.
_MARKUP: Mapping[str, Callable[[str], str]] = {
    p.NAME: lambda text: f"#strong({quote_text(text)});",
    p.VALUE: lambda text: f"#emph({quote_text(text)});",
    p.NUMBER: _print_number,
    p.SCORE: lambda text: _print_reference(make_anchor(text), text),
    p.TIE: lambda _: "~",
    PART: lambda text: _print_reference(*text.split(" ", 1)),
    RULE: lambda text: _print_reference(f"rule-{text}", f"Rule\u00a0{text}"),
}


def place_picture(plot: CurvePlot | LinePlot) -> str:
    """A vector picture with its words; beneath curves of several scores, how they are told
    apart.
    """
    drawn, words = (quote_text(t(plot), flat=False) for t in (draw_picture_file, describe_picture))
    width = "88mm" if isinstance(plot, CurvePlot) else "118mm"
    shown = f'#image(bytes({drawn}), format: "svg", width: {width}, alt: {words})'
    marks = describe_curve_marks(plot) if isinstance(plot, CurvePlot) else ""
    return f"{shown}\n\n#text(size: 0.85em)[{escape_text(marks)}]" if marks else shown
