"""The proof of an answer about rules alone: between which numbers a score lies."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.answered_score import (
    AffineScore,
    AnsweredScore,
    evaluate_score,
    find_outside_reason,
    name_answered_score,
)
from relurules.checker.forms import DomainSpace, express_unit
from relurules.checker.json_values import (
    REFUSALS,
    RULES_LISTS,
    RefusedError,
    check_lists,
    explain_refusal,
    hash_json,
    hash_rules_and_model,
    read_number,
    read_numbers,
)
from relurules.checker.model_units import Unit
from relurules.checker.partition_proof import cover_domain
from relurules.checker.trees import ProofCell, ProofContext, ProofTarget, TreeChecker

ANSWER_FORMAT, ANSWER_VERSION = "relurules.answer", 1


class AnswerVerdict(NamedTuple):
    """What a check of an answer found; true when it holds.

    low, high: no row of the domain has less, or more, as the certificate says them. reached: what
    its rows show, None without a row. given: whether it is about a part of the domain alone.
    leaves: of its trees; covers: whether every point of the domain has a rule; why: what was wrong,
    if anything.
    """

    holds: bool
    score: str = ""
    low: float = 0.0
    high: float = 0.0
    reached: tuple[float | None, float | None] = (None, None)
    given: bool = False
    leaves: int = 0
    covers: bool = True
    why: str = ""

    def __bool__(self) -> bool:
        """True when the certificate holds."""
        return self.holds


def check_answer(found: Mapping[str, Any], rules: Mapping[str, Any]) -> AnswerVerdict:
    """Whether an answer's certificate holds for these rules, both as they are in their files."""
    try:
        return _check_answer(found, rules)
    except REFUSALS as error:
        return AnswerVerdict(False, why=explain_refusal(error))


def _check_answer(found: Mapping[str, Any], rules: Mapping[str, Any]) -> AnswerVerdict:
    if (found["format"], found["version"]) != (ANSWER_FORMAT, ANSWER_VERSION):
        raise RefusedError(f"it is no {ANSWER_FORMAT} of version {ANSWER_VERSION}")
    if found["digest"] != hash_json({k: value for k, value in found.items() if k != "digest"}):
        raise RefusedError("the certificate was changed after it was written")
    known = hash_rules_and_model(rules, {})
    for name in ("domain", "rules"):
        if found["digests"].get(name) != known[name]:
            raise RefusedError(f"it is about other rules: their {name} differs")
    if found["question"] != "range":
        raise RefusedError(f"no question {found['question']!r} is proven; only a range is")

    check_lists(rules, RULES_LISTS)
    check_lists(found, ("rules", "paths", "parts"))
    score = AnsweredScore(found, rules)
    leaves, covers = (check_parts if score.additive else check_rules)(found, score)
    reached = (
        _check_row(found["lowest"], score, -1),
        _check_row(found["highest"], score, 1),
    )
    given = bool(found["given"]["bounds"] or found["given"]["constraints"])
    return AnswerVerdict(
        True,
        name_answered_score(score),
        found["low"],
        found["high"],
        reached,
        given,
        leaves,
        covers,
    )


def list_range_targets(
    score: AffineScore, low: Fraction, high: Fraction, space: DomainSpace
) -> list[ProofTarget]:
    """How far an affine score is above `high`, and below `low`; of a context without scores."""
    minus = {j: -value for j, value in score.terms.items()}
    return [
        ProofTarget((), space.form(minus, high - score.constant)),
        ProofTarget((), space.form(score.terms, score.constant - low)),
    ]


def check_rules(found: Mapping[str, Any], score: AnsweredScore) -> tuple[int, bool]:
    """That no rule's score leaves the range where the rule holds; leaves, and whether every point
    has a rule.
    """
    walks, covers = walk_rules(found, score)
    for number, walk in enumerate(walks, start=1):
        _refuse_excess(walk, f"rule {number}")
    return sum(walk.leaves for walk in walks), covers


def walk_rules(found: Mapping[str, Any], score: AnsweredScore) -> tuple[list[TreeChecker], bool]:
    """How far the score of every rule is beyond the range, and whether every point has a rule."""
    low, high = read_number(found["low"]), read_number(found["high"])
    walks = [
        TreeChecker(list_range_targets(own, low, high, score.space)) for own in score.list_maps()
    ]
    return walks, cover_domain(found, score.rules, score.make_context(), walks)


def _refuse_excess(walk: TreeChecker, what: str) -> None:
    if any(walk.worst):
        side = "at most `high`" if walk.worst[0] else "at least `low`"
        raise RefusedError(f"{what} isn't shown to give {side}")


def check_parts(found: Mapping[str, Any], score: AnsweredScore) -> tuple[int, bool]:
    """That the ranges of parts, which have columns and lines of their own, add up to the range;
    leaves, and True.
    """
    base, lines = score.combine(score.rules["base"]), score.list_lines()
    columns = [j for part in found["parts"] for j in part["columns"]]
    used = [i for part in found["parts"] for i in part["lines"]]
    needed = {j for j, value in base.terms.items() if value}
    acting = {i for i, (_, slope) in enumerate(lines) if slope}
    for own, least, count in (
        (columns, needed, len(score.space.names)),
        (used, acting, len(lines)),
    ):
        whole = all(type(i) is int and 0 <= i < count for i in own)
        if not whole or len(set(own)) < len(own) or not least <= set(own):
            raise RefusedError("its parts don't hold every column and line just once")

    low = high = base.constant
    leaves = 0
    for number, part in enumerate(found["parts"], start=1):
        walk = walk_part(part, *make_part(part, score, base, lines))
        _refuse_excess(walk, f"part {number}")
        low, high = low + read_number(part["low"]), high + read_number(part["high"])
        leaves += walk.leaves

    if low < read_number(found["low"]) or high > read_number(found["high"]):
        raise RefusedError("the ranges of its parts add up to more than the range")
    return leaves, True


def walk_part(
    part: Mapping[str, Any], ground: ProofContext, targets: Sequence[ProofTarget]
) -> TreeChecker:
    """How far a part is beyond its range."""
    walk = TreeChecker(targets)
    walk.node(ProofCell(ground, ground.rows([])), part["tree"])
    return walk


def make_part(
    part: Mapping[str, Any],
    score: AnsweredScore,
    base: AffineScore,
    lines: Sequence[tuple[AffineScore, Fraction]],
) -> tuple[ProofContext, list[ProofTarget]]:
    """A part as a model of its own: lines are neurons of slope 0, of which there is one score."""
    own = [lines[i] for i in part["lines"]]
    neurons = [Unit(z.terms, z.constant, {}, Fraction(0)) for z, _ in own]
    terms = {j: base.terms[j] for j in part["columns"] if base.terms.get(j)}
    total = Unit(terms, Fraction(0), {k: s for k, (_, s) in enumerate(own) if s}, Fraction(1))
    units = [[express_unit(unit, score.space) for unit in some] for some in (neurons, [total])]

    low, high = (
        score.space.form({}, sign * read_number(part[end]))
        for sign, end in ((-1, "low"), (1, "high"))
    )
    return score.make_context((units[0], units[1])), [
        ProofTarget(((0, 1),), high), ProofTarget(((0, -1),), low),
    ]  # fmt: skip


def _check_row(said: Any, score: AnsweredScore, sign: int) -> float | None:
    """The score that a row is said to reach, which it does; None where there is no row."""
    if said is None:
        return None
    x = [Fraction(value) for value in read_numbers(said["point"])]
    why = find_outside_reason(x, score)
    if why is not None:
        raise RefusedError(f"a row isn't in the part of the domain that it is about: {why}")
    reached = read_number(said["reached"])
    if sign * evaluate_score(x, score) < sign * reached:
        raise RefusedError("a row doesn't reach what it is said to")
    value: float = said["reached"]
    return value


def describe_answer(verdict: AnswerVerdict) -> str:
    """A verdict in words."""
    if not verdict:
        return f"refused: {verdict.why}"
    part = "the part of the domain that it is about" if verdict.given else "the domain"
    where = f"every row of {part}" + ("" if verdict.covers else " that has a rule")
    said = f"{json.dumps(verdict.low)} <= {verdict.score} <= {json.dumps(verdict.high)}"
    ends = zip(("lowest", "highest"), verdict.reached, strict=True)
    rows = [
        f"its {end} row reaches {json.dumps(value)}"
        if value is not None
        else f"it has no {end} row"
        for end, value in ends
    ]
    return "; ".join((f"proven: {said} for {where} ({verdict.leaves} pieces)", *rows))
