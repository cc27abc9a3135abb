"""The table of targets, and the one function that looks things up in it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from relurules.emitting import code_options
from relurules.emitting.c.printer import print_c
from relurules.emitting.javascript.printer import print_javascript
from relurules.emitting.numpy.printer import print_numpy
from relurules.emitting.python.printer import print_python
from relurules.emitting.request import SQL_OPTIONS, EmitOptions, EmitRequest, make_request
from relurules.emitting.sql.printer import DIALECTS, check_sql_request, print_sql, rank_sql_forms
from relurules.emitting.text.printer import print_text
from relurules.errors import UnsupportedError
from relurules.ir import Artifact, RuleSet
from relurules.ir.artifact import format_header

Files = dict[str, str]


class EmitTarget(NamedTuple):
    """A language: what prints it, in which forms, in which dialects (the first is the default).

    best: the forms to try where none is asked for.
    """

    print: Callable[[EmitRequest], Files]
    forms: tuple[str, ...]
    dialects: tuple[str | None, ...] = (None,)
    best: Callable[[EmitRequest], list[str]] = lambda _request: ["rules"]


_CODE = ("rules", "tree", "network")
#: What an artefact of SQL says of itself, beside what all say.
_ARTIFACT_FIELDS = ("dialect", "table", "key", "shape", "name", "missing")

TARGETS: Mapping[str, EmitTarget] = {
    "text": EmitTarget(print_text, ("rules",)),
    "sql": EmitTarget(print_sql, _CODE, tuple(DIALECTS), rank_sql_forms),
    "python": EmitTarget(print_python, _CODE, best=code_options.rank_forms),
    "numpy": EmitTarget(print_numpy, ("network", "tree"), best=code_options.rank_batch_forms),
    "c": EmitTarget(print_c, _CODE, best=code_options.rank_forms),
    "javascript": EmitTarget(print_javascript, _CODE, best=code_options.rank_forms),
}


def emit_artifact(rules: RuleSet, target: str, options: EmitOptions) -> Artifact:
    """Print `rules` for a target of the table; UnsupportedError names what exists where the request
    doesn't.
    """
    if rules.tells_label and "outputs" in options.columns:  # the output is the class already
        left = tuple(name for name in options.columns if name != "class")
        options = replace(options, columns=left)

    row, form = TARGETS[target], options.form
    dialect = options.dialect or row.dialects[0]
    if form is not None and form not in row.forms:
        raise UnsupportedError(
            f"target {target!r} has no form {form!r}; supported: {', '.join(row.forms)}"
        )

    if dialect not in row.dialects:
        known = ", ".join(str(d) for d in row.dialects if d) or "none, leave it out"
        raise UnsupportedError(f"target {target!r} has no dialect {dialect!r}; supported: {known}")

    said = dict[str, Any]()
    if target == "sql":
        request = check_sql_request(make_request(rules, dialect or "", options, SQL_OPTIONS))
        said = {name: getattr(request, name) for name in _ARTIFACT_FIELDS} | {
            "returned": request.columns
        }
    elif "network" in row.forms:
        request = code_options.check_code_request(rules, target, options)
        said = {"returned": request.columns, "number": request.number}
    else:
        request = EmitRequest(rules=rules)

    decision = None if rules.decision is None else rules.decision.wanted
    told = rules.labels is not None and (rules.tells_label or "class" in request.columns)
    classes = rules.labels.values if rules.labels is not None and told else ()
    outputs = (request.output,) if request.output else rules.outputs
    refusals = []

    for tried in [form] if form else row.best(request):
        outside = request.outside or _choose_outside(rules, tried)
        artifact = Artifact(
            target,
            tried,
            rules.domain,
            outputs,
            {},
            rules.score_error,
            rules.complete,
            decision=decision,
            outside=outside,
            classes=classes,
            schema=rules.schema,
            **said,
        )
        try:
            asked = replace(request, form=tried, outside=outside, header=format_header(artifact))
            return replace(
                artifact,
                files=row.print(asked if target == "sql" else code_options.prepare_request(asked)),
            )
        except UnsupportedError as error:
            refusals.append(error)

    raise refusals[0]


def _choose_outside(rules: RuleSet, form: str) -> str:
    """What becomes of rows outside where nothing is asked for: a network knows what it gives them,
    rules don't.
    """
    return "exact" if form == "network" and rules.traced is not None else "null"
