"""The bound of an artefact's rounding: its text is read, must be the rules, and is analysed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from operator import is_not
from typing import TYPE_CHECKING

import numpy as np

from relurules.domain.columns import list_derived_columns
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.ir.network import Array
from relurules.ir.scorer import refuse_path
from relurules.rounding.analysis import ErrorAnalysis, RowInputs
from relurules.rounding.brace_source import require_plain_header
from relurules.rounding.crossing import CrossingBounds, bound_ends
from relurules.rounding.expression import Expression, Program, UnreadableError
from relurules.rounding.floats import DOUBLE, SINGLE, round_up
from relurules.rounding.forms import RealForm
from relurules.rounding.link_errors import (
    EndScores,
    OutputBound,
    bound_outputs,
    has_links,
    measure_link_error,
    needs_ends,
    needs_parts,
)
from relurules.rounding.read_braces import read_braces
from relurules.rounding.read_numpy import (
    read_numpy_lines,
    read_numpy_network,
    read_numpy_tree,
)
from relurules.rounding.read_onnx import read_onnx
from relurules.rounding.read_python import read_python
from relurules.rounding.read_sql import read_sql
from relurules.rounding.rounding_bound import RoundingBound
from relurules.rounding.row_inputs import make_row_inputs, name_inputs
from relurules.rounding.row_parts import RowPart, cut_rows
from relurules.rounding.rule_forms import make_line_forms, make_network_forms
from relurules.rounding.rule_paths import RuleEnds
from relurules.rounding.score_analysis import recall_analysis
from relurules.rounding.statements import list_leaves

if TYPE_CHECKING:
    from fractions import Fraction

#: Targets whose text is read.
READ_TARGETS = ("python", "c", "javascript", "sql")
#: Those that compute with whole arrays, whose sums come in any order.
_ARRAY_TARGETS = ("numpy", "onnx")
FORMATS = {"double": DOUBLE, "float": SINGLE}


def bound_rounding(artifact: Artifact, rules: RuleSet | AdditiveRules) -> RoundingBound:
    """How far every score that the artefact computes may be from that of its rules in exact
    arithmetic, for all rows of the rules' domain whose numbers are floats of its format.

    rules: those that it was printed from; of form `network`, their network. Where the text holds
    anything that isn't followed, or isn't these rules, `refusal` says so and no bound is stated.
    Links behind the scores are looked up in the text, not followed statement by statement: that
    nothing else was written around them is for `check_artifact` to say.
    """
    refuse_path(rules)
    return _bound(artifact, rules, True)


def bound_score_rounding(artifact: Artifact, rules: RuleSet | AdditiveRules) -> RoundingBound:
    """The same of scores alone, which takes less time; nothing is known of outputs."""
    return _bound(artifact, rules, False)


@dataclass(frozen=True)
class RowBounds:
    """errors: (m,) how far every score may be off on any row; parts: the same of parts of the rows,
    which together are all of them.
    """

    errors: Array
    parts: Sequence[EndScores]


def _bound(artifact: Artifact, rules: RuleSet | AdditiveRules, has_outputs: bool) -> RoundingBound:
    artifact = replace(artifact, domain=rules.domain)  # not what a text says of itself
    outputs = [OutputBound(np.inf)] * len(rules.heads)
    try:
        found = _bound_scores(artifact, rules, has_outputs and needs_parts(rules))
        if has_outputs:
            outputs = bound_outputs(artifact, rules, found.parts)
    except UnreadableError as error:
        return _refuse(artifact, str(error))
    except RecursionError:
        return _refuse(artifact, "its expressions nest too deep")
    return RoundingBound(
        scores=found.errors,
        outputs=np.array([output.error for output in outputs]),
        number=artifact.number,
        unknown=tuple(output.refusal for output in outputs if output.refusal),
    )


def _refuse(artifact: Artifact, why: str) -> RoundingBound:
    none = np.empty(0)
    return RoundingBound(scores=none, outputs=none, number=artifact.number, refusal=why)


def require_readable(artifact: Artifact, rules: RuleSet | AdditiveRules) -> None:
    """UnreadableError for what no text is read of yet."""
    if artifact.outside == "clamp":
        raise UnreadableError("numbers outside the domain are moved into it first")
    if list_derived_columns(rules.domain.columns):
        raise UnreadableError("derived columns are rounded too, and have no bound yet")
    if isinstance(rules, AdditiveRules) and rules.groups:
        raise UnreadableError("groups of neurons that read one another have no bound yet")
    if isinstance(rules, RuleSet) and artifact.form != "network" and artifact.outside == "exact":
        raise UnreadableError("rows outside the domain have the scores of the network")
    if isinstance(rules, RuleSet) and rules.decision is not None:
        raise UnreadableError("rules that decide have no scores")


def _bound_scores(artifact: Artifact, rules: RuleSet | AdditiveRules, by_parts: bool) -> RowBounds:
    """Errors of the scores. The parts are the rows of every end; by_parts: where there is one end,
    parts of its rows.
    """
    require_readable(artifact, rules)
    if isinstance(rules, RuleSet) and artifact.form != "network":
        return _bound_rules(artifact, rules)
    if isinstance(rules, RuleSet) and rules.simplified:
        raise UnreadableError(
            "form 'network' is the network, and simplified rules are only near it; emit form "
            "'rules' or 'tree'"
        )

    inputs = make_row_inputs(artifact, rules)
    if artifact.target in _ARRAY_TARGETS:
        scores = _read_arrays(artifact, rules)
    else:
        program = read_program(artifact, rules.score_count)
        scores = find_only_scores(program, rules.score_count)

    due = list_due_forms(artifact, rules, inputs)
    return _bound_forms(
        scores,
        due,
        inputs,
        artifact.number,
        _choose_rate(artifact, rules, by_parts),
    )


def _choose_rate(
    artifact: Artifact, rules: RuleSet | AdditiveRules, by_parts: bool
) -> Callable[[EndScores], float] | None:
    """What parts of rows are judged by: what is off behind links, or scores of networks, and those
    whose sums come in any order and are bounded by the largest terms; None where rows stay
    together.
    """
    if by_parts:
        return partial(measure_link_error, artifact.target, rules.heads)
    is_cut = isinstance(rules, RuleSet) or artifact.target in _ARRAY_TARGETS
    return _find_largest_error if is_cut else None


def _find_largest_error(ends: EndScores) -> float:
    return float(ends.errors.max())


def _read_arrays(artifact: Artifact, rules: RuleSet | AdditiveRules) -> Sequence[Expression]:
    """The scores of code whose operations are of whole arrays."""
    is_line, exact = isinstance(rules, AdditiveRules), artifact.outside == "exact"
    if artifact.target == "onnx":
        content = list(artifact.files.values())[-1]
        assert isinstance(content, bytes)  # noqa: S101  # it is ONNX
        outputs, count = artifact.outputs, rules.score_count
        return read_onnx(content, rules.domain, outputs, rules.heads, count)
    if is_line and exact:
        raise UnreadableError("numpy of rows outside the domain has no bound yet")
    if is_line:
        return read_numpy_lines(str(artifact), rules.domain, has_links(rules))

    return read_numpy_network(str(artifact), rules.domain, has_links(rules), exact)


def list_due_forms(
    artifact: Artifact, rules: RuleSet | AdditiveRules, inputs: RowInputs
) -> Sequence[RealForm]:
    """What the scores of lines, or of a network, must be."""
    if isinstance(rules, AdditiveRules):
        return make_line_forms(inputs, rules)
    is_traced = artifact.outside == "exact" and rules.traced is not None
    return make_network_forms(inputs, rules.traced if is_traced else rules.network)  # type: ignore[arg-type]


def find_only_scores(program: Program, count: int) -> Sequence[Expression]:
    """The scores, which are the same at every end that has some."""
    ends = [leaf.scores[-count:] for leaf in list_leaves(program) if leaf.scores is not None]
    if not ends or any(map(is_not, ends[0] * len(ends), chain.from_iterable(ends))):
        raise UnreadableError("scores are computed in several ways")
    return ends[0]


def _bound_rules(artifact: Artifact, rules: RuleSet) -> RowBounds:
    """Of rules of which one applies, for every end: its errors, with what they may be off on rows
    that rounding has let into it.
    """
    inputs, count = make_row_inputs(artifact, rules), len(rules.scores)
    if artifact.target == "numpy":
        program = read_numpy_tree(str(artifact), rules.domain, has_links(rules))
    else:
        program = read_program(artifact, count)
    ends = RuleEnds(rules, inputs, ErrorAnalysis(inputs, FORMATS[artifact.number]))
    reached = list(ends.find(program, count))
    found: Sequence[Sequence[Fraction]] = [end.errors for end in reached]
    if not all(end.is_exact for end in reached):
        found = CrossingBounds(rules, ends).bound(reached)

    open_ends = np.full((count, 2), [-np.inf, np.inf])
    parts = [
        EndScores(
            np.array([float(round_up(error)) for error in errors]),
            *(bound_ends(end, rules) if needs_ends(rules) else open_ends).T,
        )
        for end, errors in zip(reached, found, strict=True)
    ]
    return RowBounds(np.max([part.errors for part in parts], axis=0), parts)


def _bound_forms(
    scores: Sequence[Expression],
    due: Sequence[RealForm],
    inputs: RowInputs,
    number: str,
    rate: Callable[[EndScores], float] | None,
) -> RowBounds:
    """The scores' errors and ends; UnreadableError where one isn't the form that it should be.

    rate: what rows of such ends are judged by; where it is there, parts of the rows are bounded by
    themselves, those of the largest the most.
    """
    analysis = recall_analysis(scores, inputs, FORMATS[number])

    def measure(rows: RowInputs) -> RowPart:
        part = analysis.measure(rows)
        return part if rate is None else replace(part, size=rate(part.bounds))

    whole = measure(analysis.inputs)
    for i, (form, own) in enumerate(zip(whole.forms, due, strict=True)):
        if form.key != own.key:
            raise UnreadableError(f"score {i} of the text isn't that of the rules")

    parts = [whole] if rate is None else cut_rows(whole, measure)
    bounds = [part.bounds for part in parts]
    return RowBounds(np.max([bound.errors for bound in bounds], axis=0), bounds)


def read_program(artifact: Artifact, count: int) -> Program:
    """What the text of an artefact computes, in its order. count: of the scores."""
    if artifact.target not in READ_TARGETS:
        raise UnreadableError(f"target {artifact.target!r} has no bound yet")
    text, inputs = str(artifact), name_inputs(artifact)
    if artifact.target == "python":
        return read_python(text, inputs)
    if artifact.target in ("c", "javascript"):
        for header in list(artifact.texts.values())[:-1]:
            require_plain_header(header)
        return read_braces(text, artifact.target, artifact.number, inputs)

    return read_sql(text, inputs, artifact.outputs, count)
