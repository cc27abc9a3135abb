"""The columns of a table as the coordinates that the rules read, and whether a row lies in the
domain.
"""

from collections.abc import Sequence

from relurules.domain.columns import Category, Column
from relurules.domain.derivation import Derivation
from relurules.emitting import plan
from relurules.emitting.derived import FormulaWords, call_as, print_derivation
from relurules.emitting.sql.category_texts import print_category_text
from relurules.emitting.sql.dialect import LARGEST, LINE, Dialect, print_double
from relurules.emitting.sql.names import quote_name, quote_text
from relurules.links.sql import join_in_groups

#: Functions that are as good as 0 where a number is too large to compute with.
_FLAT = ("exp", "reciprocal")
#: Where exp vanishes, which ends a query in PostgreSQL.
_VANISHING = (("{x} < -700.0", "0.0"),)


def print_coordinates(
    columns: Sequence[Column],
    names: Sequence[str],
    dialect: Dialect,
    texts: Sequence[str | None] | None = None,
) -> list[str]:
    """An expression for every coordinate. names: of the columns, as they are read; texts: as
    `list_texts` gives them, where the columns hold these already.
    """
    held = [False] * len(names) if texts is None else [text is not None for text in texts]
    return [
        expression
        for column, name, is_text in zip(columns, names, held, strict=True)
        for expression in _print_column_coordinates(column, name, dialect, is_text=is_text)
    ]


def list_texts(
    columns: Sequence[Column], names: Sequence[str], dialect: Dialect
) -> list[str | None]:
    """The text of every column of categories, where it is more than a cast and compared more than
    once; None for others.
    """
    found: list[str | None] = []
    for column, name in zip(columns, names, strict=True):
        compared = len(column.categories) > 1 and not is_numeric(column)
        text = print_category_text(column, name, dialect) if compared else None
        found.append(None if text == dialect.text(name) else text)

    return found


def print_column(column: str, table: str, dialect: Dialect) -> str:
    """A column of the table."""
    return f"{table}.{quote_name(column, dialect)}" if table else quote_name(column, dialect)


def print_read_column(column: Column, table: str, dialect: Dialect) -> str:
    """What holds a column's values: one of the table, or the formula of a derived one."""
    if column.derivation is None:
        return print_column(column.table_name, table, dialect)

    derivation, arguments = column.derivation, column.derivation.arguments
    names = [print_column(argument.column, table, dialect) for argument in arguments]
    numbers = [_read_argument(derivation, name, dialect) for name in names]
    # A missing number is told of the column, before the cast.
    told = dict(zip(numbers, names, strict=True))
    words = FormulaWords(
        number=lambda value: print_constant(value, dialect),
        calls=call_as("{}") | {"log": dialect.ln, "pow": "power"},
        choose="CASE WHEN {} THEN {} ELSE {} END".format,
        nothing=f"CAST(NULL AS {dialect.double})" if dialect.typed else "NULL",
        missing=lambda text: dialect.missing(told[text]),
        both="AND",
        equal="=",
    )
    vanishing = _VANISHING if dialect.tiny and derivation.function == "exp" else ()
    return print_derivation(derivation, numbers, words, vanishing)


def _read_argument(derivation: Derivation, name: str, dialect: Dialect) -> str:
    """What a function takes of a column; nothing that would end a query where it overflows or
    vanishes. Bins and other functions that only compare take all numbers.
    """
    number = dialect.cast(name)
    plain = all(each.scale == 1.0 and not each.shift for each in derivation.arguments)
    if dialect.largest == LARGEST or (plain and derivation.function in ("bins", "replace")):
        return number

    small = ""
    if dialect.tiny:
        zero = print_constant(0.0, dialect)
        small = f"WHEN abs({number}) < {print_double(dialect.tiny)} THEN {zero} "
    large = ""
    if derivation.function in _FLAT:
        low, high = (print_constant(way * dialect.largest, dialect) for way in (-1, 1))
        large = f"WHEN {number} < 0E0 THEN {low} WHEN NOT {dialect.missing(name)} THEN {high} "
    within = f"WHEN abs({number}) <= {print_double(dialect.largest)} THEN {number} "
    return f"CASE {small}{within}{large}END"


def _print_column_coordinates(
    column: Column, name: str, dialect: Dialect, *, is_text: bool = False
) -> list[str]:
    """name: the column; is_text: whether it holds the text that categories are compared with."""
    if not column.categories:
        number = name if column.derivation else dialect.cast(name)
        if column.fill is None:
            return [number]
        fill = print_constant(column.fill, dialect)
        return [f"CASE WHEN {dialect.missing(name)} THEN {fill} ELSE {number} END"]

    known = [value for category in column.categories for value in category.values]
    numeric = is_numeric(column)
    text = name if is_text or numeric else print_category_text(column, name, dialect)
    value = dialect.cast(name) if numeric and not column.derivation else text
    missing = dialect.missing(name) if numeric and not column.derivation else f"{name} IS NULL"
    return [
        _print_indicator(category, value, missing, known, dialect) for category in column.categories
    ]


def is_numeric(column: Column) -> bool:
    """Whether a column of the table holds numbers: it has no categories, or they are numbers."""
    known = [value for category in column.categories for value in category.values]
    return (
        not column.categories
        or bool(column.source)
        or (bool(known) and all(isinstance(value, float) for value in known))
    )


def _print_indicator(
    category: Category, value: str, missing: str, known: Sequence[str | float], dialect: Dialect
) -> str:
    """1 for the values of a category, 0 for the others; a NULL is in no list."""

    def among(values: Sequence[str | float], then: str) -> str:
        listed = [print_literal(v, dialect) for v in values]
        test = f"= {listed[0]}" if len(listed) == 1 else f"IN ({', '.join(listed)})"
        return f"WHEN {value} {test} THEN {then} " if values else ""

    one, zero = print_constant(1.0, dialect), print_constant(0.0, dialect)
    null = (
        f"WHEN {missing} THEN {one if category.missing else zero} "
        if category.missing or category.other
        else ""
    )

    if not category.other:
        return f"CASE {null}{among(category.values, one)}ELSE {zero} END"

    others = [v for v in known if v not in category.values]
    cases = f"{null}{among(others, zero)}"
    return f"CASE {cases}ELSE {one} END" if cases else one


def print_literal(value: str | float, dialect: Dialect) -> str:
    """A value that a column is compared with."""
    return print_number(value) if isinstance(value, float) else quote_text(value, dialect)


def print_number(value: float) -> str:
    """A number that may be negative."""
    return plan.print_signed(print_double, value)


def print_constant(value: float, dialect: Dialect) -> str:
    """A number that stands alone, and must be double precision."""
    return (
        f"CAST({print_number(value)} AS {dialect.double})" if dialect.typed else print_number(value)
    )


def clamp_column(column: str, low: float, high: float, dialect: Dialect) -> str:
    """A column brought to the nearer bound; NULL, NaN and infinities give NULL."""
    below = (
        f"WHEN {column} < {print_number(low)} THEN {print_constant(low, dialect)} "
        if low > -dialect.largest
        else ""
    )
    above = (
        f"WHEN {column} > {print_number(high)} THEN {print_constant(high, dialect)} "
        if high < dialect.largest
        else ""
    )
    if not below and not above:
        return column

    # Without infinities, the largest number is what one became on its way into the table.
    finite = f"abs({column}) {'<=' if dialect.infinities else '<'} {print_double(LARGEST)}"
    return f"CASE WHEN {finite} THEN CASE {below}{above}ELSE {column} END END"


def print_value(column: Column, name: str, dialect: Dialect) -> str:
    """The value that tells the category, NULL where a column of numbers holds none."""
    if column.derivation is not None:
        return name
    return dialect.cast(name) if is_numeric(column) else print_category_text(column, name, dialect)


def print_domain_test(checks: plan.DomainChecks, others: Sequence[str] = ()) -> str:
    """Whether a row is in the domain; others: what else must hold there."""
    if checks.inequalities and checks.bounds:
        return f"{print_domain_check(checks, others)} = 1"
    bounds = [_print_between(*bound) for bound in checks.bounds]
    return join_in_groups([*bounds, *_list_tests(checks), *others], " AND ") or "1 = 1"


def print_domain_check(checks: plan.DomainChecks, others: Sequence[str] = ()) -> str:
    """1 for a row in the domain, 0 for another; sums, which could overflow, are looked at only
    within the bounds. others: what else must hold there.
    """
    bounds = [_print_between(*bound) for bound in checks.bounds]
    rest = [*_list_tests(checks), *others]
    if not checks.inequalities or not bounds:
        test = join_in_groups([*bounds, *rest], " AND ")
        return f"CASE WHEN {test} THEN 1 ELSE 0 END" if test else "1"

    inner = f"CASE WHEN {join_in_groups(rest, ' AND ')} THEN 1 ELSE 0 END"
    return f"CASE WHEN {join_in_groups(bounds, ' AND ')} THEN {inner} ELSE 0 END"


def _list_tests(checks: plan.DomainChecks) -> list[str]:
    """What must hold beside the bounds."""
    return [
        *(f"({column} = 0E0 OR {column} = 1E0)" for column in checks.binaries),
        *(f"{total} = 1E0" for total in checks.sums),
        *(f"{form} <= {limit}" for form, limit in checks.inequalities),
    ]


def _print_between(low: str, column: str, high: str) -> str:
    return f"abs({column}) <= {high}" if low == f"-{high}" else f"{column} BETWEEN {low} AND {high}"


def join_conditions(parts: Sequence[str], indent: int = 2) -> str:
    """All of them, one a line."""
    return join_in_groups(parts, f"{LINE}{' ' * (indent + 2)}AND ") or "1 = 1"
