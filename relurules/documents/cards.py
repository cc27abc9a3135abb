"""The card of a rule: conditions, formula, range, contributions and a row worked out by hand."""

from collections.abc import Sequence

import numpy as np

from relurules.documents.context import (
    AnyContext,
    DocumentContext,
    describe_observation,
    phrase_coverage,
    phrase_output_range,
)
from relurules.documents.document import (
    Block,
    Card,
    Conditions,
    Facts,
    Formulas,
)
from relurules.documents.worked_row import phrase_class, phrase_value, work_example
from relurules.ir.evidence import RuleFacts
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.wording import ConditionWording, RuleWording
from relurules.wording import phrases as p
from relurules.wording.forms import phrase_categories
from relurules.wording.half_spaces import CategoryTest, SumTest, evaluate_form, evaluate_term
from relurules.wording.numbers import format_number, format_short
from relurules.wording.phrases import Phrase


def build_card(context: DocumentContext, read: RuleWording) -> Card:
    """Everything about one rule."""
    facts, evidence = context.facts(read.number), context.evidence
    typical = None if facts is None else facts.typical
    blocks: list[Block] = [
        _tabulate_conditions(context, read, typical),
        _build_formulas(context, read),
    ]

    if items := _collect_facts(context, read):
        blocks.append(Facts(items))
    if evidence is not None and typical is not None:
        blocks += work_example(context, read, typical)
    return Card(
        read.number,
        context.share(read.number),
        phrase_coverage(context, read.number),
        tuple(blocks),
    )


def _tabulate_conditions(
    context: DocumentContext, read: RuleWording, typical: Array | None
) -> Conditions:
    """In words, in symbols, and what a typical row has there."""
    if typical is None:
        return Conditions(
            ("In words", "In symbols"), tuple((test.words, test.symbols) for test in read.tests)
        )
    rows = tuple(
        (test.words, test.symbols, phrase_row_value(test, typical, context)) for test in read.tests
    )
    return Conditions(("In words", "In symbols", "A typical row has"), rows)


def _build_formulas(context: DocumentContext, read: RuleWording) -> Formulas:
    """The decision, where rules are decisions; else the formula of every score, and the outputs
    that follow.
    """
    rules = context.rules
    if context.decisions is not None:
        return Formulas(((p.name(rules.outputs[0]), phrase_class(context, read.number)),))
    items = tuple((p.name(formula.score), formula.phrase) for formula in read.formulas)
    outputs = phrase_linked_outputs(context)
    if len(rules.scores) > 1 and outputs:
        return Formulas(items, (p.text("The outputs follow from these scores, as told above."),))

    return Formulas(items, (p.join_list(outputs, "and"),) if outputs else ())


def phrase_linked_outputs(context: AnyContext) -> tuple[Phrase, ...]:
    """`p = sigmoid(score)` for every output that isn't a score."""
    rules, found = context.rules, []
    for output, head in zip(rules.outputs, rules.heads, strict=True):
        if head.link == "identity":
            if output != rules.scores[head.scores[0]]:
                found.append(
                    p.join_tight(
                        p.name(output), p.operator("="), p.name(rules.scores[head.scores[0]])
                    )
                )
            continue
        link, taken = LINKS[head.link], [rules.scores[i] for i in head.scores]
        if head.link == "complement":
            shown = (*p.text("sigmoid("), *p.name(taken[0]), *p.text(")"))
            found.append(
                p.join_tight(
                    p.name(output), p.operator("="), p.number("1"), p.operator("\u2212"), shown
                )
            )
            continue
        among = f"{taken[head.component]} among " if link.joint and not link.reduces else ""
        shown = (
            *p.text(f"{head.link}("),
            *p.text(among),
            *p.join_with([p.name(name) for name in taken], ", "),
            *p.text(")"),
        )
        found.append(p.join_loose(p.name(output), p.operator("="), shown))

    return tuple(found)


def _collect_facts(context: DocumentContext, read: RuleWording) -> tuple[tuple[str, Phrase], ...]:
    items: list[tuple[str, Phrase]] = []
    facts, evidence = context.facts(read.number), context.evidence
    if context.decisions is None:
        ranges = [
            p.join_loose(p.name(output), phrase_output_range(context, read.number, i))
            for i, output in enumerate(context.rules.outputs)
        ]
        items.append(("Possible outputs", p.join_with(ranges, "; ")))

    if facts is not None and evidence is not None and facts.mean is not None:
        name, word = describe_observation(evidence)
        said = p.join_loose(p.text(word), p.number(format_short(facts.mean)))
        if facts.deviation is not None and word == "mean":
            said = (
                *said,
                *p.text(", standard deviation "),
                *p.number(format_short(facts.deviation)),
            )
        items.append((f"Observed {name}", said))

    if facts is not None and facts.local:
        items.append(("On its own rows", phrase_metrics(facts)))
    return tuple(items)


def phrase_metrics(facts: RuleFacts) -> Phrase:
    """`AUC 0.71, accuracy 0.8`."""
    parts = [
        p.join_tight(p.text(spell_metric(name)), p.number(format_short(value, 3)))
        for name, value in facts.local.items()
    ]
    return p.join_with(parts, ", ")


def spell_metric(name: str) -> str:
    """A metric as people write it."""
    return {"R2": "R\u00b2"}.get(name, name)


def phrase_row_value(test: ConditionWording, row: Array, context: DocumentContext) -> Phrase:
    """What a row has where a test asks: a category, or the sum's value, with digits enough to see
    that it passes.
    """
    about = test.about
    if isinstance(about, CategoryTest):
        held = [i for i in about.span.admitted if row[about.span.first + i] == 1]
        return phrase_categories(about.span, held) if held else ()
    if not isinstance(about, SumTest):
        return ()

    values = row.tolist()
    terms = about.form.terms
    number = p.number(format_number(_round_within_test(about, evaluate_form(about.form, values))))
    named = [s.name for s in context.reading.sums if s.form == about.form]
    if named:
        return p.join_tight(p.score(named[0]), p.operator("="), number)
    if len(terms) == 1:
        return p.join_tight(terms[0].label, p.operator("="), number)

    own = p.join_with(
        [p.join_tight(t.label, p.operator("="), phrase_value(t, values)) for t in terms], ", "
    )
    right = _compute_right_side(about, values)
    said = (
        (p.text("the sum is"), number)
        if right is None
        else (p.text("the right side is"), p.number(format_number(right)))
    )

    return (*own, *p.text("; "), *p.join_loose(*said))


def _compute_right_side(test: SumTest, values: Sequence[float]) -> float | None:
    """Of `a >= 2 * b + 3` the right side, with digits enough to see that it passes; None for other
    tests.
    """
    limit = test.low or test.high
    if limit is None or (test.low and test.high) or test.form.terms[1].coefficient > 0:
        return None
    left, value = evaluate_term(test.form.terms[0], values), evaluate_form(test.form, values)
    right = left - value + limit.bound
    side = np.sign(value - limit.bound)
    shown = (float(f"{right:.{digits}g}") for digits in (4, 6, 9, 12))
    return next((near for near in shown if np.sign(left - near) == side), right)


def _round_within_test(test: SumTest, value: float) -> float:
    """A value with four digits, or as many more as it takes to show that it passes the test."""
    if value.is_integer():
        return value
    rounded = (float(f"{value:.{digits}g}") for digits in (4, 6, 9, 12))
    return next((shown for shown in rounded if _is_inside(test, shown)), value)


def _is_inside(test: SumTest, value: float) -> bool:
    low = (
        test.low is None
        or value > test.low.bound
        or (test.low.included and value == test.low.bound)
    )

    return low and (
        test.high is None
        or value < test.high.bound
        or (test.high.included and value == test.high.bound)
    )
