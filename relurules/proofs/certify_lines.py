"""Additive rules and a model's numbers, as their JSON files hold them -> a certificate, as its file
holds it.

That lines are the network is algebra: the kinds of the neurons are all that there is to find. Only
groups of neurons are searched, rule by rule.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relurules.checker import (
    FORMAT,
    VERSION,
    Expression,
    LineProof,
    RefusedError,
    check_additive,
    compare_lines,
    hash_json,
    hash_rules_and_model,
    list_additive_claim,
    make_group_context,
    make_group_rules,
    read_ranges,
)
from relurules.errors import DomainError, ModelError
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.proofs.certify import search_trees
from relurules.proofs.line_kinds import choose_kinds

#: What a group adds beside its rules is rounding below this share of its terms.
_ROUNDING = 1e-9


def make_additive_certificate(
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    point: Sequence[float],
    progress: Callable[[int], None] | None = None,
    deadline: Deadline = NEVER,
) -> dict[str, Any]:
    """A certificate of the bound that it tells. point: (d,) of the domain, which shows that there
    is one. `progress` is called with the number of groups done.

    DomainError for groups over columns without bounds; ModelError for a model that the rules don't
    belong to.
    """
    lost = [item["name"] for item in rules["features"] if None in (item["lower"], item["upper"])]
    if rules["neuron_groups"] and lost:
        raise DomainError(
            f"column {lost[0]!r} has no two bounds, and groups of neurons are proven over a "
            "bounded domain; extract the rules with data= or domain= that bounds every column"
        )

    try:
        found = _search_kinds(rules, model)
        found = {
            "format": FORMAT,
            "version": VERSION,
            "form": "additive",
            "digests": hash_rules_and_model(rules, model),
            "point": list(point),
            **found,
        }
        found["groups"] = _search_groups(found, rules, model, progress, deadline)
        verdict = check_additive(found, rules, model, lambda _: deadline.check("checking"))
    except RefusedError as error:
        raise ModelError(f"these rules can't be proven of this model: {error}") from error

    found |= list_additive_claim(verdict)
    return {**found, "digest": hash_json(found)}


def _search_kinds(rules: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Kinds of neurons, and what groups add beside their rules."""
    own = rules["neuron_groups"]
    for linear in (False, True):
        proof = LineProof(rules, model)
        chosen = choose_kinds(proof, simplified=bool(rules.get("tradeoffs")), linear=linear)
        if len(chosen.components) == len(own):
            break

    if len(chosen.components) != len(own):
        raise RefusedError(
            f"groups of neurons that read one another: the model has {len(chosen.components)}, the "
            f"rules have {len(own)}, as lines have that were chosen on rows; how far those are "
            "from the model anywhere is certified by `relurules diff RULES MODEL --time-limit 60`, "
            "in Python by rr.diff(rules, model, time_limit=60)"
        )

    groups = [
        {"shift": _find_shift(proof, members, own[g])}
        for g, members in enumerate(chosen.components)
    ]
    return {
        "neurons": chosen.kinds,
        "virtual": chosen.virtual,
        "groups": groups,
        **({"ranges": chosen.ranges} if chosen.ranges else {}),
    }


def _search_groups(
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    progress: Callable[[int], None] | None,
    deadline: Deadline,
) -> list[dict[str, Any]]:
    """The groups with the trees of their rules."""
    if not found["groups"]:
        return []
    proof = LineProof(rules, model, read_ranges(found.get("ranges", ())))
    known, groups = compare_lines(found, proof), []
    error = float(rules.get("score_error", rules["max_error"]) or 0.0)
    for g, group in enumerate(found["groups"]):
        weights = [gap.groups.get(g, {}) for gap in known.gaps]
        ground = make_group_context(proof, g, weights, known.shifts[g])
        said = make_group_rules(rules, proof.names, g)
        own = float(rules["neuron_groups"][g].get("score_error", 0.0))
        trees = search_trees(said, {}, ground, max(own, error), None, deadline)
        groups.append({**group, **trees})
        if progress is not None:
            progress(g + 1)

    return groups


def _find_shift(
    proof: LineProof, members: Sequence[int], group: Mapping[str, Any]
) -> list[list[Any]]:
    """What the neurons of a group add to every score beside the group's rules: affine functions of
    the columns, as parallel neurons are told by one another.
    """
    d, turn = len(proof.domain.names), float(proof.turn)
    rule = group["rules"][0]
    x = np.append(np.array(rule["point"], dtype=np.float64), 1.0)
    active = dict[int, Array]()
    for k in members:
        form = _convert(proof.z[k], d, active)
        active[k] = form if form @ x >= 0 else float(proof.neurons[k].slope) * form

    shifts = []
    for unit, name in zip(proof.scores, proof.names, strict=True):
        whole = proof.express(unit)
        own = Expression(
            {j: whole.terms.get(j, Fraction(0)) for j in map(_name, members)}, Fraction(0)
        )
        total = turn * _convert(own, d, active)
        size = sum(
            (abs(float(whole.terms.get(~k, 0))) * np.abs(active[k]) for k in members),
            np.zeros(d + 1),
        )
        said = rule["outputs"][name]
        told = np.zeros(d + 1)
        told[-1] = said["constant"]
        for column, value in said["coefficients"].items():
            told[proof.domain.names[column]] = value
        off = np.where(np.abs(total - told) > _ROUNDING * (size + np.abs(told)), total - told, 0.0)
        pairs = [part for j in np.flatnonzero(off[:-1]).tolist() for part in (j, float(off[j]))]
        shifts.append([float(off[-1]), *pairs])

    return shifts


def _name(k: int) -> int:
    return ~k


def _convert(z: Expression, d: int, active: Mapping[int, Array]) -> Array:
    """(d + 1,) a neuron's form where others have the forms `active`, in floats."""
    form = np.zeros(d + 1)
    form[-1] = float(z.constant)
    for j, value in z.terms.items():
        if j >= 0:
            form[j] += float(value)
        elif value:
            form += float(value) * active[~j]

    return form
