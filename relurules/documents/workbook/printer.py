"""Sheets as a file of Excel, by XlsxWriter."""

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from relurules.documents.document import Document
from relurules.documents.extras import import_extra
from relurules.documents.validated import ValidatedRules
from relurules.documents.workbook.found_sheets import (
    build_cover_sheet,
    build_origin_sheet,
    list_report_sheets,
)
from relurules.documents.workbook.rule_sheets import list_rule_sheets
from relurules.documents.workbook.sheets import Cell, Formula, Sheet
from relurules.documents.workbook.try_sheet import list_try_sheets
from relurules.documents.zip_files import fix_zip_times
from relurules.files.templates import flatten_text

#: What stands for the day on which a workbook was made: it has none, and Excel asks for one.
_NO_DAY = datetime(1980, 1, 1)
#: Characters that a cell holds, and the width of a column, at least and at most.
_LONGEST, _NARROW, _WIDE = 32_767, 9, 60
#: Characters of a list of choices, beyond which there is none.
_CHOICES = 255
#: Of strings nothing is made but strings; formulas are written as such.
_OPTIONS: Mapping[str, Any] = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
#: Words in the name of a column -> how its numbers are shown; the first that fits.
_NUMBERS = (
    ("rate", "0.0%"),
    ("share", "0.0%"),
    ("favourable", "0.0%"),
    ("psi", "0.0000"),
    ("auc", "0.0000"),
    ("points", "0.0000"),
    ("value", "General"),
    ("mean", "0.0000"),
)


def print_xlsx(document: Document, found: ValidatedRules) -> bytes:
    """The file's bytes, always the same; UnsupportedError without the package xlsxwriter."""
    return write_workbook(list(_list_sheets(document, found)), document)


def _list_sheets(document: Document, found: ValidatedRules) -> Iterator[Sheet]:
    tried = list_try_sheets(found.rules)
    yield build_cover_sheet(document, found)
    yield from tried[:1]
    yield from list_rule_sheets(found.rules, document)
    if found.report is not None:
        yield from list_report_sheets(found.report)
    yield build_origin_sheet(found)
    yield from tried[1:]


def write_workbook(sheets: list[Sheet], document: Document) -> bytes:
    """The sheets in their order."""
    xlsxwriter = import_extra("xlsxwriter", "xlsxwriter", "xlsx")
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, dict(_OPTIONS)) as book:
        book.set_properties(
            {
                "title": flatten_text(document.title),
                "author": flatten_text(document.generator),
                "comments": flatten_text(document.mark),
                "created": _NO_DAY,
            }
        )
        printer = _SheetPrinter(book, f"&L{_escape_head(document.mark)}&RPage &P of &N")
        for sheet in sheets:
            printer.print(sheet)
    return fix_zip_times(written.getvalue())


def _escape_head(text: str) -> str:
    return flatten_text(text).replace("&", "&&")


class _SheetPrinter:
    """Writes sheets into a workbook, with a few formats for all of them."""

    def __init__(self, book: Any, foot: str) -> None:
        self._book, self._foot = book, foot
        self._made: dict[str, Any] = {}

    def print(self, sheet: Sheet) -> None:
        """One sheet, its header in sight, printed across pages with its header and foot."""
        page, head = self._book.add_worksheet(sheet.name), len(sheet.above)
        for i, line in enumerate(sheet.above):
            page.write_string(i, 0, line)
        for j, name in enumerate(sheet.header):
            page.write_string(head, j, flatten_text(name), self._format(bold=True))
        for i, row in enumerate(sheet.rows, head + 1):
            for j, cell in enumerate(row):
                heading = sheet.header[j] if j < len(sheet.header) else ""
                self._write(page, (i, j), cell, heading)
        for place in sheet.inputs:
            shown = self._format(input=True, number="@" if place.text else "General")
            at = (head + 1 + place.row, place.column)
            self._write_input(page, at, sheet.rows[place.row][place.column], shown)
            if place.choices and sum(map(len, place.choices)) + len(place.choices) < _CHOICES:
                choices = {"validate": "list", "source": list(place.choices), "show_error": False}
                page.data_validation(*at, *at, choices)
        self._lay_out(page, sheet)

    def _lay_out(self, page: Any, sheet: Sheet) -> None:
        head = len(sheet.above)
        page.freeze_panes(head + 1, 1)
        page.repeat_rows(head)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.set_footer(self._foot)
        for j, name in enumerate(sheet.header):
            texts = [_show(row[j]) for row in sheet.rows if j < len(row)]
            wide = max([len(name), *map(len, texts)])
            page.set_column(j, j, min(max(wide + 1, _NARROW), _WIDE))
        if sheet.rows and not sheet.above:
            page.autofilter(head, 0, head + len(sheet.rows), len(sheet.header) - 1)

    def _format(self, *, bold: bool = False, input: bool = False, number: str = "General") -> Any:  # noqa: A002
        key = f"{bold} {input} {number}"
        if key not in self._made:
            said: dict[str, Any] = {"num_format": number, "valign": "top"}
            said |= {"bold": True, "text_wrap": True, "bottom": 1} if bold else {}
            said |= {"bg_color": "#FFF6D6", "border": 1} if input else {}
            self._made[key] = self._book.add_format(said)
        return self._made[key]

    def _write(self, page: Any, at: tuple[int, int], cell: Cell, heading: str) -> None:
        value = cell.value if isinstance(cell, Formula) else cell
        shown = self._format(number=_choose_number(value, heading))
        if isinstance(cell, Formula):
            page.write_formula(
                *at, f"={cell.text}", shown, "" if cell.value is None else cell.value
            )
        elif isinstance(cell, bool):
            page.write_boolean(*at, cell, shown)
        elif isinstance(cell, str):
            page.write_string(*at, flatten_text(cell)[:_LONGEST], shown)
        elif cell is not None:
            page.write_number(*at, cell, shown)

    def _write_input(self, page: Any, at: tuple[int, int], cell: Cell, shown: Any) -> None:
        if isinstance(cell, str):
            page.write_string(*at, cell, shown)
        elif cell is None or isinstance(cell, Formula):
            page.write_blank(*at, None, shown)
        else:
            page.write_number(*at, cell, shown)


def _choose_number(value: Cell, heading: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "General"
    if isinstance(value, int):
        return "0" if "number" in heading else "#,##0"
    return next((shown for word, shown in _NUMBERS if word in heading.lower()), "General")


def _show(cell: Cell) -> str:
    value = cell.value if isinstance(cell, Formula) else cell
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
