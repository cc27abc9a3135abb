"""Proofs of answers: a certificate of what `ask` and `diff` answer, from the rules alone, and its
check.

The public functions of both.
"""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from relurules import checker
from relurules.analysis.derived_questions import check_single_column
from relurules.analysis.extreme_rows import (
    ScoreExtremes,
    find_answer_part,
    find_class_number,
    find_score_extremes,
    require_common_rows,
)
from relurules.checker import AnsweredScore, AnswerVerdict, RefusedError
from relurules.codec.additive_json import additive_to_json
from relurules.codec.any_rules import load_any_rules
from relurules.codec.rules_json import to_json
from relurules.domain import Domain
from relurules.errors import CheckError, DataError, DomainError, RulesError, UnsupportedError
from relurules.files.writing import read_json
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.answer_certificate import AnswerCertificate
from relurules.ir.limits import Deadline
from relurules.ir.proven_statement import ProvenStatement
from relurules.proofs.answer_questions import (
    prove_decision,
    prove_difference,
    prove_monotone,
    show_rows,
)
from relurules.proofs.answer_search import guess_part, search_parts, search_rule_trees
from relurules.proofs.given_words import describe_given

#: Up to which share of the time the range and its rows may be looked for.
_ROWS_SHARE = 0.4
AnyRules = RuleSet | AdditiveRules | str | Path


def prove_answer(
    rules: AnyRules,
    question: str = "range",
    *,
    output: str | None = None,
    feature: str | None = None,
    target: str | None = None,
    old: AnyRules | None = None,
    given: str | Sequence[str] = (),
    time_limit: float | None = None,
) -> AnswerCertificate:
    """A certificate of an answer about a score, which `check_answer` and `check.py` judge.

    range: no row has less than `low` or more than `high`, and rows reach what `reached` says; shows
    what `ask` answers to range and bounded. monotone: where the `feature`, a number column, rises,
    all else equal, the score changes by no less than `low`, or no more than `high`. A score that
    never falls has a `low` of 0 but for rounding (1e-57, say, or 1e-16 where rules meet). decision:
    no row is of the class `target`, as `ask` answers to reach. difference: by how much the score is
    below (`low`) and above (`high`) that of the rules `old`, over the domain of both, as `diff`
    says; of simplified rules from unsimplified ones, what simplification cost.

    rules, old: or their files. output: an output that is made of one score, or a score, as of
    `ask`; of an output with a link the certificate is of the score behind it. given: conditions
    that restrict the domain. Columns of whole numbers count as any numbers. The rules' numbers are
    taken as the exact rationals that they are, and no network is read: how far the rules are from
    theirs is for `prove` to show. time_limit: seconds that this may take.

    Raises DataError for a question or a column that there isn't, or that isn't the same in both
    rules, or for conditions that no row meets, DomainError for columns without bounds and domains
    without a row in common, UnsupportedError for rules that decide or have
    groups of neurons and for a column that can't change alone, CheckError for what can't be shown,
    OutOfTimeError at the limit.

    Bounds are shown by multipliers of linear programming duality, as those of `prove`; additive
    rules are split into parts of columns that no line ties together, whose ranges add up.
    """
    if question not in checker.QUESTIONS:
        raise DataError(
            f"no answers to {question!r} are proven; those to {', '.join(checker.QUESTIONS)} are"
        )
    _require_options(question, feature=feature, target=target, old=old)
    deadline = Deadline.after(time_limit)
    given = (given,) if isinstance(given, str) else tuple(given)
    whole = _load_rules(rules)
    if old is not None:
        require_common_rows(_load_rules(old), whole, given)
    check_single_column(whole.domain, question, feature)
    said, other = _read_rules(rules), None if old is None else _read_rules(old)
    for one in (said, other):
        if one is not None:
            _require_provable(one)

    try:
        if question == "range":
            near = find_score_extremes(whole, output, given, deadline.share(_ROWS_SHARE))
            asked = _begin(question, said, near.domain, near.target.combination.tolist())
            found = {**asked, **_search_range(asked, said, near, deadline)}
        elif question == "decision":
            number = find_class_number(whole, str(target), deadline)
            part = find_answer_part(whole, whole.scores[0], given, deadline)
            begun = _begin(question, said, part.domain, part.combination.tolist())
            found = prove_decision({**begun, "class": number}, said, deadline)
        else:
            part = find_answer_part(whole, output, given, deadline)
            begun = _begin(question, said, part.domain, part.combination.tolist())
            if other is None:
                found = prove_monotone({**begun, "column": feature}, said, deadline)
            else:
                found = prove_difference(begun, said, other, deadline)
    except RefusedError as error:
        raise RulesError(f"nothing can be proven of these rules: {error}") from error
    return _seal(found, said, other)


def _require_options(question: str, **given: Any) -> None:
    """DataError where an option is missing, or there for nothing."""
    needed = {"monotone": "feature", "decision": "target", "difference": "old"}.get(question)
    for name, value in given.items():
        if (value is not None) != (name == needed):
            raise DataError(
                f"a proof of {question} needs {name}=" if name == needed else
                f"a proof of {question} has no use for {name}="
            )  # fmt: skip


def _begin(
    question: str, rules: Mapping[str, Any], domain: Domain, weights: Sequence[float]
) -> dict[str, Any]:
    """The head of a certificate."""
    return {
        "format": checker.ANSWER_FORMAT,
        "version": checker.ANSWER_VERSION,
        "question": question,
        "weights": list(weights),
        "given": _list_conditions(rules, domain),
    }


def _seal(
    found: dict[str, Any], rules: Mapping[str, Any], other: Mapping[str, Any] | None
) -> AnswerCertificate:
    """The certificate with its digests; CheckError where the checker doesn't accept it."""
    found["digests"] = checker.hash_subjects(rules, other)
    found["digest"] = checker.hash_json(found)
    verdict = checker.check_answer(found, rules, other)
    if not verdict:
        raise CheckError(f"the certificate that was made isn't accepted: {verdict.why}")
    return AnswerCertificate(found)


def check_answer(
    certificate: AnswerCertificate | str | Path, rules: AnyRules, old: AnyRules | None = None
) -> AnswerVerdict:
    """Whether a certificate of `prove_answer` holds for these rules: true, with the range that is
    proven, or false, with `why`.

    All is computed anew from the rules' numbers, in integers, by `relurules.checker`, which uses
    nothing else of this package. rules, and the `old` ones of a difference: or their files.
    """
    if isinstance(certificate, str | Path):
        certificate = AnswerCertificate.load(certificate)
    other = None if old is None else _read_rules(old)
    return checker.check_answer(certificate.found, _read_rules(rules), other)


def read_statement(path: Path, rules: AnyRules) -> ProvenStatement:
    """What the certificate of an answer in a file proves of these rules; CheckError where it proves
    nothing, DataError for one of a difference.
    """
    found = AnswerCertificate.load(path)
    if found.question == "difference":
        raise DataError(
            f"{path}: is about two files of rules; a document of one tells what is proven of it "
            "alone. Give certificates that `relurules ask` wrote"
        )
    verdict = check_answer(found, rules)
    if not verdict:
        raise CheckError(f"{path}: {checker.describe_answer(verdict)}")

    digests, given = found.found["digests"], describe_given(found.found["given"])
    if given:
        verdict = verdict._replace(where=f"the part of the domain where {given}")
    return ProvenStatement(
        text=checker.describe_answer(verdict).removeprefix("proven: "),
        digest=found.found["digest"],
        rules=digests["rules"],
        domain=digests["domain"],
    )


def _require_provable(rules: Mapping[str, Any]) -> None:
    """DomainError, or UnsupportedError, for rules whose answers have no certificates."""
    lost = [item["name"] for item in rules["features"] if None in (item["lower"], item["upper"])]
    if lost:
        raise DomainError(
            f"column {lost[0]!r} has no two bounds, and answers are proven over a bounded domain; "
            "extract the rules with data= or domain= that bounds every column"
        )
    if rules.get("neuron_groups"):
        raise UnsupportedError(
            "answers about additive rules with groups of neurons have no certificates; supported: "
            "partition rules, and additive rules of lines alone. Ask without a certificate"
        )


def _list_conditions(rules: Mapping[str, Any], domain: Domain) -> dict[str, Any]:
    """What the domain has beside that of the rules: bounds by name, and inequalities."""
    features = rules["features"]
    names = [feature["name"] for feature in features]
    pairs = zip(names, features, domain.lower.tolist(), domain.upper.tolist(), strict=True)
    bounds = {
        name: [low, high]
        for name, feature, low, high in pairs
        if (low, high) != (feature["lower"], feature["upper"])
    }
    own = len(rules["constraints"])
    added = zip(domain.normals[own:].tolist(), domain.bounds[own:].tolist(), strict=True)
    constraints = [
        {
            "coefficients": {n: v for n, v in zip(names, row, strict=True) if v},
            "at_most": most,
        }
        for row, most in added
    ]
    return {"bounds": bounds, "constraints": constraints}


def _search_range(
    found: Mapping[str, Any], rules: Mapping[str, Any], near: ScoreExtremes, deadline: Deadline
) -> dict[str, Any]:
    """The range with its proof and its rows."""
    score = AnsweredScore(found, rules)
    rows: list[list[Fraction] | None] = []
    for row in (near.lowest, near.highest):
        x = None if row is None else [Fraction(value) for value in row.tolist()]
        inside = x is not None and checker.find_outside_reason(x, score) is None
        rows.append(x if inside else None)
    shown = show_rows(score, rows)

    if not score.trees:
        proof = search_parts(score, lambda part: guess_part(part, score, rows), deadline)
    else:
        low, high = (None if row is None else row["reached"] for row in shown)
        low, high = near.high if low is None else low, near.low if high is None else high
        proof = search_rule_trees(score, {"low": low, "high": high}, deadline)

    return {**proof, "lowest": shown[0], "highest": shown[1]}


def _load_rules(rules: AnyRules) -> RuleSet | AdditiveRules:
    """Rules, from their file where that is given."""
    return load_any_rules(rules) if isinstance(rules, str | Path) else rules


def _read_rules(rules: RuleSet | AdditiveRules | str | Path) -> dict[str, Any]:
    """What the file of rules holds, or would."""
    if isinstance(rules, str | Path):
        found = read_json(Path(rules))
        if not isinstance(found, dict):
            raise RulesError(f"{rules}: holds no object")
        return found
    said = additive_to_json(rules) if isinstance(rules, AdditiveRules) else to_json(rules)
    return dict(json.loads(json.dumps(said)))
