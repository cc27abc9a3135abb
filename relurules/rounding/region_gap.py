"""The largest difference of a rule's map from the network, over rows that reach the rule, in
rational arithmetic.

Those rows are the rule's region, with its conditions moved outward by what rounding may do to their
tests. There, the network is affine on cells, one for every choice of signs that are met: most are
slivers at the region's walls. On a cell the difference is an affine form, whose largest value a
linear program gives exactly, which floats don't: a sliver is as thin as their rounding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relurules.ir import RuleSet
from relurules.ir.exact_forms import ExactForms
from relurules.ir.network import Network, Pattern
from relurules.lp.certified import is_exactly_solvable
from relurules.lp.rational_simplex import solve_supremum

#: Coefficients of an affine form, and its constant last.
ExactForm = tuple[Fraction, ...]
#: Cells of one rule that are looked at.
_CELLS = 64
#: Rows times squared columns of all programs of a rule set: about half a minute.
_WORK = 2_000_000


@dataclass(frozen=True)
class ExactRegion:
    """{x : weights x <= limit}, a pair for every row."""

    rows: tuple[tuple[Sequence[Fraction | float], Fraction], ...]

    def cut(self, form: ExactForm) -> "ExactRegion":
        """Where a form is at least 0."""
        weights = tuple(-weight for weight in form[:-1])
        return ExactRegion((*self.rows, (weights, form[-1])))

    def find_maximum(self, form: ExactForm) -> Fraction | None:
        """The largest value of a form, None where no point is left; UnsolvedError where the exact
        program is too large.
        """
        rows, limits = zip(*self.rows, strict=True)
        if not is_exactly_solvable(len(rows), len(form) - 1):
            raise UnsolvedError
        found = solve_supremum(rows, limits, form)
        if found.value is None and not found.empty:
            raise UnsolvedError

        return found.value


class UnsolvedError(Exception):
    """Too large for exact programs: a rougher bound must do."""


class RegionGaps:
    """Of the rules of one rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._lifting = rules.network.source_lifting
        self._forms = ExactNetworkForms(self._lifting.source)
        self._work = 0

    def bound_own(self, rule: int, region: ExactRegion) -> list[Fraction]:
        """(m,) how far a rule's map may be from the network's of its own pattern."""
        pattern = self._rules.rules[rule].pattern
        return self._bound_part(rule, pattern, region)

    def bound(self, rule: int, region: ExactRegion) -> list[Fraction]:
        """(m,) how far a rule's map may be from the network; UnsolvedError where that takes too
        long.
        """
        found = [Fraction(0)] * len(self._rules.scores)
        parts, count = [(region, self._rules.rules[rule].pattern)], 0
        while parts:
            part, pattern = parts.pop()
            forms = self._list_outward_forms(pattern)
            crossed = self._find_crossed(part, forms)
            if crossed is None:
                count += 1
                off = self._bound_part(rule, pattern, part)
                found = list(map(max, found, off))
            else:
                other = pattern.copy()
                other[crossed] = -other[crossed]
                inward = tuple(-number for number in forms[crossed])
                parts += [(part.cut(inward), pattern), (part.cut(forms[crossed]), other)]
            if count + len(parts) > _CELLS:
                raise UnsolvedError

        return found

    def _find_crossed(self, part: ExactRegion, forms: Sequence[ExactForm]) -> int | None:
        """A neuron that has another sign somewhere in a part, the first one."""
        for k, form in enumerate(forms):
            most = self._find_maximum(part, form)
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
