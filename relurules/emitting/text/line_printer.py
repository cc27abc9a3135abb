"""Additive rules as plain text."""

from relurules.ir import AdditiveRules


def print_first_lines(rules: AdditiveRules, count: int) -> str:
    """The first lines, and how many more there are."""
    lines = [
        f"{line.number}: {', '.join(line.columns)}: {line.slopes.tolist()} beyond "
        f"{line.condition.half_space.bound:.6g}"
        for line in rules.lines[:count]
    ]
    return "\n".join(lines) + "\n"
