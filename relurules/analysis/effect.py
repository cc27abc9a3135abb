"""The largest effect of one column alone: a protected attribute, say."""

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from relurules.analysis.changes import (
    LargestChange,
    RowPair,
    find_largest_change,
    make_change_cell,
)
from relurules.analysis.columns import (
    find_category_place,
    find_column,
    fix_category,
    fix_number,
    make_free_pair,
)
from relurules.analysis.line_changes import find_line_change
from relurules.analysis.plain_rows import RowClaim, choose_plain_rows, note_fractions
from relurules.analysis.question import (
    Question,
    bound_rounding,
    compose_notes,
    describe_conditions,
    is_attained,
    measure_attained,
)
from relurules.analysis.restricted import TableColumn
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.targets import ScoreTarget, find_target
from relurules.analysis.witnesses import find_admissible_rows, make_witness
from relurules.errors import DataError
from relurules.ir.answers import Answer, Grid, Witness, format_bound, format_number
from relurules.ir.network import Array
from relurules.lp import Polytope

#: Shares of the time that is left: for a change, for the last one, and for first searches of all of
#: a column's.
_SHARE, _REST, _FIRST = 0.5, 0.9, 0.4


class ColumnChange(NamedTuple):
    """A change: a bound on it, and the rows found near it, with the change between them."""

    bound: float
    reached: float | None
    rows: tuple[Witness, ...]
    complete: bool


def answer_effect(asked: Question) -> Answer:
    """How far the output can change where one column changes, all else equal."""
    target, column = (
        find_target(asked.ground, asked.output),
        find_column(asked.ground, asked.feature),
    )
    if column.categories and asked.values is None:
        return answer_for_categories(asked, target, column, "effect")
    if asked.values is not None:
        pair, said = _make_value_pair(asked, column)
        rises = _measure_change(asked, target, pair, 1.0, said)
        falls = _measure_change(asked, target, pair, -1.0, said, _REST)
    else:
        free = make_free_pair(asked.ground, column, rising=False)
        words = (column.name, "one value to another")
        rises = (
            ColumnChange(0.0, 0.0, (), True)
            if free is None
            else _measure_change(asked, target, free, 1.0, words)
        )
        falls = rises

    if max(rises.bound, falls.bound) == -np.inf:
        raise DataError(
            "no row of the domain can have both values, all else equal, under these conditions"
        )

    worst = rises if rises.bound >= falls.bound else falls
    what = target.score or target.name
    size = max(rises.bound, falls.bound, 0.0)
    values: dict[str, Any] = {
        "output": target.name,
        "score": what,
        "feature": column.name,
        "largest": size,
        "reached": worst.reached,
        "outputs": _list_outputs(worst, target),
    }
    change = (
        f"from {asked.values[0]} to {asked.values[1]}" if asked.values else "to any other value"
    )

    if asked.values:
        values |= {"rise": rises.bound, "fall": falls.bound}

    exact = is_attained(worst.bound, worst.reached, worst.bound, bound_rounding(asked, target))
    said_ = (
        f"Changing {column.name} alone {change} moves {what} by at most "
        f"{format_bound(size, up=True)}{describe_conditions(asked)}."
    )

    if asked.values:
        said_ += f" {_describe_ends(rises.bound, falls.bound)}"

    closing = () if rises.complete and falls.complete else (_UNFINISHED,)
    held = (column.name,) if asked.values else ()
    notes = note_fractions(asked.ground, worst.rows, held=held)
    return Answer(
        "effect",
        said_,
        None,
        values,
        exact,
        worst.rows,
        compose_notes(asked, target, exact=exact, closing=(*closing, *notes)),
    )


_UNFINISHED = (
    "There were too many pieces, or too little time, to compare all of them: for the rest, the "
    "ranges of their scores were used."
)


def _describe_ends(rise: float, fall: float) -> str:
    """By how much it rises and falls at most; a negative number is the least the other way."""
    if fall < 0 <= rise:
        return _describe_one_way("rises", -fall, rise)
    if rise < 0 <= fall:
        return _describe_one_way("falls", -rise, fall)
    ends = format_bound(rise, up=True), format_bound(fall, up=True)
    return f"It rises by {ends[0]} at most, and falls by {ends[1]}."


def _describe_one_way(word: str, least: float, most: float) -> str:
    low, high = format_bound(least, up=False), format_bound(most, up=True)
    size = high if low == high else f"at least {low} and at most {high}"
    return f"It always {word}, by {size}."


def _list_outputs(shown: ColumnChange, target: ScoreTarget) -> list[float] | None:
    if not shown.rows or target.name not in shown.rows[0].outputs:
        return None
    return [float(witness.outputs[target.name]) for witness in shown.rows]


def _make_value_pair(asked: Question, column: TableColumn) -> tuple[RowPair, tuple[str, str]]:
    assert asked.values is not None  # noqa: S101  # asked with values
    one, other = asked.values
    if column.categories:
        places = [find_category_place(column, value) for value in (one, other)]
        first, second = (fix_category(asked.ground, column, place) for place in places)
        return RowPair(first, second, column, None, (places[0], places[1])), (str(one), str(other))

    try:
        numbers = [float(value) for value in (one, other)]
    except ValueError as error:
        raise DataError(
            f"{column.name!r} is a number; found the values {one!r} and {other!r}"
        ) from error

    first, second = (fix_number(asked.ground, column, value) for value in numbers)
    held = numbers[0], numbers[1]
    return RowPair(first, second, column, None, held), (str(one), str(other))


def answer_for_categories(
    asked: Question, target: ScoreTarget, column: TableColumn, question: str
) -> Answer:
    """From every category to every other: between which numbers the change lies, all else equal."""
    pairs = _measure_pairs(asked, target, column)
    rows, values, worst = [], dict[str, Any](), ColumnChange(-np.inf, None, (), True)
    complete, ordered, both = True, True, False
    small = bound_rounding(asked, target)

    for names, rises, falls in pairs:
        complete &= rises.complete and falls.complete
        if rises.bound == -np.inf:
            continue
        low, high = format_bound(-falls.bound, up=False), format_bound(rises.bound, up=True)
        rows.append((*names, low, high))
        values[f"{names[0]} -> {names[1]}"] = {"low": -falls.bound, "high": rises.bound}
        ordered &= rises.bound <= 0 or falls.bound <= 0
        both |= all(one.reached is not None and one.reached > small for one in (rises, falls))
        for found in (rises, falls):
            worst = found if found.bound > worst.bound else worst

    if question == "monotone" and not complete and not ordered and not both:
        asked.ground.deadline.check(f"comparing the categories of {column.name}")

    what, size = target.score or target.name, max(0.0, worst.bound)
    exact = not rows or is_attained(worst.bound, worst.reached, worst.bound, small)
    said = (
        f"Changing {column.name} alone moves {what} by at most "
        f"{format_bound(size, up=True)}{describe_conditions(asked)}."
    )

    if question == "monotone":
        said = ("Yes: every change of category has one direction. " if ordered else
                ("No: some change of category raises it for some rows and lowers it for "
                "others. ")) + said  # fmt: skip

    grid = Grid(("from", "to", "changes it by no less than", "and no more than"), tuple(rows))
    found_values = {
        "output": target.name,
        "score": what,
        "feature": column.name,
        "largest": size,
        "reached": worst.reached,
        "changes": values,
        "outputs": _list_outputs(worst, target),
    }
    closing = () if complete else (_UNFINISHED,)
    closing = (*closing, *note_fractions(asked.ground, worst.rows))

    return Answer(
        question,
        said,
        ordered if question == "monotone" else None,
        found_values,
        exact,
        worst.rows,
        compose_notes(asked, target, exact=exact, closing=closing),
        grid if rows else None,
    )


def _measure_pairs(
    asked: Question, target: ScoreTarget, column: TableColumn
) -> list[tuple[tuple[str, str], ColumnChange, ColumnChange]]:
    """Names of every two categories, and how far a change from the first to the second raises the
    score, and lowers it.

    Where there is little time, every change of lines gets some of it before those get more that may
    be the largest, or whose direction isn't known.
    """
    spaces = {place: fix_category(asked.ground, column, place) for place in column.categories}
    pairs = [
        RowPair(spaces[one], spaces[other], column, None, (one, other))
        for one, other in combinations(column.categories, 2)
    ]
    names = [(column.categories[i], column.categories[j]) for i, j in combinations(spaces, 2)]
    keys = [(i, sign) for i in range(len(pairs)) for sign in (1.0, -1.0)]

    def measure(key: tuple[int, float], share: float) -> ColumnChange:
        return _measure_change(asked, target, pairs[key[0]], key[1], names[key[0]], share)

    deadline, found = asked.ground.deadline, dict[tuple[int, float], ColumnChange]()
    for turn, key in enumerate(keys):
        found[key] = measure(key, _FIRST / (len(keys) - turn))

    again = isinstance(asked.ground, RestrictedLines) and deadline.is_set
    for key in sorted(keys, key=lambda one: -found[one].bound) if again else ():
        if _is_undecided(found[key], found.values()) and not deadline.is_over():
            found[key] = _join_changes(found[key], measure(key, _SHARE))

    return [(name, found[i, 1.0], found[i, -1.0]) for i, name in enumerate(names)]


def _is_undecided(one: ColumnChange, every: Iterable[ColumnChange]) -> bool:
    """Whether a change whose search ended early may be the largest of all, or may be of none."""
    most = max((found.reached for found in every if found.reached is not None), default=0.0)
    own = -np.inf if one.reached is None else one.reached
    large = one.bound > most + measure_attained(one.bound, one.bound)
    return not one.complete and (large or own <= 0.0 < one.bound)


def _join_changes(one: ColumnChange, other: ColumnChange) -> ColumnChange:
    """What two searches for the same change found."""
    best = max(one, other, key=lambda found: -np.inf if found.reached is None else found.reached)
    return best._replace(bound=min(one.bound, other.bound), complete=one.complete or other.complete)


class _ChangedRows(NamedTuple):
    """Rows (2, d) near the largest change, None where none were found; cell: where to look for
    plainer ones.
    """

    bound: float
    rows: Array | None
    complete: bool
    cell: tuple[Polytope, Array] | None = None


def _find_changed_rows(
    asked: Question,
    target: ScoreTarget,
    pair: RowPair,
    sign: float,
    value: Callable[[Array], Array],
    share: float,
) -> _ChangedRows:
    if isinstance(asked.ground, RestrictedLines):
        lines, part = asked.ground, asked.ground.deadline.share(share)
        return _ChangedRows(
            *find_line_change(lines, target, pair, sign, integers=asked.integers, deadline=part)
        )

    ground = asked.branches
    found: LargestChange = find_largest_change(ground, target, pair, sign, integers=asked.integers)
    if found.point is None or found.polytope is None:
        return _ChangedRows(found.bound, None, found.complete)
    seat = find_admissible_rows(ground, pair[:2], found.polytope, found.point, value)
    if seat is None:
        return _ChangedRows(found.bound, None, found.complete)
    cell = make_change_cell(ground, target, pair, sign, seat[0], found.polytope)
    return _ChangedRows(found.bound, seat[0], found.complete, cell)


def _measure_change(
    asked: Question, target: ScoreTarget, pair: RowPair, sign: float, names: tuple[str, str],
    share: float = _SHARE,
) -> ColumnChange:  # fmt: skip
    """The largest change of one sign. share: of the time that is left, for lines."""
    ground = asked.ground

    def value(rows: Array) -> Array:
        scores = target.of(ground.rules.predict_scores(rows))
        return np.asarray(sign * (scores[1] - scores[0]))

    found = _find_changed_rows(asked, target, pair, sign, value, share)
    if found.rows is None:
        return ColumnChange(found.bound, None, (), found.complete)

    least = float(value(found.rows))
    if is_attained(found.bound, least, found.bound, small := bound_rounding(asked, target)):
        least = min(least, found.bound - measure_attained(found.bound, found.bound) - small)
    claim = RowClaim(value=value, least=least)
    before, after = choose_plain_rows(ground, pair[:2], found.rows, claim, found.cell)
    reached = float(value(np.array([before, after])))
    shown = (
        make_witness(
            ground,
            target,
            before,
            f"from {names[0]}" if names[1] != "one value to another" else "from",
        ),
        make_witness(
            ground,
            target,
            after,
            f"to {names[1]}, {format_number(sign * reached)} away"
            if names[1] != "one value to another"
            else "to",
        ),
    )

    return ColumnChange(found.bound, reached, shown, found.complete)
