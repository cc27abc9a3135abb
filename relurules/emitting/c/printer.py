"""C99: score.h and score.c, no allocation, no state, no library but math.h."""

import re
from collections.abc import Mapping

import numpy as np

from relurules.domain.columns import Column, list_table_columns
from relurules.emitting import file_header, plan
from relurules.emitting.c.float import check_float, check_float_lines
from relurules.emitting.c.layers import is_dense
from relurules.emitting.c.lines import fill_line_template
from relurules.emitting.c.numbers import REALS, Real, escape_comment
from relurules.emitting.c.parts import (
    CTemplate,
    fill_dense_template,
    fill_expression_template,
    fill_tree_template,
    has_clamps,
)
from relurules.emitting.c.reasons import plan_c_explanation
from relurules.emitting.code_options import is_rule_needed
from relurules.emitting.label_literals import (
    ClassColumn,
    find_labels,
    plan_class_column,
    print_c_type,
)
from relurules.emitting.link_steps import LinkStep, has_links, plan_c_links
from relurules.emitting.plan import print_signed
from relurules.emitting.point_plan import PointSum
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.errors import UnsupportedError
from relurules.files.templates import render_file
from relurules.ir import ClassLabels, Scorer

#: Rules of more conditions than this are not written out: gcc -O2 takes a minute for so many, and
#: much longer for more.
_CONDITIONS = 4_000
_LABELLED = """\
static double labelled(double number)
{{
    static const double labels[] = {{{labels}}};
    return number != number ? number : labels[(int)number];
}}
"""
#: What is called of math.h.
_FUNCTIONS = re.compile(r"\b(?:exp|expm1|log|log1p|fabs|tanh|sqrt|pow)f?(?=\()")


def print_c(request: EmitRequest) -> dict[str, str]:
    """score.h documents the one call per row and per batch; score.c is its implementation."""
    real = REALS[request.number]
    if real.suffix:
        check_float(request.rules)
        _check_range(_find_largest_terms(request), real)

    values: dict[str, object] = {
        "ruled": is_rule_needed(request),
        "count": len(request.rules),
        "contracted": request.form == "rules",
        "explained": plan_c_explanation(request, real),
        "parted": None,
        "pointed": None,
        "wants_lines": False,
    }
    return _render(request, real, values, _choose_template(request))


def print_c_lines(request: LineRequest) -> dict[str, str]:
    """As `print_c`, of additive rules: a statement for every part."""
    real, rules = REALS[request.number], request.rules
    if real.suffix:
        check_float_lines(rules)
        reach = rules.network.magnitude(rules.domain.reach[None])
        _check_range(float(reach.max(initial=0.0)), real)

    values: dict[str, object] = {"ruled": False, "contracted": False}
    return _render(request, real, values, fill_line_template(request, real))


def _render(
    request: ScorerRequest, real: Real, values: Mapping[str, object], parts: CTemplate
) -> dict[str, str]:
    """Both files, with what all forms need."""
    domain = request.rules.domain
    classes = plan_class_column(request, "c")
    step = _convert_link_step(request.rules, real, classes)
    values = {
        **values,
        "header": request.header,
        "about": f"{file_header.describe_size(request)}, numbers: {real.name}",
        "facts": [escape_comment(line) for line in file_header.list_facts(request)],
        "real": real,
        "zero": real.literal(0.0),
        "one": real.literal(1.0),
        "columns": [
            _describe_input(*pair)
            for pair in zip(
                file_header.describe_inputs(domain),
                list_table_columns(domain.columns).values(),
                strict=True,
            )
        ],
        "outside_words": file_header.describe_outside(request, "NaN outputs", "a NaN"),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "outputs": [escape_comment(name) for name in request.rules.outputs],
        "scores": len(request.rules.scores),
        "step": step,
        **_list_class_values(request, classes),
        "functions": _list_math_functions(step, parts),
        "clamps": has_clamps(request),
        **parts.values,
    }

    return {
        name: render_file(f"c/{source}.j2", values)
        for name, source in (("score.h", "score.h"), ("score.c", parts.template))
    }


def _find_largest_terms(request: EmitRequest) -> float:
    """The largest sum of absolute terms of any score in the domain."""
    rules, reach = request.rules, request.rules.domain.reach
    with np.errstate(over="ignore", invalid="ignore"):
        if request.form == "network":
            return float(rules.network.magnitude(reach[None]).max(initial=0.0))
        sums = [np.abs(rule.map.weights) @ reach + np.abs(rule.map.constants) for rule in rules]
        return float(max((part.max(initial=0.0) for part in sums), default=0.0))


def _check_range(largest: float, real: Real) -> None:
    """Refuse float where sums of the domain's rows would be infinite; those of double are looked at
    by extract.
    """
    if not largest <= real.largest:
        raise UnsupportedError(
            f"number={real.name!r}: terms of the scores reach {largest:.2g} in the domain, and "
            f"{real.name} holds {real.largest:.2g} at most; supported here: double"
        )


def _choose_template(request: EmitRequest) -> CTemplate:
    """The better of written expressions and tables."""
    rules, real = request.rules, REALS[request.number]
    conditions = sum(len(rule.conditions) for rule in rules)
    if request.form == "rules" and conditions > _CONDITIONS:
        raise UnsupportedError(
            f"form 'rules' writes out {conditions} conditions; C compilers take {_CONDITIONS} in "
            "reasonable time: use form 'tree' or 'network'"
        )

    tested = plan.find_tested_neurons(rules, is_rule_needed(request))
    if request.form == "network" and is_dense(
        rules.network, tested | plan.find_read_neurons(rules.network, tested)
    ):
        return fill_dense_template(request, real)

    if request.form == "tree" and plan.is_large(rules):
        return fill_tree_template(request, real)
    return fill_expression_template(request, real)


def _list_class_values(request: ScorerRequest, classes: ClassColumn | None) -> dict[str, object]:
    """score_class: where it is asked for, and where the class is a text, which no output can be."""
    if classes is None or not (classes.asked or classes.text):
        return {"classes": None}
    _, labels = find_labels(request.rules)
    return {
        "classes": classes,
        "label_type": print_c_type(labels),
        "said_classes": [escape_comment(repr(label)) for label in labels.values],
    }


def _convert_link_step(rules: Scorer, real: Real, classes: ClassColumn | None) -> LinkStep | None:
    """The links, for this type; a class whose label is a number becomes that."""
    if not has_links(rules):
        return None

    step = plan_c_links(rules)
    if classes is not None and classes.labelled and not classes.text:
        assert rules.labels is not None  # noqa: S101  # as it is labelled
        _check_labels(rules.labels, real)
        listed = ", ".join(print_signed(repr, float(label)) for label in rules.labels.values)
        function = _LABELLED.format(labels=listed)
        step = step._replace(
            functions=[*step.functions, function], outputs=[f"labelled({step.outputs[0]})"]
        )

    return LinkStep(step.scores, *([real.source(text) for text in part] for part in step[1:]))


def _check_labels(labels: ClassLabels, real: Real) -> None:
    kind = np.float32 if real.name == "float" else np.float64
    if lost := [label for label in labels.values if float(kind(label)) != label]:
        raise UnsupportedError(
            f"number={real.name!r}: the class {lost[0]!r} can't be an output, as {real.name} "
            "doesn't hold it; rename it, or use the scores' rules with columns class"
        )


def _list_math_functions(step: LinkStep | None, parts: CTemplate) -> list[str]:
    """The functions of math.h that links and points call."""
    text = "" if step is None else "\n".join([*step.functions, *step.shared, *step.outputs])
    inputs = parts.values.get("inputs")
    if isinstance(inputs, list):
        text += "\n".join(each.expression for each in inputs)
    points = parts.values.get("pointed")
    rounds = isinstance(points, PointSum) and bool(points.half)
    return sorted({*_FUNCTIONS.findall(text), *(["floor"] if rounds else [])})


def _describe_input(said: file_header.InputColumn, column: Column) -> file_header.InputColumn:
    """What the header says of a column: a missing value is NaN, a category its number."""
    codes = [escape_comment(code.replace("missing counts", "NaN counts")) for code in said.codes]
    told = column.categories and not column.source
    missing = [category.missing for category in column.categories if told] or [False] * len(codes)
    codes = [f"{code}, NaN too" if nan else code for code, nan in zip(codes, missing, strict=True)]
    return file_header.InputColumn(escape_comment(said.name), said.holds, codes)
