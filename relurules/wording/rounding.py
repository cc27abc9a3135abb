"""How far numbers that are rounded for reading may lead off, in a sentence."""

from collections.abc import Iterator, Mapping

import numpy as np

from relurules.ir import RuleSet
from relurules.wording.cases import split_into_cases
from relurules.wording.conditions import ConditionWording, RuleSetWording, find_sum_styles
from relurules.wording.forms import FAR, Form, bound_display_error, is_bounded, measure_reach
from relurules.wording.half_spaces import SumTest
from relurules.wording.numbers import format_bound
from relurules.wording.sentences import SumStyle

#: What every text says of its numbers.
SAID = (
    "Numbers are rounded for reading; the exact ones are in the rules' JSON file and in emitted "
    "code."
)


def describe_rounding(rules: RuleSet, reading: RuleSetWording, place: str) -> str:
    """What to expect of the numbers of a place, such as `this page`: by how much scores worked out
    from them are off, and near which boundaries their conditions aren't the rules' own.
    """
    found = [SAID]
    if rules.decision is None:
        found.append(_describe_scores(rules, bound_score_error(rules, reading), place))

    share = bound_condition_error(rules, reading)
    if share == np.inf:
        found.append("The domain is open, so no bound holds for the conditions as shown.")
    elif share > 0:
        found.append(
            "A condition as shown may be met by other rows than the rule's own only where its sum "
            f"is within {format_bound(share)} of the boundary, as a share of the sum's range in "
            "the domain."
        )
    return " ".join(part for part in found if part)


def _describe_scores(rules: RuleSet, worst: float, place: str) -> str:
    what = "an output" if all(head.link == "identity" for head in rules.heads) else "a score"
    if worst == np.inf:
        return f"The domain is open, so no bound holds for {what} worked out from them."
    if worst == 0:
        return ""

    return (
        f"Working with the numbers of {place} changes {what} by at most {format_bound(worst)} in "
        "the domain."
    )


def bound_score_error(rules: RuleSet, reading: RuleSetWording) -> float:
    """How far any score is off that is worked out from the formulas as shown, over the domain."""
    worst = 0.0
    for read in reading.rules:
        for formula in read.formulas:
            off = bound_display_error(rules.domain, formula.form, formula.step)
            worst = max(worst, off + _bound_float_error(rules, formula.form) if off else 0.0)
    return worst


def _bound_float_error(rules: RuleSet, form: Form) -> float:
    """What float64 may have made of a form: its constant takes in pinned columns and categories,
    its first coefficient may have divided the others.
    """
    sizes = [abs(form.constant)]
    sizes += [abs(t.coefficient) * measure_reach(rules.domain, t) for t in form.terms]
    return float((len(rules.domain) + 8) * np.finfo(np.float64).eps * sum(sizes))


def bound_condition_error(rules: RuleSet, reading: RuleSetWording) -> float:
    """How far from its boundary a sum may be where a condition as shown is wrong, as a share of
    what the sum may move over the domain; infinite where a side is open.
    """
    styles = find_sum_styles(rules)
    tests = [test for read in reading.rules for test in read.tests]
    return max(_list_shares(rules, tests, styles), default=0.0)


def _list_shares(
    rules: RuleSet, tests: list[ConditionWording], styles: Mapping[object, SumStyle]
) -> Iterator[float]:
    of_sums: dict[object, float] = {}
    for one in tests:
        test = one.about
        if not isinstance(test, SumTest):
            continue
        shown = styles[test.key]
        if test.key not in of_sums:
            of_sums[test.key] = bound_display_error(rules.domain, shown.form, shown.step)
        limits = [limit.bound for limit in (test.low, test.high) if limit is not None]
        off = max(abs(shown.bounds[bound] - bound) for bound in limits) + of_sums[test.key]
        if not off:
            continue
        off += _bound_float_error(rules, test.form)
        off += 8 * np.finfo(np.float64).eps * max(map(abs, limits))
        if not is_bounded(rules.domain, test.form) or not test.form.size:
            yield np.inf
            continue
        share = float(off / test.form.size)
        # Told case by case, cuts of a column are rounded on their own, each by no more than this.
        yield share if split_into_cases(test, rules.domain) is None else max(share, FAR)
