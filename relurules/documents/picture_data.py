"""The numbers of pictures as tables: curves, maps of pairs, a waterfall."""

from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.documents.context import build_additive_context
from relurules.documents.heat_maps import measure_pair
from relurules.ir import AdditiveRules, RuleSet
from relurules.validation.bands import name_category
from relurules.validation.contributions import ContributionSample
from relurules.wording.phrases import Phrase

if TYPE_CHECKING:
    import pandas


def list_picture_tables(
    rules: RuleSet | AdditiveRules, sample: ContributionSample | None = None
) -> dict[str, "pandas.DataFrame"]:
    """Name -> table: of lines the corners of curves, and points of categories, and the waterfall of
    the typical row; of any rules contributions of sampled rows.
    """
    import pandas

    found: dict[str, pandas.DataFrame] = {}
    if isinstance(rules, AdditiveRules):
        found = {
            "curves": pandas.DataFrame(_list_curves(rules)),
            "pairs": pandas.DataFrame(_list_pairs(rules)),
            "waterfall": pandas.DataFrame(_list_steps(rules)),
        }
    if sample is not None:
        found["contributions"] = sample.to_frame()
    return {name: table for name, table in found.items() if len(table)}


def _list_curves(rules: AdditiveRules) -> list[dict[str, Any]]:
    """Corners, and the ends of the column's range, in what a column adds against the reference."""
    found: list[dict[str, Any]] = []
    for column, place in zip(rules.domain.columns, rules.domain.places, strict=True):
        if column.name in rules.curves:
            curve = rules.curves[column.name]
            ends = rules.domain.lower[place[0]], rules.domain.upper[place[0]]
            at = np.unique([*filter(np.isfinite, ends), *curve.breakpoints.tolist()])
            values = curve.evaluate(at)
            found += [
                {"column": column.name, "value": x, **dict(zip(rules.scores, row, strict=True))}
                for x, row in zip(at.tolist(), values.tolist(), strict=True)
            ]
        elif column.name in rules.points:
            points = np.asarray(rules.points[column.name]).reshape(len(column.categories), -1)
            found += [
                {"column": column.name, "value": name_category(category)}
                | dict(zip(rules.scores, row, strict=True))
                for category, row in zip(column.categories, points.tolist(), strict=True)
            ]

    return found


def _list_pairs(rules: AdditiveRules) -> list[dict[str, Any]]:
    """What two columns add together, on the grids that the document shows."""
    context = build_additive_context(rules)
    found = []
    for part in context.wording.parts:
        if len(part.part.columns) != 2 or (measured := measure_pair(context, part)) is None:
            continue
        (down, across), grid = measured
        one, other = (axis.span.column.name for axis in (down, across))
        found += [
            {"column": one, "value": _write_plain(down.names[i]), "other column": other}
            | {"other value": _write_plain(across.names[j])}
            | dict(zip(rules.scores, grid[i, j].tolist(), strict=True))
            for i, j in np.ndindex(*grid.shape[:2])
        ]

    return found


def _list_steps(rules: AdditiveRules) -> list[dict[str, Any]]:
    """From the reference's scores to those of the typical row, part by part."""
    if rules.evidence is None or rules.evidence.typical is None:
        return []
    row = rules.evidence.typical
    added = rules.evaluate_parts(row[None])[0] - rules.reference_parts
    steps = [(part.name, own) for part, own in zip(rules.parts, added, strict=True)]
    first = rules.base.constants + rules.reference_parts.sum(axis=0)
    total = first + added.sum(axis=0)

    return [
        {"step": name, **dict(zip(rules.scores, own.tolist(), strict=True))}
        for name, own in [("reference", first), *steps, ("score", total)]
    ]


def _write_plain(phrase: Phrase) -> str:
    """Values as they stand in a table, without quotes."""
    return "".join(piece.text for piece in phrase)
