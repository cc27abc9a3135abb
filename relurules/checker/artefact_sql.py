"""Artefacts: a query, each of whose subqueries reads all rows of the one before."""

import re
from typing import Any

from relurules.checker.artefact_sql_gates import SqlGates
from relurules.checker.artefact_sql_values import SqlColumn
from relurules.checker.artefact_sql_words import FIRST_TABLE, SQL_NAME, quote_sql
from relurules.checker.artefact_text import list_artefact_links
from relurules.checker.artefact_values import FloatValue

#: Outputs of the score S, by dialect and link. POWER is exp(-abs(S)).
_SQL_LINKS = {
    "sqlite": {
        "complement": "1E0 / (1E0 + exp(S))",
        "sigmoid": "1E0 / (1E0 + exp(-S))",
    },
    "duckdb": {
        "complement": "CASE WHEN S >= 0E0 THEN POWER ELSE 1E0 END / (1E0 + POWER)",
        "sigmoid": "CASE WHEN S >= 0E0 THEN 1E0 ELSE POWER END / (1E0 + POWER)",
    },
    "postgres": {
        "complement": "CASE WHEN S < -7E2 THEN 1E0 WHEN S > 7E2 THEN 0E0"
        " ELSE 1E0 / (1E0 + exp(S)) END",
        "sigmoid": "CASE WHEN S < -7E2 THEN 0E0 WHEN S > 7E2 THEN 1E0"
        " ELSE 1E0 / (1E0 + exp(-S)) END",
    },
}
#: Names that columns are given: others may be words of SQL, such as current_time.
_OWN_NAME = r'"(?:[^"]|"")+"|rr_[a-z0-9_]+'


class SqlReader(SqlGates):
    """One query of a dialect."""

    def read_scores(self) -> list[FloatValue]:
        """The scores of the rows in the domain, which is what must be asked of a row."""
        self.expect("WITH")
        while not self.source or self.accept(","):
            name = self.take(r"rr_[a-z0-9_]+", "the name of a subquery")
            self.expect("AS (SELECT")
            found = dict[str, Any]()
            while not found or self.accept(","):
                self._read_item(found)
            self._read_source()
            self.expect(")")
            self.source, self.names = name, found

        self.expect("SELECT")

        return self._read_outputs()

    def _read_source(self) -> None:
        """FROM what all rows are read of."""
        self.expect("FROM")
        if self.source:
            self.expect(self.source)
        else:
            self.take(SQL_NAME, "a table")
            while self.accept("."):
                self.take(SQL_NAME, "a table")
            self.expect(f"AS {FIRST_TABLE}")
        if self.words.all_rows:
            self.accept(self.words.all_rows)

    def _read_item(self, found: dict[str, Any]) -> None:
        """A column of a subquery: `value AS name`, or one of the subquery before."""
        for i in range(self.count):
            power = f"rr_s{i}_power"
            if f"rr_s{i}" in self.names and self.accept(f"exp(-abs(rr_s{i})) AS {power}"):
                found[power] = SqlColumn("power", self.names[f"rr_s{i}"])
                return

        start = self.at
        value = self._read_any()
        name = self.tokens[start][0]
        if self.at > start + 1 or not (self.peek(",") or self.peek("FROM")):
            self.expect("AS")
            name = self.take(_OWN_NAME, "a name in quotes, or of rr_")
        if name.strip('"').lower() in {known.strip('"').lower() for known in found}:
            raise self.refuse("a name that no other column has")
        found[name] = value

    def _read_outputs(self) -> list[FloatValue]:
        """The columns of the query: those that tell rows apart, then the rules' outputs."""
        found = {i: self.names.get(f"rr_s{i}") for i in range(self.count)}
        taken = {quote_sql(name).lower() for name in self.rules["outputs"]}
        while any(self.peek(f"{key} AS") for key in self._list_keys()):
            self.at += 2
            if self.take(_OWN_NAME, "a name in quotes").lower() in taken:
                raise self.refuse("a name that no output has before it")
            self.expect(",")

        outputs = zip(self.rules["outputs"], list_artefact_links(self.rules), strict=True)
        for k, (name, (link, i)) in enumerate(outputs):
            self.expect("," if k else "")
            if link != "identity":
                power = f"rr_s{i}_power"
                if "POWER" in _SQL_LINKS[self.dialect][link] and self.names.get(power) != SqlColumn(
                    "power", found[i]
                ):
                    raise self.refuse("a link whose parts were read")
                frame = _SQL_LINKS[self.dialect][link].replace("POWER", power)
                self.expect(re.sub(r"\bS\b", f"rr_s{i}", frame))
            else:
                found[i] = self._read_any()
            self.expect(f"AS {quote_sql(name)}")

        self._read_source()

        return [self.open_gate(found.get(i)) for i in range(self.count)]

    def _list_keys(self) -> list[str]:
        return [
            name
            for name, value in self.names.items()
            if isinstance(value, SqlColumn) and value.kind == "key"
        ]

    def _read_any(self) -> Any:
        """A number, a text, a condition, a score, or a column as it stands."""
        start, known = self.at, self.names.get(self.tokens[self.at][0])
        if self.find_number() is not None:
            self.at = start
        elif self.accept("CASE"):
            found = self.read_case()
            if not isinstance(found, FloatValue):
                return found
            self.at = start
        elif self.accept(f"{FIRST_TABLE}."):
            self.take(SQL_NAME, "a column")
            return SqlColumn("key")
        elif (column := self.find_text()) is not None:
            return SqlColumn("text", column)
        elif known is not None and not isinstance(known, FloatValue):
            self.at += 1
            return known

        return self.read_sum()
