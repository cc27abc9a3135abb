"""Columns of rules: coefficients by name, inequalities, groups of which exactly one is 1."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from relurules.checker.json_values import RefusedError, check_lists, read_number, shorten_text
from relurules.checker.model_units import Sparse


def find_category_groups(columns: Iterable[Mapping[str, Any]]) -> list[list[int]]:
    """Which coordinates are the categories of one column each."""
    groups, first = [], 0
    for column in columns:
        check_lists(column, ("categories",))
        count = len(column.get("categories", ()))
        if count:
            groups.append(list(range(first, first + count)))
        first += count or 1
    return groups


def find_indicator_groups(rules: Mapping[str, Any]) -> list[list[int]]:
    """The one-hot groups, by column number: categories of a column, or columns of 0 and 1 alone."""
    features = {feature["name"]: j for j, feature in enumerate(rules["features"])}
    if not all(isinstance(name, str) for name in features):
        raise RefusedError("a column's name is no text")
    columns = rules.get("columns", ())
    if columns and sum(len(column.get("categories", ())) or 1 for column in columns) != len(
        features
    ):
        raise RefusedError("the rules' table columns don't become their features")

    categories = find_category_groups(columns)
    of_category, seen, groups = {j for group in categories for j in group}, set[int](), []
    for names in rules.get("groups", ()):
        check_lists({"groups": names}, ("groups",))
        if unknown := [name for name in names if name not in features]:
            raise RefusedError(f"a group holds {unknown[0]!r}, which is no column of the rules")
        group = [features[name] for name in names]
        if not group or len(set(group)) < len(group) or seen & set(group):
            raise RefusedError("a group is empty, or a column is in two groups")
        if sorted(group) not in categories:
            for name, j in zip(names, group, strict=True):
                if j in of_category or not _is_indicator(rules["features"][j]):
                    raise RefusedError(f"a group holds {name!r}, which is no indicator: {_GROUPS}")
        seen |= set(group)
        groups.append(group)

    if not of_category <= seen:
        raise RefusedError("the categories of a column are in no group")
    return groups


_GROUPS = "only categories of one column, or columns of whole numbers from 0 to 1, are tied"


def _is_indicator(feature: Mapping[str, Any]) -> bool:
    low, high = feature["lower"], feature["upper"]
    if low is None or high is None:
        return False
    return feature.get("integer") is True and 0 <= read_number(low) <= read_number(high) <= 1


def describe_groups(rules: Mapping[str, Any]) -> Iterator[str]:
    """Groups that no categories tell of, in words: they are the rules' word, and cut the domain."""
    names = [feature["name"] for feature in rules["features"]]
    categories = find_category_groups(rules.get("columns", ()))
    for members in map(sorted, find_indicator_groups(rules)):
        if members not in categories:
            yield (
                f"of the columns {', '.join(repr(names[j]) for j in members)} exactly one is 1 "
                "in the domain"
            )


def find_possible_members(
    groups: Sequence[Sequence[int]],
    low: Sequence[Fraction | None],
    high: Sequence[Fraction | None],
) -> list[list[int]]:
    """Of every group the members that may be 1 while the others are 0, within bounds."""

    def may_be(j: int, value: int) -> bool:
        return (low[j] is None or low[j] <= value) and (high[j] is None or value <= high[j])  # type: ignore[operator]

    return [
        [j for j in group if may_be(j, 1) and all(may_be(i, 0) for i in group if i != j)]
        for group in groups
    ]


def read_coefficients(coefficients: Mapping[str, Any], places: Mapping[str, int]) -> Sparse:
    """Coefficients by column number."""
    for name in coefficients:
        if name not in places:
            raise RefusedError(f"{shorten_text(str(name))!r} is no column of the rules")
    return {places[name]: read_number(value) for name, value in coefficients.items()}


def read_constraints(
    rules: Mapping[str, Any], places: Mapping[str, int]
) -> list[tuple[Sparse, Fraction]]:
    """The domain's inequalities: terms, and the most that they may sum up to."""
    return [
        (read_coefficients(item["coefficients"], places), read_number(item["at_most"]))
        for item in rules["constraints"]
    ]
