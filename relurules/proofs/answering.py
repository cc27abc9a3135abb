"""Proofs of answers: a certificate of the range of a score, from the rules alone, and its check.

The public functions of both.
"""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from relurules import checker
from relurules.analysis.extreme_rows import ScoreExtremes, find_score_extremes
from relurules.checker import AnsweredScore, AnswerVerdict, RefusedError
from relurules.codec.additive_json import additive_to_json
from relurules.codec.any_rules import load_any_rules
from relurules.codec.rules_json import to_json
from relurules.errors import CheckError, DomainError, RulesError, UnsupportedError
from relurules.files.writing import read_json
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.answer_certificate import AnswerCertificate
from relurules.ir.limits import Deadline
from relurules.lp.certified import round_up
from relurules.proofs.answer_search import search_parts, search_rule_trees

#: Up to which share of the time the range and its rows may be looked for.
_ROWS_SHARE = 0.4


def prove_answer(
    rules: RuleSet | AdditiveRules | str | Path,
    *,
    output: str | None = None,
    given: str | Sequence[str] = (),
    time_limit: float | None = None,
) -> AnswerCertificate:
    """A certificate of the range of a score, which shows what `ask` answers to range and bounded:
    no row has less than `low` or more than `high`, and rows reach what `reached` says.

    rules: or their file. output: an output that is made of one score, or a score, as of `ask`; of
    an output with a link the certificate is of the score behind it. given: conditions that restrict
    the domain. Columns of whole numbers count as any numbers. The rules' numbers are taken as the
    exact rationals that they are, and no network is read: how far the rules are from theirs is for
    `prove` to show. time_limit: seconds that this may take.

    Raises DomainError for columns without bounds, UnsupportedError for rules that decide or have
    groups of neurons, OutOfTimeError at the limit.

    Bounds are shown by multipliers of linear programming duality, as those of `prove`; additive
    rules are split into parts of columns that no line ties together, whose ranges add up.
    """
    deadline = Deadline.after(time_limit)
    given = (given,) if isinstance(given, str) else tuple(given)
    whole = load_any_rules(rules) if isinstance(rules, str | Path) else rules
    said = _read_rules(rules)
    _require_provable(said)
    near = find_score_extremes(whole, output, given, deadline.share(_ROWS_SHARE))
    found: dict[str, Any] = {
        "format": checker.ANSWER_FORMAT,
        "version": checker.ANSWER_VERSION,
        "question": "range",
        "digests": {k: checker.hash_rules_and_model(said, {})[k] for k in ("domain", "rules")},
        "weights": near.target.combination.tolist(),
        "given": _list_conditions(said, near),
    }
    try:
        found |= _search_range(found, said, near, deadline)
    except RefusedError as error:
        raise RulesError(f"nothing can be proven of these rules: {error}") from error

    found["digest"] = checker.hash_json(found)
    verdict = checker.check_answer(found, said)
    if not verdict:
        raise CheckError(f"the certificate that was made isn't accepted: {verdict.why}")
    return AnswerCertificate(found)


def check_answer(
    certificate: AnswerCertificate | str | Path, rules: RuleSet | AdditiveRules | str | Path
) -> AnswerVerdict:
    """Whether a certificate of `prove_answer` holds for these rules: true, with the range that is
    proven, or false, with `why`.

    All is computed anew from the rules' numbers, in integers, by `relurules.checker`, which uses
    nothing else of this package. rules: or their file.
    """
    if isinstance(certificate, str | Path):
        certificate = AnswerCertificate.load(certificate)
    return checker.check_answer(certificate.found, _read_rules(rules))


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


def _list_conditions(rules: Mapping[str, Any], near: ScoreExtremes) -> dict[str, Any]:
    """What the domain has beside that of the rules: bounds by name, and inequalities."""
    domain, features = near.domain, rules["features"]
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
    shown: list[dict[str, Any] | None] = []
    for row, sign in ((near.lowest, -1), (near.highest, 1)):
        x = None if row is None else [Fraction(value) for value in row.tolist()]
        inside = x is not None and checker.find_outside_reason(x, score) is None
        rows.append(x if inside else None)
        if x is None or row is None or not inside:
            shown.append(None)
            continue
        reached = -sign * round_up(-sign * checker.evaluate_score(x, score))
        shown.append({"point": row.tolist(), "reached": reached})

    if score.additive:
        proof = search_parts(score, rows, deadline)
    else:
        low, high = (None if row is None else row["reached"] for row in shown)
        guess = (near.high if low is None else low, near.low if high is None else high)
        proof = search_rule_trees(score, guess, deadline)
    return {**proof, "lowest": shown[0], "highest": shown[1]}


def _read_rules(rules: RuleSet | AdditiveRules | str | Path) -> dict[str, Any]:
    """What the file of rules holds, or would."""
    if isinstance(rules, str | Path):
        found = read_json(Path(rules))
        if not isinstance(found, dict):
            raise RulesError(f"{rules}: holds no object")
        return found
    said = additive_to_json(rules) if isinstance(rules, AdditiveRules) else to_json(rules)
    return dict(json.loads(json.dumps(said)))
