"""Lines of several scores in the user's units, with few digits, and without slopes of scores that
hardly need the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import cast

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.effect_limits import EffectLimits
from relurules.training.lines.joint_model import JointModel
from relurules.training.lines.joint_refits import get_joint_rows, refit_joint_slopes
from relurules.training.lines.joint_scaling import JointScale
from relurules.training.lines.least_slopes import PlainLines
from relurules.training.lines.line_model import compute_objective
from relurules.training.lines.refits import FitTerms
from relurules.training.lines.rounded_lines import (
    SLOPE_COST,
    SLOPE_DIGITS,
    find_places,
    measure_explained,
    narrow_conditions,
    round_lines,
    round_thresholds,
    to_plain_line,
    unscale_rows,
)

#: What a slope less may cost, as a share of what the model explains beyond a constant.
_DROPPED_COST = 5e-5


@dataclass(frozen=True, kw_only=True)
class JointPlainLines(PlainLines):
    """scores = constants + base x + slopes' max(0, normals x - thresholds), in the user's units;
    constants: (m,), in place of `constant`; base: (m, d); slopes: (K, m).
    """

    constants: Array
    constant: float = 0.0

    @property
    def maps(self) -> tuple[Array, Array, Array]:
        """The base, (m, d), the slopes, (m, K), and the constants, (m,)."""
        return self.base, self.slopes.T, self.constants

    def evaluate(self, X: Array) -> Array:
        """(N, d) in the user's units -> (N, m)."""
        reach = np.maximum(X @ self.normals.T - self.thresholds, 0.0)
        return np.asarray(X @ self.base.T + reach @ self.slopes + self.constants)


@round_lines.register
def round_joint_lines(
    model: JointModel,
    terms: FitTerms,
    scale: JointScale,
    limits: EffectLimits | None = None,  # noqa: ARG001 as all have
) -> JointPlainLines:
    """As `round_lines`, with slopes left out where a score hardly needs them; no limits are kept:
    `fit_lines` refuses them.
    """
    rows = get_joint_rows(terms)
    found = round_thresholds(narrow_conditions(model, terms), terms, scale)
    rounded = drop_slopes(refit_joint_slopes(cast("JointModel", found), terms), terms)
    plain = to_joint_plain_lines(rounded, scale)
    exact = compute_objective(rounded, rows, 0.0)
    allowed = exact + SLOPE_COST * measure_explained(rounded, terms)
    X = unscale_rows(terms, scale)

    for is_middle_kept, digits in product((False, True), SLOPE_DIGITS):
        written = round_joint_slopes(plain, digits, scale, centred=rows.is_centred)
        if is_middle_kept:
            written = _keep_joint_middle(written, plain, scale, digits, centred=rows.is_centred)
        if rows.loss(((written.evaluate(X) - scale.lows) / scale.highs).T) <= allowed:
            break

    return written


def drop_slopes(model: JointModel, terms: FitTerms) -> JointModel:
    """The model without the slopes that the loss hardly misses, the smallest of each line first."""
    unit = max(measure_explained(model, terms), 1e-12)
    for number in range(len(model)):
        for score in np.argsort(np.abs(model.lines[number].slopes), kind="stable").tolist():
            line = model.lines[number]
            if not line.slopes[score] or np.count_nonzero(line.slopes) <= 2:
                continue
            less = line.slopes.copy()
            less[score] = 0.0
            lines = (*model.lines[:number], line.with_slopes(less), *model.lines[number + 1 :])
            tried = refit_joint_slopes(replace(model, lines=lines), terms, 3)
            before = compute_objective(model, terms.rows, terms.ridge)
            if compute_objective(tried, terms.rows, terms.ridge) - before > _DROPPED_COST * unit:
                break
            model = tried

    return model


def to_joint_plain_lines(model: JointModel, scale: JointScale) -> JointPlainLines:
    """The model in the user's units as it is; lines that add nothing are left out."""
    found = [(*to_plain_line(line, scale), line.slopes) for line in model.lines]
    found = [each for each in found if each[2]]
    m, d = model.weights.shape
    base = model.weights / scale.spread * scale.highs[:, None]
    slopes = [size * slopes * scale.highs for _, _, size, slopes in found]

    return JointPlainLines(
        constants=scale.lows + scale.highs * model.constants - base @ scale.shift,
        base=base,
        normals=np.array([each[0] for each in found]).reshape(len(found), d),
        thresholds=np.array([each[1] for each in found]),
        slopes=np.array(slopes).reshape(len(found), m),
    )


def round_joint_slopes(
    plain: JointPlainLines, digits: int, scale: JointScale, *, centred: bool
) -> JointPlainLines:
    """Slopes to decimal places that matter alike whatever the column's unit; centred: those of all
    scores still sum to 0.
    """
    places = np.array([find_places(scale.spread, digits, high) for high in scale.highs])
    slopes = []
    for normal, each in zip(plain.normals, plain.slopes, strict=True):
        own = np.flatnonzero(normal)
        lead = int(own[np.abs(normal * scale.spread)[own].argmax()])
        slopes.append(_round_scores(each, places[:, lead].tolist(), centred=centred))

    base = [
        _round_scores(column, own.tolist(), centred=centred)
        for column, own in zip(plain.base.T, places.T, strict=True)
    ]

    return replace(
        plain,
        constants=_round_constants(plain, digits, scale, centred=centred),
        base=np.array(base).T,
        slopes=np.array(slopes).reshape(plain.slopes.shape),
    )


def _keep_joint_middle(
    written: JointPlainLines,
    plain: JointPlainLines,
    scale: JointScale,
    digits: int,
    *,
    centred: bool,
) -> JointPlainLines:
    """With the constants that leave the scores of the middle of the rows as they were, as the lines
    of one score are rounded.
    """
    middle = scale.shift[None]
    lost = plain.evaluate(middle)[0] - written.evaluate(middle)[0]
    moved = replace(written, constants=written.constants + lost)
    return replace(moved, constants=_round_constants(moved, digits, scale, centred=centred))


def _round_constants(
    plain: JointPlainLines, digits: int, scale: JointScale, *, centred: bool
) -> NDArray[np.float64]:
    places = find_places(np.ones(1), digits + 2, 1.0) - np.floor(np.log10(scale.highs))
    return _round_scores(plain.constants, places.tolist(), centred=centred)


def _round_scores(values: Array, places: Sequence[float], *, centred: bool) -> NDArray[np.float64]:
    """(m,) to so many decimals; what the sum is off by goes to the largest."""
    found = np.array(
        [round(value, int(place)) for value, place in zip(values.tolist(), places, strict=True)]
    )
    if centred and found.any():
        largest = int(np.abs(found).argmax())
        others = float(np.delete(found, largest).sum())
        found[largest] = -round(others, int(places[largest]))

    return found + 0.0
