"""The command `relurules check`; `main` registers it."""

import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from relurules.cli.files import load_model
from relurules.cli.proof_options import TrustPickle
from relurules.errors import DataError
from relurules.ir.answer_certificate import is_answer_file

_Artefact = Annotated[
    Path | None, typer.Option(help="score.sql, .py, .c or .mjs that must be just these rules.")
]
_Rules = Annotated[
    Path | None,
    typer.Option(help="Rules file that it is about; by default rules.json beside or above it."),
]
_Model = Annotated[
    Path | None,
    typer.Option(help="Network, as for extract; by default the model.json beside the certificate."),
]
_Old = Annotated[
    Path | None, typer.Option(help="Of a difference's certificate: the rules file that it is from.")
]
_Seal = Annotated[
    bool, typer.Option("--seal", help="Of a folder: write SHA256SUMS of all its files.")
]
_Sign = Annotated[
    Path | None,
    typer.Option(help="Of a folder: an SSH key; seal, and sign SHA256SUMS with it."),
]
_Signers = Annotated[
    Path | None,
    typer.Option(help="Of a folder: allowed signers, as ssh-keygen takes them; one must have."),
]


def check(
    certificate: Annotated[
        Path,
        typer.Argument(
            help="Certificate that `relurules prove` or `relurules ask` wrote, or a folder."
        ),
    ],
    rules: _Rules = None,
    old: _Old = None,
    model: _Model = None,
    artefact: _Artefact = None,
    seal: _Seal = False,
    sign: _Sign = None,
    signers: _Signers = None,
    trust_pickle: TrustPickle = False,
) -> None:
    """Check a certificate in exact arithmetic, or a folder: exit code 1 where one doesn't hold.

    `relurules check proof/certificate.json --rules rules.json --model model.onnx`. With
    --artefact, the code is read back, operation by operation, and must be just these rules; what
    the certificate claims of it as executed is judged too.
    An answer's certificate needs the rules alone, no model; that of a difference, which `relurules
    diff` wrote, the --old rules too.
    `relurules check folder` says which digests of manifest.json and SHA256SUMS hold, what is
    missing or in no list, and what the certificates in it show, of the texts that they
    name too.
    """
    if certificate.is_dir():
        _refuse_options("a certificate, not of a folder", rules=rules, old=old, model=model,
                        artefact=artefact, trust_pickle=trust_pickle)  # fmt: skip
        raise typer.Exit(0 if _print_folder(certificate, seal, sign, signers) else 1)

    _refuse_options("a folder, not of a certificate", seal=seal, sign=sign, signers=signers)
    if is_answer_file(certificate):
        _refuse_options("a certificate of a model, not of an answer", model=model,
                        artefact=artefact, trust_pickle=trust_pickle)  # fmt: skip
        raise typer.Exit(0 if _print_answer_check(certificate, rules, old) else 1)

    _refuse_options("a certificate of a difference, not of a model", old=old)
    own = certificate.parent / "model.json" if model is None else model
    if model is None and not own.exists():
        raise DataError(f"no {own}; say with --model of which model {certificate} is")
    raise typer.Exit(
        0 if print_check(certificate, rules, load_model(own, trust_pickle), artefact) else 1
    )


def _refuse_options(what: str, **given: Any) -> None:
    for name, value in given.items():
        if value:
            raise DataError(f"--{name.replace('_', '-')} is of {what}")


def _print_folder(folder: Path, seal: bool, key: Path | None, signers: Path | None) -> bool:
    """Check a folder and print what came of it; seal: write the list of digests first; key: sign
    it.
    """
    from relurules.proofs.folder_check import check_folder, describe_folder, seal_folder

    if seal or key is not None:
        for path in seal_folder(folder, key):
            sys.stdout.write(f"wrote {path}\n")
    found = check_folder(folder, signers)
    sys.stdout.writelines(f"{line}\n" for line in describe_folder(found))
    return found.holds


def print_check(certificate: Path, rules: Path | None, model: Any, artefact: Path | None) -> bool:
    """Check, and print what came of it.

    Without rules, those of rules.json beside the certificate or its folder.
    """
    from relurules.checker import describe_verdict
    from relurules.proofs.proving import check as check_certificate

    rules = rules or _find_rules(certificate)
    verdict = check_certificate(certificate, rules, model, artifact=artefact)
    sys.stdout.write(describe_verdict(verdict) + "\n")
    if verdict and artefact is not None:
        sys.stdout.write(f"{artefact}: {_describe_reading(artefact, rules)}\n")
        if not verdict.executed:
            told = _describe_execution(artefact, rules, verdict.bound)
            sys.stdout.write(f"{artefact}: {told}\n")
    return bool(verdict)


def _find_rules(certificate: Path) -> Path:
    """The rules file beside a certificate or its folder."""
    places = [certificate.parent / "rules.json", certificate.parent.parent / "rules.json"]
    rules = next((place for place in places if place.exists()), None)
    if rules is None:
        raise DataError(
            f"no {places[0]} and no {places[1]}; say with --rules which rules {certificate} is "
            "about"
        )
    return rules


def _print_answer_check(certificate: Path, rules: Path | None, old: Path | None) -> bool:
    """Check the certificate of an answer, which needs no model, and print what came of it."""
    from relurules.checker import describe_answer
    from relurules.proofs.answering import check_answer

    verdict = check_answer(certificate, rules or _find_rules(certificate), old)
    sys.stdout.write(describe_answer(verdict) + "\n")
    return bool(verdict)


def _describe_reading(artefact: Path, rules: Path) -> str:
    """What of a text was compared with the rules, which it is."""
    from relurules.proofs.read_back import check_artifact

    read = check_artifact(artefact, rules)
    if read.unread:
        return (
            f"its numbers and its text are those of the rules; its operations weren't read: "
            f"{read.unread}"
        )
    return (
        "its scores and conditions are the rules in exact arithmetic, its numbers and text theirs"
    )


def _describe_execution(artefact: Path, rules: Path, bound: float) -> str:
    """What is certified of the artefact as it is executed, or why nothing is."""
    from relurules.codec.any_rules import load_any_rules
    from relurules.ir import Artifact
    from relurules.rounding import ASSUMPTION, bound_rounding, format_bound

    rounding = bound_rounding(Artifact.read(artefact), load_any_rules(rules))
    if not rounding.is_stated:
        return f"rounding has no bound: {rounding.refusal}"
    whole, last = math.nextafter(bound + rounding.largest, math.inf), rounding.largest_output
    told = (
        f"as executed, every score is within {format_bound(whole)} of the model's "
        f"(of that, {rounding.text} is rounding), for every row of the domain that has scores"
    )
    if rounding.unknown:
        return f"{told}; nothing is known of {'; '.join(rounding.unknown)}"
    if last in (rounding.largest, math.inf):
        return told

    return f"{told}; rounding moves every output by at most {format_bound(last)} where {ASSUMPTION}"
