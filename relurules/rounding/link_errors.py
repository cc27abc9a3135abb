"""What rounding does to outputs behind links: how far their scores are off, and what the link's own
formula adds, where the text has the formula that this was worked out for.

Functions such as `exp` aren't rounded to nearest by usual libraries of mathematics: they are
assumed to be off by no more than so many units of rounding, relative to what they give, which is
more than those measured need (B. Gladman, V. Innocente, J. Mather and P. Zimmermann, "Accuracy of
Mathematical Functions in Single, Double, Double Extended and Quadruple Precision"). Numpy promises
4 units in the last place of its vectors, each of which is at most two units of rounding.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.ir.network import Array
from relurules.links.functions import expit
from relurules.links.heads import Head
from relurules.links.table import LINKS
from relurules.rounding.expression import UnreadableError
from relurules.rounding.link_texts import is_score_given, require_formula

#: What is assumed where outputs behind links have a bound.
ASSUMPTION = (
    "the relative error of exp and log is at most 2^-51, that of expm1, log1p and tanh at most "
    "2^-50, and that of ONNX's Tanh at most 2^-49"
)

_UNIT = 2.0**-53
#: Of exp and log; of expm1, log1p and tanh. Onnxruntime's own tanh is off by 8.9 units near 14.
_EXP, _OTHER, _GRAPH_TANH = 4.0 * _UNIT, 8.0 * _UNIT, 16.0 * _UNIT
#: More than products of several roundings, and than what underflows or is cut at exp(-700).
_SURE, _TINY = 1.001, 1e-300
#: Logarithms of exp beyond this may overflow.
_LARGEST = 700.0


class ScoreSpan(NamedTuple):
    """The scores of one output on some rows. width: how many; error: how far each may be off; low,
    high: between which they lie, exactly and as computed.
    """

    width: int
    error: float
    low: float
    high: float

    @property
    def size(self) -> float:
        """The largest magnitude."""
        return max(abs(self.low), abs(self.high))

    @property
    def least(self) -> float:
        """The smallest magnitude."""
        return max(0.0, self.low, -self.high)


def _round_share(_: ScoreSpan) -> float:
    """Of 1 / (1 + p) and p / (1 + p), p = exp(-|s|) or exp(-s): p p' / (1 + p)^2 is at most a
    quarter of p's own relative error; a sum and a quotient are rounded, of at most 1.
    """
    return _EXP / 4.0 + 2.0 * _UNIT


def _round_power(span: ScoreSpan) -> float:
    """Of exp(s), infinite where it may overflow."""
    return _EXP * math.exp(span.high) if span.high < _LARGEST else math.inf


def _round_power_less(span: ScoreSpan) -> float:
    """Of expm1(s), which is no less than -1."""
    return _OTHER * max(1.0, math.expm1(span.high)) if span.high < _LARGEST else math.inf


def _round_softmax(span: ScoreSpan) -> float:
    """Of k scores: share i moves by p_i (n_i - sum of p_j n_j) where the logarithm of power j is
    off by n_j, which is exp's error and a rounding of s_j - top. Of errors of one size that is at
    most 2 p_i (1 - p_i) times it, so half of it; p_j |s_j - top| is at most 1 / e. A sum of k is
    rounded, and a quotient.
    """
    count = span.width
    return _EXP / 2.0 + (count + 1.0) / math.e * _UNIT + count * _UNIT


def _round_softmax_logarithm(span: ScoreSpan) -> float:
    """Of s - top - log(the sum of exp(s_j - top)): of the sum, from 1 to k, the share that exp is
    off, a rounding of s_j - top in every power (p_j |s_j - top| is at most 1 / e) and of k sums; of
    its logarithm, of s - top, and of what is left.
    """
    count, apart = span.width, span.high - span.low
    total = _EXP + (count - 1.0) * (1.0 + 1.0 / math.e) * _UNIT
    return total + _EXP * math.log(count) + (2.0 * apart + math.log(count)) * _UNIT


def _round_softplus(span: ScoreSpan) -> float:
    """Of max(0, s) + log1p(p), p = exp(-|s|): log1p(p) moves by p / (1 + p) of p's own relative
    error; a sum is rounded.
    """
    log, share = _measure_tail(span)
    return _EXP * share + _OTHER * log + (max(0.0, span.high) + log) * _UNIT


def _measure_tail(span: ScoreSpan) -> tuple[float, float]:
    """The largest log1p(p) and p / (1 + p), p = exp(-|s|): log 2 and a half near 0."""
    power = math.exp(-span.least)
    return math.log1p(power), power / (1.0 + power)


def _round_tanh(span: ScoreSpan) -> float:
    """Of tanh(s) itself."""
    return _OTHER * math.tanh(span.size)


def _round_odds(span: ScoreSpan) -> float:
    """Of log(s / (1 - s)): a difference and a quotient are rounded, and the logarithm of what lies
    between the ends.
    """
    if not 0.0 < span.low <= span.high < 1.0:
        return math.inf
    ends = [abs(math.log(end) - math.log1p(-end)) for end in (span.low, span.high)]
    return 2.0 * _UNIT + _EXP * max(ends)


#: Link -> what its formula adds.
_ROUNDING: Mapping[str, Callable[[ScoreSpan], float]] = {
    "sigmoid": _round_share,
    "complement": _round_share,
    "exp": _round_power,
    "expm1": _round_power_less,
    "softplus": _round_softplus,
    "tanh": _round_tanh,
    "logit": _round_odds,
    "softmax": _round_softmax,
    "log_softmax": _round_softmax_logarithm,
}


def _round_kahan_power(span: ScoreSpan) -> float:
    """Of expm1(s) as (u - 1) s / log(u), u = exp(s): its logarithm moves by at most as much as u's,
    and a difference, a product, a quotient and a logarithm are rounded.
    """
    size = max(1.0, math.expm1(span.high)) if span.high < _LARGEST else math.inf
    return (_EXP + 3.0 * _UNIT + _EXP) * size


def _round_kahan_softplus(span: ScoreSpan) -> float:
    """Of softplus with u log(1 + u) / ((1 + u) - 1) for log1p(u), u = exp(-|s|): log(w) / (w - 1)
    moves by at most half of what 1 + u is rounded by; a product, a quotient and the logarithm are
    rounded, and w - 1 is exact.
    """
    log, share = _measure_tail(span)
    own = (2.5 * _UNIT + _EXP) * log
    return _EXP * share + own + (max(0.0, span.high) + log) * _UNIT


def _round_kahan_tanh(span: ScoreSpan) -> float:
    """Of tanh(s) as -v / (2 + v), v = (u - 1) t / log(u), u = exp(t), t = -2 |s|: the logarithm of
    v moves by half of u's error, and four operations, one of them a logarithm, are rounded; that of
    tanh moves by twice as much at most, and two more are rounded.
    """
    inner = _EXP / 2.0 + 3.0 * _UNIT + _EXP
    return (2.0 * inner + 2.0 * _UNIT) * math.tanh(span.size)


def _round_graph_power(span: ScoreSpan) -> float:
    """Of expm1(s) in ONNX: where |s| is below 1, as 2 t / (1 - t) of t = tanh(s / 2), whose
    logarithm moves by 1 / (1 - t) of t's own relative error; else as exp(s) - 1. So near to 0
    onnxruntime's tanh is as near as others.
    """
    if span.high >= _LARGEST:
        return math.inf
    low, high = max(-1.0, span.low), min(1.0, span.high)
    near = 0.0
    if low <= high:
        size = max(abs(math.expm1(end)) for end in (low, high))
        near = (_OTHER / (1.0 - math.tanh(high / 2.0)) + 2.0 * _UNIT) * size
    return max(near, (_EXP + _UNIT) * math.exp(span.high) + _UNIT)


def _round_graph_tanh(span: ScoreSpan) -> float:
    """Of tanh(s) by ONNX's operator, which runtimes compute as a quotient of polynomials."""
    return _GRAPH_TANH * math.tanh(span.size)


#: Target -> link -> the same where its formula is another one.
_OWN_ROUNDING: Mapping[str, Mapping[str, Callable[[ScoreSpan], float]]] = {
    "sql": {
        "expm1": _round_kahan_power,
        "softplus": _round_kahan_softplus,
        "tanh": _round_kahan_tanh,
    },
    "onnx": {
        "expm1": _round_graph_power,
        "softplus": _round_kahan_softplus,
        "tanh": _round_graph_tanh,
    },
}


def has_links(rules: RuleSet | AdditiveRules) -> bool:
    """Whether some output is something else than its score."""
    return any(head.link != "identity" for head in rules.heads)


def needs_ends(rules: RuleSet | AdditiveRules) -> bool:
    """Whether the smallest and the largest scores count for outputs."""
    return any(head.link not in ("identity", "sigmoid", "complement", "softmax")
               for head in rules.heads)  # fmt: skip


def needs_parts(rules: RuleSet | AdditiveRules) -> bool:
    """Whether outputs have a smaller bound where rows are bounded part by part."""
    return any(head.link in _ROUNDING for head in rules.heads)


@dataclass(frozen=True)
class EndScores:
    """Of rows that come to one end of a text, (m,) each. errors: how far every score may be off;
    lows, highs: the smallest and the largest that it is, but for these errors.
    """

    errors: Array
    lows: Array
    highs: Array


def measure_link_error(target: str, heads: Sequence[Head], of: EndScores) -> float:
    """What rows of a range may be off behind links, at most."""
    linked = [head for head in heads if head.link in _ROUNDING]
    return max((_bound_link(target, head, of) for head in linked), default=0.0)


class OutputBound(NamedTuple):
    """How far an output may be off; refusal: why nothing is known of it, which then is infinite."""

    error: float
    refusal: str = ""


def bound_outputs(
    artifact: Artifact, rules: RuleSet | AdditiveRules, ranges: Sequence[EndScores]
) -> list[OutputBound]:
    """(n,) every output of the rules.

    ranges: of all rows, each of which is in one of them at least. An error counts most where its
    own rows' scores are largest, not where others' are.
    """
    is_renamed = len(artifact.outputs) == len(rules.outputs)
    names = artifact.outputs if is_renamed else rules.outputs
    found = list[OutputBound]()
    for i, name in enumerate(names):
        try:
            found.append(OutputBound(_bound_output(artifact, rules, ranges, (name, i))))
        except UnreadableError as error:
            found.append(OutputBound(math.inf, f"output {name!r}: {error}"))

    return found


def _bound_output(
    artifact: Artifact,
    rules: RuleSet | AdditiveRules,
    ranges: Sequence[EndScores],
    output: tuple[str, int],
) -> float:
    """What an output, a name and its number, may be off; UnreadableError where that isn't known."""
    head = rules.heads[output[1]]
    if head.link == "identity":
        if not is_score_given(artifact, rules, *output, has_links(rules)):
            raise UnreadableError("the text isn't read as giving its score as it is")
        return max(float(one.errors[list(head.scores)].max()) for one in ranges)
    if head.link not in _ROUNDING:
        raise UnreadableError(f"a class by {head.link} may be another one where scores nearly tie")
    if artifact.number != "double":
        raise UnreadableError(f"the functions of {artifact.number} have no bound")
    require_formula(artifact, rules.heads, *output)
    error = max(_bound_link(artifact.target, head, one) for one in ranges)
    if math.isinf(error):
        limit = "0 or 1" if head.link == "logit" else "what a float64 holds"
        raise UnreadableError(f"{head.link} of scores that may come to {limit}, or beyond")

    return error


def _bound_link(target: str, head: Head, of: EndScores) -> float:
    """What rows of a range may be off behind a link."""
    scores = list(head.scores)
    errors = of.errors[scores]
    span = ScoreSpan(
        len(scores),
        float(errors.max()),
        float((of.lows[scores] - errors).min()),
        float((of.highs[scores] + errors).max()),
    )
    rounding = _OWN_ROUNDING.get(target, {}).get(head.link, _ROUNDING[head.link])(span)
    return float(_move_through(head.link, span) * (1.0 + 1e-12) + rounding * _SURE + _TINY)


def _move_through(link: str, span: ScoreSpan) -> float:
    """What the scores' errors move an output by: at most the steepest slope between the ends times
    an error, of links that aren't steepest where the score is largest.
    """
    if link == "logit":
        least = min(end * (1.0 - end) for end in (span.low, span.high))
        inside = 0.0 < span.low <= span.high < 1.0 and least > 0.0
        return span.error / least if inside else math.inf
    if link == "softplus":
        return span.error * expit(span.high)
    if link == "tanh":
        return span.error / math.cosh(min(span.least, 300.0)) ** 2
    most = LINKS[link].change(span.error, span.high, span.width)
    if link in ("sigmoid", "complement"):
        power = math.exp(-span.least)
        return min(most, span.error * power / (1.0 + power) ** 2)

    return most
