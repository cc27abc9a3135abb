"""How good a fitted pipeline is on every part of the rows, beside other models of the same columns:
a linear model, a regularised one, a tree of as many leaves, boosting.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.training.lines.indicator_blocks import find_indicator_blocks
from relurules.training.row_split import Places, RowSplit
from relurules.training.targets import one_hot, split_rows
from relurules.training.task import TASKS, Rows

if TYPE_CHECKING:
    import pandas as pd

#: What was trained first is called so among the scores; a fit of lines has none.
FIRST_NETWORK = "the network at first"
#: Penalties that a regularised linear model is chosen among, as scikit-learn counts them: C of a
#: logistic regression, 1 / alpha of a ridge.
_PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)
#: Of more columns, a matrix of their curvature takes longer than many steps without it.
_NEWTON_COLUMNS = 500
#: Groups of test rows, by what is predicted, whose means are compared.
_BINS = 10
#: Quantile of Student's t for an interval of 95 %, by degrees of freedom from 1.
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_NORMAL = 1.96
#: Categories that scikit-learn's boosting takes in one column.
_MOST_CATEGORIES = 255


@dataclass(frozen=True, kw_only=True)
class FitScores:
    """scores: by model, and then by train, validation and test; measure: what they are. rows: how
    many each part has; places: which. calibration: of the rules on test rows, see
    `measure_calibration`; None for other targets than two classes.
    """

    scores: Mapping[str, Mapping[str, float]]
    measure: str
    rows: Mapping[str, int]
    places: Mapping[str, Places]
    calibration: "pd.DataFrame | None"


@dataclass(frozen=True, kw_only=True)
class ScoredRows:
    """What is scored: X, (N, d), encoded; y, (N,), as the table has it; Y, (N, m), of the task;
    parts: places of the rows of each part.
    """

    X: Array
    y: NDArray[Any]
    Y: Array
    parts: Mapping[str, Places]
    task: str

    @property
    def fitted(self) -> Places:
        """All rows but the test rows."""
        return np.sort(np.concatenate([self.parts["train"], self.parts["validation"]]))


def score_models(
    pipeline: Any, frame: "pd.DataFrame", y: NDArray[Any], split: RowSplit, task: str, leaves: int
) -> FitScores:
    """Scores of what was trained first, of the rules, and of models beside them. leaves: of the
    tree, as many as there are rules.

    Scores of validation rows are of models that weren't fitted to them.
    """
    estimator = pipeline[-1]
    encoded = np.asarray(pipeline[:-1].transform(frame), dtype=float)
    Y = _read_targets(estimator, y, task)
    parts = _list_parts(estimator, Y, split, task)
    rows = ScoredRows(X=encoded, y=y, Y=Y, parts=parts, task=task)
    first = estimator.dense_network_
    linear = "linear regression" if task == "regression" else "logistic regression"
    chosen = _read_chosen_score(estimator)
    rules = _score_parts(rows, estimator.network_.evaluate(encoded))
    scores = {
        **({} if first is None else {FIRST_NETWORK: _score_parts(rows, first.evaluate(encoded))}),
        "the rules": rules if chosen is None else {**rules, "validation": chosen},
        linear: _score_baseline(rows, lambda some: _fit_linear(rows, some, None)),
        "regularised linear": _score_regularised(rows),
        f"tree of {leaves} leaves": _score_baseline(
            rows, lambda some: _fit_tree(rows, some, leaves, estimator._seed)
        ),
        "boosting": _score_boosting(rows, estimator._seed),
    }
    test = parts["test"]
    calibration = (
        measure_calibration(estimator.network_.evaluate(encoded[test])[:, 0], Y[test, 0])
        if task == "binary"
        else None
    )
    counts = {part: len(some) for part, some in parts.items()}

    return FitScores(
        scores=scores,
        measure=TASKS[task].measure,
        rows=counts,
        places=parts,
        calibration=calibration,
    )


def _read_targets(estimator: Any, y: NDArray[Any], task: str) -> Array:
    if task == "regression":
        return np.asarray(y[:, None])
    numbers = np.searchsorted(estimator.classes_, y).astype(float)
    return one_hot(numbers, len(estimator.classes_))[:, 1 if task == "binary" else 0 :]


def _list_parts(estimator: Any, Y: Array, split: RowSplit, task: str) -> dict[str, Places]:
    """As the estimator split its rows."""
    train = split.train
    numbered = Rows(train[:, None].astype(float), Y[train], np.ones(len(train)))
    data = split_rows(
        numbered, estimator.validation_fraction, estimator._seed, classes=task != "regression",
        chosen_by=split.validation,
    )  # fmt: skip

    return {
        "train": data.training.X[:, 0].astype(np.intp),
        "validation": data.validation.X[:, 0].astype(np.intp),
        "test": split.test,
    }


def _read_chosen_score(estimator: Any) -> float | None:
    """The score by which the rules were chosen, of rows that the model wasn't fitted to by then;
    None where there was no choice. Where folds chose, it is a mean over them.
    """
    front, chosen = estimator.front_, estimator.chosen_
    return None if front is None or chosen is None else float(front["validation"].tolist()[chosen])


def _score_parts(rows: ScoredRows, F: Array) -> dict[str, float]:
    """Of scores F, (N, m), by part."""
    return {part: _score_rows(rows, F, some) for part, some in rows.parts.items()}


def _score_rows(rows: ScoredRows, F: Array, some: Places) -> float:
    return TASKS[rows.task].score(F[some], rows.Y[some], np.ones(len(some)))


def _score_baseline(rows: ScoredRows, fit: Callable[[Places], Array]) -> dict[str, float]:
    """Of a model that is fitted to all rows but the test rows; on validation rows, of one that is
    fitted to the rows to train on alone. fit: numbers of rows to scores of all rows, (N, m).
    """
    honest = _score_rows(rows, fit(rows.parts["train"]), rows.parts["validation"])
    return {**_score_parts(rows, fit(rows.fitted)), "validation": honest}


def _fit_linear(rows: ScoredRows, some: Places, penalty: float | None) -> Array:
    from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model: Any
    if rows.task == "regression":
        model = LinearRegression() if penalty is None else Ridge(alpha=1 / penalty)
    else:
        # Numbers are in the user's units: Newton takes a hundredth of the steps that others do.
        small = rows.X.shape[1] <= _NEWTON_COLUMNS
        newton = penalty is None and rows.task == "binary" and small
        model = LogisticRegression(
            solver="newton-cholesky" if newton else "lbfgs",
            max_iter=1000,
            C=1.0 if penalty is None else penalty,
        )
    # Centred, a column far from 0 is no second constant, which Newton's steps can't tell apart.
    scaler = StandardScaler(with_std=penalty is not None)

    return _fit_and_score(make_pipeline(scaler, model), rows, some)


def _score_regularised(rows: ScoredRows) -> dict[str, float]:
    """Of the penalty that does best on the validation rows, as the rules' number is chosen."""

    def judge(penalty: float) -> float:
        F = _fit_linear(rows, rows.parts["train"], penalty)
        return _score_rows(rows, F, rows.parts["validation"])

    judged = {penalty: judge(penalty) for penalty in _PENALTIES}
    best = max(judged, key=lambda penalty: judged[penalty])
    final = _score_parts(rows, _fit_linear(rows, rows.fitted, best))
    return {**final, "validation": judged[best]}


def _fit_tree(rows: ScoredRows, some: Places, leaves: int, seed: int) -> Array:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeRegressor if rows.task == "regression" else DecisionTreeClassifier
    tree = kind(max_leaf_nodes=max(2, leaves), random_state=seed)

    # Trees compare floats, which tell apart numbers far from 0 only where these are centred.
    return _fit_and_score(make_pipeline(StandardScaler(with_std=False), tree), rows, some)


def _score_boosting(rows: ScoredRows, seed: int) -> dict[str, float]:
    """Of boosting that reads the categories of a column as such: more accurate than of indicators,
    and twice as fast.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = (
        HistGradientBoostingRegressor
        if rows.task == "regression"
        else HistGradientBoostingClassifier
    )
    X, is_category = _join_indicators(rows.X)
    joined = replace(rows, X=X)

    def fit(some: Places) -> Array:
        model = kind(learning_rate=0.05, random_state=seed, categorical_features=is_category)
        return _fit_and_score(model, joined, some)

    return _score_baseline(joined, fit)


def _join_indicators(X: Array) -> tuple[Array, NDArray[np.bool_]]:
    """(N, d) encoded rows -> (N, e) with one column in place of the indicators of categories, and
    (e,) whether it holds categories.
    """
    blocks = [
        block
        for block in find_indicator_blocks(np.ascontiguousarray(X.T))
        if len(block) < _MOST_CATEGORIES
    ]
    joined = np.concatenate([np.zeros(0, dtype=np.intp), *[block.places for block in blocks]])
    numbers = np.delete(X, joined, axis=1)
    together = np.column_stack([numbers, *(block.codes for block in blocks)])

    return together, np.arange(together.shape[1]) >= numbers.shape[1]


def _fit_and_score(model: Any, rows: ScoredRows, some: Places) -> Array:
    """(N, m) scores; of a classifier without, log shares."""
    from threadpoolctl import threadpool_limits

    # One thread: others that wait for a busy core cost more than they give.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few rounds
        model.fit(rows.X[some], rows.y[some])
        if rows.task == "regression":
            return np.asarray(model.predict(rows.X)).reshape(len(rows.X), 1)
        if hasattr(model, "decision_function"):
            return np.asarray(model.decision_function(rows.X)).reshape(len(rows.X), -1)
        shares = np.asarray(np.log(np.maximum(model.predict_proba(rows.X), 1e-9)))
        return shares if rows.task == "multiclass" else shares[:, 1:] - shares[:, :1]


def measure_calibration(scores: Array, y: Array) -> "pd.DataFrame":
    """Groups of rows by what is predicted of them, in equal parts: their number, the mean share of
    the second class that is predicted, and that which was seen. scores, y: (N,).
    """
    import pandas as pd

    predicted = np.asarray(LINKS["sigmoid"].apply(scores[:, None]))[:, 0]
    parts = np.array_split(np.argsort(predicted, kind="stable"), min(_BINS, len(y)))
    return pd.DataFrame(
        [(len(part), predicted[part].mean(), y[part].mean()) for part in parts],
        columns=["rows", "predicted", "seen"],
    )


def turn_calibration(table: "pd.DataFrame | None") -> "pd.DataFrame | None":
    """The same of the first class."""
    if table is None:
        return None
    turned = table.iloc[::-1].reset_index(drop=True)
    return turned.assign(predicted=1 - turned["predicted"], seen=1 - turned["seen"])


def average_scores(
    found: Sequence[Mapping[str, Mapping[str, float]]], share: float
) -> "pd.DataFrame":
    """Mean of the test scores of every model over several splits, and half the width of its
    interval of 95 %; share: test rows by the other rows.

    Splits overlap, so their variance is enlarged (C. Nadeau and Y. Bengio, "Inference for the
    generalization error", 2003).
    """
    import pandas as pd

    count, table = len(found), {}
    quantile = _STUDENT[count - 2] if count - 2 < len(_STUDENT) else _NORMAL
    for model in found[0]:
        values = np.array([scores[model]["test"] for scores in found if model in scores])
        error = np.sqrt((1 / count + share) * values.var(ddof=1))
        table[model] = {"mean": float(values.mean()), "interval": float(quantile * error)}

    return pd.DataFrame(table).T


def repeat_fits(
    fit: Callable[[int], Mapping[str, Mapping[str, float]]],
    first: Mapping[str, Mapping[str, float]],
    count: int,
    seed: int,
) -> list[Mapping[str, Mapping[str, float]]]:
    """Scores on several splits; fit: those on the split of a seed. Names of trees, which tell their
    leaves, are one.
    """
    every = [first, *(fit(seed + number) for number in range(1, count))]
    return [
        {"tree of as many leaves" if k.startswith("tree of ") else k: v for k, v in each.items()}
        for each in every
    ]
