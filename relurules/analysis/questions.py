"""Rules of either kind -> answers to questions about them, over their whole domain, with rows that
show it or a bound.

`QUESTIONS` is the table. What is asked about is what the rules predict: of partition rules branch
by branch of their tree (`rule_cells`), of additive rules as one program (`restricted_lines`). A
question brings its own coordinates (`QuestionSpace`), so that columns can be held, or have two
values at once.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from relurules.analysis.conditions import (
    hold_missing_numbers,
    require_rows,
    restrict_domain,
)
from relurules.analysis.counterfactuals import answer_counterfactual
from relurules.analysis.derived_questions import add_tied_note, check_single_column
from relurules.analysis.effect import answer_effect
from relurules.analysis.question import Question
from relurules.analysis.ranges import answer_bounded, answer_range
from relurules.analysis.reachability import answer_reach
from relurules.analysis.restricted import RestrictedScorer
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.rule_cells import RestrictedRules
from relurules.analysis.slopes import answer_monotone
from relurules.analysis.steepness import answer_lipschitz
from relurules.domain import Domain
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules
from relurules.ir.answers import Answer
from relurules.ir.coordinate_rules import take_coordinates
from relurules.ir.limits import Deadline
from relurules.ir.rules_memo import RulesMemo
from relurules.ir.scorer import Scorer, refuse_path
from relurules.tables.names import check_finite, to_plain_value

#: Of more rules than this a document asks nothing.
_MANY = 200

#: Seconds of this process that a document takes for each answer about lines: by a clock on the
#: wall, a busy machine would make another document.
_STANDING = 10.0

#: Question -> what answers it.
QUESTIONS: Mapping[str, Callable[[Question], Answer]] = {
    "range": answer_range,
    "bounded": answer_bounded,
    "monotone": answer_monotone,
    "effect": answer_effect,
    "reach": answer_reach,
    "lipschitz": answer_lipschitz,
    "counterfactual": answer_counterfactual,
}


def ask(
    rules: Scorer,
    question: str,
    *,
    output: str | None = None,
    feature: str | None = None,
    values: tuple[Any, Any] | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    target: str | None = None,
    row: Any = None,
    data: Any = None,
    keep: Sequence[str] = (),
    distance: str = "l1",
    scales: Mapping[str, float] | None = None,
    given: str | Sequence[str] = (),
    whole: bool | None = None,
    time_limit: float | None = None,
) -> Answer:
    """Ask the rules something, over all rows of their domain; answers print as text, and have
    `.to_json()`.

    range: how small and large an output can be. bounded: whether it is always `at_least` and
    `at_most` a number. monotone: whether it only rises or only falls with a `feature`; without one,
    a table of all number columns. effect: how far changing a `feature` alone can move the score,
    from one of two `values` to the other, or from any to any. reach: whether a class (`target`), or
    an output `at_least` or `at_most` a number, is reached by any row. lipschitz: how steep the
    score is at most. counterfactual: the nearest row to `row` that is reached, columns of `keep` as
    they are; distance: "l1" or "linf" over columns in units of `scales`, by default of their widths
    in the domain.

    output: an output or a score by name, by default of two that share scores that of the positive
    class (the last one, unless another was named), else the first. given: conditions such as
    "age >= 30" or "job = clerk" that restrict the domain. whole: whether columns that hold whole
    numbers in the data may hold nothing else; by default for reach and counterfactual only, as
    without it bounds hold for either. data: a table; where a row of it shows what range, bounded,
    reach or counterfactual say, that row is shown, with its number, counted from 0. Other rows
    shown are made up, of whole numbers where columns hold them, and of few digits, as far as that
    shows the same. time_limit: seconds that this may take: at the limit bounds are given that hold,
    and may be wide, with a note that says so, or
    OutOfTimeError is raised where there is nothing to say.

    `answer.holds` is True or False where the answer is yes or no, None where it isn't decided or a
    number; `answer.exact` says whether rows shown attain the bounds. UnsupportedError for an
    unknown question, and where rules have no such score; DataError and DomainError for what isn't
    there, and DataError for conditions that no row of the domain meets, whatever is asked.
    """
    refuse_path(rules)
    if question not in QUESTIONS:
        raise UnsupportedError(f"no question {question!r}; supported: {', '.join(QUESTIONS)}")

    check_finite(at_least=at_least, at_most=at_most)
    if isinstance(row, list | tuple | np.ndarray):
        rules.domain.narrow(np.array([row], dtype=object))
    check_single_column(rules.domain, question, feature)
    data = None if data is None else rules.domain.rows(data)
    rules = take_coordinates(rules)
    deadline = Deadline.after(time_limit)
    given = (given,) if isinstance(given, str) else tuple(given)
    domain = hold_missing_numbers(restrict_domain(rules.domain, given), feature)
    if whole is None:
        whole = question in ("reach", "counterfactual")

    ground = restrict_rules(rules, domain, deadline)
    if given:
        require_rows(ground, given, integers=whole)

    asked = Question(
        ground,
        given,
        output,
        feature,
        to_plain_value(values),
        to_plain_value(at_least),
        to_plain_value(at_most),
        target,
        row,
        tuple([keep] if isinstance(keep, str) else keep),
        distance,
        to_plain_value(scales or {}),
        whole,
        data,
    )
    return add_tied_note(QUESTIONS[question](asked), rules.domain)


def restrict_rules(rules: Scorer, domain: Domain, deadline: Deadline) -> RestrictedScorer:
    """Rules of either kind over a part of their domain."""
    kind = RestrictedLines if isinstance(rules, AdditiveRules) else RestrictedRules
    return kind(rules, domain, deadline)  # type: ignore[arg-type]  # of either kind's own


def answer_standing_questions(rules: Any) -> tuple[Answer, ...]:
    """What every document answers, where it takes no long time: ranges, and how outputs go with
    number columns.

    The answers are kept for as long as the rules, whose next document gives them again.
    """
    return _ANSWERED.recall(rules)


def _answer_anew(rules: Any) -> tuple[Answer, ...]:
    if len(rules) > _MANY or rules.decision is not None:
        return ()

    found, rules = list[Answer](), take_coordinates(rules)
    limit = _STANDING if isinstance(rules, AdditiveRules) else None
    with suppress(UnsupportedError):  # no one score behind the output
        output = rules.outputs[0] if len(rules.outputs) == 1 else None
        found.append(_answer_standing(rules, "range", limit, output))
        if not rules.simplified and any(not column.categories for column in rules.domain.columns):
            found.append(_answer_standing(rules, "monotone", limit))

    return tuple(found)


def _answer_standing(
    rules: Scorer, question: str, limit: float | None, output: str | None = None
) -> Answer:
    """A question about the whole domain, within seconds of this process."""
    check_single_column(rules.domain, question, None)
    domain = hold_missing_numbers(restrict_domain(rules.domain, ()), None)
    deadline = Deadline.after(limit, time.process_time)
    asked = Question(restrict_rules(rules, domain, deadline), output=output)
    return add_tied_note(QUESTIONS[question](asked), rules.domain)


#: Of rules, the answers that their documents give.
_ANSWERED = RulesMemo(_answer_anew)

__all__ = ["QUESTIONS", "answer_standing_questions", "ask"]
