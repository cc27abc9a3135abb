"""What a SELECT returns beside its key: outputs, scores, class, contributions of the features,
rule.
"""

from collections.abc import Sequence
from typing import NamedTuple

from relurules.emitting.contribution_plan import ContributionPlan, plan_contributions
from relurules.emitting.label_literals import (
    find_labels,
    print_cut,
    print_sql_class,
    print_sql_label,
)
from relurules.emitting.line_explanation import LineExplanation, plan_line_explanation
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.emitting.sql.dialect import Dialect, print_double
from relurules.emitting.sql.dialects import DIALECTS
from relurules.emitting.sql.names import is_valid_name, quote_name
from relurules.emitting.sql.reasons import ReasonScope, plan_reason_steps, print_reason
from relurules.emitting.sql.steps import Subquery
from relurules.errors import UnsupportedError
from relurules.links.sql import LinkColumns
from relurules.links.table import LINKS

#: What may be asked for. Columns come in this order, whatever order they are asked for in.
COLUMNS = ("outputs", "score", "probability", "class", "contributions", "reasons", "rule")
#: The same of additive rules, where lines have numbers.
LINE_COLUMNS = (*COLUMNS[:4], "points", *COLUMNS[4:-1], "lines")


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
        why = ", as a scorecard is of additive rules" if unknown[0] == "points" else ""
        raise UnsupportedError(
            f"no column {unknown[0]!r} in SQL{why}; supported: {', '.join(COLUMNS)}"
        )

    asked, everywhere = set(request.columns), request.outside == "exact"
    covered = request.rules.complete or everywhere
    rule = (
        bool(asked & {"rule", "contributions", "reasons"})
        or request.form != "network"
        or not covered
    )

    return OutputNeeds(bool(asked & {"outputs", "probability"}), rule, everywhere)


def check_line_columns(request: LineRequest) -> None:
    """UnsupportedError for a column that additive rules don't have."""
    for name in request.columns:
        if name not in LINE_COLUMNS:
            why = ", as no additive rule has a number" if name == "rule" else ""
            raise UnsupportedError(
                f"no column {name!r} in SQL of additive rules{why}; supported: "
                f"{', '.join(LINE_COLUMNS)}"
            )


def list_output_columns(request: ScorerRequest) -> list[OutputColumn]:
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

    if "points" in asked:
        found.append(OutputColumn("points", "points", 0))

    plan = (
        plan_line_explanation(request)
        if isinstance(request, LineRequest)
        else plan_contributions(request)
        if isinstance(request, EmitRequest)
        else None
    )
    if plan is not None:
        found += _spell_pairs(_list_explanations(plan), DIALECTS[request.dialect])

    found += [OutputColumn(name, name, 0) for name in ("rule", "lines") if name in asked]
    if request.within:
        return [one._replace(name=f"{request.within}_{i}") for i, one in enumerate(found)]
    return found


def _spell_pairs(columns: list[OutputColumn], dialect: Dialect) -> list[OutputColumn]:
    """The names of pairs in words, for engines whose names hold no signs."""
    return [
        column
        if is_valid_name(column.name, dialect)
        else column._replace(name=column.name.replace(" & ", "_and_"))
        for column in columns
    ]


def _list_explanations(plan: ContributionPlan | LineExplanation) -> list[OutputColumn]:
    """Of every score its contributions, then its reasons."""
    found = list[OutputColumn]()
    for s in range(plan.views):
        for kind, names, width in (
            ("contribution", plan.contributions, len(plan.contributions) // plan.views),
            ("reason", plan.reasons, plan.count),
        ):
            own = names[s * width : (s + 1) * width]
            found += [OutputColumn(name, kind, s, i) for i, name in enumerate(own)]

    return found


def plan_extra_steps(
    request: EmitRequest, dialect: Dialect, prefix: str, explained: ReasonScope | None
) -> list[Subquery]:
    """The subqueries for class, contributions and reasons."""
    steps = plan_class_steps(request, dialect, prefix)
    return steps if explained is None else [*steps, *plan_reason_steps(explained)]


def plan_class_steps(request: ScorerRequest, dialect: Dialect, prefix: str) -> list[Subquery]:
    """The subqueries that lead to the class, where it is asked for."""
    if "class" not in request.columns:
        return []
    return [
        Subquery(f"{prefix}_class{i}", step)
        for i, step in enumerate(print_class(request, dialect, prefix).steps, 1)
    ]


def print_final_columns(
    request: EmitRequest,
    dialect: Dialect,
    prefix: str,
    outputs: Sequence[str],
    explained: ReasonScope | None,
) -> list[tuple[str, str]]:
    """(expression, name) of every column beside the key."""

    def expression(column: OutputColumn) -> str:
        if column.kind == "output":
            return outputs[column.which]
        if column.kind == "score":
            return f"{prefix}_s{column.which}"
        if column.kind == "contribution" and explained is not None:
            return explained.contribution(column.which, column.part)
        if column.kind == "reason" and explained is not None:
            return print_reason(explained, column.which, column.part)

        return (
            print_class(request, dialect, prefix).results[0]
            if column.kind == "class"
            else f"{prefix}_rule"
        )

    return [
        (expression(column), quote_name(column.name, dialect))
        for column in list_output_columns(request)
    ]


def print_class(request: ScorerRequest, dialect: Dialect, prefix: str) -> LinkColumns:
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
