"""One drawn case -> right, wrong or given up, and why."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from handmade import graph
from numpy.typing import NDArray

import relurules as rr
from exact.arrangement import ExactNetwork, ExactRegion, regions
from exact.draws import Draw
from exact.points import telling_rows
from exact.rounding import TINY, UNIT, allowance, largest_terms, roundings

Array = NDArray[np.float64]

RIGHT, BOUNDED, WRONG, GIVEN_UP = "right", "bounded", "wrong", "given up"


class Verdict(NamedTuple):
    """What became of one draw.

    outcome: right, bounded (off by more than rounding, as `max_error` says), wrong or given up.
    kind: why, the same for all draws of a kind.
    detail: of this one.
    """

    outcome: str
    kind: str = ""
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing that was claimed is false, and something was claimed."""
        return self.outcome in {RIGHT, BOUNDED}


def assert_holds(draws: Iterable[Draw], judge: Callable[[Draw], Verdict]) -> None:
    """Fails with one line for each draw that is wrong or was given up."""
    judged = [(draw, judge(draw)) for draw in draws]
    wrong = [f"{draw}: {' '.join(verdict)}" for draw, verdict in judged if not verdict.holds]
    assert not wrong, "\n".join(wrong)


def judge_partition(draw: Draw, found: Sequence[ExactRegion] | None = None) -> Verdict:
    """Whether a search finds the same patterns."""
    found = regions(draw.network, draw.domain) if found is None else found
    try:
        partition = rr.partition(graph(draw.network), draw.domain)
    except Exception as error:  # whatever a user would see
        return Verdict(GIVEN_UP, f"{type(error).__name__} from partition", str(error))
    if not partition.complete:
        detail = f"{len(partition)} of {len(found)} regions"
        return Verdict(GIVEN_UP, "incomplete partition", detail)
    have = Counter(tuple(pattern) for pattern in partition.patterns.tolist())
    want = {region.pattern: region for region in found}
    missing = [region for pattern, region in want.items() if pattern not in have]
    alien = [pattern for pattern in have if pattern not in want]
    if missing:
        widest = max(_thickness(region, draw) for region in missing)
        kind = "regions missing, all thinner than 1e-9" if widest < 1e-9 else "regions missing"
        detail = f"{len(missing)} of {len(found)}, {widest:.1e} of the box wide"
        return Verdict(WRONG, kind, f"{detail}; {len(alien)} that don't exist")
    if alien or max(have.values()) > 1:
        return Verdict(WRONG, "regions that don't exist", f"{sum(have.values())} for {len(found)}")
    return Verdict(RIGHT)


def _thickness(region: ExactRegion, draw: Draw) -> float:
    """About how thin a cell is, as a share of the box: its least extent in any direction."""
    first, *others = (vertex.point for vertex in region.cell.vertices)
    width = [Fraction(b) - Fraction(a) for a, b in zip(*draw.sides, strict=True)]
    moves = [[float((v - u) / w) for u, v, w in zip(first, x, width, strict=True)] for x in others]
    thinnest = np.linalg.svd(np.array(moves))[2][-1]
    return float(np.ptp([0.0, *(np.array(moves) @ thinnest)]))


def judge_rules(draw: Draw, most: int = 120, found: Sequence[ExactRegion] | None = None) -> Verdict:
    """Whether extracted rules are the network at rows that tell, and claim rounding at most."""
    found = regions(draw.network, draw.domain) if found is None else found
    random = np.random.default_rng([17, draw.seed])
    X = telling_rows(found, draw.domain.lower, draw.domain.upper, random, most)
    try:
        rules = rr.extract(graph(draw.network), domain=draw.domain)
    except Exception as error:  # whatever a user would see
        return Verdict(GIVEN_UP, f"{type(error).__name__} from extract", str(error))
    rounding = 32 * roundings(len(draw.domain)) * (UNIT * largest_terms(found) + TINY)
    if Fraction(rules.max_error) > rounding and not draw.straightened:
        detail = f"max_error {rules.max_error:.2e}, rounding at most {float(rounding):.2e}"
        return Verdict(WRONG, "max_error is more than rounding", detail)
    return judge_values(draw, rules, X)


def judge_values(draw: Draw, rules: rr.RuleSet, X: Array) -> Verdict:
    """Whether rules are the network at rows, to rounding, or within their `max_error`."""
    if not rules.complete:
        return Verdict(GIVEN_UP, "incomplete rules")
    exact, predicted = ExactNetwork.of(draw.network), rules.predict(X)
    span = _span(predicted)
    worst = Verdict(RIGHT)
    for x, values in zip(X.tolist(), predicted.tolist(), strict=True):
        if not np.isfinite(values).all():
            return Verdict(GIVEN_UP, "no rule for a row of the domain", f"x = {x}")
        error = [abs(Fraction(v) - y) for v, y in zip(values, exact.evaluate(x), strict=True)]
        if all(e <= UNIT * abs(Fraction(v)) for e, v in zip(error, values, strict=True)):
            continue
        allowed = allowance(exact, x, *draw.sides)
        verdict = _verdict(error, allowed, Fraction(rules.max_error), span, x)
        worst = max(worst, verdict, key=_severity)
    return worst


def _verdict(
    error: list[Fraction],
    allowed: Iterable[Fraction],
    bound: Fraction,
    span: list[Fraction],
    x: list[float],
) -> Verdict:
    """Of one row, by its worst output."""
    worst = Verdict(RIGHT)
    for e, room, width in zip(error, allowed, span, strict=True):
        if e <= room:
            continue
        detail = f"off by {float(e):.3e} at {x}, allowed {float(room):.1e}"
        detail += f", outputs span {float(width):.1e}"
        visible = e > width / 10**6
        kind = "visibly wrong values" if visible else "more than rounding, below 1e-6 of the span"
        verdict = Verdict(WRONG, kind, detail)
        if e <= room + bound:
            verdict = Verdict(BOUNDED, "as far off as max_error says", detail)
        worst = max(worst, verdict, key=_severity)
    return worst


def _severity(verdict: Verdict) -> tuple[int, bool]:
    order = (RIGHT, BOUNDED, WRONG)
    return order.index(verdict.outcome), verdict.kind.startswith("visibly")


def _span(predicted: Array) -> list[Fraction]:
    """How far every output ranges over the rows."""
    finite = np.where(np.isfinite(predicted), predicted, 0.0)
    high, low = finite.max(axis=0).tolist(), finite.min(axis=0).tolist()
    return [Fraction(a) - Fraction(b) for a, b in zip(high, low, strict=True)]
