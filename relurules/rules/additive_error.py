"""What outputs of additive rules may be off where scores are, and back."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from relurules.domain import Domain
from relurules.ir import Head, Network
from relurules.links.heads import is_identity
from relurules.links.table import LINKS
from relurules.lp.certified import round_up
from relurules.networks.bounds import bound_preactivations
from relurules.networks.programs import to_rationals
from relurules.rules.error_budget import bound_link_change, find_link_budget
from relurules.rules.exact_box import make_box


def bound_additive_output(
    heads: Sequence[Head], network: Network, domain: Domain, error: float
) -> float | None:
    """What outputs may be off where each score may be off by `error`, anywhere in the domain; None
    where they are the scores.
    """
    if is_identity(heads, len(network.c)):
        return None
    if error == 0.0:
        return 0.0

    return bound_link_change(_find_highest(heads, network, domain), error)


def find_additive_budget(
    heads: Sequence[Head], network: Network, domain: Domain, error: float
) -> float:
    """The largest error of scores by which no output is off by more than `error`."""
    return find_link_budget(_find_highest(heads, network, domain), error)


def _find_highest(heads: Sequence[Head], network: Network, domain: Domain) -> dict[Head, float]:
    return {head: find_highest_score(network, domain, head) for head in heads}


def find_highest_score(network: Network, domain: Domain, head: Head) -> float:
    """What no score of a head exceeds in the domain; infinite where that isn't needed, or where the
    domain doesn't bound it.
    """
    box = make_box(domain)
    read = network.C.any(axis=0) | network.A.any(axis=0)
    if not LINKS[head.link].steepens or box.open[read].any():
        return np.inf

    bounds, most = bound_preactivations(network, domain), []
    for score in head.scores:
        affine = to_rationals(np.append(network.C[score], network.c[score]))
        total = box.bound(affine)[1]
        for z, slope, gain in zip(bounds, network.slope, network.U[score], strict=True):
            if gain:
                ends = [Fraction(end) for end in z.tolist()]
                bent = [end if end >= 0 else Fraction(float(slope)) * end for end in ends]
                inner = [Fraction(0)] if ends[0] < 0 < ends[1] else []
                total += max(Fraction(float(gain)) * value for value in [*bent, *inner])
        most.append(round_up(total))
    return max(most)
