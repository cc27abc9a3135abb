"""A table -> a pipeline that ends in few rules: columns are typed and encoded, rows split, a
baseline put beside it.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from relurules.errors import UnsupportedError
from relurules.files.notebook import format_notebook_html
from relurules.ir import AdditiveRules, Graph, RuleSet
from relurules.ir.class_labels import make_labels
from relurules.ir.class_turn import find_positive
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.partitioning import SearchOptions, compile_search
from relurules.pipeline import ExtractSource, extract_additive_rules, extract_rules
from relurules.tables.column_types import TableSchema
from relurules.tracing import trace
from relurules.training.estimators import ReLURulesClassifier, ReLURulesRegressor
from relurules.training.fit_columns import (
    ColumnKinds,
    classify_columns,
    group_coordinates,
    make_encoder,
    unify_missing,
)
from relurules.training.fit_target import TargetOptions, read_target

if TYPE_CHECKING:
    import pandas as pd


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
    form: str = "partition"
    max_condition_columns: int = 2
    max_columns: int | None = None
    monotone: Mapping[str, int] | None = None
    teacher: Any = None
    method: str = "auto"
    max_formula_terms: int | None = None


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
    rules: RuleSet | AdditiveRules
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
    def parts(self) -> str:
        """What the rules consist of."""
        return "lines" if self.wanted.form == "additive" else "rules"

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
            f"<Fitted: {self.wanted.target} by {len(self.rules)} {self.parts}, {self.measure} "
            f"{score:.4g} on test rows>"
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
    options = TargetOptions(wanted.target, wanted.task, wanted.test_size)
    task, y = read_target(table, options)
    columns = classify_columns(table.drop(columns=[wanted.target]), schema)
    used = {*columns.numbers, *columns.filled, *columns.categories, *columns.ordered}
    frame = table[[name for name in table.columns if name in used]]
    parts = train_test_split(
        np.arange(len(y)), test_size=wanted.test_size, random_state=wanted.seed,
        stratify=None if task == "regression" else y,
    )  # fmt: skip
    train, test = (np.sort(part) for part in parts)
    wanted = choose_method(wanted, task)
    encoder = make_encoder(columns, scaled=wanted.form == "partition" and wanted.method != "tree")
    encoded = encoder.fit_transform(frame.iloc[train])
    estimator = _make_estimator(wanted, task, say, deadline.share(_TRAINING_SHARE))
    if wanted.form == "additive":
        groups = group_coordinates(encoder)
        trends = turn_trends(wanted.monotone, y, wanted.positive, task)
        estimator.set_params(column_groups=groups, monotonic_cst=trends)

    pipeline = Pipeline([("columns", encoder), ("rules", estimator.fit(encoded, y[train]))])
    pipeline[-1].set_params(verbose=False)
    say("writing down the rules")
    # Once: it asks encoders about every category.
    graph, _ = trace(pipeline, positive=wanted.positive)
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


def choose_method(wanted: FitOptions, task: str) -> FitOptions:
    """The options with the way to partition rules that "auto" stands for; UnsupportedError for
    options that a way hasn't.
    """
    if wanted.form != "partition":
        return wanted
    sized = wanted.hidden != FitOptions._field_defaults["hidden"]
    method = wanted.method
    if method == "auto":
        method = "network" if task == "multiclass" or sized else "tree"
    if method == "tree" and sized:
        raise UnsupportedError("hidden with method='tree', which trains no network; leave it out")
    if method == "tree" and task == "multiclass":
        raise UnsupportedError(
            "method='tree' of more than two classes; supported: method='network'"
        )
    if method == "network" and (wanted.teacher is not None or wanted.max_formula_terms is not None):
        raise UnsupportedError(
            "teacher and max_formula_terms are of method='tree' and form='additive', not of "
            "method='network'"
        )
    return wanted._replace(method=method)


def _make_estimator(
    wanted: FitOptions, task: str, say: Callable[[str], None], deadline: Deadline
) -> Any:
    kind = ReLURulesRegressor if task == "regression" else ReLURulesClassifier
    limit = deadline.left() if deadline.is_set else None
    if wanted.form == "additive":
        return kind(
            form="additive", max_rules=wanted.max_rules, max_columns=wanted.max_columns,
            max_condition_columns=wanted.max_condition_columns, teacher=wanted.teacher,
            random_state=wanted.seed, verbose=say, time_limit=limit,
        )  # fmt: skip

    if wanted.method == "tree":
        return kind(
            linearization="tree", max_rules=wanted.max_rules, max_terms=wanted.max_terms,
            max_condition_terms=wanted.max_condition_terms, teacher=wanted.teacher,
            max_formula_terms=wanted.max_formula_terms, random_state=wanted.seed, verbose=say,
            time_limit=limit,
        )  # fmt: skip

    return kind(
        hidden_layer_sizes=wanted.hidden, max_rules=wanted.max_rules, max_terms=wanted.max_terms,
        max_condition_terms=wanted.max_condition_terms, random_state=wanted.seed, verbose=say,
        time_limit=limit,
    )  # fmt: skip


def turn_trends(
    monotone: Mapping[str, int] | None, y: Any, positive: Any, task: str
) -> Mapping[str, int] | None:
    """Trends of the score that the estimator is fitted for, the second class's; as asked for, they
    are those of the positive class, where one is named.
    """
    if monotone is None or positive is None or task != "binary":
        return monotone
    if find_positive(make_labels(np.unique(y)), positive) == 1:
        return monotone
    return {name: -trend for name, trend in monotone.items()}


def _extract_rules(
    model: Any,
    frame: "pd.DataFrame",
    y: "pd.Series[Any]",
    train: Any,
    wanted: FitOptions,
    deadline: Deadline = NEVER,
) -> tuple[RuleSet | AdditiveRules, bool]:
    """The rules in raw columns, over the range of all rows; of those trained on where there would
    be too many.
    """
    source = ExtractSource(model=model, data=frame, y=y, reference=wanted.reference)
    if wanted.form == "additive":
        return extract_additive_rules(source), True

    def left(part: float) -> float | None:
        """Of the time that is left, with a little more: so few rules take next to none, and are to
        be all of them.
        """
        return part * deadline.left() + 1.0 + _EXTRA * deadline.seconds if deadline.is_set else None

    rules = extract_rules(source, search=SearchOptions(time_limit=left(0.5)))
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
    first = estimator.dense_network_
    found = {
        **({} if first is None else {"the network at first": first.evaluate(encoded)}),
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
