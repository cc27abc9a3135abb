"""scikit-learn's transformers whose results are derived columns: bins, smooth functions of one
column, products of two.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import isnan
from typing import Any, NamedTuple

import numpy as np

from relurules.domain.derivation import Argument, Derivation
from relurules.errors import ModelError
from relurules.tracing.sklearn.curve_steps import CURVE_FUNCTIONS
from relurules.tracing.sklearn.derived_forms import DerivedNumber, Edge, Factor, StepTable
from relurules.tracing.sklearn.forms import (
    CategoryTable,
    FeatureForm,
    NumericColumn,
    RawColumn,
    Signal,
    combine_signals,
    to_feature_form,
)

#: Powers so near to 0 (or 2) divide by a number that cancels all digits.
_LEAST_POWER = 1e-5
#: Beyond it no number is raised to a power.
_TOP = 1e150
#: What is nearer to 0 divides nothing.
_LEAST_DIVISOR = 1e-150


class SmoothFunction(NamedTuple):
    """weight * function(x + shift) + constant, where function is a derived one."""

    function: str
    shift: float = 0.0
    weight: float = 1.0
    constant: float = 0.0
    #: Whether it is another function of whole numbers.
    whole: bool = False


#: Function of numpy -> what it is; a new one is a row here.
SMOOTH_FUNCTIONS: Mapping[str, tuple[Any, SmoothFunction]] = {
    "log": (np.log, SmoothFunction("log")),
    "log1p": (np.log1p, SmoothFunction("log", shift=1.0)),
    "log2": (np.log2, SmoothFunction("log", weight=1.0 / float(np.log(2.0)))),
    "log10": (np.log10, SmoothFunction("log", weight=1.0 / float(np.log(10.0)))),
    "exp": (np.exp, SmoothFunction("exp")),
    "expm1": (np.expm1, SmoothFunction("exp", constant=-1.0)),
    "sqrt": (np.sqrt, SmoothFunction("sqrt")),
    "square": (np.square, SmoothFunction("square")),
    "reciprocal": (np.reciprocal, SmoothFunction("reciprocal", whole=True)),
}


def apply_function(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """FunctionTransformer of a function of `CURVE_FUNCTIONS` or `SMOOTH_FUNCTIONS`, or of none."""
    if step.func is None:
        return list(signals)

    settings = step.kw_args or {}
    across = [join for function, join in ROW_FUNCTIONS.values() if function == step.func]
    if across:
        if settings != _ACROSS or len(signals) != 2:
            raise ModelError(
                f"step {name!r} applies a function across {len(signals)} columns with {settings}; "
                f"supported: two columns, kw_args={_ACROSS}"
            )
        return [across[0](name, *signals)]
    if step.func is np.digitize and set(settings) <= {"bins", "right"}:
        return _apply_digitize(name, settings, signals)

    for function, rule, known in CURVE_FUNCTIONS.values():
        if step.func is function and set(settings) <= set(known):
            return [out for signal in signals for out in rule(name, signal, settings)]
    for function, smooth in SMOOTH_FUNCTIONS.values():
        if step.func is function and not settings:
            return [_apply_smooth(name, signal, smooth) for signal in signals]

    called = getattr(step.func, "__name__", step.func)
    told = f" with {', '.join(map(str, settings))}" if settings else ""
    listed = ", ".join(
        f"numpy.{each}"
        for each in (*CURVE_FUNCTIONS, *SMOOTH_FUNCTIONS, *ROW_FUNCTIONS, "digitize")
    )
    raise ModelError(
        f"step {name!r} applies the function {called}{told} to inputs; supported: {listed}, and "
        "FunctionTransformer(None)"
    )


def _apply_smooth(name: str, signal: Signal, smooth: SmoothFunction) -> Signal:
    if smooth.whole and _may_be_whole(signal):
        raise ModelError(
            f"step {name!r} is another function of whole numbers; supported: behind a scaler, "
            "or an imputer that fills in a number with a fraction"
        )
    form = to_feature_form(signal)
    moved = derive_number(
        name, form._replace(constant=form.constant + smooth.shift), smooth.function
    )
    (found,) = combine_signals(np.array([[smooth.weight]]), np.array([smooth.constant]), [moved])

    return found


def _divide(name: str, one: Signal, two: Signal) -> Signal:
    """The first column by the second, which has a value where that isn't 0."""
    factors = [_read_factor(name, to_feature_form(signal)) for signal in (one, two)]
    weight = factors[0].scale / factors[1].scale
    plain = tuple(f._replace(scale=1.0, shift=f.shift / f.scale) for f in factors)

    return FeatureForm(
        0.0, {}, {}, derived={DerivedNumber("ratio", plain, (_LEAST_DIVISOR,)): weight}
    )


def _subtract(_: str, one: Signal, two: Signal) -> Signal:
    return combine_signals(np.array([[1.0, -1.0]]), np.zeros(1), [one, two])[0]


#: What makes one column of two, in scikit-learn's own shape of a table.
_ACROSS = {"axis": 1, "keepdims": True}
#: Function of numpy -> what it makes of two columns.
ROW_FUNCTIONS: Mapping[str, tuple[Any, Callable[[str, Signal, Signal], Signal]]] = {
    "divide.reduce": (np.divide.reduce, _divide),
    "subtract.reduce": (np.subtract.reduce, _subtract),
}


def _apply_digitize(
    name: str, settings: Mapping[str, Any], signals: Sequence[Signal]
) -> list[Signal]:
    """The numbers of bins, counted from 0, between edges that rise; numpy takes a missing value for
    one above all.
    """
    above = 1.0 if settings.get("right", False) else 0.0
    edges = tuple((float(edge), above) for edge in np.ravel(settings.get("bins", ())))
    if not edges or not all(one < two for one, two in pairwise(edges)):
        raise ModelError(f"step {name!r} has bins whose edges don't rise; supported: rising ones")
    numbers = tuple(map(float, range(len(edges) + 1)))

    found = [_apply_bins(name, signal, edges, [numbers])[0] for signal in signals]

    return [
        form._replace(
            steps={
                column: table if table.missing is not None else table._replace(missing=numbers[-1])
                for column, table in form.steps.items()
            }
        )
        for form in found
    ]


def _may_be_whole(signal: Signal) -> bool:
    """Whether nothing tells that numpy has a column as numbers with a fraction."""
    if not isinstance(signal, RawColumn):
        return False
    return not any(isinstance(to, float) and to % 1.0 for to in signal.replaced.values())


def derive_number(
    name: str, form: FeatureForm, function: str, constants: tuple[float, ...] = ()
) -> FeatureForm:
    """A derived function of one column, or of what an encoder makes of one."""
    if len(form.tables) == 1 and not form.numbers and form.is_simple:
        derivation = Derivation(function, (Argument("x"),), constants)

        def compute(number: float) -> float | None:
            value = float(derivation.evaluate([np.array([form.constant + number])])[0])
            return None if isnan(value) else value

        return _map_table(form, compute)

    factor = _read_factor(name, form)

    return FeatureForm(0.0, {}, {}, derived={DerivedNumber(function, (factor,), constants): 1.0})


def _map_table(form: FeatureForm, function: Callable[[float], float | None]) -> FeatureForm:
    ((column, table),) = form.tables.items()

    def move(number: float | None) -> float | None:
        return number if number is None or isnan(number) else function(number)

    values = {value: move(number) for value, number in table.values.items()}

    return FeatureForm(0.0, {}, {column: CategoryTable(values, move(table.other), table.mark)})


def _read_factor(name: str, form: FeatureForm) -> Factor:
    """An affine function of one column of numbers.

    ModelError for anything else.
    """
    read = {number: weight for number, weight in form.numbers.items() if weight}
    if len(read) != 1 or len(form.numbers) != 1 or form.tables or not form.is_simple:
        raise ModelError(
            f"step {name!r} isn't linear in what several columns or other steps made; supported: "
            "columns of numbers, behind imputers and scalers of columns"
        )
    ((number, weight),) = read.items()

    return Factor(number.column, number.fill, weight, form.constant)


def apply_power(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """PowerTransformer: Box-Cox is a power or a logarithm, Yeo-Johnson a function of its own; then
    it may standardise.
    """
    forms = []
    for signal, power in zip(signals, np.asarray(step.lambdas_).tolist(), strict=True):
        form = to_feature_form(signal)
        if step.method == "box-cox":
            forms.append(_apply_box_cox(name, form, power))
            continue
        _check_power(name, power, (0.0, 2.0))
        top = min(_TOP, 1e300 ** (1.0 / max(abs(power), abs(2.0 - power))))
        forms.append(derive_number(name, form, "yeo_johnson", (power, top)))

    if not step.standardize:
        return list(forms)
    scaler = step._scaler

    return combine_signals(np.diag(1.0 / scaler.scale_), -scaler.mean_ / scaler.scale_, forms)


def _apply_box_cox(name: str, form: FeatureForm, power: float) -> Signal:
    if power == 0.0:
        return derive_number(name, form, "log")
    _check_power(name, power, (0.0,))
    raised = derive_number(name, form, "power", (power, 1e300 ** (1.0 / max(abs(power), 2.0))))
    (found,) = combine_signals(np.array([[1.0 / power]]), np.array([-1.0 / power]), [raised])

    return found


def _check_power(name: str, power: float, poles: Sequence[float]) -> None:
    if not all(abs(power - pole) >= _LEAST_POWER for pole in poles):  # NaN too
        raise ModelError(
            f"step {name!r} has the power {power!r} for a column, which is no number or next to "
            f"{' or '.join(f'{pole:g}' for pole in poles)}; supported: another function for it"
        )


def apply_products(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """PolynomialFeatures of degree 2: squares and products of columns."""
    forms = [to_feature_form(signal) for signal in signals]
    if (degree := int(np.max(step.powers_.sum(axis=1), initial=0))) > 2:
        raise ModelError(f"step {name!r} has degree {degree}; supported: products of two, degree=2")

    found: list[Signal] = []
    for powers in step.powers_:
        factors = [forms[j] for j in np.flatnonzero(powers) for _ in range(powers[j])]
        if not factors:
            found.append(FeatureForm(1.0, {}, {}))
        else:
            found.append(factors[0] if len(factors) == 1 else _multiply(name, *factors))

    return found


def _multiply(name: str, one: FeatureForm, two: FeatureForm) -> FeatureForm:
    single = all(len(f.tables) == 1 and not f.numbers and f.is_simple for f in (one, two))
    if single and one.tables.keys() == two.tables.keys():
        ((column, left), (_, right)) = (*one.tables.items(), *two.tables.items())
        values = {
            value: _times(one, left.at(value), two, right.at(value))
            for value in (*left.values, *right.values)
        }
        other = _times(one, left.other, two, right.other)
        return FeatureForm(0.0, {}, {column: CategoryTable(values, other, left.mark or right.mark)})
    if one is two:
        return derive_number(name, one, "square")

    factors = (_read_factor(name, one), _read_factor(name, two))
    # The scales come out, so that names speak of the columns' own units.
    weight = factors[0].scale * factors[1].scale
    plain = tuple(f._replace(scale=1.0, shift=f.shift / f.scale) for f in factors)

    return FeatureForm(0.0, {}, {}, derived={DerivedNumber("product", plain): weight})


def _times(
    one: FeatureForm, left: float | None, two: FeatureForm, right: float | None
) -> float | None:
    return None if left is None or right is None else (one.constant + left) * (two.constant + right)


def apply_binarizer(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """Binarizer: 1 above its threshold."""
    edges = ((float(step.threshold), 1.0),)
    return [_apply_bins(name, signal, edges, [(0.0, 1.0)])[0] for signal in signals]


def apply_bins(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """KBinsDiscretizer: a bin takes the edge at which it begins."""
    if step.dtype not in (None, np.float64):
        raise ModelError(f"step {name!r} computes in {step.dtype}; supported: dtype=numpy.float64")

    found: list[Signal] = []
    for signal, given in zip(signals, step.bin_edges_, strict=True):
        edges = tuple((float(edge), 0.0) for edge in given[1:-1])
        if not all(one < two for one, two in pairwise(edges)):
            raise ModelError(f"step {name!r} has bins without any number in them")
        count = len(edges) + 1
        rows = [tuple(map(float, range(count)))]
        if step.encode != "ordinal":
            rows = [tuple(row) for row in np.eye(count).tolist()]
        found += _apply_bins(name, signal, edges, rows)

    return found


def mark_number(name: str, signal: Signal, mark: float) -> FeatureForm:
    """1 where a column of numbers holds one that stands for a missing value, else 0."""
    return _apply_bins(name, signal, ((mark, 0.0), (mark, 1.0)), [(0.0, 1.0, 0.0)])[0]


def _apply_bins(
    name: str, signal: Signal, edges: tuple[Edge, ...], rows: Sequence[tuple[float, ...]]
) -> list[FeatureForm]:
    """What each row of numbers, one a bin, makes of a signal."""
    form = to_feature_form(signal)
    if len(form.tables) == 1 and not form.numbers and form.is_simple:
        return [
            _map_table(
                form,
                lambda number, row=row: row[_find_bin(form.constant + number, edges)],  # type: ignore[misc]
            )
            for row in rows
        ]

    number = _read_plain_column(name, form)
    if not edges:
        return [FeatureForm(row[0], {number: 0.0}, {}) for row in rows]
    at = None if number.fill is None else _find_bin(number.fill, edges)

    return [
        FeatureForm(
            0.0,
            {},
            {},
            steps={number.column: StepTable(edges, row, None if at is None else row[at])},
        )
        for row in rows
    ]


def _find_bin(number: float, edges: Sequence[Edge]) -> int:
    return sum(number > edge if above else number >= edge for edge, above in edges)


def _read_plain_column(name: str, form: FeatureForm) -> NumericColumn:
    """The column itself: of a scaled one rounding would decide on which side of an edge it is."""
    if form.numbers.keys() and list(form.numbers.values()) == [1.0]:
        ((number, _),) = form.numbers.items()
        if not form.tables and form.is_simple and form.constant == 0.0:
            return number
    raise ModelError(
        f"step {name!r} makes bins of what other steps made; supported: bins of the table's "
        "columns, behind an imputer"
    )
