"""A row by its rule, as text and JSON: conditions, and what each column adds to the score."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.explaining.conditions import ConditionCheck
from relurules.explaining.plain_text import add_article, format_digits, format_value
from relurules.files.notebook import format_notebook_html
from relurules.ir.class_labels import Label
from relurules.tables.values import Value

#: A long sum is broken before the term that would pass this width.
_WIDTH = 100


class Contribution(NamedTuple):
    """A column's part of the score. value: the row's; coefficient: per unit (of a category: of the
    row's own).
    """

    column: str
    value: Value
    coefficient: float
    contribution: float


class Reason(NamedTuple):
    """A column that moves the score to its adverse side, and its words."""

    column: str
    text: str
    contribution: float


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A row by its rule."""

    #: Its number.
    rule: int
    #: The user's columns.
    row: Mapping[str, Value]
    #: Name -> value.
    outputs: Mapping[str, float | Label]
    #: Those of the rule.
    conditions: tuple[ConditionCheck, ...]
    #: Name -> formula of what the conditions speak of by name.
    sums: Mapping[str, str]
    #: The score that is taken apart.
    label: str
    #: = base + the sum of the contributions.
    score: float
    #: The rule's score of the reference where `centred`, else the constant.
    base: float
    #: The largest first.
    contributions: tuple[Contribution, ...]
    #: Whether a contribution is against a reference, not against 0.
    centred: bool
    #: The class, where the rules tell nothing else; then there are no contributions, and the score
    #: is its number.
    decided: str | None = None
    #: How the reference was chosen, in words; "" without one.
    reference: str = ""
    #: The columns that move the score most to its adverse side, the largest first.
    reasons: tuple[Reason, ...] = ()
    #: Which side that is.
    direction: str = "higher"
    #: The label of the row's class, where the model has classes.
    told: Label | None = None

    def __repr__(self) -> str:
        """One line: the rule and the score."""
        told = self.decided or f"{self.label} = {format_digits(self.score)}"
        return f"<Explanation: rule {self.rule}, {told}>"

    def _repr_html_(self) -> str:
        """The whole explanation, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], str(self))

    def __str__(self) -> str:
        """As text, a table each of conditions and contributions."""
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
            "sums": dict(self.sums),
            "conditions": [dict(vars(test)) for test in self.conditions],
            "contributions": [part._asdict() for part in self.contributions],
            "reasons": [reason._asdict() for reason in self.reasons],
        }


def _write_text(found: Explanation) -> str:
    """The rule, its conditions with the row's values and margins, and what each column adds."""
    lines = [f"RULE {found.rule}", ""]
    lines += [f"  {name} = {format_output(value)}" for name, value in found.outputs.items()]
    if found.told is not None and found.decided is None:
        lines.append(f"  class {found.told}")

    lines += [
        "",
        "CONDITIONS" if found.conditions else "CONDITIONS: none; the rule holds everywhere",
    ]

    for test in found.conditions:
        lines.append(f"  {_fold_sum(test.text)}")
        if test.margin is not None and not isinstance(test.value, str):
            room = (
                ""
                if test.room is None
                else f"; {test.column} alone could {test.way} by {format_digits(test.room)}"
            )
            lines.append(
                f"      it is {format_digits(test.value)}, margin "
                f"{format_digits(test.margin)}{room}"
            )
        elif test.value:
            lines.append(f"      it is {test.value}")

    lines += [f"  where {name} = {_fold_sum(text)}" for name, text in found.sums.items()]
    if found.decided is not None:
        return (
            "\n".join([*lines[:1], "", f"  {found.decided}", *lines[2 + len(found.outputs) :]])
            + "\n"
        )

    return "\n".join([*lines, *_write_contributions(found), *_write_reasons(found)]) + "\n"


def _write_contributions(found: Explanation) -> list[str]:
    """A table of what each column adds."""
    against = f"against {found.reference}" if found.centred else "against 0"
    lines = ["", f"CONTRIBUTIONS to {add_article(found.label)}, {against}"]
    rows = [("", "value", "coefficient", "contribution")]
    rows += [
        (p.column, format_value(p.value), format_digits(p.coefficient), f"{p.contribution:+.6g}")
        for p in found.contributions
    ]
    rows += [("the reference" if found.centred else "constant", "", "", f"{found.base:+.6g}")]
    rows += [("in all", "", "", format_digits(found.score))]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]

    for name, *cells in rows:
        shown = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        lines.append(f"  {name.ljust(widths[0])}  {shown}".rstrip())

    return lines


def _write_reasons(found: Explanation) -> list[str]:
    """Which columns move the score to its adverse side, in words."""
    way = f"for a {found.direction} score than the reference's"
    if not found.reasons:
        return ["", f"REASONS {way}: none"]
    return ["", f"REASONS {way}"] + [
        f"  {place}. {reason.text}" for place, reason in enumerate(found.reasons, start=1)
    ]


def format_output(value: float | Label) -> str:
    """An output for people: the label of a class as it is, a number short."""
    return str(value) if isinstance(value, str | bool) else format_digits(value)


def _fold_sum(text: str) -> str:
    """A long sum on several lines, broken before a + or -."""
    lines = [""]
    for part in re.split(r"(?= [-+] )", text):
        if lines[-1] and len(lines[-1]) + len(part) > _WIDTH:
            lines.append("")
        lines[-1] += part
    return "\n    ".join(line.strip() for line in lines)
