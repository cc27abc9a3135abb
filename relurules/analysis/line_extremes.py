"""The largest values of additive rules' scores, and what their outputs lie between."""

from itertools import combinations

import numpy as np

from relurules.analysis.restricted_lines import RestrictedLines
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.links.heads import Head
from relurules.links.table import LINKS
from relurules.networks.maximum import ProgramMaximum, maximise_program
from relurules.statistics.output_ranges import bound_joint_output


def find_line_maximum(
    ground: RestrictedLines, combination: Array, integers: bool, deadline: Deadline
) -> ProgramMaximum:
    """The largest value of a combination (m,) of the scores, rounding of sums included in the
    bound; its point is a row of the domain.
    """
    found = maximise_program(ground.make_program(combination, integers=integers), deadline)
    if found.bound == -np.inf:
        return found
    point = found.point
    if point is not None and not ground.domain.contains(point[None])[0]:
        point = None

    return found._replace(bound=found.bound + ground.bound_rounding(combination), point=point)


def bound_line_outputs(ground: RestrictedLines) -> Array:
    """(m, 2) between which values every output lies; of an output of several scores a bound, from
    how far pairs of them can be apart.
    """
    found, eye = [], np.eye(ground.rules.score_count)
    known: dict[tuple[int, ...], Array] = {}
    for head in ground.rules.heads:
        if LINKS[head.link].joint:
            if head.scores not in known:
                known[head.scores] = _bound_leads(ground, head)
            found.append(bound_joint_output(head, known[head.scores]))
            continue
        ends = np.array(_bound_ends(ground, eye[head.scores[0]]))[:, None]
        with np.errstate(over="ignore", invalid="ignore"):
            found.append(np.sort(LINKS[head.link].apply(ends)[:, 0]))

    return np.array(found)


def _bound_leads(ground: RestrictedLines, head: Head) -> Array:
    """(k, k, 2) extremes of score j minus score i, at [i, j]."""
    eye, k = np.eye(ground.rules.score_count), len(head.scores)
    found = np.zeros((k, k, 2))
    for i, j in combinations(range(k), 2):
        low, high = _bound_ends(ground, eye[head.scores[j]] - eye[head.scores[i]])
        found[i, j], found[j, i] = (low, high), (-high, -low)

    return found


def _bound_ends(ground: RestrictedLines, combination: Array) -> tuple[float, float]:
    part = ground.deadline.share(0.5)
    low = -find_line_maximum(ground, -combination, False, part).bound
    return low, find_line_maximum(ground, combination, False, part).bound
