"""What rules must say of columns, outputs and classes before an answer about them means what it
says.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from relurules.checker.json_values import RefusedError, check_lists, hash_json


def check_own_columns(rules: Mapping[str, Any], additive: bool) -> None:
    """RefusedError for a coefficient of a column that these rules don't have themselves, though
    the step of another column, or other rules, may.
    """
    names = {feature["name"] for feature in rules["features"]}
    for item in _list_functions(rules, additive):
        require_columns(item, names)


def require_columns(item: Mapping[str, Any], names: set[str]) -> None:
    """RefusedError for an affine function of other columns."""
    if not names.issuperset(item["coefficients"]):
        raise RefusedError("a coefficient is of a column that the rules don't have")


def _list_functions(rules: Mapping[str, Any], additive: bool) -> Iterator[Mapping[str, Any]]:
    """All affine functions of a rules file."""
    yield from rules["constraints"]
    if additive:
        yield from rules["base"].values()
        yield from rules["lines"]
        return

    yield from rules.get("splits", ())
    for rule in rules["rules"]:
        yield from rule["outputs"].values()


def check_moves_alone(rules: Mapping[str, Any], column: Any) -> None:
    """RefusedError for a column that can't change while all others stay: where it, or another one,
    is derived from a column of the table that both are made of.
    """
    found = _list_entries(rules, {})
    sources = {name: _list_entry_sources(entry) for name, entry in found.items()}
    own = sources.get(column, {column})
    for name, entry in found.items():
        derived = "derived" in entry or "derived" in found.get(column, {})
        if name != column and derived and own & sources[name]:
            raise RefusedError(
                f"{column!r} can't change alone: {name!r} is made of the same column"
            )


def _list_entries(rules: Mapping[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
    """The entries of table columns by name, over plain ones."""
    columns = rules.get("columns", [])
    own = {entry["name"]: entry for entry in columns}
    if len(own) < len(columns) or not all(isinstance(name, str) for name in own):
        raise RefusedError("a table column has no name, or that of another one")
    return {**plain, **own}


def _list_entry_sources(entry: Mapping[str, Any]) -> set[str]:
    """The columns of the user's table that a table column is made of."""
    if "derived" not in entry:
        return {entry.get("missing_of", entry["name"])}

    check_lists(entry["derived"], ("arguments",))
    return {argument["column"] for argument in entry["derived"]["arguments"]}


def check_same_meaning(rules: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """RefusedError where columns, links or classes of two rules files aren't the same: the same
    name is of something else then.
    """
    one, two = (
        _list_entries(file, {item["name"]: {"name": item["name"]} for item in file["features"]})
        for file in (rules, other)
    )
    for name in one.keys() & two.keys():
        if one[name] != two[name]:
            raise RefusedError(f"column {name!r} isn't the same in both")

    if rules.get("heads") != other.get("heads"):
        raise RefusedError("the outputs of both are made of scores by other links")
    if len(rules["outputs"]) > 1 and rules["outputs"] != other["outputs"]:
        raise RefusedError("the outputs of both have other names")

    labels = [file.get("labels") for file in (rules, other)]
    if None not in labels and len({hash_json(each["values"]) for each in labels}) > 1:  # type: ignore[index]  # none is None
        raise RefusedError("the classes of both have other labels")
