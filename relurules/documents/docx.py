"""The document for Word: headings, tables with heads that repeat, pictures as vectors and for
printers, alternative texts, numbers of pages.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from relurules.documents import docx_marks as marks
from relurules.documents.anchors import make_anchor
from relurules.documents.document import (
    PART,
    Block,
    Bullets,
    Chart,
    Code,
    Conditions,
    CurvePlot,
    Document,
    Facts,
    Formulas,
    HeatMap,
    LinePlot,
    Paragraph,
    SignOff,
    Sums,
    Table,
)
from relurules.documents.docx_texts import print_part, share_width
from relurules.documents.extras import import_extra
from relurules.documents.html import choose_tint
from relurules.documents.markdown import draw_bar
from relurules.documents.pdf import draw_picture_png
from relurules.documents.picture_files import (
    describe_curve_marks,
    describe_picture,
    draw_picture_file,
)
from relurules.documents.zip_files import fix_zip_times
from relurules.files.templates import flatten_text
from relurules.wording import phrases as p
from relurules.wording.numbers import split_exponent
from relurules.wording.phrases import Phrase, PhrasePart

#: Width of a curve, and of a picture of lines over two axes, mm.
_CURVE, _LINES = 88, 118
#: Points of the text, of tables, of the head of a page.
_SIZE, _SMALL, _HEAD = 10, 8.5, 7.5
#: Height of a line that somebody signs on, mm.
_SIGNED = 11
_CODE_FONT = "DejaVu Sans Mono"
#: Grounds of a heat map, which are those of the page on white.
_TINTS = {
    "up1": "E8F1F8", "up2": "D2E2F1", "up3": "BBD4EA", "up4": "A5C5E3",
    "down1": "F9EEE7", "down2": "F3DCCE", "down3": "EDCBB6", "down4": "E7B99D",
}  # fmt: skip


def print_docx(document: Document) -> bytes:
    """The file's bytes, always the same; UnsupportedError without python-docx or typst."""
    writer = _DocxWriter(document)
    writer.write()
    return writer.save()


class _DocxWriter:
    """Puts a document's content into a file of Word, from the top down."""

    def __init__(self, document: Document) -> None:
        """A file without content."""
        docx = import_extra("docx", "python-docx", "docx")
        self._shared = import_extra("docx.shared", "python-docx", "docx")
        self._enums = import_extra("docx.enum.text", "python-docx", "docx")
        self._document = document
        self._file = docx.Document()
        self._places = 0
        self._pictures = 0
        self._drawn = _DRAWN

    def write(self) -> None:
        """Everything."""
        document = self._document
        self._set_page()
        self._file.add_heading(flatten_text(document.title), 0)
        for phrase in document.about:
            self._add(phrase)
        for section in document.sections:
            self._add_heading(p.text(section.title), 1, section.anchor)
            self._add_blocks(section.blocks)
            for card in section.cards:
                self._add_heading(p.text(f"Rule {card.number}"), 2, f"rule-{card.number}")
                self._add(card.coverage)
                self._add_blocks(card.blocks)
            for part in section.parts:
                self._add_heading(part.title, 2, part.anchor)
                self._add(part.remark)
                self._add_blocks(part.blocks)

    def save(self) -> bytes:
        """The bytes, without times."""
        written = io.BytesIO()
        self._file.save(written)
        return fix_zip_times(written.getvalue())

    def _set_page(self) -> None:
        document, file, pt = self._document, self._file, self._shared.Pt
        said = file.core_properties
        said.title, said.author = flatten_text(document.title), flatten_text(document.generator)
        said.comments, said.language = flatten_text(document.mark), "en"
        for name in ("created", "modified"):  # those of the template
            for element in said._element.findall(f"{{http://purl.org/dc/terms/}}{name}"):
                said._element.remove(element)
        section = file.sections[0]
        section.page_width, section.page_height = self._shared.Mm(210), self._shared.Mm(297)
        section.left_margin = section.right_margin = self._shared.Mm(18)
        section.top_margin = section.bottom_margin = self._shared.Mm(20)
        normal = file.styles["Normal"]
        normal.font.size, normal.paragraph_format.space_after = pt(_SIZE), pt(4)
        head = section.header.paragraphs[0]
        head.add_run(f"{flatten_text(document.title)}   {document.mark}").font.size = pt(_HEAD)
        foot = section.footer.paragraphs[0]
        runs = [
            foot.add_run(f"{flatten_text(document.generator)}   Page "),
            marks.add_field(foot, "PAGE"),
            foot.add_run(" of "),
            marks.add_field(foot, "NUMPAGES"),
        ]
        for run in runs:
            run.font.size = pt(_HEAD)

    def _add_heading(self, phrase: Phrase, level: int, anchor: str) -> None:
        heading = self._file.add_heading(level=level)
        self._say(heading, phrase)
        self._mark(heading, anchor)

    def _mark(self, paragraph: Any, anchor: str) -> None:
        self._places += 1
        marks.mark_place(paragraph, anchor, self._places)

    def _add(self, phrase: Phrase, style: str | None = None) -> Any:
        """A paragraph; none of a phrase without words."""
        if not phrase:
            return None
        paragraph = self._file.add_paragraph(style=style)
        self._say(paragraph, phrase)
        return paragraph

    def _add_caption(self, text: str) -> None:
        if text:
            self._add(p.text(text), "Caption").paragraph_format.keep_with_next = True

    def _say(
        self, paragraph: Any, phrase: Phrase, *, bold: bool = False, small: bool = False
    ) -> None:
        """Add a phrase to a paragraph, its parts marked up."""
        for piece in phrase:
            for run in self._say_part(paragraph, piece, bold=bold):
                run.font.size = self._shared.Pt(_SMALL) if small else None

    def _say_part(self, paragraph: Any, piece: PhrasePart, *, bold: bool) -> list[Any]:
        """The runs that a piece became."""
        words, anchor = print_part(piece)
        mantissa, exponent = words, ""
        if piece.kind == p.NUMBER:
            mantissa, exponent = (one.replace("-", "\u2212") for one in split_exponent(words))
        run = paragraph.add_run(f"{mantissa}\u00b710" if exponent else mantissa)
        run.bold = True if bold or piece.kind in (p.NAME, p.SCORE, PART) else None
        run.italic = True if piece.kind == p.VALUE else None
        runs = [run]
        if exponent:
            runs.append(paragraph.add_run(exponent))
            runs[1].font.superscript = True
        if anchor:
            marks.link_run(paragraph, run, anchor)

        return runs

    def _add_blocks(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            self._drawn[type(block)](self, block)

    def add_paragraph(self, block: Paragraph) -> None:
        self._add(block.phrase)

    def add_bullets(self, block: Bullets) -> None:
        for phrase in block.items:
            self._add(phrase, "List Bullet")

    def add_facts(self, block: Facts) -> None:
        for name, phrase in block.items:
            self._add((*p.name(f"{name}: "), *phrase))

    def add_table(self, block: Table) -> None:
        self._add_caption(block.caption)
        table = self._make_table([p.text(name) for name in block.header], block.rows, block.numeric)
        if isinstance(block, SignOff):
            for row in table.rows[1:]:
                row.height = self._shared.Mm(_SIGNED)

    def add_chart(self, block: Chart) -> None:
        self._add_caption(block.caption)
        header = [p.text(name) for name in (*block.header, "lowers \u2591, raises \u2588")]
        rows = [
            (*bar.cells, bar.amount, p.text("" if bar.share is None else draw_bar(bar.share / 2)))
            for bar in block.bars
        ]
        numeric = (False, *[True] * (len(header) - 2), False)
        table = self._make_table(header, rows, numeric)
        if block.bars:
            for cell in table.rows[-1].cells:
                for run in cell.paragraphs[0].runs:
                    run.bold = True

    def add_heat_map(self, block: HeatMap) -> None:
        self._add_caption(block.caption)
        header = [p.text(block.names[0]), *block.across]
        rows = [(name, *(cell.points for cell in cells)) for name, cells in block.rows]
        table = self._make_table(header, rows, (False, *[True] * len(block.across)))
        for row, (_, cells) in zip(table.rows[1:], block.rows, strict=True):
            for place, cell in zip(row.cells[1:], cells, strict=True):
                if tint := choose_tint(cell.share):
                    marks.fill_cell(place, _TINTS[tint])

    def _make_table(
        self, header: Sequence[Phrase], rows: Sequence[Sequence[Phrase]], numeric: Sequence[bool]
    ) -> Any:
        table = self._file.add_table(rows=0, cols=len(header))
        table.style, table.autofit = "Table Grid", False
        widths = [self._shared.Mm(width) for width in share_width((header, *rows))]
        for number, cells in enumerate((header, *rows)):
            row = table.add_row()
            marks.keep_row(row)
            if number == 0:
                marks.repeat_header(row)
            for place, phrase, flag, width in zip(row.cells, cells, numeric, widths, strict=False):
                place.width = width
                self._fill(place, phrase, right=flag, bold=number == 0)
        self._file.add_paragraph().paragraph_format.space_after = self._shared.Pt(2)
        return table

    def _fill(self, place: Any, phrase: Phrase, *, right: bool, bold: bool) -> None:
        paragraph = place.paragraphs[0]
        paragraph.paragraph_format.space_after = self._shared.Pt(0)
        if right:
            paragraph.alignment = self._enums.WD_ALIGN_PARAGRAPH.RIGHT
        self._say(paragraph, phrase, bold=bold, small=True)

    def add_picture(self, plot: CurvePlot | LinePlot) -> None:
        if isinstance(plot, LinePlot):
            self._add_caption(plot.caption)
        self._pictures += 1
        width = self._shared.Mm(_CURVE if isinstance(plot, CurvePlot) else _LINES)
        shape = self._file.add_picture(io.BytesIO(draw_picture_png(plot, "docx")), width=width)
        marks.describe_inline(shape, flatten_text(describe_picture(plot)))
        marks.add_vectors(self._file, shape, draw_picture_file(plot), self._pictures)
        if isinstance(plot, CurvePlot) and plot.names:
            self._add(p.text(describe_curve_marks(plot)))

    def add_conditions(self, block: Conditions) -> None:
        self._add(p.name("IF all of these hold" if block.rows else "ALWAYS"))
        if block.rows:
            header = [p.text(name) for name in block.header]
            self._make_table(header, block.rows, [False] * len(header))

    def add_formulas(self, block: Formulas) -> None:
        self._add(p.name("THEN"))
        for name, phrase in block.items:
            self._add((*name, *p.text(" = "), *phrase))
        for phrase in block.notes:
            self._add(phrase)

    def add_sums(self, block: Sums) -> None:
        for name, phrase, remark in block.items:
            paragraph = self._add(
                (*p.name(name), *p.text(" = "), *phrase, *p.text(" ("), *remark, *p.text(")"))
            )
            self._mark(paragraph, make_anchor(name))

    def add_code(self, block: Code) -> None:
        paragraph = self._file.add_paragraph()
        for number, line in enumerate(block.text.splitlines()):
            run = paragraph.add_run()
            if number:
                run.add_break()
            run.add_text(flatten_text(line))
            run.font.name, run.font.size = _CODE_FONT, self._shared.Pt(_SMALL)


#: Type of a block -> what writes it.
_DRAWN: Mapping[type, Callable[[_DocxWriter, Any], None]] = {
    Paragraph: _DocxWriter.add_paragraph,
    Bullets: _DocxWriter.add_bullets,
    Facts: _DocxWriter.add_facts,
    Table: _DocxWriter.add_table,
    SignOff: _DocxWriter.add_table,
    Chart: _DocxWriter.add_chart,
    CurvePlot: _DocxWriter.add_picture,
    LinePlot: _DocxWriter.add_picture,
    HeatMap: _DocxWriter.add_heat_map,
    Conditions: _DocxWriter.add_conditions,
    Formulas: _DocxWriter.add_formulas,
    Sums: _DocxWriter.add_sums,
    Code: _DocxWriter.add_code,
}
