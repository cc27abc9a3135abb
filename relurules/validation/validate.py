"""Rules and parts of rows -> the report of a validation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.statistics.linear_baseline import fit_linear_baseline
from relurules.statistics.population_stability import cut_score_bands
from relurules.statistics.resampling import ROUNDS
from relurules.validation.class_figures import measure_classes
from relurules.validation.contributions import sample_contributions
from relurules.validation.judged_rows import (
    Judge,
    JudgedRows,
    judge_rows,
    make_frame,
    make_judge,
    predict_number,
    read_values,
    tell_class,
)
from relurules.validation.movement import measure_movements
from relurules.validation.noise import measure_noise
from relurules.validation.performance import (
    count_confusion,
    list_roc_points,
    list_score_bands,
    measure_calibration_slope,
    measure_figures,
    measure_sizes,
)
from relurules.validation.refits import measure_refits
from relurules.validation.report import (
    Figure,
    FitFindings,
    ScoreBand,
    ValidationReport,
)
from relurules.validation.subgroups import measure_groups
from relurules.validation.weak_places import find_weak_places, name_loss

#: What the part is called that baselines are fitted to.
TRAINING = "training"
#: The baseline that says the same of every row, and figures of the order of rows.
CONSTANT = "a constant"
_RANKED = ("AUC", "Gini", "KS")
_DIRECTIONS = ("higher", "lower")


@dataclass(frozen=True, kw_only=True)
class ValidationOptions:
    """What is asked for.

    target: the column with the true values; cut: the probability from which class 1 is told, None:
    the model's own; groups: columns whose groups are looked at; by: a column of dates, or of
    periods; adverse: which scores are, "higher" or "lower"; least: rows that a group or range
    needs; rounds: of the bootstrap; seed: of these and of noise.
    """

    target: str | None = None
    cut: float | None = None
    groups: tuple[str, ...] = ()
    by: str | None = None
    adverse: str = "higher"
    least: int = 50
    rounds: int = ROUNDS
    seed: int = 0


def validate_rules(
    rules: RuleSet | AdditiveRules,
    parts: Mapping[str, Any],
    options: ValidationOptions,
    known: FitFindings | None = None,
) -> ValidationReport:
    """The figures of rules on parts of rows, {name: table}; the first part is the base of all
    comparisons. known: by the fit.

    DataError where a part lacks a column, or no row of one lies in the rules' domain.
    """
    if options.adverse not in _DIRECTIONS:
        raise DataError(f"adverse={options.adverse!r}; supported: {', '.join(_DIRECTIONS)}")
    if not isinstance(parts, Mapping):
        raise DataError(
            f"the rows are a {type(parts).__name__}; expected tables by the names of their parts, "
            "such as {'test': table}"
        )
    if not parts:
        raise DataError("there are no rows to validate on; give data")

    frames = {name: make_frame(rules, table) for name, table in parts.items()}
    response, values = read_values(rules, frames, options.target)
    judge = make_judge(rules, response, options.cut)
    judged = [
        judge_rows(rules, name, frame, judge, values.get(name)) for name, frame in frames.items()
    ]
    for part in judged:
        if not len(part):
            raise DataError(
                f"none of the {part.rows} {part.part} rows lies in the domain of the rules, so "
                "that there is nothing to measure"
            )

    known = known or FitFindings()
    movements, shares = measure_movements(rules, judged, options.by)
    report = ValidationReport(
        task=judge.task or "",
        response=judge.response,
        outcome=f"{judge.response} = {judge.positive or 1}" if judge.task == "binary" else "",
        favourable=_name_favourable(judge, options),
        loss=name_loss(judge) if judge.task else "",
        cut_off=judge.cut,
        cut_told=judge.closed,
        settings=_list_settings(options, len(known.refits)),
        parts=measure_sizes(judged, judge.task),
        fitted=known.fitted,
        figures=tuple(_list_figures(judge, judged, options, known.fitted)),
        movements=movements,
        shares=shares,
        groups=tuple(_list_groups(judge, judged, options)),
        noise=measure_noise(rules, judge, judged[-1], options.seed),
        front=known.front,
        others=known.others,
        contributions=sample_contributions(rules, judge.forms[0], judged[-1].X, judged[-1].part),
        **measure_refits(rules, known.refits, judge, judged[-1])._asdict(),
    )

    return report if judge.task is None else _add_outcomes(report, rules, judge, judged, options)


def _add_outcomes(
    report: ValidationReport,
    rules: RuleSet | AdditiveRules,
    judge: Judge,
    judged: Sequence[JudgedRows],
    options: ValidationOptions,
) -> ValidationReport:
    """The tables that need true values."""
    two = judge.task == "binary"
    labels = [] if rules.labels is None else [str(label) for label in rules.labels.values]
    confusion = [count_confusion(judge, part) for part in judged]
    roc = [point for part in judged for point in list_roc_points(part)] if two else []

    return replace(
        report,
        bands=tuple(_list_bands(judged)) if judge.task != "multiclass" else (),
        roc=tuple(roc) if judge.ranked else (),
        confusion=tuple(one for one in confusion if one is not None) if two else (),
        classes=tuple(one for part in judged for one in measure_classes(judge, part, labels)),
        weak_places=find_weak_places(rules, judge, judged[-1], options.least),
    )


def _list_settings(options: ValidationOptions, refits: int) -> dict[str, str | int | float | None]:
    return {
        "cut-off": options.cut,
        "adverse scores": options.adverse,
        "least rows": options.least,
        "resamples": options.rounds,
        "seed": options.seed,
        "by": options.by,
        "refits": refits,
    }


def _name_favourable(judge: Judge, options: ValidationOptions) -> str:
    """The class that the adverse-impact ratio speaks of, in words; "" where there are no two."""
    if judge.cut is None or judge.task != "binary":
        return ""
    verb = "isn't" if options.adverse == "higher" else "is"
    return f"{judge.response} {verb} {judge.positive or 1}"


def _list_bands(judged: Sequence[JudgedRows]) -> Iterator[ScoreBand]:
    bands = cut_score_bands(judged[0].score)
    for part in judged:
        yield from list_score_bands(part, bands)


def _list_groups(
    judge: Judge, judged: Sequence[JudgedRows], options: ValidationOptions
) -> Iterator[Any]:
    for column in options.groups:
        yield from measure_groups(
            judge, judged, column, adverse=options.adverse, least=options.least
        )


def _list_figures(
    judge: Judge,
    judged: Sequence[JudgedRows],
    options: ValidationOptions,
    fitted: Sequence[str],
) -> Iterator[Figure]:
    for part in judged:
        yield from measure_figures(judge, part, options.rounds, options.seed)
        slope = (
            measure_calibration_slope(part) if judge.certain and judge.task == "binary" else None
        )
        if slope is not None:
            yield Figure("the rules", part.part, "calibration slope", slope, None, None)

    first = judged[0]
    if first.part != TRAINING or first.values is None or judge.task == "multiclass":
        return

    own = [part for part in judged if part.part in (fitted or (TRAINING,))]
    for name, score in _fit_baselines(judge, own).items():
        for part in judged:
            found = measure_figures(
                *_judge_baseline(judge, part, score(part.X)), options.rounds, options.seed, name
            )
            # A constant puts no row before another one.
            yield from (one for one in found if name != CONSTANT or one.metric not in _RANKED)


def _fit_baselines(judge: Judge, parts: Sequence[JudgedRows]) -> dict[str, Any]:
    """Name -> coordinates (N, d) to scores (N,), fitted to the parts that the rules were."""
    values = np.concatenate([np.zeros(0) if one.values is None else one.values for one in parts])
    X = np.concatenate([one.X for one in parts])
    binary = judge.task == "binary"
    mean = float(values.mean())
    linear = fit_linear_baseline(X, values, binary=binary)
    share = min(max(mean, 1e-12), 1 - 1e-12)
    constant = float(np.log(share / (1 - share))) if binary else mean
    name = "logistic regression" if binary else "linear regression"
    return {name: linear.score, CONSTANT: lambda X: np.full(len(X), constant)}


def _judge_baseline(judge: Judge, part: JudgedRows, score: Array) -> tuple[Judge, JudgedRows]:
    """A part with a baseline's scores, judged as log odds or as plain numbers."""
    binary = judge.task == "binary"
    cut = 0.0 if judge.cut is None or not judge.certain else judge.cut
    own = replace(
        judge, link="sigmoid" if binary else "identity", certain=True, ranked=True,
        forms=np.eye(1), cut=cut if binary else None,
    )  # fmt: skip
    scores = score[:, None]

    return own, replace(
        part,
        scores=scores,
        prediction=predict_number(own, scores),
        positive=tell_class(own, scores),
    )
