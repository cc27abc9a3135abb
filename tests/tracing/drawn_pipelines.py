"""Tables, pipelines and models drawn at random, from all that is read of scikit-learn, and rows
that are hard for them: without values, with unknown ones, outside the training range and at edges.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingRegressor, VotingRegressor
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import (
    GammaRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import LinearSVC

Array = NDArray[np.float64]
Rng = np.random.Generator
ROWS = 90
SENTINEL = -999.0

#: Column of numbers -> how it is drawn; texts below.
NUMBERS: dict[str, Callable[[Rng], Array]] = {
    "age": lambda rng: rng.integers(18, 80, ROWS).astype(float),
    "net pay": lambda rng: np.round(rng.lognormal(8.0, 2.0, ROWS), 2),
    "rate": lambda rng: rng.gamma(2.0, 0.03, ROWS),
    "tiny": lambda rng: rng.normal(0.0, 1e-7, ROWS),
    "turnover": lambda rng: rng.normal(3e9, 1e9, ROWS),
    "balance": lambda rng: rng.normal(0.0, 50.0, ROWS),
    "constant": lambda rng: np.full(ROWS, float(rng.integers(-1, 3))),
    "step": lambda rng: rng.choice([0.1, 0.3, 0.7], ROWS),
    "count": lambda rng: rng.poisson(1.5, ROWS).astype(float),
    "score": lambda rng: np.where(rng.random(ROWS) < 0.2, SENTINEL, rng.normal(500, 80, ROWS)),
}
TEXTS = {
    "job": ["clerk", "smith", "nurse", 'it\'s "other"', ""],
    "größe": ["S", "M", "L"],
    "grade": [1.0, 2.0, 3.0, 7.0],
}


def pick(rng: Rng, *things: Any) -> Any:
    """One of them."""
    return things[int(rng.integers(len(things)))]


def draw_names(rng: Rng, names: list[str], count: int) -> list[str]:
    """So many of them, in any order."""
    return [str(name) for name in rng.permutation(names)[:count]]


def draw_table(rng: Rng) -> pd.DataFrame:
    """Some columns of numbers, some without missing values or whole, and of categories; some rows
    twice.
    """
    numbers = draw_names(rng, list(NUMBERS), int(rng.integers(2, 5)))
    texts = draw_names(rng, list(TEXTS), int(rng.integers(1, 3)))
    columns: dict[str, Any] = {name: NUMBERS[name](rng) for name in numbers}
    columns |= {name: rng.choice(np.array(TEXTS[name], object), ROWS) for name in texts}
    frame = pd.DataFrame(
        {name: columns[name] for name in draw_names(rng, list(columns), len(columns))}
    )
    for name in numbers:
        if rng.random() < 0.6:
            frame[name] = frame[name].mask(rng.random(ROWS) < 0.15)
        elif name == "count":
            frame[name] = frame[name].astype(int)
    for name in texts:
        if rng.random() < 0.5:
            frame[name] = frame[name].mask(rng.random(ROWS) < 0.15)
        if name == "grade":
            frame[name] = frame[name].astype(float)

    return frame.iloc[rng.integers(0, ROWS, ROWS)].reset_index(drop=True)


def draw_targets(rng: Rng, frame: pd.DataFrame) -> Array:
    """(N,) what a model may find in the table."""
    found = rng.normal(size=len(frame))
    for name in frame:
        if name in NUMBERS:
            ranks = frame[name].rank(pct=True).fillna(0.7).to_numpy()
            found = found + rng.normal(0, 3) * (ranks - 0.5)
        else:
            weights = dict(
                zip(TEXTS[str(name)], rng.normal(size=len(TEXTS[str(name)])), strict=True)
            )
            found = found + frame[name].map(weights).astype(float).fillna(0.4).to_numpy()
    return np.asarray(found)


def draw_scaler(rng: Rng) -> Any:
    """Any scaler."""
    return pick(
        rng,
        StandardScaler(),
        StandardScaler(with_mean=False),
        MinMaxScaler(),
        MinMaxScaler((-1.0, 2.0), clip=True),
        RobustScaler(),
        MaxAbsScaler(),
    )


def draw_imputer(rng: Rng, mark: float = np.nan) -> Any:
    """An imputer of numbers."""
    strategy = pick(rng, "mean", "median", "most_frequent", "constant")
    fill = float(rng.integers(0, 40)) if strategy == "constant" else None
    return SimpleImputer(
        missing_values=mark,
        strategy=strategy,
        fill_value=fill,
        add_indicator=bool(rng.random() < 0.3),
    )


def draw_bins(rng: Rng) -> Any:
    """KBinsDiscretizer of any kind."""
    return KBinsDiscretizer(
        int(rng.integers(2, 5)),
        encode=pick(rng, "ordinal", "onehot", "onehot-dense"),
        strategy=pick(rng, "uniform", "quantile", "kmeans"),
        quantile_method="averaged_inverted_cdf",
    )


#: What may stand behind an imputer and, maybe, a scaler.
STEPS: tuple[Callable[[Rng], Any], ...] = (
    lambda rng: pick(rng, None, "passthrough"),
    draw_scaler,
    draw_bins,
    lambda rng: FunctionTransformer(
        pick(rng, np.log, np.log1p, np.log2, np.log10, np.sqrt, np.reciprocal)
    ),
    lambda rng: FunctionTransformer(pick(rng, np.square, np.abs)),
    lambda rng: make_pipeline(MaxAbsScaler(), FunctionTransformer(pick(rng, np.exp, np.expm1))),
    lambda rng: FunctionTransformer(np.clip, kw_args={"a_min": 0.5, "a_max": 40.0}),
    lambda rng: PowerTransformer(
        pick(rng, "box-cox", "yeo-johnson"), standardize=bool(rng.random() < 0.7)
    ),
    lambda rng: QuantileTransformer(n_quantiles=int(rng.integers(3, 8))),
    lambda rng: SplineTransformer(
        int(rng.integers(2, 6)),
        degree=1,
        knots=pick(rng, "uniform", "quantile"),
        extrapolation=pick(rng, "constant", "linear", "continue"),
        include_bias=bool(rng.random() < 0.5),
    ),
    lambda rng: Binarizer(threshold=float(pick(rng, 0.0, 0.3, 40.0, 500.0))),
    lambda rng: PolynomialFeatures(
        2,
        include_bias=bool(rng.random() < 0.5),
        interaction_only=bool(rng.random() < 0.3),
    ),
)


def draw_number_step(rng: Rng, frame: pd.DataFrame, names: list[str]) -> Any:
    """Imputers, a scaler and a step for columns of numbers."""
    steps, gaps = [], frame[names].isna().to_numpy().any()
    if "score" in names and not gaps:
        steps.append(draw_imputer(rng, SENTINEL))
    elif gaps or rng.random() < 0.5:
        steps.append(draw_imputer(rng))
    if rng.random() < 0.25:
        steps.append(draw_scaler(rng))
    step = pick(rng, *STEPS)(rng)
    if "tiny" in names and isinstance(step, PowerTransformer):
        step = MaxAbsScaler()  # its powers would be millions
    steps.append(step)
    if rng.random() < 0.6:
        steps.append(draw_scaler(rng))

    return make_pipeline(*steps)


def draw_text_step(rng: Rng, numeric: bool) -> Any:
    """An encoder of categories, with or without an imputer; numeric: whether they are numbers."""
    encoder = pick(
        rng,
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        OneHotEncoder(handle_unknown="ignore", drop="first", sparse_output=False),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist", min_frequency=0.25, sparse_output=False
        ),
        OneHotEncoder(sparse_output=False),
        OrdinalEncoder(),
        OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
        ),
        TargetEncoder(random_state=0),
    )
    imputer = SimpleImputer(
        strategy=pick(rng, "most_frequent", "constant"), fill_value=2.0 if numeric else "none"
    )
    behind = [StandardScaler()] if rng.random() < 0.3 else []
    if isinstance(encoder, OrdinalEncoder) and rng.random() < 0.3:
        behind = [Binarizer(threshold=0.5)]
    return make_pipeline(*([imputer] if rng.random() < 0.4 else []), encoder, *behind)


def draw_columns(rng: Rng, frame: pd.DataFrame) -> Any:
    """A ColumnTransformer, in which columns may occur several times, or one of those."""
    numbers = [name for name in frame if name in NUMBERS]
    texts = [name for name in frame if name in TEXTS]
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        names = draw_names(rng, numbers, int(rng.integers(1, len(numbers) + 1)))
        step = draw_number_step(rng, frame, names)
        if rng.random() < 0.1:
            step = make_union(step, draw_number_step(rng, frame, names))
        parts.append((step, names))
    parts += [(draw_text_step(rng, numeric=name == "grade"), [name]) for name in texts]
    if rng.random() < 0.15:
        parts.append((MissingIndicator(features=pick(rng, "all", "missing-only")), numbers))
    if rng.random() < 0.1:
        parts.append(("drop", [numbers[0]]))

    found = make_column_transformer(*parts, sparse_threshold=0.0)
    return found.set_output(transform="pandas") if rng.random() < 0.1 else found


def draw_regressor(rng: Rng) -> tuple[Any, str]:
    """A regressor, and what it learns."""
    sizes = pick(rng, (2,), (3,), (2, 2))
    mlp = MLPRegressor(hidden_layer_sizes=sizes, max_iter=20, random_state=0)
    one = pick(rng, mlp, mlp, Ridge(), Lasso(0.01), LinearRegression())
    kind = pick(rng, "one", "one", "several", "count", "log", "scaled", "voting", "bagging", "grid")
    if kind == "several":
        return MultiOutputRegressor(one), "pair"
    if kind == "count":
        return pick(rng, PoissonRegressor(), GammaRegressor()), "positive"
    if kind == "log":
        return TransformedTargetRegressor(one, func=np.log1p, inverse_func=np.expm1), "positive"
    if kind == "scaled":
        return TransformedTargetRegressor(one, transformer=StandardScaler()), "number"
    if kind == "voting":
        return VotingRegressor([("a", mlp), ("b", Ridge())], weights=[2, 1]), "number"
    if kind == "bagging":
        return BaggingRegressor(one, 2, max_features=0.8, random_state=0), "number"
    if kind == "grid":
        return GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2), "number"
    return one, "number"


def draw_classifier(rng: Rng) -> tuple[Any, str]:
    """A classifier, and what it learns."""
    mlp = MLPClassifier(pick(rng, (2,), (3,)), max_iter=20, random_state=0)
    one = pick(rng, mlp, LogisticRegression(C=0.1), LinearSVC(C=0.1), RidgeClassifier())
    kind = pick(rng, "two", "three", "labels", "calibrated", "fixed", "tuned", "ovr", "several")
    if kind == "three":
        return pick(rng, mlp, LogisticRegression(C=0.1), LinearSVC(C=0.1)), "three"
    if kind == "labels":
        return mlp, "labels"
    if kind == "calibrated":
        score = pick(rng, LogisticRegression(C=0.1), LinearSVC(C=0.1))
        return CalibratedClassifierCV(score, ensemble=False, cv=2), "two"
    if kind == "fixed":
        return FixedThresholdClassifier(mlp, threshold=0.3), "two"
    if kind == "tuned":
        return TunedThresholdClassifierCV(mlp, cv=2, thresholds=5, random_state=0), "two"
    if kind == "ovr":
        return OneVsRestClassifier(LinearSVC(C=0.1)), "three"
    if kind == "several":
        return MultiOutputClassifier(mlp), "labels"
    return one, "two"


def make_targets(kind: str, numbers: Array) -> Any:
    """Numbers as what a model learns."""
    low, high = np.quantile(numbers, [0.3, 0.6])
    found = {
        "number": numbers,
        "positive": np.exp(numbers / 8.0),
        "pair": np.column_stack([numbers, numbers**2]),
        "two": np.where(numbers > np.median(numbers), "yes", "no"),
        "labels": np.column_stack([numbers > low, numbers < high]).astype(int),
        "three": np.array(["low", "mid", "top"])[np.digitize(numbers, [low, high])],
    }
    return found[kind]


def draw_model(rng: Rng, frame: pd.DataFrame) -> tuple[Any, Any]:
    """A model that isn't fitted, and its targets."""
    last, kind = draw_regressor(rng) if rng.random() < 0.55 else draw_classifier(rng)
    y = make_targets(kind, draw_targets(rng, frame))
    behind = [pick(rng, StandardScaler(), MinMaxScaler(), RobustScaler())]
    if rng.random() < 0.25:
        selector = SelectKBest(f_regression, k=2)
        other = pick(rng, PCA(2), selector, MinMaxScaler(clip=True))
        behind += [] if other is selector and is_classifier(last) else [other]

    return make_pipeline(draw_columns(rng, frame), *behind, last), y


def draw_rows(rng: Rng, frame: pd.DataFrame, model: Any) -> pd.DataFrame:
    """Rows of the table, of which some lack values, have unknown ones, lie outside the training
    range, or at or next to an edge of the model's steps.
    """
    rows = frame.iloc[:50].reset_index(drop=True).copy()
    edges = sorted({float(v) for v in list_edges(model) if np.isfinite(v)}) or [0.0]
    for name in rows:
        where = rng.random(len(rows))
        if name in NUMBERS:
            rows[name] = rows[name].astype(float)
            least, most = frame[name].min(), frame[name].max()
            span = most - least + 1.0
            count = int((where < 0.5).sum())
            odd = [*edges, least, most, least - span, most + 3 * span, 0.0, -0.0, SENTINEL]
            drawn = rng.choice(odd, count)
            beside = np.nextafter(drawn, np.inf * rng.choice([-1.0, 1.0], count))
            drawn = np.where((rng.random(count) < 0.5) & (drawn != 0.0), beside, drawn)
            rows.loc[where < 0.5, name] = drawn
        else:
            rows.loc[where < 0.1, name] = 99.0 if name == "grade" else "never seen"
        rows[name] = rows[name].mask(where > 0.9)
    return rows


#: Where steps keep numbers at which something changes.
_EDGES = ("bin_edges_", "threshold", "quantiles_", "data_min_", "data_max_", "statistics_", "mean_")


def list_edges(model: Any) -> Iterator[float]:
    """Numbers at which a step of the model changes."""
    if isinstance(model, list | tuple):
        for part in model:
            yield from list_edges(part)
    elif isinstance(model, BaseEstimator):
        for name, value in vars(model).items():
            if name == "bsplines_":
                for spline in value:
                    yield from spline.t.tolist()
            elif name in _EDGES:
                yield from flatten(value)
            else:
                yield from list_edges(value)


def flatten(value: Any) -> Iterator[float]:
    """The numbers in it."""
    if isinstance(value, np.ndarray | list):
        for part in value:
            yield from flatten(part)
    elif isinstance(value, float):
        yield float(value)


def score_rows(model: Any, rows: pd.DataFrame, count: int) -> Array:
    """(N, count) what a model gives, NaN where it raises an error."""
    try:
        return _score(model, rows)
    except (ValueError, TypeError):
        if len(rows) == 1:
            return np.full((1, count), np.nan)

    half = len(rows) // 2
    return np.vstack([score_rows(model, part, count) for part in (rows[:half], rows[half:])])


def _score(model: Any, rows: pd.DataFrame) -> Array:
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(rows)
        return np.hstack(shares) if isinstance(shares, list) else np.asarray(shares)
    if hasattr(model, "decision_function"):
        scores = np.asarray(model.decision_function(rows))
        return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
    return np.asarray(model.predict(rows), dtype=np.float64).reshape(len(rows), -1)
