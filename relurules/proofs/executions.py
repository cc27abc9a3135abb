"""Artefacts -> what a certificate claims of their rounding, as the checker itself finds it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from relurules.checker import (
    ArtefactText,
    RefusedError,
    Verdict,
    bound_execution,
    hash_json,
    write_bound,
)
from relurules.checker.artefact_check import check_executions, read_artefact
from relurules.checker.json_values import REFUSALS, explain_refusal
from relurules.errors import UnsupportedError
from relurules.files.digests import hash_file, list_files
from relurules.ir import Artifact

#: Of files that may be claimed of.
_SUFFIXES = (".py", ".c", ".mjs", ".sql")


def claim_executions(
    rules: Mapping[str, Any], artifacts: Sequence[Artifact | str | Path]
) -> list[dict[str, Any]]:
    """An entry of a certificate for every artefact.

    UnsupportedError for an artefact that the checker can't read, or that isn't these rules.
    """
    claims = []
    for artifact in artifacts:
        code = Artifact.read(artifact) if isinstance(artifact, str | Path) else artifact
        text = make_artefact_text(code)
        try:
            bounds = bound_execution(text, code.target, code.dialect, rules)
        except (RefusedError, RecursionError) as error:
            raise UnsupportedError(
                f"{text.name or code.target}: its rounding has no bound in a certificate: {error}; "
                "supported are lines in Python, C, JavaScript, and SQL of SQLite, DuckDB and "
                "PostgreSQL, as emitted by default; prove without this artefact, and `check "
                "--artefact` (bound_rounding) says what else is known of its rounding"
            ) from error
        claim = {"target": code.target, "digest": text.digest}
        claim |= {} if code.dialect is None else {"dialect": code.dialect}
        claims.append({**claim, "bounds": [write_bound(bound) for bound in bounds]})

    return claims


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
    verdict: Verdict, found: Mapping[str, Any], rules: Mapping[str, Any], folder: Path
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
        executed = check_executions(found, rules, texts)
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
