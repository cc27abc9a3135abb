"""Two rule sets over one domain: how far apart they are, exactly, on every part that a rule of each
shares.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from relurules.analysis.decision_comparison import CLASSES, DecisionComparer
from relurules.analysis.goals import classify_rows, list_class_names
from relurules.analysis.line_comparison import compare_lines
from relurules.analysis.part_comparison import DifferentPart, PartComparison, search_parts
from relurules.analysis.plain_rows import (
    RowClaim,
    choose_plain_rows,
    describe_fractions,
    find_best_row,
    find_fractions,
    list_fractional_columns,
)
from relurules.analysis.rule_cells import RestrictedRules
from relurules.analysis.shared_columns import share_columns
from relurules.analysis.witnesses import find_admissible_rows
from relurules.domain import Domain
from relurules.domain.encoding import decode_rows
from relurules.errors import DataError, DomainError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.coordinate_rules import take_coordinates
from relurules.ir.difference import (
    DataDifference,
    Difference,
    Gap,
    RowComparison,
    RuleMatch,
    RuleWithoutMatch,
)
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.wording.coverage import describe_missing

#: Tolerance where none is given, as a share of the scores' terms.
_TOLERANCE = 1e-9
#: Parts of the domain after which a comparison gives up.
_PARTS = 300_000
_INSTEAD = 12
#: A row shown for the largest difference has no less than this share less.
_NEAR = 1e-6


#: Rules of either kind.
Kind = RuleSet | AdditiveRules


def compare_rules(
    old: Kind, new: Kind, *, data: Any = None, tolerance: float | None = None,
    names: tuple[str, str] = ("old", "new"), most: int = _PARTS, deadline: Deadline = NEVER,
) -> Difference:  # fmt: skip
    """The difference of two rule sets over the domain that they share. data: a table, or (N, d)
    rows in coordinates.

    tolerance: in units of the scores, by default what rounding may make of them. DataError where
    columns, outputs or classes aren't the same, DomainError where the domains share no row. Every
    branch of the old rules' tree is cut by the new one's; on each part both are affine. At the
    deadline what was found is given, if that is anything; else OutOfTimeError.
    """
    old, new, wider = share_columns(*_share_output_name(old, new))
    _check_comparable(old, new)
    domain, notes = intersect_domains(old.domain, new.domain)
    notes = (*wider, *notes)
    data = None if data is None else domain.rows(data)
    old, new, domain = take_coordinates(old), take_coordinates(new), domain.taking_coordinates()
    if not (isinstance(old, RuleSet) and isinstance(new, RuleSet)):
        return compare_lines(
            old, new, domain, data=data, tolerance=tolerance, names=names, notes=notes,
            deadline=deadline,
        )  # fmt: skip
    sides = RestrictedRules(old, domain, deadline), RestrictedRules(new, domain, deadline)
    terms = [np.abs(g.weights) @ g.reach + np.abs(g.constants) for g in sides]
    tolerance = float(
        _TOLERANCE * np.max([t.max() for t in terms]) if tolerance is None else tolerance
    )
    found = PartComparison(sides, tolerance, len(old.scores) if old.decision is None else 0)
    complete = search_parts(found, most)

    if not found.parts and not complete:
        deadline.check("comparing the first part of the domain")
    if not found.parts and complete:
        raise DomainError("the domains of the two rule sets have no row in common")
    if _is_identical(old, new):
        found.bounds[:], found.slivers[:] = 0.0, 0.0
    return _build_difference(
        found, names, complete, notes, None if data is None else _compare_on_data(found, data), data
    )


def _share_output_name(old: Kind, new: Kind) -> tuple[Kind, Kind]:
    """Where one of the two was told no name of its only output, it has the other's."""
    unnamed = ("y",)
    if len(old.outputs) == len(new.outputs) == 1 and old.outputs != new.outputs:
        if old.outputs == unnamed:
            return replace(old, outputs=new.outputs), new
        if new.outputs == unnamed:
            return old, replace(new, outputs=old.outputs)
    return old, new


def _check_comparable(old: Kind, new: Kind) -> None:
    """DataError where there is nothing to compare, saying what differs."""
    for what, one, other in (
        ("one-hot groups", old.domain.groups, new.domain.groups),
        ("outputs", old.outputs, new.outputs),
        ("scores", old.scores, new.scores),
        ("links", old.heads, new.heads),
        ("decisions", old.decision, new.decision),
        ("classes", *_list_labels(old, new)),
    ):
        if one != other:
            raise DataError(
                f"the two have other {what}: {_shorten_text(one)} and {_shorten_text(other)}; "
                "these must be the same"
            )


def _list_labels(old: Kind, new: Kind) -> list[tuple[str, ...]]:
    """The labels of both, by which the same class is known; files of earlier versions have none."""
    if old.labels is None or new.labels is None:
        return [(), ()]
    return [tuple(map(repr, rules.labels.values)) for rules in (old, new) if rules.labels]


def _is_identical(old: RuleSet, new: RuleSet) -> bool:
    """Whether both are the same numbers throughout, and so predict the same to the last bit."""
    pairs = [
        (getattr(old.tree, name), getattr(new.tree, name))
        for name in ("normals", "offsets", "children")
    ]
    pairs += [(a.map.weights, b.map.weights) for a, b in zip(old, new, strict=False)]
    pairs += [(a.map.constants, b.map.constants) for a, b in zip(old, new, strict=False)]
    return len(old) == len(new) and all(np.array_equal(one, other) for one, other in pairs)


def _shorten_text(value: object) -> str:
    text = [getattr(part, "name", part) for part in value] if isinstance(value, tuple) else value
    return str(text)[:200]


def intersect_domains(old: Domain, new: Domain) -> tuple[Domain, tuple[str, ...]]:
    """The rows that both domains hold, and what to say of it; DomainError where there are none."""
    same = (
        np.array_equal(old.lower, new.lower)
        and np.array_equal(old.upper, new.upper)
        and np.array_equal(old.normals, new.normals)
        and np.array_equal(old.bounds, new.bounds)
    )

    if same:
        return replace(old, integer=old.integer & new.integer), ()

    lower, upper = np.maximum(old.lower, new.lower), np.minimum(old.upper, new.upper)
    for j in np.flatnonzero(lower > upper):
        raise DomainError(
            f"the two domains have no row in common: of {old.names[j]!r} they hold no value both"
        )

    domain = replace(
        old,
        lower=lower,
        upper=upper,
        integer=old.integer & new.integer,
        normals=np.vstack([old.normals, new.normals]),
        bounds=np.append(old.bounds, new.bounds),
        texts=(*old.texts, *new.texts),
    )

    return domain, ("compared where the two domains, which aren't the same, overlap",)


def _build_difference(
    found: PartComparison,
    names: tuple[str, str],
    complete: bool,
    notes: tuple[str, ...],
    data: DataDifference | None,
    rows: Array | None,
) -> Difference:
    old, new = (ground.rules for ground in found.sides)
    kept, changed, removed, added = _match_rules(found)
    judge = bool(list_class_names(found.sides[0]))
    place = _find_disagreement(found, rows)
    gaps = tuple(_list_gaps(found, complete, rows))
    more = [*notes, *_note_fractions(found, place, gaps)]
    if judge and len(list_class_names(found.sides[0])) > CLASSES and old.decision is None:
        more.append(
            f"of more than {CLASSES} classes, parts were compared at one point each: more of them "
            "may differ"
        )

    errors = [rules.score_error for rules in (old, new)]
    if max(errors) > 0 and old.decision is None:
        more.append(
            f"the rules are within {errors[0]:.3g} and {errors[1]:.3g} of their networks, whose "
            "own difference is larger by no more than the sum"
        )

    if not old.complete or not new.complete:
        more += [
            f"this holds only where both have a rule. {describe_missing(r)}"
            for r in (old, new)
            if not r.complete
        ]

    return Difference(
        names, (len(old), len(new)), found.tolerance, found.same,
        gaps, found.parts, found.differing, judge, place, data, kept,
        changed, removed, added, complete, tuple(more),
    )  # fmt: skip


def _mark_disagreement(found: PartComparison, rows: Array) -> Array:
    """(N,) 1 where both sets decide a row, and differently; NaN elsewhere."""
    one, other = (classify_rows(ground, rows) for ground in found.sides)
    return np.where((np.minimum(one, other) >= 0) & (one != other), 1.0, np.nan)


def _find_disagreement(found: PartComparison, data: Array | None) -> RowComparison | None:
    """A row that is decided differently: of the data, else of whole numbers, else any."""
    if not found.decided:
        return None

    ground = found.sides[0]
    number = find_best_row(ground.domain, data, lambda X: _mark_disagreement(found, X), 1.0)
    if number is not None and data is not None:
        return compare_at_row(found, data[number], number)

    best = None
    for at in found.decided:
        x = _find_plain_disagreement(found, at)
        if x is None:
            continue
        best = x if best is None else best
        if not list_fractional_columns(ground, [found.space], x[None]):
            return compare_at_row(found, x)
        if ground.deadline.is_over():
            break
    return None if best is None else compare_at_row(found, best)


def _find_plain_disagreement(found: PartComparison, at: DifferentPart) -> Array | None:
    """A row of a part that is decided differently, whole and of few digits where it can be."""
    ground, space = found.sides[0], [found.space]
    claim = RowClaim(value=lambda rows: _mark_disagreement(found, rows)[0], least=1.0)
    seat = find_admissible_rows(ground, space, at.part.polytope, at.point, claim.value)
    rows = None if seat is None else choose_plain_rows(ground, space, seat[0], claim)
    if rows is not None and not list_fractional_columns(ground, space, rows):
        return np.asarray(rows[0])

    judge = DecisionComparer.of(*found.sides, found.space, found.tolerance)
    if not found.scores or not judge.classes or ground.deadline.is_over():
        return None if rows is None else rows[0]
    point = judge.find_somewhere(at.old, at.part, integers=True)
    if point is not None:
        seat = find_admissible_rows(ground, space, at.part.polytope, point, claim.value)
        other = None if seat is None else choose_plain_rows(ground, space, seat[0], claim)
        if other is not None and not list_fractional_columns(ground, space, other):
            return np.asarray(other[0])
    return None if rows is None else rows[0]


def _note_fractions(
    found: PartComparison, place: RowComparison | None, gaps: tuple[Gap, ...]
) -> Iterator[str]:
    """What is said of rows shown that aren't whole where the data are."""
    places = [
        ("decided differently", place),
        *((f"difference of {g.score}", g.place) for g in gaps),
    ]
    for shows, one in places:
        if one is not None and one.data_row is None:
            columns = find_fractions(found.sides[0].domain, one.row)
            if columns:
                yield describe_fractions(shows, columns)


def _show_gap(
    found: PartComparison, score: int, data: Array | None
) -> tuple[float, RowComparison] | None:
    """The largest difference of a score that was found, and where; None where there is none."""
    best, ground, value = found.best[score], found.sides[0], _make_gap_function(found, score)
    if best.point is None or best.part is None or best.old is None:
        return None
    seat = find_admissible_rows(ground, [found.space], best.part.polytope, best.point, value)
    if seat is None:
        return None

    least = seat[1]
    if least > found.tolerance:
        near = min(least, (1.0 - _NEAR) * best.value)
        least = max(near, np.nextafter(found.tolerance, np.inf))
    number = find_best_row(ground.domain, data, lambda X: _measure_gaps(found, X)[:, score], least)
    if number is not None and data is not None:
        return float(value(data[[number]])), compare_at_row(found, data[number], number)

    old, new = found.sides
    form = found.space.forms(
        (new.weights[best.part.leaf] - old.weights[best.old.leaf])[[score]],
        (new.constants[best.part.leaf] - old.constants[best.old.leaf])[[score]],
    )[0]
    form = form if form[:-1] @ best.point + form[-1] >= 0 else -form
    claim = RowClaim(value=value, least=least)
    rows = choose_plain_rows(ground, [found.space], seat[0], claim, (best.part.polytope, form))
    return float(value(rows)), compare_at_row(found, rows[0])


def _list_gaps(found: PartComparison, complete: bool, data: Array | None) -> Iterator[Gap]:
    rules = found.sides[0].rules
    for i, name in enumerate(rules.scores[: found.scores]):
        reached, place = _show_gap(found, i, data) or (None, None)
        bound = float(found.bounds[i]) if complete else np.inf
        worst = max(bound, float(found.slivers[i]))
        outputs = [
            LINKS[head.link]
            for head in rules.heads
            if head.scores == (i,) and head.link != "identity"
        ]
        linked = (
            None
            if not outputs or any(link.steepens for link in outputs)
            else outputs[0].change(worst, 0.0, 1)
        )
        yield Gap(
            score=name,
            bound=bound,
            reached=reached,
            place=place,
            slivers=float(found.slivers[i]),
            output=linked,
        )


def _make_gap_function(found: PartComparison, score: int) -> Callable[[Array], Array]:
    return lambda rows: np.asarray(_measure_gaps(found, rows)[0, score])


def _measure_gaps(found: PartComparison, rows: Array) -> Array:
    """(N, m) how far the scores of rows differ."""
    old, new = (ground.rules for ground in found.sides)
    return np.asarray(np.abs(old.predict_scores(rows) - new.predict_scores(rows)))


def compare_at_row(found: PartComparison, x: Array, data_row: int | None = None) -> RowComparison:
    """What both sets say of a row in the domain."""
    old, new = (ground.rules for ground in found.sides)
    raw = {name: values[0] for name, values in decode_rows(x[None], old.domain.columns).items()}
    said = [r.predict_row(x) for r in (old, new)]
    return RowComparison(
        raw, (int(old.apply(x[None])[0]), int(new.apply(x[None])[0])), said[0], said[1], data_row
    )


def _match_rules(
    found: PartComparison,
) -> tuple[
    tuple[RuleMatch, ...],
    tuple[RuleMatch, ...],
    tuple[RuleWithoutMatch, ...],
    tuple[RuleWithoutMatch, ...],
]:
    """Rules that hold for the same rows in both sets, as they were or changed; and those that
    don't.
    """
    of_old: dict[int, list[int]] = {}
    of_new: dict[int, list[int]] = {}
    for i, j in sorted(found.pairs):
        of_old.setdefault(i, []).append(j)
        of_new.setdefault(j, []).append(i)

    twins = [(i, js[0]) for i, js in of_old.items() if len(js) == 1 and len(of_new[js[0]]) == 1]
    same = [RuleMatch(i + 1, j + 1, found.pairs[i, j]) for i, j in twins]
    old, new = found.sides
    exact = {
        (i + 1, j + 1)
        for i, j in twins
        if np.array_equal(old.weights[i], new.weights[j])
        and np.array_equal(old.constants[i], new.constants[j])
    }
    kept = tuple(
        m for m in same if m.gap <= found.tolerance and (found.scores or (m.old, m.new) in exact)
    )
    changed = tuple(m for m in same if m not in kept)
    matched = {i for i, _ in twins}, {j for _, j in twins}
    removed = tuple(
        _report_lone_rule(i, of_old.get(i, []))
        for i in range(len(old.rules))
        if i not in matched[0]
    )
    added = tuple(
        _report_lone_rule(j, of_new.get(j, []))
        for j in range(len(new.rules))
        if j not in matched[1]
    )

    return kept, changed, removed, added


def _report_lone_rule(leaf: int, instead: list[int]) -> RuleWithoutMatch:
    return RuleWithoutMatch(leaf + 1, tuple(i + 1 for i in instead[:_INSTEAD]))


def _compare_on_data(found: PartComparison, X: Array) -> DataDifference:
    """Rows that both sets have a rule for."""
    old, new = (ground.rules for ground in found.sides)
    rows = np.flatnonzero((old.apply(X) > 0) & (new.apply(X) > 0))
    if not len(rows):
        return DataDifference(0, 0, 0.0, None)

    X = X[rows]
    off = np.abs(old.predict_numbers(X) - new.predict_numbers(X)).max(axis=1)
    if list_class_names(found.sides[0]):
        apart = classify_rows(found.sides[0], X) != classify_rows(found.sides[1], X)
    else:
        apart = np.abs(old.predict_scores(X) - new.predict_scores(X)).max(axis=1) > found.tolerance

    worst = int(np.argmax(off))
    return DataDifference(len(rows), int(apart.sum()), float(off[worst]), int(rows[worst]))
