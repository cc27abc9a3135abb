"""What comments of emitted code say of additive rules: parts, lines and groups in words."""

from relurules.ir import AdditiveRules, RuleGroup, ScorePart
from relurules.ir.network import Array
from relurules.wording.numbers import DIGITS, format_short, inflect_noun

#: A comment says so many lines in words; more are counted.
_SAID = 4
#: So many columns of a line are written out.
_COLUMNS = 3


def describe_part(rules: AdditiveRules, part: ScorePart) -> str:
    """`late: -0.2 for every unit; for every unit of late above 1: +0.58`."""
    said = _describe_base(rules, part)
    if len(part.lines) > _SAID:
        said.append(f"{len(part.lines)} lines")
    else:
        said += [describe_line(rules, k) for k in part.lines.tolist()]
    said += [describe_group(rules.groups[k]) for k in part.groups]
    return f"{part.name}: {'; '.join(said)}"


def _describe_base(rules: AdditiveRules, part: ScorePart) -> list[str]:
    """What the base says of the part's one column."""
    if not part.weights.any():
        return []
    column = rules.domain.columns[part.columns[0]]
    if column.categories:
        return [f"so much for each of {column.width} categories"]
    return [f"{_list_gains(part.weights[:, 0])} for every unit"]


def describe_line(rules: AdditiveRules, line: int) -> str:
    """`for every unit of late above 1: +0.58`, or below."""
    normal, bound = rules.normals[line], float(rules.bounds[line])
    used = normal.nonzero()[0].tolist()
    side, turn = ("below", -1.0) if normal[used[0]] < 0 else ("above", 1.0)
    if len(used) > _COLUMNS:
        what = f"a sum of {len(used)} terms"
    else:
        names = _name_coordinates(rules)
        what = _join_words([(turn * float(normal[j]), names[j]) for j in used])

    return (
        f"for every unit of {what} {side} {_format(turn * bound + 0.0)}: "
        f"{_list_gains(rules.slopes[line])}"
    )


def _name_coordinates(rules: AdditiveRules) -> list[str]:
    """Columns by their names, categories in brackets, as they are 1 or 0: `[kind = 'u']`."""
    domain = rules.domain
    own = {
        i
        for column, at in zip(domain.columns, domain.places, strict=True)
        if column.categories
        for i in at
    }
    return [f"[{name}]" if i in own else name for i, name in enumerate(domain.names)]


def describe_group(group: RuleGroup) -> str:
    """`group 1: what the one of 5 rules adds that applies`."""
    count = len(group.rules)
    return f"group {group.number}: one of {count} {inflect_noun('rule', count)} adds its sum"


def _format(value: float) -> str:
    """At most six digits: the code has them all."""
    return format_short(value, DIGITS)


def _join_words(terms: list[tuple[float, str]]) -> str:
    """The first coefficient is positive."""
    found = ""
    for value, name in terms:
        size = "" if abs(value) == 1.0 else f"{_format(abs(value))} "
        sign = ("" if value > 0 else "-") if not found else " + " if value > 0 else " - "
        found += f"{sign}{size}{name}"
    return found


def _list_gains(values: Array) -> str:
    """`+0.58`, or one for each score."""
    return ", ".join(f"{'+' if value >= 0 else ''}{_format(value)}" for value in values.tolist())
