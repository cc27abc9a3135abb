"""The score that an answer about rules is of, over a part of their domain, in exact rationals."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.additive_proof import ADDITIVE_FORMAT, ADDITIVE_VERSIONS
from relurules.checker.expressions import read_lines
from relurules.checker.forms import DomainSpace
from relurules.checker.json_values import RefusedError, read_number, read_numbers
from relurules.checker.model_units import Sparse
from relurules.checker.names import RULES_VERSIONS, name_scores
from relurules.checker.rule_trees import explain_outside
from relurules.checker.targets import read_maps
from relurules.checker.trees import ProofContext


class AffineScore(NamedTuple):
    """An affine function of the columns."""

    terms: Sparse
    constant: Fraction

    def at(self, x: Sequence[Fraction]) -> Fraction:
        """Its value at a point."""
        return sum((value * x[j] for j, value in self.terms.items()), self.constant)


class AnsweredScore:
    """The score that an answer is about: a sum of the rules' scores, over a part of the domain.

    rules: with the domain of that part; names: of the rules' scores; said: weights of these as
    they stand, weights: exactly.
    """

    def __init__(self, found: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
        self.additive = rules.get("format") == ADDITIVE_FORMAT
        versions = ADDITIVE_VERSIONS if self.additive else RULES_VERSIONS
        if rules.get("version", None if self.additive else 1) not in versions:
            raise RefusedError(f"the rules' file is of version {rules.get('version')!r}")
        if rules.get("decision") is not None:
            raise RefusedError("rules that decide have no score to answer about")
        if rules.get("neuron_groups"):
            raise RefusedError("answers about rules with groups of neurons aren't proven")

        self.rules = {"splits": [], **_restrict_domain(rules, found["given"])}
        first = rules["base"] if self.additive else rules["rules"][0]["outputs"]
        self.names = name_scores(rules, len(first))
        self.said = read_numbers(found["weights"])
        self.weights = [Fraction(value) for value in self.said]
        if len(self.weights) != len(self.names):
            raise RefusedError(f"it weighs {len(self.weights)} scores of {len(self.names)}")
        self.space = DomainSpace(self.rules)

    def combine(self, outputs: Mapping[str, Any]) -> AffineScore:
        """The sum of the affine maps of all scores."""
        total, constant = Sparse(), Fraction(0)
        maps = read_maps({"outputs": outputs}, self.names)
        for weight, own in zip(self.weights, maps, strict=True):
            constant += weight * read_number(own["constant"])
            for j, value in self.space.named(own["coefficients"]).items():
                total[j] = total.get(j, Fraction(0)) + weight * value
        return AffineScore(total, constant)

    def make_context(self, units: tuple[list[Any], list[Any]] | None = None) -> ProofContext:
        """What cells share; units: neurons and scores, none by default."""
        return ProofContext(self.rules, {}, units or ([], []))

    def list_maps(self) -> list[AffineScore]:
        """Of partition rules the score of every rule."""
        return [self.combine(rule["outputs"]) for rule in self.rules["rules"]]

    def list_lines(self) -> list[tuple[AffineScore, Fraction]]:
        """Of additive rules the lines: what is added where it is positive, and how many times."""
        found = read_lines(self.rules, self.names, self.space)
        return [
            (
                AffineScore(line.terms, -line.above),
                sum((w * s for w, s in zip(self.weights, line.slopes, strict=True)), Fraction(0)),
            )
            for line in found
        ]


def _restrict_domain(rules: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The rules over a part of their domain; given: `bounds` by name, and `constraints`."""
    bounds = given["bounds"]
    if not isinstance(bounds, dict) or not isinstance(given["constraints"], list):
        raise RefusedError("`given` has no object of bounds and list of constraints")
    names = [feature["name"] for feature in rules["features"]]
    if not set(bounds) <= set(names):
        raise RefusedError("it bounds a column that the rules don't have")

    features = [
        _narrow_feature(feature, bounds[name]) if name in bounds else feature
        for name, feature in zip(names, rules["features"], strict=True)
    ]
    constraints = [*rules["constraints"], *given["constraints"]]
    return {**rules, "features": features, "constraints": constraints}


def _narrow_feature(feature: Mapping[str, Any], ends: Sequence[Any]) -> dict[str, Any]:
    """A column within these ends too."""
    low, high = read_numbers(ends)
    lows = [end for end in (feature["lower"], low) if end is not None]
    highs = [end for end in (feature["upper"], high) if end is not None]
    return {
        **feature,
        "lower": max(lows, key=read_number),
        "upper": min(highs, key=read_number),
    }


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
    if score.additive:
        total = score.combine(score.rules["base"]).at(x)
        for z, slope in score.list_lines():
            total += slope * max(Fraction(0), z.at(x))
        return total

    ground = score.make_context()
    at = {"split": 0} if ground.cuts else {"rule": 1}
    while "split" in at:
        terms, constant = ground.cuts[at["split"]]
        side = "then" if AffineScore(terms, constant).at(x) >= 0 else "otherwise"
        at = score.rules["splits"][at["split"]][side]
    if "rule" not in at:
        raise RefusedError("a row has no rule")
    return score.combine(score.rules["rules"][at["rule"] - 1]["outputs"]).at(x)


def name_answered_score(score: AnsweredScore) -> str:
    """The score in words: its name, or a sum of names."""
    parts = [
        name if weight == 1 else f"{json.dumps(weight)} {name}"
        for weight, name in zip(score.said, score.names, strict=True)
        if weight
    ]
    return " + ".join(parts) or "0"
