"""One row by additive rules: what every part adds to the score, and which lines apply."""

from dataclasses import replace

import numpy as np

from relurules.domain.encoding import get_value
from relurules.errors import DataError
from relurules.explaining.additive_explanation import (
    AdditiveExplanation,
    AppliedGroup,
    AppliedLine,
    PartContribution,
)
from relurules.explaining.explanation import Reason
from relurules.explaining.rows import RowQuestion, TableRow, explain_outside, tell_label
from relurules.ir import AdditiveRules
from relurules.ir.network import Array
from relurules.reasons.part_contributions import (
    PartContributionTable,
    build_part_table,
    find_part_side,
)
from relurules.reasons.ranking import choose_reasons
from relurules.reasons.reason_texts import plan_part_phrases
from relurules.reasons.score_choice import choose_form, is_decision
from relurules.statistics.additive_statistics import describe_scores
from relurules.wording.forms import (
    Form,
    build_form,
    choose_step,
    list_spans,
    phrase_sum,
)
from relurules.wording.numbers import format_number, format_short
from relurules.wording.phrases import write_ascii
from relurules.wording.references import describe_reference


def explain_additive_row(
    rules: AdditiveRules, row: TableRow, question: RowQuestion
) -> AdditiveExplanation:
    """Take the score of a row apart; that of a decision isn't.

    DataError for a row outside the domain, or without a value, saying which column it is for.
    """
    if not rules.domain.contains(row.x[None])[0]:
        raise DataError(f"the row has no score: {explain_outside(rules.domain, row.x)}")

    outputs, told = rules.predict_row(row.x), tell_label(rules, row.x)
    decides = is_decision(describe_scores(rules), question.output)
    weights = np.zeros(rules.score_count)
    if not decides:
        weights = choose_form(describe_scores(rules), question.output).weights
    value = next(iter(outputs.values()))
    found = AdditiveExplanation(
        row=row.raw,
        outputs=outputs,
        label=rules.outputs[0],
        score=float(value) if decides and not isinstance(value, str) else 0.0,
        base=0.0,
        contributions=(),
        lines=_list_lines(rules, row.x, weights),
        groups=_list_groups(rules, row.x, weights),
        line_count=len(rules),
        centred=False,
        told=told,
        decided=f"class {value if told is None else told}" if decides else None,
    )
    return found if decides else _add_contributions(rules, found, row, question)


def _add_contributions(
    rules: AdditiveRules, found: AdditiveExplanation, row: TableRow, question: RowQuestion
) -> AdditiveExplanation:
    """With what each part adds to the score, and which of them are its reasons."""
    form = choose_form(describe_scores(rules), question.output)
    reference, options = question.reference, question.options
    table = build_part_table(rules, {form.label: form}, reference)
    values = table.evaluate(row.x[None])[0, 0]
    moves = _find_moving_parts(table)
    own = {column.name: column for column in rules.domain.columns}
    parts = [
        PartContribution(
            part.name,
            tuple(get_value(row.raw, own[name]) for name in part.columns),
            float(value) + 0.0,
        )
        for part, value in zip(table.parts, values, strict=True)
        if moves[part.place]
    ]

    phrases = plan_part_phrases(table, options)
    chosen = choose_reasons(values, options.direction, options.count, float(table.floors[0]))
    reasons = [
        Reason(
            table.parts[i].name,
            phrases.phrase(1, i, find_part_side(table.parts[i], row.x)),
            float(values[i]),
        )
        for i in chosen.tolist()
        if i >= 0
    ]

    return replace(
        found,
        label=form.label,
        score=float(rules.predict_scores(row.x[None])[0] @ form.weights),
        base=float(table.bases[0]),
        contributions=tuple(sorted(parts, key=lambda part: -abs(part.contribution))),
        centred=reference is not None,
        reference="" if reference is None else describe_reference(reference),
        reasons=tuple(reasons),
        direction=options.direction,
    )


def _find_moving_parts(table: PartContributionTable) -> list[bool]:
    """Which parts can move the one score of a table at all."""
    rules, form = table.rules, table.forms[0]
    return [
        bool((form @ part.weights).any() or (rules.slopes[part.lines] @ form).any() or part.groups)
        for part in rules.parts
    ]


def _list_lines(rules: AdditiveRules, x: Array, weights: Array) -> tuple[AppliedLine, ...]:
    """Those that apply to a row, (d,), and what they add to a combination of scores, (m,)."""
    spans = list_spans(rules.domain)
    found = []
    for k in np.flatnonzero(rules.find_applying_lines(x[None])[0]).tolist():
        line, normal = rules.lines[k], rules.normals[k]
        form = build_form(rules.domain, spans, normal, 0.0)
        size = abs(form.terms[0].coefficient) if form.terms else 1.0
        beyond = float(normal @ x - rules.bounds[k])
        slope = float(line.slopes @ weights)
        found.append(
            AppliedLine(
                number=line.number,
                columns=line.columns,
                text=_phrase_line(rules, form, float(rules.bounds[k])),
                beyond=beyond / size,
                slope=slope * size,
                addition=slope * beyond,
            )
        )

    return tuple(found)


def _phrase_line(rules: AdditiveRules, form: Form, limit: float) -> str:
    """`income above 30`, `debt - 2 * age below 4`."""
    if not form.terms:
        return "always"

    lead = form.terms[0].coefficient
    terms = tuple(term._replace(coefficient=term.coefficient / lead) for term in form.terms)
    whole = Form(0.0, terms)
    bound = (limit - form.constant) / lead + 0.0
    said = write_ascii(phrase_sum(whole, choose_step(rules.domain, whole), constant=False))
    exact = format_number(bound) if bound.is_integer() else format_short(bound, 6)
    return f"{said} {'below' if lead < 0 else 'above'} {exact}"


def _list_groups(rules: AdditiveRules, x: Array, weights: Array) -> tuple[AppliedGroup, ...]:
    return tuple(
        AppliedGroup(
            number=group.number,
            columns=group.columns,
            rule=int(group.rules.tree.route(x[None])[0]) + 1,
            addition=float(group.evaluate(x[None])[0] @ weights),
        )
        for group in rules.groups
    )
