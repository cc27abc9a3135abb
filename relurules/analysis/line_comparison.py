"""Two sets of rules, one of which adds up at least: how far apart they are anywhere, as one network
that is their difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.decision_comparison import CLASSES
from relurules.analysis.goals import classify_rows, list_class_names, make_goal
from relurules.analysis.joined_networks import get_network, join_networks
from relurules.analysis.line_goals import maximise_least_margin
from relurules.analysis.line_matching import match_lines
from relurules.analysis.plain_rows import (
    RowClaim,
    choose_plain_rows,
    describe_fractions,
    find_best_row,
    find_fractions,
)
from relurules.analysis.restricted import RestrictedScorer
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.rule_cells import RestrictedRules
from relurules.domain import Domain
from relurules.domain.encoding import decode_rows
from relurules.errors import DomainError
from relurules.ir import AdditiveRules, Network, RuleSet
from relurules.ir.difference import DataDifference, Difference, Gap, RowComparison
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.ir.network_lines import NetworkLines
from relurules.ir.scorer import Scorer
from relurules.links.table import LINKS
from relurules.networks.maximum import ProgramMaximum, maximise_program
from relurules.networks.programs import (
    PiecewiseProgram,
    Rationals,
    combine_outputs,
    make_program,
    to_rationals,
)

#: A row shown for the largest difference has no less than this share less.
_NEAR = 1e-6
#: What float64 sums of this many terms may be off by, as a share of them.
_UNIT = np.finfo(np.float64).eps


@dataclass(frozen=True, kw_only=True)
class _LinePair:
    """Both sides over one domain. network: neurons of both, at `places`."""

    old: Scorer
    new: Scorer
    domain: Domain
    network: Network
    places: tuple[NDArray[np.intp], NDArray[np.intp]]
    deadline: Deadline
    tolerance: float
    data: Array | None

    @property
    def ground(self) -> RestrictedScorer:
        """The coordinates of rows that are shown."""
        return restrict_scorer(self.new, self.domain, self.deadline)

    def measure(self, X: Array) -> Array:
        """(N, m) how far the scores of rows differ."""
        return np.asarray(np.abs(self.old.predict_scores(X) - self.new.predict_scores(X)))

    def spread(self, form: Rationals, *, new: bool) -> Rationals:
        """A form of columns, a side's own neurons and 1 as one of all neurons."""
        d, total = len(self.domain), len(self.network)
        wide = to_rationals(np.zeros(d + total + 1))
        at = self.places[int(new)]
        wide[:d], wide[-1] = form[:d], form[-1]
        for place, weight in zip(at.tolist(), form[d:-1], strict=True):
            wide[d + place] += weight  # several neurons of a side may be the same

        return wide


def restrict_scorer(rules: Scorer, domain: Domain, deadline: Deadline) -> RestrictedScorer:
    """Rules of either kind over a part of their domain."""
    kind = RestrictedLines if isinstance(rules, AdditiveRules) else RestrictedRules
    return kind(rules, domain, deadline)  # type: ignore[arg-type]


def compare_lines(
    old: Scorer, new: Scorer, domain: Domain, *, data: Array | None, tolerance: float | None,
    names: tuple[str, str], notes: tuple[str, ...], deadline: Deadline,
) -> Difference:  # fmt: skip
    """The difference of two sets of rules over a domain that is both's. UnsupportedError where
    partition rules are no network any more.
    """
    one, other = get_network(old), get_network(new)
    network, places = join_networks(one, other)
    reach = np.where(np.isfinite(domain.reach), domain.reach, 1.0)[None]
    terms = np.maximum(one.magnitude(reach), other.magnitude(reach))[0]
    tolerance = float(1e-9 * terms.max() if tolerance is None else tolerance)
    pair = _LinePair(
        old=old, new=new, domain=domain, network=network, places=places, deadline=deadline,
        tolerance=tolerance, data=data,
    )  # fmt: skip
    room = 2.0 * (sum(network.A.shape) + 8) * _UNIT * terms
    goals = [_subtract_scores(pair, one, other, i) for i in range(len(terms))]
    found = [
        _bound_gap(pair, goal, i, float(room[i]), len(goals) - i) for i, goal in enumerate(goals)
    ]
    gaps = tuple(gap for gap, _ in found)
    bound = max((gap.bound for gap in gaps), default=0.0)
    reached = max((gap.reached or 0.0 for gap in gaps), default=0.0)
    ended = all(done for _, done in found)
    place, told = _compare_decisions(pair, one, other, bound)
    kept, changed, removed, added = match_lines(old, new, domain)
    counts, units = zip(*map(_count_units, (old, new)), strict=True)

    return Difference(
        names,
        (counts[0], counts[1]),
        tolerance,
        all(not goal.any() for goal in goals),
        gaps,
        0,
        int(place is not None),
        bool(list_class_names(pair.ground)),
        place,
        None if data is None else _compare_on_data(pair, data),
        kept,
        changed,
        removed,
        added,
        bound <= tolerance or (ended and reached > tolerance),
        (*notes, *told, *_note_errors(old, new), *_note_fractions(pair, gaps, place)),
        (units[0], units[1]),
    )  # fmt: skip


def _count_units(side: Scorer) -> tuple[int, str]:
    """What a side is made of, and of how many."""
    if isinstance(side, NetworkLines):
        return len(side.network), "neuron"
    return len(side), "line" if isinstance(side, AdditiveRules) else "rule"  # type: ignore[arg-type]


def _subtract_scores(pair: _LinePair, old: Network, new: Network, score: int) -> Rationals:
    """New less old, of one score; exact."""
    unit = np.eye(len(old.c))[score]
    one = pair.spread(combine_outputs(old, unit), new=False)
    return np.asarray(pair.spread(combine_outputs(new, unit), new=True) - one)


def _make_base(pair: _LinePair, goal: Rationals) -> PiecewiseProgram:
    return make_program(pair.network, pair.domain, goal)


def _bound_gap(
    pair: _LinePair, goal: Rationals, score: int, room: float, left: int
) -> tuple[Gap, bool]:
    """How far a score differs at most, a row where it does, and whether the search ended."""
    name = pair.old.scores[score]
    output = [
        LINKS[head.link]
        for head in pair.old.heads
        if head.scores == (score,) and head.link != "identity"
    ]
    bound, ended, best = 0.0, True, ProgramMaximum(-np.inf, -np.inf, None)
    for sign in (1, -1) if goal.any() else ():
        share = pair.deadline.share(0.5 / left)
        top = maximise_program(_make_base(pair, goal * sign), share)
        if top.bound == -np.inf:
            raise DomainError("the domains of the two have no row in common")
        bound, ended = max(bound, top.bound + room), ended and top.complete
        best = top if top.point is not None and top.value > best.value else best

    shown = None if best.point is None else _show_gap(pair, score, best.point, bound)
    linked = None
    if output and not any(link.steepens for link in output) and np.isfinite(bound):
        linked = output[0].change(bound, 0.0, 1)
    gap = Gap(
        score=name, bound=bound, reached=None if shown is None else shown[0],
        place=None if shown is None else shown[1], slivers=0.0, output=linked,
    )  # fmt: skip

    return gap, ended


def _show_gap(
    pair: _LinePair, score: int, x: Array, bound: float
) -> tuple[float, RowComparison] | None:
    """The difference at a row, a plain one where that shows as much."""
    if not pair.domain.contains(x[None])[0]:
        return None

    def value(rows: Array) -> Array:
        return np.asarray(pair.measure(rows)[0, score])

    reached = float(value(x[None]))
    if reached <= 0.0:
        return None
    least = min(reached, (1.0 - _NEAR) * bound) if reached >= (1.0 - _NEAR) * bound else reached
    if reached > pair.tolerance:
        least = max(least, float(np.nextafter(pair.tolerance, np.inf)))
    number = find_best_row(pair.domain, pair.data, lambda X: pair.measure(X)[:, score], least)
    if number is not None and pair.data is not None:
        row = pair.data[number]
        return float(value(row[None])), _compare_at_row(pair, row, number)

    ground = pair.ground
    claim = RowClaim(value=value, least=least)
    rows = choose_plain_rows(ground, [ground.space], x[None], claim)

    return float(value(rows)), _compare_at_row(pair, rows[0])


def _compare_at_row(pair: _LinePair, x: Array, number: int | None = None) -> RowComparison:
    """What both sides say of a row in the domain."""
    raw = {name: v[0] for name, v in decode_rows(x[None], pair.domain.columns).items()}
    rules = tuple(
        int(side.apply(x[None])[0]) if isinstance(side, RuleSet) else None
        for side in (pair.old, pair.new)
    )

    return RowComparison(
        raw, (rules[0], rules[1]), pair.old.predict_row(x), pair.new.predict_row(x), number
    )


def _compare_decisions(
    pair: _LinePair, old: Network, new: Network, bound: float
) -> tuple[RowComparison | None, tuple[str, ...]]:
    """A row that is decided differently by more than the tolerance, and what is said of it."""
    sides = [restrict_scorer(one, pair.domain, pair.deadline) for one in (pair.old, pair.new)]
    classes = list_class_names(sides[0])

    def differ(X: Array) -> Array:
        one, other = (classify_rows(side, X) for side in sides)
        return np.where((np.minimum(one, other) >= 0) & (one != other), 1.0, np.nan)

    if not classes or bound == 0.0:
        return None, ()
    number = find_best_row(pair.domain, pair.data, differ, 1.0)
    if number is not None and pair.data is not None:
        return _compare_at_row(pair, pair.data[number], number), ()
    if len(classes) > CLASSES:
        return None, (f"of more than {CLASSES} classes, no row was looked for that gets another",)

    goals = [[make_goal(side, None, name, None, None) for name in classes] for side in sides]
    worst = -np.inf
    for i, j in _list_pairs(len(classes)):
        margins = [
            *_list_margins(pair, old, goals[0][i].leads, goals[0][i].offsets, new=False),
            *_list_margins(pair, new, goals[1][j].leads, goals[1][j].offsets, new=True),
        ]
        base = _make_base(pair, to_rationals(np.zeros(len(margins[0]))))
        top = maximise_least_margin(base, margins, pair.deadline.share(0.3), pair.tolerance)
        worst = max(worst, top.bound)
        if top.point is not None and differ(top.point[None])[0] == 1.0:
            claim = RowClaim(value=lambda rows: differ(rows)[0], least=1.0)
            ground = pair.ground
            row = choose_plain_rows(ground, [ground.space], top.point[None], claim)[0]
            return _compare_at_row(pair, row), ()

    if worst <= pair.tolerance:
        return None, (
            "no row is decided differently, but for scores within the tolerance of a tie",
        )

    return None, ("whether some row is decided differently was not found out",)


def _list_pairs(count: int) -> Iterator[tuple[int, int]]:
    yield from ((i, j) for i in range(count) for j in range(count) if i != j)


def _list_margins(
    pair: _LinePair, network: Network, leads: Array, offsets: Array, *, new: bool
) -> Iterator[Rationals]:
    for lead, offset in zip(leads, offsets, strict=True):
        form = combine_outputs(network, lead)
        form[-1] += to_rationals(np.array([offset]))[0]
        yield pair.spread(form, new=new)


def _compare_on_data(pair: _LinePair, X: Array) -> DataDifference:
    """Rows that lie in both domains."""
    rows = np.flatnonzero(pair.old.domain.contains(X) & pair.new.domain.contains(X))
    if not len(rows):
        return DataDifference(0, 0, 0.0, None)

    X = X[rows]
    off = np.abs(pair.old.predict_numbers(X) - pair.new.predict_numbers(X)).max(axis=1)
    sides = [restrict_scorer(one, pair.domain, pair.deadline) for one in (pair.old, pair.new)]
    if list_class_names(sides[0]):
        apart = classify_rows(sides[0], X) != classify_rows(sides[1], X)
    else:
        apart = pair.measure(X).max(axis=1) > pair.tolerance

    worst = int(np.argmax(off))

    return DataDifference(len(rows), int(apart.sum()), float(off[worst]), int(rows[worst]))


def _note_errors(old: Scorer, new: Scorer) -> Iterator[str]:
    errors = [rules.score_error for rules in (old, new)]
    if max(errors) > 0:
        yield (
            f"the rules are within {errors[0]:.3g} and {errors[1]:.3g} of their networks, whose "
            "own difference is larger by no more than the sum"
        )


def _note_fractions(
    pair: _LinePair, gaps: tuple[Gap, ...], place: RowComparison | None
) -> Iterator[str]:
    """What is said of rows shown that aren't whole where the data are."""
    places = [
        ("decided differently", place),
        *((f"difference of {gap.score}", gap.place) for gap in gaps),
    ]
    for shows, one in places:
        if one is not None and one.data_row is None:
            columns = find_fractions(pair.domain, one.row)
            if columns:
                yield describe_fractions(shows, columns)


__all__ = ["compare_lines"]
