"""ONNX: a model in double with one input a column, run by onnxruntime, in any language it has."""

from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, TensorProto, helper

from relurules.domain.columns import list_table_columns
from relurules.emitting import file_header
from relurules.emitting.identifiers import require_different_names
from relurules.emitting.label_literals import ClassColumn, find_labels, plan_class_column
from relurules.emitting.line_explanation import LineExplanation, plan_line_explanation
from relurules.emitting.onnx.graph_builder import GraphBuilder
from relurules.emitting.onnx.inputs import InputRows, add_rows
from relurules.emitting.onnx.links import add_outputs
from relurules.emitting.onnx.scores import (
    add_line_scores,
    add_line_terms,
    add_network_scores,
    add_part_sums,
    add_tree_scores,
)
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.errors import UnsupportedError
from relurules.files.templates import flatten_text

FILE = "score.onnx"
#: Operators of these versions are known to onnxruntime from 1.10 on.
_OPSETS = {"": 15, "ai.onnx.ml": 2}
_FORMAT = 8
#: Whole numbers beyond this aren't all doubles.
_EXACT = 2**53


def print_onnx(request: EmitRequest) -> dict[str, bytes]:
    """score.onnx of rules of which one applies."""
    rules = request.rules
    graph = GraphBuilder(_list_names(request))
    rows = add_rows(graph, request)
    if request.form == "tree" or "rule" in request.columns:
        found = add_tree_scores(graph, rules, rows.coordinates)
        rows = _restrict_to_rules(graph, request, rows, found.rule)
    scores = (
        add_network_scores(graph, rules.network, rows.coordinates)
        if request.form == "network"
        else found.scores
    )

    _add_results(graph, request, rows, scores)
    if "rule" in request.columns:
        _give(graph, "rule", _mask(graph, rows.inside, found.rule, 0.0), "int64")
    return _write_model(graph, request)


def _restrict_to_rules(
    graph: GraphBuilder, request: EmitRequest, rows: InputRows, rule: str
) -> InputRows:
    """Where rules don't cover the domain, rows that none applies to have no outputs."""
    if request.rules.complete or request.outside == "exact":
        return rows
    ruled = graph.apply("Greater", rule, graph.add_constant("half", np.array([0.5])))
    return rows._replace(known=graph.apply("And", rows.known, ruled, called="ruled"))


def print_onnx_lines(request: LineRequest) -> dict[str, bytes]:
    """score.onnx of additive rules."""
    rules = request.rules
    explained = plan_line_explanation(request)
    graph = GraphBuilder(_list_names(request, explained))
    rows = add_rows(graph, request)
    terms = add_line_terms(graph, rules, rows.coordinates)
    scores = add_line_scores(graph, rules, rows.coordinates, terms)

    _add_results(graph, request, rows, scores)
    if explained is not None:
        sums = add_part_sums(graph, rules, rows.coordinates, terms)
        _add_contributions(graph, explained, rows, sums)
    if "lines" in request.columns:
        _add_lines(graph, request, rows, terms.beyond)
    return _write_model(graph, request)


def _list_names(request: ScorerRequest, explained: LineExplanation | None = None) -> list[str]:
    """Names of inputs and outputs; InputError where two are the same."""
    rules = request.rules
    extra = [name for name in ("class", "rule", "lines") if name in request.columns]
    if "class" in extra and rules.tells_label:
        extra.remove("class")
    scores = [name for name in rules.scores if "score" in request.columns]
    names = [*list_table_columns(rules.domain.columns), *rules.outputs, *extra]
    names += [name for name in scores if name not in rules.outputs]
    names += [] if explained is None else list(explained.contributions)

    require_different_names(
        "onnx", names, "two tensors, of an input and an output or of two outputs"
    )
    return names


def _add_results(graph: GraphBuilder, request: ScorerRequest, rows: InputRows, scores: str) -> None:
    """Scores where they are asked for, the outputs, and the class."""
    rules = request.rules
    if "score" in request.columns:
        for i, name in enumerate(rules.scores):
            if name not in rules.outputs:
                _give(graph, name, _mask(graph, rows.known, graph.take_columns(scores, [i])))

    outputs = add_outputs(graph, rules, scores)
    classes = plan_class_column(request, "onnx")
    if classes is None or not classes.labelled:
        for name, value in zip(rules.outputs, outputs, strict=True):
            _give(graph, name, _mask(graph, rows.known, value))
    if classes is not None:
        name = rules.outputs[0] if classes.labelled else "class"
        _add_class(graph, request, name, classes, rows, outputs)


def _add_class(
    graph: GraphBuilder,
    request: ScorerRequest,
    name: str,
    classes: ClassColumn,
    rows: InputRows,
    outputs: Sequence[str],
) -> None:
    """The label: a text, empty where there is none, or a number, NaN where there is none."""
    _, labels = find_labels(request.rules)
    missing = graph.apply("IsNaN", graph.sum_rows(_join(graph, outputs)))  # sums that overflow
    known = graph.apply("And", rows.known, graph.apply("Not", missing), called="has a class")
    if classes.way == "largest":
        number = graph.apply("ArgMax", _join(graph, outputs), axis=1, keepdims=1)
    elif classes.way == "share":
        cut = graph.add_constant("cut", np.array([float(classes.cut)]))
        above = graph.apply("Greater", outputs[classes.column], cut)
        number = graph.apply("Cast", above, to=TensorProto.INT64)
    else:
        number = graph.apply("Cast", _mask(graph, known, outputs[0], 0.0), to=TensorProto.INT64)

    if classes.text:
        called = graph.add_constant("labels", list(map(str, labels.values)))
        none = graph.add_constant("no class", [""])
    else:
        called = graph.add_constant("labels", np.array(labels.values, dtype=np.float64))
        none = graph.add_constant("no class", np.array([np.nan]))
    label = graph.apply("Gather", called, number, called="label", axis=0)
    given = graph.apply("Where", known, label, none)
    _give(graph, name, given, "string" if classes.text else "double")


def _join(graph: GraphBuilder, values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else graph.apply("Concat", *values, axis=1)


def _add_contributions(
    graph: GraphBuilder, explained: LineExplanation, rows: InputRows, sums: Sequence[str]
) -> None:
    """What every part adds, less what it adds at the reference; score by score."""
    names = iter(explained.contributions)
    for form, offsets in zip(explained.table.forms, explained.table.offsets, strict=True):
        for part, offset in zip(sums, offsets.tolist(), strict=True):
            own = graph.multiply(part, form[:, None], "part")
            value = graph.add_numbers(own, [-offset], "contribution")
            _give(graph, next(names), _mask(graph, rows.known, value))


def _add_lines(graph: GraphBuilder, request: LineRequest, rows: InputRows, beyond: str) -> None:
    """(N, lines) whether each applies, by number."""
    rules = request.rules
    if not len(rules):
        raise UnsupportedError("target 'onnx': column 'lines': there are no lines; leave it out")
    places = [line for part in rules.parts for line in part.lines.tolist()]
    by_number = np.argsort([rules.lines[k].number for k in places])
    zero = graph.add_constant("zero", np.array([0.0]))
    applies = graph.apply("Greater", graph.take_columns(beyond, by_number.tolist()), zero)
    graph.add_output("lines", graph.apply("And", applies, rows.known), "bool", width=len(places))


def _mask(graph: GraphBuilder, known: str, value: str, otherwise: float = np.nan) -> str:
    """The value where a row is known."""
    return graph.apply("Where", known, value, graph.add_constant("none", np.array([otherwise])))


def _give(graph: GraphBuilder, name: str, value: str, kind: str = "double") -> None:
    if kind == "int64":
        value = graph.apply("Cast", value, to=TensorProto.INT64)
    graph.add_output(name, value, kind)


def _write_model(graph: GraphBuilder, request: ScorerRequest) -> dict[str, bytes]:
    about = [
        file_header.describe_size(request),
        *map(flatten_text, file_header.list_facts(request)),
        file_header.describe_outside(request, "NaN outputs", "a missing value"),
    ]
    model: ModelProto = helper.make_model(
        graph.build("relurules", "\n".join(about)),
        producer_name="relurules",
        ir_version=_FORMAT,
        opset_imports=[helper.make_opsetid(*each) for each in _OPSETS.items()],
        doc_string="\n".join(about),
    )
    helper.set_model_props(model, {"relurules": request.header})

    return {FILE: model.SerializeToString(deterministic=True)}
