"""SQL: subqueries, each of which adds columns to those of the one before."""

import re
from collections.abc import Mapping, Sequence

from relurules.rounding.expression import (
    Absent,
    Choice,
    Comparison,
    Expression,
    Junction,
    Leaf,
    Literal,
    Opaque,
    Operation,
    Program,
    UnreadableError,
)
from relurules.rounding.infix import InfixParser, Token, split_tokens
from relurules.rounding.statements import Names, choose_by_rule

#: A score is a column of this name, after the prefix of our names.
_SCORE = re.compile(r"^\w*?_s(\d+)$")


def read_sql(
    text: str, inputs: Mapping[str, Expression], outputs: Sequence[str], count: int
) -> Program:
    """What a query computes for a row: its scores.

    inputs: a column's name -> what stands for it; outputs: names of the last columns; count: of the
    scores.
    """
    columns = _SqlReader(split_tokens(text), inputs).read()
    scores = {int(m[1]): one for name, one in columns.items() if (m := _SCORE.match(name))}
    if not scores:
        scores = {i: columns[name] for i, name in enumerate(outputs) if name in columns}
    if sorted(scores) != list(range(count)):
        raise UnreadableError("the columns of the scores aren't found")

    return _split_by_rule(tuple(_drop_gate(scores[i]) for i in range(count)))


class _SqlReader:
    """One query. names: the columns of the subqueries that were read."""

    def __init__(self, tokens: Sequence[Token], inputs: Mapping[str, Expression]) -> None:
        self._inputs, self._names = inputs, Names()
        self._parser = InfixParser(tokens, self._resolve)

    def read(self) -> Names:
        """All columns."""
        parser = self._parser
        while parser.tokens[parser.at].kind != "end":
            if parser.accept("select"):
                self._read_columns()
            else:
                parser.take()

        return self._names

    def _read_columns(self) -> None:
        """`expression AS name, ...` up to FROM."""
        parser, found = self._parser, Names()
        while not parser.peek("from"):
            start = parser.at
            expression = parser.read()
            if parser.accept("as"):
                token = parser.take()
                name = token.text[1:-1] if token.kind == "quoted" else token.text
                name = name.replace('""', '"') if token.text.startswith('"') else name
                if not isinstance(expression, Comparison | Junction):
                    found[name] = expression
            if parser.at == start:
                raise UnreadableError(f"{parser.tokens[start].text!r} in a list of columns")
            if not parser.accept(",") and not parser.peek("from"):
                raise UnreadableError(f"{parser.tokens[parser.at].text!r} in a list of columns")
        self._names |= found

    def _resolve(self, name: str, _quoted: bool) -> Expression:
        table, _, column = name.rpartition("\0")
        if table.endswith("_table"):
            return self._inputs.get(column, Opaque(f"column {column!r} isn't known"))
        return self._names.get(column, Opaque(f"{column!r} stands for nothing that is read here"))


def _drop_gate(score: Expression) -> Expression:
    """A score without the outermost test of whether a row is in the domain."""
    while isinstance(score, Choice) and isinstance(score.otherwise, Absent):
        if _is_by_rule(score):
            return score
        score = score.then
    return score


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


def _split_by_rule(scores: tuple[Expression, ...]) -> Program:
    first = scores[0]
    if not (isinstance(first, Choice) and _is_by_rule(first)):
        return Leaf(scores)
    assert isinstance(first.test, Comparison)  # noqa: S101  # it is one by rule
    rule, listed = first.test.left, [_list_cases(score) for score in scores]
    leaves = {
        number: Leaf(tuple(cases[number] for cases in listed))
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
