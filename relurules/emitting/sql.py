"""SQL: what scores a table, in every dialect of `sql_dialects`."""

from relurules.domain.columns import Column
from relurules.emitting import plan
from relurules.emitting.render import one_line, render
from relurules.emitting.request import OUTSIDE, Request
from relurules.emitting.sql_dialect import Dialect
from relurules.emitting.sql_dialects import DIALECTS
from relurules.emitting.sql_names import check_names, prefix_for
from relurules.emitting.sql_outputs import reference, returned, wanted_of
from relurules.emitting.sql_select import scope_of, select_of
from relurules.emitting.sql_shapes import (
    SHAPES,
    expression_of,
    fits_in_tree,
    function_of,
    source_of,
    without_jinja,
)
from relurules.emitting.sql_steps import printed, widest
from relurules.errors import InputError, UnsupportedError
from relurules.reading.coverage import missing_text

#: Where the head and the table will stand; no name holds a NUL character.
_HEAD, _SOURCE = "\0head", "\0source"
#: At most so many rules are a flat CASE, where no form is asked for.
FEW = 8
MISSING = ("propagate", "impute", "error")


def print_sql(request: Request) -> dict[str, str]:
    """score.sql: for every row of the table its key, the outputs (NULL outside the domain) and the rule (0 there)."""
    dialect = DIALECTS[request.dialect]
    one = SHAPES[request.shape].one
    check_names(request, [] if one else [column.name for column in returned(request)], dialect)
    text = _expression(request, dialect) if one else _select(request, dialect)
    return {"score.sql": _within(text, request, dialect)}


def _select(request: Request, dialect: Dialect) -> str:
    wanted, prefix = wanted_of(request), prefix_for(_taken(request))
    select = select_of(scope_of(request, dialect, prefix), wanted)
    source = source_of(request, dialect, f"{prefix}_table")
    steps = printed(select.steps, _SOURCE, [text for text, _ in select.final], dialect)
    if (count := widest(steps)) > dialect.columns:
        raise UnsupportedError(
            f"form {request.form!r} needs a subquery of {count} columns; {request.dialect} takes {dialect.columns}"
        )
    text = render(
        "sql/select.sql.j2",
        comments=_comments(request, dialect),
        head=_HEAD,
        steps=steps,
        final=select.final,
        header=request.header,
    )
    text = without_jinja(text) if request.shape == "dbt" else text
    return text.replace(_HEAD, SHAPES[request.shape].head(request, dialect)).replace(_SOURCE, source)


def _expression(request: Request, dialect: Dialect) -> str:
    rules = request.rules
    output = request.output or (rules.outputs[0] if len(rules.outputs) == 1 else "")
    if output not in (*rules.outputs, "rule"):
        raise UnsupportedError(
            f"shape {request.shape!r} is of one output; give output=, one of {', '.join(rules.outputs)} or rule"
        )
    body = expression_of(request, dialect, output)
    if request.shape == "function":
        body = function_of(request, dialect, body, output)
    lines = "".join(f"-- {line}\n" for line in _comments(request, dialect))
    return f"{lines}{body}\n-- {request.header}\n"


def best_forms(request: Request) -> list[str]:
    """Forms from the best: few rules are as fast as neurons, and can be read; an expression is best a tree.

    What was simplified is no network any more.
    """
    if SHAPES[request.shape].one:
        return ["tree", "rules"] if fits_in_tree(request, DIALECTS[request.dialect]) else ["rules"]
    forms = ["tree", "rules"] if request.rules.simplified else ["network", "tree", "rules"]
    return ["rules", *forms[:-1]] if len(request.rules) <= FEW else forms


def checked(request: Request) -> Request:
    """The request, if all that it asks for exists; UnsupportedError names what does where it doesn't."""
    for name, value, known in (
        ("shape", request.shape, SHAPES),
        ("outside", request.outside or OUTSIDE[0], OUTSIDE),
        ("missing", request.missing, MISSING),
    ):
        if value not in known:
            raise UnsupportedError(f"SQL has no {name} {value!r}; supported: {', '.join(known)}")
    if request.outside == "exact" and request.rules.traced is None:
        raise UnsupportedError(
            "outside='exact' needs the network as traced, which these rules don't keep (decisions and rules files of "
            "older versions don't); supported: null, clamp"
        )
    if request.top < 1:
        raise InputError(f"top={request.top!r}: how many reasons are given; expected at least 1")
    without = [column.name for column in request.rules.domain.columns if not _takes_missing(column)]
    if request.missing == "impute" and without:
        raise InputError(
            f"missing='impute': the model has no constant for {', '.join(map(repr, without[:5]))}; put an imputer into "
            "its pipeline, or use missing='propagate' or 'error'"
        )
    return request


def _takes_missing(column: Column) -> bool:
    return column.fill is not None or None in column.lookup


def _within(text: str, request: Request, dialect: Dialect) -> str:
    """The text, if the engine can read so much; a limit that can be raised is named in a comment."""
    size = len(text.encode())
    if dialect.statement and size > dialect.statement:
        raise UnsupportedError(
            f"form {request.form!r} with the columns {', '.join(request.columns)} of {len(request.rules)} rules has "
            f"{size} bytes of SQL; {request.dialect} takes {dialect.statement}. Shortest is the network without rule"
        )
    if dialect.easy and size > dialect.easy:
        return f"-- {size} bytes, more than {request.dialect} takes by default: {dialect.raised} = {2 * size}\n{text}"
    return text


def _taken(request: Request) -> list[str]:
    """The user's names, none of which may be one of ours."""
    rules = request.rules
    raw = [column.name for column in rules.domain.columns]
    own = [column.name for column in returned(request)]
    return [*rules.features, *raw, *request.key, *own, *request.table.split("."), request.name]


def _comments(request: Request, dialect: Dialect) -> list[str]:
    rules = request.rules
    about = f"rules: {len(rules)}, neurons: {len(rules.network)}, form: {request.form}, dialect: {request.dialect}"
    lines = [about, _said_of_rows(request), *_said_of_sizes(dialect), *_said_of_columns(request)]
    if not rules.complete and request.outside != "exact":
        lines.append(f"INCOMPLETE: {missing_text(rules)}")
    if not dialect.executed:
        lines.append(f"Written for {request.dialect} and read by an SQL parser; not executed here.")
    return [one_line(line) for line in lines]


def _said_of_rows(request: Request) -> str:
    """What rows give that have no rule."""
    missing = plan.missing_words(request.rules)
    if SHAPES[request.shape].one:
        return f"A row outside the domain, {missing}, gives NULL."
    rule = " and rule 0" if "rule" in request.columns else ""
    if request.outside == "exact":
        return (
            f"A row outside the domain has the outputs of the whole network{rule}. One that it can't take, {missing}, "
            "has no outputs." + _said_of_missing(request)
        )
    if request.outside == "clamp":
        rows = (
            f"A number outside its bounds counts as the nearer bound. A row outside the domain all the same, {missing}"
        )
    else:
        rows = f"A row outside the domain, {missing}"
    return f"{rows}, has no outputs{rule}." + _said_of_missing(request)


def _said_of_sizes(dialect: Dialect) -> list[str]:
    """Numbers that the engine can't compute with."""
    if dialect.largest == Dialect().largest:
        return []
    tiny = f", one nearer to 0 than {dialect.tiny} as 0" if dialect.tiny else ""
    return [f"A number beyond {dialect.largest} counts as outside{tiny}: what overflows would end the query."]


def _said_of_missing(request: Request) -> str:
    return " A missing value ends the query." if request.missing == "error" else ""


def _said_of_columns(request: Request) -> list[str]:
    """What contributions are counted from."""
    if not {"contributions", "reasons"} & set(request.columns) or SHAPES[request.shape].one:
        return []
    base = reference(request.rules.domain)
    counted = [
        f"{name} = {value!r}" for name, value in zip(request.rules.features, base.tolist(), strict=True) if value
    ]
    return [f"Contributions are a column's terms in the rule, less what they are at {', '.join(counted) or 'zero'}."]


__all__ = ["DIALECTS", "best_forms", "checked", "print_sql"]
