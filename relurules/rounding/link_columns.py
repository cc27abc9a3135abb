"""Whether a query has the columns that links of scores are printed as."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from relurules.links.heads import Head
from relurules.links.sql import LinkColumns
from relurules.links.table import LINKS
from relurules.rounding.tokens import split_tokens

#: What an output of a query stands behind.
_START = r"(?:\bselect|,) "


def is_column(text: str, score: int, name: str) -> bool:
    """Whether a query gives an output by the column of its score, where scores have columns."""
    if not re.search(rf"as \w*_s{score}(?!\w)", text, re.IGNORECASE):
        return True
    return bool(re.search(rf"{_START}\w*_s{score} {_print_alias(name)}", text, re.IGNORECASE))


def _print_alias(name: str) -> str:
    """A pattern of how a query names a column."""
    own = re.escape(name)
    return rf'as (?:"{own}"|`{own}`|\[{own}\]|{own})(?!\w)'


def has_columns(text: str, heads: Sequence[Head], name: str, at: int) -> bool:
    """Whether a query, as tokens with spaces between, gives an output by a formula that is known:
    no functions are written around exp.
    """
    head = heads[at]
    if head.link in ("sigmoid", "complement", "exp"):
        return _has_share(text, head, name)
    found = re.search(rf"(?<!\w)(\w*)_s{head.scores[0]}(?!\w)", text)
    if found is None:
        return False

    return any(_has_all(text, columns, name) for columns in _print_columns(heads, at, found[1]))


class _PlainDialect:
    """One that has exp and ln of all numbers."""

    ln = "ln"

    @staticmethod
    def exp(number: str) -> str:
        return f"exp({number})"

    shrink = exp


def _print_columns(heads: Sequence[Head], at: int, prefix: str) -> Iterator[LinkColumns]:
    """How the output of a head may be printed: with steps before it, or alone; its one result."""
    head = heads[at]
    link, scores = LINKS[head.link], [f"{prefix}_s{i}" for i in head.scores]
    own = list(dict.fromkeys(one.scores for one in heads if one.link == head.link))
    called = f"{prefix}_{head.link}_{own.index(head.scores) + 1}"
    steps, results = link.print_sql(scores, called, _PlainDialect())
    yield LinkColumns(steps, [results[head.component if link.joint else 0]])
    if link.print_sql_alone is not None:
        yield LinkColumns([], [link.print_sql_alone(scores, head.component, _PlainDialect())])


def _has_all(text: str, columns: LinkColumns, name: str) -> bool:
    """Whether every step stands in a query, the only one of its name, and the output does."""
    for step, value in chain.from_iterable(columns.steps):
        told = f"{_join_tokens(value)} AS {step}"
        named = re.findall(rf"\bAS {step}(?!\w)", text, re.IGNORECASE)
        if len(named) != 1 or not re.search(rf"{_START}{re.escape(told)}(?!\w)", text, re.I):
            return False
    value = re.escape(_join_tokens(columns.results[0]))
    return bool(re.search(rf"{_START}{value} {_print_alias(name)}", text, re.IGNORECASE))


def _join_tokens(text: str) -> str:
    return " ".join(token.text for token in split_tokens(text, "sql")).strip()


def _has_share(text: str, head: Head, name: str) -> bool:
    """The same of exp, and of a share of one score."""
    score = rf"\w*_s{head.scores[0]}"
    told = _print_alias(name)
    if head.link == "exp":
        return bool(re.search(rf"{_START}exp \( {score} \) {told}", text, re.IGNORECASE))

    turned = head.link == "sigmoid"
    alone = rf"{_START}1E0 / \( 1E0 \+ exp \( {'- ' if turned else ''}{score} \) \) {told}"
    sides = (r"1E0", r"(\w+)") if turned else (r"(\w+)", r"1E0")
    shared = (
        rf"{_START}case when {score} >= 0E0 then {sides[0]} else {sides[1]} end"
        rf" / \( 1E0 \+ \1 \) {told}"
    )
    if re.search(alone, text, re.IGNORECASE):
        return True
    found = re.search(shared, text, re.IGNORECASE)
    power = found and rf"exp \( - abs \( {score} \) \)(?: end)? as {found[1]}(?!\w)"

    return bool(power and re.search(power, text, re.IGNORECASE))
