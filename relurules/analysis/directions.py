"""How an output goes with a column, in words."""

from relurules.analysis.question import Question, describe_conditions
from relurules.analysis.restricted import TableColumn
from relurules.analysis.targets import ScoreTarget

#: Whether it rises somewhere, and whether it falls -> in a word.
DIRECTIONS = {
    (False, False): "doesn't matter",
    (True, False): "rises",
    (False, True): "falls",
    (True, True): "both",
}


def describe_direction(
    asked: Question, target: ScoreTarget, column: TableColumn, direction: str
) -> str:
    """`Yes: y never falls where a rises, all else equal, anywhere in the domain`."""
    where = describe_conditions(asked)
    if direction == "both":
        return f"No: {target.name} both rises and falls with {column.name}{where}"
    if direction == "doesn't matter":
        return f"Yes, both ways: {target.name} doesn't change with {column.name}{where}"
    never = "falls" if direction == "rises" else "rises"
    return f"Yes: {target.name} never {never} where {column.name} rises, all else equal,{where}"
