"""The smallest and largest value of every output on the region of every rule."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain, Normalisation
from relurules.ir.network import Array
from relurules.links.heads import Head
from relurules.links.table import LINKS
from relurules.lp import Polytope
from relurules.lp.lengths import row_lengths

if TYPE_CHECKING:
    from relurules.ir.ruleset import Rule, RuleSet


def compute_ranges(rules: "RuleSet") -> Array:
    """(R, m, 2): see `RuleSet.ranges`."""
    frame = rules.domain.frame(_measure_column_units(rules))
    walls = rules.domain.polytope(frame, outward=True)
    return np.array([_bound_rule_outputs(rules, rule, frame, walls) for rule in rules]).reshape(
        len(rules), -1, 2
    )


def has_exact_range(heads: Sequence[Head]) -> tuple[bool, ...]:
    """For each output whether its range is exact: a link of one score, or a share of two."""
    return tuple(not LINKS[head.link].joint or len(head.scores) == 2 for head in heads)


def _bound_rule_outputs(
    rules: "RuleSet", rule: "Rule", frame: Normalisation, walls: Polytope
) -> Array:
    """(m, 2): extremes of the scores, or of differences of scores, then through the links."""
    region = _close_rule_region(rules.domain, rule, frame, walls)
    weights, constants = rule.map
    found = []
    known: dict[tuple[int, ...], Array] = {}

    for head in rules.heads:
        if LINKS[head.link].joint:
            if head.scores not in known:
                known[head.scores] = _bound_score_leads(
                    frame, region, weights[list(head.scores)], constants[list(head.scores)]
                )
            found.append(bound_joint_output(head, known[head.scores]))
            continue
        score = list(head.scores)
        low, high = _bound_forms(frame, region, weights[score], constants[score])[0]
        with np.errstate(over="ignore", invalid="ignore"):
            found.append(np.sort(LINKS[head.link].apply(np.array([[low], [high]]))[:, 0]))

    return np.array(found)


def _bound_score_leads(
    frame: Normalisation, region: Polytope, weights: Array, constants: Array
) -> Array:
    """(k, k, 2) extremes of score j minus score i, at [i, j]."""
    k = len(weights)
    found = np.zeros((k, k, 2))
    pairs = [(i, j) for i in range(k) for j in range(i + 1, k)]
    ahead = np.array([weights[j] - weights[i] for i, j in pairs]).reshape(-1, weights.shape[1])
    extremes = _bound_forms(
        frame, region, ahead, np.array([constants[j] - constants[i] for i, j in pairs])
    )

    for (i, j), (low, high) in zip(pairs, extremes, strict=True):
        found[i, j], found[j, i] = (low, high), (-high, -low)

    return found


def bound_joint_output(head: Head, leads: Array) -> Array:
    """(2,) what a share, its logarithm or the largest score's number can be, given how far scores
    are apart.
    """
    if LINKS[head.link].reduces:
        possible = np.flatnonzero((leads[:, :, 0] <= 0).all(axis=1))
        return np.array(
            [possible.min(initial=len(leads)), possible.max(initial=0)], dtype=np.float64
        )
    others = np.delete(leads[head.component], head.component, axis=0)
    logs = -np.logaddexp.reduce(np.vstack([np.zeros(2), others[:, ::-1]]), axis=0)
    return np.asarray(logs if head.link == "log_softmax" else np.exp(logs))


def _close_rule_region(
    domain: Domain, rule: "Rule", frame: Normalisation, walls: Polytope
) -> Polytope:
    """The closure of the rule's region, rows of unit length, moved outward by their
    tests' rounding.
    """
    if not rule.conditions:
        return walls

    normals, bounds = rule.stack_conditions()
    G, g = frame.rows(-normals, bounds)
    length = row_lengths(G)
    moving = length > 0
    room = domain.rounding(normals, bounds)
    return walls.cut(G[moving] / length[moving, None], (room - g)[moving] / length[moving])


def _bound_forms(frame: Normalisation, region: Polytope, weights: Array, constants: Array) -> Array:
    """(n, 2) extremes of affine forms; with categories, over rows that have one of each."""
    from relurules.lp.branch_and_bound import maximise_over_integers

    rows, offsets = frame.rows(weights, constants)
    forms = np.column_stack([rows, offsets])
    indicators = _find_indicators(frame)

    if len(indicators) == 0:
        return region.extent(forms)

    whole = np.column_stack([np.eye(len(frame.free))[indicators], np.zeros(len(indicators))])
    tops = region.cut(np.eye(len(frame.free))[indicators], np.ones(len(indicators)))

    return np.array(
        [
            [
                -maximise_over_integers(*tops, -form, whole).bound,
                maximise_over_integers(*tops, form, whole).bound,
            ]
            for form in forms
        ]
    )


def _find_indicators(frame: Normalisation) -> NDArray[np.intp]:
    """Places of the one-hot groups' coordinates among the free ones."""
    tied = [column for tie in frame.ties for column in tie]
    return np.flatnonzero(np.isin(frame.free, tied))


def _measure_column_units(rules: "RuleSet") -> Array:
    """(d,) length scale of columns without two bounds: where the steepest condition that reads them
    changes by one.
    """
    steepest = np.abs(rules.tree.normals).max(axis=0, initial=0.0)
    return np.where(steepest > 0, 1.0 / np.where(steepest > 0, steepest, 1.0), 1.0)
