"""C99: score.h and score.c, no allocation, no state, no library but math.h."""

import re

import numpy as np

from relurules.domain.columns import Column
from relurules.emitting import file_header, plan
from relurules.emitting.c.float import check_float
from relurules.emitting.c.layers import is_dense
from relurules.emitting.c.numbers import REALS, Real, escape_comment
from relurules.emitting.c.parts import (
    CTemplate,
    fill_dense_template,
    fill_expression_template,
    fill_tree_template,
    has_clamps,
)
from relurules.emitting.code_options import is_rule_needed
from relurules.emitting.link_steps import LinkStep, has_links, plan_c_links
from relurules.emitting.request import EmitRequest
from relurules.errors import UnsupportedError
from relurules.files.templates import render_file
from relurules.ir import RuleSet

#: Rules of more conditions than this are not written out: gcc -O2 takes a minute for so many, and
#: much longer for more.
_CONDITIONS = 4_000
#: What is called of math.h.
_FUNCTIONS = re.compile(r"\b(?:exp|expm1|log|fabs)f?(?=\()")


def print_c(request: EmitRequest) -> dict[str, str]:
    """score.h documents the one call per row and per batch; score.c is its implementation."""
    if request.number == "float":
        check_float(request.rules)

    real, domain = REALS[request.number], request.rules.domain
    _check_range(request, real)
    parts = _choose_template(request)
    step = _convert_link_step(request.rules, real)
    values: dict[str, object] = {
        "header": request.header,
        "about": f"{file_header.describe_size(request)}, numbers: {real.name}",
        "facts": [escape_comment(line) for line in file_header.list_facts(request)],
        "real": real,
        "zero": real.literal(0.0),
        "one": real.literal(1.0),
        "columns": [
            _describe_input(*pair)
            for pair in zip(file_header.describe_inputs(domain), domain.columns, strict=True)
        ],
        "outside_words": file_header.describe_outside(request, "NaN outputs", "a NaN"),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "ruled": is_rule_needed(request),
        "outputs": [escape_comment(name) for name in request.rules.outputs],
        "scores": len(request.rules.scores),
        "count": len(request.rules),
        "step": step,
        "functions": _list_math_functions(step),
        "clamps": has_clamps(request),
        "contracted": request.form == "rules",
        **parts.values,
    }

    return {
        name: render_file(f"c/{source}.j2", values)
        for name, source in (("score.h", "score.h"), ("score.c", parts.template))
    }


def _check_range(request: EmitRequest, real: Real) -> None:
    """Refuse float where sums of the domain's rows would be infinite; those of double are looked at
    by extract.
    """
    if real.name == "double":
        return

    rules, reach = request.rules, request.rules.domain.reach
    with np.errstate(over="ignore", invalid="ignore"):
        if request.form == "network":
            largest = float(rules.network.magnitude(reach[None]).max(initial=0.0))
        else:
            sums = [np.abs(rule.map.weights) @ reach + np.abs(rule.map.constants) for rule in rules]
            largest = float(max((part.max(initial=0.0) for part in sums), default=0.0))

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


def _convert_link_step(rules: RuleSet, real: Real) -> LinkStep | None:
    """The links, for this type."""
    if not has_links(rules):
        return None
    step = plan_c_links(rules)
    return LinkStep(step.scores, *([real.source(text) for text in part] for part in step[1:]))


def _list_math_functions(step: LinkStep | None) -> list[str]:
    """The functions of math.h that the links call."""
    text = "" if step is None else "\n".join([*step.functions, *step.shared, *step.outputs])
    return sorted(set(_FUNCTIONS.findall(text)))


def _describe_input(said: file_header.InputColumn, column: Column) -> file_header.InputColumn:
    """What the header says of a column: a missing value is NaN, a category its number."""
    codes = [escape_comment(code.replace("missing counts", "NaN counts")) for code in said.codes]
    missing = [category.missing for category in column.categories] or [False] * len(codes)
    codes = [f"{code}, NaN too" if nan else code for code, nan in zip(codes, missing, strict=True)]
    return file_header.InputColumn(escape_comment(said.name), said.holds, codes)
