"""The parts on what holds: what is proven, what is measured, and the domain."""

from collections.abc import Mapping

import numpy as np

from relurules.documents.cards import spell_metric
from relurules.documents.certified import describe_certified
from relurules.documents.context import (
    AnyContext,
    DocumentContext,
    list_used_columns,
    phrase_ends,
)
from relurules.documents.document import Block, Bullets, Facts, Paragraph, Section, Table, link_rule
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.evidence import MEASURED
from relurules.statistics.output_ranges import has_exact_range
from relurules.wording import phrases as p
from relurules.wording.coverage import describe_missing
from relurules.wording.derived import TIED, list_definitions
from relurules.wording.edits import describe_edited
from relurules.wording.file_reading import describe_reading
from relurules.wording.forms import ColumnSpan
from relurules.wording.guards import describe_guards
from relurules.wording.numbers import format_bound, format_count, format_number, format_short
from relurules.wording.phrases import Phrase
from relurules.wording.sources import name_source

#: Steps of a simplification that are shown.
_STEPS = 20


def build_proofs(context: AnyContext) -> Section:
    """What holds everywhere in the domain, and by what."""
    rules = context.rules
    items = [p.text(_describe_fidelity(rules)), p.text(_describe_cover(rules))]
    if isinstance(context, DocumentContext) and context.decisions is None:
        said = (
            "The possible outputs of a rule are the smallest and largest ones over its whole "
            "region, found by linear "
            "programming; columns of whole numbers count as continuous there."
        )
        if not all(has_exact_range(rules.heads)):
            said += " Outputs of three or more scores are bounded so, and may not come as far."
        items.append(p.text(said))

    if isinstance(rules, AdditiveRules):
        items += [p.text(line) for line in describe_certified(rules)]
    items.append(
        p.text(
            "The rounding of float64 arithmetic, about 1e-16 of the terms of a sum, is not "
            "counted in any of this."
        )
    )
    blocks: list[Block] = [Bullets(tuple(items))]

    noun = "rules" if isinstance(rules, RuleSet) else "lines"
    if rules.tradeoffs:
        steps = [rules.tradeoffs[i] for i in _space_evenly(len(rules.tradeoffs))]
        rows = tuple(
            (p.number(f"{step.rules:,}"), p.number(format_bound(step.error))) for step in steps
        )
        blocks.append(
            Table(
                f"How far outputs may be off with fewer {noun}",
                (noun.capitalize(), "At most"),
                rows,
                (True, True),
            )
        )

    return Section("proven", "What is proven", tuple(blocks))


def _space_evenly(count: int) -> list[int]:
    """The first, the last, and of many those in between that are evenly apart."""
    return sorted(set(np.linspace(0, count - 1, min(count, _STEPS)).round().astype(int).tolist()))


def _describe_fidelity(rules: RuleSet | AdditiveRules) -> str:
    linked = rules.output_error is None and any(head.link != "identity" for head in rules.heads)
    what = "scores" if linked else "outputs"
    where = "anywhere in the domain" if rules.complete else "wherever there is a rule"
    such = "" if rules.complete else "such "
    if (edited := describe_edited(rules)) is not None:
        return f"Fidelity: {edited}."
    made = "Regions and formulas are" if isinstance(rules, RuleSet) else "Points and lines are"
    if isinstance(rules, RuleSet) and rules.is_own_model:
        return (
            "Fidelity: the rules are the model itself, a tree of linear models that were fitted to "
            "data; no network stands behind them. Where one rule ends and another begins, the "
            f"{what} may jump."
        )
    source = name_source(rules)
    if rules.max_error == 0:
        end = "computed from its weights; nothing is fitted."
        if rules.provenance.fitted:
            end = "computed from their numbers; nothing more is fitted."
        return (
            f"Fidelity: {where}, the {what} of the rules are those of {source.whole}. {made} {end}"
        )

    if not np.isfinite(rules.max_error):
        return (
            "Fidelity: no bound is known on how far the outputs of the rules are from those of "
            f"{source.whole}."
        )

    return (
        f"Fidelity: {where}, the {what} of the rules differ from those of {source.whole} by "
        f"at most {format_bound(rules.max_error)}. This bounds all {such}rows that the domain "
        "could hold; it is no mean over data."
    )


def _describe_cover(rules: RuleSet | AdditiveRules) -> str:
    if isinstance(rules, AdditiveRules):
        return "Cover: the sum is defined for every row of the domain; no search was cut short."
    if rules.complete:
        return (
            "Cover: the rules are the leaves of one decision tree, so every row of the domain has "
            "a rule, and two rules share nothing but a boundary."
        )
    return f"Not covered: {describe_missing(rules)}"


def is_fitted_table(rules: RuleSet | AdditiveRules) -> bool:
    """Whether `fit` made the rules."""
    return "split" in rules.provenance.settings


def is_measured_by_fit(rules: RuleSet | AdditiveRules) -> bool:
    """Whether the figures are those of the fit: of all rows of its table."""
    made = rules.provenance
    return is_fitted_table(rules) and MEASURED not in made.settings and not made.edits


def build_performance(context: AnyContext) -> Section | None:
    """What data say: metrics of all rules together, and of every rule."""
    evidence = context.evidence
    if evidence is None or (evidence.response is None and not evidence.metrics):
        return None

    where = "with a rule" if isinstance(context.rules, RuleSet) else "in the domain"
    count = format_count(evidence.rows - evidence.outside, "row")
    said = "Whether these rows were trained on isn't known here."
    if is_measured_by_fit(context.rules):
        said = (
            "These are all rows of the fit's table: those that the rules were fitted to, and those "
            "that were held back, so that the figures are no evidence of how good the rules are on "
            "new rows."
        )
    blocks: list[Block] = [Paragraph(p.text(f"Measured on {count} {where}. {said}"))]

    if evidence.metrics:
        blocks.append(
            Facts(
                tuple(
                    (spell_metric(n), p.number(format_short(v)))
                    for n, v in evidence.metrics.items()
                )
            )
        )

    if (table := _tabulate_rules(context)) is not None:
        blocks.append(table)
    return Section("measured", "What is measured", tuple(blocks))


def _tabulate_rules(context: AnyContext) -> Table | None:
    """Each rule on its own rows, and its formula on all rows."""
    evidence = context.evidence
    if evidence is None or len(evidence.rules) < 2:
        return None

    local = list(dict.fromkeys(name for facts in evidence.rules for name in facts.local))
    whole = list(dict.fromkeys(name for facts in evidence.rules for name in facts.whole))
    if not local and not whole:
        return None

    header = [
        "Rule",
        "Rows",
        *(spell_metric(n) for n in local),
        *(f"{spell_metric(n)}, its formula on all rows" for n in whole),
    ]
    rows = tuple(
        (
            link_rule(number),
            p.number(f"{facts.rows:,}"),
            *(_phrase_metric(facts.local, name) for name in local),
            *(_phrase_metric(facts.whole, name) for name in whole),
        )
        for number, facts in enumerate(evidence.rules, start=1)
    )

    return Table(
        "Each rule on its own rows", tuple(header), rows, (False, *[True] * (len(header) - 1))
    )


def _phrase_metric(found: Mapping[str, float], name: str) -> Phrase:
    return p.number(format_short(found[name], 3)) if name in found else p.text("none")


def build_domain(context: AnyContext) -> Section:
    """The columns with their ranges or values, and further limits."""
    rules = context.rules
    used = set(list_used_columns(context))
    spans = sorted(context.spans, key=lambda span: span.column.name not in used)
    guards = describe_guards(rules)
    rows = tuple(_tabulate_column(rules, span, guards.get(span.column.name)) for span in spans)
    missing = any(
        span.column.fill is not None or None in span.column.lookup for span in context.spans
    )
    words = (
        "with a missing value that doesn't count as anything" if missing else "with a missing value"
    )
    left = "rule 0 and no output" if isinstance(rules, RuleSet) else "no output"
    blocks: list[Block] = [
        Paragraph(p.text(f"A row outside this domain, or {words}, has {left}.")),
        Table("Columns", ("Column", "Values", "Remarks"), rows, (False, False, False)),
    ]
    if definitions := list_definitions(rules):
        derived = tuple((p.text(name), p.text(said)) for name, said in definitions)
        blocks += [
            Table("Derived columns", ("Column", "Definition"), derived, (False, False)),
            Paragraph(p.text(TIED)),
        ]
    limits = [p.text(f"Also: {text}") for text in rules.domain.texts]
    limits += [p.text(line) for line in describe_reading(rules)]
    own = {i for span in spans if span.column.categories for i in span.coordinates}

    for group in rules.domain.groups:
        if not own & set(group):
            listed = p.join_list([p.name(rules.features[i]) for i in group], "and")
            limits.append((*p.text("Exactly one of these is 1, the others are 0: "), *listed))

    if limits:
        blocks.append(Bullets(tuple(limits)))
    return Section("domain", "Domain", tuple(blocks))


def _tabulate_column(
    rules: RuleSet | AdditiveRules, span: ColumnSpan, guard: str | None
) -> tuple[Phrase, ...]:
    remarks = [] if guard is None else [guard]
    if span.column.categories:
        admitted = [span.column.categories[i] for i in span.admitted]
        values = p.text("; ".join(" or ".join(category.members) for category in admitted))
    else:
        low, high = float(rules.domain.lower[span.first]), float(rules.domain.upper[span.first])
        values = phrase_ends(p.number(format_number(low)), p.number(format_number(high)), low, high)
        if rules.domain.integer[span.first]:
            remarks.append("whole numbers in the data")
        if span.column.fill is not None:
            remarks.append(f"a missing value counts as {format_number(span.column.fill)}")

    return p.name(span.column.name), values, p.text("; ".join(remarks))
