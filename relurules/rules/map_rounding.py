"""Maps with fewer terms and digits, within a bound that is certified anew each time."""

import numpy as np

from relurules.ir import AffineMap
from relurules.ir.network import Array
from relurules.rules.fit import bound_deviation, fit_output
from relurules.rules.pieces import AffinePiece, PiecewiseFunction, convert_to_user

#: Coarsest to finest: which share of the bound the rounding of one term may take.
_SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)
#: So many terms may resist before the search for terms to leave out ends.
_PATIENCE = 2


def round_map(
    ground: PiecewiseFunction, piece: AffinePiece, limit: float
) -> tuple[AffinePiece, AffineMap]:
    """The piece with few terms and digits as far as its error stays within `limit`, and its map in
    the user's units.
    """
    polytope = ground.polytope(piece.sides)
    f = polytope.G.shape[1]
    eye = np.column_stack([np.eye(f), np.zeros(f)])
    low, high = -polytope.maxima(-eye).bounds, polytope.maxima(eye).bounds
    lighter = _drop_terms(ground, piece, low, high, limit)
    return _round_within_limit(ground, lighter, low, high, limit)


def shorten_numbers(
    ground: PiecewiseFunction, piece: AffinePiece, room: Array
) -> tuple[AffinePiece, AffineMap]:
    """The piece with numbers whose rounding moves score i by room[i] at most each, (m,), and its
    error anew.
    """
    frame = ground.frame
    width = np.zeros(len(frame.origin))
    width[frame.free] = frame.scale[frame.free]
    return _round_to_room(ground, piece, width, ground.partition.points[piece.regions[0]], room)


def _drop_terms(
    ground: PiecewiseFunction, piece: AffinePiece, low: Array, high: Array, limit: float
) -> AffinePiece:
    """Without the terms that matter least on the piece, low <= u <= high, the others fitted anew
    where that helps.
    """
    influence = np.abs(piece.forms[:, :-1]) * (high - low)
    failed = 0
    for place in np.argsort(influence, axis=None, kind="stable").tolist():
        output, column = divmod(place, len(low))
        if piece.forms[output, column] == 0.0:
            continue
        lighter = _drop_term(ground, piece, output, column, (low + high) / 2, limit)
        failed += lighter is None
        if failed > _PATIENCE:
            break
        piece = piece if lighter is None else lighter

    return piece


def _drop_term(
    ground: PiecewiseFunction,
    piece: AffinePiece,
    output: int,
    column: int,
    middle: Array,
    limit: float,
) -> AffinePiece | None:
    forms = piece.forms.copy()
    forms[output, -1] += forms[output, column] * middle[column]
    forms[output, column] = 0.0
    error = bound_deviation(ground, piece.regions, forms)
    if error <= limit:
        return piece._replace(forms=forms, error=error)

    found = fit_output(
        ground, piece.regions, output, limit, forms[output, :-1] != 0.0, enough=limit
    )
    if found is None:
        return None

    forms[output] = found[0]
    return piece._replace(
        forms=forms, error=max(bound_deviation(ground, piece.regions, forms), found[1])
    )


def _round_within_limit(
    ground: PiecewiseFunction, piece: AffinePiece, low: Array, high: Array, limit: float
) -> tuple[AffinePiece, AffineMap]:
    """The coarsest decimal numbers that keep the bound; those at hand where none do."""
    frame = ground.frame
    width, middle = np.zeros(len(frame.origin)), frame.to_user((low + high) / 2)
    width[frame.free] = frame.scale[frame.free] * (high - low)

    for share in _SHARES:
        found = _round_to_room(
            ground, piece, width, middle, np.full(len(piece.forms), share * limit)
        )
        if found[0].error <= limit:
            return found

    return piece, convert_to_user(frame, piece.forms)


def _round_to_room(
    ground: PiecewiseFunction, piece: AffinePiece, width: Array, middle: Array, room: Array
) -> tuple[AffinePiece, AffineMap]:
    """The piece with decimal numbers, each of which moves its score by room (m,) at most over width
    (d,).
    """
    frame = ground.frame
    exact = convert_to_user(frame, piece.forms)
    weights = round_to_decimals(exact.weights, room[:, None] / np.where(width > 0, width, 1.0))
    constants = round_to_decimals(exact.constants + (exact.weights - weights) @ middle, room)
    rows, offsets = frame.rows(weights, constants)
    forms = np.column_stack([rows, offsets])

    return piece._replace(
        forms=forms, error=bound_deviation(ground, piece.regions, forms)
    ), AffineMap(weights, constants)


def round_to_decimals(values: Array, steps: Array) -> Array:
    """Each number as the nearest multiple of the largest power of ten that is no more than its
    step.
    """
    with np.errstate(divide="ignore"):
        digits = np.broadcast_to(-np.floor(np.log10(steps)), values.shape)
    digits = np.clip(np.nan_to_num(digits, posinf=300.0), -300, 300).astype(int)
    pairs = zip(values.ravel().tolist(), digits.ravel().tolist(), strict=True)
    return np.array([round(value, digit) for value, digit in pairs]).reshape(values.shape) + 0.0
