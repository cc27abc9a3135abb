"""scikit-learn's transformers that are continuous and piecewise linear, column by column."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from relurules.errors import ModelError
from relurules.tracing.sklearn.forms import Signal, combine_signals, to_feature_form
from relurules.tracing.sklearn.hinges import BentLine, apply_curve

#: At most so many knots of one column become units of the network.
_KNOTS = 128


def apply_min_max(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """MinMaxScaler: an affine map, cut off at its range where it clips."""
    moved = combine_signals(np.diag(step.scale_), np.asarray(step.min_, dtype=float), signals)
    if not step.clip:
        return moved
    low, high = map(float, step.feature_range)

    return [out for signal in moved for out in apply_curve(name, signal, [_clip(low, high)])]


def _clip(low: float, high: float) -> BentLine:
    ends = np.array([low, high])
    return BentLine(knots=ends, values=ends)


def apply_spline(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """SplineTransformer of degree 1: a hat for every knot.

    ModelError for other degrees, and where it raises errors or repeats itself outside its knots.
    """
    if step.degree != 1:
        raise ModelError(
            f"step {name!r} has splines of degree {step.degree}; supported: SplineTransformer with "
            "degree=1, which is piecewise linear"
        )
    if step.extrapolation not in ("constant", "linear", "continue"):
        raise ModelError(
            f"step {name!r} has extrapolation={step.extrapolation!r}; supported: 'constant', "
            "'linear', 'continue'"
        )
    if step.extrapolation == "linear" and len(signals) > 1:
        # Seen in scikit-learn 1.9: from the second column on its hats don't even sum to 1.
        raise ModelError(
            f"step {name!r} has extrapolation='linear' for {len(signals)} columns, of which "
            "scikit-learn extrapolates the first alone rightly; supported: 'continue', which is "
            "the same for degree 1, or a step for each column"
        )
    if getattr(step, "handle_missing", "error") != "error":
        raise ModelError(
            f"step {name!r} has handle_missing={step.handle_missing!r}; supported: 'error', after "
            "an imputer where values are missing"
        )

    found: list[Signal] = []
    for spline, signal in zip(step.bsplines_, signals, strict=True):
        knots = np.asarray(spline.t[1:-1], dtype=np.float64)
        _check_knots(name, knots)
        kept = len(knots) if step.include_bias else len(knots) - 1
        outward = step.extrapolation != "constant"
        hats = [_make_hat(knots, place, outward=outward) for place in range(kept)]
        found += apply_curve(name, signal, hats)

    return found


def _make_hat(knots: Any, place: int, *, outward: bool) -> BentLine:
    """1 at one knot and 0 at the others; outward: whether its slopes go on outside."""
    values = np.zeros(len(knots))
    values[place] = 1.0
    slopes = np.diff(values) / np.diff(knots) if outward else np.zeros(1)

    return BentLine(knots=knots, values=values, left=float(slopes[0]), right=float(slopes[-1]))


def apply_quantiles(name: str, step: Any, signals: Sequence[Signal]) -> list[Signal]:
    """QuantileTransformer to a uniform distribution, where no two quantiles of a column are one.

    ModelError for a normal distribution, which is no piecewise linear function, for a jump at a
    value that is several quantiles, and for too many of them.
    """
    if step.output_distribution != "uniform":
        raise ModelError(
            f"step {name!r} has output_distribution={step.output_distribution!r}, which isn't "
            "piecewise linear; supported: 'uniform'"
        )

    found: list[Signal] = []
    for column, signal in zip(np.asarray(step.quantiles_).T, signals, strict=True):
        knots = np.asarray(column, dtype=np.float64)
        _check_knots(name, knots)
        values = np.asarray(step.references_, dtype=np.float64)
        found += apply_curve(name, signal, [BentLine(knots=knots, values=values)])

    return found


def _check_knots(name: str, knots: Any) -> None:
    """ModelError for knots that don't rise, and for too many."""
    if len(knots) > _KNOTS:
        raise ModelError(
            f"step {name!r} has {len(knots)} knots for a column; supported: at most {_KNOTS}, such "
            "as n_quantiles=50"
        )
    same = np.flatnonzero(~(np.diff(knots) > 0))
    if len(knots) < 2 or len(same):
        at = float(knots[same[0]]) if len(same) else float(knots[0])
        raise ModelError(
            f"step {name!r} jumps at {at!r}, where several of its knots are one value; supported: "
            "knots that differ, such as fewer n_quantiles or n_knots, or another step for this "
            "column"
        )


def _apply_abs(name: str, signal: Signal, settings: Mapping[str, Any]) -> list[Signal]:
    del settings  # it has none
    knots = np.array([0.0, 1.0])
    return apply_curve(name, signal, [BentLine(knots=knots, values=knots, left=-1.0, right=1.0)])


def _apply_clip(name: str, signal: Signal, settings: Mapping[str, Any]) -> list[Signal]:
    low, high = (
        settings.get("a_min", settings.get("min")),
        settings.get("a_max", settings.get("max")),
    )
    if not all(end is None or np.isscalar(end) for end in (low, high)):
        raise ModelError(f"step {name!r} clips to {low!r} and {high!r}; supported: two numbers")
    if low is not None and high is not None:
        if not low < high:
            raise ModelError(f"step {name!r} clips to [{low}, {high}], which holds no range")
        return apply_curve(name, signal, [_clip(float(low), float(high))])
    if low is not None:
        knots = float(low) + np.array([0.0, 1.0])
        return apply_curve(name, signal, [BentLine(knots=knots, values=knots, right=1.0)])
    if high is not None:
        knots = float(high) - np.array([1.0, 0.0])
        return apply_curve(name, signal, [BentLine(knots=knots, values=knots, left=1.0)])

    return [to_feature_form(signal)]


CurveRule = Callable[[str, Signal, Mapping[str, Any]], list[Signal]]

#: Function of numpy -> what it makes of a column, and the keywords that it may have.
CURVE_FUNCTIONS: Mapping[str, tuple[Any, CurveRule, tuple[str, ...]]] = {
    "abs": (np.abs, _apply_abs, ()),
    "fabs": (np.fabs, _apply_abs, ()),
    "clip": (np.clip, _apply_clip, ("a_min", "a_max", "min", "max")),
}
