"""The search for a certificate of the range of a score: of rules the trees, of lines the parts."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import networkx
import numpy as np

from relurules.checker import (
    ONE,
    AffineScore,
    AnsweredLine,
    AnsweredScore,
    ProofContext,
    ProofTarget,
    list_range_targets,
    make_part,
    make_rules_context,
    read_ends,
    walk_part,
    walk_rules,
)
from relurules.ir.limits import Deadline
from relurules.lp.certified import round_up
from relurules.proofs.bound_search import BoundSearch
from relurules.proofs.cell_search import CertificateSearch
from relurules.proofs.float_cells import ProofNode, make_first_cell
from relurules.proofs.float_model import convert_rows, convert_targets, make_float_model

#: Cells are cut by a category where a score may be beyond the range by this share of its terms.
_ALLOWANCE = 1e-12
#: A range is looked for again where it is wider than thought by this share.
_LOOSE = 1e-12
#: The ends of a range, None for one that isn't claimed.
RangeEnds = Mapping[str, float | None]
ExactPoint = Sequence[Fraction]


def search_rule_trees(score: AnsweredScore, guess: RangeEnds, deadline: Deadline) -> dict[str, Any]:
    """Trees of partition rules, and the range that they show; guess: a range that rows reach."""
    ground, maps = make_rules_context(score), score.list_maps()
    conditions, ways = score.list_conditions(), list(score.list_ways())

    def search(said: RangeEnds) -> tuple[dict[str, Any], dict[str, int]]:
        ends, lines = read_ends(said, said), bool(ground.scores)
        searches = [
            _CellTrees(ground, list_range_targets(own, ends, score.space, lines), deadline)
            for own in maps
        ]
        trees = [one.tree(sides) for one, sides in zip(searches, conditions, strict=True)]
        paths = [
            searches[number - 1].tree(path)
            for number, path in ways
            if number and not set(conditions[number - 1]) <= set(path)
        ]
        found = {**said, "rules": trees, "paths": paths}
        walks, _ = walk_rules(found, score)
        return found, _find_excess(said, [walk.worst for walk in walks])

    return _search_range(search, guess, score)


def _find_excess(said: RangeEnds, worst: Sequence[Sequence[int]]) -> dict[str, int]:
    """How far every end that is claimed is missed, at most; worst: by target."""
    ends = [end for end in ("high", "low") if said[end] is not None]
    return {end: max(own[i] for own in worst) for i, end in enumerate(ends)}


def _search_range(
    search: Callable[[RangeEnds], tuple[dict[str, Any], dict[str, int]]],
    guess: RangeEnds,
    score: AnsweredScore,
) -> dict[str, Any]:
    """What a search finds, with the range that it shows; search: also says how far that is beyond
    a range, by end.

    A search is no finer than the larger one of the two, so it is done again once that is known.
    """
    found, excess = search(guess)
    shown = _widen_range(found, excess, score)
    sizes = [abs(value) for value in shown.values() if value is not None]
    if len(excess) > 1 and max(excess.values()) > _LOOSE * ONE * max(sizes):
        worst = max(excess, key=lambda end: excess[end])
        found, excess = search({**guess, worst: shown[worst]})
        shown = _widen_range(found, excess, score)
    return {**found, **shown}


class _CellTrees:
    """The search for trees of one function, whose cells share coordinates."""

    def __init__(
        self, ground: ProofContext, targets: Sequence[ProofTarget], deadline: Deadline
    ) -> None:
        self.ground, self.size = ground, ground.space.size
        floats = make_float_model(ground)
        signs, gaps = convert_targets(targets, len(ground.scores), self.size)
        scale = max(floats.magnitude, float(np.abs(gaps).sum(axis=1).max(initial=0.0)))
        self.search = CertificateSearch(
            floats, signs, gaps, _ALLOWANCE * scale, deadline, "searching for the answer's proof"
        )

    def tree(self, sides: Sequence[tuple[int, bool]]) -> ProofNode:
        """The tree of a cell on these sides of the rules' splits."""
        if (both := self._find_contradiction(sides)) is not None:
            return [[], "empty", both]
        rows = convert_rows(self.ground.rows(sides), self.size)
        count = len(self.ground.neurons)
        return self.search.tree(make_first_cell(self.ground.space, rows, count, {}), None)

    def _find_contradiction(self, sides: Sequence[tuple[int, bool]]) -> list[int] | None:
        """Multipliers of two sides that exclude each other, of which a boundary is all that is
        left: no row of a table is on both sides of that.
        """
        rows, first, space = self.ground.rows(sides), len(self.ground.walls), self.ground.space
        for i, (_, holds) in enumerate(sides):
            for k, (_, other) in enumerate(sides):
                if holds or not other:
                    continue
                pair = zip(rows[first + i], rows[first + k], strict=True)
                if space.highest([a + b for a, b in pair], space.allowed) <= 0:
                    return [first + i, 1, first + k, 1]
        return None


def _widen_range(
    said: Mapping[str, Any], excess: Mapping[str, int], score: AnsweredScore
) -> dict[str, float | None]:
    """The range that was shown. excess: how far it is beyond what is said, by end, in units of
    1 / ONE.
    """
    rounding = score.space.size + 4  # of the forms with another constant
    off = {end: Fraction(e + rounding if e else 0, ONE) for end, e in excess.items()}
    return {
        "low": _round_down(Fraction(said["low"]) - off["low"]) if "low" in off else None,
        "high": round_up(Fraction(said["high"]) + off["high"]) if "high" in off else None,
    }


def _round_down(value: Fraction) -> float:
    """The largest float64 that isn't above."""
    return 0.0 - round_up(-value)  # no negative zero


def search_parts(
    score: AnsweredScore, guess: Callable[[Mapping[str, Any]], RangeEnds], deadline: Deadline
) -> dict[str, Any]:
    """Parts of additive rules, and the range that they add up to. guess: the range of a part that
    rows reach.
    """
    base, lines = score.add_bases(), score.list_lines()
    found = []
    for columns, own in _list_components(score, base, lines):
        part: dict[str, Any] = {"columns": columns, "lines": own}
        found.append({**part, **_search_part(part, guess(part), score, deadline)})

    ends = {end: [p[end] for p in found] for end in ("low", "high")}
    low, high = (_add_exactly(base.constant, ends[end]) for end in ("low", "high"))
    return {
        "low": None if low is None else _round_down(low),
        "high": None if high is None else round_up(high),
        "parts": found,
    }


def _search_part(
    part: Mapping[str, Any], guess: RangeEnds, score: AnsweredScore, deadline: Deadline
) -> dict[str, Any]:
    """The range of a part, and a tree for each end of it."""
    base, lines = score.add_bases(), score.list_lines()
    ground, targets = make_part(part, read_ends(guess, guess), score, base, lines)
    trees = [
        BoundSearch(ground, sign, sign * reached, deadline).search()
        for end, sign in (("high", 1), ("low", -1))
        if (reached := guess[end]) is not None
    ]

    walks = walk_part({**part, "trees": trees}, ground, targets)
    excess = _find_excess(guess, [[walk.worst[0] for walk in walks]])

    return {**_widen_range(guess, excess, score), "trees": trees}


def _add_exactly(start: Fraction, values: Sequence[float | None]) -> Fraction | None:
    """The sum, None where a number is missing."""
    total: Fraction | None = start
    for value in values:
        total = None if total is None or value is None else total + Fraction(value)
    return total


def guess_part(
    part: Mapping[str, Any], score: AnsweredScore, rows: Sequence[ExactPoint | None]
) -> RangeEnds:
    """What a part comes to at rows, the lower and the upper one of which a range is claimed."""
    base, lines = score.add_bases(), score.list_lines()
    ends = []
    for row in rows:
        x = row if row is not None else next((other for other in rows if other is not None), None)
        if x is None:  # beyond all that the part comes to, so that the search has to show its range
            wide = round_up(_measure_part(part, score, base, lines))
            return {"low": wide, "high": -wide}
        total = sum((base.terms.get(j, Fraction(0)) * x[j] for j in part["columns"]), Fraction(0))
        for i in part["lines"]:
            z, slope = lines[i]
            total += slope * max(Fraction(0), z.at(x))
        ends.append(total)

    return {"low": round_up(ends[0]), "high": -round_up(-ends[1])}


def _measure_part(
    part: Mapping[str, Any],
    score: AnsweredScore,
    base: AffineScore,
    lines: Sequence[AnsweredLine],
) -> Fraction:
    """What the absolute terms of a part come to at most."""
    reach = score.space.reach
    total = reach({j: base.terms[j] for j in part["columns"] if j in base.terms})
    for z, slope in (lines[i] for i in part["lines"]):
        total += abs(slope) * (abs(z.constant) + reach(z.terms))
    return total


def measure_score(score: AnsweredScore) -> float:
    """What the absolute terms of a score come to at most, of every rules the largest."""
    reach, base = score.space.reach, score.add_bases()
    total = abs(base.constant) + reach(base.terms)
    for z, slope in score.list_lines():
        total += abs(slope) * (abs(z.constant) + reach(z.terms))
    for term in score.trees:
        maps = [score.combine(rule["outputs"], term.sign) for rule in term.rules["rules"]]
        total += max(abs(own.constant) + reach(own.terms) for own in maps)
    return round_up(total)


def _list_components(
    score: AnsweredScore, base: AffineScore, lines: Sequence[AnsweredLine]
) -> list[tuple[list[int], list[int]]]:
    """Columns that lines, inequalities or groups tie together, with their lines; the others are
    one part.
    """
    ties: networkx.Graph[int] = networkx.Graph()
    acting = [i for i, (_, slope) in enumerate(lines) if slope]
    ground = score.make_context()
    sets = [[j for j, value in lines[i][0].terms.items() if value] for i in acting]
    sets += [[j for j, value in terms.items() if value] for terms, _ in ground.limits]
    sets += [[score.space.columns[i] for i in group] for group in score.space.groups]
    for columns in sets:
        networkx.add_path(ties, columns)

    parts = [(sorted(columns), list[int]()) for columns in networkx.connected_components(ties)]
    where = {j: number for number, (columns, _) in enumerate(parts) for j in columns}
    rest = [j for j, value in base.terms.items() if value and j not in where]
    parts.append((rest, []))
    for i, columns in zip(acting, sets, strict=False):
        parts[where[columns[0]] if columns else -1][1].append(i)

    read = {j for j, value in base.terms.items() if value}
    return [(columns, own) for columns, own in parts if own or read & set(columns)]
