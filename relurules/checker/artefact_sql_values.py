"""Artefacts: columns and numbers in SQL."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.artefact_domain import ArtefactColumn, ArtefactForm, add_artefact_forms
from relurules.checker.artefact_links import count_artefact_scores
from relurules.checker.artefact_sql_words import FIRST_TABLE, SQL_NAME, SQL_WORDS, quote_sql
from relurules.checker.artefact_text import ArtefactReader
from relurules.checker.artefact_values import FloatArithmetic, FloatValue
from relurules.checker.json_values import RefusedError

_SQL_TEXT = r"'(?:[^']|'')*'"
_SQL_COLUMN = re.compile(r"\bC\b")


class SqlColumn(NamedTuple):
    """A column that is no number yet. kind: as it stands in the table, text, key or link; of: the
    place of a text's column, what scores a link's column is of.
    """

    kind: str
    of: Any = None


class SqlValues(ArtefactReader):
    """The values in a query. source: the subquery that is read, "" for the table."""

    def __init__(
        self, text: str, dialect: str, arithmetic: FloatArithmetic, rules: Mapping[str, Any]
    ) -> None:
        super().__init__(text, dialect, arithmetic)
        self.dialect, self.domain, self.rules = dialect, arithmetic.domain, rules
        self.words = SQL_WORDS[dialect]
        self.source, self.count = "", count_artefact_scores(rules)
        self.places = {quote_sql(name): i for i, name in enumerate(self.domain.names)}
        self.numbers, self.texts, self.gaps = (
            {column.place: column for column in columns}
            for columns in (self.domain.numbers, self.domain.texts, self.domain.gaps)
        )
        #: Categories' members that are 0 for values that no category has.
        self.members = list[FloatValue]()
        #: Numbers that are NULL where a column holds none.
        self.strict = list[FloatValue]()
        if len({*map(self.fold_name, self.places)}) < len(self.places):
            raise RefusedError("two columns have names that SQL doesn't tell apart")

    def fold_name(self, name: str) -> bytes:
        """What tells a name from others, with quotes or without: no capitals, and in PostgreSQL no
        more than 63 bytes.
        """
        plain = name[1:-1].replace('""', '"') if name[0] == '"' else name
        return plain.lower().encode()[: 63 if self.dialect == "postgres" else None]

    def take_column(self) -> int:
        """A column of the table, by its place."""
        token = self.take(SQL_NAME, "a column")
        if token not in self.places or self.source:
            raise RefusedError(f"the artefact reads {token}, which is no column of the rules")
        return self.places[token]

    def accept_column(self, frame: str) -> int | None:
        """Pass these tokens, with a column of the table in place of C, where they are the next
        ones; this column.
        """
        start = self.at
        before, behind = _SQL_COLUMN.split(frame, maxsplit=1)
        if self.accept(f"{before}{FIRST_TABLE}."):
            name = f"{FIRST_TABLE}.{self.tokens[self.at][0]}"
            place = self.take_column()
            if self.accept(_SQL_COLUMN.sub(lambda _: name, behind)):
                return place
        self.at = start

        return None

    def find_feature(self, place: int) -> int:
        """The number that a column is."""
        if place not in self.numbers:
            raise RefusedError("the artefact takes a category for a number")
        return self.numbers[place].first

    def find_text(self) -> int | None:
        """The column of texts that is next, if one is."""
        if (place := self.accept_column("CAST(C AS TEXT)")) is not None:
            return place
        found = self.names.get(self.tokens[self.at][0])
        if isinstance(found, SqlColumn) and found.kind == "text":
            self.at += 1
            return int(found.of)

        return None

    def find_number(self) -> FloatValue | None:
        """The column of numbers that is next, if one is."""
        for frame in (self.words.strict, self.words.number):
            if (place := self.accept_column(frame)) is not None:
                found = self.arithmetic.read_feature(self.find_feature(place))
                if frame == self.words.strict:
                    self.strict.append(found)
                return found

        return None

    def read_factor(self) -> FloatValue:
        """Beside what all languages have: columns, CASE, and if(a > b, a - b, 0)."""
        if self.dialect == "duckdb" and self.accept("if("):
            return self._read_if()
        if (number := self.find_number()) is not None:
            if set(number.form) & set(self.domain.fills):
                raise RefusedError("a number that is missing counts as nothing in the artefact")
            return number
        if not self.accept("CASE"):
            return super().read_factor()
        if (found := self.find_case()) is None:
            raise self.refuse("a number before it")

        return found

    def _read_if(self) -> FloatValue:
        """max(0, a - b), written as what it is where a > b, or max(0, b - a), where a < b."""
        left = self.read_sum()
        rises = self.accept(">")
        if not rises:
            self.expect("<")
        right = self.read_sum()
        self.expect(",")
        found = self.read_sum()
        self.expect(", 0)")

        more, less = (left, right) if rises else (right, left)
        due = self.arithmetic.add(more, less, -1)
        if self.domain.reduce(found.form) != self.domain.reduce(due.form):
            raise RefusedError("the artefact has another number behind a condition than before it")
        # The condition may err where the difference is within both errors of 0.
        error = found.error + left.error + right.error

        return self.arithmetic.cut_below_zero(found._replace(error=error))

    def find_case(self) -> FloatValue | None:
        """A number for every category, or one for rows that lack theirs; CASE is passed. None where
        the next condition is of something else.
        """
        if not self.accept("WHEN"):
            if (place := self.find_text()) is None:
                raise self.refuse("a column of categories")
            return self._read_points(place)

        start = self.at
        if (place := self.accept_column(self.words.missing)) in {*self.numbers, *self.gaps}:
            return self._read_gap(place)
        self.at = start
        place = self.find_text()
        if place is None:
            place = self.accept_column("C IS NULL")
        if place is None:
            return None
        self.at = start

        return self._read_points(place, has_subject=False)

    def _read_gap(self, place: int | None) -> FloatValue:
        """A column of which a missing number counts as another, or whether one is missing."""
        self.expect("THEN")
        point = self._read_point()
        self.expect("ELSE")
        number = self.find_number()
        other = point if number is not None else self._read_point()
        self.expect("END")

        if number is not None and place in self.numbers:
            if set(number.form) != {self.numbers[place].first}:
                raise RefusedError("the artefact takes one column for another")
            if self.numbers[place].fill != point[0]:
                raise RefusedError("a missing number counts as another one than in the rules")
            return number
        if number is not None or place not in self.gaps:
            raise RefusedError("the artefact counts rows otherwise that lack a number")

        column = self.gaps[place]
        values = {column.find_category(1): point[0], column.find_category(2): other[0]}
        form = {column.first + k: value for k, value in values.items()}

        return self._make_points(form, [point, other])

    def _read_points(self, place: int, has_subject: bool = True) -> FloatValue:
        """A number for every category. A word is that of the first condition that it meets."""
        if place not in self.texts:
            raise RefusedError("the artefact takes a number for a category")
        points = dict[str | None, tuple[Fraction, bool]]()
        is_first = not has_subject  # then WHEN is passed already
        while is_first or self.accept("WHEN"):
            words = self._read_words(place, has_subject)
            self.expect("THEN")
            point = self._read_point()
            for word in words:
                points.setdefault(word, point)
            is_first = False

        self.expect("ELSE")
        last = self._read_point()
        self.expect("END")
        own = self.texts[place]
        found = self._make_points(_spread_points(own, points, last), [*points.values(), last])
        rest = [last] if own.find_category(2) < 0 else []
        rest += [points.get(None, last)] if own.find_category(1) < 0 else []
        if not any(value for value, _ in rest):
            self.members.append(found)

        return found

    def _make_points(self, form: ArtefactForm, points: list[tuple[Fraction, bool]]) -> FloatValue:
        form = self.domain.reduce(add_artefact_forms({}, form, Fraction(1)))
        low, high = self.domain.find_range(form)
        grids = [self.arithmetic.read_literal(float(value)).grid for value, _ in points]
        is_double = any(double for _, double in points)
        return FloatValue(form, low, high, Fraction(0), min(grids), is_double)

    def _read_words(self, place: int, has_subject: bool) -> list[str | None]:
        """The values that a condition names; None is for a missing one."""
        if not has_subject:
            if (missing := self.accept_column("C IS NULL")) is not None:
                if missing != place:
                    raise self.refuse("the same column")
                return [None]
            if self.find_text() != place:
                raise self.refuse("the same column")
            if self.accept("IS NULL"):
                return [None]
            if self.accept("IN ("):
                words = list[str | None]()
                while not words or self.accept(","):
                    words.append(self.read_quoted(self.take(_SQL_TEXT, "a text")))
                self.expect(")")
                return words
            self.expect("=")

        return [self.read_quoted(self.take(_SQL_TEXT, "a text"))]

    def _read_point(self) -> tuple[Fraction, bool]:
        is_double = self.accept("CAST(")
        value = Fraction(self.read_number())
        if is_double:
            self.expect(f"AS {self.words.type})")
        return value, is_double or not self.language.is_typed

    def read_literal(self) -> Fraction:
        """A number that is written, with a cast or without."""
        return self._read_point()[0]


def _spread_points(
    own: ArtefactColumn,
    points: Mapping[str | None, tuple[Fraction, bool]],
    last: tuple[Fraction, bool],
) -> ArtefactForm:
    """The number of each category; RefusedError where its values have several."""
    form = ArtefactForm()
    for k, (values, missing, other) in enumerate(own.categories):
        counts = {points.get(value, last)[0] for value in values}
        counts |= {points.get(None, last)[0]} if missing else set()
        counts |= {last[0]} if other else set()
        if len(counts) > 1:
            raise RefusedError(f"values of one category of {own.name!r} count differently")
        form[own.first + k] = max(counts, default=Fraction(0))

    if set(points) - {None} - {v for c in own.categories for v in c[0]}:
        raise RefusedError(f"the artefact names a value that {own.name!r} doesn't have")

    return form
