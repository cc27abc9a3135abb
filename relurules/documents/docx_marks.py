"""What python-docx has no words for: bookmarks, links to them, numbers of pages, heads of tables,
vector pictures with alternative texts.
"""

from typing import Any

from relurules.documents.extras import import_extra

#: Where Word looks for the vectors of a picture that it has as pixels too.
_SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"
_SVG = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"


def make_element(tag: str, **attributes: str) -> Any:
    """An element of WordprocessingML; attributes by their names without `w:`."""
    oxml, ns = (
        import_extra("docx.oxml", "python-docx", "docx"),
        import_extra("docx.oxml.ns", "python-docx", "docx"),
    )
    found = oxml.OxmlElement(tag)
    for name, value in attributes.items():
        found.set(ns.qn(f"w:{name}"), value)
    return found


def mark_place(paragraph: Any, anchor: str, number: int) -> None:
    """A bookmark before what stands in the paragraph; number: another one for each."""
    start = make_element("w:bookmarkStart", id=str(number), name=make_bookmark(anchor))
    end = make_element("w:bookmarkEnd", id=str(number))
    place = 1 if paragraph._p.pPr is not None else 0
    paragraph._p.insert(place, start)
    paragraph._p.insert(place + 1, end)


def make_bookmark(anchor: str) -> str:
    """A name that Word takes: letters, digits, `_`, at most 40 of them, a letter first."""
    told = "".join(c if c.isascii() and c.isalnum() else "_" for c in anchor)
    return f"a_{told}"[:40]


def link_run(paragraph: Any, run: Any, anchor: str) -> None:
    """Make a run a link to a bookmark."""
    link = make_element("w:hyperlink", anchor=make_bookmark(anchor), history="1")
    paragraph._p.append(link)
    link.append(run._r)


def add_field(paragraph: Any, code: str) -> Any:
    """A number that Word works out, such as PAGE; the run that shows it."""
    field = make_element("w:fldSimple", instr=code)
    paragraph._p.append(field)
    run = paragraph.add_run("1")
    field.append(run._r)
    return run


def repeat_header(row: Any) -> None:
    """Make a row the head of its table, on every page."""
    row._tr.get_or_add_trPr().append(make_element("w:tblHeader", val="true"))


def keep_row(row: Any) -> None:
    """No page ends within the row."""
    row._tr.get_or_add_trPr().append(make_element("w:cantSplit", val="true"))


def fill_cell(cell: Any, colour: str) -> None:
    """The ground of a cell, as six hexadecimal digits."""
    shade = make_element("w:shd", val="clear", color="auto", fill=colour)
    cell._tc.get_or_add_tcPr().append(shade)


def describe_inline(shape: Any, words: str) -> None:
    """What a picture says to those who don't see it."""
    shape._inline.docPr.set("descr", words)


def add_vectors(document: Any, shape: Any, drawn: str, number: int) -> None:
    """The same picture as SVG, which Word draws in place of the pixels."""
    opc = import_extra("docx.opc.part", "python-docx", "docx")
    uri = import_extra("docx.opc.packuri", "python-docx", "docx")
    oxml = import_extra("docx.oxml", "python-docx", "docx")
    ns = import_extra("docx.oxml.ns", "python-docx", "docx")
    part = opc.Part(
        uri.PackURI(f"/word/media/vectors{number}.svg"), "image/svg+xml", drawn.encode(),
        document.part.package,
    )  # fmt: skip
    key = document.part.relate_to(part, _RELATION)
    blip = shape._inline.graphic.graphicData.pic.blipFill.find(ns.qn("a:blip"))
    blip.append(
        oxml.parse_xml(
            f'<a:extLst xmlns:a="{ns.nsmap["a"]}"><a:ext uri="{_SVG_EXTENSION}"><asvg:svgBlip '
            f'xmlns:asvg="{_SVG}" xmlns:r="{ns.nsmap["r"]}" r:embed="{key}"/></a:ext></a:extLst>'
        )
    )
