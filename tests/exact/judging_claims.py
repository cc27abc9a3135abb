"""What simplified rules and rules that decide claim -> right, wrong or given up, and why."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from operator import mul

import numpy as np
from handmade import graph
from numpy.typing import NDArray

import relurules as rr
from exact.arrangement import ExactNetwork, ExactRegion, Point, regions
from exact.climbing import climb
from exact.draws import Draw
from exact.judging import GIVEN_UP, RIGHT, WRONG, Verdict
from exact.optimum import largest_excess, largest_misjudgement, misjudgement, threshold_rounding
from exact.points import telling_rows
from exact.rounding import UNIT, allowance, roundings
from relurules.ir import RuleSet

Array = NDArray[np.float64]

#: The regions of a draw, where they are known.
Found = Sequence[ExactRegion] | None

#: Climbing starts from so many rows, and ignores such a share of the network's terms, as rounding.
STARTS = 50
_NOISE = 1e-14
#: Up to so many columns the optimum is computed exactly too.
_EXACT_COLUMNS = 2


def judge_bound(draw: Draw, share: float, most: int = 80, found: Found = None) -> Verdict:
    """Whether rules that may be off by a share of the outputs' span keep their `max_error`."""
    found = regions(draw.network, draw.domain) if found is None else found
    limit = share * float(_largest_span(found))
    try:
        rules = rr.extract(graph(draw.network), domain=draw.domain, max_error=limit)
    except Exception as error:  # whatever a user would see
        return Verdict(GIVEN_UP, f"{type(error).__name__} from extract(max_error)", str(error))
    if rules.max_error > limit * (1 + 1e-9):
        detail = f"{rules.max_error:.3e} of {limit:.3e}"
        return Verdict(WRONG, "max_error is more than allowed", detail)
    excess = largest_excess(found, rules) if len(draw.domain) <= _EXACT_COLUMNS else 0.0
    if excess > rules.max_error:
        detail = f"{excess:.3e}, claimed {rules.max_error:.3e}"
        return Verdict(WRONG, "max_error is less than the optimum", detail)
    return _at_rows(draw, rules, _rows(draw, found, rules, most))


def _at_rows(draw: Draw, rules: RuleSet, X: Array) -> Verdict:
    exact, bound = ExactNetwork.of(draw.network), Fraction(rules.max_error)
    answers = zip(X.tolist(), rules.predict(X).tolist(), rules.apply(X).tolist(), strict=True)
    for x, values, number in answers:
        if number == 0 or not np.isfinite(values).all():
            return Verdict(GIVEN_UP, "no rule for a row of the domain", f"x = {x}")
        error = [abs(Fraction(v) - y) for v, y in zip(values, exact.evaluate(x), strict=True)]
        if max(error) <= bound:
            continue
        room = zip(allowance(exact, x, *draw.sides), _own_rounding(rules, number, x), strict=True)
        over = max(e - a - b for e, (a, b) in zip(error, room, strict=True))
        if over > bound:
            return Verdict(
                WRONG,
                "max_error is less than a row shows",
                f"{float(over):.3e} of {float(bound):.3e} at {x}",
            )
    return Verdict(RIGHT)


def _own_rounding(rules: RuleSet, number: int, x: list[float]) -> Point:
    """What the value of a rule at a row may be off by."""
    weights, constants = rules.rules[number - 1].map
    count = roundings(len(x))
    at = [abs(Fraction(value)) for value in (*x, 1.0)]
    rows = np.abs(np.column_stack([weights, constants])).tolist()
    sizes = [[Fraction(a) for a in row] for row in rows]
    return tuple(count * UNIT * sum(map(mul, row, at), Fraction(0)) for row in sizes)


def _rows(draw: Draw, found: Sequence[ExactRegion], rules: RuleSet, most: int) -> Array:
    """Rows that tell, and the tops of climbs from some of them and from anywhere."""
    random = np.random.default_rng([18, draw.seed])
    lower, upper = draw.domain.lower, draw.domain.upper
    X = telling_rows(found, lower, upper, random, most)
    starts = np.vstack(
        [
            X[random.permutation(len(X))[: STARTS // 2]],
            random.uniform(lower, upper, (STARTS, len(lower))),
        ]
    )

    def gap(rows: Array) -> Array:
        off = np.abs(rules.predict(rows) - draw.network.evaluate(rows))
        return np.asarray((off - _NOISE * draw.network.magnitude(rows)).max(axis=1))

    return np.vstack([X, climb(gap, lower, upper, starts[:STARTS], random)])


def judge_decision(draw: Draw, most: int = 80, found: Found = None) -> Verdict:
    """Whether rules decide rightly which output is the largest, or if it reaches a threshold."""
    found = regions(draw.network, draw.domain) if found is None else found
    random = np.random.default_rng([19, draw.seed])
    somewhere = found[int(random.integers(len(found)))]
    values = somewhere.outputs(somewhere.interior)
    wanted = "argmax" if len(values) > 1 else float(values[0])
    try:
        rules = rr.extract(graph(draw.network), domain=draw.domain, decision=wanted)
    except Exception as error:  # whatever a user would see
        return Verdict(GIVEN_UP, f"{type(error).__name__} from extract(decision)", str(error))
    bound = 2 * rules.score_error  # of each of two outputs
    off = largest_misjudgement(found, rules) if len(draw.domain) <= _EXACT_COLUMNS else 0.0
    if off > bound:
        detail = f"by {off:.3e} of the output, claimed {bound:.3e}"
        return Verdict(WRONG, "a region is decided wrongly", detail)
    X = telling_rows(found, draw.domain.lower, draw.domain.upper, random, most)
    return next(_misjudged(draw, rules, X), Verdict(RIGHT))


def _misjudged(draw: Draw, rules: RuleSet, X: Array) -> Iterator[Verdict]:
    """Rows that lie in another class than the rules say, by more than rounding of the outputs."""
    exact, threshold = (
        ExactNetwork.of(draw.network),
        rules.decision.threshold if rules.decision else None,
    )
    for x, (number,) in zip(X.tolist(), rules.predict(X).tolist(), strict=True):
        if not np.isfinite(number):
            yield Verdict(GIVEN_UP, "no rule for a row of the domain", f"x = {x}")
            continue
        off = misjudgement(exact.evaluate(x), int(number), threshold)
        if off <= 0:
            continue
        room = 2 * max(allowance(exact, x, *draw.sides)) + threshold_rounding(len(x), threshold)
        if off > room + 2 * Fraction(rules.score_error):
            detail = f"by {float(off):.3e} of the output at {x}"
            yield Verdict(WRONG, "a row is decided wrongly", detail)


def _largest_span(found: Sequence[ExactRegion]) -> Fraction:
    """How far the outputs range over the domain, of the one that ranges most."""
    values = [region.outputs(vertex.point) for region in found for vertex in region.cell.vertices]
    return max(max(column) - min(column) for column in zip(*values, strict=True))
