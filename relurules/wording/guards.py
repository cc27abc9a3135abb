"""Columns that a domain bounds and no rule reads: why they are there."""

import numpy as np

from relurules.domain.input_places import list_coordinates
from relurules.ir import RuleSet


def describe_guards(rules: RuleSet) -> dict[str, str]:
    """Column -> why the domain has it, of those that no rule reads.

    Within its range the neurons that read it are constant; outside they may not be, so the range is
    a guard of the rules.
    """
    columns = rules.domain.columns
    used = np.asarray(rules.maps.weights.any(axis=(0, 1)) | rules.tree.normals.any(axis=0))
    traced = rules.traced
    read = None if traced is None else np.asarray(traced.A.any(axis=0) | traced.C.any(axis=0))

    found = {}
    for i, column in enumerate(columns):
        at = list_coordinates(columns, [i])
        if used[at].any():
            continue
        found[column.name] = (
            "no rule reads it"
            if read is None
            else "no rule reads it: in this range, what reads it is constant"
            if read[at].any()
            else "the network doesn't read it"
        )
    return found
