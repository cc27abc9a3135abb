"""The card of a rule: its conditions, formula, range, contributions and a row worked out by hand."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from relurules.documenting.context import Context, coverage, observation, output_range
from relurules.documenting.document import (
    Bar,
    Block,
    Card,
    Chart,
    Conditions,
    Facts,
    Formulas,
    Paragraph,
)
from relurules.ir.evidence import Evidence, RuleFacts
from relurules.ir.link import LINKS, linked
from relurules.ir.network import Array
from relurules.reading import ReadRule, ReadTest
from relurules.reading import phrases as p
from relurules.reading.conditions import ReadFormula
from relurules.reading.forms import Term, category_phrase, written_coefficient
from relurules.reading.half_spaces import Between, Choice, term_value, value_of
from relurules.reading.numbers import short, written
from relurules.reading.phrases import Phrase

#: Scores of which contributions and arithmetic are shown.
_SCORES = 3
#: Terms of a sum that are shown one by one; the others are added up.
_TERMS = 12


def card_of(context: Context, read: ReadRule) -> Card:
    """Everything about one rule."""
    facts, evidence = context.facts(read.number), context.evidence
    typical = None if facts is None else facts.typical
    blocks: list[Block] = [_conditions(context, read, typical), _result(context, read)]
    if items := _facts(context, read):
        blocks.append(Facts(items))
    if evidence is not None and typical is not None:
        blocks += _example(context, read, evidence, typical)
    return Card(read.number, context.share(read.number), coverage(context, read.number), tuple(blocks))


def _conditions(context: Context, read: ReadRule, typical: Array | None) -> Conditions:
    """In words, in symbols, and what a typical row has there."""
    if typical is None:
        return Conditions(("In words", "In symbols"), tuple((test.words, test.symbols) for test in read.tests))
    rows = tuple((test.words, test.symbols, checked(test, typical, context)) for test in read.tests)
    return Conditions(("In words", "In symbols", "A typical row has"), rows)


def _result(context: Context, read: ReadRule) -> Formulas:
    """The decision, where rules are decisions; else the formula of every score, and the outputs that follow."""
    rules = context.rules
    if context.decisions is not None:
        return Formulas(((p.name(rules.outputs[0]), class_phrase(context, read.number)),))
    items = tuple((p.name(formula.score), formula.phrase) for formula in read.formulas)
    outputs = linked_outputs(context)
    if len(rules.scores) > 1 and outputs:
        return Formulas(items, (p.text("The outputs follow from these scores, as told above."),))
    return Formulas(items, (p.listed(outputs, "and"),) if outputs else ())


def class_phrase(context: Context, rule: int) -> Phrase:
    """`malignant (class 1)`."""
    assert context.decisions is not None  # noqa: S101  # asked of decisions only
    number, name = context.decisions[rule - 1]
    return p.loose(p.value(name), p.tied(p.text("(class"), (*p.number(written(number)), *p.text(")"))))


def linked_outputs(context: Context) -> tuple[Phrase, ...]:
    """`p = sigmoid(score)` for every output that isn't a score."""
    rules, found = context.rules, []
    for output, head in zip(rules.outputs, rules.heads, strict=True):
        if head.link == "identity":
            if output != rules.scores[head.scores[0]]:
                found.append(p.tied(p.name(output), p.operator("="), p.name(rules.scores[head.scores[0]])))
            continue
        link, taken = LINKS[head.link], [rules.scores[i] for i in head.scores]
        if head.link == "complement":
            shown = (*p.text("sigmoid("), *p.name(taken[0]), *p.text(")"))
            found.append(p.tied(p.name(output), p.operator("="), p.number("1"), p.operator("\u2212"), shown))
            continue
        among = f"{taken[head.component]} among " if link.joint and not link.reduces else ""
        shown = (
            *p.text(f"{head.link}("),
            *p.text(among),
            *p.joined([p.name(name) for name in taken], ", "),
            *p.text(")"),
        )
        found.append(p.loose(p.name(output), p.operator("="), shown))
    return tuple(found)


def _facts(context: Context, read: ReadRule) -> tuple[tuple[str, Phrase], ...]:
    items: list[tuple[str, Phrase]] = []
    facts, evidence = context.facts(read.number), context.evidence
    if context.decisions is None:
        ranges = [
            p.loose(p.name(output), output_range(context, read.number, i))
            for i, output in enumerate(context.rules.outputs)
        ]
        items.append(("Possible outputs", p.joined(ranges, "; ")))
    if facts is not None and evidence is not None and facts.mean is not None:
        name, word = observation(evidence)
        said = p.loose(p.text(word), p.number(short(facts.mean)))
        if facts.deviation is not None and word == "mean":
            said = (*said, *p.text(", standard deviation "), *p.number(short(facts.deviation)))
        items.append((f"Observed {name}", said))
    if facts is not None and facts.local:
        items.append(("On its own rows", metrics(facts)))
    return tuple(items)


def metrics(facts: RuleFacts) -> Phrase:
    """`AUC 0.71, accuracy 0.8`."""
    parts = [p.tied(p.text(metric_name(name)), p.number(short(value, 3))) for name, value in facts.local.items()]
    return p.joined(parts, ", ")


def metric_name(name: str) -> str:
    """A metric as people write it."""
    return {"R2": "R\u00b2"}.get(name, name)


def _example(context: Context, read: ReadRule, evidence: Evidence, row: Array) -> list[Block]:
    """A typical row: the arithmetic, what is special about it, and the outcome."""
    formulas = () if context.decisions is not None else read.formulas[:_SCORES]
    longest = max((_longest(formula, evidence, row) for formula in formulas), default=0.0) or 1.0
    blocks: list[Block] = [_term_by_term(formula, evidence, row, longest) for formula in formulas if formula.form.terms]
    if len(read.formulas) > len(formulas) > 0:
        blocks.append(Paragraph(p.text(f"The first {len(formulas)} of {len(read.formulas)} scores are shown.")))
    blocks.append(Paragraph(_outcome(context, read, row)))
    return blocks


def checked(test: ReadTest, row: Array, context: Context) -> Phrase:
    """What a row has where a test asks: a category, or the sum's value, with digits enough to see that it passes."""
    about = test.about
    if isinstance(about, Choice):
        held = [i for i in about.span.admitted if row[about.span.first + i] == 1]
        return category_phrase(about.span, held) if held else ()
    if not isinstance(about, Between):
        return ()
    values = row.tolist()
    terms = about.form.terms
    number = p.number(written(_telling(about, value_of(about.form, values))))
    named = [s.name for s in context.reading.sums if s.form == about.form]
    if named:
        return p.tied(p.score(named[0]), p.operator("="), number)
    if len(terms) == 1:
        return p.tied(terms[0].label, p.operator("="), number)
    own = p.joined([p.tied(t.label, p.operator("="), _shown_value(t, values)) for t in terms], ", ")
    right = _right_side(about, values)
    said = (p.text("the sum is"), number) if right is None else (p.text("the right side is"), p.number(written(right)))
    return (*own, *p.text("; "), *p.loose(*said))


def _right_side(test: Between, values: Sequence[float]) -> float | None:
    """Of `a >= 2 * b + 3` the right side, with digits enough to see that it passes; None for other tests."""
    limit = test.low or test.high
    if limit is None or (test.low and test.high) or test.form.terms[1].coefficient > 0:
        return None
    left, value = term_value(test.form.terms[0], values), value_of(test.form, values)
    right = left - value + limit.bound
    side = np.sign(value - limit.bound)
    shown = (float(f"{right:.{digits}g}") for digits in (4, 6, 9, 12))
    return next((near for near in shown if np.sign(left - near) == side), right)


def _telling(test: Between, value: float) -> float:
    """A value with four digits, or as many more as it takes to show that it passes the test."""
    if value.is_integer():
        return value
    rounded = (float(f"{value:.{digits}g}") for digits in (4, 6, 9, 12))
    return next((shown for shown in rounded if _inside(test, shown)), value)


def _inside(test: Between, value: float) -> bool:
    low = test.low is None or value > test.low.bound or (test.low.included and value == test.low.bound)
    return low and (test.high is None or value < test.high.bound or (test.high.included and value == test.high.bound))


def _shown_value(term: Term, row: Sequence[float], *, mean: bool = False) -> Phrase:
    """A column's value, or whether the categories hold; of a mean row, the share for which they do."""
    value = term_value(term, row)
    if term.label[0].text == "[" and not mean:
        return p.text("yes") if value == 1 else p.text("no")
    return p.number(short(value, 3) if mean else written(value) if value.is_integer() else short(value, 6))


def _longest(formula: ReadFormula, evidence: Evidence, row: Array) -> float:
    """The largest that a term moves the score; bars of all scores are drawn to one scale."""
    moves = [
        t.coefficient * (term_value(t, row.tolist()) - term_value(t, evidence.means.tolist()))
        for t in formula.form.terms
    ]
    moves.sort(key=abs, reverse=True)
    return max([abs(move) for move in moves[:_TERMS]] + [abs(sum(moves[_TERMS:]))])


def _term_by_term(formula: ReadFormula, evidence: Evidence, row: Array, longest: float) -> Chart:
    """The score of a row as a sum, and what each term moves it from that of the mean row, the largest move first."""
    mean, values = evidence.means.tolist(), row.tolist()
    lines = [
        _Line(t, t.coefficient * term_value(t, values), t.coefficient * (term_value(t, values) - term_value(t, mean)))
        for t in formula.form.terms
    ]
    lines.sort(key=lambda line: -abs(line.moved))
    rest = _Rest(len(lines[_TERMS:]), sum(x.product for x in lines[_TERMS:]), sum(x.moved for x in lines[_TERMS:]))
    sizes = [abs(number) for line in lines for number in (line.moved, line.product)]
    digits = _decimals(max([*sizes, abs(formula.form.constant)]))
    bars = [Bar((p.text("constant"), (), (), _signed(formula.form.constant, digits), ()), None, ())]
    for term, product, moved in lines[:_TERMS]:
        cells = (_shown_value(term, values), _coefficient(term, formula.step), _signed(product, digits))
        bars.append(
            Bar((term.label, *cells, _shown_value(term, mean, mean=True)), moved / longest, _signed(moved, digits))
        )
    if rest.terms:
        words = p.text(f"{rest.terms} more terms")
        cells = ((), (), _signed(rest.product, digits))
        bars.append(Bar((words, *cells, ()), rest.moved / longest, _signed(rest.moved, digits)))
    base, total = value_of(formula.form, mean), value_of(formula.form, values)
    summed = (p.name(formula.score), (), (), _signed(total, digits), _signed(base, digits))
    bars.append(Bar(summed, None, _signed(total - base, digits)))
    caption = f"The {formula.score} of a typical row, and what each term moves it from that of the mean row"
    return Chart(caption, ("Column", "Typical row", "Coefficient", "Product", "Mean row", "Moved"), tuple(bars))


class _Line(NamedTuple):
    """A term at a row: coefficient * value, and coefficient * (value - mean)."""

    term: Term
    product: float
    moved: float


class _Rest(NamedTuple):
    """Terms that are added up."""

    terms: int
    product: float
    moved: float


def _coefficient(term: Term, step: float) -> Phrase:
    """`* 0.25` or `/ -670,000`, as the formula shows it."""
    shown = written_coefficient(term, step)
    sign = p.operator("\u2212") if term.coefficient < 0 else ()
    return p.tied(p.operator("\u00f7" if shown.divides else "\u00d7"), (*sign, *p.number(written(shown.factor))))


def _outcome(context: Context, read: ReadRule, row: Array) -> Phrase:
    """The outputs of the worked row, and what was observed."""
    rules = context.rules
    if context.decisions is not None:
        said = p.loose(p.name(rules.outputs[0]), p.text("is"), class_phrase(context, read.number))
        return (*p.text("For the typical row: "), *said, *p.text("."))
    scores = np.array([[value_of(formula.form, row.tolist()) for formula in read.formulas]])
    outputs = linked(rules.heads, scores)[0].tolist()
    parts = [
        p.tied(p.name(o), p.operator("="), p.number(short(v))) for o, v in zip(rules.outputs, outputs, strict=True)
    ]
    return (*p.text("For the typical row: "), *p.listed(parts, "and"), *p.text("."))


def _decimals(largest: float) -> int:
    """Decimals that show four digits of the largest of several numbers."""
    return int(np.clip(3 - np.floor(np.log10(largest)), 0, 12)) if largest > 0 and np.isfinite(largest) else 3


def _signed(value: float, decimals: int) -> Phrase:
    """A number with fixed decimals, and a sign."""
    text = f"{abs(value):,.{decimals}f}"
    zero = not any(c in "123456789" for c in text)
    return p.number(text) if zero else (*p.operator("+" if value > 0 else "\u2212"), *p.number(text))
