"""A question with everything that it is asked with, and what answers have in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from relurules.analysis.plain_rows import find_best_row
from relurules.analysis.restricted import RestrictedScorer
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.rule_cells import RestrictedRules
from relurules.analysis.targets import ScoreTarget
from relurules.domain import Domain
from relurules.ir.answers import format_bound
from relurules.ir.network import Array
from relurules.wording.coverage import describe_missing

#: A bound counts as attained where a row comes within this share of it.
_ATTAINED = 1e-6
#: Changes by less than this share of a score's terms are rounding.
_ROUNDING = 1e-12


#: What an answer says that a time limit ended early.
_UNFINISHED = (
    "The time limit was reached: for rules that there was no time to look at, bounds are those "
    "over the whole box of the domain. They hold, and may be far too wide."
)
#: The same of rules that add up, where a search may end for its size too.
_UNFINISHED_LINES = (
    "The search was ended before the bounds met what rows reach, by the time limit or because it "
    "would have been too long. The bounds hold, and may be too wide."
)


@dataclass(frozen=True)
class Question:
    """A question. ground: the rules, over the part of their domain where all of `given` holds; else
    see `ask`.
    """

    ground: RestrictedScorer
    given: tuple[str, ...] = ()
    output: str | None = None
    feature: str | None = None
    values: tuple[Any, Any] | None = None
    at_least: float | None = None
    at_most: float | None = None
    target: str | None = None
    row: Any = None
    keep: tuple[str, ...] = ()
    distance: str = "l1"
    scales: Mapping[str, float] = field(default_factory=dict)
    integers: bool = False
    #: Rows of the data, (N, d), which are shown where they show the same; None without data.
    data: Array | None = None

    @property
    def rules(self) -> Any:
        """The rules that are asked about, of either kind."""
        return self.ground.rules

    @property
    def branches(self) -> RestrictedRules:
        """The ground of partition rules, which alone have branches."""
        assert isinstance(self.ground, RestrictedRules)  # noqa: S101  # lines are asked otherwise
        return self.ground


def describe_conditions(asked: Question) -> str:
    """` anywhere in the domain`, or ` where age >= 30`."""
    return f" where {' and '.join(asked.given)}" if asked.given else " anywhere in the domain"


def compose_notes(
    asked: Question, target: ScoreTarget | None, *, exact: bool, closing: Sequence[str] = ()
) -> tuple[str, ...]:
    """What every answer says: of which domain, by what means, and how the rules stand to the
    network.
    """
    rules = asked.rules
    found = [_describe_domain(asked), _describe_means(exact=exact)]
    if target is not None and target.score:
        found.append(
            f"{target.name} is the {target.head} of a score, {target.score}, for which this was "
            "worked out."
        )

    found += closing
    domain = asked.ground.domain
    if not (np.isfinite(domain.lower).all() and np.isfinite(domain.upper).all()):
        found.append(
            "The domain is open: programs were solved in whole numbers; those too large for that "
            "count as unbounded."
        )

    if rules.decision is None and rules.score_error > 0:
        found.append(
            "This is said of the rules; scores of the network as traced differ from theirs by at "
            f"most {format_bound(rules.score_error, up=True)}."
        )

    if not rules.complete:
        found.append(f"This holds only where there is a rule. {describe_missing(rules)}")
    return tuple(found)


def _describe_domain(asked: Question) -> str:
    """Over which rows an answer holds."""
    domain = asked.ground.domain
    part = "the rules' domain"
    if asked.given:
        part = f"the part of {part} where {' and '.join(asked.given)}"

    own = {i for group in domain.groups for i in group}
    how = ", one category at a time" if own else ""
    if any(whole and i not in own for i, whole in enumerate(domain.integer)):
        numbers = "in whole numbers" if asked.integers else "as any number"
        how += f", whole-number columns {numbers}"

    return f"Over {part}{how}."


def describe_unfinished(asked: Question) -> str:
    """What is said where a search was ended early."""
    return _UNFINISHED_LINES if isinstance(asked.ground, RestrictedLines) else _UNFINISHED


def _describe_means(*, exact: bool) -> str:
    if exact:
        return (
            "Exact: linear programs bound it, rounded outwards, and the rows shown attain the "
            "bound to a millionth."
        )
    return (
        "A bound by linear programs, rounded outwards, that no row exceeds; no row was found "
        "that attains it."
    )


def is_attained(bound: float, value: float | None, spread: float, room: float = 0.0) -> bool:
    """Whether a row comes as far as a bound. room: what rounding may make of it."""
    if value is None or not np.isfinite(bound):
        return value is None and not np.isfinite(bound)
    return abs(bound - value) <= measure_attained(bound, spread) + room


def measure_attained(bound: float, spread: float) -> float:
    """How far a row may stay from a bound, which is finite, that it counts as attaining."""
    return _ATTAINED * max(spread if np.isfinite(spread) else 0.0, abs(bound))


def find_data_row(
    asked: Question, domain: Domain, value: Callable[[Array], Array], least: float
) -> int | None:
    """See `find_best_row`, of the data that a question is asked with."""
    return find_best_row(domain, asked.data, value, least)


def bound_rounding(asked: Question, target: ScoreTarget) -> float:
    """What rounding may make of any score here, as a share of its terms that nobody would miss."""
    if isinstance(asked.ground, RestrictedLines):
        return _ROUNDING * asked.ground.measure_terms(target.combination)
    terms = np.abs(target.weights) @ asked.ground.reach + np.abs(target.constants)
    return float(_ROUNDING * terms.max(initial=0.0))
