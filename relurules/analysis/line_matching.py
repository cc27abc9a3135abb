"""Which lines of two sets of additive rules are the same."""

import numpy as np

from relurules.domain import Domain
from relurules.ir import AdditiveRules, Adjustment
from relurules.ir.difference import RuleMatch, RuleWithoutMatch
from relurules.ir.network_lines import NetworkLines
from relurules.ir.scorer import Scorer
from relurules.networks.program_cells import bound_forms

#: Lines of both: as they were, of other slopes, only of the old ones, only of the new ones.
LineMatches = tuple[
    tuple[RuleMatch, ...],
    tuple[RuleMatch, ...],
    tuple[RuleWithoutMatch, ...],
    tuple[RuleWithoutMatch, ...],
]


def match_lines(old: Scorer, new: Scorer, domain: Domain) -> LineMatches:
    """Lines with the same half-space are one line; nothing where either isn't made of lines."""
    if not isinstance(old, AdditiveRules) or not isinstance(new, AdditiveRules):
        return (), (), (), ()
    if isinstance(old, NetworkLines) or isinstance(new, NetworkLines):
        return (), (), (), ()

    theirs: dict[bytes, list[Adjustment]] = {}
    for line in new:
        theirs.setdefault(_describe_condition(line), []).append(line)

    kept, changed, removed = list[RuleMatch](), list[RuleMatch](), list[RuleWithoutMatch]()
    for line in old:
        same = theirs.get(_describe_condition(line), [])
        if not same:
            removed.append(RuleWithoutMatch(line.number, ()))
            continue
        other = same.pop(0)
        gap = _bound_gap(line, other, domain)
        (kept if gap == 0.0 else changed).append(RuleMatch(line.number, other.number, gap))

    left = sorted(line.number for lines in theirs.values() for line in lines)
    added = tuple(RuleWithoutMatch(number, ()) for number in left)

    return tuple(kept), tuple(changed), tuple(removed), added


def _describe_condition(line: Adjustment) -> bytes:
    space = line.condition.half_space
    return np.append(space.normal + 0.0, space.bound + 0.0).tobytes()


def _bound_gap(old: Adjustment, new: Adjustment, domain: Domain) -> float:
    """How far what two lines of one half-space add differs at most."""
    slopes = np.abs(new.slopes - old.slopes)
    if not slopes.any():
        return 0.0
    space = old.condition.half_space
    form = np.append(space.normal, -space.bound)[None]
    top = max(0.0, float(bound_forms(form, domain.lower, domain.upper)[1][0]))

    return float(slopes.max() * top * (1.0 + 1e-12))
