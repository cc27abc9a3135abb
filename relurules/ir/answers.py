"""What questions about rules are answered with: statements, numbers, and rows that show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

import numpy as np

from relurules.files.notebook import format_notebook_html
from relurules.ir.class_labels import Label
from relurules.tables.names import to_plain_value
from relurules.tables.values import Value


@dataclass(frozen=True, kw_only=True)
class Witness:
    """A row of the domain, as the rules predict it."""

    #: What it is a witness of.
    shows: str
    #: The number of the rule that applies; None of rules that add up.
    rule: int | None
    #: The user's columns.
    row: Mapping[str, Value]
    #: Name -> value.
    outputs: Mapping[str, float | Label]
    #: Of what was asked for, before the link; None for none.
    score: float | None
    #: The row of the data that it is, counted from 0; None for a row that was made up.
    data_row: int | None = None
    #: Columns that no rule reads: their values don't count.
    unread: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; an infinite output is None."""
        found = {
            **vars(self),
            "row": dict(self.row),
            "outputs": {k: to_plain_json(v) for k, v in self.outputs.items()},
        }
        return found | {"score": None if self.score is None else keep_finite(self.score)}


class Grid(NamedTuple):
    """A table: one header per column, rows of as many texts."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Answer:
    """The answer to a question about rules, over a domain.

    question: which one; statement: the answer in a sentence or two; holds: True or False where it
    is yes or no, None where it is a number, or not decided; values: the numbers by name; exact:
    whether witnesses attain the bounds, to a millionth; witnesses: rows of the domain; notes: on
    which domain, by what means, and what is left open.
    """

    question: str
    statement: str
    holds: bool | None
    values: Mapping[str, Any]
    exact: bool
    witnesses: tuple[Witness, ...]
    notes: tuple[str, ...]
    grid: Grid | None = None

    def __post_init__(self) -> None:
        """Values of Python's own types, whatever numbers the question was asked with."""
        for name in ("holds", "values", "exact"):
            object.__setattr__(self, name, to_plain_value(getattr(self, name)))
        witnesses = tuple(
            Witness(**{name: to_plain_value(part) for name, part in vars(each).items()})
            for each in self.witnesses
        )
        object.__setattr__(self, "witnesses", witnesses)

    def __repr__(self) -> str:
        """One line: the question and its statement."""
        return f"<Answer: {self.question}: {self.statement}>"

    def _repr_html_(self) -> str:
        """The whole answer, for notebooks."""
        return format_notebook_html(self.question, str(self))

    def __str__(self) -> str:
        """As text: the statement, witnesses in full, notes."""
        lines = [self.statement]
        if self.grid is not None:
            lines += ["", *align_table(self.grid)]
        for witness in self.witnesses:
            lines += ["", *_write_witness(witness, self.witnesses[0])]
        lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; infinite numbers are None."""
        return {
            "question": self.question,
            "statement": self.statement,
            "holds": to_plain_json(self.holds),
            "values": to_plain_json(self.values),
            "exact": to_plain_json(self.exact),
            "witnesses": [witness.to_json() for witness in self.witnesses],
            "notes": list(self.notes),
        }


def align_table(grid: Grid) -> list[str]:
    """A table as lines, the first column flush left."""
    rows = [grid.header, *grid.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(grid.header))]
    return [
        "  "
        + "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]


def _write_witness(witness: Witness, first: Witness) -> list[str]:
    """A row in full; of a later one only the columns in which it differs from the first, where
    these are few.
    """
    outputs = ", ".join(f"{name} = {format_output(v)}" for name, v in witness.outputs.items())
    read = {k: v for k, v in witness.row.items() if k not in witness.unread}
    row = {k: v for k, v in read.items() if witness is first or v != first.row[k]}
    same = ""
    if witness is not first and len(row) <= len(read) // 2:
        same = "the same row but for " if row else "the same row"
    else:
        row = read

    shown = ", ".join(f"{name} = {format_value(value)}" for name, value in row.items())
    where = "" if witness.data_row is None else f"row {witness.data_row} of the data, "
    place = where.removesuffix(", ") if witness.rule is None else f"{where}rule {witness.rule}"
    told = f" ({place})" if place else ""
    return [f"  {witness.shows}: {outputs}{told}", f"    {same}{shown}"]


def format_value(value: Value) -> str:
    """A table's value: text as it is, a missing one said so, a number with all its digits."""
    if value is None or isinstance(value, str):
        return "missing" if value is None else value
    short = f"{value:.9g}"
    return short if float(short) == value else repr(float(value)).removesuffix(".0")


def format_output(value: float | Label) -> str:
    """An output for people: the label of a class as it is, a number with six digits."""
    return str(value) if isinstance(value, str | bool) else f"{value:.6g}"


def keep_finite(value: float) -> float | None:
    """A number as JSON has them."""
    return float(value) if np.isfinite(value) else None


def to_plain_json(value: Any) -> Any:
    """Numbers, lists and mappings as JSON has them."""
    if isinstance(value, Mapping):
        return {str(key): to_plain_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain_json(part) for part in value]
    value = to_plain_value(value)
    return keep_finite(value) if isinstance(value, float) else value


def format_number(value: float) -> str:
    """Six significant digits."""
    return f"{value + 0.0:.6g}"


def format_bound(value: float, *, up: bool) -> str:
    """Six significant digits, rounded outwards, but for what is within 1e-9 of the number."""
    if not np.isfinite(value):
        return format_number(value)
    shown = float(f"{value:.6g}")
    if abs(shown - value) <= 1e-9 * abs(value):
        return format_number(shown)
    exact = Decimal(value)
    step = Decimal(1).scaleb(exact.adjusted() - 5)
    return format_number(float(exact.quantize(step, rounding=ROUND_CEILING if up else ROUND_FLOOR)))
