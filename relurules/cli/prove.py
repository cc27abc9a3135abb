"""The commands `relurules prove`, `check` and `verify`, which look at results from outside; `cli`
registers them.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console

from relurules.cli.files import TimeLimit, load_model, read_table
from relurules.errors import DataError
from relurules.files.writing import require_place

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)

_Model = Annotated[
    Path,
    typer.Option(
        help="Network, as for extract, or the model.json that was written with a certificate."
    ),
]
_TrustPickle = Annotated[
    bool,
    typer.Option("--trust-pickle", help="Load a pickled model, which runs the code that it names."),
]
_Artefact = Annotated[
    Path | None, typer.Option(help="score.sql, score.py or score.c that must be just these rules.")
]


def prove(
    rules: Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")],
    model: _Model,
    trust_pickle: _TrustPickle = False,
    time_limit: TimeLimit = None,
    out: Annotated[
        Path, typer.Option(help="Folder for certificate.json, model.json and check.py.")
    ] = Path("proof"),
) -> None:
    """Prove that rules are a network up to a bound, everywhere: `relurules prove rules.json --model
    model.onnx`.

    The bound holds for exact arithmetic with the network's stored numbers, all of its neurons, and
    each rule as it is printed. `python check.py certificate.json rules.json model.json` checks the
    proof, with nothing but Python. At --time-limit there is an error that says how far it came:
    part of a proof is none.
    """
    from relurules.checker import describe_verdict
    from relurules.cli.display import announce_compiling
    from relurules.ir import RuleSet
    from relurules.proofs.proving import check as check_certificate
    from relurules.proofs.proving import prove as prove_rules

    require_place(out, folder=True)
    announce_compiling(_err)
    found = RuleSet.load(rules)
    certificate = prove_rules(
        rules, load_model(model, trust_pickle), notice=lambda text: _err.print(text, markup=False, soft_wrap=True),
        time_limit=time_limit,
    )  # fmt: skip
    paths = certificate.write(out)
    written = paths[[path.name for path in paths].index("model.json")]
    verdict = check_certificate(certificate, rules, written)
    sys.stdout.write(describe_verdict(verdict) + "\n")
    _err.print(compare_bounds(certificate.bound, found), markup=False, soft_wrap=True)

    for path in paths:
        _err.print(f"wrote {path}", markup=False)

    raise typer.Exit(0 if verdict else 1)


def check(
    certificate: Annotated[Path, typer.Argument(help="Certificate that `relurules prove` wrote.")],
    rules: Annotated[Path, typer.Option(help="Rules file that it is about.")],
    model: _Model,
    artefact: _Artefact = None,
    trust_pickle: _TrustPickle = False,
) -> None:
    """Check a certificate in exact arithmetic: exit code 1 where it doesn't hold.

    `relurules check proof/certificate.json --rules rules.json --model model.onnx`. With --artefact,
    the numbers of the code are read back by another parser too, and its text must be what these
    rules give.
    """
    raise typer.Exit(
        0 if print_check(certificate, rules, load_model(model, trust_pickle), artefact) else 1
    )


def verify(
    artefact: Annotated[Path, typer.Argument(help="score.sql, score.py, score.c or rules.json.")],
    against: Annotated[
        Path, typer.Option(help="Network, as for extract, or rules (.json) to compare with.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="CSV or Parquet with the columns of the network.")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="python, c, or for SQL its dialect; by default the artefact's own."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Certificate to check; the artefact must be just the rules it is about."),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="These rules; by default rules.json beside it.")
    ] = None,
    trust_pickle: _TrustPickle = False,
) -> None:
    """Run an artefact in its engine and compare it with the network: exit code 1 where they differ.

    `relurules verify score.sql --against model.pt2 --data rows.csv`. SQL is run by an engine that
    can read the rows and nothing else; verify score.py, score.c and score.mjs only where you trust
    them. With --certificate and without --data nothing is run: `relurules verify score.sql
    --against model.pt2 --certificate proof/certificate.json` says whether the code is, number by
    number, the rules that are proven of the model.
    """
    from relurules.api import verify as verify_artifact
    from relurules.cli.display import describe_report, tabulate_reports
    from relurules.ir import Artifact, RuleSet

    read: Any = RuleSet.load if artefact.suffix == ".json" else Artifact.read
    if data is None and certificate is None:
        raise DataError("nothing to verify with; give --data FILE, --certificate FILE or both")
    if certificate is not None:
        code = None if artefact.suffix == ".json" else artefact
        own = artefact if artefact.suffix == ".json" else rules
        proven = print_check(certificate, own, load_model(against, trust_pickle), code)
        if data is None or not proven:
            raise typer.Exit(0 if proven else 1)

    model: Any = (
        RuleSet.load(against) if against.suffix == ".json" else load_model(against, trust_pickle)
    )
    report = verify_artifact(read(artefact), model, read_table(cast("Path", data), []), engine)
    _out.print(tabulate_reports([report]))
    _out.print(describe_report(report), markup=False, soft_wrap=True)
    raise typer.Exit(0 if report else 1)


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
                f"no {places[0]} and no {places[1]}; say with --rules which rules "
                f"{certificate} "
                "is about"
            )

    verdict = check_certificate(certificate, rules, model, artifact=artefact)
    sys.stdout.write(describe_verdict(verdict) + "\n")
    if verdict and artefact is not None:
        sys.stdout.write(f"{artefact}: its numbers and its text are those of the rules\n")
    return bool(verdict)


def compare_bounds(bound: float, rules: Any) -> str:
    """What the rules say of themselves, beside what is proven."""
    if rules.decision is not None:
        return "the bound is the margin within which scores count as tied"
    stated = f"the rules say that they are off by at most {rules.score_error:.3g}"
    if bound <= rules.score_error:
        return f"{stated}: proven"
    if rules.score_error == 0.0:
        return f"{stated}, rounding of their numbers aside: that is what is left"
    return f"{stated}, which isn't proven; the bound is"
