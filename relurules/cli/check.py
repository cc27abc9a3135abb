"""The command `relurules check`; `main` registers it."""

import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from relurules.cli.files import load_model
from relurules.cli.proof_options import Model, TrustPickle
from relurules.errors import DataError

_Artefact = Annotated[
    Path | None, typer.Option(help="score.sql, score.py or score.c that must be just these rules.")
]


def check(
    certificate: Annotated[Path, typer.Argument(help="Certificate that `relurules prove` wrote.")],
    rules: Annotated[Path, typer.Option(help="Rules file that it is about.")],
    model: Model,
    artefact: _Artefact = None,
    trust_pickle: TrustPickle = False,
) -> None:
    """Check a certificate in exact arithmetic: exit code 1 where it doesn't hold.

    `relurules check proof/certificate.json --rules rules.json --model model.onnx`. With --artefact,
    the numbers of the code are read back by another parser too, and its text must be what these
    rules give.
    """
    raise typer.Exit(
        0 if print_check(certificate, rules, load_model(model, trust_pickle), artefact) else 1
    )


def print_check(certificate: Path, rules: Path | None, model: Any, artefact: Path | None) -> bool:
    """Check, and print what came of it.

    Without rules, those of rules.json beside the certificate or its folder.
    """
    from relurules.checker import describe_verdict
    from relurules.proofs.proving import check as check_certificate

    if rules is None:
        places = [certificate.parent / "rules.json", certificate.parent.parent / "rules.json"]
        rules = next((place for place in places if place.exists()), None)
        if rules is None:
            raise DataError(
                f"no {places[0]} and no {places[1]}; say with --rules which rules {certificate} is "
                "about"
            )

    verdict = check_certificate(certificate, rules, model, artifact=artefact)
    sys.stdout.write(describe_verdict(verdict) + "\n")
    if verdict and artefact is not None:
        sys.stdout.write(f"{artefact}: its numbers and its text are those of the rules\n")
        sys.stdout.write(f"{artefact}: {_describe_execution(artefact, rules, verdict.bound)}\n")
    return bool(verdict)


def _describe_execution(artefact: Path, rules: Path, bound: float) -> str:
    """What is certified of the artefact as it is executed, or why nothing is."""
    from relurules.codec.any_rules import load_any_rules
    from relurules.ir import Artifact
    from relurules.rounding import bound_rounding, format_bound

    rounding = bound_rounding(Artifact.read(artefact), load_any_rules(rules))
    if not rounding.is_stated:
        return f"rounding has no bound: {rounding.refusal}"
    whole = math.nextafter(bound + rounding.largest, math.inf)
    return (
        f"as executed, every score is within {format_bound(whole)} of the model's "
        f"(of that, {rounding.text} is rounding), for every row of the domain that has scores"
    )
