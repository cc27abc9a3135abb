"""A typical row of a rule, worked out by hand: the arithmetic, term by term, and the outcome."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from relurules.documents.context import DocumentContext
from relurules.documents.document import Bar, Block, Chart, Paragraph
from relurules.ir.network import Array
from relurules.ir.reference import ReferenceRow
from relurules.links.heads import apply_links
from relurules.wording import RuleWording
from relurules.wording import phrases as p
from relurules.wording.classes import format_class
from relurules.wording.conditions import FormulaWording
from relurules.wording.forms import Term, round_coefficient
from relurules.wording.half_spaces import evaluate_form, evaluate_term
from relurules.wording.numbers import format_number, format_short, inflect_noun
from relurules.wording.phrases import Phrase
from relurules.wording.references import name_reference_row

#: Scores of which contributions and arithmetic are shown.
_SCORES = 3
#: Terms of a sum that are shown one by one; the others are added up.
_TERMS = 12


class _TermMove(NamedTuple):
    """A term at a row: coefficient * value, and coefficient * (value - mean)."""

    term: Term
    product: float
    moved: float


def work_example(context: DocumentContext, read: RuleWording, row: Array) -> list[Block]:
    """A typical row: the arithmetic, what is special about it, and the outcome."""
    formulas = () if context.decisions is not None else read.formulas[:_SCORES]
    reference = context.rules.reference
    longest = (
        max((_find_longest_move(formula, reference, row) for formula in formulas), default=0.0)
        or 1.0
    )
    blocks: list[Block] = [
        _chart_terms(formula, reference, row, longest) for formula in formulas if formula.form.terms
    ]

    if len(read.formulas) > len(formulas) > 0:
        blocks.append(
            Paragraph(
                p.text(f"The first {len(formulas)} of {len(read.formulas)} scores are shown.")
            )
        )

    blocks.append(Paragraph(_phrase_outcome(context, read, row)))
    return blocks


def phrase_class(context: DocumentContext, rule: int) -> Phrase:
    """`malignant (class 1)`, or the label alone where that is the name."""
    assert context.decisions is not None  # noqa: S101  # asked of decisions only
    number, name = context.decisions[rule - 1]
    label = format_class(context.rules, number)
    if label == name:
        return p.value(name)

    shown = p.number(label) if context.rules.labels is None else p.value(label)
    return p.join_loose(p.value(name), p.join_tight(p.text("(class"), (*shown, *p.text(")"))))


def phrase_value(term: Term, row: Sequence[float], *, mean: bool = False) -> Phrase:
    """A column's value, or whether categories hold; of a mean row, the share for which they do."""
    value = evaluate_term(term, row)
    if term.label[0].text == "[" and not mean:
        return p.text("yes") if value == 1 else p.text("no")

    return p.number(
        format_short(value, 3)
        if mean
        else format_number(value)
        if value.is_integer()
        else format_short(value, 6)
    )


def _find_longest_move(formula: FormulaWording, reference: ReferenceRow, row: Array) -> float:
    """The largest that a term moves the score; bars of all scores are drawn to one scale."""
    base = reference.values.tolist()
    moves = [
        t.coefficient * (evaluate_term(t, row.tolist()) - evaluate_term(t, base))
        for t in formula.form.terms
    ]
    moves.sort(key=abs, reverse=True)
    return max([abs(move) for move in moves[:_TERMS]] + [abs(sum(moves[_TERMS:]))])


def _chart_terms(
    formula: FormulaWording, reference: ReferenceRow, row: Array, longest: float
) -> Chart:
    """The score of a row as a sum, and what each term moves it from that of the reference, the
    largest move first.
    """
    mean, values = reference.values.tolist(), row.tolist()
    moves = _list_moves(formula, mean, values)
    sizes = [abs(number) for move in moves for number in (move.moved, move.product)]
    digits = _count_decimals(max([*sizes, abs(formula.form.constant)]))
    constant = (p.text("constant"), (), (), _phrase_signed(formula.form.constant, digits), ())
    bars = [Bar(constant, None, ())]

    for term, product, moved in moves[:_TERMS]:
        cells = (
            term.label,
            phrase_value(term, values),
            _phrase_coefficient(term, formula.step),
            _phrase_signed(product, digits),
            phrase_value(term, mean, mean=True),
        )
        bars.append(Bar(cells, moved / longest, _phrase_signed(moved, digits)))

    if rest := moves[_TERMS:]:
        bars.append(_add_up_terms(rest, longest, digits))
    bars.append(_sum_up_score(formula, mean, values, digits))
    caption = (
        f"The {formula.score} of a typical row, and what each term moves it from that of "
        f"the {name_reference_row(reference)}"
    )
    measured_from = name_reference_row(reference).capitalize()

    return Chart(
        caption,
        ("Column", "Typical row", "Coefficient", "Product", measured_from, "Moved"),
        tuple(bars),
    )


def _list_moves(
    formula: FormulaWording, mean: Sequence[float], values: Sequence[float]
) -> list[_TermMove]:
    moves = [
        _TermMove(
            t,
            t.coefficient * evaluate_term(t, values),
            t.coefficient * (evaluate_term(t, values) - evaluate_term(t, mean)),
        )
        for t in formula.form.terms
    ]
    return sorted(moves, key=lambda move: -abs(move.moved))


def _add_up_terms(rest: Sequence[_TermMove], longest: float, digits: int) -> Bar:
    """One bar for the terms that aren't shown one by one."""
    moved = sum(move.moved for move in rest)
    words = p.text(f"{len(rest)} more {inflect_noun('term', len(rest))}")
    product = _phrase_signed(sum(move.product for move in rest), digits)
    return Bar((words, (), (), product, ()), moved / longest, _phrase_signed(moved, digits))


def _sum_up_score(
    formula: FormulaWording, mean: Sequence[float], values: Sequence[float], digits: int
) -> Bar:
    base, total = evaluate_form(formula.form, mean), evaluate_form(formula.form, values)
    cells = (
        p.name(formula.score),
        (),
        (),
        _phrase_signed(total, digits),
        _phrase_signed(base, digits),
    )
    return Bar(cells, None, _phrase_signed(total - base, digits))


def _phrase_coefficient(term: Term, step: float) -> Phrase:
    """`* 0.25` or `/ -670,000`, as the formula shows it."""
    shown = round_coefficient(term, step)
    sign = p.operator("\u2212") if term.coefficient < 0 else ()
    return p.join_tight(
        p.operator("\u00f7" if shown.divides else "\u00d7"),
        (*sign, *p.number(format_number(shown.factor))),
    )


def _phrase_outcome(context: DocumentContext, read: RuleWording, row: Array) -> Phrase:
    """The outputs of the worked row, and what was observed."""
    rules = context.rules
    if context.decisions is not None:
        said = p.join_loose(
            p.name(rules.outputs[0]), p.text("is"), phrase_class(context, read.number)
        )
        return (*p.text("For the typical row: "), *said, *p.text("."))

    scores = np.array([[evaluate_form(formula.form, row.tolist()) for formula in read.formulas]])
    outputs = apply_links(rules.heads, scores)[0].tolist()
    parts = [
        p.join_tight(p.name(o), p.operator("="), p.number(format_short(v)))
        for o, v in zip(rules.outputs, outputs, strict=True)
    ]

    return (*p.text("For the typical row: "), *p.join_list(parts, "and"), *p.text("."))


def _count_decimals(largest: float) -> int:
    """Decimals that show four digits of the largest of several numbers."""
    return (
        int(np.clip(3 - np.floor(np.log10(largest)), 0, 12))
        if largest > 0 and np.isfinite(largest)
        else 3
    )


def _phrase_signed(value: float, decimals: int) -> Phrase:
    """A number with fixed decimals, and a sign."""
    text = f"{abs(value):,.{decimals}f}"
    zero = not any(c in "123456789" for c in text)
    return (
        p.number(text) if zero else (*p.operator("+" if value > 0 else "\u2212"), *p.number(text))
    )
