"""Rules of either kind -> the score that a proof is asked about, the part of the domain, and the
range with the rows near its ends.
"""

from collections.abc import Sequence
from typing import NamedTuple

from relurules.analysis.conditions import (
    has_rows,
    hold_missing_numbers,
    require_rows,
    restrict_domain,
)
from relurules.analysis.goals import find_class
from relurules.analysis.question import Question
from relurules.analysis.questions import restrict_rules
from relurules.analysis.ranges import find_range_ends
from relurules.analysis.restricted import RestrictedScorer
from relurules.analysis.rule_comparison import intersect_domains
from relurules.analysis.shared_columns import share_columns
from relurules.analysis.targets import ScoreTarget, find_target
from relurules.domain import Domain
from relurules.errors import DomainError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.coordinate_rules import take_coordinates
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.ir.scorer import Scorer


class ScoreExtremes(NamedTuple):
    """What a score lies between, and rows (d,) near the ends, None where none was found.

    target: the score; domain: the part that conditions leave, in coordinates.
    """

    target: ScoreTarget
    domain: Domain
    low: float
    high: float
    lowest: Array | None
    highest: Array | None


class AnswerPart(NamedTuple):
    """A score that is asked about, and the part of the domain that conditions leave, in
    coordinates. combination: (m,) of the rules' scores.
    """

    combination: Array
    domain: Domain


class RestrictedPart(NamedTuple):
    """Rules over the part of their domain that conditions leave, and that part; in coordinates."""

    ground: RestrictedScorer
    domain: Domain


def _restrict_part(rules: Scorer, given: Sequence[str], deadline: Deadline) -> RestrictedPart:
    """DataError where no row meets the conditions."""
    rules = take_coordinates(rules)
    domain = restrict_domain(rules.domain, given)
    ground = restrict_rules(rules, hold_missing_numbers(domain), deadline)
    if given:
        require_rows(ground, given)

    return RestrictedPart(ground, domain)


def find_answer_part(
    rules: Scorer, output: str | None, given: Sequence[str], deadline: Deadline
) -> AnswerPart:
    """What a proof of an answer about one score is about; DataError where no row meets the
    conditions.
    """
    ground, domain = _restrict_part(rules, given, deadline)
    return AnswerPart(find_target(ground, output).combination, domain)


def require_common_rows(
    old: RuleSet | AdditiveRules, new: RuleSet | AdditiveRules, given: Sequence[str]
) -> None:
    """DomainError where no row of both domains meets the conditions; DataError for columns that
    aren't the same in both.
    """
    old, new, _ = share_columns(old, new)
    narrowed = restrict_domain(new.domain, given)
    domain = intersect_domains(old.domain, narrowed)[0].taking_coordinates()
    ground = restrict_rules(take_coordinates(new), hold_missing_numbers(domain), NEVER)
    if not has_rows(ground):
        conditions = f" where {' and '.join(given)}" if given else ""
        raise DomainError(f"the domains of the two rule sets have no row in common{conditions}")


def find_class_number(rules: Scorer, wanted: str, deadline: Deadline) -> int:
    """The number of a class by its name, or by its label; DataError for one that there isn't."""
    rules = take_coordinates(rules)
    return find_class(restrict_rules(rules, rules.domain, deadline), wanted)


def find_score_extremes(
    rules: Scorer, output: str | None, given: Sequence[str], deadline: Deadline
) -> ScoreExtremes:
    """The range of one score, as `ask` finds it; DataError where no row meets the conditions."""
    ground, domain = _restrict_part(rules, given, deadline)
    asked = Question(ground, tuple(given), output)
    target = find_target(ground, output)
    smallest, largest = find_range_ends(asked, target)

    lowest, highest = (None if end.rows is None else end.rows[0] for end in (smallest, largest))
    return ScoreExtremes(target, domain, -smallest.bound, largest.bound, lowest, highest)
