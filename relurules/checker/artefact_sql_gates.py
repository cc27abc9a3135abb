"""Artefacts: conditions in SQL on the rows that have scores."""

from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.artefact_domain import ArtefactWall
from relurules.checker.artefact_sql_values import SqlColumn, SqlValues
from relurules.checker.artefact_sql_words import FIRST_TABLE, SQL_NAME, quote_text
from relurules.checker.artefact_values import FloatValue
from relurules.checker.json_values import RefusedError

#: What a column may be moved by before it is compared with bounds: 1E-100 is added, then taken off.
_LEAST_SHIFT = Fraction(1, 10**99)
#: What may count as 0 so that nothing vanishes, which ends a query in PostgreSQL.
_TINY = Fraction(1e-100)
#: Bounds nearer to 0, but not 0, might be told wrongly then.
_LEAST_BOUND = Fraction(1, 10**80)


class SqlGate(NamedTuple):
    """Conditions on a row. bounds: of numbers; numbers: those that are one in SQLite, where text
    may stand too; groups: of which one category is the row's; walls: inequalities.
    """

    bounds: dict[int, tuple[Fraction, Fraction]]
    numbers: set[int]
    groups: set[int]
    walls: list[ArtefactWall]


class GatedScore(NamedTuple):
    """A score of the rows that meet conditions: a FloatValue, or one for every rule."""

    value: Any
    gate: SqlGate


class SqlGates(SqlValues):
    """The conditions in a query."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        #: Conditions on rows that have numbers at all.
        self.guards = list[SqlGate]()

    def read_case(self) -> Any:
        """What stands behind CASE: a number, a condition, or a score."""
        if (found := self.find_case()) is not None:
            return found
        gate = _make_gate()
        self._read_gate(gate)
        self.expect("THEN")
        if self._accept_flag(gate):
            return gate

        value = self.read_sum()
        self.expect("END")

        return GatedScore(value, gate)

    def find_case(self) -> FloatValue | None:
        """Beside numbers of rows that have scores, and of no others."""
        if (guarded := self._find_guarded()) is not None:
            return guarded
        start = self.at
        if self.accept("WHEN"):
            inner = self.at
            if self._accept_known(_make_gate()) and self.peek("AND"):
                self.at = inner
                return None
        self.at = start

        return super().find_case()

    def _find_guarded(self) -> FloatValue | None:
        """A number of rows that meet conditions, which `open_gate` looks at, if one is next: what
        is next to 0 counts as 0.
        """
        if not self.source or self.dialect != "postgres":
            return None
        start, tiny = self.at, None
        if self.accept(f"WHEN abs({self.source}."):
            tiny = self.take(SQL_NAME, "a column")
            self.expect(") < 1E-100 THEN 0E0")

        gate = self.names.get(self.look(1)) if self.peek("WHEN") else None
        self.at += 2
        if not isinstance(gate, SqlGate) or not self.accept(f"= 1 THEN {self.source}."):
            self.at = start
            return None
        if tiny not in (None, self.tokens[self.at][0]):
            raise self.refuse("the column before it")
        value = self.read_named()
        self.expect("END")
        self.guards.append(gate)

        return value._replace(error=value.error + _TINY) if tiny else value

    def _accept_flag(self, gate: SqlGate) -> bool:
        """Pass 1, or 1 where more conditions are met, which are added, and 0 for all other rows;
        False where something else is next.
        """
        if self.accept("1 ELSE 0 END"):
            return True
        start = self.at
        if not self.accept("CASE WHEN"):
            return False
        self.at -= 1
        if self.find_case() is not None:
            self.at = start
            return False

        self._read_gate(gate)
        self.expect("THEN")
        if not self._accept_flag(gate):
            raise self.refuse("1")
        self.expect("ELSE 0 END")

        return True

    def _read_gate(self, gate: SqlGate) -> None:
        """Conditions that all are asked; they are added."""
        self._read_condition(gate)
        while self.accept("AND"):
            self._read_condition(gate)

    def _read_condition(self, gate: SqlGate) -> None:
        if isinstance(known := self.names.get(self.tokens[self.at][0]), SqlGate):
            self.at += 1
            self.expect("= 1")
            self._join(gate, known)
        elif self.accept("CASE WHEN"):
            self._read_gate(gate)
            self.expect("THEN")
            if not self._accept_flag(gate):
                raise self.refuse("1")
            self.expect("= 1")
        elif self.accept(f"{FIRST_TABLE}."):
            j = self.find_feature(self.take_column())
            if j in self.domain.fills:
                raise self.refuse("a condition that rows without the number meet")
            gate.numbers.add(j)
            if not self.accept(f"<= CAST(1.7976931348623157E+308 AS {self.words.type})"):
                self._bound(gate, j, self._read_between(is_cast=True))
        elif self.accept("abs("):
            j = self._take_number(gate)
            self.expect(") <=")
            most = self.read_literal()
            self._bound(gate, j, (-most, most))
        elif not self._accept_known(gate):
            self._read_comparison(gate)

    def _accept_known(self, gate: SqlGate) -> bool:
        """Pass the condition that a text has a category, if it is next. Where missing and other
        values have one there is no such condition.
        """
        name = self.look(int(self.peek("(")))
        text = self.names.get(name)
        if not isinstance(text, SqlColumn) or text.kind != "text":
            return False
        column = self.texts[text.of]
        if min(column.find_category(1), column.find_category(2)) >= 0:
            return False
        words = [quote_text(word) for values, _, _ in column.categories for word in values]
        tests = [f"{name} IN ({', '.join(words)})"] if words else []
        tests += [f"{name} IS NULL"] if column.find_category(1) >= 0 else []
        if column.find_category(2) >= 0:
            tests = [f"{name} IS NOT NULL"]
        if not self.accept(tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"):
            return False
        gate.groups.add(self.domain.group_of[column.first])

        return True

    def _read_comparison(self, gate: SqlGate) -> None:
        """A column and its bounds, the sum of all categories of one, or an inequality."""
        start, value = self.at, self.read_sum()
        if self.accept("<="):
            gate.walls.append(ArtefactWall(value.form, value.error, self.read_literal()))
            return
        is_sum, self.at = self.peek("= 1E0"), start
        if not is_sum:
            self._bound(gate, self._take_number(gate), self._read_between())
            return

        members = [self._take_member()]
        while self.accept("+"):
            members.append(self._take_member())
        self.expect("= 1E0")
        if sorted(members) not in self.domain.groups:
            raise self.refuse("a condition of all categories before it")
        gate.groups.add(self.domain.groups.index(sorted(members)))

    def _join(self, gate: SqlGate, other: SqlGate) -> None:
        for j, bounds in other.bounds.items():
            self._bound(gate, j, bounds)
        gate.numbers.update(other.numbers)
        gate.groups.update(other.groups)
        gate.walls.extend(other.walls)

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
            ends.append(self.read_literal())
            self.expect("" if ends[1:] else "AND")

        return ends[0], ends[1]

    def _take_member(self) -> int:
        """Whether a category is the row's, where other values have none."""
        value = self.names.get(self.tokens[self.at][0])
        if not any(value is own for own in self.members):
            raise self.refuse("members that are 0 of values without a category")
        return self._take_feature()

    def _take_number(self, gate: SqlGate) -> int:
        value, j = self.names.get(self.tokens[self.at][0]), self._take_feature()
        if any(value is own for own in self.strict):
            gate.numbers.add(j)
        return j

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

    def open_gate(self, score: Any) -> Any:
        """The score, where just the rows of the domain have one."""
        if not isinstance(score, GatedScore):
            raise RefusedError("a score of the artefact isn't found, or rows outside have it too")
        if self.language.is_typed and not score.value.is_double:
            raise RefusedError("a score of the artefact is a decimal number, which isn't binary64")
        for gate in (score.gate, *self.guards):
            self._check_gate(gate)
        walls = {id(wall) for wall in score.gate.walls}
        if any(id(wall) not in walls for gate in self.guards for wall in gate.walls):
            raise RefusedError("the artefact takes numbers from rows that it scores")

        return score.value

    def _check_gate(self, gate: SqlGate) -> None:
        domain = self.domain
        due = {c.first: (domain.low[c.first], domain.high[c.first]) for c in domain.numbers}
        open_groups = {
            i
            for i, c in enumerate(c for c in domain.columns if c.categories)
            if -1 in (c.find_category(1), c.find_category(2))
        }
        if gate.bounds != due or (self.dialect == "sqlite" and gate.numbers != set(due)):
            raise RefusedError("the artefact scores other rows than those within the bounds")
        if not open_groups <= gate.groups:
            raise RefusedError("the artefact scores rows whose category isn't known")
        domain.check_walls(gate.walls)


def _make_gate() -> SqlGate:
    """Conditions that nothing was asked of yet."""
    return SqlGate({}, set(), set(), [])
