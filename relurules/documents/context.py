"""What all parts of a document look things up in."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.evidence import Evidence, RuleFacts
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.wording import RuleSetWording, word_rules
from relurules.wording import phrases as p
from relurules.wording.additive import AdditiveWording, word_additive_rules
from relurules.wording.additive_phrases import describe_additive_rounding
from relurules.wording.forms import ColumnSpan
from relurules.wording.half_spaces import SumTest
from relurules.wording.links import find_class
from relurules.wording.numbers import format_number, format_percent, format_short
from relurules.wording.phrases import Phrase
from relurules.wording.rounding import describe_rounding

#: Share of a number that linear programs may leave open.
_SOLVER_SLACK = 1e-9


@dataclass(frozen=True)
class DocumentContext:
    """rules, and how they read; ranges: (R, m, 2) of every output over every rule's region.

    decisions: the number and the name of every rule's class, where rules are decisions; else None.
    """

    rules: RuleSet
    reading: RuleSetWording
    ranges: Array
    decisions: tuple[tuple[float, str], ...] | None

    @property
    def spans(self) -> tuple[ColumnSpan, ...]:
        """The columns of the table."""
        return self.reading.spans

    def describe_rounding(self, place: str) -> str:
        """What to expect of the numbers of a place, such as `this page`."""
        return describe_rounding(self.rules, self.reading, place)

    @property
    def whole(self) -> bool:
        """Whether conditions are shown as cuts at whole numbers."""
        tests = [test.about for read in self.reading.rules for test in read.tests]
        return any(isinstance(test, SumTest) and test.whole for test in tests)

    @property
    def evidence(self) -> Evidence | None:
        """What data say."""
        return self.rules.evidence

    def facts(self, number: int) -> RuleFacts | None:
        """What data say of a rule."""
        return None if self.evidence is None else self.evidence.rules[number - 1]

    def share(self, number: int) -> float | None:
        """Share of the rows to which a rule applies, None without data."""
        facts, rows, total = (
            self.facts(number),
            self.rules.rules[number - 1].rows,
            self.rules.reduction.rows,
        )
        if facts is not None:
            return facts.share

        return None if rows is None or not total else rows / total

    def rows(self, number: int) -> int | None:
        """Rows of the data to which a rule applies, None without data."""
        facts = self.facts(number)
        return self.rules.rules[number - 1].rows if facts is None else facts.rows


@dataclass(frozen=True)
class AdditiveContext:
    """Additive rules, and how they read."""

    rules: AdditiveRules
    wording: AdditiveWording

    @property
    def spans(self) -> tuple[ColumnSpan, ...]:
        """The columns of the table."""
        return self.wording.spans

    @property
    def evidence(self) -> Evidence | None:
        """What data say."""
        return self.rules.evidence

    @property
    def whole(self) -> bool:
        """False: what is shown of whole numbers is told with the rounding."""
        return False

    @property
    def decisions(self) -> None:
        """None: lines add up to scores."""
        return None

    def describe_rounding(self, place: str) -> str:
        """What to expect of the numbers of a place, such as `this page`."""
        return describe_additive_rounding(self.rules, self.wording, place)


#: Of either kind of rules: what the shared sections take.
AnyContext = DocumentContext | AdditiveContext


def build_additive_context(rules: AdditiveRules) -> AdditiveContext:
    """Read the rules once for all parts."""
    return AdditiveContext(rules, word_additive_rules(rules))


def list_used_columns(context: AnyContext) -> list[str]:
    """Columns of the table that the rules read, in order."""
    rules = context.rules
    read = rules.read_coordinates if isinstance(rules, AdditiveRules) else _find_read(rules)
    return [s.column.name for s in context.spans if read[list(s.coordinates)].any()]


def _find_read(rules: RuleSet) -> NDArray[np.bool_]:
    """(d,): coordinates that a condition or a formula of a rule reads."""
    read = rules.maps.weights.any(axis=(0, 1))
    for rule in rules:
        for condition in rule.conditions:
            read |= condition.half_space.normal != 0
    return np.asarray(read)


def build_context(rules: RuleSet) -> DocumentContext:
    """Read the rules once for all parts."""
    decisions = None if rules.decision is None else tuple(find_class(rules, rule) for rule in rules)
    return DocumentContext(rules, word_rules(rules), rules.ranges(), decisions)


def phrase_coverage(context: DocumentContext, number: int) -> Phrase:
    """`31.4 % of the rows (1,884 of 6,000)`."""
    share, rows, evidence = context.share(number), context.rows(number), context.evidence
    if share is None or rows is None:
        return p.text("")
    total = (
        context.rules.reduction.rows or 0 if evidence is None else evidence.rows - evidence.outside
    )
    return p.text(f"{format_percent(share)} of the rows ({rows:,} of {total:,})")


def phrase_interval(low: float, high: float, digits: int = 3) -> Phrase:
    """`0.12 to 0.4`, or `at least 0.12` where the other side is open, rounded outwards."""
    down, up = _round_outward(low, digits, ROUND_FLOOR), _round_outward(high, digits, ROUND_CEILING)
    return phrase_ends(p.number(format_number(down)), p.number(format_number(up)), low, high)


def phrase_ends(low: Phrase, high: Phrase, lower: float, upper: float) -> Phrase:
    """Two ends that are written down already as a range; `lower` and `upper` tell whether they are
    there.
    """
    if low == high:
        return low
    if np.isfinite(lower) and np.isfinite(upper):
        return p.join_tight(low, p.text("to"), high)
    if np.isfinite(lower):
        return p.join_tight(p.text("at least"), low)

    return p.join_tight(p.text("at most"), high) if np.isfinite(upper) else p.text("any number")


def phrase_output_range(
    context: DocumentContext, rule: int, output: int, digits: int = 3
) -> Phrase:
    """`0.12 to 0.4`, what an output may be where a rule applies, rounded outwards."""
    low, high = context.ranges[rule - 1, output].tolist()
    shown = [
        phrase_output_value(context, output, _round_outward(value, digits, way), digits)
        for value, way in ((low, ROUND_FLOOR), (high, ROUND_CEILING))
    ]
    return phrase_ends(shown[0], shown[1], low, high)


def _round_outward(value: float, digits: int, way: str) -> float:
    """A number of so many digits that isn't further in, but for what linear programs leave open."""
    if not np.isfinite(value):
        return value
    shown = float(f"{value:.{digits}g}")
    if abs(shown - value) <= _SOLVER_SLACK * abs(value):
        return shown
    exact = Decimal(value)
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=way))


def phrase_output_value(context: AnyContext, output: int, value: float, digits: int = 4) -> Phrase:
    """An output's number; a share so near to 0 or 1 that its digits tell nothing is said to be that
    near.
    """
    near = 10.0 ** -max(digits, 3)
    if LINKS[context.rules.heads[output].link].is_share and 0 < value < near:
        return p.join_tight(p.text("below"), p.number(format_number(near)))
    if LINKS[context.rules.heads[output].link].is_share and 1 - near < value < 1:
        return p.join_tight(p.text("above"), p.number(format_number(round(1 - near, 6))))

    return p.number(format_short(value, digits))


def phrase_names(found: Sequence[str], most: int = 4) -> Phrase:
    """Names with `and` before the last; of many the first ones."""
    shown = [p.name(name) for name in found[:most]]
    if len(found) > most:
        shown.append(p.text(f"{len(found) - most} more"))
    return p.join_list(shown, "and")


def describe_observation(evidence: Evidence) -> tuple[str, str]:
    """What was observed, `price` or `ending = unpaid`, and what is told of it: its mean, or of two
    classes a share.
    """
    name = evidence.response or "response"
    if evidence.task != "binary":
        return name, "mean"
    return f"{name} = {evidence.positive or 1}", "share"
