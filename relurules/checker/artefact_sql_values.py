"""Artefacts: values and conditions in SQL."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.artefact_domain import ArtefactForm, add_artefact_forms
from relurules.checker.artefact_text import ArtefactReader
from relurules.checker.artefact_values import FloatArithmetic, FloatValue
from relurules.checker.json_values import RefusedError

SQL_NAME = r'"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*'
_SQL_TEXT = r"'(?:[^']|'')*'"
FIRST_TABLE = "rr_table"
#: What a column may be moved by before it is compared with bounds: 1E-100 is added, then taken off.
_LEAST_SHIFT = Fraction(1, 10**99)
#: Bounds nearer to 0, but not 0, might be told wrongly then.
_LEAST_BOUND = Fraction(1, 10**80)
#: Dialect -> type of numbers, cast of them, what may stand behind a table and leaves all rows.
_SQL_WORDS = {
    "sqlite": ("DOUBLE", "CAST", "LIMIT 9223372036854775807"),
    "duckdb": ("DOUBLE", "TRY_CAST", ""),
    "postgres": ("DOUBLE PRECISION", "CAST", "OFFSET 0"),
}


class SqlGate(NamedTuple):
    """Conditions on a row. bounds: of numbers; numbers: those that are one in SQLite, where text
    may stand too; groups: of which one category is the row's.
    """

    bounds: dict[int, tuple[Fraction, Fraction]]
    numbers: set[int]
    groups: set[int]


class GatedScore(NamedTuple):
    """A score of the rows that meet conditions."""

    value: FloatValue
    gate: SqlGate


class SqlColumn(NamedTuple):
    """A column that is no number yet. kind: as it stands in the table, text, key or power; of: the
    column of a text, the score of a power.
    """

    kind: str
    of: Any = None


class SqlValues(ArtefactReader):
    """The values and conditions in a query. source: the subquery that is read, "" for the table."""

    def __init__(
        self, text: str, dialect: str, arithmetic: FloatArithmetic, rules: Mapping[str, Any]
    ) -> None:
        super().__init__(text, dialect, arithmetic)
        self.dialect, self.domain, self.rules = dialect, arithmetic.domain, rules
        self.type, self.cast, self.all_rows = _SQL_WORDS[dialect]
        self.source, self.count = "", len(rules["base"])
        self.table = {quote_sql(column.name): i for i, column in enumerate(self.domain.columns)}
        #: Categories' members that are 0 for values that no category has.
        self.members = list[FloatValue]()
        cut = 63 if dialect == "postgres" else None  # bytes of a name that count
        names = {column.name.lower().encode()[:cut] for column in self.domain.columns}
        if len(names) < len(self.table):
            raise RefusedError("two columns have names that SQL doesn't tell apart")

    def _take_column(self) -> int:
        token = self.take(SQL_NAME, "a column")
        if token not in self.table or self.source:
            raise RefusedError(f"the artefact reads {token}, which is no column of the rules")
        return self.table[token]

    def _find_feature(self, column: int) -> int:
        if self.domain.columns[column].categories:
            raise RefusedError("the artefact takes a category for a number")
        return self.domain.columns[column].first

    def read_factor(self) -> FloatValue:
        """Beside what all languages have: CASE, casts, and if(a > b, a - b, 0)."""
        if self.dialect == "duckdb" and self.accept("if("):
            return self._read_if()
        if self.accept(f"{self.cast}({FIRST_TABLE}."):
            j = self._find_feature(self._take_column())
            self.expect(f"AS {self.type})")
            return self.arithmetic.read_feature(j)
        if not self.accept("CASE"):
            return super().read_factor()
        found = self._read_case()
        if not isinstance(found, FloatValue):
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

    def _read_case(self) -> Any:
        """What stands behind CASE: points of categories, a condition, or a score."""
        if not self.accept("WHEN"):
            return self._read_points(self._take_text())
        if (column := self._find_text()) is not None:
            return self._read_points(column, has_subject=False)
        gate = self._read_gate()
        self.expect("THEN")
        if self.accept("1 ELSE 0 END"):
            return gate

        value = self.read_sum()
        self.expect("END")

        return GatedScore(value, gate)

    def _find_text(self) -> int | None:
        """The column of texts that is next, if one is."""
        start = self.at
        if self.accept(f"CAST({FIRST_TABLE}."):
            column = self._take_column()
            if self.accept("AS TEXT)"):
                return column
        found = self.names.get(self.tokens[self.at][0])
        if isinstance(found, SqlColumn) and found.kind == "text":
            self.at += 1
            return int(found.of)
        self.at = start

        return None

    def _take_text(self) -> int:
        column = self._find_text()
        if column is None:
            raise self.refuse("a column of categories")
        return column

    def _read_points(self, column: int, has_subject: bool = True) -> FloatValue:
        """A number for every category. A word is that of the first condition that it meets."""
        points = dict[str | None, tuple[Fraction, bool]]()
        is_first = not has_subject  # then WHEN and the column are passed already
        while is_first or self.accept("WHEN"):
            words = self._read_words(column, has_subject, is_first)
            self.expect("THEN")
            point = self._read_point()
            for word in words:
                points.setdefault(word, point)
            is_first = False

        self.expect("ELSE")
        last = self._read_point()
        self.expect("END")

        form, own = ArtefactForm(), self.domain.columns[column]
        for k, (values, missing, other) in enumerate(own.categories):
            counts = {points.get(value, last)[0] for value in values}
            counts |= {points.get(None, last)[0]} if missing else set()
            counts |= {last[0]} if other else set()
            if len(counts) > 1:
                raise RefusedError(f"values of one category of {own.name!r} count differently")
            form[own.first + k] = max(counts, default=Fraction(0))

        if not own.categories or set(points) - {None} - {v for c in own.categories for v in c[0]}:
            raise RefusedError(f"the artefact names a value that {own.name!r} doesn't have")

        found = self._make_points(form, [*points.values(), last])
        rest = [last] if own.place(2) < 0 else []
        rest += [points.get(None, last)] if own.place(1) < 0 else []
        if not any(value for value, _ in rest):
            self.members.append(found)

        return found

    def _make_points(self, form: ArtefactForm, points: list[tuple[Fraction, bool]]) -> FloatValue:
        form = self.domain.reduce(add_artefact_forms({}, form, Fraction(1)))
        low, high = self.domain.find_range(form)
        grids = [self.arithmetic.read_literal(float(value)).grid for value, _ in points]
        is_double = any(double for _, double in points)
        return FloatValue(form, low, high, Fraction(0), min(grids), is_double)

    def _read_words(self, column: int, has_subject: bool, is_first: bool) -> list[str | None]:
        """The values that a condition names; None is for a missing one."""
        if not has_subject:
            if not is_first and self._take_text() != column:
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
            self.expect(f"AS {self.type})")
        return value, is_double or not self.language.is_typed

    def _read_gate(self) -> SqlGate:
        """Conditions that all are asked."""
        gate = SqlGate({}, set(), set())
        while True:
            self._read_condition(gate)
            if not self.accept("AND"):
                return gate

    def _read_condition(self, gate: SqlGate) -> None:
        name = self.tokens[self.at][0]
        if isinstance(known := self.names.get(name), SqlGate):
            self.at += 1
            self.expect("= 1")
            for j, bounds in known.bounds.items():
                self._bound(gate, j, bounds)
            gate.numbers.update(known.numbers)
            gate.groups.update(known.groups)
        elif self.accept(f"{FIRST_TABLE}."):
            j = self._find_feature(self._take_column())
            gate.numbers.add(j)
            if not self.accept(f"<= CAST(1.7976931348623157E+308 AS {self.type})"):
                self._bound(gate, j, self._read_between(is_cast=True))
        elif self.accept("abs("):
            j = self._take_feature()
            self.expect(") <=")
            most = self._read_point()[0]
            self._bound(gate, j, (-most, most))
        else:
            values = [known]
            first = self._take_feature()
            if self.peek("BETWEEN"):
                self._bound(gate, first, self._read_between())
                return
            members = [first]
            while self.accept("+"):
                values.append(self.names.get(self.tokens[self.at][0]))
                members.append(self._take_feature())
            if not all(any(value is own for own in self.members) for value in values):
                raise self.refuse("members that are 0 of values without a category")
            self.expect("= 1E0")
            if sorted(members) not in self.domain.groups:
                raise self.refuse("a condition of all categories before it")
            gate.groups.add(self.domain.groups.index(sorted(members)))

    def _bound(self, gate: SqlGate, j: int, bounds: tuple[Fraction, Fraction]) -> None:
        if gate.bounds.setdefault(j, bounds) != bounds:
            raise self.refuse("one condition of every column")

    def _read_between(self, is_cast: bool = False) -> tuple[Fraction, Fraction]:
        """is_cast: without casts SQLite compares texts with columns of texts."""
        self.expect("BETWEEN")
        ends = list[Fraction]()
        while len(ends) < 2:
            if is_cast and not self.peek("CAST("):
                raise self.refuse("CAST")
            ends.append(self._read_point()[0])
            self.expect("" if ends[1:] else "AND")

        return ends[0], ends[1]

    def _take_feature(self) -> int:
        """A column of numbers, or whether a category is the row's, by its name alone."""
        value = self.read_named()
        form, ones = self.domain.reduce(value.form), range(len(self.domain.low))
        found = [j for j in ones if form == self.domain.reduce({j: Fraction(1)})]
        if not found or value.error > _LEAST_SHIFT:
            raise self.refuse("a column before it")
        ends = (self.domain.low[found[0]], self.domain.high[found[0]])
        if value.error and any(0 < abs(end) < _LEAST_BOUND for end in ends):
            raise self.refuse("a column that nothing was added to")
        return found[0]


def quote_sql(name: str) -> str:
    """A name of SQL."""
    return '"' + name.replace('"', '""') + '"'
