"""The document as PDF/UA, by Typst; pictures as PNG, for formats that have no vectors."""

import re
from collections.abc import Mapping
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
#: How pages are made: what readers need is checked.
_TAGGED: Mapping[str, Any] = {"pdf_standards": ["ua-1"]}
#: Fonts that come with Typst have the characters up to this one.
_LATIN = 0x24F
#: Characters of a text that an error shows.
_SHOWN = 60


def print_pdf(document: Document) -> bytes:
    """The file's bytes: tagged for screen readers, the same wherever the package's own fonts have
    all characters; others are taken from the system's fonts, and one that no font has stands as
    its number, such as [U+12000], as in LaTeX.

    UnsupportedError without the package typst, and where no font has characters side by side.
    """
    return _compile(print_typst(document), "pdf", **_TAGGED)


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
    told = source.translate({ord(c): f"[U+{ord(c):04X}]" for c in _list_unknown(typst, source)})
    try:
        return _run(typst, told, ignore_system_fonts=False, **options)
    except typst.TypstError as error:
        missing = _NO_GLYPH.search(error.message)
        if missing is None:
            raise
        raise UnsupportedError(
            f"PDF: no font that is installed has {missing[1]!r}, which stands in "
            f"{_find_place(source, missing[1])}; install one that does, such as Noto Sans of its "
            "script, rename what it stands in, or leave pdf out of --format"
        ) from error


def _list_unknown(typst: Any, source: str) -> set[str]:
    """The characters of a text that no font has, each tried alone."""
    tried = sorted({c for c in source if ord(c) > _LATIN and c.isprintable()})
    unknown = set[str]()
    while tried:
        page = "\n\n".join(f"#{quote_text(c)};" for c in tried)
        try:
            _run(typst, f'#set document(title: "a")\n{page}', **_TAGGED)
            return unknown
        except typst.TypstError as error:
            missing = _NO_GLYPH.search(error.message)
            found = set(missing[1]) & set(tried) if missing else set()
            if not found:
                return unknown
            unknown |= found
            tried = [c for c in tried if c not in found]
    return unknown


def _find_place(source: str, characters: str) -> str:
    """The text that characters stand in, as far as it can be told."""
    found = re.search(rf'"([^"\n]*{re.escape(characters)}[^"\n]*)"', source)
    return f"the text {found[1][:_SHOWN]!r}" if found else "a name or text"


def _run(typst: Any, source: str, **options: Any) -> bytes:
    found = typst.compile(source.encode(), **{"format": "pdf", **options})
    return bytes(found[0] if isinstance(found, list) else found)
