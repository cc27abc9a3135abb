"""What a column of texts is, by all of its texts; each is looked at, block by block."""

import re
from typing import Any, NamedTuple

import numpy as np

from relurules.tables.column_types import BOOLEANS, ColumnType, parse_date
from relurules.tables.names import quote_name
from relurules.tables.table_format import TableFormat
from relurules.tables.text_values import match_numbers

#: So many texts at most are the few that a column of numbers isn't made text for without a word.
_FEW_TEXTS = 3
#: Text columns of which more than this share of values differ are names of rows, not categories;
#: of fewer rows than this nothing is said.
_IDENTIFIER_SHARE, _IDENTIFIER_ROWS = 0.5, 30
#: So many different texts are no categories, whatever their share, and aren't all kept.
_MOST_SEEN = 2**20
#: A code: more digits than a number of 64 bits keeps, or a zero in front that a number would lose.
_ZEROS, _WHOLE, _LONG = r"^[+-]?0[0-9]", r"^[ \t]*[+-]?[0-9]+[ \t]*$", r"^[ \t]*[+-]?[0-9]{16,}"
#: Names of columns whose whole numbers, all of one length, count nothing.
_POSTAL = re.compile(r"(^|[^a-z])(zip|zipcode|postcode|postalcode|postal|plz)([^a-z]|$)")
_ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"  # noqa: E501
_OTHER_DATE = r"^[0-9]{1,2}[./-][0-9]{1,2}[./-]([0-9]{4}|[0-9]{2})$"
#: Other ways to write numbers: decimal mark, mark of thousands.
_WRITTEN = ((".", ","), (",", "."), (".", "'"), (".", " "), (",", " "), (",", "\u00a0"))


class ColumnFlaw(NamedTuple):
    """Why a column has no type that is plain.

    row: the number of the first row that shows it, from 0.
    reason: what was found there, and what to do.
    """

    row: int
    reason: str


class ColumnScan:
    """What is known of a column's texts so far."""

    def __init__(self, name: str, form: TableFormat) -> None:
        self.name, self.form = name, form
        self.values = self.numbers = self._rows = 0
        self.seen: set[str] = set()
        self.texts: set[str] = set()
        self.shown: set[str] = set()
        self.first: tuple[int, str] | None = None
        self.zeros: str | None = None
        self.long: str | None = None
        self.whole = self.booleans = self.dates = self.other_dates = True
        self.lengths: set[int] = set()
        self.written = [
            TableFormat(sep=form.sep, decimal=decimal, thousands=thousands)
            for decimal, thousands in _WRITTEN
        ]

    def add(self, texts: Any) -> None:
        """Look at a block of texts, an arrow array, in which missing ones are null."""
        from pyarrow import compute

        known = len(texts) - texts.null_count
        fits = match_numbers(texts, self.form)
        if known:
            self.values += known
            self.numbers += int(fits.sum()) - texts.null_count
            self._add_numbers(texts, compute)
            if not fits.all():
                self._add_texts(texts, fits, compute)
            elif len(self.shown) < 2:
                self.shown |= set(compute.unique(texts.drop_null()[:1000]).to_pylist()[:2])
            if self.numbers:
                self.booleans = self.dates = self.other_dates = False
        self._rows += len(texts)

    def _add_numbers(self, texts: Any, compute: Any) -> None:
        self.zeros = self.zeros or _find_first(texts, _ZEROS, compute)
        self.long = self.long or _find_first(texts, _LONG, compute)
        self.whole = self.whole and _do_all_match(texts, _WHOLE, compute)
        if self.whole and len(self.lengths) < 2:
            self.lengths |= set(compute.unique(compute.utf8_length(texts.drop_null())).to_pylist())

    def _add_texts(self, texts: Any, fits: Any, compute: Any) -> None:
        if self.first is None:
            row = int(np.argmin(fits))
            self.first = self._rows + row, texts[row].as_py()
        unique = compute.unique(texts.drop_null())
        fitting = match_numbers(unique, self.form)
        every = unique.to_pylist()
        if len(self.seen) < _MOST_SEEN:
            self.seen.update(every)
        if len(self.texts) <= _FEW_TEXTS:
            self.texts |= {text for text, fit in zip(every, fitting, strict=True) if not fit}
        if len(self.shown) < 2:
            self.shown |= {t for t, fit in zip(every, fitting, strict=True) if fit}
        self.written = [form for form in self.written if match_numbers(unique, form).all()]
        self.booleans = self.booleans and set(every) <= BOOLEANS.keys()
        self.dates = (
            self.dates
            and _do_all_match(unique, _ISO_DATE, compute)
            and all(map(_is_iso_date, every))
        )
        self.other_dates = self.other_dates and _do_all_match(unique, _OTHER_DATE, compute)

    def decide(self) -> tuple[ColumnType, ColumnFlaw | None]:
        """The column's type, and what speaks against it; that of texts where something does."""
        if self.first is None:
            return self._decide_numbers(), None
        if self.zeros is not None:
            return self._make_code(f"{self.zeros!r} would lose its zeros as a number"), None
        if (flaw := self._find_flaw()) is not None:
            return ColumnType(kind="category", note=flaw.reason), flaw
        if self.booleans or self.dates:
            return ColumnType(kind="boolean" if self.booleans else "date"), None

        return self._decide_texts(), None

    @property
    def is_identifier(self) -> bool:
        """Whether the texts are names of rows."""
        if len(self.seen) >= _MOST_SEEN:
            return True
        return self.values >= _IDENTIFIER_ROWS and len(self.seen) > _IDENTIFIER_SHARE * self.values

    def _decide_texts(self) -> ColumnType:
        notes = ['looks like dates; kind = "date" with form = "%d.%m.%Y", or as it is written']
        notes *= self.other_dates
        if not self.is_identifier:
            return ColumnType(kind="category", note="".join(notes))
        why = f"{len(self.seen)} different texts in {self.values} rows: an identifier"
        return ColumnType(kind="identifier", note="; ".join([why, *notes]))

    def _decide_numbers(self) -> ColumnType:
        if self.zeros is not None:
            return self._make_code(f"{self.zeros!r} would lose its zeros as a number")
        if self.whole and self.long is not None:
            return self._make_code(f"{self.long!r} has more digits than a number keeps")
        postal = self.whole and len(self.lengths) == 1 and min(self.lengths) >= 4
        if postal and _POSTAL.search(self.name.lower().replace("_", " ")):
            return self._make_code("whole numbers of one length, called as postal codes are")
        return ColumnType(kind="number")

    def _make_code(self, why: str) -> ColumnType:
        return ColumnType(kind="code", note=f"a code, read as text: {why}")

    def _find_flaw(self) -> ColumnFlaw | None:
        row, text = self.first or (0, "")
        if self.written:
            ways = " or ".join(dict.fromkeys(map(self._describe_format, self.written)))
            return ColumnFlaw(
                row,
                f"{quote_name(text)} looks like a number that is written otherwise; give {ways}, "
                'or say kind = "category" in a file for --types',
            )
        few = self.numbers * 2 >= self.values or len(self.texts) <= _FEW_TEXTS
        if len(self.shown) < 2 or not few:
            return None

        return ColumnFlaw(
            row,
            f"found the text {quote_name(text)} in a column of numbers; if it is a missing value, "
            f"give --na {_quote_argument(text)}; if the column is no number, say kind = "
            '"category" in a file for --types (relurules columns FILE --write FILE)',
        )

    def _describe_format(self, form: TableFormat) -> str:
        _, text = self.first or (0, "")
        said = [f"--decimal {_quote_argument(form.decimal)}"] if form.decimal != "." else []
        if form.thousands in text and form.thousands:
            said += [f"--thousands {_quote_argument(form.thousands)}"]
        return " ".join(said)


def _is_iso_date(text: str) -> bool:
    try:
        parse_date(text, "")
    except ValueError:
        return False
    return True


def _find_first(texts: Any, pattern: str, compute: Any) -> str | None:
    found = texts.filter(compute.match_substring_regex(texts, pattern))
    return found[0].as_py() if len(found) else None


def _do_all_match(texts: Any, pattern: str, compute: Any) -> bool:
    found = compute.all(compute.match_substring_regex(texts, pattern)).as_py()
    return found is not False


def _quote_argument(text: str) -> str:
    import shlex

    return shlex.quote(text)
