"""Artefacts: a query, each of whose subqueries reads all rows of the one before."""

import re
from functools import cached_property
from typing import Any

from relurules.checker.artefact_links import ArtefactHead, list_artefact_heads
from relurules.checker.artefact_sql_gates import GatedScore, SqlGates
from relurules.checker.artefact_sql_links import plan_sql_link
from relurules.checker.artefact_sql_values import SqlColumn
from relurules.checker.artefact_sql_words import FIRST_TABLE, SQL_NAME, quote_sql
from relurules.checker.artefact_values import FloatValue

#: Names that columns are given: others may be words of SQL, such as current_time.
_OWN_NAME = r'"(?:[^"]|"")+"|rr_[a-z0-9_]+|rr_sum[_S0-9]+'


class SqlReader(SqlGates):
    """One query of a dialect. more_outputs: names of columns behind the rules' outputs."""

    more_outputs: tuple[str, ...] = ()

    @cached_property
    def heads(self) -> list[ArtefactHead]:
        """How outputs are made of scores."""
        return list_artefact_heads(self.rules)

    @cached_property
    def score_names(self) -> list[str]:
        """What links call the scores."""
        return [f"rr_s{i}" for i in range(self.count)]

    @cached_property
    def link_columns(self) -> dict[str, str]:
        """Columns that links need, which stand for nothing else, and their texts."""
        found = dict[str, str]()
        for head in self.heads:
            if head.link != "identity":
                found |= plan_sql_link(head, self.dialect).columns
        return found

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
        for own, text in self.link_columns.items():
            if self.accept(f"{text} AS {own}"):
                self._add(found, own, SqlColumn("link", self._find_link_scores(text)))
                return

        start = self.at
        value = self._read_any()
        known = name = self.tokens[start][0]
        if self.at > start + 1 or not (self.peek(",") or self.peek("FROM")):
            self.expect("AS")
            name = self.take(_OWN_NAME, "a name in quotes, or of rr_")
        if isinstance(value, SqlColumn) and value.kind == "link" and name != known:
            raise self.refuse("the name that a link's column has")
        self._add(found, name, value)

    def _add(self, found: dict[str, Any], name: str, value: Any) -> None:
        if self.fold_name(name) in map(self.fold_name, found):
            raise self.refuse("a name that no other column has")
        found[name] = value

    def _read_outputs(self) -> list[FloatValue]:
        """The columns of the query: those that tell rows apart, then the rules' outputs."""
        taken = {
            self.fold_name(quote_sql(name)) for name in [*self.rules["outputs"], *self.more_outputs]
        }
        while any(self.peek(f"{key} AS") for key in self._list_keys()):
            self.at += 2
            if self.fold_name(self.take(_OWN_NAME, "a name in quotes")) in taken:
                raise self.refuse("a name that no output has before it")
            self.expect(",")

        scores = dict[str, Any]()
        for k, (name, head) in enumerate(zip(self.rules["outputs"], self.heads, strict=True)):
            self.expect("," if k else "")
            if head.link == "identity":
                read = {self.score_names[head.scores[0]]: self._read_any()}
            else:
                read = self._find_link_scores(self._take_link(head))
            self.expect(f"AS {quote_sql(name)}")
            if any(scores.setdefault(score, value) != value for score, value in read.items()):
                raise self.refuse("outputs of the same scores")

        self.read_more_outputs()
        self._read_source()

        return [self.open_gate(scores.get(name)) for name in self.score_names]

    def read_more_outputs(self) -> None:
        """What stands behind the rules' outputs: nothing, of lines."""

    def _take_link(self, head: ArtefactHead) -> str:
        """Pass an output of a link; its text."""
        results = plan_sql_link(head, self.dialect).results
        for text in results:
            if self.accept(text):
                return text
        self.expect(results[0])
        return results[0]

    def _find_link_scores(self, text: str) -> dict[str, Any]:
        """The scores that the columns in a link's text are of, by their names."""
        found = dict[str, Any]()
        for name in re.findall(r"\brr_[a-z0-9_]+", text):
            value = self.names.get(name)
            own = {name: value}
            if isinstance(value, SqlColumn) and value.kind == "link":
                own = value.of
            elif not isinstance(value, GatedScore) or name not in self.score_names:
                raise self.refuse("a link whose parts were read")
            if any(found.setdefault(score, known) != known for score, known in own.items()):
                raise self.refuse("a link of the same scores")

        return found

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
