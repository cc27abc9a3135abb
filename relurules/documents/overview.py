"""The parts before the cards: what this is, facts at a glance, rules by coverage, named sums,
outputs.
"""

from collections.abc import Sequence

import numpy as np

from relurules.documents.cards import phrase_linked_outputs
from relurules.documents.context import (
    AnyContext,
    DocumentContext,
    describe_observation,
    list_used_columns,
    phrase_interval,
    phrase_names,
    phrase_output_range,
)
from relurules.documents.document import (
    Block,
    Bullets,
    Facts,
    Paragraph,
    Section,
    Sums,
    Table,
    link_rule,
)
from relurules.documents.worked_row import phrase_class
from relurules.ir import AdditiveRules, CollapseStats, RuleSet
from relurules.links.heads import apply_links
from relurules.links.table import LINKS
from relurules.wording import RuleWording
from relurules.wording import phrases as p
from relurules.wording.classes import describe_labels
from relurules.wording.coverage import describe_missing
from relurules.wording.edits import count_edits
from relurules.wording.links import write_signature
from relurules.wording.numbers import (
    format_bound,
    format_count,
    format_number,
    format_percent,
    format_short,
)
from relurules.wording.phrases import Phrase
from relurules.wording.sources import is_linear_model, name_source

#: Conditions of a rule that the table of rules shows.
_CONDITIONS = 4
#: Rules that are listed for a sum.
_RULES = 12
#: Links of one score whose outputs a short table can show.
_CURVES = ("sigmoid", "complement")


def write_summary(context: DocumentContext) -> tuple[Phrase, ...]:
    """What this is, in two sentences."""
    rules = context.rules
    outputs = phrase_names(rules.outputs)
    count = format_count(len(rules), "rule")
    say = "says" if len(rules) == 1 else "say"
    made = f"{name_model(rules)} answers"
    if rules.provenance.fitted and not rules.is_own_model:
        made = "lines that were fitted to a table answer"
    if rules.provenance.edits:
        made = "a model that was edited by hand answers"
    first = (
        *p.text(f"{count} {say} what {made} for "),
        *outputs,
        *p.text("."),
    )

    if len(rules) == 1 and rules.complete:
        second = "It holds for every row of the domain, and is a single formula."
    elif rules.complete:
        second = (
            "For every row of the domain one rule applies: IF its conditions hold, THEN its "
            "formula is the answer."
        )
    else:
        second = (
            "At most one rule applies to a row: IF its conditions hold, THEN its formula is "
            "the answer. "
        )
        second += f"INCOMPLETE: {describe_missing(rules)}"

    if context.decisions is not None:
        second = second.replace("its formula is the answer", "the answer is its class")
    return first, p.text(second)


def name_model(rules: RuleSet) -> str:
    """What the rules speak of."""
    if is_linear_model(rules):
        return "a linear model"
    return "a tree of linear models" if rules.is_own_model else "a trained neural network"


def _list_classes(rules: RuleSet | AdditiveRules) -> list[tuple[str, Phrase]]:
    """What is said of classes in one entry; none without labels."""
    said = [line.removeprefix("classes: ") for line in describe_labels(rules)]
    sentences = [f"{line[0].upper()}{line[1:]}." for line in said]
    return [("Classes", p.text(" ".join(sentences)))] if sentences else []


def build_glance(context: AnyContext) -> Section:
    """The facts that identify the rules and the network."""
    rules, made, evidence = context.rules, context.rules.provenance, context.evidence
    left = rules.reduction
    used = list_used_columns(context)
    columns = f"{len(used)} of {len(rules.domain.columns)} are used: "
    items: list[tuple[str, Phrase]] = [
        ("Outputs", phrase_names(rules.outputs, 8)),
        *_list_classes(rules),
        _count_rules(rules),
        *_count_neurons(rules),
        (
            "Columns",
            (*p.text(columns), *phrase_names(used, 12)) if used else p.text("none is used"),
        ),
        ("Largest error", p.text(f"{describe_bound(rules)} (see what is proven)")),
    ]

    edited = f", edited by hand {count_edits(rules)}" if made.edits else ""
    if made.model:
        items.append(("Model", p.text(f"{made.model}{edited}")))
    if made.digest:
        items.append(("Model digest", p.text(f"SHA-256 {made.digest}")))
    if evidence is not None:
        outside = f", {evidence.outside:,} of them outside the domain" if evidence.outside else ""
        items.append(("Data", p.text(f"{format_count(evidence.rows, 'row')}{outside}")))
        items.append(("Data digest", p.text(f"SHA-256 {evidence.digest}")))
    elif left.rows is not None:
        items.append(("Data", p.text(format_count(left.rows, "row"))))

    if made.version:
        items.append(("Made by", p.text(f"relurules {made.version}")))
    return Section("glance", "At a glance", (Facts(tuple(items)),))


def _count_rules(rules: RuleSet | AdditiveRules) -> tuple[str, Phrase]:
    if isinstance(rules, RuleSet) and rules.is_own_model:
        return "Rules", p.text(f"{len(rules)}, the leaves of a tree of linear models")
    if isinstance(rules, RuleSet):
        regions = format_count(rules.reduction.regions, "linear region")
        return "Rules", p.text(f"{len(rules)}, of {regions} of {name_source(rules).short}")
    own = [part for part in rules.parts if len(part.columns) == 1]
    said = f"{len(rules)}"
    if rules.groups:
        said += f", and {format_count(len(rules.groups), 'group')} of neurons that read one another"
    said += f"; {format_count(len(own), 'column')}"
    if sets := len(rules.parts) - len(own):
        said += f" and {format_count(sets, 'set')} of columns that act together"

    return "Lines", p.text(said)


def _count_neurons(rules: RuleSet | AdditiveRules) -> list[tuple[str, Phrase]]:
    """How many are left; nothing of a model without any."""
    own = isinstance(rules, RuleSet) and rules.is_own_model
    if rules.provenance.edits or own or is_linear_model(rules):
        return []
    called = "Lines fitted" if rules.provenance.fitted else "Neurons"
    return [(called, p.text(_describe_neurons(rules.reduction)))]


def _describe_neurons(left: CollapseStats) -> str:
    # Decisions compare outputs, which takes neurons of its own.
    if left.neurons_left > left.neurons_traced:
        return (
            f"{left.neurons_traced} in the network, {left.neurons_left} with those that "
            "compare outputs"
        )
    return f"{left.neurons_left} of {left.neurons_traced} are left in what the rules say"


def describe_bound(rules: RuleSet | AdditiveRules) -> str:
    """The bound on the difference from the network."""
    if rules.provenance.edits:
        return "0: the rules, as edited by hand, are the model itself"
    if isinstance(rules, RuleSet) and rules.is_own_model:
        return "0: the rules are the model itself"
    if rules.max_error == 0:
        source = name_source(rules)
        decides = f"decide as {source.short}"
        return (
            f"0: over the domain, the rules {decides if rules.decision else f'are {source.itself}'}"
        )
    if not np.isfinite(rules.max_error):
        return "no bound is known"

    return f"at most {format_bound(rules.max_error)}, anywhere in the domain"


def build_rule_overview(context: DocumentContext) -> Section:
    """One line per rule, those of most rows first."""
    rules, evidence = context.rules, context.evidence
    order = sorted(context.reading.rules, key=lambda read: -(context.share(read.number) or 0.0))
    covered = any(context.share(read.number) is not None for read in order)
    observed = evidence is not None and any(facts.mean is not None for facts in evidence.rules)
    output = _choose_output(context)
    header = ["Rule", "If"]
    numeric = [False, False]

    if covered:
        header, numeric = [*header, "Rows"], [*numeric, True]
    if observed and evidence is not None:
        header, numeric = (
            [*header, "Observed {}, {}".format(*describe_observation(evidence))],
            [*numeric, True],
        )

    if context.decisions is not None:
        header, numeric = [*header, rules.outputs[0]], [*numeric, False]
    elif output is not None:
        header, numeric = [*header, f"Possible {rules.outputs[output]}"], [*numeric, True]

    rows = tuple(
        _tabulate_rule(context, read, output, covered=covered, observed=observed) for read in order
    )
    blocks: list[Block] = [
        Table("Rules, those of most rows first", tuple(header), rows, tuple(numeric))
    ]

    if evidence is not None and evidence.outside:
        blocks.append(
            Paragraph(
                p.text(
                    f"{format_count(evidence.outside, 'row')} of the data lie outside the domain: "
                    "no rule applies."
                )
            )
        )

    return Section("rules", "The rules", tuple(blocks))


def _choose_output(context: DocumentContext) -> int | None:
    """The output whose range the table tells: the only one, or the second one of two classes."""
    heads = [head.link for head in context.rules.heads]
    if len(heads) == 1:
        return 0
    return 1 if heads == ["complement", "sigmoid"] else None


def _tabulate_rule(
    context: DocumentContext,
    read: RuleWording,
    output: int | None,
    *,
    covered: bool,
    observed: bool,
) -> tuple[Phrase, ...]:
    cells = [link_rule(read.number), _phrase_conditions(read)]
    share, facts = context.share(read.number), context.facts(read.number)
    if covered:
        cells.append(p.text("" if share is None else format_percent(share)))
    if observed:
        mean = None if facts is None else facts.mean
        cells.append(p.text("none") if mean is None else p.number(format_short(mean, 3)))
    if context.decisions is not None:
        cells.append(phrase_class(context, read.number))
    elif output is not None:
        cells.append(phrase_output_range(context, read.number, output, 2))

    return tuple(cells)


def _phrase_conditions(read: RuleWording) -> Phrase:
    if not read.tests:
        return p.text("always")
    shown = [test.symbols for test in read.tests[:_CONDITIONS]]
    if len(read.tests) > _CONDITIONS:
        shown.append(p.text(f"{len(read.tests) - _CONDITIONS} more"))
    return p.join_and(shown)


def build_sums(context: DocumentContext) -> Section | None:
    """The sums that conditions name, each written down once."""
    if not context.reading.sums:
        return None

    uses = _map_sum_uses(context)
    items = tuple(
        (
            s.name,
            s.phrase,
            (
                *phrase_interval(s.low, s.high),
                *p.text(" in the domain; in "),
                *_phrase_rules(uses[s.name]),
            ),
        )
        for s in context.reading.sums
    )
    said = (
        "Conditions on more than two columns are conditions on a weighted sum. "
        "The same sum has the same name in all rules."
    )

    return Section("sums", "Sums used in the conditions", (Paragraph(p.text(said)), Sums(items)))


def _map_sum_uses(context: DocumentContext) -> dict[str, list[int]]:
    """Name of a sum -> the rules whose conditions speak of it."""
    uses: dict[str, dict[int, None]] = {}
    for read in context.reading.rules:
        for piece in (piece for test in read.tests for piece in test.symbols):
            if piece.kind == p.SCORE:
                uses.setdefault(piece.text, {})[read.number] = None
    return {name: list(numbers) for name, numbers in uses.items()}


def _phrase_rules(numbers: Sequence[int]) -> Phrase:
    shown = [link_rule(number) for number in numbers[:_RULES]]
    if len(numbers) > _RULES:
        shown.append(p.text(f"{len(numbers) - _RULES} more"))
    return p.join_list(shown, "and")


def build_outputs(context: AnyContext) -> Section | None:
    """What becomes of the scores, where outputs aren't the scores."""
    found = phrase_linked_outputs(context)
    if not found or context.decisions is not None:
        return None

    links = dict.fromkeys(
        {"complement": "sigmoid"}.get(head.link, head.link) for head in context.rules.heads
    )
    definitions = tuple(
        p.text(f"{write_signature(link)} = {LINKS[link].meaning}")
        for link in links
        if LINKS[link].meaning
    )
    made = "The sums" if isinstance(context.rules, AdditiveRules) else "The formulas of the rules"
    blocks: list[Block] = [
        Paragraph(p.text(f"{made} give scores. The outputs follow from these:")),
        Bullets((*found, *definitions)),
    ]

    if len(context.rules.scores) == 1 and all(head.link in _CURVES for head in context.rules.heads):
        blocks.append(_tabulate_outputs(context))
    return Section("outputs", "From scores to outputs", tuple(blocks))


def _tabulate_outputs(context: AnyContext) -> Table:
    """The outputs for a few scores, one column each."""
    rules, scores = context.rules, np.arange(-4.0, 5.0)
    found = apply_links(rules.heads, scores[:, None]).T
    header = (
        rules.scores[0],
        *(format_number(score).replace("-", "\u2212") for score in scores.tolist()),
    )
    rows = tuple(
        (p.name(name), *(p.number(format_number(round(value, 3))) for value in row))
        for name, row in zip(rules.outputs, found.tolist(), strict=True)
    )

    return Table("For example", header, rows, (False, *[True] * len(scores)))
