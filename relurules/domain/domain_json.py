"""Domain <-> plain JSON values: `features` with their bounds, and `constraints`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np

from relurules.domain import Array, Domain
from relurules.domain.columns import (
    Category,
    Column,
    find_groups,
    is_plain,
    make_missing_column,
    make_number_columns,
    name_coordinates,
)
from relurules.domain.derivation import Argument, Derivation, check_derivation
from relurules.domain.derived_columns import make_derived_column
from relurules.domain.input_places import InputPlaces


def domain_to_json(domain: Domain) -> dict[str, Any]:
    """The domain as {"features": [...], "constraints": [...]}; a bound that isn't there is None."""
    columns = zip(domain.names, domain.lower, domain.upper, domain.integer, strict=True)
    inequalities = zip(domain.texts, domain.normals, domain.bounds, strict=True)
    plain = (
        {}
        if is_plain(domain.columns)
        else {"columns": [_column_json(column) for column in domain.columns]}
    )
    groups = (
        {"groups": [[domain.names[i] for i in group] for group in domain.groups]}
        if domain.groups
        else {}
    )

    return {
        "features": [
            {
                "name": name,
                "lower": _finite_or_none(low),
                "upper": _finite_or_none(high),
                "integer": bool(whole),
            }
            for name, low, high, whole in columns
        ],
        "constraints": [
            {"text": text, "coefficients": to_sparse(row, domain.names), "at_most": float(bound)}
            for text, row, bound in inequalities
        ],
        **plain,
        **groups,
        **({} if domain.table_places is None else {"places": asdict(domain.table_places)}),
    }


def domain_from_json(found: Mapping[str, Any]) -> Domain:
    """The domain that `domain_to_json` wrote.

    KeyError, TypeError or ValueError (DomainError) for anything else.
    """
    features, constraints = found["features"], found.get("constraints", ())
    names = [feature["name"] for feature in features]
    lower = [-np.inf if feature["lower"] is None else feature["lower"] for feature in features]
    upper = [np.inf if feature["upper"] is None else feature["upper"] for feature in features]
    box = Domain.box(lower, upper, names)
    place = {name: j for j, name in enumerate(names)}
    rows = [to_dense(item["coefficients"], place) for item in constraints]
    columns = columns_from_json(found.get("columns", ())) or make_number_columns(names)

    if name_coordinates(columns) != box.names:
        raise ValueError(
            f"columns become {', '.join(name_coordinates(columns)[:8])}, features are others"
        )

    groups = tuple(tuple(place[name] for name in group) for group in found.get("groups", ()))
    if not set(find_groups(columns)) <= set(groups) or len({i for g in groups for i in g}) < sum(
        map(len, groups)
    ):
        raise ValueError("groups must hold the categories of every column, and no feature twice")

    return Domain(
        names=box.names,
        lower=box.lower,
        upper=box.upper,
        integer=np.array([feature.get("integer", False) for feature in features], dtype=bool),
        normals=np.array(rows, dtype=np.float64).reshape(-1, len(names)),
        bounds=np.array([item["at_most"] for item in constraints], dtype=np.float64),
        texts=tuple(item["text"] for item in constraints),
        columns=columns,
        groups=groups,
        table_places=_places_from_json(found.get("places"), columns),
    )


def _places_from_json(
    found: Mapping[str, Any] | None, columns: Sequence[Column]
) -> InputPlaces | None:
    """Where the columns stand in the model's table; ValueError where that can't be."""
    if found is None:
        return None

    places = InputPlaces(
        columns=tuple(found["columns"]),
        column_count=found["column_count"],
        coordinates=tuple(found["coordinates"]),
        coordinate_count=found["coordinate_count"],
    )
    width = sum(column.width for column in columns)
    for kind, at, own, count in (
        ("columns", places.columns, len(columns), places.column_count),
        ("coordinates", places.coordinates, width, places.coordinate_count),
    ):
        rising = all(a < b for a, b in pairwise((-1, *at, count)))
        if len(at) != own or not rising:
            raise ValueError(f"places.{kind} must be {own} rising numbers from 0 to {count - 1}")

    return places


def _column_json(column: Column) -> dict[str, Any]:
    """A column; what doesn't apply is left out."""
    said: dict[str, Any] = {"name": column.name}
    if column.source:
        said["missing_of"] = column.source
    if column.derivation is not None:
        said["derived"] = _derivation_json(column)
    if column.fill is not None:
        said["fill"] = column.fill
    if column.categories:
        said["categories"] = [
            {"values": list(category.values)}
            | {word: True for word in ("missing", "other") if getattr(category, word)}
            for category in column.categories
        ]

    return said


def _derivation_json(column: Column) -> dict[str, Any]:
    derivation = column.derivation
    assert derivation is not None  # noqa: S101  # asked by the caller
    arguments = [
        {"column": each.column, "scale": each.scale, "shift": each.shift}
        | ({} if each.fill is None else {"fill": each.fill})
        for each in derivation.arguments
    ]
    return {
        "function": derivation.function,
        "arguments": arguments,
        "constants": list(derivation.constants),
        **({"missing": column.lookup[None]} if None in column.lookup else {}),
    }


def _derived_from_json(found: Mapping[str, Any]) -> Column:
    """ValueError for a function that isn't known, or takes other things."""
    arguments = tuple(
        Argument(
            str(each["column"]),
            None if each.get("fill") is None else float(each["fill"]),
            float(each["scale"]),
            float(each["shift"]),
        )
        for each in found["arguments"]
    )
    constants = tuple(map(float, found["constants"]))
    derivation = Derivation(str(found["function"]), arguments, constants)
    check_derivation(derivation)
    return make_derived_column(derivation, found.get("missing"))


def columns_from_json(found: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Columns of a table from their JSON values."""
    return tuple(_column_from_json(item) for item in found)


def _column_from_json(found: Mapping[str, Any]) -> Column:
    if "missing_of" in found:
        return make_missing_column(str(found["missing_of"]))
    if "derived" in found:
        return _derived_from_json(found["derived"])._replace(name=str(found["name"]))

    categories = tuple(
        Category(
            tuple(value if isinstance(value, str) else float(value) for value in item["values"]),
            bool(item.get("missing", False)),
            bool(item.get("other", False)),
        )
        for item in found.get("categories", ())
    )
    fill = found.get("fill")

    return Column(str(found["name"]), categories, None if fill is None else float(fill))


def to_sparse(row: Array, names: Sequence[str]) -> dict[str, float]:
    """The nonzero entries of a row (d,) by name."""
    return {name: value for name, value in zip(names, row.tolist(), strict=True) if value}


def to_dense(coefficients: Mapping[str, float], place: Mapping[str, int]) -> Array:
    """The row (d,) that `sparse` took apart, given where each name stands; ValueError for an
    unknown name.
    """
    row = np.zeros(len(place))
    for name, value in coefficients.items():
        if name not in place:
            raise ValueError(f"coefficients name {name!r}, which is no feature")
        row[place[name]] = value

    return row


def _finite_or_none(bound: float) -> float | None:
    return float(bound) if np.isfinite(bound) else None
