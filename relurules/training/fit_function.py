"""The Python twin of `relurules fit`: a table and the name of its target -> rules."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from relurules.errors import DataError
from relurules.tables.column_types import ColumnType, TableSchema
from relurules.tables.read_options import ReadOptions
from relurules.tables.schema_values import read_schema

if TYPE_CHECKING:
    from relurules.training.table_fit import Fitted


def fit(
    table: Any, target: str, *, form: str = "auto", task: str = "auto",
    drop: Collection[str] = (), types: Any = None, max_rules: int | None = None,
    max_condition_columns: int | None = None, max_columns: int | None = None,
    monotone: Mapping[str, int] | None = None, teacher: Any = None,
    max_terms: int | Literal["auto"] | None = "auto",
    max_condition_terms: int | None = None, hidden: tuple[int, ...] | None = None,
    method: str | None = None, max_formula_terms: int | None = None,
    test_size: float = 0.2, seed: int = 0, positive: Any = None,
    reference: Any = None, time_limit: float | None = None, missing: str | None = None,
    min_category_rows: int = 1, split: str | None = None, repeats: int = 1,
    interactions: Any = None, no_interactions: Any = None, signs: str | None = None,
    effect_bounds: Mapping[str, tuple[float, float]] | None = None, na: Any = None,
    rows: int | None = None, progress: Callable[[str], None] | None = None,
) -> "Fitted":  # fmt: skip
    """Train few rules, in its raw columns, on a table.

    table: a frame of pandas, polars or pyarrow with text, missing values and dates as it comes, or
    the path of a CSV or Parquet file; or a frame of Dask or Spark. target: the column to predict.
    task: regression, binary or multiclass; "auto" tells it from the target. drop: columns that must
    not be used. types: what columns are where their values don't tell, {column: kind}, a
    `TableSchema`, or the path of a TOML file as `relurules columns` writes it. form: "additive",
    lines that add up, or "partition", rules of which one applies; "auto": the form that has the
    options given, where one form alone has them; else lines. max_rules: at most so many lines
    (None: 16), or rules (None: 8).

    Of lines: max_condition_columns, that one line reads at most, up to 3 (None: 2); max_columns,
    that all of them read; monotone: {column: 1 or -1}, where the score may only rise or fall with a
    column; interactions, no_interactions, signs, effect_bounds: see `ReLURulesClassifier`; effects
    count from the reference, over the range of all rows. Of more than two classes, every line has a
    slope for each, and monotone, signs and effect_bounds are refused.

    Of partition rules: method: "tree", a tree of linear models that is chosen directly, whose rules
    may jump where one ends and another begins; "network", a network that is trained and linearised,
    with which rules can be proven equal; "auto", as None: the tree, but for more than two classes
    or where hidden is given, sizes of the layers of that network (None: 40, 40). max_terms,
    max_condition_terms, max_formula_terms: the budget, see `ReLURulesClassifier`; max_terms: None
    is any number, "auto" 5.

    teacher, of lines and trees: see there. test_size: share of the rows that is only scored; seed:
    of the splits and of the training. positive: the class that scores speak of; reference: the row
    that contributions are measured from, as in `extract`. time_limit: seconds that all of this may
    take. `progress` is called with lines about how far it is.

    missing: what a missing number is: "line", it has points of its own beside those of the median
    ("income is missing: +0.4"), "impute", it counts as the median, "error", a reason to stop; None:
    "line" of lines, "impute" of partition rules. Of fewer than ten rows it counts as the median.
    na: {column: value} or {column: values} that stand for a missing one, such as {"age": -999}.
    min_category_rows: categories of fewer rows count as any other value.

    split: a column by which rows are split: of a date, the latest are the test rows; of text, no
    group is on both sides; time:COLUMN and group:COLUMN say which of a column of numbers. It isn't
    learnt from. repeats: so many splits at random, each fitted anew, of which .repeated has the
    mean scores and their intervals.

    rows: of a table that doesn't fit memory, so many rows are drawn at random, by the seed, and
    learnt from, tested and described; the same ones whatever pieces the table comes in. The rules
    hold on the range of all rows, and .undrawn has their score on those that weren't drawn. None:
    all rows, which is refused where they can't fit memory. A frame of Spark holds numbers, booleans
    and texts, and no `na`.

    Returns `Fitted`: .rules, .pipeline (takes the columns as `.frame` has them), .report (scores of
    train, validation and test rows beside those of linear models, a tree of as many leaves and
    boosting), .calibration, .split, .save(folder). Raises DataError
    for a table or a target that can't be learnt from, naming column and row.
    """
    from relurules.training.drawn_rows import read_fit_table
    from relurules.training.fit_forms import check_form
    from relurules.training.fit_options import FitOptions
    from relurules.training.table_fit import fit_table  # loads scikit-learn

    wanted = FitOptions(
        target=target,
        task=task,
        max_rules=max_rules,
        max_terms=max_terms,
        max_condition_terms=max_condition_terms,
        hidden=None if hidden is None else tuple(hidden),
        test_size=test_size,
        seed=seed,
        time_limit=time_limit,
        positive=positive,
        reference=reference,
        form=form,
        max_condition_columns=max_condition_columns,
        max_columns=max_columns,
        monotone=monotone,
        teacher=teacher,
        missing=missing,
        min_category_rows=min_category_rows,
        split=split,
        repeats=repeats,
        interactions=interactions,
        no_interactions=no_interactions,
        signs=signs,
        effect_bounds=effect_bounds,
        method=method,
        max_formula_terms=max_formula_terms,
        rows=rows,
    )
    check_form(wanted)
    schema = add_sentinels(_read_types(types), na)
    options = ReadOptions(schema=schema, dropped=tuple(drop))
    drawn = read_fit_table(table, options, rows, seed)
    known = drawn.file.schema.columns
    for name in (*drop, *schema.columns, *schema.sentinels):
        if name not in known:
            raise DataError(
                f"the table has no column {name!r}; it has {', '.join(map(repr, list(known)[:12]))}"
            )

    fitted = fit_table(drawn, wanted, progress or (lambda _: None))
    return replace(fitted, source=str(table)) if isinstance(table, str | Path) else fitted


def add_sentinels(schema: TableSchema, na: Any) -> TableSchema:
    """The schema with values that stand for missing ones, by column; DataError for anything else
    than a mapping.
    """
    if na is None:
        return schema
    if not isinstance(na, Mapping):
        raise DataError(f"na is {na!r}; expected {{column: value}}, such as {{'age': -999}}")
    found = {
        str(name): tuple(map(str, one if isinstance(one, list | tuple | set) else [one]))
        for name, one in na.items()
    }

    return replace(schema, sentinels={**schema.sentinels, **found})


def _read_types(types: Any) -> TableSchema:
    """What is said of columns; nothing for None."""
    if types is None:
        return TableSchema()
    if isinstance(types, TableSchema):
        return types
    if isinstance(types, Mapping):
        return TableSchema(
            columns={
                str(name): kind if isinstance(kind, ColumnType) else ColumnType(kind=kind)
                for name, kind in types.items()
            }
        )

    return read_schema(Path(types))
