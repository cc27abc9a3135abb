"""Lines in the user's units, with few digits: thresholds and slopes that read well, as long as the
loss hardly notices.

Whole-number columns get whole thresholds. Slopes of one column are rounded to the same decimal
place, so that they still cumulate to what they say.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import singledispatch
from itertools import product
from math import floor, log10

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.effect_limits import EffectLimits, keeps_limits, limit_effects
from relurules.training.lines.least_rows import tells_apart, widen_lines
from relurules.training.lines.least_slopes import PlainLines, compute_least_slope
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineModel, compute_objective
from relurules.training.lines.refits import FitTerms, refine_lines, refit_slopes
from relurules.training.lines.scaling import LineScale

#: What rounding may cost, as a share of what the model explains beyond a constant: each line's
#: threshold, a whole threshold, a column less in a condition, all slopes.
_THRESHOLD_COST, _WHOLE_COST, _FEWER_COST, SLOPE_COST = 2e-5, 3e-4, 1e-4, 1e-4
#: Where classes are all but apart, next to nothing of what is explained is much of what is left: a
#: cost is a share of at most so many times that (wine, 8 lines, .0235 rounded to .0280).
_LEFT = 10.0
#: Digits that are tried: of thresholds, relative to the column's spread; of slopes.
_THRESHOLD_DIGITS, SLOPE_DIGITS = (1, 2, 3, 4, 6), (2, 3, 4, 5, 7, 9)
#: Whole columns of a wider range are rounded like any other.
_WHOLE_RANGE = 1000.0
#: Gauss-Newton steps once a condition reads a column less.
_STEPS = 2
#: Digits of thresholds and normals that are no noise of the arithmetic; a weight below this share
#: of the largest, both of standardised columns, is.
_CERTAIN, _NOISE = 10, 1e-8


@singledispatch
def round_lines(
    model: LineModel, terms: FitTerms, scale: LineScale, limits: EffectLimits | None = None
) -> PlainLines:
    """The model in the user's units, rounded; limits: of columns' effects, which it keeps."""
    if terms.has_trends:
        model = _drop_noise(model, terms)
    narrow = narrow_conditions(model, terms)
    if terms.has_trends:
        narrow = _round_directions(narrow, terms, scale)
    rounded = round_thresholds(narrow, terms, scale)
    rounded = refit_slopes(rounded, terms)
    plain = to_plain_lines(rounded, scale)
    if terms.has_trends:
        plain = align_parallels(plain)
    exact = compute_objective(rounded, terms.rows, 0.0)
    allowed = exact + SLOPE_COST * measure_explained(rounded, terms)
    X, spread = unscale_rows(terms, scale), scale.spread

    for is_middle_kept, digits in product((False, True), SLOPE_DIGITS):
        found = _round_slopes(plain, digits, spread, scale.high)
        found = keep_trends(found, terms.columns, spread, digits, scale.high)
        if is_middle_kept:
            found = _keep_middle(found, plain, scale, digits)
        loss = terms.rows.loss((evaluate_plain(found, X) - scale.low) / scale.high)
        if loss <= allowed and keeps_limits(found, terms.columns, limits):
            break

    return found if limits is None else limit_effects(found, terms.columns, limits)


def measure_explained(model: LineModel, terms: FitTerms) -> float:
    """How much less the loss is than that of a constant; of classes, at most so many times what is
    left of it.
    """
    rows = terms.rows
    left = rows.loss(rows.evaluate(model))
    explained = rows.measure_constant_loss() - left
    return explained if rows.task.measure == "R2" else min(explained, _LEFT * left)


def _drop_noise(model: LineModel, terms: FitTerms) -> LineModel:
    """Without columns of conditions whose weight is the noise of the arithmetic: such a line is one
    of one column, whose slope trends count in full.
    """
    found = model
    for number, line in enumerate(model.lines):
        sizes = np.abs(line.weights)
        strong = int(sizes.argmax())
        clean = [
            one
            for one in _list_narrower(line, terms.columns)
            if one.columns == (line.columns[strong],)
        ]
        if (
            len(line.columns) > 1
            and clean
            and np.delete(sizes, strong).max() < _NOISE * sizes.max()
        ):
            found = _with_line(found, number, clean[0], terms)

    return found if found is model else refine_lines(found, terms, _STEPS)


def _round_directions(model: LineModel, terms: FitTerms, scale: LineScale) -> LineModel:
    """All directions at once: those that are parallel stay so, as the slopes beyond them together
    keep a trend.
    """
    before = compute_objective(model, terms.rows, terms.ridge)
    allowed = _THRESHOLD_COST * len(model) * max(measure_explained(model, terms), 1e-12)
    for digits in _THRESHOLD_DIGITS:
        lines = tuple(_round_line(line, scale, _CERTAIN, max(2, digits)) for line in model.lines)
        if not all(tells_apart(line, terms) for line in lines):
            continue
        found = refit_slopes(replace(model, lines=lines), terms)
        if compute_objective(found, terms.rows, terms.ridge) - before <= allowed:
            return found

    return model


def round_thresholds(model: LineModel, terms: FitTerms, scale: LineScale) -> LineModel:
    """Directions and thresholds line by line, each with the fewest digits that cost next to
    nothing, and leave enough rows on either side.
    """
    model = widen_lines(model, terms)
    unit = max(measure_explained(model, terms), 1e-12)
    for number, line in enumerate(model.lines):
        before = compute_objective(model, terms.rows, terms.ridge)
        column = terms.columns[line.columns[0]]
        if len(line.columns) == 1 and column.whole and _is_narrow(terms, scale, column):
            tried = [
                _with_line(model, number, near, terms)
                for near in _list_whole(line, scale, column)
                if tells_apart(near, terms)
            ] or [model]
            best = min(tried, key=lambda each: compute_objective(each, terms.rows, terms.ridge))
            cost = compute_objective(best, terms.rows, terms.ridge) - before
            if best is not model and cost <= _WHOLE_COST * unit:
                model = best
                continue

        for digits in _THRESHOLD_DIGITS:
            turned = _CERTAIN if terms.has_trends else max(2, digits)
            rounded = _round_line(line, scale, digits, turned)
            if not tells_apart(rounded, terms):
                continue
            found = _with_line(model, number, rounded, terms)
            cost = compute_objective(found, terms.rows, terms.ridge) - before
            if cost <= _THRESHOLD_COST * unit:
                model = found
                break

    return model


def narrow_conditions(model: LineModel, terms: FitTerms) -> LineModel:
    """The model whose conditions read only columns that the loss would miss."""
    unit = max(measure_explained(model, terms), 1e-12)
    for number, line in enumerate(model.lines):
        if len(line.columns) == 1:
            continue
        before = compute_objective(model, terms.rows, terms.ridge)
        tried = [
            refine_lines(_with_line(model, number, narrow, terms), terms, _STEPS)
            for narrow in _list_narrower(line, terms.columns)
        ]
        best = min(
            tried, key=lambda each: compute_objective(each, terms.rows, terms.ridge), default=model
        )
        if compute_objective(best, terms.rows, terms.ridge) - before <= _FEWER_COST * unit:
            model = best

    return model


def _list_narrower(line: HingeLine, columns: Sequence[LineColumn]) -> list[HingeLine]:
    """The line with one of its numbers alone."""
    found = []
    for place, number in enumerate(line.columns):
        if columns[number].is_number and line.weights[place]:
            kept = slice(place, place + 1)
            found.append(
                replace(
                    line,
                    columns=(number,),
                    atoms=line.atoms[kept],
                    pulls=np.ones(1),
                    weights=line.weights[kept],
                )
            )

    return found


def _with_line(model: LineModel, number: int, line: HingeLine, terms: FitTerms) -> LineModel:
    lines = (*model.lines[:number], line, *model.lines[number + 1 :])
    return refit_slopes(replace(model, lines=lines), terms, 2)


def _is_narrow(terms: FitTerms, scale: LineScale, column: LineColumn) -> bool:
    values = terms.rows.X[column.coordinates[0]] * scale.spread[column.coordinates[0]]
    return float(values.max() - values.min()) <= _WHOLE_RANGE


def _list_whole(line: HingeLine, scale: LineScale, column: LineColumn) -> list[HingeLine]:
    """The line with the next lower and the next higher whole threshold."""
    place, direction = column.coordinates[0], line.direction
    knot = -line.bound / direction[place] * scale.spread[place] + scale.shift[place]

    return [
        replace(line, bound=-direction[place] * (whole - scale.shift[place]) / scale.spread[place])
        for whole in (np.floor(knot), np.ceil(knot))
    ]


def _round_line(line: HingeLine, scale: LineScale, digits: int, turned: int) -> HingeLine:
    """Weights, relative to the first of them that is a number's, and the threshold, in the user's
    units, rounded. turned: digits of the weights.
    """
    normal, threshold, slope = to_plain_line(line, scale)
    places = np.flatnonzero(normal)
    rounded = np.zeros_like(normal)
    rounded[places] = [round_digits(value, turned) for value in normal[places]]
    spread = np.sqrt(np.sum((normal[places] * scale.spread[places]) ** 2))
    threshold = round_near(threshold, float(spread), digits)
    scaled = rounded * scale.spread
    weights = np.array(
        [scaled[np.flatnonzero(atom)[0]] / atom[np.flatnonzero(atom)[0]] for atom in line.atoms]
    )
    bound = float(rounded @ scale.shift) - threshold
    found = replace(line, weights=weights, bound=bound, sign=1.0)

    return found.scaled(slope / scale.high)


def to_plain_line(line: HingeLine, scale: LineScale) -> tuple[Array, float, float]:
    """(normal, threshold, slope) in the user's units; the leading coefficient of the normal is 1 or
    -1.
    """
    direction = line.direction
    normal = direction / scale.spread
    leading = ((line.pulls == line.pulls.max()) @ (line.atoms != 0)) > 0
    strong = np.abs(direction) * leading
    lead = float(np.abs(normal[int(strong.argmax())]))
    if not lead:
        return normal, 0.0, 0.0

    threshold = float(normal @ scale.shift) - line.bound
    normal = np.array([round_digits(value, _CERTAIN) for value in normal / lead])
    size = float(np.sqrt(np.sum((normal * scale.spread) ** 2)))
    threshold = round_near(threshold / lead, size, _CERTAIN)

    return normal, threshold, line.sign * lead * scale.high


def to_plain_lines(model: LineModel, scale: LineScale) -> PlainLines:
    """The model in the user's units as it is; lines that add nothing are left out."""
    found = [to_plain_line(line, scale) for line in model.lines]
    found = [each for each in found if each[2]]
    d = len(scale.shift)
    base = model.weights / scale.spread * scale.high

    return PlainLines(
        constant=scale.low + scale.high * model.constant - float(base @ scale.shift),
        base=base,
        normals=np.array([each[0] for each in found]).reshape(len(found), d),
        thresholds=np.array([each[1] for each in found]),
        slopes=np.array([each[2] for each in found]),
    )


def align_parallels(plain: PlainLines) -> PlainLines:
    """Lines that are parallel but for the arithmetic, exactly so: together they keep trends."""
    normals = plain.normals.copy()
    for k, normal in enumerate(normals):
        for other in normals[:k]:
            for sense in (1.0, -1.0):
                if np.allclose(normal, sense * other, rtol=1e-7, atol=0.0):
                    normals[k] = sense * other

    return replace(plain, normals=normals + 0.0)


def round_digits(value: float, digits: int) -> float:
    """So many significant digits."""
    return float(f"{value:.{digits - 1}e}") + 0.0


def round_near(value: float, spread: float, digits: int) -> float:
    """To the decimal place of so many digits of the spread."""
    if not spread:
        return value
    return round(value, digits - 1 - floor(log10(spread))) + 0.0


def _round_slopes(plain: PlainLines, digits: int, spread: Array, high: float) -> PlainLines:
    """Slopes to decimal places that matter alike whatever the column's unit."""
    places = find_places(spread, digits, high)
    base = np.array([round(value, place) for value, place in zip(plain.base, places, strict=True)])
    slopes = [
        round(slope, max(int(places[at]) for at in np.flatnonzero(normal)))
        if np.count_nonzero(normal) == 1
        else round(slope, int(places[int(np.abs(normal * spread).argmax())]))
        for slope, normal in zip(plain.slopes.tolist(), plain.normals, strict=True)
    ]
    constant = _round_constant(plain.constant, digits, high)

    return replace(plain, constant=constant, base=base + 0.0, slopes=np.array(slopes))


def _keep_middle(found: PlainLines, plain: PlainLines, scale: LineScale, digits: int) -> PlainLines:
    """With the constant that leaves the score of the middle of the rows as it was: where a column
    lies far from 0, beside its spread, a slope's last digit moves the scores of all rows.
    """
    middle = scale.shift[None]
    lost = float((evaluate_plain(plain, middle) - evaluate_plain(found, middle))[0])
    return replace(found, constant=_round_constant(found.constant + lost, digits, scale.high))


def _round_constant(constant: float, digits: int, high: float) -> float:
    return round(constant, digits + 1 - floor(log10(high)))


def find_places(spread: Array, digits: int, high: float) -> Array:
    """(d,) decimals of a slope of every coordinate."""
    return np.array([digits - 1 - floor(log10(high / each)) for each in spread])


def keep_trends(
    plain: PlainLines, columns: Sequence[LineColumn], spread: Array, digits: int, high: float
) -> PlainLines:
    """The base's slopes raised by as many last digits as rounding took from a trend, in exact
    arithmetic.
    """
    base, places = plain.base.copy(), find_places(spread, digits, high)
    for column in columns:
        place = column.coordinates[0]
        if not column.trend:
            continue
        least = compute_least_slope(plain, place, column.trend)
        while least < 0:
            unit = Fraction(10) ** int(-places[place])
            steps = -(least // unit)
            base[place] = round(base[place] + column.trend * float(steps * unit), places[place])
            least = compute_least_slope(replace(plain, base=base), place, column.trend)
            if least < 0:
                base[place] += column.trend * float(unit)
                least = compute_least_slope(replace(plain, base=base), place, column.trend)

    return replace(plain, base=base)


def evaluate_plain(plain: PlainLines, X: Array) -> Array:
    """(N, d) in the user's units -> (N,)."""
    reach = np.maximum(X @ plain.normals.T - plain.thresholds, 0.0)
    return np.asarray(X @ plain.base + reach @ plain.slopes + plain.constant)


def unscale_rows(terms: FitTerms, scale: LineScale) -> Array:
    """(N, d) in the user's units."""
    return terms.rows.X.T * scale.spread + scale.shift
