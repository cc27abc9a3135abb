"""How a model decides between classes: scores, signs and thresholds of scores."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.forms import BITS, GUARD, ONE
from relurules.checker.json_values import RefusedError, read_number


class ModelDecision(NamedTuple):
    """The scores of the classes in order, the largest of which decides; or None: sign * score >=
    cut decides.

    cut: in units of 2**-BITS, which may be off by the radius.
    """

    order: list[int] | None
    score: int = 0
    sign: int = 1
    cut: int = 0
    radius: int = 0


#: Link of one score -> what the logarithm of is the score where the link reaches a threshold.
_ODDS: Mapping[str, Callable[[Fraction], Fraction]] = {
    "sigmoid": lambda t: t / (1 - t),
    "complement": lambda t: t / (1 - t),
    "exp": lambda t: t,
    "expm1": lambda t: t + 1,
}


def read_decision(model: Mapping[str, Any], threshold: float | None) -> ModelDecision:
    """How the model decides."""
    heads = read_heads(model)
    links, last = {head["link"] for head in heads}, heads[-1]
    if threshold is not None:
        return _read_threshold(last, threshold)
    if (
        len(heads) == 2
        and links == {"sigmoid", "complement"}
        and heads[0]["scores"] == heads[1]["scores"]
    ):
        return ModelDecision(None, last["scores"][0], 1 if last["link"] == "sigmoid" else -1)

    if links == {"argmax"} and len(heads) == 1:
        return ModelDecision(list(last["scores"]))

    ordered = links in ({"softmax"}, {"log_softmax"}) and all(
        head["scores"] == last["scores"] for head in heads
    )
    if len(heads) > 1 and (ordered or links == {"identity"}):
        return ModelDecision([_pick_score(head) for head in heads])

    raise RefusedError("the model's outputs aren't classes of which the largest could decide")


def _pick_score(head: Mapping[str, Any]) -> int:
    scores, component = head["scores"], head["component"]
    if type(component) is not int or not 0 <= component < len(scores):
        raise RefusedError(f"a link's component {component!r} isn't there")
    return scores[component]  # type: ignore[no-any-return]


def read_heads(model: Mapping[str, Any]) -> list[Any]:
    """The links of a model's outputs."""
    plain = [
        {"link": "identity", "scores": [i], "component": 0} for i in range(len(model["outputs"]))
    ]
    return list(model.get("heads", plain))


def _read_threshold(head: Mapping[str, Any], threshold: float) -> ModelDecision:
    """Class 1 where an output of one score reaches a threshold."""
    link, t = head["link"], read_number(threshold)
    if link == "identity":
        exact, cut = t * ONE, math.floor(t * ONE)
        return ModelDecision(None, head["scores"][0], 1, cut, int(exact != cut))
    if link not in _ODDS:
        raise RefusedError(
            f"the threshold {threshold!r} is one of an output through {link}, which is made of "
            "several scores, or reaches it at a score that is no logarithm of a fraction; "
            f"thresholds are those of {', '.join(_ODDS)} and plain scores, and through a softmax "
            "the largest decides"
        )

    share = link in ("sigmoid", "complement")
    if (share and not 0 < t < 1) or _ODDS[link](t) <= 0:
        raise RefusedError(
            f"the model's output never reaches the threshold {threshold!r}, or always does"
        )

    cut, radius = approximate_logarithm(_ODDS[link](t))
    return ModelDecision(None, head["scores"][0], -1 if link == "complement" else 1, cut, radius)


def approximate_logarithm(value: Fraction) -> tuple[int, int]:
    """The natural logarithm of a positive number in units of 2**-BITS, and by how many it may be
    off.

    value = 2**k m with 1/2 < m < 2: k ln 2 + ln m, and ln m = 2 artanh((m - 1) / (m + 1)).
    """
    if value == 1:
        return 0, 0
    k = value.numerator.bit_length() - value.denominator.bit_length()
    m = value / Fraction(2) ** k
    total = k * _twice_artanh(Fraction(1, 3)) + _twice_artanh((m - 1) / (m + 1))
    return total >> GUARD, 2


def _twice_artanh(z: Fraction) -> int:
    """2 (z + z^3 / 3 + z^5 / 5 + ...), |z| <= 1/3, in units of 2**-(BITS + GUARD), off by < 2**12
    of them.
    """
    digits = BITS + GUARD
    power = (z.numerator << digits) // z.denominator
    square, total, k = power * power >> digits, 0, 1
    while power not in (0, -1):  # rounded down, a negative power ends at -1
        total += power // k
        power = power * square >> digits
        k += 2
    return 2 * total


def find_threshold(rules: Mapping[str, Any]) -> float | None:
    """The probability at which rules decide between two classes, None where the largest decides:
    the one that was asked for, else the model's own, which goes with its labels.
    """
    wanted: float | None = rules["decision"]["threshold"]
    if wanted is not None:
        return wanted
    own: float | None = (rules.get("labels") or {}).get("threshold")
    return own


def count_decision_scores(rules: Mapping[str, Any], decision: "ModelDecision") -> int:
    """How many scores tell the class: of two classes one by its sign, or two of which one leads."""
    if decision.order is not None:
        return len(decision.order)
    heads = rules.get("heads") or [{}]
    return 2 if heads[0].get("link") == "argmax" else 1
