"""From points of linear programs to rows of the domain, as the rules themselves predict them."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from relurules.analysis.restricted import QuestionSpace, RestrictedScorer
from relurules.analysis.targets import ScoreTarget
from relurules.domain import Domain
from relurules.domain.encoding import decode_rows, fill_gaps
from relurules.errors import CheckError
from relurules.ir import RuleSet
from relurules.ir.answers import Witness
from relurules.ir.network import Array
from relurules.ir.scorer import Scorer
from relurules.lp import Polytope

#: How far a point on a boundary is moved inside, as a share of the way to the middle.
_MOVES = (0.0, 1e-9, 1e-7, 1e-5, 1e-3)
#: Whole numbers come out of linear programs this near.
_WHOLE = 1e-6


def find_admissible_rows(
    ground: RestrictedScorer,
    space: Sequence[QuestionSpace],
    polytope: Polytope,
    point: Array,
    value: Callable[[Array], Array],
) -> tuple[Array, float] | None:
    """The rows at a point, (s, d), one per space, moved inside where that is better, and their
    value.

    value: (s, d) -> what is to be large, NaN where there is none. None where none of the rows tried
    is in the domain.
    """
    best: tuple[Array, float] | None = None
    for v in _list_trial_points(polytope, point):
        rows = np.array([round_row(ground.domain, one.rows(v), one) for one in space])
        if not ground.domain.contains(rows).all():
            continue
        found = float(value(rows))
        if not np.isnan(found) and (best is None or found > best[1]):
            best = rows, found

    return best


def _list_trial_points(polytope: Polytope, point: Array) -> Iterator[Array]:
    yield point
    try:
        middle = polytope.ball().center if len(point) else point
    except CheckError:
        return
    if np.isfinite(middle).all():
        for share in _MOVES[1:]:
            yield point + share * (middle - point)


def round_row(domain: Domain, x: Array, space: QuestionSpace | None = None) -> Array:
    """A row within the bounds, indicators 0 or 1, and what is nearly whole in whole-number columns
    whole.
    """
    x = x.copy()
    own = [i for group in domain.groups for i in group]
    whole = domain.integer & (np.abs(x - np.round(x)) <= _WHOLE)
    if space is not None:  # what doesn't move is as given
        whole &= space.spread.any(axis=1)

    x[whole] = np.round(x[whole])
    for group in domain.groups:
        at = list(group)
        x[at] = np.eye(len(at))[int(np.argmax(x[at]))]

    free = np.setdiff1d(np.arange(len(x)), own)
    x[free] = np.clip(x[free], domain.lower[free], domain.upper[free])
    fill_gaps(x[None], domain.columns)
    return np.asarray(x + 0.0)


def make_witness(
    ground: RestrictedScorer,
    target: ScoreTarget | None,
    x: Array,
    shows: str,
    data_row: int | None = None,
) -> Witness:
    """What the rules say of a row in the domain."""
    rules = ground.rules
    outputs = rules.predict_row(x)
    score = None if target is None else float(target.of(rules.predict_scores(x[None]))[0])
    raw = {name: values[0] for name, values in decode_rows(x[None], rules.domain.columns).items()}

    return Witness(
        shows=shows,
        rule=int(rules.apply(x[None])[0]) if isinstance(rules, RuleSet) else None,
        row=raw,
        outputs=outputs,
        score=score,
        data_row=data_row,
        unread=list_unread_columns(rules),
    )


def list_unread_columns(rules: Scorer) -> tuple[str, ...]:
    """Names of the columns that nothing of the rules reads."""
    domain = rules.domain
    return tuple(
        column.name
        for column, at in zip(domain.columns, domain.places, strict=True)
        if not rules.read_coordinates[list(at)].any()
    )


def make_score_function(
    ground: RestrictedScorer, target: ScoreTarget, sign: float
) -> Callable[[Array], Array]:
    """What `seated` takes to make a score large, or small with sign -1."""
    return lambda rows: np.asarray(sign * target.of(ground.rules.predict_scores(rows))[0])
