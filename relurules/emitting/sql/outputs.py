"""What a SELECT returns beside its key: outputs, scores, class, contributions of the features,
rule.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.emitting.label_literals import (
    find_labels,
    print_cut,
    print_sql_class,
    print_sql_label,
)
from relurules.emitting.notation import Notation
from relurules.emitting.request import EmitRequest
from relurules.emitting.sql.dialect import Dialect, print_double
from relurules.emitting.sql.names import quote_name, quote_text
from relurules.emitting.sql.steps import Subquery
from relurules.errors import UnsupportedError
from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.links.sql import LinkColumns, join_in_groups
from relurules.links.table import LINKS

#: What may be asked for. Columns come in this order, whatever order they are asked for in.
COLUMNS = ("outputs", "score", "probability", "class", "contributions", "reasons", "rule")

#: (number of the rule, text per rule) -> a CASE.
ByRule = Callable[[str, Mapping[int, str]], str]


class OutputNeeds(NamedTuple):
    """What has to be computed: the outputs behind their links, the number of the rule, scores
    outside the domain.
    """

    outputs: bool
    rule: bool
    everywhere: bool = False


class OutputColumn(NamedTuple):
    """A column that is returned: its name, what it is, and which (output, score, or place among the
    reasons).
    """

    name: str
    kind: str
    which: int
    part: int = 0


def determine_needs(request: EmitRequest) -> OutputNeeds:
    """UnsupportedError for a column that there is none of."""
    if unknown := [name for name in request.columns if name not in COLUMNS]:
        raise UnsupportedError(f"no column {unknown[0]!r} in SQL; supported: {', '.join(COLUMNS)}")

    asked, everywhere = set(request.columns), request.outside == "exact"
    covered = request.rules.complete or everywhere
    rule = (
        bool(asked & {"rule", "contributions", "reasons"})
        or request.form != "network"
        or not covered
    )

    return OutputNeeds(bool(asked & {"outputs", "probability"}), rule, everywhere)


def list_output_columns(request: EmitRequest) -> list[OutputColumn]:
    """Every column beside the key, in order."""
    rules, asked = request.rules, set(request.columns)
    found: list[OutputColumn] = []
    if "outputs" in asked:
        found += [OutputColumn(name, "output", i) for i, name in enumerate(rules.outputs)]
    elif "probability" in asked:
        shares = [i for i, head in enumerate(rules.heads) if LINKS[head.link].is_share]
        if not shares:
            raise UnsupportedError(
                "column 'probability': the network ends in no sigmoid or softmax; ask for 'score'"
            )
        found += [OutputColumn(rules.outputs[i], "output", i) for i in shares]

    if "score" in asked:
        found += [
            OutputColumn(name, "score", i)
            for i, name in enumerate(rules.scores)
            if name not in {c.name for c in found}
        ]

    if "class" in asked:
        found.append(OutputColumn("class", "class", 0))

    many = len(rules.scores) > 1
    for s, score in enumerate(rules.scores):
        label = f"{score}_" if many else ""
        if "contributions" in asked:
            names = [column.name for column in rules.domain.columns]
            found += [
                OutputColumn(f"contribution_{label}{name}", "contribution", s, i)
                for i, name in enumerate(names)
            ]
        if "reasons" in asked:
            count = min(request.top, len(rules.domain.columns))
            found += [OutputColumn(f"reason_{label}{i + 1}", "reason", s, i) for i in range(count)]

    return found + [OutputColumn("rule", "rule", 0)] * ("rule" in asked)


def plan_extra_steps(
    request: EmitRequest, dialect: Dialect, prefix: str, features: Notation, by_rule: ByRule
) -> list[Subquery]:
    """The subqueries for class, contributions and reasons."""
    asked, steps = set(request.columns), list[Subquery]()
    if "class" in asked:
        steps += [
            Subquery(f"{prefix}_class{i}", step)
            for i, step in enumerate(_print_class(request, dialect, prefix).steps, 1)
        ]

    if asked & {"contributions", "reasons"}:
        steps.append(
            Subquery(
                f"{prefix}_explained",
                _print_contributions(request.rules, prefix, features, by_rule),
            )
        )

    if "reasons" in asked:
        scores, count = len(request.rules.scores), len(request.rules.domain.columns)
        ranks = [
            (f"{prefix}_r{s}_{i}", _print_rank(prefix, s, i, count))
            for s in range(scores)
            for i in range(count)
        ]
        steps.append(Subquery(f"{prefix}_ranked", ranks))

    return steps


def print_final_columns(
    request: EmitRequest, dialect: Dialect, prefix: str, outputs: Sequence[str]
) -> list[tuple[str, str]]:
    """(expression, name) of every column beside the key."""

    def expression(column: OutputColumn) -> str:
        if column.kind == "output":
            return outputs[column.which]
        if column.kind == "score":
            return f"{prefix}_s{column.which}"
        if column.kind == "contribution":
            return f"{prefix}_e{column.which}_{column.part}"
        if column.kind == "reason":
            return _print_reason(request, dialect, prefix, column)
        return (
            _print_class(request, dialect, prefix).results[0]
            if column.kind == "class"
            else f"{prefix}_rule"
        )

    return [
        (expression(column), quote_name(column.name, dialect))
        for column in list_output_columns(request)
    ]


def _print_class(request: EmitRequest, dialect: Dialect, prefix: str) -> LinkColumns:
    """The label of the class; NULL where a score is NULL."""
    test, labels = find_labels(request.rules)
    scores = [f"{prefix}_s{i}" for i in test.scores]
    if len(scores) > 1:
        found = LINKS["argmax"].print_sql(scores, f"{prefix}_c", dialect)
        return LinkColumns(found.steps, [print_sql_class(found.results[0], labels, dialect)])

    (score,), cut = scores, print_cut(test.cut, print_double)
    first, second = (print_sql_label(label, dialect) for label in labels.values)
    above, others = (">", "<=") if test.rises else ("<", ">=")
    if test.closed:
        above, others = (">=", "<") if test.rises else ("<=", ">")
    return LinkColumns(
        [],
        [
            f"CASE WHEN {score} {above} {cut} THEN {second} "
            f"WHEN {score} {others} {cut} THEN {first} END"
        ],
    )


def choose_reference(domain: Domain) -> Array:
    """What contributions are counted from, (d,): the middle of the bounds, 0 where one is open."""
    own = {i for group in domain.groups for i in group}
    closed = np.isfinite(domain.lower) & np.isfinite(domain.upper)
    middle = np.where(closed, domain.lower, 0.0) / 2 + np.where(closed, domain.upper, 0.0) / 2
    return np.array([0.0 if i in own else value for i, value in enumerate(middle.tolist())])


def _print_contributions(
    rules: RuleSet, prefix: str, features: Notation, by_rule: ByRule
) -> list[tuple[str, str]]:
    """For every score and column of the table, its terms in the rule, less the reference's."""
    columns, base = list[tuple[str, str]](), choose_reference(rules.domain)
    for i, at in enumerate(rules.domain.places):
        part = slice(at.start, at.stop)
        for s in range(len(rules.scores)):
            texts = {}
            for rule in rules:
                weights = np.zeros(len(base))
                weights[part] = rule.map.weights[s, part]
                texts[rule.number] = features.affine(weights, -float(weights @ base))
            columns.append((f"{prefix}_e{s}_{i}", by_rule(f"{prefix}_rule", texts)))

    return columns


def _print_rank(prefix: str, score: int, index: int, count: int) -> str:
    """1 for the column that contributes most, whatever its sign; the first of several counts as
    more.
    """
    own = f"abs({prefix}_e{score}_{index})"
    others = [
        f"CASE WHEN abs({prefix}_e{score}_{i}) {'>=' if i < index else '>'} {own} THEN 1 ELSE 0 END"
        for i in range(count)
        if i != index
    ]
    return join_in_groups(["1", *others], " + ")


def _print_reason(request: EmitRequest, dialect: Dialect, prefix: str, column: OutputColumn) -> str:
    cases = [
        f"WHEN {prefix}_r{column.which}_{i} = {column.part + 1} AND {prefix}_e{column.which}_{i} "
        f"<> 0E0 THEN {quote_text(raw.name, dialect)}"
        for i, raw in enumerate(request.rules.domain.columns)
    ]
    return f"CASE {' '.join(cases)} END"
