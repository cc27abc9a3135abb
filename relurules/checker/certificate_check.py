"""A certificate, its rules and its model -> a verdict, and the verdict in words."""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from relurules.checker.additive_proof import ADDITIVE_FORMAT, check_additive
from relurules.checker.answers import ANSWER_FORMAT, check_answer, describe_answer
from relurules.checker.artefact_check import (
    ArtefactText,
    check_executions,
    read_artefact,
    write_bound,
)
from relurules.checker.json_values import (
    REFUSALS,
    RULES_LISTS,
    RefusedError,
    check_lists,
    explain_refusal,
    hash_json,
    hash_rules_and_model,
    read_number,
    read_object,
)
from relurules.checker.partition_proof import Verdict, check_trees

FORMAT, VERSION = "relurules.certificate", 2
#: Lists of models and certificates.
_MODEL_LISTS = ("features", "columns", "outputs", "heads", "layers")
_CERTIFICATE_LISTS = ("rules", "paths", "neurons", "virtual", "groups", "ranges")


def check(
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    artefacts: Sequence[ArtefactText] = (),
) -> Verdict:
    """Whether a certificate holds for these rules and this model, all three as they are in their
    JSON files, and what it claims of artefacts.
    """
    try:
        verdict = _check_certificate(found, rules, model)
        return verdict._replace(executed=check_executions(found, rules, model, artefacts))
    except REFUSALS as error:
        return Verdict(False, math.inf, why=explain_refusal(error))


def _check_certificate(
    found: Mapping[str, Any], rules: Mapping[str, Any], model: Mapping[str, Any]
) -> Verdict:
    if found["format"] != FORMAT:
        raise RefusedError(
            f"it is no certificate: its format is {found['format']!r}, expected {FORMAT!r}"
        )

    if found["version"] != VERSION:
        raise RefusedError(
            f"the certificate is of version {found['version']!r}, and this reads version "
            f"{VERSION}, which binds names too; make it anew with `relurules prove`"
        )

    if found["digest"] != hash_json(
        {name: value for name, value in found.items() if name != "digest"}
    ):
        raise RefusedError("the certificate was changed after it was written")

    for name, value in hash_rules_and_model(rules, model).items():
        if found["digests"].get(name) != value:
            raise RefusedError(
                f"it is about another {name}" if name != "rules" else "it is about other rules"
            )

    additive = rules.get("format") == ADDITIVE_FORMAT
    if (found.get("form", "partition") == "additive") != additive:
        raise RefusedError("it is about rules of another form")
    check_lists(rules, RULES_LISTS)
    check_lists(model, _MODEL_LISTS)
    check_lists(found, _CERTIFICATE_LISTS)
    if additive:
        verdict = check_additive(found, rules, model)
        _check_claim(found, list_additive_claim(verdict), "score")
        return verdict

    verdict = check_trees(found, rules, model)
    shown = {"bound": verdict.bound, "bounds": [list(own) for own in verdict.bounds]}
    _check_claim(found, shown, "rule")
    return verdict


def _check_claim(found: Mapping[str, Any], shown: Mapping[str, Any], part: str) -> None:
    """RefusedError where a certificate says less than what is shown, or says it of other parts."""
    if not all(_is_covered(value, found[name]) for name, value in shown.items()):
        raise RefusedError(
            f"it says {found['bound']!r} and shows {shown['bound']!r}, or says so of a {part}"
        )


def _is_covered(shown: Any, said: Any) -> bool:
    """Whether what is said is at least what is shown, part by part; None is for what has no end."""
    if isinstance(shown, list):
        return (
            isinstance(said, list)
            and len(said) == len(shown)
            and all(map(_is_covered, shown, said))
        )
    if shown is None or said is None:
        return shown is said
    return bool(read_number(said) >= Fraction(shown))


def list_additive_claim(verdict: Verdict) -> dict[str, Any]:
    """What a certificate of additive rules says that it shows; null for what has no end."""
    bounds = [[own if math.isfinite(own) else None for own in score] for score in verdict.bounds]
    bound = verdict.bound if math.isfinite(verdict.bound) else None
    return {"bound": bound, "bounds": bounds, "share": verdict.share}


def main(paths: Sequence[str]) -> int:
    """Check a certificate from the command line; 1 where it doesn't hold, 2 where a file can't be
    read.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    if len(paths) < 2:
        sys.stderr.write(__doc__ or "")
        return 2

    try:
        certificate, rules, *models = map(read_object, paths[:3])
        artefacts = list(map(read_artefact, paths[3:]))
        if artefacts and certificate.get("format") == ANSWER_FORMAT:
            raise ValueError("an answer is about rules alone, not about artefacts")
    except ValueError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2

    if models and certificate.get("format") != ANSWER_FORMAT:
        verdict = check(certificate, rules, models[0], artefacts)
        holds, text = bool(verdict), describe_verdict(verdict)
    else:
        answer = check_answer(certificate, rules, *models)
        holds, text = bool(answer), describe_answer(answer)
    sys.stdout.write(text + "\n")
    return 0 if holds else 1


def describe_verdict(verdict: Verdict) -> str:
    """A verdict in words: a line, and one for every artefact."""
    if not verdict:
        return f"refused: {verdict.why}"
    return "\n".join((_describe_proof(verdict), *_describe_executions(verdict)))


def _describe_executions(verdict: Verdict) -> Iterator[str]:
    for claim in verdict.executed:
        most = max(claim.bounds, default=Fraction(0))
        rules = "" if claim.is_of_model else f"{write_bound(most)} of the rules' and "
        most += 0 if claim.is_of_model else Fraction(verdict.bound)
        yield (
            f"{claim.name} ({claim.target}, SHA-256 {claim.digest}): as executed in binary64, "
            f"every score is within {rules}{write_bound(most)} of the model's, "
            "for every row of the domain whose columns of whole numbers hold such"
        )


def _describe_proof(verdict: Verdict) -> str:
    what = (
        (
            "the model decides as the rules say wherever its scores are more than "
            f"{verdict.bound:.3g} from a tie"
        )
        if verdict.decision
        else f"|model - rules| <= {verdict.bound:.3g} for every score"
    )
    if verdict.lines is not None:
        return _describe_additive(verdict)
    where = (
        "everywhere in the domain"
        if verdict.covers
        else "wherever there is a rule; not all of the domain has one"
    )
    how = f"({len(verdict.bounds)} rules, {verdict.leaves} pieces, from the {verdict.model})"

    return "; ".join((f"proven: {what}, {where} {how}", *verdict.notes))


def _describe_additive(verdict: Verdict) -> str:
    lines = f"{verdict.lines} line{'' if verdict.lines == 1 else 's'}"
    most = f"{verdict.bound:.3g} for every score"
    if verdict.share is not None:
        most = f"{verdict.share:.3g} of the sum of its absolute terms, for every score"
    said = f"proven: |model - rules| <= {most}, everywhere in the domain"
    return "; ".join((f"{said} ({lines}, from the {verdict.model})", *verdict.notes))
