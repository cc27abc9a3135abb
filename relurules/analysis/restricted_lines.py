"""Additive rules over a part of their domain, as programs whose largest values are certified."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from relurules.analysis.restricted import RestrictedScorer, measure_column_units
from relurules.ir import AdditiveRules
from relurules.ir.network import Array, Network
from relurules.networks.maximum import maximise_program
from relurules.networks.programs import (
    PiecewiseProgram,
    ProgramPart,
    combine_outputs,
    make_program,
    split_program,
)


@dataclass(frozen=True)
class RestrictedLines(RestrictedScorer):
    """Additive rules over a domain. weights: (1, m, d), constants: (1, m) of their base."""

    rules: AdditiveRules

    @property
    def weights(self) -> Array:
        """(1, m, d) coefficients of the base."""
        return self.rules.base.weights[None]

    @property
    def constants(self) -> Array:
        """(1, m) constants of the base."""
        return self.rules.base.constants[None]

    @property
    def column_units(self) -> Array:
        """(d,) see `RestrictedScorer`."""
        return measure_column_units(self.network.A)

    @property
    def continuous(self) -> bool:
        """Whether what is added is one continuous function; groups that were simplified jump."""
        return not any(group.rules.simplified for group in self.rules.groups)

    @property
    def network(self) -> Network:
        """The rules' lines and groups as one network."""
        return self.rules.network

    @cached_property
    def terms(self) -> Array:
        """(m,) what the absolute terms of every score come to at most; open columns count as 0."""
        return np.asarray(self.network.magnitude(self.reach[None])[0])

    def measure_terms(self, combination: Array) -> float:
        """The same of a combination (m,) of the scores."""
        return float(np.abs(combination) @ self.terms)

    def bound_rounding(self, combination: Array) -> float:
        """How far float64 sums of a combination's terms may be off, and jumps of groups that were
        simplified.
        """
        count = sum(self.network.A.shape) + 8
        jumps = sum(g.rules.score_error for g in self.rules.groups if g.rules.simplified)
        size = self.measure_terms(combination)

        return float(count * np.finfo(np.float64).eps * size + np.abs(combination).sum() * jumps)

    def make_program(
        self, combination: Array, *, integers: bool, offset: float = 0.0
    ) -> PiecewiseProgram:
        """The largest value of a combination (m,) of the scores, plus an offset."""
        goal = combine_outputs(self.network, combination)
        goal[-1] += Fraction(offset)
        return make_program(self.network, self.domain, goal, integers=integers)

    def split_for_slopes(self, combination: Array) -> list[ProgramPart]:
        """The parts of `make_slope_program`; those of the last combination are kept."""
        key = combination.tobytes()
        if key not in self._parts:
            self._parts.clear()
            self._parts[key] = split_program(self.make_slope_program(combination))[0]

        return self._parts[key]

    @cached_property
    def _parts(self) -> dict[bytes, list[ProgramPart]]:
        return {}

    @cached_property
    def some_row(self) -> Array | None:
        """(d,) a row of the domain, None where none was found."""
        nothing = np.zeros(self.rules.score_count)
        found = maximise_program(self.make_program(nothing, integers=False), self.deadline).point
        return found if found is not None and self.domain.contains(found[None])[0] else None

    def make_slope_program(self, combination: Array) -> PiecewiseProgram:
        """The same, where inequalities forgive nothing, for slopes."""
        program = self.make_program(combination, integers=False)
        walls = np.column_stack([-self.domain.normals, self.domain.bounds])
        return replace(program, walls=walls, room=np.zeros(len(walls)))
