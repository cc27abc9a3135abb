"""A table -> a pipeline that ends in few rules: columns are typed and encoded, rows split, a
baseline put beside it.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from relurules.errors import DataError, UnsupportedError
from relurules.files.notebook import format_notebook_html
from relurules.ir import Graph, RuleSet
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.partitioning import SearchOptions, compile_search
from relurules.pipeline import ExtractSource, extract_rules
from relurules.tables.column_types import ColumnType, TableSchema
from relurules.tracing import trace
from relurules.training.estimators import ReLURulesClassifier, ReLURulesRegressor

if TYPE_CHECKING:
    import pandas as pd

TASKS = ("auto", "regression", "binary", "multiclass")

#: Fewer rows can't be split in three; of fewer a class can't be learnt; of fewer values a column
#: tells nothing.
_ROWS, _CLASS_ROWS, _VALUES = 30, 5, 10
#: A target of whole numbers is taken for classes up to so many of them; more can't be trained for
#: at all.
_MOST_GUESSED_CLASSES, _MOST_CLASSES = 10, 50
#: Text columns of which more than this share of values differ are names of rows, not categories.
_IDENTIFIER_SHARE = 0.5
#: Share of a time limit that is for training.
_TRAINING_SHARE = 0.7
#: Share of a time limit that writing down the rules may take beyond it.
_EXTRA = 0.1


class FitOptions(NamedTuple):
    """What is asked for; see `ReLURulesClassifier` for what isn't said here."""

    target: str
    task: str = "auto"
    max_rules: int = 8
    max_terms: int | None = 5
    max_condition_terms: int | None = None
    hidden: tuple[int, ...] = (40, 40)
    test_size: float = 0.2
    seed: int = 0
    time_limit: float | None = None
    positive: Any = None
    reference: Any = None


class ColumnKinds(NamedTuple):
    """Names of the columns that are used, by kind, and of those dropped, with the reason."""

    numbers: tuple[str, ...]
    filled: tuple[str, ...]
    categories: tuple[str, ...]
    dropped: Mapping[str, str]
    ordered: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Fitted:
    """pipeline: reads the raw columns of `frame`, (N, d), which is all rows; graph: it as traced;
    rules: the same.

    scores: by model, and then by train, validation and test; measure: what they are. everywhere:
    whether the rules hold on the range of all rows; else on that of the rows that were trained on.
    schema: what the columns of the file were taken for; None for a table that was in no file.
    """

    pipeline: Any
    graph: Graph
    wanted: FitOptions
    task: str
    columns: ColumnKinds
    frame: "pd.DataFrame"
    rows: Mapping[str, int]
    rules: RuleSet
    everywhere: bool
    scores: Mapping[str, Mapping[str, float]]
    measure: str
    schema: TableSchema | None = None

    #: The path of the table's file; None for a frame.
    source: str | None = None

    @property
    def estimator(self) -> Any:
        """The last step."""
        return self.pipeline[-1]

    @property
    def report(self) -> "pd.DataFrame":
        """Scores of the network, the rules and a linear model, one row each, by part of the rows;
        the columns' name is the measure.
        """
        import pandas as pd

        table = pd.DataFrame(self.scores).T
        return table.rename_axis(columns=self.measure)

    def __repr__(self) -> str:
        """One line: the target, the rules and their score."""
        score = self.scores["the rules"]["test"]
        return (
            f"<Fitted: {self.wanted.target} by {len(self.rules)} rules, {self.measure} {score:.4g} "
            "on test rows>"
        )

    def _repr_html_(self) -> str:
        """The scores, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], self.report.to_string())

    def save(self, folder: str | Path) -> list[Path]:
        """Write into the folder what `relurules fit` writes: the pipeline, the network, rules, rule
        document, front and summary; returns their paths. All of them are written, or none.
        """
        from relurules.training.fit_files import write_fit

        write_fit(self, Path(self.source or "DATA.csv"), Path(folder))
        return sorted(path for path in Path(folder).iterdir() if path.is_file())


def fit_table(
    table: "pd.DataFrame",
    wanted: FitOptions,
    say: Callable[[str], None],
    schema: TableSchema | None = None,
) -> Fitted:
    """Train on a table with the target among its columns; `say` is called with lines about how far
    it is. schema: what the columns of its file are; None: by their values.

    Raises DataError for a table or a target that can't be learnt from, UnsupportedError for an
    unknown task.
    """
    import pandas as pd
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import Pipeline

    if wanted.time_limit is not None:
        compile_search()

    deadline = Deadline.after(wanted.time_limit)
    table = unify_missing(table)
    task, y = read_target(table, wanted)
    columns = classify_columns(table.drop(columns=[wanted.target]), schema)
    used = {*columns.numbers, *columns.filled, *columns.categories, *columns.ordered}
    frame = table[[name for name in table.columns if name in used]]
    parts = train_test_split(
        np.arange(len(y)), test_size=wanted.test_size, random_state=wanted.seed,
        stratify=None if task == "regression" else y,
    )  # fmt: skip
    train, test = (np.sort(part) for part in parts)
    pipeline = Pipeline(
        [
            ("columns", make_encoder(columns)),
            ("rules", _make_estimator(wanted, task, say, deadline.share(_TRAINING_SHARE))),
        ]
    )
    pipeline.fit(frame.iloc[train], y[train])
    pipeline[-1].set_params(verbose=False)
    say("writing down the rules")
    graph = trace(pipeline, None, None, wanted.positive)[
        0
    ]  # once: it asks encoders about every category
    rules, everywhere = _extract_rules(
        graph, frame, pd.Series(y, name=wanted.target), train, wanted, deadline
    )
    rules = replace(
        rules,
        provenance=replace(rules.provenance, model=type(pipeline).__name__),
        schema=None if schema is None else schema.restrict([c.name for c in graph.columns]),
    )
    scores, measure, rows = _score_models(pipeline, frame, y, (train, test), task)

    return Fitted(
        pipeline, graph, wanted, task, columns, frame, rows, rules, everywhere, scores, measure,
        schema,
    )  # fmt: skip


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


def read_target(table: "pd.DataFrame", wanted: FitOptions) -> tuple[str, Any]:
    """The task, and the target of every row: (N,) numbers, or classes."""
    import pandas as pd

    column = _check_target(table, wanted)
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    whole = number and bool((column % 1 == 0).all())
    task = wanted.task

    if task == "auto":
        numeric = number and (not whole or column.nunique() > _MOST_GUESSED_CLASSES)
        task = "regression" if numeric else "binary" if column.nunique() == 2 else "multiclass"
    if task == "regression":
        if not number or not np.isfinite(y := column.to_numpy(dtype=float)).all():
            raise DataError(
                f"the target {column.name!r} holds {_list_examples(column)}; a regression needs "
                "finite numbers"
            )
        return task, y

    if number and not whole:
        raise DataError(
            f"the target {column.name!r} holds fractions such as {_list_examples(column)}; did "
            "you mean --task regression?"
        )

    return task, _read_classes(column.astype(int) if number else column, task, wanted)


def _check_target(table: "pd.DataFrame", wanted: FitOptions) -> "pd.Series[Any]":
    """The target's column, of a table that is large enough, with a value in every row, not all of
    them the same.
    """
    name = wanted.target
    if wanted.task not in TASKS:
        raise UnsupportedError(f"task {wanted.task!r}; supported: {', '.join(TASKS)}")
    if not 0 < wanted.test_size < 1:
        raise DataError(f"test size {wanted.test_size}; expected a share between 0 and 1")
    if name not in table.columns:
        raise DataError(
            f"no column {name!r} to be the target; there are "
            f"{', '.join(map(repr, table.columns[:12]))}"
        )

    if len(table) < _ROWS:
        raise DataError(f"the table has {len(table)} rows; at least {_ROWS} are needed")

    column = table[name]
    if missing := int(column.isna().sum()):
        raise DataError(
            f"the target {name!r} is missing in {missing} of {len(table)} rows; fill or remove "
            "these rows"
        )

    if column.nunique() < 2:
        raise DataError(
            f"the target {name!r} is {_list_examples(column)} in all rows; at least two classes or "
            "numbers are needed"
        )

    return column


def _read_classes(column: "pd.Series[Any]", task: str, wanted: FitOptions) -> Any:
    counts = column.value_counts()
    counts = counts[counts > 0]  # categories that no row has
    kinds = {type(value) for value in column.tolist()}
    if len(kinds) > 1 or not kinds <= {str, bool, int}:
        shown = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(
            f"the target {column.name!r} holds {shown}; classes must be text, whole numbers, or "
            "true and false"
        )

    if task == "binary" and len(counts) != 2:
        raise DataError(
            f"the target {column.name!r} has {len(counts)} classes, {_list_examples(column)}; "
            "binary needs 2"
        )

    if task == "multiclass" and len(counts) < 3:
        raise DataError(
            f"the target {column.name!r} has the classes {_list_examples(column)} only; use "
            "--task binary"
        )

    if len(counts) > _MOST_CLASSES:
        raise DataError(
            f"the target {column.name!r} has {len(counts)} classes, such as "
            f"{_list_examples(column)}; at most {_MOST_CLASSES} can be told apart; join some"
        )

    if counts.min() < _CLASS_ROWS:
        rarest = counts.index[counts == counts.min()].tolist()[0]
        raise DataError(
            f"class {rarest!r} of the target {column.name!r} has {counts.min()} rows; at least "
            f"{_CLASS_ROWS} are needed; remove these rows or join classes"
        )

    if round(min(wanted.test_size, 1 - wanted.test_size) * len(column)) < len(counts):
        raise DataError(
            f"a test size of {wanted.test_size} leaves fewer rows than the {len(counts)} classes"
        )

    return np.array(column.tolist())


def _list_examples(column: "pd.Series[Any]") -> str:
    values = column.drop_duplicates().head(3).tolist()
    return ", ".join(
        repr(int(value) if isinstance(value, float) and value.is_integer() else value)
        for value in values
    )


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


def make_encoder(columns: ColumnKinds) -> Any:
    """Numbers are filled where one is missing, and scaled; categories become indicators, a missing
    one its own; ordered ones the numbers of their levels.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    levels = list(map(list, columns.ordered.values()))
    ranks = OrdinalEncoder(
        categories=levels, handle_unknown="use_encoded_value", unknown_value=np.nan
    )
    steps = [
        ("numbers", StandardScaler(), columns.numbers),
        (
            "filled",
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            columns.filled,
        ),
        (
            "categories",
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            columns.categories,
        ),
        (
            "ordered",
            make_pipeline(ranks, SimpleImputer(strategy="median"), StandardScaler()),
            columns.ordered,
        ),
    ]

    return ColumnTransformer([(name, step, list(names)) for name, step, names in steps if names])


def _make_estimator(
    wanted: FitOptions, task: str, say: Callable[[str], None], deadline: Deadline
) -> Any:
    kind = ReLURulesRegressor if task == "regression" else ReLURulesClassifier
    return kind(
        hidden_layer_sizes=wanted.hidden, max_rules=wanted.max_rules, max_terms=wanted.max_terms,
        max_condition_terms=wanted.max_condition_terms, random_state=wanted.seed, verbose=say,
        time_limit=deadline.left() if deadline.is_set else None,
    )  # fmt: skip


def _extract_rules(
    model: Any,
    frame: "pd.DataFrame",
    y: "pd.Series[Any]",
    train: Any,
    wanted: FitOptions,
    deadline: Deadline = NEVER,
) -> tuple[RuleSet, bool]:
    """The rules in raw columns, over the range of all rows; of those trained on where there would
    be too many.
    """

    def left(part: float) -> float | None:
        """Of the time that is left, with a little more: so few rules take next to none, and are to
        be all of them.
        """
        return part * deadline.left() + 1.0 + _EXTRA * deadline.seconds if deadline.is_set else None

    rules = extract_rules(
        ExtractSource(model=model, data=frame, y=y, reference=wanted.reference),
        search=SearchOptions(time_limit=left(0.5)),
    )
    if rules.complete and len(rules) <= wanted.max_rules:
        return rules, True

    source = ExtractSource(
        model=model, data=frame.iloc[train], y=y.iloc[train], reference=wanted.reference
    )
    return extract_rules(source, search=SearchOptions(time_limit=left(1.0))), False


def _score_models(
    pipeline: Any, frame: "pd.DataFrame", y: Any, parts: tuple[Any, Any], task: str
) -> tuple[Mapping[str, Mapping[str, float]], str, Mapping[str, int]]:
    """Scores of what was trained first, of the rules and of a linear model, the measure, and the
    rows of each part.
    """
    from relurules.training.targets import one_hot, split_rows
    from relurules.training.task import TASKS as MEASURES
    from relurules.training.task import Rows

    (train, test), estimator = parts, pipeline[-1]
    encoded = np.asarray(pipeline[:-1].transform(frame), dtype=float)

    if task == "regression":
        Y = y[:, None]
    else:
        Y = one_hot(np.searchsorted(estimator.classes_, y), len(estimator.classes_))[
            :, 1 if task == "binary" else 0 :
        ]

    # As the estimator split its rows.
    numbered = Rows(train[:, None].astype(float), Y[train], np.ones(len(train)))
    data = split_rows(
        numbered, estimator.validation_fraction, estimator._seed, classes=task != "regression"
    )
    rows = {
        "train": data.training.X[:, 0].astype(int),
        "validation": data.validation.X[:, 0].astype(int),
        "test": test,
    }
    found = {
        "the network at first": estimator.dense_network_.evaluate(encoded),
        "the rules": estimator.network_.evaluate(encoded),
        "linear regression" if task == "regression" else "logistic regression": _fit_baseline(
            encoded, y, train, task
        ),
    }
    measure = MEASURES[task]
    scores = {
        model: {
            part: measure.score(F[some], Y[some], np.ones(len(some))) for part, some in rows.items()
        }
        for model, F in found.items()
    }

    return scores, measure.measure, {part: len(some) for part, some in rows.items()}


def _fit_baseline(X: Array, y: Any, train: Any, task: str) -> Array:
    """Scores (N, m) of a linear model of the same columns, fitted to all rows but the test rows."""
    from sklearn.linear_model import LinearRegression, LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few rounds
        if task == "regression":
            return np.asarray(LinearRegression().fit(X[train], y[train]).predict(X)).reshape(
                len(X), 1
            )
        fitted = LogisticRegression(max_iter=1000).fit(X[train], y[train])
        return np.asarray(fitted.decision_function(X)).reshape(len(X), -1)
