"""Whether the parts of a group of neurons say the same: its splits, its rules' maps, its network.

A file that was changed by hand may follow the schema and still add something else than its network
does. What is compared stands in the file; that it is the model's is for a proof.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir.network import Array, Network, Pattern
from relurules.ir.partition import Tree
from relurules.ir.rule_table import collect_points
from relurules.ir.ruleset import RuleSet

#: Coefficients that differ by less than this share of their terms are the same: rounding of deep
#: sums stays far below it, and nobody changes a number by hand by so little.
_SHARE = 1e-6
#: How far beside a split is looked, as a share of the way from one rule's point to another's.
_BESIDE = 1e-9
#: So many numbers are worked on at once.
_BLOCK = 2**22


class _Forms(NamedTuple):
    """Affine forms of x, constants last: (n, r, d + 1), and the absolute terms of each number."""

    forms: Array
    terms: Array


def find_group_conflict(rules: RuleSet) -> str | None:
    """The first split or rule of a group that its own network contradicts, and how; None where all
    fit.
    """
    points = collect_points(rules.rules)
    patterns = np.array([rule.pattern for rule in rules]).reshape(len(rules), -1)
    first, maps = _list_first_rules(rules.tree, points), rules.maps
    if (stray := _find_misled_rule(rules, points)) is not None:
        return f"splits lead the point of rule {stray} elsewhere"

    step = max(1, _BLOCK // max(1, len(rules.network) * (len(rules.domain.names) + 1)))

    for start in range(0, len(points), step):
        at = slice(start, start + step)
        neurons, scores = _compose_forms(rules.network, patterns[at])
        own = [(rule, split) for rule, split in first if at.start <= rule < at.stop]
        for rule, split in own:
            k, near = rules.tree.neurons[split], np.abs([*points[rule], 1.0])
            due = _Forms(neurons.forms[rule - start, k], neurons.terms[rule - start, k])
            told = np.append(rules.tree.normals[split], rules.tree.offsets[split])
            if not _is_same_cut(rules.domain, told, due, near):
                return f"splits[{split}] isn't where the sign of its neuron changes"

        told = np.concatenate([maps.weights[at], maps.constants[at][:, :, None]], axis=2)
        near = np.abs(np.column_stack([points[at], np.ones(len(points[at]))]))[:, None, :]
        fits = _are_close(rules.domain, told, scores, near)
        if not fits.all():
            rule = start + int(np.argmin(fits.all(axis=(1, 2)))) + 1
            return f"rule {rule} adds something else than its network does there"

    return _find_stray_split(rules, points)


def _find_misled_rule(rules: RuleSet, points: Array) -> int | None:
    """The first rule whose point the tree leads to a rule that adds something else there.

    In a rule that is thinner than the steps of float64 a point may lie on the boundary, where both
    add the same.
    """
    weights, constants = rules.maps
    led = rules.tree.route(points)
    own, other = (
        np.einsum("rsd,rd->rs", weights[of], points) + constants[of]
        for of in (np.arange(len(points)), led)
    )
    sizes = np.einsum("rsd,rd->rs", np.abs(weights), np.abs(points)) + np.abs(constants)
    off = (np.abs(own - other) > _SHARE * (sizes + sizes[led])).any(axis=1)

    return 1 + int(np.argmax(off)) if off.any() else None


def _list_first_rules(tree: Tree, points: Array) -> list[tuple[int, int]]:
    """(rule, split), ascending: of every split that tells a neuron's sign the first rule whose
    point comes by, where it is the point of no other rule.
    """
    found: dict[int, int] = {}
    for rule, point in enumerate(points):
        for split, _ in _walk(tree, point):
            if tree.neurons[split] >= 0:
                found.setdefault(split, rule)

    return sorted((rule, split) for split, rule in found.items())


def _walk(tree: Tree, point: Array) -> Iterator[tuple[int, bool]]:
    """The splits that a point passes, and whether their tests hold."""
    split = 0 if len(tree.children) else -1
    while split >= 0:
        holds = bool(tree.normals[split] @ point + tree.offsets[split] >= 0)
        yield split, holds
        split = int(tree.children[split, int(holds)])


def _find_stray_split(rules: RuleSet, points: Array) -> str | None:
    """A split beside which the rules add something else than the network: where a tree was built
    anew, splits tell no neuron's sign, and this is all that can be seen.
    """
    splits, beside = _cross_splits(rules.domain, rules.tree, points)
    inside = np.flatnonzero(rules.domain.contains(beside))
    if not len(inside):
        return None

    X, (weights, constants) = beside[inside], rules.maps
    led = rules.tree.route(X)
    told = np.einsum("nsd,nd->ns", weights[led], X) + constants[led]
    room = _SHARE * rules.network.magnitude(X)
    off = (np.abs(told - rules.network.evaluate(X)) > room).any(axis=1)
    if not off.any():
        return None
    split = splits[inside[np.argmax(off)]]
    return f"beside splits[{split}], the rules add something else than their network does"


def _cross_splits(domain: Domain, tree: Tree, points: Array) -> tuple[list[int], Array]:
    """Splits, and rows just before and behind each, (N, d), on the way from a point that its test
    holds for to one that it doesn't hold for. Categories stay those of where the way starts.
    """
    held, failed = dict[int, Array](), dict[int, Array]()
    for point in points:
        for split, holds in _walk(tree, point):
            (held if holds else failed).setdefault(split, point)

    own = [j for group in domain.groups for j in group]
    fixed = np.isin(np.arange(points.shape[1]), own)
    splits, rows = list[int](), list[Array]()
    for split in sorted(held.keys() & failed.keys()):
        for start, end in ((held[split], failed[split]), (failed[split], held[split])):
            way = np.where(fixed, 0.0, end - start)
            slope = float(tree.normals[split] @ way)
            if slope:
                share = -float(tree.normals[split] @ start + tree.offsets[split]) / slope
                splits += [split, split]
                rows += [start + (share + side) * way for side in (-_BESIDE, _BESIDE)]
    return splits, np.array(rows).reshape(-1, points.shape[1])


def _compose_forms(network: Network, patterns: Pattern) -> tuple[_Forms, _Forms]:
    """Every neuron's z, and every score, on the regions with these patterns, (n, K)."""
    own = np.column_stack([network.A, network.b])
    forms = np.broadcast_to(own, (len(patterns), *own.shape)).copy()
    terms, gains = np.abs(forms), np.where(patterns > 0, 1.0, network.slope)
    for level in network.levels[1:]:
        forms[:, level] += _add_up(network.L[level], gains, forms)
        terms[:, level] += _add_up(np.abs(network.L[level]), np.abs(gains), terms)

    last = np.column_stack([network.C, network.c])
    return _Forms(forms, terms), _Forms(
        last + _add_up(network.U, gains, forms),
        np.abs(last) + _add_up(np.abs(network.U), np.abs(gains), terms),
    )


def _add_up(weights: Array, gains: Array, forms: Array) -> Array:
    return np.asarray(weights @ (gains[:, :, None] * forms))


def _is_same_cut(domain: Domain, told: Array, due: _Forms, near: Array) -> bool:
    """Whether two forms, (d + 1,), are 0 at the same place."""
    own, wanted = _shift_categories(domain, told), _shift_categories(domain, due.forms)
    size = np.abs(wanted[:-1]) * near[:-1]
    lead = int(np.argmax(np.where(size > 0, size, np.abs(wanted[:-1]) * 1e-300)))
    if own[lead] == 0.0:
        return False
    scaled = told * (wanted[lead] / own[lead])
    return bool(_are_close(domain, scaled, due, near).all())


def _are_close(domain: Domain, told: Array, due: _Forms, near: Array) -> NDArray[np.bool_]:
    """Which numbers of forms, (.., d + 1), are the same but for rounding of their terms.

    A coefficient counts by what it makes at the point, `near`, too: far from 0, what it is off may
    be a larger part of the constant.
    """
    own, wanted = _shift_categories(domain, told), _shift_categories(domain, due.forms)
    room = np.abs(due.terms) + np.abs(told)
    whole = (room * near).sum(axis=-1, keepdims=True)
    room = room.copy()
    room[..., -1:] = np.maximum(room[..., -1:], whole)
    for group in domain.groups:
        at = list(group)
        room[..., at] = room[..., at].max(axis=-1, keepdims=True)

    return np.asarray(np.abs(own - wanted) <= _SHARE * room)


def _shift_categories(domain: Domain, forms: Array) -> Array:
    """Forms, (.., d + 1), of which those are the same numbers that are equal over the domain: of a
    column's categories just one is 1, and one that can't be doesn't count.
    """
    shifted = forms.copy()
    for group in domain.groups:
        at = [j for j in group if domain.upper[j] > 0]
        shifted[..., [j for j in group if j not in at]] = 0.0
        if at:
            first = shifted[..., at[:1]].copy()
            shifted[..., at] -= first
            shifted[..., -1:] += first

    for j in np.flatnonzero(domain.lower == domain.upper):
        shifted[..., -1] += shifted[..., j] * domain.lower[j]
        shifted[..., j] = 0.0
    return shifted
