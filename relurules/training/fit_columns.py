"""Which columns of a table are learnt from, as what, and how they are encoded."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from relurules.errors import DataError, UnsupportedError
from relurules.tables.column_types import ColumnType, TableSchema

if TYPE_CHECKING:
    import pandas as pd

#: What a missing number may be: points of its own beside those of the median, the median alone, or
#: a reason to stop.
MISSING_NUMBERS = ("line", "impute", "error")
#: A column of fewer values tells nothing.
_VALUES = 10
#: Text columns of which more than this share of values differ are names of rows, not categories.
_IDENTIFIER_SHARE = 0.5


class ColumnOptions(NamedTuple):
    """What is asked of columns.

    missing: what a missing number is, one of `MISSING_NUMBERS`.
    category_rows: categories of fewer rows count as any other value.
    """

    missing: str = "impute"
    category_rows: int = 1

    def check(self) -> None:
        """UnsupportedError for what there isn't, DataError for a number that can't be."""
        if self.missing not in MISSING_NUMBERS:
            raise UnsupportedError(
                f"missing {self.missing!r}; supported: {', '.join(MISSING_NUMBERS)}"
            )
        if self.category_rows < 1:
            raise DataError(f"min_category_rows is {self.category_rows}; expected at least 1")


class ColumnKinds(NamedTuple):
    """Names of the columns that are used, by kind, and of those dropped, with the reason.

    marked: of the filled and ordered ones, those that a missing value has points of its own in.
    rare: categories that count as any other value, by column.
    """

    numbers: tuple[str, ...]
    filled: tuple[str, ...]
    categories: tuple[str, ...]
    dropped: Mapping[str, str]
    ordered: Mapping[str, tuple[str, ...]] = {}
    marked: tuple[str, ...] = ()
    rare: Mapping[str, tuple[Any, ...]] = {}


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


def classify_columns(
    frame: "pd.DataFrame",
    schema: TableSchema | None = None,
    options: ColumnOptions = ColumnOptions(),  # noqa: B008  # frozen
) -> ColumnKinds:
    """Which columns are numbers, and which categories, by the schema and by their values; raises
    DataError where one can't be read or none is left, or where a number is missing and must not be.
    """
    options.check()
    kinds: dict[str, list[str]] = {"number": [], "filled": [], "category": []}
    types = {} if schema is None else schema.columns
    dropped = {
        name: column.note or f"{column.kind}, as was said"
        for name, column in types.items()
        if not column.is_used and name not in frame.columns and column.note != "dropped"
    }
    ordered, rare = {}, dict[str, tuple[Any, ...]]()

    for name in frame.columns:
        kind, why = _classify_column(frame[name], types.get(name))
        joined = _list_rare(frame[name], options.category_rows) if kind == "category" else ()
        if joined and len(joined) == frame[name].nunique(dropna=False):
            why = why or f"no category has {options.category_rows} rows"
        if why:
            dropped[name] = why
        elif name in types and types[name].levels:
            ordered[name] = types[name].levels
        else:
            kinds[kind].append(name)
            rare |= {name: joined} if joined else {}

    if not ordered and not any(kinds.values()):
        told = "; ".join(f"{name!r}: {why}" for name, why in dropped.items())
        raise DataError(f"no column is left to learn from{': ' if told else ''}{told}")

    return ColumnKinds(
        tuple(kinds["number"]),
        tuple(kinds["filled"]),
        tuple(kinds["category"]),
        dropped,
        ordered,
        _list_marked(frame, [*kinds["filled"], *ordered], options.missing),
        rare,
    )


def _list_marked(frame: "pd.DataFrame", names: Sequence[str], missing: str) -> tuple[str, ...]:
    """The columns that have missing values, and enough of them to tell what they mean; none where
    these are only imputed.
    """
    counts = {name: int(frame[name].isna().sum()) for name in names}
    if missing == "error" and (lacking := [name for name in names if counts[name]]):
        name = lacking[0]
        raise DataError(
            f"column {name!r} is missing in {counts[name]} of {len(frame)} rows, and missing is "
            "'error'; fill or remove these rows, or use missing='line' or 'impute'"
        )
    if missing != "line":
        return ()

    taken = {f"{name} is missing" for name in names} & set(frame.columns)
    if taken:
        raise DataError(
            f"the table has a column {min(taken)!r} already; rename it, or use missing='impute'"
        )
    return tuple(name for name in names if counts[name] >= _VALUES)


def _list_rare(column: "pd.Series[Any]", rows: int) -> tuple[Any, ...]:
    """Categories of fewer rows, in order; a missing one is as good as any."""
    counts = column.value_counts(dropna=False)
    return tuple(counts.index[(counts < rows) & (counts > 0)])


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


def make_encoder(columns: ColumnKinds, frame: "pd.DataFrame", *, scaled: bool = True) -> Any:
    """Numbers are filled where one is missing, and, if asked for, scaled; those of marked columns
    have an indicator beside them; categories become indicators, a missing one its own, and rare
    ones none; ordered ones the numbers of their levels. frame: the rows that it will be fitted to.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    scaling = [StandardScaler()] if scaled else []
    steps = [
        ("numbers", StandardScaler() if scaled else "passthrough", columns.numbers),
        (
            "categories",
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            [name for name in columns.categories if name not in columns.rare],
        ),
        (
            "joined",
            OneHotEncoder(
                categories=[
                    _list_frequent(frame[name], rare) for name, rare in columns.rare.items()
                ],
                handle_unknown="ignore",
                sparse_output=False,
            ),
            list(columns.rare),
        ),
    ]
    for kind, every in (("filled", columns.filled), ("ordered", tuple(columns.ordered))):
        marked = [name for name in every if name in columns.marked]
        for suffix, names in (("", [n for n in every if n not in marked]), (" marked", marked)):
            ranks = OrdinalEncoder(
                categories=[list(columns.ordered[name]) for name in names if kind == "ordered"],
                handle_unknown="use_encoded_value",
                unknown_value=np.nan,
            )
            imputer = SimpleImputer(strategy="median", add_indicator=bool(suffix))
            before = [ranks] if kind == "ordered" else []
            steps.append((kind + suffix, make_pipeline(*before, imputer, *scaling), names))

    return ColumnTransformer([(name, step, list(names)) for name, step, names in steps if names])


def group_coordinates(encoder: Any) -> dict[str, list[int]]:
    """Which coordinates of a fitted encoder each column became, by its name."""
    found: dict[str, list[int]] = {}
    at = 0

    for step, fitted, names in encoder.transformers_:
        for place, name in enumerate(names if step != "remainder" else ()):
            told = step in ("categories", "joined")
            count = len(fitted.categories_[place]) if told else 1
            found[name] = list(range(at, at + count))
            at += count
        if step.endswith(" marked"):
            imputer = next(one for _, one in fitted.steps if hasattr(one, "indicator_"))
            for place in imputer.indicator_.features_.tolist():
                found[f"{names[place]} is missing"] = [at]
                at += 1

    return found


def _list_frequent(column: "pd.Series[Any]", rare: Collection[Any]) -> list[Any]:
    """The other categories, in the encoder's order: a missing one last."""
    known = [value for value in column.dropna().unique().tolist() if value not in set(rare)]
    lacks = column.isna().any() and all(isinstance(value, str) for value in rare)
    return [*sorted(known), *([np.nan] if lacks else [])]
