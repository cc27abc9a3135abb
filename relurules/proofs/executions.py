"""Artefacts -> what a certificate claims of their rounding, as the checker itself finds it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relurules.checker import (
    ArtefactText,
    ExecutedReading,
    Verdict,
    bound_execution,
    hash_json,
    read_execution,
    write_bound,
)
from relurules.checker.artefact_check import check_executions, read_artefact
from relurules.checker.json_values import REFUSALS, explain_refusal
from relurules.errors import UnsupportedError
from relurules.files.digests import hash_file, list_files
from relurules.ir import Artifact

#: Of files that may be claimed of.
_SUFFIXES = (".py", ".c", ".mjs", ".sql")


@dataclass(frozen=True, kw_only=True)
class ReadExecution:
    """An artefact that the checker has read."""

    text: ArtefactText
    code: Artifact
    reading: ExecutedReading


def read_executions(
    rules: Mapping[str, Any], artifacts: Sequence[Artifact | str | Path]
) -> list[ReadExecution]:
    """What the checker reads of every artefact.

    UnsupportedError for an artefact that it can't read, or that isn't these rules.
    """
    found = []
    for artifact in artifacts:
        code = Artifact.read(artifact) if isinstance(artifact, str | Path) else artifact
        text = make_artefact_text(code)
        try:
            reading = read_execution(text, code.target, code.dialect, rules)
        except REFUSALS as error:
            raise _refuse(text, code, error) from error
        found.append(ReadExecution(text=text, code=code, reading=reading))

    return found


def claim_executions(
    read: Sequence[ReadExecution],
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """An entry of a certificate, `found`, for every artefact.

    UnsupportedError where rules are no longer told apart by what rounding leaves of their
    conditions.
    """
    claims = []
    for own in read:
        try:
            bounds = bound_execution(own.reading, found, rules, model)
        except REFUSALS as error:
            raise _refuse(own.text, own.code, error) from error
        claim = {"target": own.code.target, "digest": own.text.digest}
        claim |= {} if own.code.dialect is None else {"dialect": own.code.dialect}
        claims.append({**claim, "bounds": [write_bound(bound) for bound in bounds]})

    return claims


def _refuse(text: ArtefactText, code: Artifact, error: Exception) -> UnsupportedError:
    shown, why = text.name or code.target, explain_refusal(error)
    return UnsupportedError(
        f"{shown}: its rounding has no bound in a certificate: {why}; "
        "supported are Python, C, JavaScript, and SQL of SQLite, DuckDB and PostgreSQL, as emitted "
        "by default, of partition rules in form rules or tree; prove without this artefact, and "
        "`check --artefact` (bound_rounding) says what else is known of its rounding"
    )


def add_claims(found: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A certificate with the entries of artefacts, if there are any, and its digest anew."""
    if not claims:
        return dict(found)
    whole = {name: value for name, value in found.items() if name != "digest"}
    whole["artefacts"] = list(claims)

    return {**whole, "digest": hash_json(whole)}


def make_artefact_text(artifact: Artifact) -> ArtefactText:
    """The text that the checker reads, behind the header that C has."""
    *headers, (name, text) = artifact.texts.items() or [("", "")]
    return ArtefactText(name, text, "".join(header for _, header in headers))


def list_claimed_texts(found: Mapping[str, Any], artifact: Artifact) -> list[ArtefactText]:
    """The artefact's text, where a certificate claims anything of it."""
    text, claims = make_artefact_text(artifact), found.get("artefacts", ())
    digests = [claim.get("digest") for claim in claims if isinstance(claim, Mapping)]
    return [text] if text.digest in digests else []


def check_folder_texts(
    verdict: Verdict,
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    folder: Path,
) -> Verdict:
    """The verdict of a certificate, and what it claims of those texts that are in a folder; how
    many aren't there is a note.
    """
    if not verdict or "artefacts" not in found:
        return verdict
    try:
        missing = {claim["digest"] for claim in found["artefacts"]}
        texts = list[ArtefactText]()
        for text in _read_texts(folder):
            if text.digest in missing:
                texts.append(text)
                missing.remove(text.digest)
        executed = check_executions(found, rules, model, texts)
    except REFUSALS as error:
        return verdict._replace(holds=False, why=explain_refusal(error))

    lost = (f"artefacts that it names and the folder lacks: {len(missing)}",) if missing else ()
    return verdict._replace(executed=executed, notes=(*verdict.notes, *lost))


def _read_texts(folder: Path) -> Iterator[ArtefactText]:
    for name in list_files(folder):
        path = folder / name
        if path.suffix in _SUFFIXES and hash_file(path) is not None:
            try:
                yield read_artefact(path)
            except ValueError:
                continue  # its digest tells whether it is the file that it was
