"""The front of one set of rows: a model for every number of lines, from the linear model on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineModel, LineRows
from relurules.training.lines.refits import FitTerms, refine_lines, refit_slopes, take_evenly
from relurules.training.lines.walk import LineWalk, WalkOptions

#: Lines beyond the budget that are chosen before the least useful are dropped, as a share of it.
_OVER = 0.6
#: Rounds in which lines are exchanged: at the budget, and at some shares of it.
_ROUNDS, _FEW_ROUNDS = 4, 1
_EXCHANGED = (1.0, 0.75, 0.5, 0.25)
#: Rounds in which lines drawn at random are replaced, at the budget.
_RENEWALS = 4
#: Lines that a further one has not helped the other rows by are at most so many.
_PATIENCE = 4
#: Lines that are chosen as if there were no trends, as a share of the budget, and the Gauss-Newton
#: steps once they keep the trends.
_CHOSEN, _TREND_STEPS = 1.0, 8
#: Lines by which it is seen which columns matter, and the rows on which columns are dropped.
_SCOUTS, _SCOUTED_ROWS = 8, 5000


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
    terms: FitTerms, budget: LineBudget, options: WalkOptions, others: LineRows | None = None
) -> list[LineModel]:
    """Models of 0, 1, 2, .. lines, at most as many as the budget has.

    others: rows that aren't fitted to, on which a few lines in a row must help, or no more are
    chosen.
    """
    options = replace(options, condition_columns=budget.condition_columns)
    linear = fit_linear_model(terms)
    read = choose_columns(linear, terms, budget, options)
    linear = refit_slopes(restrict_model(linear, terms.columns, read), terms)
    walk = LineWalk(terms, options, read)
    over = 0 if others is not None else max(1, round(_OVER * budget.lines))
    if terms.has_trends:
        return _walk_with_trends(walk, linear, budget, read)
    rising = _walk_up(walk, linear, budget.lines + over, others)
    if others is not None:  # one of many walks, by which the number of lines is chosen
        return _walk_down(walk, rising, replace(budget, lines=len(rising) - 1), quick=True)

    return _walk_down(walk, rising, budget)


def fit_linear_model(terms: FitTerms) -> LineModel:
    """The base alone, of all coordinates."""
    d = len(terms.rows.X)
    start = LineModel(constant=0.0, weights=np.zeros(d), read=np.ones(d, dtype=np.bool_))
    return refit_slopes(start, terms)


def _walk_with_trends(
    walk: LineWalk, linear: LineModel, budget: LineBudget, read: NDArray[np.bool_]
) -> list[LineModel]:
    """Lines chosen as if there were no trends, and both sides of each; then those go that are
    missed least once the trends are kept.

    Added one at a time within the trends, lines soon are in one another's way: where several
    columns' slopes have no room left, none helps alone.
    """
    terms = walk.terms
    columns = tuple(replace(column, trend=0) for column in terms.columns)
    free = LineWalk(replace(terms, columns=columns), walk.options, read)
    start = refit_slopes(linear, free.terms)
    chosen = _walk_up(free, start, max(1, round(_CHOSEN * budget.lines)), None)[-1]
    lines = [line for each in chosen.lines for line in list_sides(each, terms.columns)]
    model = refit_slopes(replace(chosen, lines=tuple(lines)), terms)
    rising = [linear, refine_lines(model, terms, _TREND_STEPS)]

    return _walk_down(walk, rising, budget)


def list_sides(line: HingeLine, columns: Sequence[LineColumn]) -> list[HingeLine]:
    """The line, and what lies on its other side where it reads a column with a trend."""
    if not any(columns[number].trend for number in line.columns):
        return [line]
    return [line, replace(line, weights=-line.weights, bound=-line.bound)]


def _walk_up(
    walk: LineWalk, model: LineModel, count: int, others: LineRows | None
) -> list[LineModel]:
    found, best, waited = [model], np.inf, 0
    while len(found) <= count and not walk.options.deadline.is_over():
        more = walk.add(found[-1])
        if more is None:
            break
        found.append(more)
        walk.options.told(len(more))
        if others is not None:
            loss = others.loss(more.evaluate(others.X))
            best, waited = (loss, 0) if loss < best else (best, waited + 1)
            if waited >= _PATIENCE:
                break

    return found


def _walk_down(
    walk: LineWalk, rising: list[LineModel], budget: LineBudget, *, quick: bool = False
) -> list[LineModel]:
    """The better one of both ways for every number of lines, with lines exchanged unless quick."""
    count = budget.lines
    best = {len(model): model for model in rising if len(model) <= count}
    model = rising[-1]
    exchanged = {round(count * share) for share in _EXCHANGED}

    while len(model):
        if len(model) <= count:
            model = min(model, best.get(len(model), model), key=walk.measure)
            if not quick and len(model) in exchanged:
                rounds = _ROUNDS if len(model) == count else _FEW_ROUNDS
                model = walk.exchange(model, rounds)
            if not quick and len(model) == count:
                model = walk.renew(model, _RENEWALS, budget.seed)
            best[len(model)] = model
            if walk.options.deadline.is_over():
                break
        walk.options.told(len(model))
        model = walk.drop(model)

    return [best[number] for number in sorted(best)]


def choose_columns(
    linear: LineModel, terms: FitTerms, budget: LineBudget, options: WalkOptions
) -> NDArray[np.bool_]:
    """(columns,) which columns may be read: those of a model with few lines that are missed least
    go first, until the budget is kept.
    """
    read = np.ones(len(terms.columns), dtype=np.bool_)
    if budget.columns is None or budget.columns >= len(read):
        return read

    scouted = replace(terms, rows=take_evenly(terms.rows, _SCOUTED_ROWS))
    walk = LineWalk(scouted, options, read)
    model = _walk_up(walk, linear, min(_SCOUTS, budget.lines), None)[-1]

    while read.sum() > budget.columns:
        tried = []
        for number in np.flatnonzero(read).tolist():
            less = read.copy()
            less[number] = False
            smaller = refit_slopes(restrict_model(model, terms.columns, less), scouted, 2)
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
