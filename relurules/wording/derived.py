"""Derived columns in words: what each is made of, and where it has no value."""

from relurules.domain.columns import Column, list_derived_columns
from relurules.domain.derivation import FUNCTIONS, Derivation
from relurules.ir import Scorer

_WORDS = {"log": "log", "exp": "exp", "sqrt": "sqrt", "pow": "pow", "and": "and", "eq": "="}


#: What claims over the domain take for possible.
TIED = (
    "Derived columns are taken for columns of their own, each with its own range: what is claimed "
    "for all rows holds for all real ones, though derived columns of one source may not be able to "
    "hold some of the rows that are shown."
)


def describe_derived(rules: Scorer) -> list[str]:
    """A line for every derived column: its definition, exactly."""
    return [f"{name} = {definition}" for name, definition in list_definitions(rules)]


def list_definitions(rules: Scorer) -> list[tuple[str, str]]:
    """Every derived column and its definition."""
    return [
        (column.name, _define(column, column.derivation))
        for column in list_derived_columns(rules.domain.columns)
        if column.derivation is not None
    ]


def _define(column: Column, derivation: Derivation) -> str:
    argument = derivation.arguments[0]
    filled = [
        f"a missing {each.column} counts as {each.fill!r}"
        for each in dict.fromkeys(derivation.arguments)
        if each.fill is not None
    ]
    if derivation.function == "bins":
        said = ", ".join(category.members[0] for category in column.categories)
        return f"the bin of {argument.column}: {said}"

    exact = [_write_argument(*each) for each in derivation.arguments]
    fields = dict(zip("xy", exact, strict=False)) | {
        name: repr(value) for name, value in zip("ab", derivation.constants, strict=False)
    }
    cases = [
        (value.format(**_WORDS, **fields), test.format(**_WORDS, **fields))
        for test, value in FUNCTIONS[derivation.function].cases
    ]
    said = "; ".join(f"{value} where {test}" for value, test in cases)

    return "; ".join([said, "no value elsewhere", *filled])


def _write_argument(column: str, _: float | None, scale: float, shift: float) -> str:
    scaled = column if scale == 1.0 else f"{scale!r} * {column}"
    if not shift:
        return scaled if scale == 1.0 else f"({scaled})"
    return f"({scaled} {'-' if shift < 0 else '+'} {abs(shift)!r})"
