"""The subqueries of a SELECT, one after the other: each adds columns to those of the one before
that are still read.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from relurules.emitting.sql.dialect import Dialect
from relurules.emitting.sql.layout import WIDTH, fill_list, lay_out, wrap_comment
from relurules.emitting.sql.names import find_columns, rename_columns
from relurules.files.templates import flatten_text

#: The end of a subquery's name, without numbers -> what its comment says that it does.
PURPOSES: Mapping[str, str] = {
    "texts": "the table, with booleans and numbers as the texts that categories are",
    "input": "what is read of the table",
    "clamped": "numbers out of their range, brought to its nearer end",
    "checked": "whether the row is in the domain",
    "guarded": "no number of rows outside, and none that would end the query on its way",
    "sums": "sums that are compared more than once",
    "level_in": "a list of what neurons read, behind a 1 for their constants",
    "level_z": "arguments of neurons",
    "level": "neurons",
    "stage": "a part of the tree",
    "ruled": "the number of the rule, 0 for none",
    "scored": "scores",
    "link": "from scores to outputs",
    "class": "the largest score, which tells the class",
    "explained": "what each column contributes",
    "ranked": "what reasons are compared by",
    "failed": "a missing value ends the query, and only a query that asks for what depends on it",
}
#: The end of the name of a step that fails: engines must leave rows out before they compute it.
_FAILED = "_failed"
#: Columns of at most so many characters may stand beside one another.
_SHORT = 90
#: How far the list of columns stands in.
_INDENT = 4


class Subquery(NamedTuple):
    """A subquery: its name, and the columns that it adds, as (alias, expression).

    comment: what it does, "" for what `PURPOSES` says; fenced: whether it must not be inlined even
    where it comes first; filled: whether its columns stand beside one another where they fit.
    """

    name: str
    columns: list[tuple[str, str]]
    comment: str = ""
    fenced: bool = False
    filled: bool = False


class SubqueryText(NamedTuple):
    """A subquery for the template: its name, the lines that open it and say what it does, and its
    own; width: how many columns it has.
    """

    #: Of the subquery.
    name: str
    head: list[str]
    lines: list[str]
    width: int


class Steps(NamedTuple):
    """Subqueries, and the expressions of the last SELECT."""

    steps: list[Subquery]
    final: list[str]


def print_subqueries(
    steps: Sequence[Subquery], source: str, final: Sequence[str], dialect: Dialect
) -> list[SubqueryText]:
    """Every step with the columns that a later one, or one of the final expressions, reads.

    The first step reads `source` and isn't fenced unless it asks for that, since only renaming
    happens there; nor is the last where it only fails, so that engines leave rows out before.
    """
    wanted = set[str]().union(*(find_columns(text, dialect) for text in final))
    kept: list[tuple[Subquery, set[str]]] = []
    for step in reversed(steps):
        columns = [pair for pair in step.columns if pair[0] in wanted]
        if step is steps[0]:
            columns = columns or step.columns[:1]
        if not columns:
            continue
        carried = wanted - {alias for alias, _ in columns}
        kept.append((step._replace(columns=columns), carried))
        wanted = carried.union(*(find_columns(text, dialect) for _, text in columns))

    known: list[str] = []
    result: list[SubqueryText] = []
    for step, carried in reversed(kept):
        names = [name for name in known if name in carried]
        from_ = result[-1].name if result else source
        fenced = (bool(result) or step.fenced) and not step.name.endswith(_FAILED)
        fence = dialect.fence if fenced else ""
        print_columns = _fill_columns if step.filled else _print_columns
        lines = [*print_columns(names, step.columns, dialect), f"FROM {from_}{fence}"]
        width = len(names) + len(step.columns)
        head = _print_head(step.name, step.comment or describe_step(step))
        result.append(SubqueryText(step.name, head, lines, width))
        known = [*names, *(alias for alias, _ in step.columns)]

    return result


def _print_head(name: str, comment: str) -> list[str]:
    """What a subquery does stands beside its name, or above where it is long."""
    opening, said = f"{name} AS (", wrap_comment(flatten_text(comment))
    if len(said) == 1 and len(opening) + 1 + len(said[0]) <= WIDTH:
        return [f"{opening} {said[0]}"]
    return [*said, opening]


def describe_step(step: Subquery) -> str:
    """What a subquery does."""
    kind = re.sub(r"\d+", "", step.name.partition("_")[2])
    level = re.search(r"_level(\d+)", step.name)
    return PURPOSES.get(kind, kind) + (f" of level {level[1]}" if level else "")


def share_columns(steps: Sequence[Subquery], final: Sequence[str], dialect: Dialect) -> Steps:
    """The same without columns that are what an earlier one is: those are read in their place."""
    defined = dict[str, int]()
    first = dict[str, tuple[str, int]]()
    renamed = dict[str, str]()
    found = list[Subquery]()

    for at, step in enumerate(steps):
        columns = list[tuple[str, str]]()
        for alias, given in step.columns:
            text = rename_columns(given, renamed, dialect)
            name, since = first.get(text, ("", 0))
            reads = find_columns(text, dialect)
            if name and " " in text and all(defined.get(read, -1) < since for read in reads):
                renamed[alias] = name
                continue
            if at:
                first[text] = (alias, at)
            columns.append((alias, text))
        defined |= {alias: at for alias, _ in columns}
        found.append(step._replace(columns=columns))

    return Steps(found, [rename_columns(text, renamed, dialect) for text in final])


def merge_steps(steps: Sequence[Subquery], dialect: Dialect) -> list[Subquery]:
    """Steps that read nothing of the one before them become a part of it; the first one stays
    alone, and so does one that fails. Where there are fences, the second one does too: the first
    has none, so that it is computed again wherever one of its columns is read.
    """
    found, alone = list(steps[:1]), 2 if dialect.fence and not steps[0].fenced else 1
    for step in steps[1:]:
        before = found[-1]
        own = {alias for alias, _ in before.columns}
        reads = set[str]().union(*(find_columns(text, dialect) for _, text in step.columns))
        apart = len(found) <= alone or step.name.endswith(_FAILED)
        if apart or own & (reads | {alias for alias, _ in step.columns}):
            found.append(step)
            continue
        said = [part.comment or describe_step(part) for part in (before, step) if part.columns]
        comment = "; ".join(dict.fromkeys(said))
        columns = [*before.columns, *step.columns]
        found[-1] = before._replace(columns=columns, comment=comment, filled=False)

    return found


def count_most_columns(steps: Sequence[SubqueryText]) -> int:
    """The most columns that a subquery has."""
    return max(step.width for step in steps)


def _print_columns(
    carried: Sequence[str],
    columns: Sequence[tuple[str, str]],
    dialect: Dialect,
    last: str = "",
) -> list[str]:
    """SELECT and its list: what is carried on first, then every column on lines of its own. last:
    what stands behind the last one.
    """
    lines = fill_list("SELECT", [*carried, ""] if columns else carried, 2)
    lines[-1] = lines[-1].rstrip()
    for i, (alias, text) in enumerate(columns):
        end = f" AS {alias}" + ("," if i < len(columns) - 1 else last)
        lines.append(f"  {lay_out(text, _INDENT, dialect, len(end))}{end}")

    return lines


def _fill_columns(
    carried: Sequence[str], columns: Sequence[tuple[str, str]], dialect: Dialect
) -> list[str]:
    """SELECT and its list, as many columns on a line as fit; long ones first, on their own."""
    short = [pair for pair in columns if len(pair[0]) + len(pair[1]) <= _SHORT]
    long = [pair for pair in columns if pair not in short]
    lines = _print_columns(carried, long, dialect, "," if short else "")
    if len(lines) == 1:
        return fill_list(lines[0], [f"{text} AS {alias}" for alias, text in short], 2)
    if not short:
        return lines
    first, *rest = fill_list(" ", [f"{text} AS {alias}" for alias, text in short], 2)

    return [*lines, first, *rest]
