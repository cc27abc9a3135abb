"""The search for a certificate of the range of a score: of rules the trees, of lines the parts."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import networkx
import numpy as np

from relurules.checker import (
    ONE,
    AffineScore,
    AnsweredScore,
    ProofContext,
    ProofTarget,
    list_range_targets,
    list_tree_paths,
    make_part,
    read_conditions,
    walk_part,
    walk_rules,
)
from relurules.ir.limits import Deadline
from relurules.lp.certified import round_up
from relurules.proofs.cell_search import CertificateSearch, ProofNode, make_first_cell
from relurules.proofs.float_model import convert_rows, convert_targets, make_float_model

#: Cells are cut by a category where a score may be beyond the range by this share of its terms.
_ALLOWANCE = 1e-12
#: A range is looked for again where it is wider than thought by this share.
_LOOSE = 1e-12
Range = tuple[float, float]
_Ends = Mapping[str, float]
ExactPoint = Sequence[Fraction]


def search_rule_trees(score: AnsweredScore, guess: Range, deadline: Deadline) -> dict[str, Any]:
    """Trees of partition rules, and the range that they show; guess: a range that rows reach."""
    ground, maps = score.make_context(), score.list_maps()
    conditions = read_conditions(score.rules)

    def search(said: _Ends) -> tuple[dict[str, Any], list[int]]:
        low, high = Fraction(said["low"]), Fraction(said["high"])
        searches = [
            _CellTrees(ground, list_range_targets(own, low, high, score.space), deadline)
            for own in maps
        ]
        trees = [one.tree(sides) for one, sides in zip(searches, conditions, strict=True)]
        paths = [
            searches[number - 1].tree(path)
            for number, path in list_tree_paths(score.rules)
            if number and not set(conditions[number - 1]) <= set(path)
        ]
        found = {**said, "rules": trees, "paths": paths}
        walks, _ = walk_rules(found, score)
        return found, [max(walk.worst[side] for walk in walks) for side in (0, 1)]

    return _search_range(search, {"low": guess[0], "high": guess[1]}, score)


def _search_range(
    search: Callable[[_Ends], tuple[dict[str, Any], list[int]]], guess: _Ends, score: AnsweredScore
) -> dict[str, Any]:
    """What a search finds, with the range that it shows; search: also says how far that is beyond
    a range, above and below.

    A search is no finer than the larger one of the two, so it is done again once that is known.
    """
    found, excess = search(guess)
    shown = _widen_range(found, excess, score)
    if max(excess) > _LOOSE * ONE * max(map(abs, shown.values())):
        side = "high" if excess[0] > excess[1] else "low"
        found, excess = search({**guess, side: shown[side]})
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
        rows = convert_rows(self.ground.rows(sides), self.size)
        count = len(self.ground.neurons)
        return self.search.tree(make_first_cell(self.ground.space, rows, count, {}), None)


def _widen_range(
    said: Mapping[str, Any], excess: Sequence[int], score: AnsweredScore
) -> dict[str, float]:
    """The range that was shown. excess: how far it is beyond what is said, high and low, in units
    of 1 / ONE.
    """
    rounding = score.space.size + 4  # of the forms with another constant
    over, under = (Fraction(off + rounding if off else 0, ONE) for off in excess)
    return {
        "low": -round_up(under - Fraction(said["low"])),
        "high": round_up(over + Fraction(said["high"])),
    }


def search_parts(
    score: AnsweredScore, rows: Sequence[ExactPoint | None], deadline: Deadline
) -> dict[str, Any]:
    """Parts of additive rules, and the range that they add up to. rows: those found near its lower
    and its upper end.
    """
    base, lines = score.combine(score.rules["base"]), score.list_lines()
    found = []
    for columns, own in _list_components(score, base, lines):
        part: dict[str, Any] = {"columns": columns, "lines": own}

        def search(said: _Ends, part: Mapping[str, Any] = part) -> tuple[dict[str, Any], list[int]]:
            ground, targets = make_part({**part, **said}, score, base, lines)
            tree = _CellTrees(ground, targets, deadline).tree([])
            own = {**part, **said, "tree": tree}
            return own, walk_part(own, ground, targets).worst

        found.append(_search_range(search, _guess_part(part, score, base, lines, rows), score))

    low, high = (sum((Fraction(p[end]) for p in found), base.constant) for end in ("low", "high"))
    return {"low": -round_up(-low), "high": round_up(high), "parts": found}


def _guess_part(
    part: Mapping[str, Any],
    score: AnsweredScore,
    base: AffineScore,
    lines: Sequence[tuple[AffineScore, Fraction]],
    rows: Sequence[ExactPoint | None],
) -> dict[str, float]:
    """What a part comes to at the rows, which is within its range."""
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
    lines: Sequence[tuple[AffineScore, Fraction]],
) -> Fraction:
    """What the absolute terms of a part come to at most."""
    reach = score.space.reach
    total = reach({j: base.terms[j] for j in part["columns"] if j in base.terms})
    for z, slope in (lines[i] for i in part["lines"]):
        total += abs(slope) * (abs(z.constant) + reach(z.terms))
    return total


def _list_components(
    score: AnsweredScore, base: AffineScore, lines: Sequence[tuple[AffineScore, Fraction]]
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
