"""Rows on which a difference would be seen: another class, or a share of what an output spans.

They pass only where the network itself, run in float64, moves as much from its exact value on that
row, or within the bound of the rules.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import VISIBLE
from relurules.ir.network import Array
from relurules.links.heads import bound_link_error
from relurules.links.table import LINKS
from relurules.verifying.choices import ClassChoice
from relurules.verifying.reference import Reference
from relurules.verifying.rounding import FloatRuns, RowRounding, round_to_float
from relurules.wording.numbers import inflect_noun

#: An artefact may be off by so many times as much as the network's own runs in float64 are.
_RUN_NOISE_FACTOR = 2.0
#: Rounding of scores as numbers.
_ULPS = 8 * np.finfo(np.float64).eps
#: Outputs that span no more than this many of their units are all the same.
_CONSTANT_UNITS = 8
#: Roundings that a sum may take: what is granted where rows are all the same, so that nothing
#: shows.
_SUMS = 4


RoundingOf = Callable[[int], RowRounding]


@dataclass(frozen=True, kw_only=True)
class DoubtfulOutput:
    """An output that differs by more than `least` beyond the bound of the rules, `room`."""

    row: int
    output: int
    found: float
    least: float
    room: float


class Judgement(NamedTuple):
    """passed: whether nothing that would be seen is unexplained; remarks: a sentence for each kind
    of doubt.
    """

    passed: bool
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RowJudge:
    """What is known of a verification's rows: of those with numbers, places: (n,) their numbers in
    the table.
    """

    reference: Reference
    places: NDArray[np.intp]
    max_error: float

    def judged(self, found: Array, choices: list[tuple[ClassChoice, ClassChoice]]) -> Judgement:
        """found: (n, m) outputs of the artefact; choices: what it and the model say of classes."""
        runs = FloatRuns(
            network=self.reference.network,
            heads=self.reference.heads,
            framework=self.reference.framework,
        )
        rounding = cache(lambda row: runs.of(self.reference.rows[row]))
        outputs = self._outputs_judged(found, rounding)
        classes = self._classes_judged(choices, rounding)

        return Judgement(outputs.passed and classes.passed, outputs.remarks + classes.remarks)

    def _outputs_judged(self, found: Array, rounding: RoundingOf) -> Judgement:
        doubts = list(self._doubtful(found))
        worst, largest = None, 0.0

        for doubt in doubts:
            row = rounding(doubt.row)
            allowed = doubt.room + max(doubt.least, _RUN_NOISE_FACTOR * self._moves(doubt, row))
            if not _measure_distance(doubt.found, float(row.outputs[doubt.output])) <= allowed:
                return Judgement(False, (self._seen(doubt, row),))
            moved = self._moves(doubt, row)
            if worst is None or moved > largest:
                worst, largest = doubt, moved

        if worst is None:
            return Judgement(True)

        rows = len({doubt.row for doubt in doubts})
        remark = (
            f"in {_format_count(rows, 'row')} a difference is more than {VISIBLE:g} of what the "
            "output spans over the rows; the network itself, run in float64, is off by as much "
            f"from its exact value there ({largest:.1e} in row {self._place(worst.row)})"
        )

        return Judgement(True, (remark,))

    def _doubtful(self, found: Array) -> Iterator[DoubtfulOutput]:
        """Outputs whose difference shows, the clearest first."""
        expected, heads = self.reference.outputs, self.reference.heads
        values = np.array([not LINKS[head.link].is_class for head in heads])
        least = self._least()

        with np.errstate(all="ignore"):
            difference = np.where(found == expected, 0.0, np.abs(found - expected))
            off = np.full_like(self.reference.scores, self.max_error)
            room = bound_link_error(heads, self.reference.scores, off, 0.0)
            excess = (difference - room) / np.maximum(least, np.finfo(np.float64).tiny)

        shown = values & (excess > 1.0)

        places = np.argwhere(shown)
        for row, output in places[np.argsort(-excess[shown])].tolist():
            at = row, output
            yield DoubtfulOutput(
                row=row, output=output, found=found[at], least=least[at], room=room[at]
            )

    def _least(self) -> Array:
        """(n, m) from which difference on an output would be seen.

        Rows outside the domain, where a network may go on for ever, count as much as they are large
        and don't widen what the outputs span. Where outputs are all the same on the rows, nothing
        tells what shows but their size, what they span in the domain, and rounding of the terms.
        """
        reference = self.reference
        expected, inside, unit = reference.outputs, reference.inside, reference.unit
        size = np.where(np.isfinite(expected), np.abs(expected), 0.0)
        known = expected[inside] if inside.any() else expected
        span = _measure_span(np.where(np.isfinite(known), known, np.nan))

        wide = np.where(inside[:, None], span, np.maximum(span, size))
        least = np.maximum(VISIBLE * wide, unit * size)
        same = span <= _CONSTANT_UNITS * unit * size.max(axis=0)
        broad = np.zeros_like(span) if reference.breadth is None else reference.breadth
        rounding = _SUMS * reference.epsilon
        terms = bound_link_error(
            reference.heads, reference.scores, rounding * reference.terms, rounding
        )
        rough = np.maximum(VISIBLE * np.maximum(size, broad), terms)

        return np.where(same, np.maximum(least, rough), least)

    def _moves(self, doubt: DoubtfulOutput, row: RowRounding) -> float:
        """How far the network's own runs are off, the one that counts here among them."""
        expected = float(self.reference.outputs[doubt.row, doubt.output])
        own = (
            _measure_distance(expected, float(row.outputs[doubt.output]))
            if self.reference.framework is not None
            else 0.0
        )
        return max(float(row.moves[doubt.output]), own)

    def _seen(self, doubt: DoubtfulOutput, row: RowRounding) -> str:
        expected = float(self.reference.outputs[doubt.row, doubt.output])
        return (
            f"row {self._place(doubt.row)}: {self.reference.names[doubt.output]} is "
            f"{doubt.found:.9g}, not {expected:.9g}; from {doubt.room + doubt.least:.1e} on a "
            "difference shows in what it spans over the rows, and the network itself, run in "
            f"float64, moves by {self._moves(doubt, row):.1e} there"
        )

    def _classes_judged(
        self, choices: list[tuple[ClassChoice, ClassChoice]], rounding: RoundingOf
    ) -> Judgement:
        tied = set[int]()
        for found, expected in choices:
            differ = found.classes != expected.classes
            for row in np.flatnonzero(differ & ~np.isnan(expected.classes)).tolist():
                gap = _measure_gap(found, row, rounding(row), self._linked)
                if gap is None or not self._is_tie(gap, row):
                    return Judgement(False, (self._flipped(found, expected, row, gap),))
                tied.add(row)

        if not tied:
            return Judgement(True)

        bound = "in float64 the network itself doesn't tell them apart"
        why = (
            bound
            if self.max_error == 0.0
            else f"{bound}, or they are within the bound of the rules"
        )
        rows, first = _format_count(len(tied), "row"), self._place(min(tied))

        return Judgement(
            True, (f"in {rows} (row {first}) the class differs between scores that tie: {why}",)
        )

    @property
    def _linked(self) -> bool:
        return any(head.link != "identity" for head in self.reference.heads)

    def _is_tie(self, gap: "ScoreGap", row: int) -> bool:
        terms = self.reference.terms[row, list(gap.scores)].sum()
        granted = len(gap.scores) * self.max_error
        rounded = (
            gap.size <= self.reference.tolerance * terms
            and gap.size <= _RUN_NOISE_FACTOR * gap.moves + gap.ulps
        )
        return gap.size <= granted or rounded

    def _flipped(
        self, found: ClassChoice, expected: ClassChoice, row: int, gap: "ScoreGap | None"
    ) -> str:
        said = (
            f"row {self._place(row)}: the class is {found.classes[row]:g} and not "
            f"{expected.classes[row]:g}"
        )
        if gap is None:
            return f"{said}, and there is no such class"

        what = "the score is" if len(gap.scores) == 1 else "the scores are"
        where = "from where the class changes" if len(gap.scores) == 1 else "apart"
        return (
            f"{said}; {what} {gap.size:.2e} {where}, and the network, run in float64, moves by "
            f"{gap.moves:.1e} there"
        )

    def _place(self, row: int) -> int:
        return int(self.places[row])


class ScoreGap(NamedTuple):
    """How far a class is from being the network's own.

    scores: the one or two scores concerned; size: exact, 0 where the class is right. moves: how far
    float64 runs of the network are off in it; ulps: rounding of the scores as numbers.
    """

    scores: tuple[int, ...]
    size: float
    moves: float
    ulps: float


def _measure_gap(
    choice: ClassChoice, row: int, rounding: RowRounding, linked: bool
) -> ScoreGap | None:
    """None where there is no such class."""
    given, exact = float(choice.classes[row]), rounding.exact
    scores: tuple[int, ...]
    count = len(choice.scores)
    if given not in range(max(2, count)):
        return None

    if count == 1:
        (score,) = choice.scores
        beyond = (exact[score] - Fraction(choice.cut)) * (1 if choice.rises else -1)
        right = beyond == 0 or (beyond > 0) == (given > 0)
        size = 0.0 if right else round_to_float(abs(beyond))
        scores, errors = (score,), rounding.errors[:, score]
    else:
        chosen = choice.scores[int(given)]
        best = max(choice.scores, key=lambda score: exact[score])
        size = round_to_float(exact[best] - exact[chosen])
        scores, errors = (best, chosen), rounding.errors[:, best] - rounding.errors[:, chosen]

    largest = max(abs(round_to_float(exact[score])) for score in scores)
    return ScoreGap(
        scores,
        size,
        moves=float(np.abs(errors).max()),
        ulps=_ULPS * max(largest, 1.0 if linked else 0.0),
    )


def _measure_span(values: Array) -> Array:
    """(n, m) -> (m,) largest less smallest, NaN left out."""
    with np.errstate(over="ignore", invalid="ignore"):
        span = np.fmax.reduce(values) - np.fmin.reduce(values)
    return np.asarray(np.nan_to_num(span, nan=0.0, posinf=np.inf))


def _measure_distance(one: float, other: float) -> float:
    return 0.0 if one == other else abs(one - other)


def _format_count(count: int, what: str) -> str:
    return f"{count} {inflect_noun(what, count)}"
