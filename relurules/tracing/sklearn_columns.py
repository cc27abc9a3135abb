"""What scikit-learn's preprocessing does to the columns of a table, read from its fitted steps.

A step's output is a `Form`: a constant, plus weights times numbers, plus a table of values for every category column.
Encoders aren't read but asked: each of their categories, a missing and an unknown value is sent through them.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Category, Column
from relurules.errors import ModelError
from relurules.ir.network import AffineMap
from relurules.tables import Value, entries

Array = NDArray[np.float64]


#: What an imputer makes of a missing value that it doesn't take.
_REFUSED = "\0refused"


class Raw(NamedTuple):
    """A column of the table that only imputers have touched; replaced: value -> what they made of it."""

    column: int
    replaced: Mapping[Value, Value] = {}


class Number(NamedTuple):
    """A column of the table used as a number; fill: what a missing one counts as, None where there is no answer."""

    column: int
    fill: float | None


class Table(NamedTuple):
    """A number for every known value (None: missing) and for any other; None where there is no answer."""

    values: Mapping[Value, float | None]
    other: float | None

    def at(self, value: Value) -> float | None:
        """The number of a value."""
        return self.values.get(value, self.other)


class Form(NamedTuple):
    """constant + sum of weights times numbers + sum of the tables' entries for the columns' values."""

    constant: float
    numbers: Mapping[Number, float]
    tables: Mapping[int, Table]


Signal = Raw | Form
Step = Callable[[str, Any, Sequence[Signal]], list[Signal]]


def transformed(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """What a fitted step makes of its input columns. ModelError where it is none of `TRANSFORMERS`, or isn't fitted."""
    kind = type(step).__name__
    if step in (None, "passthrough"):
        return list(signals)
    if isinstance(step, str) or kind not in TRANSFORMERS:
        raise ModelError(f"step {name!r} of the pipeline is {kind}, which can't be traced; supported: {SUPPORTED}")
    if kind not in ("Pipeline", "FeatureUnion", "FunctionTransformer") and not hasattr(step, "n_features_in_"):
        raise ModelError(f"step {name!r} of the pipeline isn't fitted; call fit first")
    return TRANSFORMERS[kind](name, step, signals)


def layout(signals: Sequence[Signal], names: Sequence[str]) -> tuple[tuple[Column, ...], AffineMap]:
    """The columns of the table that `signals` read, and the signals as affine forms of their coordinates."""
    forms = [_form(signal) for signal in signals]
    columns, parts = [], []
    for j, name in enumerate(names):
        fills = {number.fill for form in forms for number in form.numbers if number.column == j}
        tables = [form.tables.get(j) for form in forms]
        if fills and any(table is not None for table in tables):
            raise ModelError(f"column {name!r} is used as a number and as a category; supported: one of them")
        if len(fills) > 1:
            raise ModelError(f"column {name!r} is imputed in different ways; supported: one imputer for a column")
        if fills:
            fill = fills.pop()
            columns.append(Column(name, (), fill))
            parts.append(np.array([[form.numbers.get(Number(j, fill), 0.0)] for form in forms]))
        elif any(table is not None for table in tables):
            categories, weights = _categories(name, tables)
            columns.append(Column(name, categories))
            parts.append(weights)
    if not columns:
        raise ModelError("the pipeline uses none of its columns")
    return tuple(columns), AffineMap(np.hstack(parts), np.array([form.constant for form in forms]))


def _categories(name: str, tables: Sequence[Table | None]) -> tuple[tuple[Category, ...], Array]:
    """Values of a column that no signal tells apart are one category; its weights are what the tables give."""
    used = [table for table in tables if table is not None]
    known = dict.fromkeys(value for table in used for value in table.values)
    numbers: dict[tuple[float, ...], list[Value]] = {}
    for value in [*(v for v in known if v is not None), None]:
        row = [0.0 if table is None else table.at(value) for table in tables]
        if (answer := _complete(row)) is not None:
            numbers.setdefault(answer, []).append(value)
    other = _complete([0.0 if table is None else table.other for table in tables])
    if other is not None:
        numbers.setdefault(other, [])
    if not numbers:
        raise ModelError(f"column {name!r}: the encoder has no category that it takes")
    categories = tuple(
        Category(tuple(v for v in values if v is not None), None in values, answer == other)
        for answer, values in numbers.items()
    )
    return categories, np.array(list(numbers), dtype=np.float64).T


def _complete(row: Sequence[float | None]) -> tuple[float, ...] | None:
    return None if any(entry is None for entry in row) else tuple(float(entry or 0.0) for entry in row)


def _form(signal: Signal) -> Form:
    if isinstance(signal, Form):
        return signal
    marks = [value for value in signal.replaced if value is not None]
    if marks:
        raise ModelError(f"an imputer replaces {marks[0]!r} in a column of numbers; supported: missing_values=nan")
    fill = signal.replaced.get(None)
    fill = None if fill == _REFUSED else fill
    if isinstance(fill, str):
        raise ModelError(f"an imputer fills a column of numbers with {fill!r}; supported: a number")
    return Form(0.0, {Number(signal.column, fill): 1.0}, {})


def combined(weights: Array, constants: Array, signals: Sequence[Signal]) -> list[Signal]:
    """Affine forms of the signals: weights (m, n), constants (m,)."""
    forms = [_form(signal) for signal in signals]
    return [_sum(row, constant, forms) for row, constant in zip(weights, constants, strict=True)]


def _sum(weights: Array, constant: float, forms: Sequence[Form]) -> Form:
    total, numbers, tables = float(constant), dict[Number, float](), dict[int, Table]()
    for weight, form in zip(weights.tolist(), forms, strict=True):
        total += weight * form.constant
        for number, factor in form.numbers.items():
            numbers[number] = numbers.get(number, 0.0) + weight * factor
        for column, table in form.tables.items():
            if weight or table.other is None or None in table.values.values():
                tables[column] = _added(tables.get(column), table, weight)
    return Form(total, numbers, tables)


def _added(table: Table | None, other: Table, weight: float) -> Table:
    def plus(one: float | None, two: float | None) -> float | None:
        return None if one is None or two is None else one + weight * two

    table = table or Table({}, 0.0)
    values = [*table.values, *(value for value in other.values if value not in table.values)]
    return Table({value: plus(table.at(value), other.at(value)) for value in values}, plus(table.other, other.other))


def _linear(parts: Callable[[str, Any, int], tuple[Any, Any]]) -> Step:
    """A step that is an affine map; `parts` gives its weights (m, n) and constants (m,)."""

    def rule(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
        weights, constants = parts(name, step, len(signals))
        return combined(np.asarray(weights, dtype=np.float64), np.asarray(constants, dtype=np.float64), signals)

    return rule


def _scaled(parts: Callable[[Any], tuple[Any, Any]]) -> Step:
    """(x - center) / scale; `parts` gives both from the step, None for what it leaves out."""

    def rule(_: str, step: Any, d: int) -> tuple[Any, Any]:
        center, scale = parts(step)
        center, scale = np.zeros(d) if center is None else center, np.ones(d) if scale is None else scale
        return np.diag(1.0 / scale), -center / scale

    return _linear(rule)


def _min_max(name: str, step: Any, _: int) -> tuple[Any, Any]:
    if step.clip:
        raise ModelError(f"step {name!r} clips to its range; supported: MinMaxScaler with clip=False")
    return np.diag(step.scale_), step.min_


def _pca(name: str, step: Any, _: int) -> tuple[Any, Any]:
    if step.whiten:
        raise ModelError(f"step {name!r} whitens; supported: PCA with whiten=False")
    return step.components_, -step.components_ @ step.mean_


def _select(_: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    forms = [_form(signal) for signal in signals]
    unused = {number: 0.0 for form in forms for number in form.numbers}  # columns that aren't selected stay columns
    kept = [form for form, wanted in zip(forms, step.get_support(), strict=True) if wanted]
    return [Form(form.constant, {**unused, **form.numbers}, form.tables) for form in kept]


def _function(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    if step.func is not None:
        called = getattr(step.func, "__name__", step.func)
        raise ModelError(f"step {name!r} applies the function {called} to inputs; supported: FunctionTransformer(None)")
    return list(signals)


def _imputed(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    if step.add_indicator:
        raise ModelError(f"step {name!r} adds indicators of missing values; supported: add_indicator=False")
    (mark,) = entries([step.missing_values], name)
    filled: list[Signal] = []
    for signal, value in zip(signals, entries(step.statistics_, name), strict=True):
        if value is not None:
            filled.append(_filled(name, signal, mark, value))
        elif step.keep_empty_features:
            raise ModelError(f"step {name!r} keeps a column that had no value; drop it before the pipeline")
    return filled  # a column that had no value is dropped, as the imputer does


def _filled(name: str, signal: Signal, mark: Value, value: str | float) -> Signal:
    if isinstance(signal, Raw):
        refused: dict[Value, Value] = {} if mark is None else {None: _REFUSED}  # such an imputer takes no NaN
        return Raw(signal.column, {**refused, mark: value, **signal.replaced})
    if mark is not None or isinstance(value, str) or signal.tables or len(signal.numbers) != 1:
        raise ModelError(f"step {name!r} imputes what other steps made; supported: an imputer before encoders and PCA")
    ((number, weight),) = signal.numbers.items()
    if number.fill is not None or weight == 0.0:
        return signal
    return Form(signal.constant, {Number(number.column, (value - signal.constant) / weight): weight}, {})


def _encoder(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """An encoder of categories, each output of which depends on one column: asked for every value of that column."""
    import pandas

    raws = [signal for signal in signals if isinstance(signal, Raw)]
    if len(raws) < len(signals):
        raise ModelError(f"step {name!r} encodes what another step made; supported: encoders of the table's columns")
    labels = list(getattr(step, "feature_names_in_", range(len(raws))))
    known = [list(categories) for categories in step.categories_]
    base = [values[0] for values in known]

    def ask(column: int, value: Any) -> Array | None:
        row = [value if i == column else first for i, first in enumerate(base)]
        cells = zip(labels, row, step.categories_, strict=True)
        kinds = {True: float, False: object}
        frame = {label: pandas.Series([v], dtype=kinds[c.dtype.kind in "iuf"]) for label, v, c in cells}
        return _answer(step, pandas.DataFrame(frame))

    start = ask(0, base[0])
    if start is None:
        raise ModelError(f"step {name!r} refuses its own categories; look at how it was fitted")
    outputs = [Form(float(constant), {}, {}) for constant in start]
    for i, raw in enumerate(raws):
        answers = _answers(name, raw, known[i], lambda value, i=i: ask(i, value))  # type: ignore[misc]
        moved = np.any([row != start for row in (*answers[0].values(), answers[1]) if row is not None], axis=0)
        for k in np.flatnonzero(moved).tolist():
            values = {value: None if row is None else float(row[k]) for value, row in answers[0].items()}
            other = None if answers[1] is None else float(answers[1][k])
            outputs[k] = Form(0.0, {}, {raw.column: Table(values, other)})
    return list(outputs)


def _answers(
    name: str, raw: Raw, known: Sequence[Any], ask: Callable[[Any], Array | None]
) -> tuple[dict[Value, Array | None], Array | None]:
    """What the encoder gives for every value of a column, for a missing one (None) and, second, for any other."""
    answers = {value: ask(original) for value, original in zip(entries(known, name), known, strict=True)}
    answers.setdefault(None, ask(np.nan))
    numeric = all(isinstance(value, float) for value in answers if value is not None)
    fresh: Any = 1.0 + max((v for v in answers if isinstance(v, float)), default=0.0) if numeric else "\x00unknown"
    other = ask(fresh)
    for value, stand_in in raw.replaced.items():
        answers[value] = None if stand_in == _REFUSED else answers.get(stand_in, other)
    return answers, other


def _answer(step: Any, frame: Any) -> Array | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = step.transform(frame)
        except ValueError:  # an unknown or a missing value
            return None
    row = np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float64)[0]
    return row if np.isfinite(row).all() else None


def _by_column(_: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    if step.transformer_weights:
        raise ModelError("a ColumnTransformer with transformer_weights can't be traced; supported: without")
    places = step._transformer_to_input_indices
    outputs: list[Signal] = []
    for name, inner, _columns in step.transformers_:
        if not (isinstance(inner, str) and inner == "drop"):
            outputs += transformed(name, inner, [signals[i] for i in places[name]]) if len(places[name]) else []
    return outputs


def _in_turn(_: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    found = list(signals)
    for name, inner in step.steps:
        found = transformed(name, inner, found)
    return found


def _union(_: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    if step.transformer_weights:
        raise ModelError("a FeatureUnion with transformer_weights can't be traced; supported: without")
    return [
        out for name, inner in step.transformer_list if inner != "drop" for out in transformed(name, inner, signals)
    ]


#: Class of a fitted step -> what it makes of its input columns.
TRANSFORMERS: Mapping[str, Step] = {
    "StandardScaler": _scaled(lambda step: (step.mean_ if step.with_mean else None, step.scale_)),
    "RobustScaler": _scaled(lambda step: (step.center_, step.scale_)),
    "MaxAbsScaler": _scaled(lambda step: (None, step.scale_)),
    "MinMaxScaler": _linear(_min_max),
    "PCA": _linear(_pca),
    "VarianceThreshold": _select,
    "SelectKBest": _select,
    "SelectPercentile": _select,
    "FunctionTransformer": _function,
    "SimpleImputer": _imputed,
    "OneHotEncoder": _encoder,
    "OrdinalEncoder": _encoder,
    "TargetEncoder": _encoder,
    "ColumnTransformer": _by_column,
    "Pipeline": _in_turn,
    "FeatureUnion": _union,
}

SUPPORTED = ", ".join(sorted(TRANSFORMERS))


__all__ = ["SUPPORTED", "TRANSFORMERS", "Raw", "Signal", "layout", "transformed"]
