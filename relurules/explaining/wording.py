"""Numbers, conditions and explanations as text for people."""

import re
from typing import TYPE_CHECKING

import numpy as np

from relurules.domain.columns import groups_of
from relurules.ir import Condition, RuleSet
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


def condition_text(rules: RuleSet, condition: Condition) -> str:
    """`income - 0.5 * debt >= 12`, the term that moves it most first; `[job = 'clerk']` counts as 1 where it holds."""
    normal, bound = condition.half_space.normal, condition.half_space.bound
    used = np.flatnonzero(normal)
    used = used[np.argsort(-np.abs(normal[used]) * rules.domain.widths[used], kind="stable")]
    text, own = "", {i for group in groups_of(rules.domain.columns) for i in group}
    for j in used.tolist():
        size, name = abs(float(normal[j])), f"[{rules.features[j]}]" if j in own else rules.features[j]
        joined = (" - " if text else "-") if normal[j] < 0 else (" + " if text else "")
        text += joined + (name if size == 1.0 else f"{number(size)} * {name}")
    return f"{text or '0'} {'>=' if condition.holds else '<'} {number(bound)}"


def explanation_text(found: "Explanation") -> str:
    """The rule, its conditions with the row's values and margins, and what each column adds."""
    lines = [f"RULE {found.rule}", ""]
    lines += [f"  {name} = {number(value)}" for name, value in found.outputs.items()]
    lines += ["", "CONDITIONS" if found.conditions else "CONDITIONS: none; the rule holds everywhere"]
    tests = [
        (
            test.text,
            f"it is {number(test.value)}, margin {number(test.margin)}"
            + ("" if test.room is None else f"; {test.column} alone could {test.way} by {number(test.room)}"),
        )
        for test in found.conditions
    ]
    lines += [f"  {_folded(text)}\n      {said}" for text, said in tests]
    against = "against the mean of the rows" if found.centred else "against 0"
    if found.decided is not None:
        return "\n".join([*lines[:1], "", f"  {found.decided}", *lines[2 + len(found.outputs) :]]) + "\n"
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
