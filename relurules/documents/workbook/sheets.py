"""What a workbook is made of: sheets of plain values, and formulas with what they come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

#: What a cell may hold: a text, which never becomes a formula, a number, a truth, or nothing.
Plain = str | float | int | bool | None


class Formula(NamedTuple):
    """A formula, without its equals sign, and its value, shown by readers that work nothing out.

    No text of a user may stand in it: such texts stand in cells that it refers to.
    """

    text: str
    value: Plain


Cell = Plain | Formula


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """header: one line above the rows, which stays in sight; above: lines over the header; inputs:
    cells to be typed in.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    above: tuple[str, ...] = ()
    inputs: tuple["InputCell", ...] = ()

    @property
    def first(self) -> int:
        """The number of the first row below the header, as Excel counts, from 1."""
        return len(self.above) + 2


class InputCell(NamedTuple):
    """A cell to be typed in; row: from 0, below the header; text: whether what is typed stays a
    text; choices: for its list.
    """

    row: int
    column: int
    text: bool
    choices: tuple[str, ...] = ()


def name_cell(row: int, column: int, sheet: str = "") -> str:
    """`$B$3`, of row 3 and column 1; row: from 1, column: from 0; sheet: another one's name."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"{sheet}!${letters}${row}" if sheet else f"${letters}${row}"


def name_range(row: int, columns: Sequence[int], sheet: str = "") -> str:
    """`$B$3:$D$3`, columns that stand side by side."""
    first, last = name_cell(row, columns[0], sheet), name_cell(row, columns[-1])
    return f"{first}:{last}"


def make_sheet(name: str, header: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Sheet:
    """A sheet without anything to type in."""
    return Sheet(name=name, header=tuple(header), rows=tuple(tuple(row) for row in rows))
