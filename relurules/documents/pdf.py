"""The document as PDF/UA, by Typst; pictures as PNG, for formats that have no vectors."""

import re
from typing import Any

from relurules.documents.document import CurvePlot, Document, LinePlot
from relurules.documents.extras import import_extra
from relurules.documents.picture_files import draw_picture_file
from relurules.documents.typst_source import print_typst, quote_text
from relurules.errors import UnsupportedError

#: Pixels per inch of a picture in a format that has no vectors: as a printer draws it.
_PRINT_PPI = 300
#: What Typst says of a character that no font has.
_NO_GLYPH = re.compile(r'text `"(.*?)"` could not be displayed')


def print_pdf(document: Document) -> bytes:
    """The file's bytes: tagged for screen readers, the same wherever the package's own fonts have
    all characters; others are taken from the system's fonts.

    UnsupportedError without the package typst, and where no font has a character.
    """
    return _compile(print_typst(document), "pdf", pdf_standards=["ua-1"])


def draw_picture_png(plot: CurvePlot | LinePlot, extra: str) -> bytes:
    """A picture for paper. extra: the format that it is for."""
    drawn = quote_text(draw_picture_file(plot), flat=False)
    source = (
        f'#set page(width: auto, height: auto, margin: 1pt)\n#image(bytes({drawn}), format: "svg")'
    )
    return _compile(source, extra, format="png", ppi=_PRINT_PPI)


def _compile(source: str, extra: str, **options: Any) -> bytes:
    """What Typst makes of a text, by its own fonts where these are enough."""
    typst = import_extra("typst", "typst", extra)
    try:
        return _run(typst, source, ignore_system_fonts=True, **options)
    except typst.TypstError:
        pass
    try:
        return _run(typst, source, ignore_system_fonts=False, **options)
    except typst.TypstError as error:
        missing = _NO_GLYPH.search(error.message)
        if missing is None:
            raise
        raise UnsupportedError(
            f"PDF: no font that is installed has the character {missing[1]!r} of a name or text; "
            "install one that does, such as Noto Sans of its script, or leave pdf out of --format"
        ) from error


def _run(typst: Any, source: str, **options: Any) -> bytes:
    found = typst.compile(source.encode(), **{"format": "pdf", **options})
    return bytes(found[0] if isinstance(found, list) else found)
