"""The search for certificates of how a score goes with a column, of classes that no row is of, and
of differences of rules.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from relurules.checker import (
    ONE,
    AnsweredScore,
    ClassLead,
    RefusedError,
    evaluate_score,
    find_class_lead,
    read_class_decision,
)
from relurules.errors import CheckError, DataError, RulesError
from relurules.ir.limits import Deadline
from relurules.lp.certified import round_up
from relurules.proofs.answer_rows import find_rows_near_ends
from relurules.proofs.answer_search import (
    ExactPoint,
    RangeEnds,
    guess_part,
    measure_score,
    search_parts,
    search_rule_trees,
)

#: A change by less than this share of the score's terms is rounding.
_ROUNDING = 1e-9
Found = dict[str, Any]


def show_rows(
    score: AnsweredScore, rows: Sequence[ExactPoint | None]
) -> list[dict[str, Any] | None]:
    """The rows near both ends as a certificate has them."""
    found: list[dict[str, Any] | None] = []
    for row, sign in zip(rows, (-1, 1), strict=True):
        if row is None:
            found.append(None)
            continue
        reached = 0.0 - sign * round_up(-sign * evaluate_score(row, score))
        found.append({"point": [float(x) for x in row], "reached": reached})
    return found


def prove_difference(
    begun: Mapping[str, Any], rules: Mapping[str, Any], other: Mapping[str, Any], deadline: Deadline
) -> Found:
    """By how much a score is below and above that of other rules."""
    try:
        score = AnsweredScore(begun, rules, other)
    except RefusedError as error:
        raise RulesError(f"the two can't be compared in a proof: {error}") from error

    return {**begun, **_search_both(score, deadline)}


def _search_both(score: AnsweredScore, deadline: Deadline) -> Found:
    """The range of a score with rows near both ends."""
    rows = find_rows_near_ends(score, deadline)
    shown = show_rows(score, rows)
    if not score.trees:
        proof = search_parts(score, lambda part: guess_part(part, score, rows), deadline)
    else:
        wide = measure_score(score)
        low, high = shown
        guess = {
            "low": wide if low is None else low["reached"],
            "high": -wide if high is None else high["reached"],
        }
        proof = search_rule_trees(score, guess, deadline)

    return {**proof, "lowest": shown[0], "highest": shown[1]}


def _search_one(score: AnsweredScore, guess: RangeEnds, deadline: Deadline) -> Found:
    """One end of a range, which is thought to be 0."""
    search = (
        search_rule_trees(score, guess, deadline)
        if score.trees
        else search_parts(score, lambda _: guess, deadline)
    )
    return {**search, "lowest": None, "highest": None}


def prove_monotone(begun: Mapping[str, Any], rules: Mapping[str, Any], deadline: Deadline) -> Found:
    """What a score changes by, where a column rises: that it never falls, or never rises, else how
    far it does both.
    """
    try:
        score = AnsweredScore(begun, rules)
    except RefusedError as error:
        raise DataError(f"how the score goes with a column can't be proven: {error}") from error

    rows = find_rows_near_ends(score, deadline)
    least = _ROUNDING * measure_score(score)
    for end, at in (("low", 0), ("high", 1)):
        row = rows[at]
        if row is not None and abs(evaluate_score(row, score)) > least:
            continue
        guess = {"low": None, "high": None, end: 0.0}
        found = _search_one(score, guess, deadline)
        if abs(found[end]) <= least:
            return {**begun, **found}

    return {**begun, **_search_both(score, deadline)}


def prove_decision(begun: Mapping[str, Any], rules: Mapping[str, Any], deadline: Deadline) -> Found:
    """That no row is of a class; CheckError where none other is shown to be ahead of it."""
    number, scores = begun["class"], len(begun["weights"])
    decision = read_class_decision(rules, scores)
    rivals = range(2 if decision.order is None else len(decision.order))
    for ahead in (i for i in rivals if i != number):
        lead = find_class_lead(decision, number, ahead, scores)
        found = {**begun, "ahead": ahead, "weights": [float(w) for w in lead.weights]}
        score = AnsweredScore(found, rules)
        proof = _prove_lead(score, lead, deadline)
        if proof is not None:
            return {**found, **proof}

    raise CheckError(
        "no other class is shown to be ahead of this one everywhere, so that it can't be proven "
        "that no row is of it; ask reach for a row that is"
    )


def _prove_lead(score: AnsweredScore, lead: ClassLead, deadline: Deadline) -> Found | None:
    """That a score is above a cut everywhere; None where a row or the bound says otherwise."""
    rows = find_rows_near_ends(score, deadline)
    shown, cut = show_rows(score, rows)[0], float(Fraction(lead.cut, ONE))
    if shown is not None and shown["reached"] <= cut:
        return None

    def guess(part: Mapping[str, Any]) -> RangeEnds:
        return {**guess_part(part, score, rows), "high": None}

    if score.trees:
        low = cut if shown is None else shown["reached"]
        proof = search_rule_trees(score, {"low": low, "high": None}, deadline)
    else:
        proof = search_parts(score, guess, deadline)
    if Fraction(proof["low"]) * ONE <= lead.cut + lead.radius:
        return None

    return {**proof, "lowest": shown, "highest": None}
