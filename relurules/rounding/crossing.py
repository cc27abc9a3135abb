"""Rows that rounding lets into a rule whose conditions they miss by a hair: how far the rule is
from the network there.

At such a row, a neuron may have another sign than in the rule's region. What the rule gives differs
from the network by these neurons alone, and each is as near to 0 as the conditions are to being
met: by how much, linear programs over the region, with its conditions moved outward, say; their
answers are bounds (`lp.maxima`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import add, attrgetter

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import RuleSet
from relurules.ir.compensated_forms import compute_accurate_forms, compute_accurate_maps
from relurules.ir.network import Array, Pattern
from relurules.ir.rules_memo import RulesMemo
from relurules.lp.maxima import bound_extents, bound_maxima
from relurules.rounding.expression import UnreadableError
from relurules.rounding.floats import round_up
from relurules.rounding.region_gap import (
    ExactRegion,
    RegionGaps,
    SolvedRegions,
    UnsolvedError,
    make_region,
)
from relurules.rounding.region_parts import (
    RegionPart,
    scale_rows,
    split_by_category,
    split_by_neuron,
)
from relurules.rounding.rule_paths import RuleEnd, RuleEnds

#: More than all roundings of sums of a million numbers, and of coefficients that are rounded once.
_SURE = 1.0 + 1e-9
_COEFFICIENT = 2.0**-53
#: A neuron that may be further at the wrong side than this share of its terms has either sign.
_FREE = 1e-9
#: Parts of one rule's region that are looked at.
_PARTS = 256
#: Ends whose bounds are sharpened, those of the largest first.
_SHARPENED = 200
_NONE = Fraction(0)


@dataclass(frozen=True)
class EndBound:
    """Of one end, (m,) each. own: how far what is computed there may be from the network; apart:
    how far the rule's map may be from the network's on its own region.
    """

    own: Sequence[Fraction]
    apart: Sequence[Fraction]


@dataclass(frozen=True)
class KnownBounds:
    """What was worked out of one rule set, whatever the text: Python, C and JavaScript come to the
    same ends.

    ends: rule and tests of an end -> how far its map may be from the network, and its coefficients'
    part of that.
    """

    ends: dict[object, tuple[list[Fraction], list[Fraction]]]
    regions: SolvedRegions


#: Of rules whose artefacts were bounded.
_KNOWN = RulesMemo(lambda _: KnownBounds({}, {}))


class CrossingBounds:
    """Of one rule set, for ends of a text."""

    def __init__(self, rules: RuleSet, ends: RuleEnds) -> None:
        known = _KNOWN.recall(rules)
        self._rules, self._ends, self._gaps = rules, ends, RegionGaps(rules, known.regions)
        self._known = known.ends

    def bound(self, ends: Sequence[RuleEnd]) -> Sequence[Sequence[Fraction]]:
        """(m,) for every end: how far what is computed there may be from each score of the network,
        and the network from the rules: for what is known of the rules is known of them in exact
        arithmetic.
        """
        if self._rules.is_own_model or self._rules.simplified:
            raise UnreadableError(
                "a test of several columns is rounded, and the rules may jump there: they are a "
                "tree of models, or simplified"
            )
        bounds = [self._bound_roughly(end) for end in ends]
        rough, count = set(range(len(ends))), len(self._rules.scores)
        for _ in range(_SHARPENED):
            largest = {
                max(range(len(ends)), key=lambda k: side(bounds[k])[i])
                for i in range(count)
                for side in (attrgetter("own"), attrgetter("apart"))
            }
            if not (due := largest & rough):
                break
            k = due.pop()
            rough.remove(k)
            bounds[k] = self._sharpen(ends[k], bounds[k])

        apart = [max(bound.apart[i] for bound in bounds) for i in range(count)]

        return [list(map(add, bound.own, apart)) for bound in bounds]

    def _bound_roughly(self, end: RuleEnd) -> EndBound:
        key = (end.rule, *((test.key, test.error) for test in end.tests))
        if key not in self._known:
            self._known[key] = self._bound_end(end)
        errors, apart = self._known[key]

        return EndBound(list(map(add, end.errors, errors)), apart)

    def _sharpen(self, end: RuleEnd, known: EndBound) -> EndBound:
        """The bound of an end in rational arithmetic, over its own region; what is known of it
        where that would take too long.
        """
        G, h = _relax(end, self._rules.domain)
        units = np.eye(G.shape[1], G.shape[1] + 1)
        extents = bound_extents(G, h, units)
        if np.isinf(extents).any():  # no row at all
            return EndBound([_NONE] * len(known.own), [_NONE] * len(known.apart))

        near = self._ends.narrow(end, *extents.T)
        region = self._make_region(near)
        try:
            errors = self._gaps.bound(end.rule, region)
            apart = self._gaps.bound_own(end.rule, region)
        except UnsolvedError:
            return known
        own = map(add, near.errors, errors)

        return EndBound(list(map(min, own, known.own)), list(map(min, apart, known.apart)))

    def _make_region(self, end: RuleEnd) -> ExactRegion:
        """The domain's rows that pass the tests of an end, some of them by rounding."""
        G, h = _list_walls(self._rules.domain)
        rows = [(tuple(row), Fraction(limit)) for row, limit in zip(G.tolist(), h, strict=True)]
        for test in end.tests:
            weights, constant = test.form.list_weights(G.shape[1])
            sign = -1 if test.holds else 1
            turned = tuple(sign * weight for weight in weights)
            rows.append((turned, test.error - sign * constant))

        return make_region(rows)

    def _bound_end(self, end: RuleEnd) -> tuple[list[Fraction], list[Fraction]]:
        """(m,) how far each score's map may be from the network on the rows that reach this end,
        and the part of it that is the map's own coefficients.
        """
        rules, network = self._rules, self._rules.network
        if not rules.rules[end.rule].pattern.all():
            raise UnreadableError("a rule stands for several linear regions")

        gaps = np.zeros(len(rules.scores))
        found, groups = np.zeros(len(rules.scores)), tuple(map(tuple, rules.domain.groups))
        start = RegionPart(*_relax(end, rules.domain), rules.rules[end.rule].pattern, groups)
        parts = [start]
        for _ in range(_PARTS):
            if not parts:
                break
            part = parts.pop()
            forms = compute_accurate_forms(network, part.pattern[None])[0]
            beyond = self._bound_wrong_sides(part, forms, end)
            if np.isneginf(beyond).any():  # no row at all
                continue
            free = np.flatnonzero(beyond > _FREE * self._reach(forms))
            if len(free) and part.groups:
                parts += split_by_category(part, forms[free[:1]])
                continue
            if len(free):
                room = 2.0 * self._sizes(forms)[free[0]]
                parts += split_by_neuron(part, forms, int(free[0]), room)
                continue
            maps, off = self._compare_maps(end.rule, part)
            if part.groups and (off > _FREE * self._reach(maps)).any():
                parts += split_by_category(part, maps)
                continue
            errors = np.abs(network.U) @ self._propagate(beyond, part.pattern) * _SURE + off
            found, gaps = np.maximum(found, errors), np.maximum(gaps, off)

        if parts:
            raise UnreadableError(
                f"a rule stands for more than {_PARTS // 2} linear regions, or categories together"
            )

        return list(map(Fraction, found.tolist())), list(map(Fraction, gaps.tolist()))

    def _bound_wrong_sides(self, part: RegionPart, forms: Array, end: RuleEnd) -> Array:
        """(K,) how far each z may be at the wrong side of 0 there, -inf where no row is left."""
        outward = -forms * part.pattern[:, None]
        beyond = bound_maxima(part.G, part.h, outward).bounds + self._sizes(forms)
        return np.minimum(beyond, self._compare_with_tests(forms, part.pattern, end))

    def _compare_with_tests(self, forms: Array, pattern: Pattern, end: RuleEnd) -> Array:
        """(K,) how far z may be at the wrong side where a test on the way is a multiple of it but
        for rounded coefficients: sharper than a linear program, whose answer is rounded too.
        """
        found = np.full(len(forms), np.inf)
        for test in end.tests:
            weights, constant = test.form.list_weights(forms.shape[1] - 1)
            row = np.append(weights, float(constant)) * (1.0 if test.holds else -1.0)
            at = int(np.abs(row[:-1]).argmax())
            if not row[at]:
                continue
            outward = forms * pattern[:, None]
            factors = outward[:, at] / row[at]
            rests = self._reach(outward - factors[:, None] * row)
            for k in np.flatnonzero((factors > 0) & (rests < _FREE * self._reach(forms))).tolist():
                rest = self._reach(_subtract_exactly(outward[k], factors[k], row))
                own = factors[k] * float(round_up(test.error)) + rest
                found[k] = min(found[k], own * _SURE + self._sizes(outward[k]))

        return found

    def _compare_maps(self, rule: int, part: RegionPart) -> tuple[Array, Array]:
        """The network's map of a part's pattern, (m, d + 1), and how far the rule's map may be from
        it there, (m,).
        """
        own, net = (
            self._rules.maps,
            compute_accurate_maps(self._rules.network, part.pattern[None]),
        )
        weights, constants = own.weights[rule], own.constants[rule]
        maps = np.column_stack([net.weights[0], net.constants[0]])
        gap = np.column_stack([weights - net.weights[0], constants - net.constants[0]])
        both = np.vstack([gap, -gap])
        bounds = bound_maxima(part.G, part.h, both).bounds if gap.any() else np.zeros(1)

        return maps, np.asarray(np.maximum(0.0, bounds.max()) * _SURE + self._sizes(maps))

    def _propagate(self, beyond: Array, pattern: Pattern) -> Array:
        """(K,) how far what a neuron gives may be from what the region's pattern makes of it.

        beyond: how far z, as the pattern has it, may be at the wrong side of 0; below 0, it stays
        so far from it. An argument that is off by e moves the neuron by its slope times e, and
        may bring it to the wrong side.
        """
        network, errors = self._rules.network, np.zeros(len(pattern))
        for level in network.levels:
            moved = np.abs(network.L[level]) @ errors * _SURE
            errors[level] = bound_neuron_errors(
                pattern[level] > 0, network.slope[level], beyond[level], moved
            )

        return errors

    def _reach(self, forms: Array) -> Array:
        """(n,) the largest sizes of the terms of forms over the box."""
        domain = self._rules.domain
        reach = np.append(np.maximum(np.abs(domain.lower), np.abs(domain.upper)), 1.0)

        return np.asarray(np.abs(forms) @ reach)

    def _sizes(self, forms: Array) -> Array:
        """What rounding the coefficients of forms (n, d + 1) may move them by over the box."""
        return np.asarray(_COEFFICIENT * self._reach(forms) * _SURE)


def bound_ends(end: RuleEnd, rules: RuleSet) -> Array:
    """(m, 2) between which each score of an end's rule lies, on the rows that reach it."""
    own = rules.maps
    forms = np.column_stack([own.weights[end.rule], own.constants[end.rule]])

    return bound_extents(*_relax(end, rules.domain), forms)


def _relax(end: RuleEnd, domain: Domain) -> tuple[Array, Array]:
    """G, h of the domain's rows that pass the rule's conditions, some of them by rounding."""
    G, h = _list_walls(domain)
    rows, limits = [*G], [*h]
    for test in end.tests:
        weights, constant = test.form.list_weights(G.shape[1])
        sign, room = -1.0 if test.holds else 1.0, round_up(test.error)
        rows.append(sign * np.array(weights))
        limits.append(float(round_up(room - Fraction(sign) * constant)))

    return scale_rows(np.array(rows), np.array(limits))


def bound_neuron_errors(
    active: NDArray[np.bool_], slopes: Array, beyond: Array, moved: Array
) -> Array:
    """(n,) how far phi_a(z + e) may be from what a pattern makes of z: z itself where it is active,
    a z where it isn't.

    beyond: how far z may be at the wrong side of 0, below 0 where it stays away from it; moved: the
    largest |e|. Only a z + e at the wrong side costs more than e does. Of an active neuron, z then
    lies between -beyond and moved, and the error is (1 - a) z - a e; of another one, z + e lies
    between 0 and beyond + moved, and the error is (1 - a) (z + e) + a e.
    """
    steep, gap = np.abs(slopes), np.abs(1.0 - slopes)
    kept = np.where(active, 1.0, steep) * moved
    far = np.where(active, np.maximum(beyond, moved), beyond + moved)
    wrong = np.where(beyond + moved > 0.0, gap * far + steep * moved, 0.0)

    return np.asarray(np.maximum(kept, wrong) * _SURE)


def _subtract_exactly(form: Array, factor: float, row: Array) -> Array:
    """Form - factor * row, (d + 1,), rounded only then: the rests of what nearly cancels."""
    pairs = zip(form.tolist(), row.tolist(), strict=True)
    return np.array([float(Fraction(a) - Fraction(float(factor)) * Fraction(b)) for a, b in pairs])


def _list_walls(domain: Domain) -> tuple[Array, Array]:
    """The box, sums of categories that are 1, and inequalities."""
    d = len(domain.names)
    sums = np.zeros((len(domain.groups), d))
    for row, group in zip(sums, domain.groups, strict=True):
        row[list(group)] = 1.0

    ones = np.ones(len(sums))
    G = np.vstack([np.eye(d), -np.eye(d), sums, -sums, np.reshape(domain.normals, (-1, d))])

    return G, np.concatenate([domain.upper, -domain.lower, ones, -ones, domain.limits])
