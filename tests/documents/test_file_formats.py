"""Signed documents as PDF, for Word and for Excel: the same text, the same bytes, no formulas but
ours.
"""

import io
import re
import sys
import zipfile
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from additive_models import make_additive, make_frame

from relurules.documents import pdf
from relurules.documents.document import PART, CurvePlot, Document, LinePlot, Table
from relurules.documents.file_formats import FILE_FORMATS, PrintRequest, check_formats
from relurules.documents.html import print_html
from relurules.documents.picture_files import describe_picture, draw_picture_file
from relurules.documents.validated import ValidatedRules, build_validated_document
from relurules.errors import UnsupportedError
from relurules.validation import ValidationOptions, validate_rules
from relurules.validation.about import About, Approver
from relurules.validation.origins import Origins

docx = pytest.importorskip("docx", reason="python-docx isn't installed")
openpyxl = pytest.importorskip("openpyxl", reason="openpyxl isn't installed")
pypdf = pytest.importorskip("pypdf", reason="pypdf isn't installed")
pytest.importorskip("typst", reason="typst isn't installed")
pytest.importorskip("xlsxwriter", reason="xlsxwriter isn't installed")

HOSTILE = '=cmd|"/c calc"!A1 #set <b> \\end{x} ]'


@pytest.fixture(scope="module")
def found() -> ValidatedRules:
    rules: Any = make_additive("two", hidden=(5,))[0]
    rows = make_frame(150, 5)
    rows["bad"] = ["yes" if i % 3 else "no" for i in range(150)]
    rows["purpose2"] = rows["purpose"].replace({"car": "@car"})
    options = ValidationOptions(target="bad", groups=("purpose2",), rounds=0, least=20)
    report = validate_rules(rules, {"training": rows, "test": rows}, options)
    about = About(purpose=HOSTILE, approvers=(Approver("A. Signer", "Head", "approved"),))
    origins = Origins(command="relurules document rules.json --out there")
    return ValidatedRules(rules=rules, title=HOSTILE, origins=origins, report=report, about=about)


@pytest.fixture(scope="module")
def document(found: ValidatedRules) -> Document:
    return build_validated_document(found)


@pytest.fixture(scope="module")
def printed(found: ValidatedRules, document: Document) -> dict[str, bytes]:
    request = PrintRequest(document=document, found=found)
    return {name: bytes(FILE_FORMATS[name].print(request)) for name in ("pdf", "docx", "xlsx")}  # type: ignore[arg-type]


def list_blocks(document: Document) -> list[Any]:
    blocks: list[Any] = []
    for section in document.sections:
        blocks += section.blocks
        for card in (*section.cards, *section.parts):
            blocks += card.blocks
    return blocks


def squeeze(text: str) -> str:
    return re.sub(r"[\s\u00a0\u2003\ufeff]+", "", text.replace("-", "\u2212"))


def read_phrase(phrase: Any) -> str:
    return "".join(
        piece.text.split(" ", 1)[1] if piece.kind == PART else piece.text for piece in phrase
    )


def list_texts(document: Document) -> list[str]:
    """What must stand in every format: titles, cells of tables."""
    texts = [document.title, *(section.title for section in document.sections)]
    for block in list_blocks(document):
        if isinstance(block, Table):
            texts += block.header
            texts += [read_phrase(cell) for row in block.rows for cell in row]
    return [squeeze(text) for text in texts]


def test_pdf_has_the_text_its_tags_and_heads(document: Document, printed: dict[str, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(printed["pdf"]))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert squeeze(document.mark) in squeeze(page)
        assert f"Page {number} of {len(pages)}" in " ".join(page.split())
    whole = squeeze(" ".join(pages))
    short = [text for text in list_texts(document) if len(text) < 12]  # no page ends within
    assert [text for text in short if text not in whole] == []
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/CreationDate" not in (reader.metadata or {})
    signed = squeeze(pages[0])
    assert "Signature" in signed
    assert "A.Signer" in signed
    images = sum(isinstance(block, CurvePlot | LinePlot) for block in list_blocks(document))
    assert images
    assert list_alternatives(root["/StructTreeRoot"]) == images
    assert not any("/Subtype" in x and x["/Subtype"] == "/Image" for x in list_objects(reader))


def list_alternatives(node: Any) -> int:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return sum(list_alternatives(kid) for kid in node)
    if not isinstance(node, dict):
        return 0
    return ("/Alt" in node) + (list_alternatives(node["/K"]) if "/K" in node else 0)


def list_objects(reader: Any) -> list[Any]:
    found = []
    for page in reader.pages:
        objects = page["/Resources"].get("/XObject", {})
        found += [one.get_object() for one in objects.values()]
    return found


def test_word_has_the_text_heads_and_words_of_pictures(
    document: Document, printed: dict[str, bytes]
) -> None:
    file = docx.Document(io.BytesIO(printed["docx"]))
    cells = [c.text for t in file.tables for r in t.rows for c in r.cells]
    texts = squeeze(" ".join([*(p.text for p in file.paragraphs), *cells]))
    assert [text for text in list_texts(document) if text not in texts] == []
    headings = [p.text for p in file.paragraphs if p.style.name == "Heading 1"]
    assert headings == [section.title for section in document.sections]
    assert document.mark in file.sections[0].header.paragraphs[0].text
    pictures = [b for b in list_blocks(document) if isinstance(b, CurvePlot | LinePlot)]
    told = [shape._inline.docPr.get("descr") for shape in file.inline_shapes]
    assert told == [describe_picture(plot) for plot in pictures]
    names = zipfile.ZipFile(io.BytesIO(printed["docx"])).namelist()
    assert sum(name.endswith(".svg") for name in names) == len(pictures)
    heads = [t.rows[0]._tr.trPr.findall(docx.oxml.ns.qn("w:tblHeader")) for t in file.tables]
    assert all(heads)


def test_excel_has_sheets_of_plain_values(found: ValidatedRules, printed: dict[str, bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(printed["xlsx"]))
    assert book.sheetnames[:2] == ["Cover", "Try"]
    assert {"Base", "Lines", "Curves", "Points", "Figures", "Groups", "Provenance"} <= set(
        book.sheetnames
    )
    for sheet in book:
        assert sheet.freeze_panes is not None
        formulas = [c for row in sheet for c in row if c.data_type == "f"]
        assert bool(formulas) == (sheet.title in ("Try", "Working"))
        assert not any("cmd" in str(cell.value) for cell in formulas)
    assert book["Cover"]["B2"].value == HOSTILE
    assert book["Cover"]["B2"].data_type == "s"
    groups = [row[2].value for row in book["Groups"].iter_rows(min_row=2)]
    assert "@car" in groups
    report: Any = found.report
    values = [row[3].value for row in book["Figures"].iter_rows(min_row=2)]
    assert values == pytest.approx([one.value for one in report.figures], rel=1e-15)
    lines = list(book["Lines"].iter_rows(min_row=2, values_only=True))
    bounds = found.rules.bounds.tolist()  # type: ignore[union-attr]
    assert [row[3] for row in lines] == pytest.approx(bounds, rel=1e-15)  # 16 digits are written


@pytest.mark.parametrize("name", ["pdf", "docx", "xlsx"])
def test_bytes_are_the_same_each_time(
    name: str, found: ValidatedRules, document: Document, printed: dict[str, bytes]
) -> None:
    again = FILE_FORMATS[name].print(PrintRequest(document=document, found=found))
    assert again == printed[name]


def test_the_mark_changes_with_the_text(found: ValidatedRules, document: Document) -> None:
    other = build_validated_document(replace(found, title="Another title"))
    assert other.mark != document.mark
    assert other.mark.split(",")[0] == document.mark.split(",")[0]  # of the rules


def test_printed_html_has_the_mark(document: Document) -> None:
    style = print_html(document).partition("<style>")[2].partition("</style>")[0]
    rule = style[style.rindex("@page {") :]
    told = re.sub(r"\\([0-9a-f]{1,6})\s?", lambda found: chr(int(found[1], 16)), rule)
    assert f'"{document.mark}"' in told  # as CSS reads it: a space after an escape is its end
    assert "<b>" not in rule  # the title's own signs are escaped
    assert "counter(pages)" in rule


def test_pictures_are_files_of_their_own(document: Document) -> None:
    for block in list_blocks(document):
        if isinstance(block, CurvePlot | LinePlot):
            root = ElementTree.fromstring(draw_picture_file(block))
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            assert describe_picture(block)


def test_characters_that_no_font_has_stand_as_their_numbers(found: ValidatedRules) -> None:
    document = replace(build_validated_document(found), title="\U00012000\U00012001 caf\u00e9")
    pages = bytes(FILE_FORMATS["pdf"].print(PrintRequest(document=document, found=found)))  # type: ignore[arg-type]
    text = pypdf.PdfReader(io.BytesIO(pages)).pages[0].extract_text()
    assert "[U+12000][U+12001] caf\u00e9" in text


def test_characters_that_no_font_has_side_by_side_are_named(
    found: ValidatedRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_list_unknown", lambda _typst, _source: set())
    document = replace(build_validated_document(found), title="\U00012000 tablets")
    with pytest.raises(UnsupportedError, match="stands in the text '\U00012000 tablets'; install"):
        FILE_FORMATS["pdf"].print(PrintRequest(document=document, found=found))


def test_formats_are_checked_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_formats(["pdf", "html", "pdf"]) == ("pdf", "html")
    with pytest.raises(UnsupportedError, match="'odt'; supported: html, md, tex, pdf"):
        check_formats(["odt"])
    with pytest.raises(UnsupportedError, match="no format was named"):
        check_formats([])
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'relurules\[pdf\]'"):
        check_formats(["html", "pdf"])
