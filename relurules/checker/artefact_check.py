"""Artefacts: the claims of a certificate about texts, and what they show."""

import decimal
import hashlib
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from relurules.checker.additive_proof import ADDITIVE_FORMAT
from relurules.checker.artefact_code import CodeReader
from relurules.checker.artefact_domain import ArtefactDomain, list_score_forms
from relurules.checker.artefact_frames import CodeFrame
from relurules.checker.artefact_rules import (
    CodeRulesReader,
    ExecutedReading,
    bound_executed_rules,
    find_rule_form,
)
from relurules.checker.artefact_sql import SqlReader
from relurules.checker.artefact_sql_rules import SqlRulesReader
from relurules.checker.artefact_text import ARTEFACT_LANGUAGES, ArtefactReader
from relurules.checker.artefact_values import FloatArithmetic, FloatValue
from relurules.checker.json_values import MOST_BYTES, RefusedError, check_lists
from relurules.checker.partition_proof import ExecutedClaim

#: How bounds are written in certificates.
_DECIMAL = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?(e[+-]?[0-9]{1,3})?")


class ArtefactText(NamedTuple):
    """An artefact. header: of C, the text of score.h, else empty."""

    name: str
    text: str
    header: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the header and the text behind it."""
        return hashlib.sha256((self.header + self.text).encode()).hexdigest()


def read_artefact(path: str | Path) -> ArtefactText:
    """An artefact's file, with the header beside that C has; ValueError where it can't be read."""
    place = Path(path)
    try:
        files = [place, *([place.with_name("score.h")] if place.suffix == ".c" else [])]
        if sum(file.stat().st_size for file in files) > MOST_BYTES:
            raise ValueError(f"{path}: is too large")
        texts = [file.read_bytes().decode("utf-8") for file in files]
    except OSError as error:
        raise ValueError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: isn't UTF-8, from byte {error.start} on") from error

    return ArtefactText(place.name, *texts)


def write_bound(bound: Fraction) -> str:
    """A number of at least a bound in three digits, as certificates hold them."""
    digits = decimal.Context(prec=3, rounding=decimal.ROUND_CEILING)
    return f"{digits.divide(bound.numerator, bound.denominator):e}" if bound else "0"


def read_execution(
    artefact: ArtefactText, target: str, dialect: str | None, rules: Mapping[str, Any]
) -> ExecutedReading:
    """What a text computes in binary64, up to its rounding, for every row of the domain.

    RefusedError where the text isn't read, or isn't these rules.
    """
    if rules.get("neuron_groups"):
        raise RefusedError("artefacts of rules with groups of neurons aren't read")
    is_additive = rules.get("format") == ADDITIVE_FORMAT
    language = dialect if target == "sql" else target
    if language not in ARTEFACT_LANGUAGES or (target == "sql") != (dialect is not None):
        told = target if dialect is None else f"{target} of dialect {dialect}"
        raise RefusedError(f"artefacts of {told} aren't read")
    domain = ArtefactDomain(rules)
    arithmetic = FloatArithmetic(domain)
    if target == "sql" and is_additive:
        lines = SqlReader(artefact.text, language, arithmetic, rules)
        found = lines.read_scores()
        lines.finish()
        return _compare_lines(found, rules, domain)
    if target == "sql":
        ruled = SqlRulesReader(artefact.text, language, arithmetic, rules)
        reading = ruled.read()
        ruled.finish()
        return reading

    reader = ArtefactReader(artefact.text, language, arithmetic)
    frame = CodeFrame(rules, domain, target, "lines" if is_additive else find_rule_form(reader))
    code = CodeReader(reader, frame, target)
    reading = (
        _compare_lines(code.read_scores(), rules, domain)
        if is_additive
        else CodeRulesReader(code, rules).read()
    )
    reader.finish()
    if target == "c":
        reader = ArtefactReader(artefact.header, language, arithmetic)
        reader.expect(frame.make_header())
        reader.finish()

    return reading


def _compare_lines(
    found: Sequence[FloatValue], rules: Mapping[str, Any], domain: ArtefactDomain
) -> ExecutedReading:
    due = list_score_forms(rules, domain)
    if [domain.reduce(score.form) for score in found] != due:
        raise RefusedError("the artefact's scores aren't those of the rules in exact arithmetic")
    return ExecutedReading((tuple(score.error for score in found),))


def bound_execution(
    reading: ExecutedReading,
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
) -> tuple[Fraction, ...]:
    """How far each score, executed in binary64, is from that of the rules, of partition rules from
    the model's, at most, for every row of the domain. found: a certificate that holds.
    """
    if rules.get("format") == ADDITIVE_FORMAT:
        return reading.scores[0]
    return bound_executed_rules(reading, found, rules, model)


def check_executions(
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    artefacts: Sequence[ArtefactText],
) -> tuple[ExecutedClaim, ...]:
    """What is claimed of these artefacts; RefusedError where one isn't claimed, or not shown."""
    if not artefacts:
        return ()

    check_lists(found, ("artefacts",))
    claims = {claim["digest"]: claim for claim in found.get("artefacts", ())}
    if len(claims) < len(found.get("artefacts", ())):
        raise RefusedError("the certificate claims two things of one artefact")

    executed = []
    for own in artefacts:
        claim = _read_claim(claims.get(own.digest), own)
        try:
            reading = read_execution(own, claim.target, claim.dialect, rules)
            shown = bound_execution(reading, found, rules, model)
        except RefusedError as error:
            raise RefusedError(f"{own.name}: {error}") from error
        _compare_bounds(claim, shown, own)
        executed.append(
            ExecutedClaim(
                own.name, claim.dialect or claim.target, own.digest, claim.bounds,
                rules.get("format") != ADDITIVE_FORMAT,
            )
        )  # fmt: skip

    return tuple(executed)


class _SaidClaim(NamedTuple):
    """An entry of a certificate."""

    target: str
    dialect: str | None
    bounds: tuple[Fraction, ...]


def _read_claim(claim: Mapping[str, Any] | None, artefact: ArtefactText) -> _SaidClaim:
    if claim is None:
        raise RefusedError(
            f"{artefact.name}: the certificate claims nothing of this text (SHA-256 "
            f"{artefact.digest[:16]}...); it was changed, or isn't the one that was named to prove"
        )
    bounds = claim["bounds"]
    check_lists(claim, ("bounds",))
    if not all(isinstance(bound, str) and _DECIMAL.fullmatch(bound) for bound in bounds):
        raise RefusedError(f"{artefact.name}: a claimed bound is no decimal number")

    return _SaidClaim(claim["target"], claim.get("dialect"), tuple(map(Fraction, bounds)))


def _compare_bounds(said: _SaidClaim, shown: Sequence[Fraction], artefact: ArtefactText) -> None:
    pairs = zip(shown, said.bounds, strict=False)
    if len(said.bounds) != len(shown) or any(own > most for own, most in pairs):
        raise RefusedError(
            f"{artefact.name}: it says that scores are off by "
            f"{', '.join(map(write_bound, said.bounds))} and shows "
            f"{', '.join(f'{float(own):.3g}' for own in shown)}"
        )
