"""Artefacts: a query of partition rules, in which each row has the number of one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from relurules.checker.artefact_rules import ExecutedReading, RulesReader
from relurules.checker.artefact_sql import SqlReader
from relurules.checker.artefact_sql_gates import GatedScore, SqlGate
from relurules.checker.artefact_values import FloatArithmetic, FloatValue
from relurules.checker.json_values import RefusedError


class RuleColumn(NamedTuple):
    """The number of each row's rule, 0 for rows that don't meet conditions."""

    gate: SqlGate


class RuledValues(NamedTuple):
    """What a score is where each rule applies."""

    values: tuple[FloatValue, ...]

    @property
    def is_double(self) -> bool:
        """Whether none is a decimal number."""
        return all(value.is_double for value in self.values)


class SqlRulesReader(SqlReader):
    """One query of a dialect."""

    more_outputs = ("rule",)

    def __init__(
        self, text: str, dialect: str, arithmetic: FloatArithmetic, rules: Mapping[str, Any]
    ) -> None:
        super().__init__(text, dialect, arithmetic, rules)
        self.ruled = RulesReader(self, self.domain, rules, "sql")

    def read(self) -> ExecutedReading:
        """All of the query, in form tree or rules."""
        found: Sequence[Any] = self.read_scores()
        if not all(isinstance(score, RuledValues) for score in found):
            raise RefusedError("a score of the artefact isn't told by the rule of its row")
        scores = [
            tuple(
                self.ruled.check_score(score.values[number - 1], number, i)
                for i, score in enumerate(found)
            )
            for number in range(1, len(self.ruled.due) + 1)
        ]

        return self.ruled.make_reading(scores)

    def read_case(self) -> Any:
        """Beside what is read of lines: which rule applies, and a score by the rule."""
        name, flag = self.look(), self.look(1)
        known = self.names.get(name)
        if isinstance(known, SqlGate) and self.accept(f"{name} WHEN 1 THEN"):
            self.ruled.read_tree()
            self.expect("ELSE 0 END")
            return RuleColumn(known)

        gate = self.names.get(flag)
        if isinstance(gate, SqlGate) and self.accept(f"WHEN {flag} = 0 THEN 0"):
            self.ruled.read_list()
            self.expect("ELSE 0 END")
            return RuleColumn(gate)

        if isinstance(known, RuleColumn) and self.accept(name):
            values = []
            for number in range(1, len(self.ruled.due) + 1):
                self.expect(f"WHEN {number} THEN")
                values.append(self._read_value())
            self.expect("END")
            return GatedScore(RuledValues(tuple(values)), known.gate)

        return super().read_case()

    def _read_value(self) -> FloatValue:
        """A formula, or a number alone, whose type is told."""
        if self.peek("CAST("):
            return self.arithmetic.read_literal(float(self.read_literal()))
        return self.read_sum()

    def read_more_outputs(self) -> None:
        """The number of the rule."""
        self.expect(",")
        name = self.look()
        found = self.names.get(name)
        if not isinstance(found, RuleColumn):
            raise self.refuse("the number of the rule")
        self.guards.append(found.gate)
        self.expect(f'{name} AS "rule"')
