"""Tables and numbers of a document in Markdown; whether a printed number is a value, rounded."""

import html
import math
import re
from typing import Any, NamedTuple

NUMBER = re.compile(
    r"(?<![\w.])[\u2212+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[\u2212+-]?\d+)?(?: %)?(?![\w])"
)

#: Of figures, and of points.
FIXED_DECIMALS = 4


class PrintedTable(NamedTuple):
    """section: the heading above it; caption: the line before it, without its colon."""

    section: str
    caption: str
    header: list[str]
    rows: list[list[str]]


def unescape(text: str) -> str:
    return html.unescape(re.sub(r"\\(.)", r"\1", text)).replace("\u00a0", " ")


def read_document(text: str) -> tuple[list[PrintedTable], list[tuple[str, str]]]:
    """The tables, and the lines outside of them with the heading that they stand under."""
    tables: list[PrintedTable] = []
    lines: list[tuple[str, str]] = []
    section, open_table = "", False
    for line in text.splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        if line.startswith("|"):
            cells = [unescape(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not open_table:
                _, caption = lines.pop()
                tables.append(PrintedTable(section, caption.rstrip(":"), cells, []))
            elif not set(line) <= set("|-: "):
                tables[-1].rows.append(cells)
            open_table = True
        elif line:
            open_table = False
            lines.append((section, unescape(line)))
    return tables, lines


def read_number(text: str) -> float:
    found = text.removesuffix(" %").replace("\u2212", "-").replace(",", "")
    return float(found) / (100 if text.endswith("%") else 1)


def agrees(text: str, value: float) -> bool:
    """Whether the value, rounded to the digits that are printed, is what is printed."""
    number, percent = read_number(text), text.endswith("%")
    if number == value or isinstance(value, int):
        return number == value
    mantissa, _, exponent = text.removesuffix(" %").replace("\u2212", "-").partition("e")
    decimals = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals) / (100 if percent else 1)
    if not percent and decimals != FIXED_DECIMALS:
        # Zeros at the end are left out, and digits of large numbers are zeros: four of them, or
        # three, are meant.
        digits = max(3, len(re.sub(r"\D", "", mantissa).strip("0")))
        unit = 10.0 ** (math.floor(math.log10(abs(number))) + 1 - digits) if number else 0.0
    return abs(number - value) <= unit / 2 * (1 + 1e-9) + 1e-12 * abs(value)


def check_row(cells: list[str], expected: list[Any]) -> None:
    """Every cell is the text, the number, or the numbers one after the other; None: nothing."""
    assert len(cells) == len(expected), (cells, expected)
    for cell, value in zip(cells, expected, strict=True):
        if isinstance(value, str):
            assert cell.replace("\u2212", "-") == value.replace("\u2212", "-"), (cell, value)
            continue
        every = value if isinstance(value, tuple) else (value,)
        values = [one for one in every if one is not None]
        printed = NUMBER.findall(cell)
        assert len(printed) == len(values), (cells, expected)
        assert all(map(agrees, printed, values)), (cells, expected)
        assert values or cell == "\u2013", cell
