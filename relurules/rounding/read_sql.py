"""SQL: subqueries, each of which adds columns to those of the one before."""

import re
from collections.abc import Mapping, Sequence

from relurules.rounding.expression import (
    Absent,
    Branch,
    Choice,
    Comparison,
    Expression,
    Junction,
    Leaf,
    Literal,
    Opaque,
    Operation,
    Program,
    Test,
    UnreadableError,
    refuse_broken,
)
from relurules.rounding.infix import InfixParser, unquote
from relurules.rounding.statements import Names, choose_by_rule
from relurules.rounding.tokens import Token, split_tokens

#: A score is a column of this name, after the prefix of our names.
_SCORE = re.compile(r"^\w*?_s(\d+)$")
#: What leaves all rows where it stands behind the name of what is read.
_ALL_ROWS = (["limit", "9223372036854775807"], ["offset", "0"])
#: What stands before a SELECT: a bracket, the head of a view, or that of a dbt model.
_BEFORE_SELECT = ("(", ")", "as", "}")


@refuse_broken("the query")
def read_sql(
    text: str, inputs: Mapping[str, Expression], outputs: Sequence[str], count: int
) -> Program:
    """What a query computes for a row: its scores.

    inputs: a column's name -> what stands for it; outputs: names of the last columns; count: of the
    scores.
    """
    columns = _SqlReader(split_tokens(text, "sql"), inputs).read()
    scores = {int(m[1]): one for name, one in columns.items() if (m := _SCORE.match(name))}
    if not scores:
        scores = {i: columns[name] for i, name in enumerate(outputs) if name in columns}
    if sorted(scores) != list(range(count)):
        raise UnreadableError("the columns of the scores aren't found")

    split = [_split_gate(scores[i]) for i in range(count)]
    program = _split_by_rule(tuple(score for score, _ in split), columns.get("rule"))
    gate = split[0][1]
    if any(own != gate for _, own in split):
        raise UnreadableError("scores have other rows than each other")

    return Branch(Junction("and", tuple(gate)), program, Leaf(None)) if gate else program


def require_all_rows(text: str) -> None:
    """UnreadableError where a subquery reads something else than the one before it, or the table,
    or not all of its rows.
    """
    tokens = split_tokens(text, "sql")
    words = [token.text.lower() for token in tokens]
    known = list[str]()
    for at, word in enumerate(words):
        if word == "select" and at and words[at - 1] not in _BEFORE_SELECT:
            raise UnreadableError(f"{tokens[at - 1].text!r} before a SELECT")
        if (
            word == "("
            and words[at - 1] in ("as", "materialized")
            and tokens[at - 2].kind == "name"
        ):
            known.append(words[at - 3 if words[at - 1] == "materialized" else at - 2])

    starts = [at for at, token in enumerate(tokens) if token.kind == "name" and words[at] == "from"]
    for k, at in enumerate(starts):
        end = next(i for i in range(at, len(tokens)) if tokens[i].kind == "end" or words[i] in ");")
        source, tail = words[at + 1], words[at + 2 : end]
        if tail[:1] == ["as"] and tail[1:2] and tail[1].endswith("_table") and k == 0:
            tail = tail[2:]
        elif k == 0 or known[k - 1 : k] != [source]:
            raise UnreadableError(f"{source} is read, where another subquery is due")
        if tail and tail not in _ALL_ROWS:
            raise UnreadableError(f"{' '.join(tail)} chooses among the rows")


class _SqlReader:
    """One query. names: the columns of the subqueries that were read."""

    def __init__(self, tokens: Sequence[Token], inputs: Mapping[str, Expression]) -> None:
        self._inputs, self._names, self._all = inputs, Names(), Names()
        self._table = _find_table(tokens)
        self._parser = InfixParser(tokens, self._resolve, "sql")

    def read(self) -> Names:
        """All columns."""
        parser = self._parser
        while parser.tokens[parser.at].kind != "end":
            if parser.accept("select"):
                self._read_columns()
            else:
                parser.take()

        return self._all

    def _read_columns(self) -> None:
        """`expression AS name, ...` up to FROM."""
        parser, found = self._parser, Names()
        while not parser.peek("from"):
            start = parser.at
            expression = parser.read()
            passed = parser.tokens[start]
            if parser.at == start + 1 and passed.kind in ("name", "quoted"):
                found[unquote(passed.text)] = expression  # type: ignore[assignment]
            if parser.accept("as"):
                name = unquote(parser.take().text)
                if not isinstance(expression, Comparison | Junction):
                    found[name] = expression
            if parser.at == start:
                raise UnreadableError(f"{parser.tokens[start].text!r} in a list of columns")
            if not parser.accept(",") and not parser.peek("from"):
                raise UnreadableError(f"{parser.tokens[parser.at].text!r} in a list of columns")
        self._names = found  # what the next subquery can read
        self._all |= found

    def _resolve(self, name: str, _quoted: bool) -> Expression:
        table, _, column = name.rpartition("\0")
        if table and table == self._table:
            return self._inputs.get(column, Opaque(f"column {column!r} isn't known"))
        if column not in self._names:
            raise UnreadableError(f"{column!r} stands for nothing that is read here")

        return self._names[column]


def _find_table(tokens: Sequence[Token]) -> str:
    """What the table is called where it is read, "" where nothing is."""
    start = next((at for at, token in enumerate(tokens) if token.text.lower() == "from"), None)
    named = (token.text for token in tokens[start:] if token.kind == "name")
    return next((name for name in named if name.endswith("_table")), "")


def _split_gate(score: Expression) -> tuple[Expression, list[Test]]:
    """A score without the outermost tests of whether a row is in the domain, and these."""
    gate = list[Test]()
    while isinstance(score, Choice) and isinstance(score.otherwise, Absent):
        if _is_by_rule(score):
            break
        gate.append(score.test)
        score = score.then

    return score, gate


def _is_by_rule(score: Choice) -> bool:
    """Whether a score is chosen by the number of a rule."""
    test = score.test
    return (
        isinstance(test, Comparison)
        and test.sign == "=="
        and isinstance(test.left, Choice)
        and isinstance(test.right, Literal)
        and not isinstance(test.left.otherwise, Operation)
        and _list_numbers(test.left) != {0.0, 1.0}
    )


def _list_numbers(rule: Expression) -> set[float]:
    """The literals that choices end in."""
    found, stack = set[float](), [rule]
    while stack:
        one = stack.pop()
        if isinstance(one, Choice):
            stack += [one.then, one.otherwise]
        elif isinstance(one, Literal):
            found.add(one.value)

    return found


def _split_by_rule(scores: tuple[Expression, ...], told: Expression | None) -> Program:
    """The ends; told: the column of the rule's number, where the query gives one."""
    first = scores[0]
    if not (isinstance(first, Choice) and _is_by_rule(first)):
        return Leaf(scores)
    assert isinstance(first.test, Comparison)  # noqa: S101  # it is one by rule
    rule, listed = first.test.left, [_list_cases(score) for score in scores]
    if told is not None and told != rule:
        raise UnreadableError("the number of the rule isn't the one that scores are chosen by")
    leaves = {
        number: Leaf(tuple(cases[number] for cases in listed), int(number))
        for number in listed[0]
        if all(number in cases for cases in listed)
    }

    return choose_by_rule(rule, leaves)


def _list_cases(score: Expression) -> dict[float, Expression]:
    """Number of a rule -> the score."""
    found = dict[float, Expression]()
    while isinstance(score, Choice):
        test = score.test
        if not (isinstance(test, Comparison) and isinstance(test.right, Literal)):
            raise UnreadableError("a score is chosen by something else than the rule")
        found[test.right.value] = score.then
        score = score.otherwise

    return found
