"""Domain files: bounds and inequalities in JSON or TOML, for the command line.

where = ["age - 2 * `debt ratio` >= 10"]

[columns] age = [18, 99]              # a bound may be -inf or inf; null in JSON "debt ratio" = [0,
inf] education = ["Bachelors", "Masters"]   # of a column of categories, those that count; null in
JSON: a missing value
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from relurules.checker import refuse_duplicate_keys
from relurules.domain import Domain
from relurules.errors import DomainError
from relurules.files.writing import read_text
from relurules.tables.values import Value

SUPPORTED = (
    'columns = {name: [lower, upper], name: ["category", ...]} and where = ["inequality", ...]'
)


def read_domain(path: Path, base: Domain | None = None) -> Domain:
    """The domain that a .json or .toml file describes.

    With `base`, say the range of a table, the file changes the bounds of the columns it names and
    adds its inequalities; without, its columns are the network's inputs in order. DomainError names
    what can't be used.
    """
    found = _load_file(path)
    unknown = set(found) - {"columns", "where"}
    if unknown:
        raise DomainError(
            f"{path}: entry {sorted(unknown)[0]!r} isn't known; supported: {SUPPORTED}"
        )

    columns, where = found.get("columns", {}), found.get("where", [])
    if (
        not isinstance(columns, dict)
        or not isinstance(where, list)
        or not all(isinstance(text, str) for text in where)
    ):
        raise DomainError(
            f"{path}: 'columns' must be a table and 'where' a list of texts; supported: {SUPPORTED}"
        )

    listed = {name: value for name, value in columns.items() if _is_category(base, name)}
    bounds = {
        name: _read_bounds(path, name, value)
        for name, value in columns.items()
        if name not in listed
    }

    try:
        domain = base if base is not None and not bounds else _apply_bounds(bounds, base)
        domain = domain.admitting(
            {name: _read_categories(name, value) for name, value in listed.items()}
        )
        for text in where:
            domain = domain.where(text)
    except DomainError as error:
        raise DomainError(f"{path}: {error}") from error

    return domain


def _load_file(path: Path) -> Mapping[str, Any]:
    readers: dict[str, Callable[[str], Any]] = {
        ".json": partial(json.loads, object_pairs_hook=refuse_duplicate_keys),
        ".toml": tomllib.loads,
    }
    if path.suffix not in readers:
        raise DomainError(
            f"{path}: files of type {path.suffix!r} hold no domain; supported: {', '.join(readers)}"
        )

    try:
        found = readers[path.suffix](read_text(path))
    except OSError as error:
        raise DomainError(f"{path}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DomainError(f"{path}: can't be read as {path.suffix[1:].upper()}: {error}") from error

    if not isinstance(found, dict):
        raise DomainError(f"{path}: expected {SUPPORTED}")
    return found


def _is_category(base: Domain | None, name: str) -> bool:
    return base is not None and any(
        column.name == name and column.categories for column in base.columns
    )


def _read_categories(name: str, value: Any) -> list[Value]:
    if not isinstance(value, list) or not all(
        v is None or isinstance(v, str | int | float) for v in value
    ):
        raise DomainError(f"columns.{name}: expected a list of categories, found {value!r}")
    return [v if v is None or isinstance(v, str) else float(v) for v in value]


def _read_bounds(path: Path, name: str, value: Any) -> tuple[float, float]:
    numbers = isinstance(value, list) and all(
        v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in value
    )
    if not numbers or len(value) != 2:
        raise DomainError(f"{path}: columns.{name}: expected [lower, upper], found {value!r}")

    low, high = value
    try:
        return -np.inf if low is None else float(low), np.inf if high is None else float(high)
    except OverflowError as error:
        raise DomainError(
            f"{path}: columns.{name}: holds a number too large for float64"
        ) from error


def _apply_bounds(bounds: Mapping[str, tuple[float, float]], base: Domain | None) -> Domain:
    if base is None:
        if not bounds:
            raise DomainError(
                "it names no columns; without data, list every input of the network in order"
            )
        base = Domain.unbounded(list(bounds))

    unknown = [name for name in bounds if name not in base.names]
    if unknown:
        raise DomainError(
            f"column {unknown[0]!r} is no input; inputs: {', '.join(base.names[:12])}"
        )

    return base.bounded(bounds)
