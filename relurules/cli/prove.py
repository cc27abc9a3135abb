"""The command `relurules prove`; `main` registers it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from relurules.cli.files import load_model
from relurules.cli.options import TimeLimit
from relurules.cli.proof_options import Model, TrustPickle
from relurules.files.writing import require_place

if TYPE_CHECKING:
    from relurules.ir import AdditiveRules, RuleSet

_err = Console(stderr=True, highlight=False)


def prove(
    rules: Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")],
    model: Model,
    trust_pickle: TrustPickle = False,
    time_limit: TimeLimit = None,
    out: Annotated[
        Path, typer.Option(help="Folder for certificate.json, model.json and checkers.")
    ] = Path("proof"),
    artefact: Annotated[
        list[Path] | None,
        typer.Option(
            help="score.py, .c, .mjs or .sql of these rules, whose rounding is bounded in the "
            "certificate; may be repeated."
        ),
    ] = None,
    vnnlib: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the same claims as ONNX models and VNN-LIB questions, which verifiers "
            "of networks read."
        ),
    ] = None,
) -> None:
    """Prove that rules are a network up to a bound, everywhere: `relurules prove rules.json --model
    model.onnx`.

    The bound holds for exact arithmetic with the network's stored numbers, all of its neurons, and
    each rule as it is printed. `python check.py certificate.json rules.json model.json` checks the
    proof, with nothing but Python; so does check_short.py or check_short_lines.py, where one can.
    At --time-limit there is an error that says how far it came: part of a proof is none. With
    --artefact, the certificate bounds what code of the rules is off where it is executed in
    binary64; check.py, given the code too, checks that. With --vnnlib, others can confirm it: each
    question that it writes is `unsat` where the claim holds.
    """
    from relurules.checker import describe_verdict
    from relurules.cli.display import announce_compiling, show_messages
    from relurules.codec.any_rules import load_any_rules
    from relurules.ir import RuleSet
    from relurules.proofs.proving import check as check_certificate
    from relurules.proofs.proving import prove as prove_rules
    from relurules.proofs.proving import write_short_checker, write_vnnlib

    require_place(out, folder=True)
    if vnnlib is not None:
        require_place(vnnlib, folder=True)
    announce_compiling(_err)
    found = load_any_rules(rules)
    whole = f"{len(found)} rules" if isinstance(found, RuleSet) else f"{len(found.groups)} groups"
    network = load_model(model, trust_pickle)
    with show_messages(_err, "proving") as say:
        certificate = prove_rules(
            rules,
            network,
            progress=lambda done: say(f"proving: {done} of {whole} done"),
            notice=lambda text: _err.print(text, markup=False, soft_wrap=True),
            time_limit=time_limit,
            artifacts=artefact or (),
        )
    paths = certificate.write(out)
    written = paths[[path.name for path in paths].index("model.json")]
    verdict = check_certificate(certificate, rules, written)
    for path in artefact or ():
        if verdict:
            told = check_certificate(certificate, rules, written, artifact=path)
            verdict = told._replace(executed=(*verdict.executed, *told.executed))
    sys.stdout.write(describe_verdict(verdict) + "\n")
    _err.print(_describe_claim(certificate.bound, found), markup=False, soft_wrap=True)

    for path in paths:
        _err.print(f"wrote {path}", markup=False)

    for path in write_short_checker(certificate, rules, out):
        _err.print(f"wrote {path}, 450 lines that judge this certificate too", markup=False)

    if vnnlib is not None:
        listed = write_vnnlib(certificate, rules, network, vnnlib)[-1]
        _err.print(f"wrote {listed} and the models and questions that it lists", markup=False)

    raise typer.Exit(0 if verdict else 1)


def _describe_claim(bound: float, rules: "RuleSet | AdditiveRules") -> str:
    """What the rules say of themselves, beside what is proven."""
    if rules.decision is not None:
        return "the bound is the margin within which scores count as tied"
    stated = f"the rules say that they are off by at most {rules.score_error:.3g}"
    if bound <= rules.score_error:
        return f"{stated}: proven"
    if rules.score_error == 0.0:
        return f"{stated}, rounding of their numbers aside: that is what is left"

    return f"{stated}, which isn't proven; the bound is"
