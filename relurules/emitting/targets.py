"""The table of targets, and the one function that looks things up in it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, NamedTuple, TypeVar

from relurules.emitting import code_options
from relurules.emitting.bigquery.printer import print_bigquery, print_bigquery_lines
from relurules.emitting.c.printer import print_c, print_c_lines
from relurules.emitting.classes.printer import (
    print_csharp,
    print_csharp_lines,
    print_java,
    print_java_lines,
)
from relurules.emitting.contribution_plan import is_explanation_wanted
from relurules.emitting.file_header import check_sentinels
from relurules.emitting.javascript.printer import print_javascript, print_javascript_lines
from relurules.emitting.numpy.printer import print_numpy, print_numpy_lines
from relurules.emitting.pmml.printer import print_pmml, print_pmml_lines
from relurules.emitting.python.printer import print_python, print_python_lines
from relurules.emitting.request import (
    SQL_OPTIONS,
    EmitOptions,
    EmitRequest,
    LineRequest,
    ScorerRequest,
    make_line_request,
    make_request,
)
from relurules.emitting.sql.printer import (
    DIALECTS,
    check_sql_request,
    print_sql,
    print_sql_lines,
    rank_sql_forms,
)
from relurules.emitting.sql.shapes import SHAPES
from relurules.emitting.text.line_printer import print_lines_text
from relurules.emitting.text.printer import print_text
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.ir.artifact import format_header
from relurules.reasons.reason_texts import ReasonOptions
from relurules.rounding import READ_TARGETS, bound_score_rounding
from relurules.scorecards.belonging import find_card

Files = Mapping[str, str | bytes]


class EmitTarget(NamedTuple):
    """A language: what prints it, in which forms, in which dialects (the first is the default).

    best: the forms to try where none is asked for; print_lines: what prints additive rules, None
    where nothing does yet.
    """

    print: Callable[[EmitRequest], Files]
    forms: tuple[str, ...]
    dialects: tuple[str | None, ...] = (None,)
    best: Callable[[EmitRequest], list[str]] = lambda _request: ["rules"]
    print_lines: Callable[[LineRequest], Files] | None = None


def _print_onnx(request: EmitRequest) -> Files:
    _require_onnx()
    from relurules.emitting.onnx.printer import print_onnx

    return print_onnx(request)


def _print_onnx_lines(request: LineRequest) -> Files:
    _require_onnx()
    from relurules.emitting.onnx.printer import print_onnx_lines

    return print_onnx_lines(request)


def _require_onnx() -> None:
    """It writes the file, and is no dependency of all the rest."""
    if find_spec("onnx") is None:
        raise UnsupportedError(
            "target 'onnx' needs the onnx package: pip install 'relurules[onnx]'"
        )


_CODE = ("rules", "tree", "network")
#: The one form of additive rules.
LINES = "lines"
#: Targets whose heads can state a bound of rounding.
_STATING_TARGETS = (*READ_TARGETS, "numpy")
_Request = TypeVar("_Request", EmitRequest, LineRequest)
#: What an artefact of SQL says of itself, beside what all say.
_ARTIFACT_FIELDS = ("dialect", "table", "key", "shape", "name", "missing")

TARGETS: Mapping[str, EmitTarget] = {
    "text": EmitTarget(print_text, ("rules",), print_lines=print_lines_text),
    "sql": EmitTarget(print_sql, _CODE, tuple(DIALECTS), rank_sql_forms, print_sql_lines),
    "python": EmitTarget(
        print_python, _CODE, best=code_options.rank_forms, print_lines=print_python_lines
    ),
    "numpy": EmitTarget(
        print_numpy,
        ("network", "tree"),
        best=code_options.rank_batch_forms,
        print_lines=print_numpy_lines,
    ),
    "c": EmitTarget(print_c, _CODE, best=code_options.rank_forms, print_lines=print_c_lines),
    "javascript": EmitTarget(
        print_javascript, _CODE, best=code_options.rank_forms, print_lines=print_javascript_lines
    ),
    "bigquery": EmitTarget(
        print_bigquery, _CODE, best=code_options.rank_forms, print_lines=print_bigquery_lines
    ),
    "java": EmitTarget(
        print_java, _CODE, best=code_options.rank_forms, print_lines=print_java_lines
    ),
    "csharp": EmitTarget(
        print_csharp, _CODE, best=code_options.rank_forms, print_lines=print_csharp_lines
    ),
    "onnx": EmitTarget(
        _print_onnx,
        ("network", "tree"),
        best=code_options.rank_batch_forms,
        print_lines=_print_onnx_lines,
    ),
    "pmml": EmitTarget(
        print_pmml, _CODE, best=code_options.rank_forms, print_lines=print_pmml_lines
    ),
}


def emit_artifact(rules: RuleSet | AdditiveRules, target: str, options: EmitOptions) -> Artifact:
    """Print `rules` for a target of the table; UnsupportedError names what exists where the request
    doesn't.
    """
    if rules.tells_label and "outputs" in options.columns:  # the output is the class already
        left = tuple(name for name in options.columns if name != "class")
        options = replace(options, columns=left)

    row = TARGETS[target]
    forms = _list_forms(rules, row)
    dialect = options.dialect or row.dialects[0]
    if options.form is not None and options.form not in forms:
        kind = "" if isinstance(rules, RuleSet) else " of additive rules"
        raise UnsupportedError(
            f"target {target!r} has no form {options.form!r}{kind}; supported: {', '.join(forms)}"
        )

    if dialect not in row.dialects:
        known = ", ".join(str(d) for d in row.dialects if d) or "none, leave it out"
        raise UnsupportedError(f"target {target!r} has no dialect {dialect!r}; supported: {known}")

    if isinstance(rules, AdditiveRules):
        return _emit_lines(rules, target, dialect, options)
    return _emit_rules(rules, target, dialect, options)


def _list_forms(rules: RuleSet | AdditiveRules, row: EmitTarget) -> tuple[str, ...]:
    """The forms that such rules have; a tree of linear models has no neurons."""
    if isinstance(rules, AdditiveRules):
        return (LINES,)
    return tuple(form for form in row.forms if form != "network" or not rules.is_own_model)


def _emit_rules(rules: RuleSet, target: str, dialect: str | None, options: EmitOptions) -> Artifact:
    """In the form that is asked for, or the first one that the target takes."""
    row, form = TARGETS[target], options.form
    if target == "sql":
        request = check_sql_request(make_request(rules, dialect or "", options, SQL_OPTIONS))
    elif "network" in row.forms:
        request = code_options.check_code_request(rules, target, options)
    else:
        request = EmitRequest(rules=rules)

    refusals = []
    for tried in [form] if form else row.best(request):
        outside = request.outside or _choose_outside(rules, tried)
        artifact = _describe_artifact(replace(request, form=tried, outside=outside), target)
        try:
            if target != "text":
                check_sentinels(rules, outside)
            asked = replace(request, form=tried, outside=outside, header=format_header(artifact))
            if target != "sql":
                asked = code_options.prepare_request(asked)
            code = replace(artifact, files=row.print(asked))
            if not options.state_rounding:
                return code
            return _state_rounding(code, asked, row.print, required=True)
        except UnsupportedError as error:
            refusals.append(error)

    raise refusals[0]


def _emit_lines(
    rules: AdditiveRules, target: str, dialect: str | None, options: EmitOptions
) -> Artifact:
    row = TARGETS[target]
    if row.print_lines is None:
        printed = ", ".join(name for name, each in TARGETS.items() if each.print_lines)
        raise UnsupportedError(f"target {target!r} has no additive rules; supported: {printed}")

    if target == "sql":
        told = code_options.drop_rule_column(options)
        request = make_line_request(rules, dialect or "", told, SQL_OPTIONS)
    elif target == "text":
        request = LineRequest(rules=rules, form=LINES)
    else:
        request = code_options.check_line_request(rules, target, options)
    request = replace(request, outside=request.outside or "null")
    if target != "text":
        check_sentinels(rules, request.outside)
    if "points" in request.columns:
        card = find_card(rules, request.scorecard, request.reasons.direction)
        request = replace(request, scorecard=card)
    artifact = _describe_artifact(request, target)
    asked = code_options.prepare_lines(replace(request, header=format_header(artifact)))
    code = replace(artifact, files=row.print_lines(asked))
    read = target in READ_TARGETS and not request.scored  # inside a page, nobody reads a head
    if not read and not options.state_rounding:
        return code

    return _state_rounding(code, asked, row.print_lines, required=options.state_rounding)


def _state_rounding(
    code: Artifact, request: _Request, print_files: Callable[[_Request], Files], *, required: bool
) -> Artifact:
    """The artefact with what is certified of its text in its head, which is printed anew.

    required: UnsupportedError where nothing is.
    """
    if code.target not in _STATING_TARGETS:
        raise UnsupportedError(
            f"target {code.target!r} states no bound of rounding; supported: "
            f"{', '.join(_STATING_TARGETS)}"
        )

    rounding = bound_score_rounding(code, request.rules)
    if rounding.is_stated:
        return replace(code, files=print_files(replace(request, rounding=rounding)))
    if required:
        raise UnsupportedError(
            f"target {code.target!r} in form {code.form!r}: its rounding has no bound to state: "
            f"{rounding.refusal}; emit it without state_rounding"
        )
    return code


def _describe_artifact(request: ScorerRequest, target: str) -> Artifact:
    """What is emitted, before it is printed."""
    rules, said = request.rules, dict[str, Any]()
    if target == "sql":
        said = {name: getattr(request, name) for name in _ARTIFACT_FIELDS}
    if target != "text":
        said |= {"returned": request.columns}
    if target not in ("sql", "text"):
        said |= {"number": request.number}

    is_one = bool(request.output) and target == "sql" and SHAPES[request.shape].one
    told = rules.labels is not None and (rules.tells_label or "class" in request.columns)
    return Artifact(
        target,
        request.form,
        rules.domain,
        (request.output,) if is_one else rules.outputs,
        {},
        rules.score_error,
        rules.complete,
        decision=None if rules.decision is None else rules.decision.wanted,
        outside=request.outside,
        classes=rules.labels.values if rules.labels is not None and told else (),
        schema=rules.schema,
        explained=_list_explained(request),
        rules=_choose_explained_rules(request),
        **said,
    )


def _choose_explained_rules(request: ScorerRequest) -> RuleSet | AdditiveRules:
    """The rules that contributions are printed from."""
    exact = request.outside == "exact" and isinstance(request, LineRequest)
    return request.everywhere if exact and request.everywhere is not None else request.rules


def _list_explained(request: ScorerRequest) -> dict[str, Any]:
    """What was asked of contributions and reasons, where that isn't the default."""
    if not is_explanation_wanted(request):
        return {}
    given, plain = request.reasons, ReasonOptions()
    names = ("direction", "count", "texts") if "reasons" in request.columns else ()
    asked = {
        name: getattr(given, name) for name in names if getattr(given, name) != getattr(plain, name)
    }
    if "texts" in asked:
        asked["texts"] = {column: dict(own) for column, own in given.texts.items()}
    if request.reference is not None:
        asked["reference"] = request.rules.reference.values.tolist()

    return asked


def _choose_outside(rules: RuleSet, form: str) -> str:
    """What becomes of rows outside where nothing is asked for: a network knows what it gives them,
    rules don't.
    """
    return "exact" if form == "network" and rules.traced is not None else "null"
