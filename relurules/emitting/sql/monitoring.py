"""Monitoring as one SELECT: how the rows of a table are spread over the bands of a reference, its
stability indices, rates and mean scores, month by month too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from relurules.domain.columns import list_table_columns
from relurules.emitting.request import EmitOptions
from relurules.emitting.sql.decimals import respell_decimals
from relurules.emitting.sql.dialect import LINE
from relurules.emitting.sql.dialects import DIALECTS
from relurules.emitting.sql.inputs import (
    is_numeric,
    print_coordinates,
    print_number,
    print_read_column,
)
from relurules.emitting.sql.layout import wrap_comment
from relurules.emitting.sql.names import choose_prefix, quote_name, quote_text
from relurules.emitting.targets import emit_artifact
from relurules.errors import UnsupportedError
from relurules.files.templates import render_file
from relurules.ir import AdditiveRules, RuleSet
from relurules.validation import MonitorLimits
from relurules.validation.monitor_reference import BandedReference, MonitorReference
from relurules.validation.monitoring import RISE_ROUNDING

#: Teradata reads constants of a UNION from tables alone, and writes dates as 25/12/31.
_REFUSED = ("teradata",)
#: How a column is read as text that begins with `2025-12-31` where it holds a date, where the text
#: that is compared byte by byte doesn't. Oracle writes dates as its session does, but in JSON; SQL
#: Server writes those of type DATETIME by a style.
_TEXTS = {
    "mysql": "CAST({} AS CHAR)",
    "mariadb": "CAST({} AS CHAR)",
    "oracle": "JSON_VALUE(JSON_OBJECT('d' VALUE {}), '$.d')",
    "tsql": "CONVERT(NVARCHAR(4000), {}, 121) COLLATE Latin1_General_100_BIN2",
}
#: What gives a part of a text.
_PARTS = {"tsql": "substring"}
#: Constant rows that stand in one subquery: engines limit how many SELECT a UNION has.
_UNION = 100


@dataclass(frozen=True, kw_only=True)
class MonitorQuery:
    """What is asked: table: that holds the rows; by: its column of dates or periods."""

    rules: RuleSet | AdditiveRules
    reference: MonitorReference
    limits: MonitorLimits
    dialect: str
    table: str
    by: str | None = None


def print_monitor_sql(query: MonitorQuery) -> str:
    """The query's text; UnsupportedError for a dialect that there isn't, or that can't have it."""
    if query.dialect not in DIALECTS or query.dialect in _REFUSED:
        known = ", ".join(name for name in DIALECTS if name not in _REFUSED)
        raise UnsupportedError(
            f"monitoring can't be written for the dialect {query.dialect!r}; supported: {known}"
        )
    return _MonitorPrinter(query).print()


class _MonitorPrinter:
    """Writes the parts of the query."""

    def __init__(self, query: MonitorQuery) -> None:
        self._query, self._dialect = query, DIALECTS[query.dialect]
        self._columns = list(list_table_columns(query.rules.domain.columns))
        by = [] if query.by is None else [query.by]
        self._key = tuple(dict.fromkeys([*self._columns, *by]))
        self._prefix = choose_prefix([*self._key, *query.table.split(".")], "rrm")

    def print(self) -> str:
        """The text, from its template."""
        query, reference, limits = self._query, self._query.reference, self._query.limits
        values = {
            "rr": self._prefix,
            "comments": self._list_comments(),
            "scored": self._print_scorer(),
            "read": [text.replace(LINE, " ") for text in self._list_read()],
            "judged": list(self._list_judged()),
            "count": len(reference.things),
            "chunks": list(self._chunk_reference()),
            "double": self._dialect.double,
            "integer": self._dialect.integer,
            "ln": self._dialect.ln,
            "alias": self._dialect.alias,
            "no_table": self._dialect.no_table,
            "known": "IS NOT NULL" if self._dialect.empty_is_null else "<> ''",
            "periods": query.by is not None,
            "classes": reference.class_share is not None,
            "class_share": self._number(reference.class_share or 0.0),
            "mean_score": self._number(reference.mean_score),
            "outside": self._number(reference.rates[0].reference),
            "missing": [
                (quote_text(rate.name, self._dialect), self._number(rate.reference))
                for rate in reference.rates[1:]
            ],
            "inside": self._number(float(reference.inside)),
            "psi_limit": self._number(limits.psi),
            "outside_limit": self._number(limits.outside),
            "missing_limit": self._number(limits.missing + RISE_ROUNDING),
            "least": limits.least,
        }
        return respell_decimals(render_file("sql/monitor.sql.j2", values), self._dialect)

    def _number(self, value: float) -> str:
        return f"CAST({print_number(value)} AS {self._dialect.double})"

    def _list_comments(self) -> list[str]:
        reference = self._query.reference
        said = (
            f"Monitoring of the table {self._query.table}, beside {reference.rows} rows of a "
            f"reference, {reference.inside} of them in the domain. measure: share (of a band's "
            "rows), psi (population stability index), outside, missing (rates), mean score, class "
            "1 (share of rows); breach is 1 where a value is above its limit."
        )
        return wrap_comment(said)

    def _print_scorer(self) -> str:
        """Every row with its scores, and which lines or rule apply, by names of our own: a column
        of the table may be called as any of them.
        """
        number = "lines" if isinstance(self._query.rules, AdditiveRules) else "rule"
        options = EmitOptions(
            dialect=self._query.dialect, table=self._query.table, key=self._key,
            columns=("score", number), outside="null", within=self._prefix,
        )  # fmt: skip
        return str(emit_artifact(self._query.rules, "sql", options)).removesuffix("\n")

    def _name(self, column: str) -> str:
        return f"{self._prefix}_rows.{quote_name(column, self._dialect)}"

    @property
    def _scores(self) -> list[str]:
        """What the columns of the scores are called; the one of lines or the rule follows."""
        return [f"{self._prefix}_{i}" for i in range(self._query.rules.score_count)]

    @cached_property
    def _score(self) -> str:
        """The score that is judged."""
        (form, *_) = self._query.reference.judge.forms
        terms = [
            f"{'- ' if weight < 0 else '+ '}{name}"
            for name, weight in zip(self._scores, form.tolist(), strict=True)
            if weight
        ]
        return " ".join(terms).removeprefix("+ ")

    @property
    def _inside(self) -> str:
        known = " AND ".join(f"{name} IS NOT NULL" for name in self._scores)
        return f"CASE WHEN {known} THEN 1 ELSE 0 END"

    def _list_read(self) -> Iterator[str]:
        """Columns of what is read of a row: its period, score, values, which are missing."""
        rr, rules = self._prefix, self._query.rules
        yield f"{self._print_period()} AS {rr}_period"
        yield f"{self._inside} AS {rr}_inside"
        yield f"{self._score} AS {rr}_score"
        yield f"{rr}_{len(self._scores)} AS {rr}_number"
        names = [
            print_read_column(column, f"{rr}_rows", self._dialect)
            for column in rules.domain.columns
        ]
        coordinates = print_coordinates(rules.domain.columns, names, self._dialect)
        for i, (column, place) in enumerate(
            zip(rules.domain.columns, rules.domain.places, strict=True)
        ):
            own = [coordinates[at] for at in place]
            yield f"{_print_choice(own) if column.categories else own[0]} AS {rr}_x{i}"
        columns = list_table_columns(rules.domain.columns)
        for i, (name, column) in enumerate(columns.items()):
            raw = self._name(name)
            missing = self._dialect.missing(raw) if is_numeric(column) else f"{raw} IS NULL"
            yield f"CASE WHEN {missing} THEN 1E0 ELSE 0E0 END AS {rr}_m{i}"

    def _list_judged(self) -> Iterator[str]:
        """Columns of what is made of that: bands, the class."""
        rr, judge = self._prefix, self._query.reference.judge
        columns = list_table_columns(self._query.rules.domain.columns)
        kept = ["period", "inside", "score", *(f"m{i}" for i in range(len(columns)))]
        yield from (f"{rr}_{name}" for name in kept)
        if judge.cut is not None:
            test = ">=" if judge.closed else ">"
            cut = print_number(judge.cut)
            yield f"CASE WHEN {rr}_score {test} {cut} THEN 1E0 ELSE 0E0 END AS {rr}_class"
        for i, expression in enumerate(self._list_bands()):
            yield f"{expression} AS {rr}_b{i}"

    def _print_period(self) -> str:
        """The month of a date, and anything else as it is; an empty text for none."""
        if self._query.by is None:
            return "''"
        own, shown = self._name(self._query.by), _TEXTS.get(self._query.dialect)
        text = shown.format(own) if shown else self._dialect.text(own)
        month = f"{_PARTS.get(self._query.dialect, 'substr')}({text}, 1, 7)"
        return (
            f"CASE WHEN {own} IS NULL THEN '' WHEN {text} LIKE "
            f"'____-__-__%' THEN {month} ELSE {text} END"
        )

    def _list_bands(self) -> Iterator[str]:
        """The number of the band of everything that is banded, in the order of the reference."""
        rr, rules, things = self._prefix, self._query.rules, self._query.reference.things
        yield _print_steps(f"{rr}_score", things[0])
        for i, (column, thing) in enumerate(zip(rules.domain.columns, things[1:], strict=False)):
            yield f"{rr}_x{i}" if column.categories else _print_steps(f"{rr}_x{i}", thing)
        if isinstance(rules, RuleSet):
            yield f"{rr}_number - 1"
            return
        listed = self._dialect.concat(["','", f"{rr}_number", "','"])
        yield from (
            f"CASE WHEN {listed} LIKE '%,{line.number},%' THEN 1 ELSE 0 END" for line in rules
        )

    def _chunk_reference(self) -> Iterator[list[tuple[str | int, ...]]]:
        """Rows of the reference: thing, kind, name, band, label, rows."""
        rows: list[tuple[str | int, ...]] = []
        for i, thing in enumerate(self._query.reference.things):
            banded = thing.banded
            kind, name = (quote_text(text, self._dialect) for text in (banded.kind, banded.name))
            for band, (label, count) in enumerate(
                zip(banded.labels, banded.counts.tolist(), strict=True)
            ):
                rows.append((i, kind, name, band, quote_text(label, self._dialect), count))
        for start in range(0, len(rows), _UNION):
            yield rows[start : start + _UNION]


def _print_steps(value: str, thing: BandedReference) -> str:
    """The band of a number: how many edges aren't above it."""
    edges = [] if thing.edges is None else thing.edges.tolist()
    if not edges:
        return "0"
    cases = " ".join(f"WHEN {value} < {print_number(e)} THEN {i}" for i, e in enumerate(edges))
    return f"CASE {cases} ELSE {len(edges)} END"


def _print_choice(indicators: Sequence[str]) -> str:
    """Which of the indicators of a category is 1."""
    cases = " ".join(f"WHEN {one} = 1E0 THEN {i}" for i, one in enumerate(indicators))
    return f"CASE {cases} ELSE 0 END"
