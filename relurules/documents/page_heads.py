"""The heads and feet of an HTML document's printed pages."""

from relurules.documents.document import Document
from relurules.files.templates import flatten_text


def style_printed_pages(document: Document) -> str:
    """The head and the foot of an HTML document's printed pages, as style; "" without a mark."""
    if not document.mark:
        return ""
    title, mark = (_quote_css(text) for text in (document.title, document.mark))
    generator = _quote_css(f"{document.generator}   Page ")
    font = "font: 7pt system-ui, sans-serif; color: #454d57"
    return (
        f"@page {{ margin: 18mm 14mm; @top-left {{ content: {title}; {font}; }} "
        f"@top-right {{ content: {mark}; {font}; }} @bottom-right {{ content: {generator} "
        f'counter(page) " of " counter(pages); {font}; }} }}\n'
    )


def _quote_css(text: str) -> str:
    """A text as a string of CSS: only letters, digits and spaces stand as they are. The space after
    an escape ends it, and isn't shown.
    """
    told = "".join(
        c if c == " " or (c.isascii() and c.isalnum()) else f"\\{ord(c):06x} "
        for c in flatten_text(text)
    )
    return f'"{told}"'
