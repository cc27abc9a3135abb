"""The subqueries of a SELECT, one after the other: each adds columns to those of the one before
that are still read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.names import find_columns

#: Columns that are carried on stand on lines of at most this width.
_WIDTH = 100


class Subquery(NamedTuple):
    """A subquery: its name, and the columns that it adds, as (alias, expression)."""

    name: str
    columns: list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class SubqueryText:
    """A subquery for the template."""

    #: Of the subquery.
    name: str
    #: Lines of columns of `source`, as they are.
    carried: list[str]
    #: (alias, expression) of those that it adds.
    columns: list[tuple[str, str]]
    #: What it reads from.
    source: str
    #: What ends it.
    fence: str


def print_subqueries(
    steps: Sequence[Subquery], source: str, final: Sequence[str], dialect: Dialect
) -> list[SubqueryText]:
    """Every step with the columns that a later one, or one of the final expressions, reads.

    The first step reads `source` and isn't fenced, since only renaming happens there.
    """
    wanted = set[str]().union(*(find_columns(text, dialect) for text in final))
    carried: list[set[str]] = []
    for step in reversed(steps):
        carried.append(wanted - {alias for alias, _ in step.columns})
        wanted = carried[-1].union(*(find_columns(text, dialect) for _, text in step.columns))

    known: list[str] = []
    result = []
    for i, (step, kept) in enumerate(zip(steps, reversed(carried), strict=True)):
        names = [name for name in known if name in kept]
        from_ = source if i == 0 else steps[i - 1].name
        columns = [(alias, text.replace(LINE, "\n    ")) for alias, text in step.columns]
        result.append(
            SubqueryText(
                name=step.name,
                carried=_wrap_names(names),
                columns=columns,
                source=from_,
                fence=dialect.fence if i else "",
            )
        )
        known = [*names, *(alias for alias, _ in step.columns)]

    return result


def count_most_columns(steps: Sequence[SubqueryText]) -> int:
    """The most columns that a subquery has, counted from above."""
    return max(
        len(step.columns) + sum(line.count(",") + 1 for line in step.carried) for step in steps
    )


def _wrap_names(names: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) + 2 <= _WIDTH:
            lines[-1] += f", {name}"
        else:
            lines.append(name)
    return lines
