"""The front of one set of rows: a model for every number of lines, from the linear model on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relurules.training.lines.column_search import ColumnJudge, search_columns
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import LineModel, LineRows
from relurules.training.lines.refits import FitTerms, refit_slopes
from relurules.training.lines.walk import FEW_ROWS, LineWalk, WalkOptions

#: Rounds in which lines are exchanged: at the budget, and at some shares of it.
_ROUNDS, _FEW_ROUNDS = 4, 1
_EXCHANGED = (1.0, 0.75, 0.5, 0.25)
#: Lines that a further one has not helped the other rows by are at most so many; of few rows.
_PATIENCE, _PATIENCE_OF_FEW = 3, 2
#: More rows than these, with one score, tell sets of columns by a boosting; of fewer, so many lines
#: show which columns matter, and of lines of one column, as trees join columns that these may not
#: (Taiwan credit, 16 lines of 8 columns: AUC .765 against .774).
_FEW_TO_JUDGE, _SCOUTS = 5000, 8


@dataclass(frozen=True, kw_only=True)
class LineBudget:
    """lines: the most; condition_columns: the most that one reads; columns: the most in all, base
    and lines, None for any number. seed: of the draw of lines that are replaced.
    """

    lines: int
    condition_columns: int = 2
    columns: int | None = None
    seed: int = 0


def walk_line_front(
    terms: FitTerms,
    budget: LineBudget,
    options: WalkOptions,
    others: LineRows | None = None,
    *,
    quick: bool = False,
) -> list[LineModel]:
    """Models of 0, 1, 2, .. lines, at most as many as the budget has.

    others: rows that aren't fitted to, on which one of a few lines in a row must help, or no more
    are chosen. quick: no line is dropped or exchanged.
    """
    options = replace(options, condition_columns=budget.condition_columns)
    linear = fit_linear_model(terms)
    read = choose_columns(linear, terms, budget, options)
    linear = refit_slopes(restrict_model(linear, terms.columns, read), terms)
    walk = LineWalk(terms, options, read)
    if quick:
        return _walk_up(walk, linear, budget.lines, others)

    over = max(1, round(walk.effort.over * budget.lines))
    return _walk_down(walk, _walk_up(walk, linear, budget.lines + over, None), budget)


def fit_linear_model(terms: FitTerms) -> LineModel:
    """The base alone, of all coordinates."""
    return refit_slopes(terms.rows.make_start(), terms)


def _walk_up(
    walk: LineWalk, model: LineModel, count: int, others: LineRows | None
) -> list[LineModel]:
    found, waited = [model], 0
    best = np.inf if others is None else others.loss(others.evaluate(model))
    patience = _PATIENCE if len(walk.terms.rows) > FEW_ROWS else _PATIENCE_OF_FEW
    while len(found) <= count and not walk.options.deadline.is_over():
        more = walk.add(found[-1])
        if more is None:
            break
        found.append(more)
        walk.options.told(len(more))
        if others is not None:
            loss = others.loss(others.evaluate(more))
            best, waited = (loss, 0) if loss < best else (best, waited + 1)
            if waited >= patience:
                break

    return found


def _walk_down(walk: LineWalk, rising: list[LineModel], budget: LineBudget) -> list[LineModel]:
    """The better one of both ways for every number of lines, with lines exchanged."""
    count = budget.lines
    best = {len(model): model for model in rising if len(model) <= count}
    model = rising[-1]
    exchanged = {round(count * share) for share in _EXCHANGED}

    while len(model):
        if len(model) <= count:
            model = min(model, best.get(len(model), model), key=walk.measure)
            if len(model) in exchanged:
                rounds = _ROUNDS if len(model) == count else _FEW_ROUNDS
                model = walk.exchange(model, rounds)
            if len(model) == count:
                model = walk.renew(model, walk.effort.renewals, budget.seed)
            best[len(model)] = model
            if walk.options.deadline.is_over():
                break
        walk.options.told(len(model))
        model = walk.drop(model)

    return [best[number] for number in sorted(best)]


def choose_columns(
    linear: LineModel, terms: FitTerms, budget: LineBudget, options: WalkOptions
) -> NDArray[np.bool_]:
    """(columns,) which columns may be read, see `column_search`; of few rows, of several scores,
    and of lines of one column, those of a model with few lines that are missed least go first,
    until the budget is kept.
    """
    read = np.ones(len(terms.columns), dtype=np.bool_)
    if budget.columns is None or budget.columns >= len(read):
        return read
    many = len(terms.rows) > _FEW_TO_JUDGE
    if many and budget.condition_columns > 1 and terms.rows.scores == 1:
        judge = ColumnJudge(rows=terms.rows, columns=terms.columns, seed=budget.seed)
        chosen = search_columns(judge.judge, len(read), budget.columns, options.deadline)
        return np.isin(np.arange(len(read)), chosen)

    walk = LineWalk(terms, options, read)
    model = _walk_up(walk, linear, min(_SCOUTS, budget.lines), None)[-1]
    while read.sum() > budget.columns:
        tried = []
        for number in np.flatnonzero(read).tolist():
            less = read.copy()
            less[number] = False
            smaller = refit_slopes(restrict_model(model, terms.columns, less), terms, 2)
            tried.append((walk.measure(smaller), number, smaller))
        _, number, model = min(tried, key=lambda each: each[:2])
        read[number] = False

    return read


def restrict_model(
    model: LineModel, columns: Sequence[LineColumn], read: NDArray[np.bool_]
) -> LineModel:
    """The model without what reads other columns than these, (columns,)."""
    coordinates = model.read.copy()
    for column, kept in zip(columns, read, strict=True):
        if not kept:
            coordinates[list(column.coordinates)] = False

    lines = tuple(line for line in model.lines if read[list(line.columns)].all())
    return replace(
        model, weights=np.where(coordinates, model.weights, 0.0), read=coordinates, lines=lines
    )
