"""Numbers, conditions and explanations as text for people."""

import re
from typing import TYPE_CHECKING

from relurules.tables.values import Value

if TYPE_CHECKING:
    from relurules.explaining.rows import Explanation


#: A long sum is broken before the term that would pass this width.
_WIDTH = 100


def format_digits(value: float) -> str:
    """Six significant digits."""
    return f"{value:.6g}"


def format_value(value: Value) -> str:
    """A table's value: text as it is, a missing one said so."""
    return "missing" if value is None else value if isinstance(value, str) else format_digits(value)


def write_explanation(found: "Explanation") -> str:
    """The rule, its conditions with the row's values and margins, and what each column adds."""
    lines = [f"RULE {found.rule}", ""]
    lines += [f"  {name} = {format_digits(value)}" for name, value in found.outputs.items()]
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

    against = "against the mean of the rows" if found.centred else "against 0"
    lines += ["", f"CONTRIBUTIONS to {add_article(found.label)}, {against}"]
    rows = [("", "value", "coefficient", "contribution")]
    rows += [
        (p.column, format_value(p.value), format_digits(p.coefficient), f"{p.contribution:+.6g}")
        for p in found.contributions
    ]
    rows += [("a row of means" if found.centred else "constant", "", "", f"{found.base:+.6g}")]
    rows += [("in all", "", "", format_digits(found.score))]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]

    for name, *cells in rows:
        shown = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        lines.append(f"  {name.ljust(widths[0])}  {shown}".rstrip())

    return "\n".join(lines) + "\n"


def _fold_sum(text: str) -> str:
    """A long sum on several lines, broken before a + or -."""
    lines = [""]
    for part in re.split(r"(?= [-+] )", text):
        if lines[-1] and len(lines[-1]) + len(part) > _WIDTH:
            lines.append("")
        lines[-1] += part
    return "\n    ".join(line.strip() for line in lines)


def add_article(label: str) -> str:
    """A score in the middle of a sentence: `the log odds of p_yes`, but a plain output by its name."""
    return (
        f"the {label}"
        if label.startswith(("log odds of ", "logarithm of ", "score of "))
        else label
    )
