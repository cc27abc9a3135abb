"""Names and texts in SQL: quoted, told apart from our own, or refused where an engine can't have
them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from relurules.domain.columns import list_table_columns
from relurules.emitting.request import ScorerRequest
from relurules.emitting.sql.dialect import Dialect, NameLimit, is_within_limit
from relurules.errors import InputError


def quote_name(name: str, dialect: Dialect) -> str:
    """A name as a delimited identifier."""
    left, right = dialect.quote
    if dialect.backslashes[0]:
        name = name.replace("\\", "\\\\")
    return left + name.replace(right, 2 * right) + right


def quote_table(table: str, dialect: Dialect) -> str:
    """A table's name, quoted part by part."""
    return ".".join(quote_name(part, dialect) for part in table.split("."))


def quote_text(value: str, dialect: Dialect) -> str:
    """A text as a literal."""
    if dialect.backslashes[1]:
        value = value.replace("\\", "\\\\")
    return f"{dialect.prefix}'" + value.replace("'", dialect.apostrophe) + "'"


def name_coordinates(names: Sequence[str], stand_in: str, dialect: Dialect) -> list[str]:
    """Coordinates inside our subqueries: their own names, or stand-ins for those that an engine
    can't have there, or that would break a line.

    SQLite reads a column called true as text once it leaves a subquery.
    """
    lowered = Counter(name.lower() for name in names)
    odd = [
        name.lower() in ("true", "false")
        or lowered[name.lower()] > 1
        or not name.isprintable()
        or not is_valid_name(name, dialect)
        for name in names
    ]

    return [
        f"{stand_in}{i}" if odd[i] else quote_name(name, dialect) for i, name in enumerate(names)
    ]


def is_valid_name(name: str, dialect: Dialect) -> bool:
    """Whether the engine can have a column of this name, and reads it as it is."""
    return (
        bool(name)
        and "\0" not in name
        and is_within_limit(name, dialect.name_limit)
        and not _is_substituted(name, dialect)
    )


def _is_substituted(text: str, dialect: Dialect) -> bool:
    """Spark replaces ${...} wherever it stands in a statement."""
    return dialect.dollar_brace and "${" in text


def choose_prefix(names: Iterable[str], prefix: str = "rr") -> str:
    """A prefix that starts none of these names, for the columns and subqueries of our own."""
    taken = [name.lower() for name in names]
    while any(name.startswith(prefix + "_") for name in taken):
        prefix += "r"
    return prefix


def find_columns(expression: str, dialect: Dialect) -> set[str]:
    """Every delimited or plain identifier in an expression, string literals left out."""
    return {
        found
        for found in re.findall(_build_name_pattern(dialect), expression)
        if not found.startswith("'")
    }


def _build_name_pattern(dialect: Dialect) -> str:
    return rf"{build_quoted_pattern(dialect)}|[A-Za-z_][A-Za-z0-9_]*"


def build_quoted_pattern(dialect: Dialect) -> str:
    """What matches a text literal or a delimited identifier."""
    left, right = map(re.escape, dialect.quote)
    text = r"'(?:[^'\\]|''|\\.)*'" if dialect.backslashes[1] else r"'(?:[^']|'')*'"
    return rf"{text}|{left}(?:[^{right}]|{right}{right})*{right}"


def rename_columns(expression: str, renamed: Mapping[str, str], dialect: Dialect) -> str:
    """An expression with other names for some of its columns."""
    pattern = _build_name_pattern(dialect)
    return re.sub(pattern, lambda found: renamed.get(found.group(), found.group()), expression)


def check_names(request: ScorerRequest, own: Sequence[str], dialect: Dialect) -> None:
    """InputError where two names are one to the engine, or where it can't have a name. own: the
    columns we add.
    """
    raw = list(list_table_columns(request.rules.domain.columns))
    check_different(raw, "features", dialect)
    check_different([*request.key, *own], "key, output and rule columns", dialect)
    for name in (*raw, *request.key, *own):
        check_name(name, request.dialect, dialect.name_limit, dialect)

    check_path(request.table, request.dialect, dialect)
    if request.name:
        check_path(request.name, request.dialect, dialect)

    for column in request.rules.domain.columns:
        for value in column.lookup:
            if isinstance(value, str):
                check_text(value, "category", dialect, request.dialect)


def check_different(names: Sequence[str], what: str, dialect: Dialect) -> None:
    """InputError where two names are one to the engine."""
    folded = [dialect.fold(name) for name in names]
    clash = [name for name, fold in zip(names, folded, strict=True) if folded.count(fold) > 1]
    if clash:
        raise InputError(
            f"SQL doesn't tell apart the {what} {', '.join(map(repr, clash))}; rename one "
            "(features and outputs through the domain and the model, keys with key=)"
        )


def check_path(path: str, called: str, dialect: Dialect) -> None:
    """InputError where a part of the name of a table, view or function can't be one."""
    for part in path.split("."):
        check_name(part, called, dialect.path_limit or dialect.name_limit, dialect)


def check_name(name: str, called: str, limit: NameLimit, dialect: Dialect) -> None:
    """InputError where an engine can't have a name, or would read another one."""
    if "\0" in name or not name:
        raise InputError(f"{name!r} can't be an SQL name: it is empty or holds a NUL character")
    if not is_within_limit(name, limit) or _is_substituted(name, dialect):
        reasons = [
            f"at most {limit.size} {limit.unit}" if limit.size else "",
            f"characters that match {limit.pattern}" if limit.pattern else "",
            "no '${'" if dialect.dollar_brace else "",
        ]
        raise InputError(
            f"{name!r} can't be a name in {called}, which takes "
            f"{', '.join(filter(None, reasons))}; rename it (an output by the option rename)"
        )


def check_text(value: str, what: str, dialect: Dialect, called: str = "this dialect") -> None:
    """InputError where an engine can't have a text, of a category or another one."""
    if "\0" in value:
        raise InputError(f"the {what} {value!r} can't be written in SQL: it holds a NUL character")

    if _is_substituted(value, dialect):
        raise InputError(
            f"the {what} {value!r} can't be written in {called}, which replaces ${{...}} everywhere"
        )

    if not value and dialect.empty_is_null:
        raise InputError(f"an empty {what} can't be told from a missing value in {called}")
