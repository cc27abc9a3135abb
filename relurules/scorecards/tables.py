"""A scorecard as a table, a row per range, category and line, and as JSON."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.scorecards.card import PointChoices, PointCurve, PointLines, Scorecard

if TYPE_CHECKING:
    import pandas

#: Columns of the table.
_COLUMNS = (
    "part",
    "from",
    "to",
    "category",
    "line",
    "points",
    "points_from",
    "points_to",
    "per_unit",
)


def tabulate_card(card: Scorecard) -> "pandas.DataFrame":
    """One row per range (from, to, points at both ends, per unit), category (points) and line (what
    it counts, per unit); the first row is the start.
    """
    import pandas

    rows: list[dict[str, Any]] = [{"part": "start", "points": card.start}]
    for part in card.parts:
        if isinstance(part, PointCurve):
            rows += _tabulate_curve(part)
        elif isinstance(part, PointChoices):
            rows += [
                {"part": part.name, "category": category, "points": points}
                for category, points in zip(part.categories, part.points.tolist(), strict=True)
            ]
        else:
            rows += [
                {"part": part.name, "line": line.text, "per_unit": line.per_unit}
                for line in part.lines
            ]
    return pandas.DataFrame(rows, columns=list(_COLUMNS))


def _tabulate_curve(part: PointCurve) -> Iterator[dict[str, Any]]:
    """Ranges from low to high; beyond the last breakpoint of an open side there are no points."""
    knots, points = part.breakpoints.tolist(), part.points.tolist()
    if part.open_below:
        yield {
            "part": part.name,
            "to": knots[0],
            "points_to": points[0],
            "per_unit": part.below,
        }
    for i, slope in enumerate(part.per_unit.tolist()):
        yield {
            "part": part.name,
            "from": knots[i],
            "to": knots[i + 1],
            "points_from": points[i],
            "points_to": points[i + 1],
            "per_unit": slope,
        }
    if part.open_above:
        yield {
            "part": part.name,
            "from": knots[-1],
            "points_from": points[-1],
            "per_unit": part.above,
        }
    if len(knots) == 1 and not (part.open_below or part.open_above):
        yield {"part": part.name, "from": knots[0], "to": knots[0], "points": points[0]}


def describe_card(card: Scorecard) -> dict[str, Any]:
    """All that is needed to compute points; a bound that there is none of is None."""
    scaling, data = card.scaling, card.data
    return {
        "label": card.label,
        "pdo": scaling.pdo,
        "base": scaling.base,
        "odds": scaling.odds,
        "factor": scaling.factor,
        "whole": scaling.whole,
        "favourable": card.favourable_label,
        "adverse": card.adverse_label,
        "cutoff": card.cutoff,
        "start": card.start,
        "parts": [_describe_part(card, part) for part in card.parts],
        "rounding": {
            "points": _keep_finite(card.rounding),
            "score": _keep_finite(card.score_rounding),
            "probability": card.output_rounding,
        },
        "data": None
        if data is None
        else {
            "rows": data.rows,
            "largest": data.largest,
            "changed": [
                {"row": row, "rules": own, "card": other}
                for row, (own, other) in zip(data.changed, data.classes, strict=True)
            ],
        },
    }


def _describe_part(card: Scorecard, part: PointCurve | PointChoices | PointLines) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": part.name,
        "columns": list(part.columns),
        "rounding": _keep_finite(part.rounding),
    }
    if isinstance(part, PointCurve):
        # A rounded breakpoint may lie within the domain, whose rows beyond it have points too.
        low, high = card.domain.lower[part.at], card.domain.upper[part.at]
        return {
            **found,
            "breakpoints": part.breakpoints.tolist(),
            "points": part.points.tolist(),
            "below": part.below if low < part.breakpoints[0] else None,
            "above": part.above if high > part.breakpoints[-1] else None,
        }
    if isinstance(part, PointChoices):
        pairs = zip(part.categories, part.points.tolist(), strict=True)
        return {**found, "points": [{"category": name, "points": own} for name, own in pairs]}

    return {
        **found,
        "lines": [
            {
                "number": line.number,
                "text": line.text,
                "coefficients": {
                    card.domain.names[j]: float(line.normal[j])
                    for j in np.flatnonzero(line.normal).tolist()
                },
                "bound": line.bound,
                "per_unit": line.per_unit,
            }
            for line in part.lines
        ],
    }


def _keep_finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
