"""Whether scores stay numbers: what an edit sets must not add up to more than a float64 holds."""

import numpy as np

from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array


def check_sizes(rules: RuleSet | AdditiveRules) -> None:
    """UnsupportedError where a sum of what the rules add could overflow in the domain; a side on
    which that is open counts as its other end.
    """
    ends = np.abs([rules.domain.lower, rules.domain.upper])
    size = np.where(np.isfinite(ends), ends, 0.0).max(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        largest = _sum_sizes(rules, size)
    if not np.isfinite(largest).all():
        raise UnsupportedError(
            "after this edit scores may be beyond the largest float64 in the domain; set a smaller "
            "number"
        )


def _sum_sizes(rules: RuleSet | AdditiveRules, size: Array) -> Array:
    if isinstance(rules, RuleSet):
        weights, constants = rules.maps
        return np.asarray(np.abs(weights) @ size + np.abs(constants))
    total = np.abs(rules.base.weights) @ size + np.abs(rules.base.constants)
    for line in rules.lines:
        space = line.condition.half_space
        total = total + np.abs(line.slopes) * (np.abs(space.normal) @ size + abs(space.bound))
    return np.asarray(total)
