"""What may be changed in rules by hand. In each, score: its name, None for the only one."""

from typing import NamedTuple


class CurveEdit(NamedTuple):
    """What a column of numbers adds at one place, beside what it adds at the reference."""

    column: str
    at: float
    value: float
    score: str | None = None


class PointsEdit(NamedTuple):
    """What one category of a column adds, beside what the column adds at the reference. category: a
    value of its own, `missing`, or `any other value`.
    """

    column: str
    category: str | float
    value: float
    score: str | None = None


class LineDrop(NamedTuple):
    """A line that goes."""

    number: int


class SlopeEdit(NamedTuple):
    """What a line adds for every unit beyond its bound."""

    number: int
    value: float
    score: str | None = None


class ThresholdEdit(NamedTuple):
    """Where a line begins: of one column the column's value, of several what their sum must pass,
    `above` in the file.
    """

    number: int
    value: float


class BaseEdit(NamedTuple):
    """The base's coefficient of a column of numbers, or, without a column, its constant."""

    column: str | None
    value: float
    score: str | None = None


class StartEdit(NamedTuple):
    """The score of the reference, where a sum of points starts."""

    value: float
    score: str | None = None


class FormulaEdit(NamedTuple):
    """The coefficient of a coordinate in the formula of a partition rule, or its constant."""

    number: int
    column: str | None
    value: float
    score: str | None = None


LineEdits = CurveEdit | PointsEdit | LineDrop | SlopeEdit | ThresholdEdit | BaseEdit | StartEdit
Edit = LineEdits | FormulaEdit


def write_edit(edit: Edit) -> str:
    """As `relurules edit --set` takes it."""
    of = getattr(edit, "score", None)
    end = "" if of is None else f" of {_quote(of)}"
    match edit:
        case CurveEdit():
            said = f"curve {_quote(edit.column)} at {edit.at!r}"
        case PointsEdit():
            said = f"points {_quote(edit.column)} at {_quote(str(edit.category))}"
        case LineDrop():
            return f"drop line {edit.number}"
        case SlopeEdit():
            said = f"line {edit.number} slope"
        case ThresholdEdit():
            said = f"line {edit.number} threshold"
        case BaseEdit():
            said = "base" if edit.column is None else f"base {_quote(edit.column)}"
        case StartEdit():
            said = "start"
        case FormulaEdit():
            what = "constant" if edit.column is None else f"coefficient {_quote(edit.column)}"
            said = f"rule {edit.number} {what}"

    return f"{said}{end} = {edit.value!r}"


def _quote(name: str) -> str:
    """A name that its words, or its signs, could be taken for something else."""
    plain = name.replace("_", "").replace(".", "").replace("-", "")
    return name if plain.isalnum() or "`" in name else f"`{name}`"
