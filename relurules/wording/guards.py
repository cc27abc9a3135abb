"""Columns that a domain bounds and no rule reads: why they are there."""

import numpy as np

from relurules.ir import AdditiveRules, RuleSet


def describe_guards(rules: RuleSet | AdditiveRules) -> dict[str, str]:
    """Column -> why the domain has it, of those that no rule, or line, reads.

    Within its range the neurons that read it are constant; outside they may not be, so the range is
    a guard of the rules.
    """
    traced = rules.traced
    read = None if traced is None else np.asarray(traced.A.any(axis=0) | traced.C.any(axis=0))

    unread = "no line reads it" if isinstance(rules, AdditiveRules) else "no rule reads it"
    found = {}
    for column, place in zip(rules.domain.columns, rules.domain.places, strict=True):
        at = list(place)
        if rules.read_coordinates[at].any():
            continue
        found[column.name] = (
            unread
            if read is None
            else f"{unread}: in this range, what reads it is constant"
            if read[at].any()
            else "the network doesn't read it"
        )
    return found
