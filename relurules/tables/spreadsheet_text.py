"""Texts in tables that people open with a spreadsheet, which takes some of them for formulas."""

#: What a formula begins with; spreadsheets skip a tab and a line's end before it.
_STARTS = ("=", "+", "-", "@", "\t", "\r")


def guard_formula(text: str) -> str:
    """The text, with an apostrophe before it where it would be taken for a formula."""
    return f"'{text}" if text.startswith(_STARTS) else text
