"""What outputs of additive rules may be off where scores are, and back."""

from fractions import Fraction

import numpy as np

from relurules.ir import AdditiveRules, Head
from relurules.links.table import LINKS
from relurules.lp.certified import round_up
from relurules.networks.bounds import bound_preactivations
from relurules.networks.programs import to_rationals
from relurules.rules.error_budget import bound_link_change, find_link_budget
from relurules.rules.exact_box import BoundedBox, make_box
from relurules.rules.hinge_merging import list_hinges


def bound_additive_output(rules: AdditiveRules, error: float) -> float:
    """What outputs may be off where each score may be off by `error`, anywhere in the domain."""
    highest = {head: find_highest_score(rules, head) for head in rules.heads}
    return bound_link_change(highest, error)


def find_additive_budget(rules: AdditiveRules, error: float) -> float:
    """The largest error of scores by which no output is off by more than `error`."""
    return find_link_budget({head: find_highest_score(rules, head) for head in rules.heads}, error)


def find_highest_score(rules: AdditiveRules, head: Head) -> float:
    """What no score of a head exceeds in the domain; infinite where that isn't needed, or where the
    domain doesn't bound it.
    """
    box = make_box(rules.domain)
    if not LINKS[head.link].steepens or box.open[rules.read_coordinates].any():
        return np.inf
    return max(
        round_up(_bound_lines(rules, score, box) + _bound_groups(rules, score))
        for score in head.scores
    )


def _bound_lines(rules: AdditiveRules, score: int, box: BoundedBox) -> Fraction:
    """Base and lines, each at its highest."""
    base = np.append(rules.base.weights[score], rules.base.constants[score])
    most = box.bound(to_rationals(base))[1]
    chosen = np.flatnonzero(rules.slopes[:, score]) if len(rules.lines) else np.empty(0, np.intp)
    for hinge in list_hinges(rules.normals, rules.bounds, rules.slopes, chosen):
        reach = max(0, box.bound(hinge.form)[1])
        most += max(0, hinge.slopes[score] * reach)
    return most


def _bound_groups(rules: AdditiveRules, score: int) -> Fraction:
    """Every neuron of the groups at its highest, or lowest, whichever gives more."""
    most = Fraction(0)
    for group in rules.groups:
        network = group.rules.network
        bounds = bound_preactivations(network, rules.domain)
        for z, slope, gain in zip(bounds, network.slope, network.U[score], strict=True):
            if gain:
                ends = [Fraction(end) for end in z.tolist()]
                bent = [end if end >= 0 else Fraction(float(slope)) * end for end in ends]
                inner = [Fraction(0)] if ends[0] < 0 < ends[1] else []
                most += max(Fraction(float(gain)) * value for value in [*bent, *inner])
        affine = to_rationals(np.append(network.C[score], network.c[score]))
        most += make_box(rules.domain).bound(affine)[1] + Fraction(group.rules.score_error)
    return most
