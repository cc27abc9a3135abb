"""What expressions read: the columns of the domain, as blocks of coordinates and as texts."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from relurules.domain import Domain
from relurules.ir import Artifact
from relurules.rounding.analysis import RowInputs
from relurules.rounding.expression import ColumnValue, Expression, UnreadableError
from relurules.rounding.forms import Block, CategorySpan, Interval, NumberSpan

#: A value that is none of those that are known.
_OTHER = "\0 any other value"


def make_row_inputs(domain: Domain, target: str) -> RowInputs:
    """The blocks, and what tells a category: its values in SQL, its number in code, which only C
    lets be NaN.

    UnreadableError where a number has no bounds.
    """
    blocks, words = list[Block](), dict[int, list[tuple[str | float | None, ...]]]()
    for i, (column, places) in enumerate(zip(domain.columns, domain.places, strict=True)):
        if column.source:
            raise UnreadableError(f"column {column.name!r} says whether another one is missing")
        if not column.categories:
            blocks.append(_make_number(domain, column.name, places.start))
            continue
        blocks.append(CategorySpan(tuple(range(places.start, places.stop))))
        words[i] = [
            (
                *(category.values if target == "sql" else (float(k),)),
                *([None] if category.missing and target in ("c", "sql") else []),
                *([_OTHER] if category.other and target == "sql" else []),
            )
            for k, category in enumerate(column.categories)
        ]
        if target == "sql":
            words[i] = [own or (_OTHER,) for own in words[i]]

    fills = {i: column.fill for i, column in enumerate(domain.columns) if column.fill is not None}
    return RowInputs(blocks=blocks, words=words, fills=fills)


def _make_number(domain: Domain, name: str, at: int) -> NumberSpan:
    low, high = float(domain.lower[at]), float(domain.upper[at])
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UnreadableError(f"column {name!r} has no bounds; bound it with data= or domain=")
    return NumberSpan(at, Interval(Fraction(low), Fraction(high)), bool(domain.integer[at]))


def name_inputs(artifact: Artifact) -> Mapping[str, Expression]:
    """How the text of an artefact names the columns: in C by number, elsewhere by name."""
    columns = [ColumnValue(i) for i in range(len(artifact.domain.columns))]
    if artifact.target == "c":
        return {f"x[{i}]": column for i, column in enumerate(columns)}
    names = [column.table_name for column in artifact.domain.columns]
    return dict(zip(names, columns, strict=True))
