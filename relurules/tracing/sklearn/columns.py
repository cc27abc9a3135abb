"""scikit-learn's preprocessing, read from its fitted steps: `TRANSFORMERS` has one row for each
class.

Encoders aren't read but asked: each of their categories, a missing and an unknown value is sent
through them.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.tables.table import read_column
from relurules.tables.values import Value
from relurules.tracing.sklearn.curve_steps import apply_min_max, apply_quantiles, apply_spline
from relurules.tracing.sklearn.derived_steps import (
    apply_binarizer,
    apply_bins,
    apply_function,
    apply_power,
    apply_products,
    mark_number,
)
from relurules.tracing.sklearn.forms import (
    REFUSED,
    CategoryTable,
    FeatureForm,
    NumericColumn,
    RawColumn,
    Signal,
    combine_signals,
    keep_unselected,
    to_feature_form,
)

Array = NDArray[np.float64]
StepRule = Callable[[str, Any, Sequence[Signal]], list[Signal]]


def apply_step(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """What a fitted step makes of its input columns.

    ModelError where it is none of `TRANSFORMERS`, or isn't fitted.
    """
    kind = type(step).__name__
    if step in (None, "passthrough"):
        return list(signals)
    if isinstance(step, str) or kind not in TRANSFORMERS:
        raise ModelError(
            f"step {name!r} of the pipeline is {kind}, which can't be traced; supported: "
            f"{SUPPORTED}"
        )

    if kind not in ("Pipeline", "FeatureUnion", "FunctionTransformer") and not hasattr(
        step, "n_features_in_"
    ):
        raise ModelError(f"step {name!r} of the pipeline isn't fitted; call fit first")

    return TRANSFORMERS[kind](name, step, signals)


def _make_affine_rule(parts: Callable[[str, Any, int], tuple[Any, Any]]) -> StepRule:
    """A step that is an affine map; `parts` gives its weights (m, n) and constants (m,)."""

    def rule(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
        weights, constants = parts(name, step, len(signals))
        return combine_signals(
            np.asarray(weights, dtype=np.float64), np.asarray(constants, dtype=np.float64), signals
        )

    return rule


def _make_scaler_rule(parts: Callable[[Any], tuple[Any, Any]]) -> StepRule:
    """(x - center) / scale; `parts` gives both from the step, None for what it leaves out."""

    def rule(_: str, step: Any, d: int) -> tuple[Any, Any]:
        center, scale = parts(step)
        center, scale = (
            np.zeros(d) if center is None else center,
            np.ones(d) if scale is None else scale,
        )
        return np.diag(1.0 / scale), -center / scale

    return _make_affine_rule(rule)


def _read_pca(name: str, step: Any, _: int) -> tuple[Any, Any]:
    scale = np.sqrt(step.explained_variance_) if step.whiten else np.ones(len(step.components_))
    if not (scale > np.finfo(np.float64).eps).all():
        raise ModelError(
            f"step {name!r} divides by a variance of zero; supported: fewer components"
        )
    weights = step.components_ / scale[:, None]
    return weights, -weights @ step.mean_


def _apply_selector(_: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    return keep_unselected(signals, np.flatnonzero(step.get_support()).tolist())


def _apply_imputer(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    (mark,) = read_column([step.missing_values], name).entries
    filled: list[Signal] = []
    for signal, value in zip(signals, read_column(step.statistics_, name).entries, strict=True):
        if value is not None:
            filled.append(_fill_missing(name, signal, mark, value, _find_mark(step)))
        elif step.keep_empty_features:
            raise ModelError(
                f"step {name!r} keeps a column that had no value; drop it before the pipeline"
            )

    if step.add_indicator:
        filled += [_mark(name, signals[i], mark) for i in step.indicator_.features_.tolist()]

    return filled  # a column that had no value is dropped, as the imputer does


def _apply_indicator(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """MissingIndicator: 1 where a value is missing, else 0."""
    (mark,) = read_column([step.missing_values], name).entries
    marked = [int(i) for i in step.features_]
    outputs = [_mark(name, signals[i], mark) for i in marked]
    if not step.error_on_new or step.features == "all" or len(marked) == len(signals):
        return list(outputs)
    if mark is not None:
        raise ModelError(
            f"step {name!r} raises errors for {mark!r} in other columns; supported: features='all' "
            "or error_on_new=False"
        )
    if not marked:
        raise ModelError(
            f"step {name!r} gives no column, as no value was missing, but raises errors for "
            "missing values; supported: error_on_new=False, or a pipeline without the step"
        )

    # It raises an error for a missing value in any other column.
    others = [to_feature_form(one) for i, one in enumerate(signals) if i not in marked]
    demanded = {number: 0.0 for form in others for number in form.numbers}
    return [form._replace(numbers={**demanded, **form.numbers}) for form in outputs]


def _mark(name: str, signal: Signal, mark: Value) -> FeatureForm:
    """1 where a value is missing, or the number that stands for it, else 0."""
    if mark is None:
        return _mark_missing(name, signal)
    if not isinstance(mark, float):
        raise ModelError(
            f"step {name!r} tells where {mark!r} stands; supported: missing_values=nan or a number"
        )
    return mark_number(name, signal, mark)


def _mark_missing(name: str, signal: Signal) -> FeatureForm:
    """1 where a value is missing, else 0."""
    if isinstance(signal, RawColumn) and None not in signal.replaced:
        return FeatureForm(0.0, {}, {signal.column: CategoryTable({None: 1.0}, 0.0)})

    form = to_feature_form(signal)
    if len(form.numbers) == 1 and not form.tables and form.is_simple:
        ((number, weight),) = form.numbers.items()
        marked = float(number.fill is None and weight != 0.0)
        return FeatureForm(0.0, {}, {number.column: CategoryTable({None: marked}, 0.0)})
    if len(form.tables) == 1 and not form.numbers and form.is_simple:
        ((column, table),) = form.tables.items()
        marks = {
            value: None if number is None else float(np.isnan(number))
            for value, number in table.values.items()
        }
        other = None if table.other is None else float(np.isnan(table.other))
        return FeatureForm(0.0, {}, {column: CategoryTable(marks, other, table.mark)})

    raise ModelError(
        f"step {name!r} adds indicators of what other steps made; supported: an imputer before PCA"
    )


def _find_mark(step: Any) -> str:
    """Which missing values an imputer of objects takes alone: of numbers, any."""
    if (
        np.asarray(step.statistics_).dtype.kind in "biuf"
        or getattr(step, "_fit_dtype", np.dtype(object)).kind != "O"
    ):
        return ""
    if step.missing_values is None:
        return "None"
    return "NaN" if isinstance(step.missing_values, float) else ""


def _fill_missing(name: str, signal: Signal, mark: Value, value: str | float, taken: str) -> Signal:
    if isinstance(signal, RawColumn):
        # Such an imputer takes no NaN.
        refused: dict[Value, Value] = {} if mark is None else {None: REFUSED}
        return RawColumn(
            signal.column, {**refused, mark: value, **signal.replaced}, signal.mark or taken
        )

    if (
        mark is None
        and not isinstance(value, str)
        and len(signal.tables) == 1
        and not signal.numbers
        and signal.is_simple
    ):
        ((column, table),) = signal.tables.items()
        return FeatureForm(signal.constant, {}, {column: table.filled(value - signal.constant)})

    made = signal.tables or not signal.is_simple or len(signal.numbers) != 1
    if mark is not None or isinstance(value, str) or made:
        raise ModelError(
            f"step {name!r} imputes what other steps made; supported: an imputer before encoders "
            "and PCA"
        )

    ((number, weight),) = signal.numbers.items()
    if number.fill is not None or weight == 0.0:
        return signal
    return FeatureForm(
        signal.constant,
        {NumericColumn(number.column, (value - signal.constant) / weight): weight},
        {},
    )


def _apply_encoder(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """An encoder of categories, each output of which depends on one column: asked for every value
    of that column.
    """
    import pandas

    raws = [signal for signal in signals if isinstance(signal, RawColumn)]
    if len(raws) < len(signals):
        raise ModelError(
            f"step {name!r} encodes what another step made; supported: encoders of the table's "
            "columns"
        )

    labels = list(getattr(step, "feature_names_in_", range(len(raws))))
    known = [list(categories) for categories in step.categories_]
    base = [values[0] for values in known]

    def ask(column: int, values: Sequence[Any]) -> Array | None:
        frame = {}
        for i, (label, own) in enumerate(zip(labels, step.categories_, strict=True)):
            told = list(values) if i == column else [base[i]] * len(values)
            kind = float if own.dtype.kind in "iuf" else object
            frame[label] = pandas.Series(told, dtype=kind)
        return _query_encoder(step, pandas.DataFrame(frame))

    start = _take_only(ask(0, base[:1]))
    if start is None or not np.isfinite(start).all():
        raise ModelError(f"step {name!r} refuses its own categories; look at how it was fitted")

    outputs = [FeatureForm(float(constant), {}, {}) for constant in start]
    for i, raw in enumerate(raws):
        _check_missing(name, labels[i], known[i])
        answers = _query_categories(name, raw, known[i], partial(ask, i))
        moved = np.any(
            [row != start for row in (*answers[0].values(), answers[1]) if row is not None], axis=0
        )
        for k in np.flatnonzero(moved).tolist():
            values = {
                value: None if row is None else float(row[k]) for value, row in answers[0].items()
            }
            other = None if answers[1] is None else float(answers[1][k])
            table = CategoryTable(values, other, answers[2] or raw.mark)
            outputs[k] = FeatureForm(0.0, {}, {raw.column: table})

    return list(outputs)


def _query_categories(
    name: str, raw: RawColumn, known: Sequence[Any], ask: Callable[[Sequence[Any]], Array | None]
) -> tuple[dict[Value, Array | None], Array | None, str]:
    """What the encoder gives for every value of a column, for a missing one (None) and, second, for
    any other; third, which of NaN and None is missing where only one is, and "" for both.

    ask: the rows of several values, None where one of them is refused.
    """
    values, rows = read_column(known, name).entries, ask(known)
    own = [_take_only(ask([value])) for value in known] if rows is None else list(rows)
    answers: dict[Value, Array | None] = dict(zip(values, own, strict=True))
    mark = _tell_mark(known, ask)
    answers.setdefault(None, _take_only(ask([np.nan])))
    numeric = all(isinstance(value, float) for value in answers if value is not None)
    fresh: Any = (
        1.0 + max((v for v in answers if isinstance(v, float)), default=0.0)
        if numeric
        else "\x00unknown"
    )
    other = _take_only(ask([fresh]))

    for value, stand_in in raw.replaced.items():
        answers[value] = None if stand_in == REFUSED else answers.get(stand_in, other)

    return answers, other, mark


def _check_missing(name: str, label: Any, known: Sequence[Any]) -> None:
    """ModelError for categories that tell None from NaN, which are one missing value to rules, and
    for booleans beside either, which scikit-learn doesn't find again among other columns.
    """
    none = any(value is None for value in known)
    nan = any(isinstance(value, float) and np.isnan(value) for value in known)
    if none and nan:
        raise ModelError(
            f"step {name!r} has learnt None and NaN as two categories of column {label!r}; a "
            "missing value is one thing to rules and to databases: make them one, such as "
            f"frame[{label!r}].where(frame[{label!r}].notna(), np.nan), and fit again"
        )
    if (none or nan) and any(isinstance(value, bool | np.bool_) for value in known):
        raise ModelError(
            f"step {name!r} has learnt True, False and a missing value as categories of column "
            f"{label!r}; supported: texts such as 'yes' and 'no', or numbers (1.0, 0.0, NaN): turn "
            "the column into either, and fit again"
        )


def _take_only(rows: Array | None) -> Array | None:
    return None if rows is None else np.asarray(rows[0])


def _tell_mark(known: Sequence[Any], ask: Callable[[Sequence[Any]], Array | None]) -> str:
    """Which of NaN and None counts as missing, where the encoder doesn't answer both alike."""
    if all(isinstance(value, int | float | np.number) for value in known):
        return ""  # to columns of numbers both are NaN
    nan, none = _take_only(ask([np.nan])), _take_only(ask([None]))
    alike = (nan is None and none is None) or (
        nan is not None and none is not None and np.array_equal(nan, none, equal_nan=True)
    )
    return "" if alike else "None" if any(value is None for value in known) else "NaN"


def _query_encoder(step: Any, frame: Any) -> Array | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = step.transform(frame)
        except (ValueError, TypeError):  # an unknown or a missing value
            return None

    return np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float64)


def _apply_weight(step: Any, name: str, signals: list[Signal]) -> list[Signal]:
    """A part's outputs times its transformer weight."""
    weight = (step.transformer_weights or {}).get(name)
    return (
        signals
        if weight is None
        else combine_signals(weight * np.eye(len(signals)), np.zeros(len(signals)), signals)
    )


def _apply_column_transformer(_: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    places = step._transformer_to_input_indices
    outputs: list[Signal] = []
    for name, inner, _columns in step.transformers_:
        if not (isinstance(inner, str) and inner == "drop"):
            given = [signals[i] for i in places[name]]
            outputs += _apply_weight(step, name, apply_step(name, inner, given)) if given else []
    return outputs


def _apply_pipeline(_: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    found = list(signals)
    for name, inner in step.steps:
        found = apply_step(name, inner, found)
    return found


def _apply_union(_: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    parts = [(name, inner) for name, inner in step.transformer_list if inner != "drop"]
    return [
        out
        for name, inner in parts
        for out in _apply_weight(step, name, apply_step(name, inner, signals))
    ]


#: Class of a fitted step -> what it makes of its input columns.
TRANSFORMERS: Mapping[str, StepRule] = {
    "StandardScaler": _make_scaler_rule(
        lambda step: (step.mean_ if step.with_mean else None, step.scale_)
    ),
    "RobustScaler": _make_scaler_rule(lambda step: (step.center_, step.scale_)),
    "MaxAbsScaler": _make_scaler_rule(lambda step: (None, step.scale_)),
    "MinMaxScaler": apply_min_max,
    "PCA": _make_affine_rule(_read_pca),
    "TruncatedSVD": _make_affine_rule(
        lambda _, step, __: (step.components_, np.zeros(len(step.components_)))
    ),
    **dict.fromkeys(
        (
            "VarianceThreshold",
            "SelectKBest",
            "SelectPercentile",
            "SelectFpr",
            "SelectFdr",
            "SelectFwe",
            "GenericUnivariateSelect",
            "SelectFromModel",
            "SequentialFeatureSelector",
            "RFE",
            "RFECV",
        ),
        _apply_selector,
    ),
    "FunctionTransformer": apply_function,
    "SplineTransformer": apply_spline,
    "QuantileTransformer": apply_quantiles,
    "PowerTransformer": apply_power,
    "PolynomialFeatures": apply_products,
    "Binarizer": apply_binarizer,
    "KBinsDiscretizer": apply_bins,
    "SimpleImputer": _apply_imputer,
    "MissingIndicator": _apply_indicator,
    "OneHotEncoder": _apply_encoder,
    "OrdinalEncoder": _apply_encoder,
    "TargetEncoder": _apply_encoder,
    "ColumnTransformer": _apply_column_transformer,
    "Pipeline": _apply_pipeline,
    "FeatureUnion": _apply_union,
}

SUPPORTED = ", ".join(sorted(TRANSFORMERS))


__all__ = ["SUPPORTED", "TRANSFORMERS", "apply_step"]
