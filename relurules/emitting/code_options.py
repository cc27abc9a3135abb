"""What may be asked of code other than SQL, and what it can't have."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from relurules.emitting.c.numbers import REALS
from relurules.emitting.contribution_plan import is_explanation_wanted
from relurules.emitting.request import (
    OUTSIDE,
    EmitOptions,
    EmitRequest,
    LineRequest,
    ScorerRequest,
    make_line_request,
    make_request,
)
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet

COLUMNS = ("outputs", "class", "contributions", "reasons", "rule")
#: Of additive rules, where no rule has a number, but lines have.
LINE_COLUMNS = ("outputs", "class", "points", "contributions", "reasons", "lines")
#: Columns of languages that have others than these: of rules, and of additive rules.
_OWN_COLUMNS = {
    "onnx": (
        ("outputs", "score", "class", "rule"),
        ("outputs", "score", "class", "contributions", "lines"),
    ),
    "pmml": (
        ("outputs", "score", "class", "contributions", "reasons", "rule"),
        ("outputs", "score", "class", "contributions", "reasons"),
    ),
}
#: Fields of `Request` that code takes; the others are for SQL.
OPTIONS = (
    "name",
    "columns",
    "outside",
    "number",
    "reasons",
    "reference",
    "everywhere",
    "scored",
    "scorecard",
    "rename",
)


def check_code_request(rules: RuleSet, target: str, options: EmitOptions) -> EmitRequest:
    """The request of these options; UnsupportedError names what exists where it asks for
    something else.

    Contributions and reasons are those of a rule, so its number is returned beside them.
    """
    request = make_request(rules, "", options, OPTIONS)
    _check_options(request, target, options, _OWN_COLUMNS.get(target, (COLUMNS,))[0])
    if is_explanation_wanted(request) and "rule" not in request.columns:
        return replace(request, columns=(*request.columns, "rule"))
    return request


def check_line_request(rules: AdditiveRules, target: str, options: EmitOptions) -> LineRequest:
    """As `check_code_request`, of additive rules."""
    request = make_line_request(rules, "", drop_rule_column(options), OPTIONS)
    _check_options(request, target, options, _OWN_COLUMNS.get(target, (LINE_COLUMNS,))[-1])
    return request


def drop_rule_column(options: EmitOptions) -> EmitOptions:
    """The options without the number of the rule, where nobody asked for it: no additive rule has
    one.
    """
    default = not options.named and options.columns == EmitOptions.columns
    return replace(options, columns=("outputs",)) if default else options


def _check_options(
    request: ScorerRequest, target: str, options: EmitOptions, columns: Sequence[str]
) -> None:
    """UnsupportedError names what exists where something else is asked for."""
    if request.outside not in ("", *OUTSIDE):
        raise UnsupportedError(
            f"target {target!r} has no outside {request.outside!r}; supported: {', '.join(OUTSIDE)}"
        )

    if unknown := [name for name in request.columns if name not in columns]:
        raise UnsupportedError(
            f"no column {unknown[0]!r} in {target!r}{_explain_unknown(unknown[0], request)}; "
            f"supported: {', '.join(columns)}"
        )

    if "outputs" not in request.columns:
        raise UnsupportedError(
            f"target {target!r} always returns the outputs; add 'outputs' to columns"
        )

    if options.missing != "propagate":
        raise UnsupportedError(
            f"target {target!r} has no missing {options.missing!r}; supported: propagate"
        )

    if request.number not in REALS or (request.number != "double" and target != "c"):
        supported = ", ".join(REALS) if target == "c" else "double"
        raise UnsupportedError(
            f"target {target!r} has no number {request.number!r}; supported: {supported}"
        )


def _explain_unknown(column: str, request: ScorerRequest) -> str:
    """Why a column that others have isn't there, in words after the name."""
    if column == "rule" and isinstance(request.rules, AdditiveRules):
        return ", as lines add up and none is the rule that applies"
    if column in ("lines", "points") and not isinstance(request.rules, AdditiveRules):
        return ", as these are rules of which one applies"
    return ""


def prepare_request(request: EmitRequest) -> EmitRequest:
    """The request in its form; where rows outside matter, with the network as traced: the collapsed
    one ends there.

    Its neurons are others than those that the tree tests, unless nothing was collapsed: half-spaces
    are tested then.
    """
    rules = request.rules
    if request.outside != "exact":
        return request
    if request.form != "network":
        raise UnsupportedError(
            f"outside='exact' is of form 'network'; form {request.form!r} knows no such rows"
        )

    if rules.traced is None:
        raise UnsupportedError(
            "outside='exact' needs the network as traced, which these rules don't keep (decisions "
            "and rules files of earlier versions); use outside='null' or 'clamp'"
        )

    same = rules.network.has_same_arrays(rules.traced)
    tree = rules.tree if same else replace(rules.tree, neurons=np.full_like(rules.tree.neurons, -1))

    return replace(request, rules=replace(rules, network=rules.traced, tree=tree))


def prepare_lines(request: LineRequest) -> LineRequest:
    """The request; where rows outside matter, with the lines of the network as traced, over all of
    R^d; the domain stays that of the rules.

    Lines that apply have the numbers of the rules, which the
    network as traced doesn't know.
    """
    if request.outside != "exact":
        return request
    if request.everywhere is None:
        raise UnsupportedError(
            "outside='exact' needs the network as traced, which these rules don't keep; use "
            "outside='null' or 'clamp'"
        )
    if "lines" in request.columns and request.everywhere is not request.rules:
        raise UnsupportedError(
            "column 'lines' gives the numbers that lines have in these rules, and outside='exact' "
            "the lines of the network as traced, which may be others; leave 'lines' out, or use "
            "outside='null' or 'clamp'"
        )
    if "points" in request.columns and request.everywhere is not request.rules:
        raise UnsupportedError(
            "column 'points': a scorecard has no points for rows outside the domain, whose outputs "
            "outside='exact' gives; leave 'points' out, or use outside='null' or 'clamp'"
        )

    return replace(request, rules=request.everywhere)


def rank_forms(request: EmitRequest) -> list[str]:
    """Rules can be read; for rows outside there is one form."""
    return ["network" if request.outside == "exact" else "rules"]


def rank_batch_forms(request: EmitRequest) -> list[str]:
    """For whole tables: the network is fastest, but what was simplified is no network any more."""
    return ["tree" if request.rules.simplified and request.outside != "exact" else "network"]


def is_rule_needed(request: EmitRequest) -> bool:
    """Whether a rule has to be found: it is wanted, or rules don't cover the domain."""
    return "rule" in request.columns or request.form != "network" or not is_covered(request)


def is_covered(request: EmitRequest) -> bool:
    """Whether every row in the domain has outputs."""
    return request.rules.complete or request.outside == "exact"
