"""The proof of an answer about rules alone: between which numbers a score, or a change of it,
lies.
"""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.answered_classes import check_decision, name_class
from relurules.checker.answered_score import (
    AffineScore,
    AnsweredLine,
    AnsweredScore,
    evaluate_score,
    find_outside_reason,
    name_answered_score,
    print_plain_name,
)
from relurules.checker.forms import DomainSpace
from relurules.checker.json_values import (
    REFUSALS,
    RefusedError,
    check_lists,
    explain_refusal,
    hash_json,
    hash_rules_and_model,
    read_number,
    read_numbers,
)
from relurules.checker.partition_proof import cover_domain
from relurules.checker.trees import ProofContext, ProofTarget, TreeChecker

ANSWER_FORMAT, ANSWER_VERSION = "relurules.answer", 1
#: The ends of a range with the sign of what may not exceed them, in the order of targets.
_ENDS = (("high", 1), ("low", -1))


class AnswerVerdict(NamedTuple):
    """What a check of an answer found; true when it holds.

    claim: what lies between low and high, in words; low, high: no row of the domain has less, or
    more, as the certificate says them, None where it doesn't say. reached: what its rows show, None
    without a row. where: of which rows that is; follows: what it shows of classes, in words.
    leaves: of its trees; covers: whether every point of the domain has a rule; why: what was wrong,
    if anything.
    """

    holds: bool
    claim: str = ""
    low: float | None = None
    high: float | None = None
    reached: tuple[float | None, float | None] = (None, None)
    where: str = ""
    follows: str = ""
    leaves: int = 0
    covers: bool = True
    why: str = ""

    def __bool__(self) -> bool:
        """True when the certificate holds."""
        return self.holds


def check_answer(
    found: Mapping[str, Any], rules: Mapping[str, Any], other: Mapping[str, Any] | None = None
) -> AnswerVerdict:
    """Whether an answer's certificate holds for these rules, all as they are in their files.

    other: the rules that a difference is from.
    """
    try:
        return _check_answer(found, rules, other)
    except REFUSALS as error:
        return AnswerVerdict(False, why=explain_refusal(error))


def _check_answer(
    found: Mapping[str, Any], rules: Mapping[str, Any], other: Mapping[str, Any] | None
) -> AnswerVerdict:
    if (found["format"], found["version"]) != (ANSWER_FORMAT, ANSWER_VERSION):
        raise RefusedError(f"it is no {ANSWER_FORMAT} of version {ANSWER_VERSION}")
    if found["digest"] != hash_json({k: value for k, value in found.items() if k != "digest"}):
        raise RefusedError("the certificate was changed after it was written")
    for name, value in hash_subjects(rules, other).items():
        if found["digests"].get(name) != value:
            raise RefusedError(f"it is about other rules: their {name.replace('_', ' ')} differs")

    check_lists(found, ("rules", "paths", "parts"))
    score = AnsweredScore(found, rules, other)
    if found["low"] is None and found["high"] is None:
        raise RefusedError("it claims nothing")
    if None not in (found["low"], found["high"]):
        low, high = read_numbers([found["low"], found["high"]])
        if low > high:
            raise RefusedError("its low is more than its high, which is true of no row at all")
    leaves, covers = (check_rules if score.trees else check_parts)(found, score)
    reached = (
        _check_row(found["lowest"], score, -1, found["low"]),
        _check_row(found["highest"], score, 1, found["high"]),
    )
    follows = ""
    if found["question"] == "decision":
        check_decision(found, rules, score)
        follows = f"; so no row is of class {name_class(found, rules)}"

    return AnswerVerdict(
        True, _name_claim(found, score), found["low"], found["high"], reached,
        _name_rows(found), follows, leaves, covers,
    )  # fmt: skip


def hash_subjects(rules: Mapping[str, Any], other: Mapping[str, Any] | None) -> dict[str, str]:
    """Digests of what an answer is about."""
    known = hash_rules_and_model(rules, {})
    found = {name: known[name] for name in ("domain", "rules")}
    if other is not None:
        theirs = hash_rules_and_model(other, {})
        found |= {f"other_{name}": theirs[name] for name in ("domain", "rules")}
    return found


def _name_claim(found: Mapping[str, Any], score: AnsweredScore) -> str:
    """What lies in the range, in words."""
    name = name_answered_score(score)
    if found["question"] == "monotone":
        return f"change of {name} where {print_plain_name(found['column'])} alone rises"
    if found["question"] == "difference":
        return f"change of {name} from the other rules"
    return name


def _name_rows(found: Mapping[str, Any]) -> str:
    """Which rows a range is of, in words."""
    given = bool(found["given"]["bounds"] or found["given"]["constraints"])
    domain = "the domain of both" if found["question"] == "difference" else "the domain"
    return f"the part of {domain} that it is about" if given else domain


def list_range_targets(
    score: AffineScore,
    ends: Mapping[str, Fraction | None],
    space: DomainSpace,
    lines: bool = False,
) -> list[ProofTarget]:
    """How far an affine score is above `high`, and below `low`, where these are claimed; lines:
    whether the score of the context is to be added.
    """
    found = []
    for end, sign in _ENDS:
        limit = ends[end]
        if limit is not None:
            terms = {j: -sign * value for j, value in score.terms.items()}
            form = space.form(terms, sign * (limit - score.constant))
            found.append(ProofTarget(((0, sign),) if lines else (), form))

    return found


def read_ends(said: Mapping[str, Any], claim: Mapping[str, Any]) -> dict[str, Fraction | None]:
    """The ends of a range, those that a certificate claims."""
    return {end: None if claim[end] is None else read_number(said[end]) for end in ("low", "high")}


def check_rules(found: Mapping[str, Any], score: AnsweredScore) -> tuple[int, bool]:
    """That no rule's score leaves the range where the rule holds; leaves, and whether every point
    has a rule.
    """
    walks, covers = walk_rules(found, score)
    for number, walk in enumerate(walks, start=1):
        _refuse_excess(walk, f"rule {number}")
    return sum(walk.leaves for walk in walks), covers


def walk_rules(found: Mapping[str, Any], score: AnsweredScore) -> tuple[list[TreeChecker], bool]:
    """How far the score of every rule, or combination of rules, is beyond the range, and whether
    every point has one.
    """
    if len(found["rules"]) != score.count_pieces():
        raise RefusedError(f"it proves {len(found['rules'])} rules of {score.count_pieces()}")

    ends, ground = read_ends(found, found), make_rules_context(score)
    walks = [
        TreeChecker(list_range_targets(own, ends, score.space, bool(ground.scores)))
        for own in score.list_maps()
    ]

    return walks, cover_domain(found, ground, walks, score.list_conditions(), score.list_ways())


def make_rules_context(score: AnsweredScore) -> ProofContext:
    """What cells of partition rules share; where lines add anything to them, these are neurons."""
    lines = [line for line in score.list_lines() if line[1]]
    return score.make_context(lines, {} if lines else None)


def _refuse_excess(walk: TreeChecker, what: str) -> None:
    if any(walk.worst):
        raise RefusedError(f"{what} isn't shown to stay within the range")


def check_parts(found: Mapping[str, Any], score: AnsweredScore) -> tuple[int, bool]:
    """That the ranges of parts, which have columns and lines of their own, add up to the range;
    leaves, and True.
    """
    base, lines = score.add_bases(), score.list_lines()
    for part in found["parts"]:
        check_lists(part, ("columns", "lines", "trees"))

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

    total, leaves = {"low": base.constant, "high": base.constant}, 0
    for number, part in enumerate(found["parts"], start=1):
        ends = read_ends(part, found)
        for walk in walk_part(part, *make_part(part, ends, score, base, lines)):
            _refuse_excess(walk, f"part {number}")
            leaves += walk.leaves
        total = {end: value + (ends[end] or 0) for end, value in total.items()}

    claimed = read_ends(found, found)
    for end, sign in _ENDS:
        limit = claimed[end]
        if limit is not None and sign * total[end] > sign * limit:
            raise RefusedError("the ranges of its parts add up to more than the range")
    return leaves, True


def walk_part(
    part: Mapping[str, Any], ground: ProofContext, targets: Sequence[ProofTarget]
) -> list[TreeChecker]:
    """How far a part is beyond every end of its range, each of which has a tree."""
    if len(part["trees"]) != len(targets):
        raise RefusedError(f"a part has {len(part['trees'])} trees for {len(targets)} ends")
    walks = [TreeChecker([target]) for target in targets]
    for walk, tree in zip(walks, part["trees"], strict=True):
        walk.node(ground.cell([]), tree)
    return walks


def make_part(
    part: Mapping[str, Any],
    ends: Mapping[str, Fraction | None],
    score: AnsweredScore,
    base: AffineScore,
    lines: Sequence[AnsweredLine],
) -> tuple[ProofContext, list[ProofTarget]]:
    """A part as a model of its own: lines are neurons of slope 0, of which there is one score."""
    own = [lines[i] for i in part["lines"]]
    terms = {j: base.terms[j] for j in part["columns"] if base.terms.get(j)}

    nothing = AffineScore({}, Fraction(0))
    return score.make_context(own, terms), list_range_targets(nothing, ends, score.space, True)


def _check_row(said: Any, score: AnsweredScore, sign: int, claim: Any) -> float | None:
    """The score that a row is said to reach, which it does; None where there is no row."""
    if said is None:
        return None
    if claim is None:
        raise RefusedError("it has a row of an end that it doesn't claim")
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
    low = "" if verdict.low is None else f"{json.dumps(verdict.low)} <= "
    high = "" if verdict.high is None else f" <= {json.dumps(verdict.high)}"
    where = f"every row of {verdict.where}" + ("" if verdict.covers else " that has a rule")
    said = f"proven: {low}{verdict.claim}{high} for {where} ({verdict.leaves} pieces)"
    ends = (("lowest", verdict.low), ("highest", verdict.high))
    rows = [
        f"; its {end} row reaches {json.dumps(value)}" if value is not None else
        f"; it has no {end} row"
        for (end, claim), value in zip(ends, verdict.reached, strict=True)
        if claim is not None
    ]  # fmt: skip

    return "".join((said, verdict.follows, *rows))
