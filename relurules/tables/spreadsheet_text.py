"""Texts in tables that people open with a spreadsheet, which takes some of them for formulas."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

#: What a formula begins with; spreadsheets skip a tab and a line's end before it.
_STARTS = ("=", "+", "-", "@", "\t", "\r")
#: A number begins so too, and stays one: a category may be called -1.
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*([eE][-+]?\d+)?")


def guard_formula(text: str) -> str:
    """The text, with an apostrophe before it where it would be taken for a formula."""
    formula = text.startswith(_STARTS) and not _NUMBER.fullmatch(text)
    return f"'{text}" if formula else text


def format_guarded_csv(frame: "pandas.DataFrame") -> str:
    """A table as CSV, none of whose texts and column names is taken for a formula."""
    guarded = frame.map(lambda cell: guard_formula(cell) if isinstance(cell, str) else cell)
    guarded.columns = [guard_formula(str(name)) for name in frame.columns]
    return str(guarded.to_csv(index=False, lineterminator="\n"))
