"""SQL: what scores a table, in every dialect of `sql_dialects`."""

from collections.abc import Sequence

from relurules.domain.columns import list_required_columns, list_table_columns
from relurules.emitting import plan
from relurules.emitting.contribution_plan import describe_explanation, plan_contributions
from relurules.emitting.file_header import (
    describe_renamed,
    describe_rounding,
    describe_sentinels,
    describe_size,
)
from relurules.emitting.line_explanation import plan_line_explanation
from relurules.emitting.point_plan import describe_points, get_card
from relurules.emitting.request import OUTSIDE, EmitRequest, LineRequest, ScorerRequest
from relurules.emitting.sql.decimals import respell_decimals
from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.dialects import DIALECTS
from relurules.emitting.sql.layout import WIDTH, lay_out, wrap_comment
from relurules.emitting.sql.line_scope import make_line_scope, name_sums
from relurules.emitting.sql.line_select import plan_line_select
from relurules.emitting.sql.line_shapes import print_line_expression
from relurules.emitting.sql.names import check_names, choose_prefix
from relurules.emitting.sql.outputs import (
    check_line_columns,
    determine_needs,
    list_output_columns,
)
from relurules.emitting.sql.select import SelectPlan, make_scope, plan_select
from relurules.emitting.sql.shapes import (
    SHAPES,
    choose_one_output,
    escape_jinja,
    is_tree_nestable,
    print_expression,
    print_function,
    print_source,
)
from relurules.emitting.sql.steps import (
    count_most_columns,
    merge_steps,
    print_subqueries,
    share_columns,
)
from relurules.errors import InputError, UnsupportedError
from relurules.files.templates import flatten_text, render_file
from relurules.ir import AdditiveRules, RuleSet
from relurules.wording.classes import describe_labels
from relurules.wording.coverage import describe_missing
from relurules.wording.derived import describe_derived
from relurules.wording.file_reading import describe_reading
from relurules.wording.numbers import inflect_noun

#: Where the head and the table will stand; no name holds a NUL character.
_HEAD, _SOURCE = "\0head", "\0source"
#: At most so many rules are a flat CASE, where no form is asked for.
FEW = 8
MISSING = ("propagate", "impute", "error")


def print_sql(request: EmitRequest) -> dict[str, str]:
    """score.sql: for every row of the table its key, the outputs (NULL outside the domain) and the
    rule (0 there).
    """
    dialect = DIALECTS[request.dialect]
    one = SHAPES[request.shape].one
    check_names(
        request, [] if one else [column.name for column in list_output_columns(request)], dialect
    )
    text = _write_expression(request, dialect) if one else _write_select(request, dialect)
    return {"score.sql": _finish(text, request, dialect)}


def print_sql_lines(request: LineRequest) -> dict[str, str]:
    """The same of additive rules."""
    dialect = DIALECTS[request.dialect]
    check_sql_choices(request)
    check_line_columns(request)
    one = SHAPES[request.shape].one
    own = [] if one else [column.name for column in list_output_columns(request)]
    check_names(request, own, dialect)
    if one:
        text = _write_alone(request, dialect, print_line_expression(request, dialect))
    else:
        prefix = choose_prefix(_list_user_names(request))
        scope = name_sums(make_line_scope(request, dialect, prefix))
        text = _write_steps(request, dialect, prefix, plan_line_select(scope))

    return {"score.sql": _finish(text, request, dialect)}


def _write_select(request: EmitRequest, dialect: Dialect) -> str:
    wanted, prefix = determine_needs(request), choose_prefix(_list_user_names(request))
    select = plan_select(make_scope(request, dialect, prefix), wanted)
    return _write_steps(request, dialect, prefix, select)


def _write_steps(request: ScorerRequest, dialect: Dialect, prefix: str, select: SelectPlan) -> str:
    source = print_source(request, dialect, f"{prefix}_table")
    shared = share_columns(select.steps, [text for text, _ in select.final], dialect)
    merged = merge_steps(shared.steps, dialect)
    steps = print_subqueries(merged, _SOURCE, shared.final, dialect)
    if (count := count_most_columns(steps)) > dialect.columns:
        raise UnsupportedError(
            f"form {request.form!r} needs a subquery of {count} columns; {request.dialect} takes "
            f"{dialect.columns}"
        )

    text = render_file(
        "sql/select.sql.j2",
        {
            "comments": _list_comments(request, dialect),
            "head": _HEAD,
            "steps": steps,
            "final": _print_final(shared.final, [name for _, name in select.final], dialect),
            "within": request.within,
            "header": request.header,
        },
    )
    text = escape_jinja(text) if request.shape == "dbt" else text

    return text.replace(_HEAD, SHAPES[request.shape].head(request, dialect)).replace(
        _SOURCE, source
    )


def _print_final(texts: Sequence[str], names: Sequence[str], dialect: Dialect) -> list[str]:
    """The last SELECT, on one line where it fits."""
    ends = [f" AS {name}" for name in names]
    whole = ", ".join(f"{text}{end}" for text, end in zip(texts, ends, strict=True))
    if LINE not in whole and len(whole) + len("SELECT ") <= WIDTH:
        return [f"SELECT {whole}"]
    columns = [
        f"  {lay_out(text, 2, dialect, len(end) + 1)}{end}"
        for text, end in zip(texts, ends, strict=True)
    ]

    return ["SELECT", *(f"{column}," for column in columns[:-1]), columns[-1]]


def _write_expression(request: EmitRequest, dialect: Dialect) -> str:
    output = choose_one_output(request, ("rule",))
    return _write_alone(request, dialect, print_expression(request, dialect, output))


def _write_alone(request: ScorerRequest, dialect: Dialect, body: str) -> str:
    """An expression, or a function of it."""
    if request.shape == "function":
        body = print_function(request, dialect, body)

    lines = "".join(f"{line}\n" for line in _list_comments(request, dialect))
    return f"{lines}{body}\n-- {request.header}\n"


def rank_sql_forms(request: EmitRequest) -> list[str]:
    """Forms from the best: few rules are as fast as neurons, and can be read; an expression is best
    a tree.

    What was simplified is no network any more.
    """
    if SHAPES[request.shape].one:
        return (
            ["tree", "rules"] if is_tree_nestable(request, DIALECTS[request.dialect]) else ["rules"]
        )
    forms = ["tree", "rules"] if request.rules.simplified else ["network", "tree", "rules"]
    return ["rules", *forms[:-1]] if len(request.rules) <= FEW else forms


def check_sql_request(request: EmitRequest) -> EmitRequest:
    """The request, if all that it asks for exists; UnsupportedError names what does where it
    doesn't.
    """
    check_sql_choices(request)
    if request.outside == "exact" and request.rules.traced is None:
        raise UnsupportedError(
            "outside='exact' needs the network as traced, which these rules don't keep (decisions "
            "and rules files of older versions don't); supported: null, clamp"
        )
    return request


def check_sql_choices(request: ScorerRequest) -> None:
    """UnsupportedError for a shape, or for rows outside or with missing values treated in a way,
    that there is none of; InputError for constants that the model doesn't have.
    """
    for name, value, known in (
        ("shape", request.shape, SHAPES),
        ("outside", request.outside or OUTSIDE[0], OUTSIDE),
        ("missing", request.missing, MISSING),
    ):
        if value not in known:
            raise UnsupportedError(f"SQL has no {name} {value!r}; supported: {', '.join(known)}")

    without = list_required_columns(request.rules.domain.columns)
    if request.missing == "impute" and without:
        raise InputError(
            f"missing='impute': the model has no constant for {', '.join(map(repr, without[:5]))}; "
            "put an imputer into its pipeline, or use missing='propagate' or 'error'"
        )


def _finish(text: str, request: ScorerRequest, dialect: Dialect) -> str:
    """The text as it is read right, if the engine reads so much; a limit that can be raised is
    named in a comment.
    """
    text = respell_decimals(text, dialect)
    size, rules = len(text.encode()), request.rules
    if dialect.statement and size > dialect.statement:
        noun, shortest = "rule", "the network without rule"
        if isinstance(rules, AdditiveRules):
            noun, shortest = "line", "one output without contributions"
        raise UnsupportedError(
            f"form {request.form!r} with the columns {', '.join(request.columns)} of "
            f"{len(rules)} {inflect_noun(noun, len(rules))} has {size} bytes of SQL; "
            f"{request.dialect} takes {dialect.statement}. Shortest is {shortest}"
        )

    if dialect.easy and size > dialect.easy:
        return (
            f"-- {size} bytes, more than {request.dialect} takes by default: {dialect.raised} "
            f"= {2 * size}\n{text}"
        )

    return text


def _list_user_names(request: ScorerRequest) -> list[str]:
    """The user's names, none of which may be one of ours."""
    rules = request.rules
    raw = list(list_table_columns(rules.domain.columns))
    own = [column.name for column in list_output_columns(request)]
    return [*rules.features, *raw, *request.key, *own, *request.table.split("."), request.name]


def _list_comments(request: ScorerRequest, dialect: Dialect) -> list[str]:
    rules = request.rules
    lines = [
        f"{describe_size(request)}, dialect: {request.dialect}",
        _describe_rows(request),
        *_describe_sizes(dialect),
        *_describe_points(request),
        *_describe_contributions(request),
        *describe_labels(rules),
        *describe_renamed(request),
        *describe_derived(rules),
        *describe_reading(rules),
        *describe_sentinels(rules),
    ]

    if isinstance(rules, RuleSet) and not rules.complete and request.outside != "exact":
        lines.append(f"INCOMPLETE: {describe_missing(rules)}")
    if dialect.executed:
        lines += describe_rounding(request)
    else:
        lines.append(f"Written for {request.dialect} and read by an SQL parser; not executed here.")
    return [part for line in lines for part in wrap_comment(flatten_text(line))]


def _describe_rows(request: ScorerRequest) -> str:
    """What rows give that have no rule."""
    missing = plan.describe_missing(request.rules)
    if SHAPES[request.shape].one:
        return f"A row outside the domain, {missing}, gives NULL."

    rule = " and rule 0" if "rule" in request.columns else ""
    if request.outside == "exact":
        return (
            f"A row outside the domain has the outputs of the whole network{rule}. One that it "
            f"can't take, {missing}, has no outputs." + _describe_missing(request)
        )

    if request.outside == "clamp":
        rows = (
            "A number outside its bounds counts as the nearer bound. A row outside the domain "
            f"all the same, {missing}"
        )
    else:
        rows = f"A row outside the domain, {missing}"

    return f"{rows}, has no outputs{rule}." + _describe_missing(request)


def _describe_sizes(dialect: Dialect) -> list[str]:
    """Numbers that the engine can't compute with."""
    if dialect.largest == Dialect().largest:
        return []

    tiny = f", one nearer to 0 than {dialect.tiny} as 0" if dialect.tiny else ""
    return [
        (
            f"A number beyond {dialect.largest} counts as outside{tiny}: what overflows would end "
            "the query."
        )
    ]


def _describe_missing(request: ScorerRequest) -> str:
    return " A missing value ends the query." if request.missing == "error" else ""


def _describe_points(request: ScorerRequest) -> list[str]:
    """What points mean, and what rounding them changes."""
    card = get_card(request) if isinstance(request, LineRequest) else None
    return [] if card is None else describe_points(card)


def _describe_contributions(request: ScorerRequest) -> list[str]:
    """What contributions are counted from, and what reasons are."""
    if SHAPES[request.shape].one:
        return []
    if isinstance(request, LineRequest):
        told = plan_line_explanation(request)
        return [] if told is None else list(told.said)
    explained = plan_contributions(request) if isinstance(request, EmitRequest) else None
    if explained is None or not isinstance(request, EmitRequest):
        return []

    return describe_explanation(request, explained)


__all__ = ["DIALECTS", "check_sql_request", "print_sql", "print_sql_lines", "rank_sql_forms"]
