"""What expressions read: the columns of the domain, as blocks of coordinates and as texts."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.rounding.analysis import RowInputs
from relurules.rounding.expression import ColumnValue, Expression, UnreadableError
from relurules.rounding.forms import Block, CategorySpan, Interval, NumberSpan

#: A value that is none of those that are known.
OTHER_WORD = "\0 any other value"


def make_row_inputs(artifact: Artifact, rules: RuleSet | AdditiveRules) -> RowInputs:
    """The blocks, and what tells a category: its values in SQL, its number in code, which only C
    lets be NaN.

    UnreadableError where a number has no bounds, or two numbers of the rules are one in the text.
    """
    domain, target = artifact.domain, artifact.target
    blocks, words = list[Block](), dict[int, list[tuple[str | float | None, ...]]]()
    for i, (column, places) in enumerate(zip(domain.columns, domain.places, strict=True)):
        if column.source:
            raise UnreadableError(
                f"column {column.name!r} says whether another one is missing, which isn't followed"
            )
        if not column.categories:
            blocks.append(_make_number(artifact, column.name, places.start))
            continue
        blocks.append(CategorySpan(tuple(range(places.start, places.stop))))
        words[i] = [
            (
                *(category.values if target == "sql" else (float(k),)),
                *([None] if category.missing and target in ("c", "sql") else []),
                *([OTHER_WORD] if category.other and target == "sql" else []),
            )
            for k, category in enumerate(column.categories)
        ]
        if target == "sql":
            words[i] = [own or (OTHER_WORD,) for own in words[i]]

    fills = {i: column.fill for i, column in enumerate(domain.columns) if column.fill is not None}
    short = artifact.number == "float"
    originals = _match_originals(rules) if short else {}

    return RowInputs(blocks=blocks, words=words, fills=fills, originals=originals)


def _make_number(artifact: Artifact, name: str, at: int) -> NumberSpan:
    domain = artifact.domain
    low, high = float(domain.lower[at]), float(domain.upper[at])
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UnreadableError(f"column {name!r} has no bounds; bound it with data= or domain=")
    if artifact.number == "float":  # ends are rounded as well
        low, high = min(low, float(np.float32(low))), max(high, float(np.float32(high)))
    return NumberSpan(at, Interval(Fraction(low), Fraction(high)), bool(domain.integer[at]))


def _match_originals(rules: RuleSet | AdditiveRules) -> dict[float, float]:
    """Magnitude in float32 -> that of the number of the rules which is rounded to it."""
    if isinstance(rules, AdditiveRules):
        arrays = [*rules.base, rules.normals, rules.bounds, rules.slopes]
    else:
        arrays = [*rules.maps, rules.tree.normals, rules.tree.offsets]
        net = rules.network
        arrays += [net.A, net.L, net.b, net.C, net.U, net.c, net.slope]
    found = dict[float, float]()
    for value in {abs(x) for array in arrays for x in np.ravel(array).tolist()}:
        if found.setdefault(float(np.float32(value)), value) != value:
            raise UnreadableError("two numbers of the rules are the same float32")

    return found


def name_inputs(artifact: Artifact) -> Mapping[str, Expression]:
    """How the text of an artefact names the columns: in C by number, elsewhere by name."""
    columns = [ColumnValue(i) for i in range(len(artifact.domain.columns))]
    if artifact.target == "c":
        return {f"x[{i}]": column for i, column in enumerate(columns)}
    names = [column.table_name for column in artifact.domain.columns]

    return dict(zip(names, columns, strict=True))
