"""The largest difference of a rule's map from the network, over rows that reach the rule, in
rational arithmetic.

Those rows are the rule's region, with its conditions moved outward by what rounding may do to their
tests. There, the network is affine on cells, one for every choice of signs that are met: most are
slivers at the region's walls. On a cell the difference is an affine form, whose largest value a
linear program gives exactly, which floats don't: a sliver is as thin as their rounding.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relurules.ir import RuleSet
from relurules.ir.exact_forms import ExactForms
from relurules.ir.network import Lifting, Network, Pattern
from relurules.lp.certified import is_exactly_solvable
from relurules.lp.rational_simplex import scale_to_whole, solve_supremum

#: Coefficients of an affine form, and its constant last.
ExactForm = tuple[Fraction, ...]
#: Cells of one rule that are looked at.
_CELLS = 64
#: Rows times squared columns of all programs of a rule set: about half a minute.
_WORK = 2_000_000


@dataclass(frozen=True)
class ExactRegion:
    """{x : weights x <= limit}; rows: weights and limit, each row in whole numbers."""

    rows: tuple[tuple[int, ...], ...]

    def cut(self, form: ExactForm) -> "ExactRegion":
        """Where a form is at least 0."""
        row = scale_to_whole([*(-weight for weight in form[:-1]), form[-1]])
        return ExactRegion((*self.rows, tuple(row)))

    def find_maximum(self, form: ExactForm) -> Fraction | None:
        """The largest value of a form, None where no point is left; UnsolvedError where the exact
        program is too large.
        """
        if not is_exactly_solvable(len(self.rows), len(form) - 1):
            raise UnsolvedError
        rows, limits = [row[:-1] for row in self.rows], [row[-1] for row in self.rows]
        found = solve_supremum(rows, limits, form)
        if found.value is None and not found.empty:
            raise UnsolvedError

        return found.value


def make_region(rows: Iterable[tuple[Sequence[Fraction | float], Fraction]]) -> ExactRegion:
    """{x : weights x <= limit}, a pair for every row."""
    whole = (tuple(scale_to_whole([*weights, limit])) for weights, limit in rows)
    return ExactRegion(tuple(dict.fromkeys(whole)))


class UnsolvedError(Exception):
    """Too large for exact programs: a rougher bound must do."""


#: Rule, part of the domain, and whether it is of the rule's own pattern alone -> the bounds, None
#: for those that are too large, and the work that they took.
SolvedRegions = dict[tuple[int, ExactRegion, bool], tuple[list[Fraction] | None, int]]


class RegionGaps:
    """Of the rules of one rule set; solved: what is known already, which is added to."""

    def __init__(self, rules: RuleSet, solved: SolvedRegions) -> None:
        self._rules, self._solved = rules, solved
        self._lifting = rules.network.source_lifting
        self._forms = ExactNetworkForms(self._lifting.source)
        self._is_ordered = are_signs_ordered(self._lifting)
        self._work = 0

    def bound_own(self, rule: int, region: ExactRegion) -> list[Fraction]:
        """(m,) how far a rule's map may be from the network's of its own pattern."""
        return self._recall(rule, region, True)

    def bound(self, rule: int, region: ExactRegion) -> list[Fraction]:
        """(m,) how far a rule's map may be from the network; UnsolvedError where that takes too
        long.
        """
        return self._recall(rule, region, False)

    def _recall(self, rule: int, region: ExactRegion, own: bool) -> list[Fraction]:
        """What is known, or is found now. Work counts as if all was done anew, so that bounds don't
        depend on what was asked before.
        """
        key, before = (rule, region, own), self._work
        if key not in self._solved:
            try:
                found = (
                    self._bound_part(rule, self._rules.rules[rule].pattern, region)
                    if own
                    else self._bound_parts(rule, region)
                )
            except UnsolvedError:
                if self._work > _WORK:
                    raise
                found = None
            self._solved[key] = (found, self._work - before)

        known, work = self._solved[key]
        self._work = before + work
        if known is None or self._work > _WORK:
            raise UnsolvedError
        return known

    def _bound_parts(self, rule: int, region: ExactRegion) -> list[Fraction]:
        """The bound over all cells of the network that a region meets."""
        found = [Fraction(0)] * len(self._rules.scores)
        parts, count = [(region, self._rules.rules[rule].pattern, 0)], 0
        while parts:
            part, pattern, start = parts.pop()
            forms = self._list_outward_forms(pattern)
            crossed = self._find_crossed(part, forms, start)
            if crossed is None:
                count += 1
                off = self._bound_part(rule, pattern, part)
                found = list(map(max, found, off))
            else:
                other = pattern.copy()
                other[crossed] = -other[crossed]
                inward, beyond = tuple(-number for number in forms[crossed]), crossed + 1
                parts += [
                    (part.cut(inward), pattern, beyond * self._is_ordered),
                    (part.cut(forms[crossed]), other, beyond * self._is_ordered),
                ]
            if count + len(parts) > _CELLS:
                raise UnsolvedError

        return found

    def _find_crossed(
        self, part: ExactRegion, forms: Sequence[ExactForm], start: int
    ) -> int | None:
        """A neuron that has another sign somewhere in a part, the first one.

        Those before `start` have none: where a neuron's form is made of the signs of those before
        it (`are_signs_ordered`), both sides of a cut at a neuron have the forms, and so the signs,
        that the whole had up to there.
        """
        for k in range(start, len(forms)):
            most = self._find_maximum(part, forms[k])
            if most is None:
                return None
            if most > 0:
                return k

        return None

    def _find_maximum(self, part: ExactRegion, form: ExactForm) -> Fraction | None:
        """The largest value of a form, None where no point is left; UnsolvedError where all
        programs together have taken too long.
        """
        self._work += len(part.rows) * len(form) ** 2
        if self._work > _WORK:
            raise UnsolvedError

        return part.find_maximum(form)

    def _list_outward_forms(self, pattern: Pattern) -> list[ExactForm]:
        """Every neuron's z on a pattern's cell, turned so that it is positive at the wrong side."""
        signs = self._lifting.lift_patterns(pattern[None])[0]
        forms = self._forms.list_forms(signs, self._lifting.origin.tolist())
        return [
            tuple(-int(sign) * number for number in form)
            for sign, form in zip(pattern.tolist(), forms, strict=True)
        ]

    def _bound_part(self, rule: int, pattern: Pattern, part: ExactRegion) -> list[Fraction]:
        """(m,) how far a rule's map may be from the network's of a pattern."""
        found = list[Fraction]()
        for gap in self._list_differences(rule, pattern):
            if not any(gap[:-1]):
                found.append(abs(gap[-1]))
                continue
            turned = tuple(-number for number in gap)
            sides = [self._find_maximum(part, form) for form in (gap, turned)]
            found.append(max((side for side in sides if side is not None), default=Fraction(0)))

        return found

    def _list_differences(self, rule: int, pattern: Pattern) -> Iterator[ExactForm]:
        signs = self._lifting.lift_patterns(pattern[None])[0]
        maps = self._rules.maps
        own = np.column_stack([maps.weights[rule], maps.constants[rule]]).tolist()
        for row, due in zip(own, self._forms.list_outputs(signs), strict=True):
            yield tuple(Fraction(a) - b for a, b in zip(row, due, strict=True))


def are_signs_ordered(lifting: Lifting) -> bool:
    """Whether what every kept neuron reads, in the source, is made of signs that kept neurons
    before it tell; a collapse may let a later one tell them.
    """
    reads = lifting.source.L != 0
    for k in range(len(reads)):  # what it reads comes before it, and has all that it reads
        reads[k] |= reads[reads[k]].any(axis=0)

    return all(
        bool((lifting.kept[reads[at]] < k).all()) for k, at in enumerate(lifting.origin.tolist())
    )


class ExactNetworkForms:
    """A network's affine forms on cells, in rational numbers."""

    def __init__(self, network: Network) -> None:
        self._network, self._exact = network, ExactForms(network)

    def list_forms(self, signs: Pattern, neurons: Sequence[int]) -> list[ExactForm]:
        """Z of some neurons where all have these signs."""
        known = dict[int, np.ndarray]()
        return [
            tuple(
                Fraction(int(number), 1 << self._exact.shift_of(k))
                for number in self._exact.form(k, signs, known)
            )
            for k in neurons
        ]

    def list_outputs(self, signs: Pattern) -> list[ExactForm]:
        """The scores there."""
        network, found = self._network, list[ExactForm]()
        read = np.flatnonzero(network.U.any(axis=0)).tolist()
        forms = dict(zip(read, self.list_forms(signs, read), strict=True))
        for own, constant, gains in zip(network.C, network.c, network.U, strict=True):
            total = [Fraction(number) for number in [*own.tolist(), float(constant)]]
            for k in np.flatnonzero(gains).tolist():
                factor = Fraction(float(gains[k]))
                if signs[k] <= 0:
                    factor *= Fraction(float(network.slope[k]))
                if factor:
                    total = [a + factor * b for a, b in zip(total, forms[k], strict=True)]
            found.append(tuple(total))

        return found
