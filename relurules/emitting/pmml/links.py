"""Links as expressions of PMML; a new link is a row of `PRINTERS` here."""

from collections.abc import Callable, Mapping, Sequence
from xml.etree.ElementTree import Element

from relurules.emitting.pmml.elements import add_up, all_of, apply, choose, write_constant
from relurules.ir import Scorer


def print_outputs(rules: Scorer, scores: Sequence[Element]) -> list[Element]:
    """An expression for every output."""
    return [
        PRINTERS[head.link]([scores[i] for i in head.scores])[head.component]
        for head in rules.heads
    ]


def _print_sigmoid(scores: Sequence[Element]) -> list[Element]:
    """Exp of numbers below 0 alone, so that nothing overflows."""
    return [_print_share(scores[0], "greaterOrEqual")]


def _print_complement(scores: Sequence[Element]) -> list[Element]:
    return [_print_share(scores[0], "lessThan")]


def _print_share(s: Element, comparison: str) -> Element:
    """exp(-|s|) / (1 + exp(-|s|)), and 1 / (1 + exp(-|s|)) where `s` compares so with 0."""
    one = write_constant(1.0)
    power = apply("exp", apply("*", write_constant(-1.0), apply("abs", s)))
    upper = choose(apply(comparison, s, write_constant(0.0)), one, power)
    return apply("/", upper, apply("+", one, power))


def _print_softplus(scores: Sequence[Element]) -> list[Element]:
    """The larger of s and 0, and log(1 + exp(-|s|))."""
    zero = write_constant(0.0)
    power = apply("exp", apply("*", write_constant(-1.0), apply("abs", scores[0])))
    top = choose(apply("greaterThan", scores[0], zero), scores[0], zero)
    return [apply("+", top, apply("ln1p", power))]


def _print_logit(scores: Sequence[Element]) -> list[Element]:
    """A missing value outside 0 to 1."""
    s, zero, one = scores[0], write_constant(0.0), write_constant(1.0)
    inside = all_of([apply("greaterThan", s, zero), apply("lessThan", s, one)])
    return [choose(inside, apply("ln", apply("/", s, apply("-", one, s))))]


def _print_softmax(scores: Sequence[Element]) -> list[Element]:
    powers = [apply("exp", shifted) for shifted in _subtract_largest(scores)]
    total = add_up(powers)
    return [apply("/", power, total) for power in powers]


def _print_log_softmax(scores: Sequence[Element]) -> list[Element]:
    shifted = _subtract_largest(scores)
    total = apply("ln", add_up(apply("exp", each) for each in shifted))
    return [apply("-", each, total) for each in shifted]


def _subtract_largest(scores: Sequence[Element]) -> list[Element]:
    if len(scores) == 1:
        return [apply("-", scores[0], scores[0])]
    top = apply("max", *scores)
    return [apply("-", score, top) for score in scores]


def _print_step(scores: Sequence[Element]) -> list[Element]:
    test = apply("greaterOrEqual", scores[0], write_constant(0.0))
    return [choose(test, write_constant(1.0), write_constant(0.0))]


def choose_largest(scores: Sequence[Element], given: Sequence[Element]) -> Element:
    """What is given for the first of the largest."""
    found = given[-1]
    for i in reversed(range(len(scores) - 1)):
        tests = [apply("greaterOrEqual", scores[i], other) for other in scores[i + 1 :]]
        found = choose(all_of(tests), given[i], found)
    return found


def _print_argmax(scores: Sequence[Element]) -> list[Element]:
    numbers = [write_constant(float(i)) for i in range(len(scores))]
    return [choose_largest(scores, numbers)]


#: Name of a link -> scores -> what it gives of each, or one number for all.
PRINTERS: Mapping[str, Callable[[Sequence[Element]], list[Element]]] = {
    "identity": list,
    "sigmoid": _print_sigmoid,
    "complement": _print_complement,
    "exp": lambda scores: [apply("exp", scores[0])],
    "expm1": lambda scores: [apply("expm1", scores[0])],
    "softplus": _print_softplus,
    "tanh": lambda scores: [apply("tanh", scores[0])],
    "logit": _print_logit,
    "softmax": _print_softmax,
    "log_softmax": _print_log_softmax,
    "step": _print_step,
    "argmax": _print_argmax,
}
