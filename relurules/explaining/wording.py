"""Numbers, conditions and explanations as text for people."""

import re
from typing import TYPE_CHECKING

from relurules.tables import Value

if TYPE_CHECKING:
    from relurules.explaining.rows import Explanation


#: A long sum is broken before the term that would pass this width.
_WIDTH = 100


def number(value: float) -> str:
    """Six significant digits."""
    return f"{value:.6g}"


def value_text(value: Value) -> str:
    """A table's value: text as it is, a missing one said so."""
    return "missing" if value is None else value if isinstance(value, str) else number(value)


def explanation_text(found: "Explanation") -> str:
    """The rule, its conditions with the row's values and margins, and what each column adds."""
    lines = [f"RULE {found.rule}", ""]
    lines += [f"  {name} = {number(value)}" for name, value in found.outputs.items()]
    lines += ["", "CONDITIONS" if found.conditions else "CONDITIONS: none; the rule holds everywhere"]
    for test in found.conditions:
        lines.append(f"  {_folded(test.text)}")
        if test.margin is not None and not isinstance(test.value, str):
            room = "" if test.room is None else f"; {test.column} alone could {test.way} by {number(test.room)}"
            lines.append(f"      it is {number(test.value)}, margin {number(test.margin)}{room}")
        elif test.value:
            lines.append(f"      it is {test.value}")
    lines += [f"  where {name} = {_folded(text)}" for name, text in found.sums.items()]
    if found.decided is not None:
        return "\n".join([*lines[:1], "", f"  {found.decided}", *lines[2 + len(found.outputs) :]]) + "\n"
    against = "against the mean of the rows" if found.centred else "against 0"
    lines += ["", f"CONTRIBUTIONS to {the(found.label)}, {against}"]
    rows = [("", "value", "coefficient", "contribution")]
    rows += [
        (p.column, value_text(p.value), number(p.coefficient), f"{p.contribution:+.6g}") for p in found.contributions
    ]
    rows += [("a row of means" if found.centred else "constant", "", "", f"{found.base:+.6g}")]
    rows += [("in all", "", "", number(found.score))]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for name, *cells in rows:
        shown = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        lines.append(f"  {name.ljust(widths[0])}  {shown}".rstrip())
    return "\n".join(lines) + "\n"


def _folded(text: str) -> str:
    """A long sum on several lines, broken before a + or -."""
    lines = [""]
    for part in re.split(r"(?= [-+] )", text):
        if lines[-1] and len(lines[-1]) + len(part) > _WIDTH:
            lines.append("")
        lines[-1] += part
    return "\n    ".join(line.strip() for line in lines)


def the(label: str) -> str:
    """A score in the middle of a sentence: `the log odds of p_yes`, but a plain output by its name."""
    return f"the {label}" if label.startswith(("log odds of ", "logarithm of ", "score of ")) else label
