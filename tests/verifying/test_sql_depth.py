"""SQL that is too deep or too long is refused before a parser that recurses reads it."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from handmade import graph, random_network

import relurules as rr
from relurules.errors import CheckError
from relurules.verifying import sql_depth
from relurules.verifying.code_numbers import READERS
from relurules.verifying.sql_depth import MOST_NESTED, check_sql_depth

DEEP = {
    "parentheses": "SELECT " + "(" * 100_000 + "1" + ")" * 100_000,
    "brackets": "SELECT " + "[" * 100_000 + "1" + "]" * 100_000,
    "cases": "SELECT " + "CASE WHEN 1 THEN " * 100_000 + "1" + " END" * 100_000,
    "cases in lower case": "select " + "case when 1 then " * 1000 + "1" + " end" * 1000,
    "both": "SELECT " + "(CASE WHEN (1) THEN " * 150 + "1" + " END)" * 150,
    "calls of END": "SELECT " + "END(" * 1000 + "1" + ")" * 1000,
    "columns called END": "SELECT " + "CASE WHEN a.END THEN " * 1000 + "1" + " END" * 1000,
    "comments between": "SELECT " + "( -- )\n /* ) */ " * 1000 + "1" + ")" * 1000,
    "behind a backslash": r"SELECT '\', " + "(" * 1000 + "1" + ")" * 1000,
    "behind an escaped quote": r"SELECT '\'', " + "(" * 1000 + "1" + ")" * 1000,
    "NOT NOT": "SELECT " + "NOT " * 1000 + "1",
    "minus minus": "SELECT " + "- " * 1000 + "1",
}
FLAT = {
    "a text": "SELECT '" + "(" * 1000 + "'",
    "a name": 'SELECT "' + "(" * 1000 + '", `' + "(" * 1000 + "`",
    "a comment": "SELECT 1 -- " + "(" * 1000 + "\n/* " + "CASE " * 1000 + "*/",
    "side by side": "SELECT " + "(1) + CASE WHEN 1 THEN 1 END + " * 1000 + "1",
    "names that hold the words": "SELECT " + "case_1 + not_2 + " * 1000 + "1",
    "signs of numbers": "SELECT " + "1 * -2 + " * 1000 + "1",
    "as deep as can be": "SELECT " + "(" * MOST_NESTED + "1" + ")" * MOST_NESTED,
    "quotes without an end": "SELECT " + r"\'" * 200_000 + "\\",
}


class CountedReading:
    """A way of reading SQL that counts the tokens that are asked of it."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern, self.tokens = pattern, 0

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        for token in self.pattern.finditer(text):
            self.tokens += 1
            yield token


@pytest.mark.parametrize("kind", DEEP)
def test_deep_text_is_refused_at_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a text with a million tokens the first few of each level are looked at."""
    readings = [CountedReading(reading) for reading in sql_depth._READINGS]
    monkeypatch.setattr(sql_depth, "_READINGS", readings)
    with pytest.raises(CheckError, match=r"^s\.sql nests .* more than 200 levels deep"):
        check_sql_depth(DEEP[kind], "s.sql")
    assert 0 < sum(reading.tokens for reading in readings) <= 10 * MOST_NESTED


@pytest.mark.parametrize("kind", FLAT)
def test_flat_text_is_not(kind: str) -> None:
    check_sql_depth(FLAT[kind], "s.sql")


def test_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_depth, "MOST_CHARACTERS", 10)
    with pytest.raises(CheckError, match=r"s\.sql has 11 characters; SQL of at most 10 is read"):
        check_sql_depth("SELECT 1234", "s.sql")


@pytest.mark.parametrize(
    "text", [*DEEP.values(), FLAT["as deep as can be"]], ids=[*DEEP, "at the bound"]
)
def test_the_reader_of_numbers_refuses_it(text: str) -> None:
    """Also within the bound, where Python's own limit comes first."""
    pytest.importorskip("sqlglot")
    rules = rr.extract(graph(random_network(1, 2, 3)), domain=rr.Domain.box([0, 0], [1, 1]))
    code = rr.emit(rules, "sql")
    code = replace(code, files={"s.sql": text})
    with pytest.raises(CheckError, match=r"s\.sql nests"):
        list(READERS["sql"](text, code, "s.sql"))
