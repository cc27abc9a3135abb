"""The largest effect of one column alone: a protected attribute, say."""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from relurules.asking.asked import Asked, attained, notes, rounding_room, where
from relurules.asking.changes import Largest, Pair, largest_change
from relurules.asking.columns import Asks, at_category, at_value, column_of, free_pair, place_of
from relurules.asking.targets import Target, target_of
from relurules.asking.witnesses import seated, witness_of
from relurules.errors import DataError
from relurules.ir.answers import Answer, Grid, Witness, bound_words, number
from relurules.ir.network import Array


class Shown(NamedTuple):
    """A change: a bound on it, and the rows found near it, with the change between them."""

    bound: float
    reached: float | None
    rows: tuple[Witness, ...]
    complete: bool


def effect(asked: Asked) -> Answer:
    """How far the output can change where one column changes, all else equal."""
    target, column = target_of(asked.ground, asked.output), column_of(asked.ground, asked.feature)
    if column.categories and asked.values is None:
        return categories_answer(asked, target, column, "effect")
    if asked.values is not None:
        pair, said = _given_pair(asked, column)
        rises, falls = (_change(asked, target, pair, sign, said) for sign in (1.0, -1.0))
    else:
        free = free_pair(asked.ground, column, rising=False)
        words = (column.name, "one value to another")
        rises = Shown(0.0, 0.0, (), True) if free is None else _change(asked, target, free, 1.0, words)
        falls = rises
    if max(rises.bound, falls.bound) == -np.inf:
        raise DataError("no row of the domain can have both values, all else equal, under these conditions")
    worst = rises if rises.bound >= falls.bound else falls
    what = target.score or target.name
    size = max(rises.bound, falls.bound, 0.0)
    values: dict[str, Any] = {
        "output": target.name, "score": what, "feature": column.name, "largest": size, "reached": worst.reached,
        "outputs": _outputs(worst, target),
    }  # fmt: skip
    change = f"from {asked.values[0]} to {asked.values[1]}" if asked.values else "to any other value"
    if asked.values:
        values |= {"rise": rises.bound, "fall": falls.bound}
    exact = attained(worst.bound, worst.reached, worst.bound, rounding_room(asked, target))
    said_ = f"Changing {column.name} alone {change} moves {what} by at most {bound_words(size, up=True)}{where(asked)}."
    if asked.values:
        ends = bound_words(rises.bound, up=True), bound_words(falls.bound, up=True)
        said_ += f" It rises by {ends[0]} at most, and falls by {ends[1]}."
    closing = () if rises.complete and falls.complete else (_UNFINISHED,)
    return Answer("effect", said_, None, values, exact, worst.rows, notes(asked, target, exact=exact, closing=closing))


_UNFINISHED = (
    "There were too many pieces, or too little time, to compare all of them: for the rest, the ranges of their scores "
    "were used."
)


def _outputs(shown: Shown, target: Target) -> list[float] | None:
    if not shown.rows or target.name not in shown.rows[0].outputs:
        return None
    return [witness.outputs[target.name] for witness in shown.rows]


def _given_pair(asked: Asked, column: Asks) -> tuple[Pair, tuple[str, str]]:
    assert asked.values is not None  # noqa: S101  # asked with values
    one, other = asked.values
    if column.categories:
        places = [place_of(column, value) for value in (one, other)]
        first, second = (at_category(asked.ground, column, place) for place in places)
        return Pair(first, second), (str(one), str(other))
    try:
        numbers = [float(value) for value in (one, other)]
    except ValueError as error:
        raise DataError(f"{column.name!r} is a number; found the values {one!r} and {other!r}") from error
    first, second = (at_value(asked.ground, column, value) for value in numbers)
    return Pair(first, second), (str(one), str(other))


def categories_answer(asked: Asked, target: Target, column: Asks, question: str) -> Answer:
    """From every category to every other: between which numbers the change lies, all else equal."""
    places = list(column.categories)
    spaces = {place: at_category(asked.ground, column, place) for place in places}
    rows, values, worst = [], dict[str, Any](), Shown(-np.inf, None, (), True)
    complete, ordered = True, True
    for one, other in combinations(places, 2):
        names = column.categories[one], column.categories[other]
        pair = Pair(spaces[one], spaces[other])
        rises, falls = (_change(asked, target, pair, sign, names) for sign in (1.0, -1.0))
        complete &= rises.complete and falls.complete
        if rises.bound == -np.inf:
            continue
        rows.append((names[0], names[1], bound_words(-falls.bound, up=False), bound_words(rises.bound, up=True)))
        values[f"{names[0]} -> {names[1]}"] = {"low": -falls.bound, "high": rises.bound}
        ordered &= rises.bound <= 0 or falls.bound <= 0
        for found in (rises, falls):
            worst = found if found.bound > worst.bound else worst
    if question == "monotone" and not complete and not ordered:
        asked.ground.deadline.check(f"comparing the categories of {column.name}")
    what, size = target.score or target.name, max(0.0, worst.bound)
    exact = not rows or attained(worst.bound, worst.reached, worst.bound, rounding_room(asked, target))
    said = f"Changing {column.name} alone moves {what} by at most {bound_words(size, up=True)}{where(asked)}."
    if question == "monotone":
        said = ("Yes: every change of category has one direction. " if ordered else
                "No: some change of category raises it for some rows and lowers it for others. ") + said  # fmt: skip
    grid = Grid(("from", "to", "changes it by no less than", "and no more than"), tuple(rows))
    found_values = {
        "output": target.name, "score": what, "feature": column.name, "largest": size, "reached": worst.reached,
        "changes": values, "outputs": _outputs(worst, target),
    }  # fmt: skip
    closing = () if complete else (_UNFINISHED,)
    return Answer(
        question, said, ordered if question == "monotone" else None, found_values, exact, worst.rows,
        notes(asked, target, exact=exact, closing=closing), grid if rows else None,
    )  # fmt: skip


def _change(asked: Asked, target: Target, pair: Pair, sign: float, names: tuple[str, str]) -> Shown:
    ground = asked.ground
    found: Largest = largest_change(ground, target, pair, sign, integers=asked.integers)
    if found.point is None or found.polytope is None:
        return Shown(found.bound, None, (), found.complete)

    def value(rows: Array) -> Array:
        scores = target.of(ground.rules.predict_scores(rows))
        return np.asarray(sign * (scores[1] - scores[0]))

    seat = seated(ground, pair[:2], found.polytope, found.point, value)
    if seat is None:
        return Shown(found.bound, None, (), found.complete)
    (before, after), reached = seat
    shown = (
        witness_of(ground, target, before, f"from {names[0]}" if names[1] != "one value to another" else "from"),
        witness_of(
            ground,
            target,
            after,
            f"to {names[1]}, {number(sign * reached)} away" if names[1] != "one value to another" else "to",
        ),
    )
    return Shown(found.bound, reached, shown, found.complete)
