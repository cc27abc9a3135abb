"""What a target is asked to print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from relurules.ir import AdditiveRules, RuleSet
from relurules.reasons.reason_texts import ReasonOptions
from relurules.rounding import RoundingBound
from relurules.scorecards import Scorecard

#: What may become of rows outside the domain, in every language.
OUTSIDE = ("null", "clamp", "exact")


@dataclass(frozen=True, kw_only=True)
class EmitOptions:
    """What `api.emit` is asked for, beside the rules and the target; see there.

    reference: a row or policy, None for that of the rules. everywhere: the lines of the network as
    traced, where additive rules are to be exact outside their domain. named: whether somebody named
    the columns; else they are those by default. scored: whether answers of
    JavaScript keep their scores too. script: whether an HTML document can be tried. scorecard:
    whose points are asked for, or its options; None for that of the rules by default. within: with
    what the names of a query begin that a SELECT is to be a part of, "" for none; the SELECT is
    then the subquery `within_rows`, its columns beside the key `within_0`, `within_1`, and so on.
    rename: (own name, new one) of outputs, which the rules have by then. state_rounding: whether
    the head of partition rules must state a bound of rounding; that of lines does where it can.
    """

    form: str | None = None
    dialect: str | None = None
    title: str | None = None
    table: str = "input_data"
    key: tuple[str, ...] = ()
    shape: str = "select"
    name: str = ""
    columns: tuple[str, ...] = ("outputs", "rule")
    named: bool = False
    outside: str = ""
    missing: str = "propagate"
    output: str = ""
    number: str = "double"
    reasons: ReasonOptions = field(default_factory=ReasonOptions)
    reference: Any = None
    everywhere: AdditiveRules | None = None
    scored: bool = False
    script: bool = True
    scorecard: Scorecard | Mapping[str, Any] | None = None
    within: str = ""
    rename: tuple[tuple[str, str], ...] = ()
    state_rounding: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """What goes into the artefact as it is given."""
        return (
            self.table,
            *self.key,
            self.name,
            *self.columns,
            self.output,
            self.title or "",
            *self.reasons.words,
        )


@dataclass(frozen=True, kw_only=True)
class ScorerRequest(EmitOptions):
    """Options of which `form` and `dialect` are chosen, and the rules of either kind that they are
    asked of.

    outside: "" for what suits the form. header: a line for the artefact's first comment. rounding:
    what is certified of it in the text that is printed, None where nothing is.
    """

    rules: RuleSet | AdditiveRules
    form: str = ""
    dialect: str = ""
    header: str = ""
    rounding: RoundingBound | None = None


@dataclass(frozen=True, kw_only=True)
class EmitRequest(ScorerRequest):
    """A request for rules of which one applies: forms rules, tree and network."""

    rules: RuleSet


@dataclass(frozen=True, kw_only=True)
class LineRequest(ScorerRequest):
    """A request for rules that add up: form lines."""

    rules: AdditiveRules


def make_request(
    rules: RuleSet, dialect: str, options: EmitOptions, taken: Sequence[str]
) -> EmitRequest:
    """A request that has the options that a target takes; the others are as by default."""
    return EmitRequest(rules=rules, dialect=dialect, **_take_options(options, taken))


def make_line_request(
    rules: AdditiveRules, dialect: str, options: EmitOptions, taken: Sequence[str]
) -> LineRequest:
    """As `make_request`, of additive rules."""
    return LineRequest(rules=rules, dialect=dialect, form="lines", **_take_options(options, taken))


def _take_options(options: EmitOptions, taken: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(options, name) for name in taken}


#: What SQL takes; languages with functions take fewer.
SQL_OPTIONS = tuple(
    each.name
    for each in fields(EmitOptions)
    if each.name not in ("form", "dialect", "title", "named", "scored", "script")
)
