"""The parts on what holds: what is proven, what is measured, and the domain."""

from collections.abc import Mapping

import numpy as np

from relurules.documenting.cards import metric_name
from relurules.documenting.context import Context, ends, plural
from relurules.documenting.document import Block, Bullets, Facts, Paragraph, Section, Table, rule_link
from relurules.documenting.overview import used_columns
from relurules.ir import RuleSet
from relurules.ir.ranges import exact
from relurules.reading import phrases as p
from relurules.reading.coverage import missing_text
from relurules.reading.forms import Span
from relurules.reading.numbers import bound_text, short, written
from relurules.reading.phrases import Phrase

#: Steps of a simplification that are shown.
_STEPS = 20


def proofs(context: Context) -> Section:
    """What holds everywhere in the domain, and by what."""
    rules = context.rules
    items = [p.text(_fidelity(rules)), p.text(_cover(rules))]
    if context.decisions is None:
        said = (
            "The possible outputs of a rule are the smallest and largest ones over its whole region, found by linear "
            "programming; columns of whole numbers count as continuous there."
        )
        if not all(exact(rules.heads)):
            said += " Outputs of three or more scores are bounded so, and may not come as far."
        items.append(p.text(said))
    items.append(
        p.text("The rounding of float64 arithmetic, about 1e-16 of the terms of a sum, is not counted in any of this.")
    )
    blocks: list[Block] = [Bullets(tuple(items))]
    if rules.tradeoffs:
        steps = [rules.tradeoffs[i] for i in _spread(len(rules.tradeoffs))]
        rows = tuple((p.number(f"{step.rules:,}"), p.number(bound_text(step.error))) for step in steps)
        blocks.append(Table("How far outputs may be off with fewer rules", ("Rules", "At most"), rows, (True, True)))
    return Section("proven", "What is proven", tuple(blocks))


def _spread(count: int) -> list[int]:
    """The first, the last, and of many those in between that are evenly apart."""
    return sorted(set(np.linspace(0, count - 1, min(count, _STEPS)).round().astype(int).tolist()))


def _fidelity(rules: RuleSet) -> str:
    linked = rules.output_error is None and any(head.link != "identity" for head in rules.heads)
    what = "scores" if linked else "outputs"
    where = "anywhere in the domain" if rules.complete else "wherever there is a rule"
    such = "" if rules.complete else "such "
    if rules.max_error == 0:
        return (
            f"Fidelity: {where}, the {what} of the rules are those of the network as traced. Regions "
            "and formulas are computed from its weights; nothing is fitted."
        )
    if not np.isfinite(rules.max_error):
        return (
            "Fidelity: no bound is known on how far the outputs of the rules are from those of the network as traced."
        )
    return (
        f"Fidelity: {where}, the {what} of the rules differ from those of the network as traced by at "
        f"most {bound_text(rules.max_error)}. This bounds all {such}rows that the domain could hold; it is no mean "
        "over data."
    )


def _cover(rules: RuleSet) -> str:
    if rules.complete:
        return (
            "Cover: the rules are the leaves of one decision tree, so every row of the domain has a rule, and two "
            "rules share nothing but a boundary."
        )
    return f"Not covered: {missing_text(rules)}"


def performance(context: Context) -> Section | None:
    """What data say: metrics of all rules together, and of every rule."""
    evidence = context.evidence
    if evidence is None or (evidence.response is None and not evidence.metrics):
        return None
    blocks: list[Block] = [
        Paragraph(
            p.text(
                f"Measured on {plural(evidence.rows - evidence.outside, 'row')} with a rule. Whether these rows were "
                "trained on isn't known here."
            )
        )
    ]
    if evidence.metrics:
        blocks.append(Facts(tuple((metric_name(n), p.number(short(v))) for n, v in evidence.metrics.items())))
    if (table := _by_rule(context)) is not None:
        blocks.append(table)
    return Section("measured", "What is measured", tuple(blocks))


def _by_rule(context: Context) -> Table | None:
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
        *(metric_name(n) for n in local),
        *(f"{metric_name(n)}, its formula on all rows" for n in whole),
    ]
    rows = tuple(
        (
            rule_link(number), p.number(f"{facts.rows:,}"),
            *(_metric(facts.local, name) for name in local), *(_metric(facts.whole, name) for name in whole),
        )
        for number, facts in enumerate(evidence.rules, start=1)
    )  # fmt: skip
    return Table("Each rule on its own rows", tuple(header), rows, (False, *[True] * (len(header) - 1)))


def _metric(found: Mapping[str, float], name: str) -> Phrase:
    return p.number(short(found[name], 3)) if name in found else p.text("none")


def domain(context: Context) -> Section:
    """The columns with their ranges or values, and further limits."""
    rules = context.rules
    used = set(used_columns(context))
    spans = sorted(context.reading.spans, key=lambda span: span.column.name not in used)
    rows = tuple(_column(rules, span, span.column.name in used) for span in spans)
    missing = any(span.column.fill is not None or None in span.column.lookup for span in context.reading.spans)
    words = "with a missing value that doesn't count as anything" if missing else "with a missing value"
    blocks: list[Block] = [
        Paragraph(p.text(f"A row outside this domain, or {words}, has rule 0 and no output.")),
        Table("Columns", ("Column", "Values", "Remarks"), rows, (False, False, False)),
    ]
    limits = [p.text(f"Also: {text}") for text in rules.domain.texts]
    own = {i for span in spans if span.column.categories for i in span.coordinates}
    for group in rules.domain.groups:
        if not own & set(group):
            listed = p.listed([p.name(rules.features[i]) for i in group], "and")
            limits.append((*p.text("Exactly one of these is 1, the others are 0: "), *listed))
    if limits:
        blocks.append(Bullets(tuple(limits)))
    return Section("domain", "Domain", tuple(blocks))


def _column(rules: RuleSet, span: Span, used: bool) -> tuple[Phrase, ...]:
    remarks = [] if used else ["no rule reads it"]
    if span.column.categories:
        admitted = [span.column.categories[i] for i in span.admitted]
        values = p.text("; ".join(" or ".join(category.members) for category in admitted))
    else:
        low, high = float(rules.domain.lower[span.first]), float(rules.domain.upper[span.first])
        values = ends(p.number(written(low)), p.number(written(high)), low, high)
        if rules.domain.integer[span.first]:
            remarks.append("whole numbers in the data")
        if span.column.fill is not None:
            remarks.append(f"a missing value counts as {written(span.column.fill)}")
    return p.name(span.column.name), values, p.text("; ".join(remarks))
