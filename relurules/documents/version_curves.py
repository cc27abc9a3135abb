"""What columns add in two versions, one curve over the other, and points side by side."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from relurules.documents.curve_plots import draw_curves
from relurules.documents.document import Block, Paragraph, PartCard, Section, Table
from relurules.ir import AdditiveRules, Scorer
from relurules.ir.coordinate_rules import take_coordinates
from relurules.ir.network import Array
from relurules.wording import phrases as p
from relurules.wording.numbers import format_number
from relurules.wording.phrases import Phrase

#: Digits of points.
_DIGITS = 4
#: Changes below this share of the points are rounding.
_ROUNDING = 1e-12


class _Sides(NamedTuple):
    """Both versions, whose scores are called the same; score: whose points are shown."""

    old: AdditiveRules
    new: AdditiveRules
    names: tuple[str, str]
    score: int


def build_version_curves(old: Scorer, new: Scorer, names: tuple[str, str]) -> Section | None:
    """Of lines alone; None where no column adds anything else than before."""
    if not isinstance(old, AdditiveRules) or not isinstance(new, AdditiveRules):
        return None
    cards = list[PartCard]()
    for score, name in enumerate(old.scores):
        if name not in new.scores or len(old.scores) != len(new.scores):
            continue
        sides = _Sides(old, new, names, score)
        cards += _list_cards(sides)
    starts = _tabulate_starts(old, new, names)
    if not cards and not starts:
        return None
    said = (
        "Both are measured from the reference of the first version. Columns that aren't listed add "
        "the same in both by themselves."
    )
    return Section(
        "curves", "Column by column", (Paragraph(p.text(said)), *starts), parts=tuple(cards)
    )


def _tabulate_starts(old: AdditiveRules, new: AdditiveRules, names: tuple[str, str]) -> list[Block]:
    """The scores of the first one's reference by both, where the second one takes it."""
    if old.domain.columns != new.domain.columns or old.scores != new.scores:
        return []
    x = old.reference.values[None]
    scores = [take_coordinates(side).predict_scores(x)[0] for side in (old, new)]
    if not np.isfinite(scores).all():
        return []
    rows = tuple(
        (p.name(name), _phrase_points(one), _phrase_points(other))
        for name, one, other in zip(old.scores, *(s.tolist() for s in scores), strict=True)
    )
    caption = "Where scores start: at the reference of the first version"
    return [Table(caption, ("Score", *names), rows, (False, True, True))]


def _list_cards(sides: _Sides) -> Iterator[PartCard]:
    columns = {
        column.name: column for column in (*sides.old.domain.columns, *sides.new.domain.columns)
    }
    places = {name: number for number, name in enumerate(columns, 1)}
    for name, column in columns.items():
        known = [name in side.domain.names or column.categories for side in sides[:2]]
        blocks = _tabulate_points(sides, name) if column.categories else _draw_column(sides, name)
        if not all(known) or not blocks:
            continue
        of = f" of {sides.old.scores[sides.score]}" if len(sides.old.scores) > 1 else ""
        title = (*p.name(name), *p.text(of))
        yield PartCard(f"column-{places[name]}-{sides.score + 1}", title, (), tuple(blocks))


def _draw_column(sides: _Sides, name: str) -> list[Block]:
    """The curves of a number column, as a picture and as a table; nothing where they are alike."""
    ends = [_find_ends(side, name) for side in sides[:2]]
    if None in ends:
        return []
    low, high = max(end[0] for end in ends if end), min(end[1] for end in ends if end)
    kinks = {
        float(x) for side in sides[:2] if name in side.curves for x in side.curves[name].breakpoints
    }
    at = sorted(
        {*(x for x in kinks if low <= x <= high), *(x for x in (low, high) if np.isfinite(x))}
    )
    if len(at) < 2:
        at = [*at, *(x + 1.0 for x in at[-1:])]
    places = np.array(at)
    values = np.column_stack([_evaluate(side, sides, name, places) for side in sides[:2]])
    if not at or np.array_equal(values[:, 0], values[:, 1]):
        return []

    rows = tuple(
        (p.number(format_number(x)), *map(_phrase_points, pair), _phrase_change(*pair))
        for x, pair in zip(at, values.tolist(), strict=True)
    )
    header = (name, *sides.names, "Change")
    table = Table("Points where a curve bends or ends", header, rows, (True,) * 4)
    plot = draw_curves(places, values, sides.names)

    return [table] if plot is None else [plot, table]


def _find_ends(side: AdditiveRules, name: str) -> tuple[float, float] | None:
    """Its range; None where the side has no such column."""
    if name not in side.domain.names:
        return None
    j = side.domain.names.index(name)
    return float(side.domain.lower[j]), float(side.domain.upper[j])


def _evaluate(side: AdditiveRules, sides: _Sides, name: str, at: Array) -> Array:
    """(n,) points of a side, beside the first one's reference."""
    if name not in side.curves:
        return np.zeros(len(at))
    curve, old = side.curves[name], sides.old
    start = old.reference.values[[old.domain.names.index(name)]]
    return np.asarray(curve.evaluate(at)[:, sides.score] - curve.evaluate(start)[:, sides.score])


def _tabulate_points(sides: _Sides, name: str) -> list[Block]:
    """Category by category; nothing where all are alike."""
    found = [_list_points(side, sides, name) for side in sides[:2]]
    if found[0] == found[1]:
        return []
    rows = tuple(
        (
            p.text(member),
            *(p.text("\u2013") if v is None else _phrase_points(v) for v in pair),
            p.text("\u2013") if None in pair else _phrase_change(*pair),  # type: ignore[arg-type]
        )
        for member in dict.fromkeys([*found[0], *found[1]])
        for pair in [(found[0].get(member), found[1].get(member))]
    )
    return [
        Table(
            "Points of each category",
            (name, *sides.names, "Change"),
            rows,
            (False, True, True, True),
        )
    ]


def _list_points(side: AdditiveRules, sides: _Sides, name: str) -> dict[str, float]:
    columns = [column.name for column in side.domain.columns]
    if name not in columns:
        return {}
    column = side.domain.columns[columns.index(name)]
    points = side.points.get(name)
    values = np.zeros(column.width) if points is None else points[:, sides.score]
    return {
        " or ".join(one.members): float(value) - _average(side, sides, name, values)
        for one, value in zip(column.categories, values, strict=True)
    }


def _average(side: AdditiveRules, sides: _Sides, name: str, values: Array) -> float:
    """What the first one's reference has of a side's points; 0 where its categories are others."""
    old = sides.old.domain
    columns = [column.name for column in old.columns]
    if side is sides.old or name not in columns:
        return 0.0
    at = old.places[columns.index(name)]
    shares = sides.old.reference.values[list(at)]
    return float(shares @ values) if len(shares) == len(values) else 0.0


def _phrase_change(old: float, new: float) -> Phrase:
    change = new - old
    near = abs(change) <= _ROUNDING * max(abs(old), abs(new), 1.0)
    return _phrase_points(0.0 if near else change)


def _phrase_points(value: float) -> Phrase:
    return p.number(f"{value + 0.0:.{_DIGITS}g}")
