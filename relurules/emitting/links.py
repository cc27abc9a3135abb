"""What every link reads like in every language: one row of `ROWS` each.

A score that is NaN gives NaN in code, and NULL gives NULL in SQL: so a row without a rule needs no
test here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from relurules.emitting.link_sources import FUNCTIONS, LinkFunctions
from relurules.emitting.notation import join_in_groups
from relurules.emitting.sql.dialect import Dialect

#: SQL columns to compute, each list from those before it, as (name, expression).
Steps = list[list[tuple[str, str]]]

#: Scores that one SQL expression compares with one another.
_GROUP = 8


class LinkColumns(NamedTuple):
    """SQL: what to compute first, and the results as expressions."""

    steps: Steps
    results: list[str]


class LinkRow(NamedTuple):
    """A link in every language.

    code: its functions in languages that have functions. sql: from columns, a prefix for its own,
    and the dialect. For people, `reading.links` says what it is.
    """

    code: LinkFunctions
    sql: Callable[[Sequence[str], str, Dialect], LinkColumns]


def _print_identity(s: Sequence[str], _p: str, _dialect: Dialect) -> LinkColumns:
    return LinkColumns([], [s[0]])


def _print_exp(s: Sequence[str], _p: str, dialect: Dialect) -> LinkColumns:
    return LinkColumns([], [dialect.exp(s[0])])


def _print_sigmoid(s: Sequence[str], _p: str, dialect: Dialect) -> LinkColumns:
    power = f"{s[0]}_power"  # shared with the complement
    step = [(power, dialect.shrink(f"-abs({s[0]})"))]
    return LinkColumns(
        [step], [f"CASE WHEN {s[0]} >= 0E0 THEN 1E0 ELSE {power} END / (1E0 + {power})"]
    )


def _print_complement(s: Sequence[str], _p: str, dialect: Dialect) -> LinkColumns:
    power = f"{s[0]}_power"
    step = [(power, dialect.shrink(f"-abs({s[0]})"))]
    return LinkColumns(
        [step], [f"CASE WHEN {s[0]} >= 0E0 THEN {power} ELSE 1E0 END / (1E0 + {power})"]
    )


def _print_step(s: Sequence[str], _p: str, _dialect: Dialect) -> LinkColumns:
    """NULL where the score is no finite number."""
    return LinkColumns(
        [],
        [f"CASE WHEN {s[0]} - {s[0]} = 0E0 THEN CASE WHEN {s[0]} >= 0E0 THEN 1E0 ELSE 0E0 END END"],
    )


def _print_expm1(s: Sequence[str], p: str, dialect: Dialect) -> LinkColumns:
    """(u - 1) * s / ln(u) with u = exp(s) keeps the digits that u - 1 loses near 0 (Kahan)."""
    u = f"{p}_power"
    small = f"WHEN {u} = 1E0 THEN {s[0]} ELSE ({u} - 1E0) * {s[0]} / {dialect.ln}({u})"
    return LinkColumns(
        [[(u, dialect.exp(s[0]))]], [f"CASE WHEN abs({s[0]}) > 40E0 THEN {u} - 1E0 {small} END"]
    )


def _select_top(s: Sequence[str], p: str) -> tuple[str, Steps]:
    """The largest score, found in groups so that the text grows with the number of scores only."""
    steps: Steps = []
    while len(s) > 1:
        groups = [s[i : i + _GROUP] for i in range(0, len(s), _GROUP)]
        tops = [f"{p}_top{len(steps)}_{i}" for i in range(len(groups))]
        steps.append(
            [(top, _select_largest(group)) for top, group in zip(tops, groups, strict=True)]
        )
        s = tops

    return s[0], steps


def _select_largest(s: Sequence[str]) -> str:
    """The first that no later one exceeds."""
    tests = [" AND ".join(f"{s[i]} >= {later}" for later in s[i + 1 :]) for i in range(len(s) - 1)]
    cases = [f"WHEN {test} THEN {score}" for test, score in zip(tests, s[:-1], strict=True)]
    return f"CASE {' '.join(cases)} ELSE {s[-1]} END" if cases else s[0]


def _print_softmax(s: Sequence[str], p: str, dialect: Dialect) -> LinkColumns:
    top, steps = _select_top(s, p)
    powers = [(f"{p}_power{i}", dialect.shrink(f"{score} - {top}")) for i, score in enumerate(s)]
    total = (f"{p}_total", join_in_groups([name for name, _ in powers], " + "))
    return LinkColumns([*steps, powers, [total]], [f"{name} / {p}_total" for name, _ in powers])


def _print_log_softmax(s: Sequence[str], p: str, dialect: Dialect) -> LinkColumns:
    top, steps = _select_top(s, p)
    total = (
        f"{p}_total",
        join_in_groups([dialect.shrink(f"{score} - {top}") for score in s], " + "),
    )
    return LinkColumns(
        [*steps, [total]], [f"{score} - {top} - {dialect.ln}({p}_total)" for score in s]
    )


def _print_argmax(s: Sequence[str], p: str, _dialect: Dialect) -> LinkColumns:
    """NULL where a score is no finite number."""
    top, steps = _select_top(s, p)
    finite = join_in_groups([f"{score} - {score} = 0E0" for score in s], " AND ")
    cases = " ".join(f"WHEN {score} >= {top} THEN {i}" for i, score in enumerate(s))
    return LinkColumns(steps, [f"CASE WHEN {finite} THEN CASE {cases} END END"])


_SQL: Mapping[str, Callable[[Sequence[str], str, Dialect], LinkColumns]] = {
    "identity": _print_identity,
    "sigmoid": _print_sigmoid,
    "complement": _print_complement,
    "exp": _print_exp,
    "expm1": _print_expm1,
    "softmax": _print_softmax,
    "log_softmax": _print_log_softmax,
    "step": _print_step,
    "argmax": _print_argmax,
}

#: Link -> how it is printed.
ROWS: Mapping[str, LinkRow] = {name: LinkRow(FUNCTIONS[name], sql) for name, sql in _SQL.items()}
