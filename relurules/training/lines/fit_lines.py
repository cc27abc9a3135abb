"""Rows -> a network of one hidden layer whose neurons are lines, and the front it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from relurules.ir import Network
from relurules.ir.network import Array, Neuron
from relurules.training.lines import joint_rounding, joint_scoring  # noqa: F401 they register
from relurules.training.lines.effect_limits import EffectLimits, limit_columns
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.joint_scaling import choose_line_scale
from relurules.training.lines.least_rows import choose_least_share, widen_lines
from relurules.training.lines.least_slopes import PlainLines
from relurules.training.lines.line_choice import (
    DEALS,
    FOLDS,
    SMALL,
    FittedRows,
    LineChoice,
    choose_by_folds,
    choose_by_part,
    score_lines,
)
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import LineModel
from relurules.training.lines.refits import refine_lines, refit_slopes
from relurules.training.lines.rounded_lines import round_lines
from relurules.training.lines.scaling import measure_base_pulls
from relurules.training.lines.walk import LineWalk, WalkOptions
from relurules.training.one_score import ONE_SCORE, refuse_several_scores
from relurules.training.targets import split_rows
from relurules.training.task import Rows

if TYPE_CHECKING:
    import pandas as pd

#: Gauss-Newton steps, and rounds of exchanges, once all rows are fitted to.
_LAST_STEPS, _LAST_ROUNDS = 12, 3


@dataclass(frozen=True, kw_only=True)
class LineSettings:
    """budget: see `LineBudget`. validation_fraction: of larger tables. soft: (N, 1) targets that a
    teacher has softened, to fit to; None for the targets themselves. options: see `WalkOptions`.
    chosen_by: (N,) the rows by which the number of lines is chosen, whatever the table's size;
    None: drawn at random. limits: of columns' effects.
    """

    budget: LineBudget
    validation_fraction: float = 0.2
    seed: int = 0
    soft: Array | None = None
    options: WalkOptions = field(default_factory=WalkOptions)
    chosen_by: NDArray[np.bool_] | None = None
    limits: EffectLimits | None = None


@dataclass(frozen=True, kw_only=True)
class LinesFit:
    """network: one hidden layer of ReLUs, in the user's units. front: one row per number of lines,
    see `make_front_table`; chosen: the row that the network has as many lines as. strength: of the
    ridge. folds: of the cross-validation; 1 where one part of the rows decided.
    """

    network: Network
    front: "pd.DataFrame"
    chosen: int
    strength: float
    folds: int


def fit_lines(
    rows: Rows, columns: Sequence[LineColumn], task: str, settings: LineSettings
) -> LinesFit:
    """The lines of the best fit within the budget.

    rows: in the user's units, of any number of targets for regression, one of classes that is
    binary, one for each class that is multiclass. The same seed gives the same lines. Raises
    UnsupportedError for trends and limits of several scores.
    """
    if rows.Y.shape[1] > 1:
        asked = {"monotone": any(each.trend for each in columns), "effect_bounds": settings.limits}
        refuse_several_scores(
            [name for name in ONE_SCORE if asked.get(name)],
            classes=task != "regression",
            count=rows.Y.shape[1],
        )

    budget = settings.budget
    options = replace(settings.options, condition_columns=budget.condition_columns)
    settings = replace(settings, options=options)
    scale = choose_line_scale(rows, columns, task)
    if settings.limits is not None:
        columns = limit_columns(columns, settings.limits, scale)
    true = scale.apply(rows, task)
    soft = rows if settings.soft is None else rows._replace(Y=settings.soft)
    given = FittedRows(
        fitted=scale.apply(soft, task),
        true=true,
        columns=columns,
        least_share=choose_least_share(len(true)),
    )
    if len(true) <= SMALL:
        given = given.with_pulls(measure_base_pulls(rows.X, columns))

    with threadpool_limits(1):  # small matrices; and the sums don't depend on the number of cores
        choice, training = _choose(given, rows, task, settings)
        model = _finish(given, choice, settings)
        plain = round_lines(model, given.terms(choice.strength), scale, settings.limits)

    front = make_front_table(choice, given.part(training))

    return LinesFit(
        network=to_line_network(plain),
        front=front,
        chosen=choice.lines,
        strength=choice.strength,
        folds=choice.folds,
    )


def _choose(
    given: FittedRows, rows: Rows, task: str, settings: LineSettings
) -> tuple[LineChoice, NDArray[np.intp]]:
    """The choice, and the numbers of the rows that its models were fitted to."""
    n, classes = len(given.true), task != "regression"
    if settings.chosen_by is not None:
        parts = np.flatnonzero(~settings.chosen_by), np.flatnonzero(settings.chosen_by)
        return choose_by_part(given, parts, settings.budget, settings.options), parts[0]

    numbered = Rows(np.arange(n, dtype=float)[:, None], rows.Y, rows.weights)
    if n > SMALL:
        data = split_rows(numbered, settings.validation_fraction, settings.seed, classes=classes)
        parts = data.training.X[:, 0].astype(np.intp), data.validation.X[:, 0].astype(np.intp)
        return choose_by_part(given, parts, settings.budget, settings.options), parts[0]

    told = rows.Y[:, 0] if rows.Y.shape[1] == 1 else rows.Y.argmax(axis=1)
    deals = [
        deal_folds(told, min(FOLDS, n), (settings.seed, deal), classes=classes)
        for deal in range(DEALS)
    ]
    choice = choose_by_folds(given, deals, settings.budget, settings.options)

    return choice, np.arange(n)


def deal_folds(
    y: Array, count: int, seed: Sequence[int], *, classes: bool
) -> list[NDArray[np.intp]]:
    """Numbers of the rows of each fold, drawn at random; with classes, the same share of each."""
    order = np.random.default_rng(seed).permutation(len(y))
    if classes:
        order = order[np.argsort(y[order], kind="stable")]
    return [np.sort(order[start::count]) for start in range(count)]


def _finish(given: FittedRows, choice: LineChoice, settings: LineSettings) -> LineModel:
    """The chosen model, fitted to all rows; a few lines may be exchanged for better ones."""
    terms = given.terms(choice.strength)
    model = refit_slopes(choice.models[choice.lines], terms)
    if not len(model):
        return model

    model = widen_lines(refine_lines(model, terms, _LAST_STEPS), terms)
    read = np.array([model.read[list(column.coordinates)].any() for column in terms.columns])

    return LineWalk(terms, settings.options, read).exchange(model, _LAST_ROUNDS)


def to_line_network(plain: PlainLines) -> Network:
    """The canonical form: a neuron for each line, and none reads another."""
    count = len(plain.slopes)
    C, U, c = plain.maps

    return Network(
        A=plain.normals,
        L=np.zeros((count, count)),
        b=-plain.thresholds,
        C=C,
        U=U,
        c=c,
        slope=np.zeros(count),
        neurons=tuple(Neuron("lines", number) for number in range(count)),
    )


def make_front_table(choice: LineChoice, training: FittedRows) -> "pd.DataFrame":
    """One row per number of lines: lines, rules (the same), neurons (the same), columns that are
    read, condition_terms and formula_terms in coordinates, train and validation, the scores; sparse
    and parallel as in `relurules.linearize`.
    """
    import pandas as pd

    table = []

    for model, validation in zip(choice.models, choice.validation, strict=True):
        reads = [np.count_nonzero(line.direction) for line in model.lines]
        read = sum(
            bool(model.weights[..., list(column.coordinates)].any())
            or number in model.columns_of_lines
            for number, column in enumerate(training.columns)
        )
        table.append({
            "lines": len(model),
            "rules": max(1, len(model)),
            "neurons": len(model),
            "columns": read,
            "condition_terms": max(reads, default=0),
            "formula_terms": int(model.read.sum()),
            "sparse": False,
            "parallel": False,
            "train": score_lines(model, training.true),
            "validation": validation,
        })  # fmt: skip

    return pd.DataFrame(table)
