"""The score that an answer about rules is of, over a part of their domain, in exact rationals."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from relurules.checker.answer_rules import SignedRules, read_subject
from relurules.checker.expressions import read_lines
from relurules.checker.forms import DomainSpace, express_unit
from relurules.checker.json_values import RefusedError, read_number, read_numbers
from relurules.checker.model_units import Sparse, Unit
from relurules.checker.names import name_scores
from relurules.checker.rule_trees import (
    MOST_SIDES,
    explain_outside,
    list_tree_paths,
    read_conditions,
)
from relurules.checker.targets import read_maps
from relurules.checker.trees import ProofContext, Sides

#: Names that stand in a sentence as they are.
_PLAIN_NAME = re.compile("[A-Za-z0-9_.-]+")


class AffineScore(NamedTuple):
    """An affine function of the columns."""

    terms: Sparse
    constant: Fraction

    def at(self, x: Sequence[Fraction]) -> Fraction:
        """Its value at a point."""
        return sum((value * x[j] for j, value in self.terms.items()), self.constant)

    def plus(self, other: "AffineScore", weight: Fraction) -> "AffineScore":
        """The sum with a multiple of another one."""
        total = dict(self.terms)
        for j, value in other.terms.items():
            total[j] = total.get(j, Fraction(0)) + weight * value

        return AffineScore(total, self.constant + weight * other.constant)


#: A line: what is added where it is positive, and how many times.
AnsweredLine = tuple[AffineScore, Fraction]


class AnsweredScore:
    """The score that an answer is about: a sum of scores of rules, over a part of their domain.

    rules: the domain of that part, and the splits of all partition rules; trees, lined: the rules
    whose scores are added up, by their form; names: of the scores; said: their weights as they
    stand, weights: exactly.
    """

    def __init__(
        self, found: Mapping[str, Any], rules: Mapping[str, Any], other: Any = None
    ) -> None:
        domain, terms = read_subject(found, rules, other)
        self.trees = [term for term in terms if not term.additive]
        self.lined = [term for term in terms if term.additive]
        splits = [split for term in self.trees for split in term.rules.get("splits", ())]
        self.rules = {**domain, "splits": splits}
        self.space = DomainSpace(self.rules)

        self.names = _name_scores(terms[0])
        self.said = read_numbers(found["weights"])
        self.weights = [Fraction(value) for value in self.said]
        if len(self.weights) != len(self.names):
            raise RefusedError(f"it weighs {len(self.weights)} scores of {len(self.names)}")
        if _name_scores(terms[-1]) != self.names:
            raise RefusedError("the scores of both rules have other names")

    def combine(self, outputs: Mapping[str, Any], sign: int) -> AffineScore:
        """The sum of the affine maps of all scores."""
        total = AffineScore({}, Fraction(0))
        maps = read_maps({"outputs": outputs}, self.names)
        for weight, own in zip(self.weights, maps, strict=True):
            part = AffineScore(self.space.named(own["coefficients"]), read_number(own["constant"]))
            total = total.plus(part, sign * weight)
        return total

    def make_context(
        self, lines: Sequence[AnsweredLine] = (), terms: Sparse | None = None
    ) -> ProofContext:
        """What cells share. lines: neurons of slope 0, which with `terms` add up to the one score;
        without terms there is no score.
        """
        if terms is None:
            return ProofContext(self.rules, {}, ([], []), strict=True)

        neurons = [Unit(z.terms, z.constant, {}, Fraction(0)) for z, _ in lines]
        reads = {k: slope for k, (_, slope) in enumerate(lines) if slope}
        total = Unit(terms, Fraction(0), reads, Fraction(1))
        units = [[express_unit(unit, self.space) for unit in some] for some in (neurons, [total])]
        return ProofContext(self.rules, {}, (units[0], units[1]), strict=True)

    def add_bases(self) -> AffineScore:
        """What additive rules have beside their lines."""
        total = AffineScore({}, Fraction(0))
        for term in self.lined:
            total = total.plus(self.combine(term.rules["base"], term.sign), Fraction(1))
        return total

    def list_lines(self) -> list[AnsweredLine]:
        """The lines of additive rules, one after the other; one that is the same function as an
        earlier one is added to that, and has a slope of 0.
        """
        found, slopes = list[AffineScore](), list[Fraction]()
        first = dict[Any, int]()
        for term in self.lined:
            for line in read_lines(term.rules, self.names, self.space):
                pairs = zip(self.weights, line.slopes, strict=True)
                slope = term.sign * sum((w * s for w, s in pairs), Fraction(0))
                terms = {j: value for j, value in line.terms.items() if value}
                place = first.setdefault((frozenset(terms.items()), line.above), len(found))
                found.append(AffineScore(terms, -line.above))
                slopes.append(Fraction(0))
                slopes[place] += slope

        return list(zip(found, slopes, strict=True))

    def count_pieces(self) -> int:
        """How many combinations there are of a rule of each partition rules."""
        count = 1
        for term in self.trees:
            count *= len(term.rules["rules"])
        return count

    def list_maps(self) -> list[AffineScore]:
        """What the score is of every combination of rules, lines aside."""
        found = [self.add_bases()]
        for term in self.trees:
            own = [self.combine(rule["outputs"], term.sign) for rule in term.rules["rules"]]
            found = [one.plus(other, Fraction(1)) for one in found for other in own]
        return found

    def list_conditions(self) -> list[Sides]:
        """The sides of splits that every combination of rules says."""
        own = [
            [[(split + first, holds) for split, holds in sides] for sides in read_conditions(rules)]
            for first, rules in self._number_splits()
        ]

        return [[side for part in parts for side in part] for parts in product(*own)]

    def list_ways(self) -> Iterator[tuple[int, Sides]]:
        """Every way down all trees: the combination's number, 0 where there is none, and sides."""
        return _join_ways([*self._number_splits()])

    def _number_splits(self) -> Iterator[tuple[int, dict[str, Any]]]:
        first = 0
        for term in self.trees:
            rules = {"splits": [], **term.rules}
            yield first, rules
            first += len(rules["splits"])


def _join_ways(trees: Sequence[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, Sides]]:
    """Ways of trees, one after the other; each with the number of its first split."""
    if not trees:
        yield 1, []
        return

    first, rules = trees[-1]
    own = [
        (number, [(split + first, holds) for split, holds in path])
        for number, path in list_tree_paths(rules)
    ]

    total = 0
    for before, way in _join_ways(trees[:-1]):
        for number, path in own:
            total += len(way) + len(path)
            if total > MOST_SIDES:
                raise RefusedError(f"the ways down the trees have more than {MOST_SIDES} sides")
            there = before and number
            yield (before - 1) * len(rules["rules"]) + number if there else 0, way + path


def _name_scores(term: SignedRules) -> list[str]:
    rules = term.rules
    first = rules["base"] if term.additive else rules["rules"][0]["outputs"]
    return name_scores(rules, len(first))


def find_outside_reason(x: Sequence[Fraction], score: AnsweredScore) -> str | None:
    """Why a point isn't in the part of the domain, whose inequalities forgive rounding."""
    if (why := explain_outside(x, score.space)) is not None:
        return why
    for i, (terms, most) in enumerate(score.make_context().wider, start=1):
        if AffineScore(terms, -most).at(x) > 0:
            return f"constraint {i} doesn't hold there"
    return None


def evaluate_score(x: Sequence[Fraction], score: AnsweredScore) -> Fraction:
    """The score at a point, exactly."""
    total = score.add_bases().at(x)
    for z, slope in score.list_lines():
        total += slope * max(Fraction(0), z.at(x))

    cuts, first = score.make_context().cuts, 0
    for term in score.trees:
        own = cuts[first : first + len(term.rules.get("splits", ()))]
        total += _evaluate_tree(x, score, term, own)
        first += len(own)
    return total


def _evaluate_tree(
    x: Sequence[Fraction],
    score: AnsweredScore,
    term: SignedRules,
    cuts: Sequence[tuple[Sparse, Fraction]],
) -> Fraction:
    """What partition rules add at a point."""
    at = {"split": 0} if cuts else {"rule": 1}
    while "split" in at:
        side = "then" if AffineScore(*cuts[at["split"]]).at(x) >= 0 else "otherwise"
        at = term.rules["splits"][at["split"]][side]
    if "rule" not in at:
        raise RefusedError("a row has no rule")

    outputs = term.rules["rules"][at["rule"] - 1]["outputs"]
    return score.combine(outputs, term.sign).at(x)


def name_answered_score(score: AnsweredScore) -> str:
    """The score in words: its name, or a sum of names."""
    return print_weighted_names(zip(score.said, score.names, strict=True))


def print_weighted_names(pairs: Iterable[tuple[float, str]]) -> str:
    """A sum of numbers times what names stand for, in words; without those that are 0."""
    parts = [
        print_plain_name(name) if weight == 1 else f"{json.dumps(weight)} {print_plain_name(name)}"
        for weight, name in pairs
        if weight
    ]
    return " + ".join(parts) or "0"


def print_plain_name(name: str) -> str:
    """A name within a sentence: in quotes, as JSON, where it might be read as more than a name."""
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name)
