"""What an artefact gave against what the network gives, on the same rows."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import CheckError
from relurules.ir import Report
from relurules.ir.network import Array
from relurules.links.heads import bound_link_error
from relurules.verifying.choices import ClassChoice, read_class_choices, read_label_class
from relurules.verifying.reference import Reference
from relurules.verifying.row_judge import Judgement, RowJudge
from relurules.verifying.run_result import RunResult

#: A score may be off by this share of the absolute terms that it is made of on its row, beyond the
#: rules' own max_error, and a link by as much of what it gives; outputs by what follows from that.
#: `doubts` asks for more.
TOLERANCE = 1e-12
#: The same for artefacts that compute in float.
FLOAT_TOLERANCE = 1e-5


#: Said of an artefact without outputs.
_CLASS_ALONE = (
    "the class alone was compared, as the artefact gives no outputs; emit it with the column "
    "outputs to compare these too"
)


class OutputDifferences(NamedTuple):
    """How far outputs are off, (n, m) each.

    relative: what of it exceeds the rules' bound, as a share of the terms.
    close: it is no more than the bound and rounding.
    """

    size: Array
    relative: Array
    close: NDArray[np.bool_]


def compare_outputs(
    ran: RunResult,
    reference: Reference,
    max_error: float,
    complete: bool,
    artefact: str,
    engine: str,
) -> Report:
    """Compare outputs (N, m) with the network's wherever there must be some; elsewhere there must
    be no number.

    A rule is due for every row in the domain if the rules are complete, and for none outside.
    Raises CheckError where the artefact returned another number of rows or outputs, and where there
    is nothing to compare.
    """
    expected = reference.outputs
    if not len(expected):
        raise CheckError("no rows to verify on; give at least one")
    if ran.outputs.shape != expected.shape:
        raise CheckError(
            f"{artefact} returned {ran.outputs.shape} outputs in {engine}, the network "
            f"{expected.shape}"
        )

    ruled = ran.rule > 0
    given = ruled if reference.numbers is None else reference.numbers
    own, found = reference.of_rows(given), ran.outputs[given]
    if ran.alone:  # the class is all that there is to compare
        found = np.where(np.isnan(found), np.nan, own.outputs)

    off = _measure_differences(found, own, max_error)
    choices = _pair_choices(ran, given, own)

    gaps = _list_gaps(ran, reference, given, complete)
    places = np.flatnonzero(given)
    judgement = (
        _judge_differences(found, own, places, off, choices, max_error)
        if given.any()
        else Judgement(False)
    )

    return Report(
        artefact=artefact,
        engine=engine,
        rows=len(expected),
        outside=int((~given).sum()),
        difference=float(off.size.max(initial=0.0)),
        relative=float(off.relative.max(initial=0.0)),
        tolerance=reference.tolerance,
        passed=judgement.passed and not gaps,
        worst=int(places[off.size.max(axis=1).argmax()]) if given.any() else -1,
        agreement=_measure_agreement(choices),
        seconds=ran.seconds,
        remarks=gaps + judgement.remarks + ((_CLASS_ALONE,) if ran.alone else ()),
    )


def _list_gaps(
    ran: RunResult, reference: Reference, given: NDArray[np.bool_], complete: bool
) -> tuple[str, ...]:
    """What is wrong with the rows that have a number or a rule, a sentence for each kind."""
    ruled, inside = ran.rule > 0, reference.inside
    free = np.zeros_like(given) if reference.free is None else reference.free
    loud = ~(given | free) & ~np.isnan(ran.outputs).all(axis=1)
    fits = ruled == inside if complete else ruled <= inside
    if reference.undecided is not None:
        fits |= reference.undecided

    found = [
        (loud, "has a number where none is due"),
        (ran.rule < 0, "has a rule below 0"),
        (~fits & inside, "lies in the domain and has no rule"),
        (~fits & ~inside, "lies outside the domain and has a rule"),
    ]

    return tuple(f"row {np.flatnonzero(rows)[0]} {what}" for rows, what in found if rows.any())


def _judge_differences(
    found: Array,
    reference: Reference,
    places: NDArray[np.intp],
    off: OutputDifferences,
    choices: list[tuple[ClassChoice, ClassChoice]],
    max_error: float,
) -> Judgement:
    """Whether all differences are rounding, or the bound of the rules."""
    if not off.close.all():
        row, output = np.argwhere(~off.close)[0]
        name = reference.names[output]
        expected, value = reference.outputs[row, output], found[row, output]
        more = (
            "more than rounding of its terms"
            if max_error == 0.0
            else "more than the rules' bound and rounding"
        )
        return Judgement(
            False, (f"row {places[row]}: {name} is {value:.6g} and not {expected:.6g}, {more}",)
        )

    return RowJudge(reference=reference, places=places, max_error=max_error).judged(found, choices)


def _pair_choices(
    ran: RunResult, given: NDArray[np.bool_], reference: Reference
) -> list[tuple[ClassChoice, ClassChoice]]:
    """What the artefact and the model say of each class, the artefact's own column `class` among
    them.
    """
    heads = reference.heads
    said = (
        []
        if ran.alone
        else list(
            zip(
                read_class_choices(heads, ran.outputs[given]),
                read_class_choices(heads, reference.outputs),
                strict=True,
            )
        )
    )

    known = read_label_class(heads, reference.outputs, reference.scores, reference.threshold)
    if ran.classes is not None and known is not None:
        said.append((replace(known, classes=ran.classes[given]), known))

    return said


def _measure_agreement(choices: list[tuple[ClassChoice, ClassChoice]]) -> float:
    """The share of rows of the same class; NaN where the outputs tell none."""
    if not choices or not len(choices[0][0].classes):
        return math.nan
    same = [found.classes == expected.classes for found, expected in choices]
    return float(np.all(same, axis=0).mean())


def _measure_differences(found: Array, reference: Reference, max_error: float) -> OutputDifferences:
    tolerance, heads = reference.tolerance, reference.heads
    scores, expected, terms = reference.scores, reference.outputs, reference.terms
    with np.errstate(all="ignore"):
        size = np.where(found == expected, 0.0, np.abs(found - expected))
        room = bound_link_error(heads, scores, np.full_like(scores, max_error), 0.0)
        allowed = bound_link_error(heads, scores, max_error + tolerance * terms, tolerance)
        share = (size - room) / (
            bound_link_error(heads, scores, tolerance * terms, tolerance) / tolerance
        )
        relative = np.where(size <= room, 0.0, share)

    return OutputDifferences(size, relative, size <= allowed)
