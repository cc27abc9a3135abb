"""SQL: what scores a table, in every dialect of `sql_dialects`."""

from relurules.domain.columns import Column
from relurules.emitting import plan
from relurules.emitting.render import one_line, render
from relurules.emitting.request import Request
from relurules.emitting.sql_dialects import DIALECTS, Dialect
from relurules.emitting.sql_names import check_names, prefix_for, table_name
from relurules.emitting.sql_outputs import returned, wanted_of
from relurules.emitting.sql_select import scope_of, select_of
from relurules.emitting.sql_steps import printed, widest
from relurules.errors import InputError, UnsupportedError
from relurules.ir import RuleSet

#: At most so many rules are a flat CASE, where no form is asked for.
FEW = 8
SHAPES = ("select",)
OUTSIDE = ("null", "clamp")
MISSING = ("propagate", "impute", "error")


def print_sql(request: Request) -> dict[str, str]:
    """score.sql: for every row of the table its key, the outputs (NULL outside the domain) and the rule (0 there)."""
    dialect, wanted = DIALECTS[request.dialect], wanted_of(request)
    check_names(request, [column.name for column in returned(request)], dialect)
    prefix = prefix_for(_taken(request))
    select = select_of(scope_of(request, dialect, prefix), wanted)
    source = f"{table_name(request.table, dialect)}{dialect.alias}{prefix}_table"
    steps = printed(select.steps, source, [text for text, _ in select.final], dialect)
    if (count := widest(steps)) > dialect.columns:
        raise UnsupportedError(
            f"form {request.form!r} needs a subquery of {count} columns; {request.dialect} takes {dialect.columns}"
        )
    text = render(
        "sql/select.sql.j2",
        comments=_comments(request, dialect),
        steps=steps,
        final=select.final,
        header=request.header,
    )
    return {"score.sql": _within(text, request, dialect)}


def best_form(rules: RuleSet) -> str:
    """Few rules are as fast as neurons, and can be read; many are not. What was simplified is no network any more."""
    return "rules" if len(rules) <= FEW else "tree" if rules.simplified else "network"


def checked(request: Request) -> Request:
    """The request, if all that it asks for exists; UnsupportedError names what does where it doesn't."""
    for name, value, known in (
        ("shape", request.shape, SHAPES),
        ("outside", request.outside, OUTSIDE),
        ("missing", request.missing, MISSING),
    ):
        if value not in known:
            raise UnsupportedError(f"SQL has no {name} {value!r}; supported: {', '.join(known)}")
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
    if not dialect.statement or size <= dialect.statement:
        return text
    if not dialect.raised:
        raise UnsupportedError(
            f"form {request.form!r} has {size} bytes of SQL; {request.dialect} takes {dialect.statement}"
        )
    return f"-- {size} bytes: more than {request.dialect} takes by default; {dialect.raised} = {2 * size}\n{text}"


def _taken(request: Request) -> list[str]:
    """The user's names, none of which may be one of ours."""
    rules = request.rules
    raw = [column.name for column in rules.domain.columns]
    own = [column.name for column in returned(request)]
    return [*rules.features, *raw, *request.key, *own, *request.table.split("."), request.name]


def _comments(request: Request, dialect: Dialect) -> list[str]:
    rules = request.rules
    about = f"rules: {len(rules)}, neurons: {len(rules.network)}, form: {request.form}, dialect: {request.dialect}"
    lines = [about, f"A row outside the domain, {plan.missing_words(rules)}, has rule 0 and no outputs."]
    if not dialect.executed:
        lines.append(f"Written for {request.dialect} and read by an SQL parser; not executed here.")
    return [one_line(line) for line in lines]


__all__ = ["DIALECTS", "best_form", "checked", "print_sql"]
