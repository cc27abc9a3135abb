"""Which columns of a table are learnt from, as what, and how they are encoded."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from relurules.errors import DataError
from relurules.tables.column_types import ColumnType, TableSchema

if TYPE_CHECKING:
    import pandas as pd

#: A column of fewer values tells nothing.
_VALUES = 10
#: Text columns of which more than this share of values differ are names of rows, not categories.
_IDENTIFIER_SHARE = 0.5


class ColumnKinds(NamedTuple):
    """Names of the columns that are used, by kind, and of those dropped, with the reason."""

    numbers: tuple[str, ...]
    filled: tuple[str, ...]
    categories: tuple[str, ...]
    dropped: Mapping[str, str]
    ordered: Mapping[str, tuple[str, ...]] = {}


def unify_missing(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with one value for missing ones, NaN, and numbers and booleans in columns of
    objects as what they are.
    """
    import pandas as pd

    found = {}

    for name in table.columns:
        column = table[name]
        if pd.api.types.is_extension_array_dtype(column.dtype) and (
            pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)
        ):
            whole = pd.api.types.is_bool_dtype(column) and not column.isna().any()
            found[name] = column.astype(bool) if whole else column.astype(float)
        elif column.dtype == object:
            found[name] = _unify_objects(column)

    return table.assign(**found) if found else table


def _unify_objects(column: "pd.Series[Any]") -> Any:
    missing = column.isna().to_numpy()
    kinds = {type(value) for value in column[~missing]}
    numbers = all(issubclass(kind, int | float | np.number | np.bool_) for kind in kinds)
    booleans = all(issubclass(kind, bool | np.bool_) for kind in kinds)
    if kinds and booleans and not missing.any():
        return column.astype(bool)
    if kinds and (booleans or (numbers and not kinds & {bool, np.bool_})):
        return column.astype(float)

    return column.where(~missing, np.nan) if missing.any() else column


def classify_columns(frame: "pd.DataFrame", schema: TableSchema | None = None) -> ColumnKinds:
    """Which columns are numbers, and which categories, by the schema and by their values; raises
    DataError where one can't be read or none is left.
    """
    kinds: dict[str, list[str]] = {"number": [], "filled": [], "category": []}
    types = {} if schema is None else schema.columns
    dropped = {
        name: column.note or f"{column.kind}, as was said"
        for name, column in types.items()
        if not column.is_used and name not in frame.columns and column.note != "dropped"
    }
    ordered = {}

    for name in frame.columns:
        kind, why = _classify_column(frame[name], types.get(name))
        if why:
            dropped[name] = why
        elif name in types and types[name].levels:
            ordered[name] = types[name].levels
        else:
            kinds[kind].append(name)

    if not ordered and not any(kinds.values()):
        told = "; ".join(f"{name!r}: {why}" for name, why in dropped.items())
        raise DataError(f"no column is left to learn from{': ' if told else ''}{told}")

    return ColumnKinds(
        tuple(kinds["number"]), tuple(kinds["filled"]), tuple(kinds["category"]), dropped, ordered
    )


def _classify_column(
    column: "pd.Series[Any]", declared: ColumnType | None = None
) -> tuple[str, str]:
    """number, filled or category; and why the column is dropped, if it is. declared: what its
    file's schema says it is.
    """
    import pandas as pd

    known = column.dropna()
    distinct, missing = known.nunique(), len(known) < len(column)
    if len(known) < _VALUES:
        return "", f"only {len(known)} rows have a value"
    if pd.api.types.is_numeric_dtype(column):
        values = known.to_numpy(dtype=float)
        if not np.isfinite(values).all():
            raise DataError(
                f"column {column.name!r} holds infinite values; remove or drop it with --drop"
            )
        counts = len(values) > 2 and not missing and bool((np.diff(values) == 1).all())
        why = "constant" if distinct < 2 else "counts the rows" if counts else ""
        return "filled" if missing else "number", why

    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        return "", "dates and times aren't supported; turn them into numbers"

    types = {type(value) for value in known}
    if types <= {bool, np.bool_}:  # with missing values, else they are numbers
        return "filled", "constant" if distinct < 2 else ""
    if not (types <= {str} or isinstance(column.dtype, pd.CategoricalDtype)):
        shown = ", ".join(sorted(kind.__name__ for kind in types))
        raise DataError(
            f"column {column.name!r} holds values of several kinds ({shown}); make it text or "
            "numbers"
        )

    # a kind that somebody said has no note
    told = declared is not None and declared.kind != "identifier" and not declared.note
    if distinct > _IDENTIFIER_SHARE * len(known) and not told:
        return "", f"{distinct} different texts in {len(known)} rows: an identifier"

    return "category", "constant" if distinct < 2 and not missing else ""


def make_encoder(columns: ColumnKinds, *, scaled: bool = True) -> Any:
    """Numbers are filled where one is missing, and, if asked for, scaled; categories become
    indicators, a missing one its own; ordered ones the numbers of their levels.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    levels = list(map(list, columns.ordered.values()))
    ranks = OrdinalEncoder(
        categories=levels, handle_unknown="use_encoded_value", unknown_value=np.nan
    )
    scaling = [StandardScaler()] if scaled else []
    steps = [
        ("numbers", StandardScaler() if scaled else "passthrough", columns.numbers),
        ("filled", make_pipeline(SimpleImputer(strategy="median"), *scaling), columns.filled),
        (
            "categories",
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            columns.categories,
        ),
        (
            "ordered",
            make_pipeline(ranks, SimpleImputer(strategy="median"), *scaling),
            columns.ordered,
        ),
    ]

    return ColumnTransformer([(name, step, list(names)) for name, step, names in steps if names])


def group_coordinates(encoder: Any) -> dict[str, list[int]]:
    """Which coordinates of a fitted encoder each column became, by its name."""
    found: dict[str, list[int]] = {}
    at = 0

    for step, fitted, names in encoder.transformers_:
        for place, name in enumerate(names if step != "remainder" else ()):
            count = len(fitted.categories_[place]) if step == "categories" else 1
            found[name] = list(range(at, at + count))
            at += count

    return found
