"""Artefacts beside the model they come from: what is due on every row, and what an engine gives (->
Report).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.columns import is_plain
from relurules.errors import CheckError
from relurules.ir import (
    AdditiveRules,
    Artifact,
    Decision,
    Graph,
    Network,
    Report,
    RuleSet,
    Scorer,
)
from relurules.ir.class_labels import ClassLabels, number_classes
from relurules.ir.coordinate_rules import take_coordinates
from relurules.ir.network import Array
from relurules.ir.output_names import find_swapped_output
from relurules.links.heads import apply_links
from relurules.networks.decisions import add_decision_neurons
from relurules.tables.table import read_table
from relurules.verifying import (
    FLOAT_TOLERANCE,
    TOLERANCE,
    Reference,
    RunResult,
    clamp_and_round_rows,
    clamp_rows,
    compare_outputs,
    find_due_rows,
    find_undecided_rows,
    measure_breadth,
    run_artifact,
)
from relurules.verifying.due_explanations import find_explained_rules
from relurules.verifying.explanation_check import NOT_COMPARED, ExplanationCheck, list_explained

#: Outside the domain, rows with numbers beyond this aren't compared: products overflow, and some
#: engines take none.
_ABSURD = 1e100
#: An output in float is off by a unit in its last place.
_FLOAT_UNIT = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, kw_only=True)
class ComparedModel:
    """What an artefact is compared with: what names the outputs, the network, and what gives the
    outputs of rows.
    """

    names: Graph | Scorer
    network: Network
    function: Callable[[Any], Array]


def verify_artifact(
    artifact: Artifact | RuleSet | AdditiveRules, model: ComparedModel, X: Any, engine: str | None
) -> Report:
    """Run an artefact on rows, (N, d) array or frame, beside a model; see `api.verify`."""
    _check_same_labels(artifact, model.names)
    _check_output_names(artifact, model.names)
    table = read_table(X)
    given = artifact.domain.rows(table)
    reference = _build_reference(artifact, model, table if table.named else None, given)
    if isinstance(artifact, RuleSet | AdditiveRules):
        ran, name, place = _run_rules(artifact, given), "rules", "relurules"
    else:
        place, ran = run_artifact(artifact, table if table.named else given, engine)
        name = list(artifact.files)[-1]

    bound = (
        artifact.score_error
        if isinstance(artifact, RuleSet | AdditiveRules)
        else artifact.max_error
    )
    report = compare_outputs(ran, reference, bound, artifact.complete, name, place)
    if not isinstance(artifact, Artifact):
        return report
    return _add_explanations(report, artifact, model.names, ran, reference)


def _add_explanations(
    report: Report, artifact: Artifact, names: Graph | Scorer, ran: RunResult, reference: Reference
) -> Report:
    """The report, with what is wrong of scores, contributions, reasons and lines; and that they
    weren't compared, where the rules that they are of aren't at hand.
    """
    if not (told := list_explained(artifact)):
        return report
    rules = find_explained_rules(artifact, names)
    if rules is None:
        said = NOT_COMPARED.format(what=", ".join(told))
        return replace(report, remarks=(*report.remarks, said))

    given = np.asarray(~np.isnan(ran.outputs).all(axis=1))
    check = ExplanationCheck(
        artifact=artifact,
        rules=rules,
        extras=ran.extras,
        rows=reference.rows,
        given=given,
        silent=~given if reference.free is None else ~given & ~reference.free,
        tolerance=reference.tolerance,
    )
    with np.errstate(all="ignore"):
        faults = check.find_faults()

    return replace(report, passed=report.passed and not faults, remarks=(*faults, *report.remarks))


def _run_rules(rules: RuleSet | AdditiveRules, given: Array) -> RunResult:
    """What the rules themselves give; of lines all add up, which counts as rule 1."""
    outputs = rules.predict_numbers(given)
    if isinstance(rules, RuleSet):
        return RunResult(outputs, rules.apply(given))
    return RunResult(outputs, np.array(rules.domain.contains(given), dtype=np.intp))


def _check_same_labels(artifact: Artifact | RuleSet | AdditiveRules, names: Graph | Scorer) -> None:
    """CheckError where an artefact gives classes by other labels than the model."""
    own = names.labels
    told = artifact.decision is not None or "class" in getattr(artifact, "returned", ())
    if own is None or not told:
        return

    given = artifact.labels or number_classes(len(own))
    if _list_typed_values(given) != _list_typed_values(own):
        raise CheckError(
            f"the class is given as {', '.join(map(repr, given.values[:6]))}, and the model's own "
            f"labels are {', '.join(map(repr, own.values[:6]))}; extract the rules anew from the "
            "model, and emit them again"
        )


def _check_output_names(
    artifact: Artifact | RuleSet | AdditiveRules, names: Graph | Scorer
) -> None:
    """CheckError where an artefact calls an output as the model calls another one, or a class."""
    if len(artifact.outputs) != len(names.outputs):
        return
    if swapped := find_swapped_output(names, artifact.outputs):
        raise CheckError(
            f"the artefact's output {swapped[1]!r} stands where the model has {swapped[0]!r}: "
            "their names are swapped; emit the rules again"
        )


def _list_typed_values(labels: ClassLabels) -> list[tuple[type, Any]]:
    return [(type(value), value) for value in labels.values]


def _build_reference(
    artifact: Artifact | RuleSet | AdditiveRules, model: ComparedModel, frame: Any, given: Array
) -> Reference:
    """What is due on the rows given, (N, d). frame: the same with names, None where they are just
    numbers.
    """
    code = artifact if isinstance(artifact, Artifact) else None
    rows = given if code is None else clamp_rows(code, given)
    traced, network, function = model.names, model.network, model.function
    plain = isinstance(traced, Scorer) or is_plain(traced.columns)
    raw = frame is not None and not plain and rows is given

    with np.errstate(invalid="ignore", over="ignore"):  # rows outside any domain may be infinite
        outputs = function(frame if raw else rows)
        reference = Reference(
            outputs=outputs,
            names=traced.outputs,
            inside=artifact.domain.contains(rows) if code is None else find_due_rows(code, given),
            network=network,
            heads=traced.heads,
            rows=rows,
            tolerance=FLOAT_TOLERANCE if code is not None and code.number == "float" else TOLERANCE,
            framework=function if plain and isinstance(traced, Graph) else None,
            threshold=None if traced.labels is None else traced.labels.threshold,
            all_terms=_is_sum(artifact),
        )
        if isinstance(traced, Graph):
            reference = _apply_decision(reference, traced, artifact)
        reference = reference.of_outputs(artifact.outputs)
        heads, judge = reference.heads, reference.network
        span = measure_breadth(artifact.domain, lambda X: apply_links(heads, judge.evaluate(X)))
        reference = replace(reference, breadth=span)
        return reference if code is None else _adapt_to_code(reference, traced, code, given)


def _is_sum(artifact: Artifact | RuleSet | AdditiveRules) -> bool:
    """Whether lines add up to the scores."""
    if isinstance(artifact, Artifact):
        return artifact.form == "lines"
    return isinstance(artifact, AdditiveRules)


def _adapt_to_code(
    reference: Reference, traced: Graph | Scorer, code: Artifact, given: Array
) -> Reference:
    """What code gives beside rules: outputs outside the domain, and numbers that are rounded to
    float.

    Lines may be right everywhere, where sums overflow too.
    """
    if code.outside == "exact" or code.form == "lines":
        read = clamp_and_round_rows(code, given)
        everywhere = code.outside == "exact"
        takes = Domain.over(code.domain.columns).contains(read) if everywhere else reference.inside
        free = takes & (_find_absurd_rows(read) | np.isnan(reference.outputs).any(axis=1))
        reference = replace(reference, numbers=takes & ~free, free=free, undecided=free)
    return _round_to_float(reference, traced, given, code) if code.number == "float" else reference


def _find_absurd_rows(rows: Array) -> NDArray[np.bool_]:
    """(N,): which rows (N, d) have a number beyond what is compared."""
    if len(rows) and rows.min(initial=0.0) >= -_ABSURD and rows.max(initial=0.0) <= _ABSURD:
        return np.zeros(len(rows), dtype=np.bool_)
    return np.asarray((np.abs(rows) > _ABSURD).any(axis=1))


def resolve_model(rules: RuleSet | AdditiveRules, *, everywhere: bool) -> ComparedModel:
    """Rules as what an artefact is compared with; everywhere: the network that they were traced
    from, if they have it.
    """
    traced = rules.traced
    if not everywhere or traced is None:
        return ComparedModel(
            names=rules, network=rules.network, function=take_coordinates(rules).predict_numbers
        )

    return ComparedModel(
        names=rules,
        network=traced,
        function=lambda rows: apply_links(rules.heads, traced.evaluate(rules.domain.rows(rows))),
    )


def _round_to_float(
    reference: Reference, traced: Graph | Scorer, given: Array, artifact: Artifact
) -> Reference:
    """What is due where an artefact rounds to float; given: the rows, (N, d)."""
    outputs = reference.outputs
    if isinstance(traced, Scorer):  # its own outputs end at the domain
        outputs = np.where(
            np.isnan(outputs), apply_links(reference.heads, reference.scores), outputs
        )

    either = find_undecided_rows(artifact, given) | (
        reference.free if reference.free is not None else False
    )
    return replace(
        reference, outputs=outputs, undecided=either, unit=_FLOAT_UNIT, epsilon=_FLOAT_UNIT
    )


def _apply_decision(
    reference: Reference, traced: Graph, artifact: Artifact | RuleSet | AdditiveRules
) -> Reference:
    """What the model decides, where that is what the artefact says."""
    decision = (
        artifact.decision.wanted if isinstance(artifact.decision, Decision) else artifact.decision
    )
    if decision is None:
        return reference

    network, head, _ = add_decision_neurons(traced.network, traced, decision)
    found = reference.outputs
    if not isinstance(decision, str):
        found = np.where(np.isnan(found[:, -1:]), np.nan, found[:, -1:] >= decision)
    elif traced.labels is not None and traced.labels.threshold is not None:
        above = found[:, -1:] > traced.labels.threshold
        found = np.where(np.isnan(found[:, -1:]), np.nan, above)
    elif found.shape[1] > 1:
        found = np.where(np.isnan(found).any(axis=1), np.nan, found.argmax(axis=1))[:, None]

    return replace(
        reference,
        outputs=found,
        names=artifact.outputs,
        heads=(head,),
        network=network,
        framework=None,
        threshold=None,
    )
