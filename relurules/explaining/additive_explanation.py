"""A row by additive rules, as text and JSON: what every part adds, and which lines apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.explaining.explanation import Reason, format_output
from relurules.explaining.plain_text import add_article, format_digits, format_value
from relurules.files.notebook import format_notebook_html
from relurules.ir.class_labels import Label
from relurules.tables.values import Value


class PartContribution(NamedTuple):
    """What a part adds. part: a column, or several as `a & b`; values: the row's, of each."""

    part: str
    values: tuple[Value, ...]
    contribution: float


class AppliedLine(NamedTuple):
    """A line that applies. text: its condition; beyond: how far the row is past its bound; slope:
    what it adds to the score for every unit; addition: in all, before the reference is taken off.
    """

    number: int
    columns: tuple[str, ...]
    text: str
    beyond: float
    slope: float
    addition: float


class AppliedGroup(NamedTuple):
    """A group of neurons that read one another. rule: the number of the one that applies within it;
    addition: as of a line.
    """

    number: int
    columns: tuple[str, ...]
    rule: int
    addition: float


@dataclass(frozen=True, kw_only=True)
class AdditiveExplanation:
    """A row by additive rules."""

    #: The user's columns.
    row: Mapping[str, Value]
    #: Name -> value.
    outputs: Mapping[str, float | Label]
    #: The score that is taken apart.
    label: str
    #: = base + the sum of the contributions.
    score: float
    #: The score of the reference where `centred`, else the rules' constant.
    base: float
    #: One of every part that moves this score, the largest first.
    contributions: tuple[PartContribution, ...]
    #: Those of all lines that apply to the row, by number.
    lines: tuple[AppliedLine, ...]
    #: All groups.
    groups: tuple[AppliedGroup, ...]
    #: How many lines there are.
    line_count: int
    #: Whether a contribution is against a reference; else it is what the part adds as it stands.
    centred: bool
    #: The class, where the rules tell nothing else; then there are no contributions.
    decided: str | None = None
    #: How the reference was chosen, in words; "" without one.
    reference: str = ""
    #: The parts that move the score most to its adverse side, the largest first.
    reasons: tuple[Reason, ...] = ()
    #: Which side that is.
    direction: str = "higher"
    #: The label of the row's class, where the model has classes.
    told: Label | None = None

    def __repr__(self) -> str:
        """One line: the score, and how many lines apply."""
        told = self.decided or f"{self.label} = {format_digits(self.score)}"
        return f"<AdditiveExplanation: {told}, {len(self.lines)} of {self.line_count} lines>"

    def _repr_html_(self) -> str:
        """The whole explanation, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], str(self))

    def __str__(self) -> str:
        """As text, a table each of contributions and of lines that apply."""
        return _write_text(self)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; an output that is infinite is None."""
        return {
            **vars(self),
            "row": dict(self.row),
            "outputs": {
                name: value if isinstance(value, str) or np.isfinite(value) else None
                for name, value in self.outputs.items()
            },
            "contributions": [
                {**part._asdict(), "values": list(part.values)} for part in self.contributions
            ],
            "lines": [{**line._asdict(), "columns": list(line.columns)} for line in self.lines],
            "groups": [{**one._asdict(), "columns": list(one.columns)} for one in self.groups],
            "reasons": [reason._asdict() for reason in self.reasons],
        }


def _write_text(found: AdditiveExplanation) -> str:
    if found.decided is not None:
        return "\n".join([found.decided, *_write_lines(found)]) + "\n"

    lines = [f"{name} = {format_output(value)}" for name, value in found.outputs.items()]
    if found.told is not None:
        lines.append(f"class {found.told}")
    return (
        "\n".join([*lines, *_write_parts(found), *_write_lines(found), *_write_reasons(found)])
        + "\n"
    )


def _write_parts(found: AdditiveExplanation) -> list[str]:
    """A table of what each part adds."""
    against = f", against {found.reference}" if found.centred else ", as they stand"
    rows = [("", "value", "contribution")]
    rows += [
        (part.part, ", ".join(map(format_value, part.values)), f"{part.contribution:+.6g}")
        for part in found.contributions
    ]
    rows += [("the reference" if found.centred else "constant", "", f"{found.base:+.6g}")]
    rows += [("in all", "", format_digits(found.score))]
    title = f"CONTRIBUTIONS to {add_article(found.label)}{against}"
    return ["", title, *_align_cells(rows)]


def _write_lines(found: AdditiveExplanation) -> list[str]:
    """Lines that apply, with what each adds as it stands."""
    shown = ["", f"LINES that apply: {len(found.lines)} of {found.line_count}"]
    shown = shown if found.line_count else []
    if found.lines and found.decided is None:
        rows = [("", "condition", "beyond it", "for every unit", "adds")]
        rows += [
            (
                str(line.number),
                line.text,
                format_digits(line.beyond),
                f"{line.slope:+.6g}",
                f"{line.addition:+.6g}",
            )
            for line in found.lines
        ]
        shown += _align_cells(rows, left=2)
    else:
        shown += [f"  {line.number}  {line.text}" for line in found.lines]

    if found.groups and found.decided is None:
        shown += ["", "GROUPS"]
        shown += _align_cells(
            [("", "columns", "rule", "adds")]
            + [
                (str(one.number), ", ".join(one.columns), str(one.rule), f"{one.addition:+.6g}")
                for one in found.groups
            ],
            left=2,
        )
    return shown


def _write_reasons(found: AdditiveExplanation) -> list[str]:
    """Which parts move the score to its adverse side, in words."""
    way = f"for a {found.direction} score than the reference's"
    if not found.reasons:
        return ["", f"REASONS {way}: none"]
    return ["", f"REASONS {way}"] + [
        f"  {place}. {reason.text}" for place, reason in enumerate(found.reasons, start=1)
    ]


def _align_cells(rows: Sequence[tuple[str, ...]], left: int = 1) -> list[str]:
    """Columns as wide as they need, the first ones flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
